/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/convert.h"

#include "convert/convert-private.h"
#include "convert/peft.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* One of the two files on its way. */
typedef struct {
  OwlPlan plan;
  OwlGgufWriter *writer;
} Output;

typedef struct {
  const OwlConvertOptions *options;
  OwlCheckpoint *checkpoint;
  json_t *config;
  OwlDecoderConfig decoder;
  OwlMerge *merge;
  char *name;
  Output language, vision;
} Conversion;

static void
conversion_clear (Conversion *c)
{
  owl_plan_clear (&c->language.plan);
  owl_plan_clear (&c->vision.plan);
  g_clear_pointer (&c->language.writer, owl_gguf_writer_free);
  g_clear_pointer (&c->vision.writer, owl_gguf_writer_free);
  g_clear_pointer (&c->merge, owl_merge_free);
  g_clear_pointer (&c->checkpoint, owl_checkpoint_free);
  json_decref (c->config);
  g_free (c->name);
}

/* Shape of a planned decoder layer, for owl_merge_check. */
static gboolean
planned_shape (const char *name, gsize *in, gsize *out, gpointer data)
{
  const OwlPlan *plan = data;

  for (guint i = 0; i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    if (p->n_dims == 2 && strcmp (p->name, name) == 0) {
      *in = p->row_length;
      *out = p->n_rows;
      return TRUE;
    }
  }
  return FALSE;
}

/* The folder's own name says best what the model is. */
static char *
model_name (const char *source)
{
  g_autofree char *absolute = g_canonicalize_filename (source, NULL);
  g_autofree char *base = g_path_get_basename (absolute);

  return g_utf8_make_valid (base, -1);
}

static gboolean
has_vision (const Conversion *c)
{
  return owl_checkpoint_find (c->checkpoint, "vision_model.embeddings.patch_embed.weight") != NULL;
}

static gboolean
plan_everything (Conversion *c, GError **error)
{
  const OwlConvertOptions *o = c->options;
  gboolean vision_typed = o->has_vision_type || (o->has_type && owl_type_is_quantised (o->type));
  OwlType vision_type = o->has_vision_type ? o->vision_type : OWL_TYPE_F16;

  if (!owl_decoder_config_read (&c->decoder, c->config, c->checkpoint, error))
    return FALSE;
  if (o->merge) {
    c->merge = owl_merge_open (o->merge, c->decoder.bloom, c->decoder.n_heads, c->decoder.n_kv_heads, error);
    if (!c->merge)
      return FALSE;
  }
  owl_plan_init (&c->language.plan, c->checkpoint, o->has_type, o->type, o, error);
  owl_convert_plan_language (&c->language.plan, &c->decoder);
  if (c->language.plan.failed || (c->merge && !owl_merge_check (c->merge, planned_shape, &c->language.plan, error)))
    return FALSE;
  if (has_vision (c)) {
    owl_plan_init (&c->vision.plan, c->checkpoint, vision_typed, vision_type, o, error);
    owl_convert_plan_vision (&c->vision.plan, c->config);
    if (c->vision.plan.failed)
      return FALSE;
  }
  return TRUE;
}

static gboolean
open_outputs (Conversion *c, const char *dest, GError **error)
{
  g_autofree char *language = g_build_filename (dest, "language.gguf", NULL), *vision = g_build_filename (dest, "vision.gguf", NULL);

  c->language.writer = owl_gguf_writer_new (language, error);
  if (!c->language.writer || !owl_convert_language_metadata (c->language.writer, &c->language.plan, &c->decoder, c->name, error))
    return FALSE;
  owl_plan_declare (&c->language.plan, c->language.writer);
  if (!owl_gguf_writer_begin (c->language.writer, error))
    return FALSE;
  if (!has_vision (c))
    return TRUE;
  c->vision.writer = owl_gguf_writer_new (vision, error);
  if (!c->vision.writer || !owl_convert_vision_metadata (c->vision.writer, &c->vision.plan, c->config, c->name, error))
    return FALSE;
  owl_plan_declare (&c->vision.plan, c->vision.writer);
  return owl_gguf_writer_begin (c->vision.writer, error);
}

static gboolean
write_outputs (Conversion *c, GCancellable *cancellable, GError **error)
{
  guint64 done = 0, total = owl_plan_get_size (&c->language.plan);

  if (c->vision.writer) {
    total += owl_plan_get_size (&c->vision.plan);
    if (!owl_plan_write (&c->vision.plan, c->vision.writer, NULL, &done, total, cancellable, error))
      return FALSE;
  }
  if (!owl_plan_write (&c->language.plan, c->language.writer, c->merge, &done, total, cancellable, error))
    return FALSE;
  /* Both are complete; now both get their names. */
  return (!c->vision.writer || owl_gguf_writer_finish (c->vision.writer, error)) && owl_gguf_writer_finish (c->language.writer, error);
}

gboolean
owl_convert_checkpoint (const char *source, const char *dest, const OwlConvertOptions *options, GCancellable *cancellable, GError **error)
{
  Conversion c = { .options = options };
  gboolean existed = g_file_test (dest, G_FILE_TEST_IS_DIR), done = FALSE;

  c.checkpoint = owl_checkpoint_open (source, error);
  if (c.checkpoint)
    c.config = owl_checkpoint_read_json (source, "config.json", error);
  if (c.config && plan_everything (&c, error)) {
    c.name = model_name (source);
    if (g_mkdir_with_parents (dest, 0755) != 0)
      g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", dest, g_strerror (errno));
    else
      done = open_outputs (&c, dest, error) && write_outputs (&c, cancellable, error);
  }
  conversion_clear (&c);
  /* A folder made for a conversion that failed goes again; with anything in it, it stays. */
  if (!done && !existed)
    g_rmdir (dest);
  return done;
}

gboolean
owl_convert_is_adapter (const char *source)
{
  g_autofree char *config = g_build_filename (source, "adapter_config.json", NULL);

  return g_file_test (config, G_FILE_TEST_EXISTS);
}
