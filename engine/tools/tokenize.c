/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tool-model.h"

#include "text/prompt-rule.h"

#include <stdio.h>
#include <string.h>

/* Positions of a picture where no vision file says it: the published number of queries, and the end mark. */
#define DEFAULT_VISUAL_LENGTH 65

typedef struct {
  char *model, *text, *file, *raw;
  gboolean json;
} Options;

/* The tokenizer of a model folder or of one GGUF, which may hold nothing else. */
static OwlTokenizer *
open_tokenizer (const char *model, GError **error)
{
  g_autofree char *in_folder = g_build_filename (model, "language.gguf", NULL);
  g_autoptr (OwlGguf) file = owl_gguf_open (g_file_test (model, G_FILE_TEST_IS_DIR) ? in_folder : model, error);

  return file ? owl_tokenizer_new_from_gguf (file, error) : NULL;
}

static gboolean
read_visual_length (const char *model, int *length, GError **error)
{
  g_autofree char *path = g_build_filename (model, "vision.gguf", NULL);
  g_autoptr (OwlGguf) file = NULL;
  gint64 queries;

  *length = DEFAULT_VISUAL_LENGTH;
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  file = owl_gguf_open (path, error);
  if (!file || !owl_gguf_require_int (file, "clip.vision.projector.query_count", 1, 4096, &queries, error))
    return FALSE;
  *length = (int) queries + 1;
  return TRUE;
}

static gboolean
tokenize (const Options *o, GArray *ids, GError **error)
{
  g_autoptr (OwlTokenizer) tokenizer = open_tokenizer (o->model, error);
  g_autofree char *text = NULL;
  gsize length;
  int visual_length;

  if (!tokenizer)
    return FALSE;
  if (o->text) {
    owl_tokenizer_encode (tokenizer, o->text, strlen (o->text), ids);
    return TRUE;
  }
  text = owl_tool_read_file (o->raw ? o->raw : o->file, &length, error);
  if (!text || !read_visual_length (o->model, &visual_length, error))
    return FALSE;
  if (o->raw)
    owl_prompt_rule_encode (tokenizer, text, length, visual_length, NULL, 0, ids);
  else
    owl_tokenizer_encode (tokenizer, text, length, ids);
  return TRUE;
}

static void
print_ids (const GArray *ids, gboolean json)
{
  fputs (json ? "{\"ids\": [" : "", stdout);
  for (guint i = 0; i < ids->len; i++)
    printf ("%s%d", i == 0 ? "" : json ? ", " : " ", g_array_index (ids, gint32, i));
  fputs (json ? "]}\n" : "\n", stdout);
}

int
owl_tool_tokenize (int argc, char **argv)
{
  Options o = { 0 };
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &o.model, "model folder, or a GGUF with a vocabulary", "MODEL" },
    { "text", 0, 0, G_OPTION_ARG_STRING, &o.text, "text to tokenise", "T" },
    { "file", 0, 0, G_OPTION_ARG_FILENAME, &o.file, "file to tokenise", "F" },
    { "raw", 0, 0, G_OPTION_ARG_FILENAME, &o.raw, "prompt to tokenise by the prompt rule, with <image> marks", "FILE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o.json, "print {\"ids\": […]}", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  int status = OWL_EXIT_OK;

  if (!owl_tool_parse (&argc, &argv, entries, NULL, "Prints the token ids of a text."))
    return OWL_EXIT_USAGE;
  if (argc > 1)
    status = owl_tool_usage ("tokenize", "unexpected argument %s", argv[1]);
  else if (!o.model || !!o.text + !!o.file + !!o.raw != 1)
    status = owl_tool_usage ("tokenize", "-m MODEL and one of --text, --file, --raw are needed");
  else if (!tokenize (&o, ids, &error))
    status = owl_tool_fail ("tokenize", error);
  else
    print_ids (ids, o.json);
  g_free (o.model);
  g_free (o.text);
  g_free (o.file);
  g_free (o.raw);
  return status;
}

int
owl_tool_detokenize (int argc, char **argv)
{
  char *model = NULL;
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &model, "model folder, or a GGUF with a vocabulary", "MODEL" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlTokenizer) tokenizer = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *text = NULL;
  gsize length;

  if (!owl_tool_parse (&argc, &argv, entries, "ID…", "Prints the text of token ids."))
    return OWL_EXIT_USAGE;
  if (!model)
    return owl_tool_usage ("detokenize", "-m MODEL is missing");
  for (int i = 1; i < argc; i++) {
    gint64 value;
    gint32 id;

    if (!g_ascii_string_to_signed (argv[i], 10, 0, G_MAXINT32, &value, NULL)) {
      g_free (model);
      return owl_tool_usage ("detokenize", "%s is not a token id", argv[i]);
    }
    id = (gint32) value;
    g_array_append_val (ids, id);
  }
  tokenizer = open_tokenizer (model, &error);
  g_free (model);
  if (!tokenizer)
    return owl_tool_fail ("detokenize", error);
  text = owl_tokenizer_decode (tokenizer, (const gint32 *) (const void *) ids->data, ids->len, &length);
  fwrite (text, 1, length, stdout);
  putchar ('\n');
  return OWL_EXIT_OK;
}
