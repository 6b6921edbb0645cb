/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tool-model.h"

#include "chat/session-private.h"
#include "files/npy.h"
#include "model/model-private.h"

#include <string.h>

typedef struct {
  char *model, *raw, *text, *tensor, *output, *detail_name;
  char **adapters, **pictures;
  int threads;
  OwlDetail detail;
} Options;

/* Keeps the one tensor that was asked for. */
typedef struct {
  OwlTrace trace;
  const char *tensor;
  float *values;
  gsize shape[4];
  int n_dims;
} Catch;

static gboolean
catch_wants (OwlTrace *trace, const char *name)
{
  return strcmp (((Catch *) trace)->tensor, name) == 0;
}

static void
catch_take (OwlTrace *trace, const char *name, const float *values, const gsize *shape, int n_dims)
{
  Catch *c = (Catch *) trace;
  gsize n = 1;

  if (c->values)
    return;
  for (int i = 0; i < n_dims; i++)
    n *= c->shape[i] = shape[i];
  c->n_dims = n_dims;
  c->values = g_memdup2 (values, MAX (n, 1) * sizeof (float));
}

/* Tensors of the encoder and the abstractor: those of the first picture. */
static gboolean
is_visual (const char *tensor)
{
  return g_str_has_prefix (tensor, "vit.") || g_str_has_prefix (tensor, "abstractor.") || strcmp (tensor, "pixel_values") == 0 ||
         strcmp (tensor, "visual_tokens") == 0;
}

static gboolean
probe_pictures (OwlToolModel *m, const Options *o, Catch *c, GError **error)
{
  for (gsize i = 0; o->pictures && o->pictures[i]; i++) {
    g_autoptr (OwlPicture) picture = owl_tool_read_picture (o->pictures[i], error);
    OwlVisual *visual;

    if (!picture)
      return FALSE;
    visual = owl_model_encode_traced (m->model, picture, o->detail, &c->trace, NULL, NULL, NULL, error);
    if (!visual)
      return FALSE;
    g_ptr_array_add (m->visuals, visual);
    if (c->values)
      return TRUE;
  }
  return TRUE;
}

static gboolean
probe_prompt (OwlToolModel *m, const Options *o, Catch *c, GError **error)
{
  g_autoptr (OwlSession) session = NULL;
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (o->raw) {
    text = owl_tool_read_file (o->raw, &length, error);
    if (!text)
      return FALSE;
  } else {
    text = g_strdup (o->text);
    length = strlen (text);
  }
  prompt = owl_prompt_new_from_raw (m->model, text, length, (OwlVisual *const *) m->visuals->pdata, m->visuals->len, error);
  if (!prompt)
    return FALSE;
  session = owl_session_new (m->model, (OwlAdapter *const *) m->adapters->pdata, m->adapters->len, 0, OWL_KV_DEFAULT, error);
  return session && owl_session_probe (session, prompt, &c->trace, NULL, error);
}

static gboolean
probe (const Options *o, GError **error)
{
  Catch c = { .trace = { catch_wants, catch_take }, .tensor = o->tensor };
  OwlToolModel m;
  gboolean done = owl_tool_model_open (&m, o->model, o->adapters, o->threads, error) && probe_pictures (&m, o, &c, error);

  if (done && !c.values && !is_visual (o->tensor) && (o->raw || o->text))
    done = probe_prompt (&m, o, &c, error);
  if (done && !c.values) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "there is no tensor %s%s", o->tensor,
                 is_visual (o->tensor) ? " (does it want a picture with -i?)" : " (does it want --raw or --text?)");
    done = FALSE;
  }
  if (done)
    done = owl_npy_write_f32 (o->output, c.values, c.shape, c.n_dims, error);
  g_free (c.values);
  owl_tool_model_clear (&m);
  return done;
}

int
owl_tool_probe (int argc, char **argv)
{
  Options o = { 0 };
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &o.model, "model folder, or a language GGUF", "MODEL" },
    { "adapter", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.adapters, "adapter, may repeat", "ADAPTER[:STRENGTH]" },
    { "image", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.pictures, "picture, may repeat; FILE#N is page N of a PDF", "PICTURE" },
    { "detail", 0, 0, G_OPTION_ARG_STRING, &o.detail_name, "overview, or fine: in tiles (what the model was trained for)", "DETAIL" },
    { "raw", 0, 0, G_OPTION_ARG_FILENAME, &o.raw, "a whole prompt with <image> marks", "FILE" },
    { "text", 0, 0, G_OPTION_ARG_STRING, &o.text, "the same as text", "TEXT" },
    { "tensor", 0, 0, G_OPTION_ARG_STRING, &o.tensor,
      "pixel_values, vit.embeddings, vit.layer.N, vit.attention.N, vit.output, abstractor.layer.N, abstractor.attention.N, visual_tokens, "
      "decoder.input, decoder.layer.N, decoder.attention, logits", "NAME" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &o.output, "NumPy file to write", "FILE.npy" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "threads (physical cores)", "THREADS" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  int status = OWL_EXIT_OK;

  if (!owl_tool_parse (&argc, &argv, entries, NULL, "Writes one float32 tensor of an evaluation to a NumPy file."))
    return OWL_EXIT_USAGE;
  if (argc > 1)
    status = owl_tool_usage ("probe", "unexpected argument %s", argv[1]);
  else if (!o.model || !o.tensor || !o.output)
    status = owl_tool_usage ("probe", "-m MODEL, --tensor NAME and -o FILE are needed");
  else if (o.raw && o.text)
    status = owl_tool_usage ("probe", "--raw and --text exclude each other");
  else if (!owl_tool_parse_detail (o.detail_name, &o.detail))
    status = owl_tool_usage ("probe", "--detail takes overview or fine");
  else if (!probe (&o, &error))
    status = owl_tool_fail ("probe", error);

  g_free (o.model);
  g_free (o.raw);
  g_free (o.text);
  g_free (o.tensor);
  g_free (o.output);
  g_free (o.detail_name);
  g_strfreev (o.adapters);
  g_strfreev (o.pictures);
  return status;
}
