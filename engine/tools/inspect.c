/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tools.h"

#include "files/checkpoint.h"
#include "files/gguf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer arrays are shown by their length alone. */
#define MAX_SHOWN 8

static json_t *
array_to_json (const OwlGguf *file, const char *key)
{
  OwlGgufType type;
  gsize n;
  json_t *list;

  owl_gguf_get_array_info (file, key, &type, &n);
  if (n > MAX_SHOWN)
    return json_pack ("{s:I}", "length", (json_int_t) n);
  list = json_array ();
  for (gsize i = 0; i < n; i++) {
    if (type == OWL_GGUF_STRING) {
      gsize length;
      const char *text = owl_gguf_get_array_string (file, key, i, &length);
      g_autofree char *valid = g_utf8_make_valid (text, (gssize) length);

      json_array_append_new (list, json_string (valid));
    } else {
      g_autofree float *values = g_new (float, n);

      if (owl_gguf_get_array_f32 (file, key, values, n))
        json_array_append_new (list, json_real ((double) values[i]));
    }
  }
  return list;
}

static json_t *
value_to_json (const OwlGguf *file, const char *key, OwlGgufType type)
{
  gint64 integer;
  gboolean flag;
  double number;

  if (type == OWL_GGUF_STRING)
    return json_string (owl_gguf_get_string (file, key));
  if (type == OWL_GGUF_ARRAY)
    return array_to_json (file, key);
  if (owl_gguf_get_bool (file, key, &flag))
    return json_boolean (flag);
  if (owl_gguf_get_int (file, key, &integer))
    return json_integer (integer);
  if (owl_gguf_get_float (file, key, &number))
    return json_real (number);
  return json_null ();
}

static json_t *
inspect_gguf (const char *path, GError **error)
{
  g_autoptr (OwlGguf) file = owl_gguf_open (path, error);
  json_t *keys, *tensors;

  if (!file)
    return NULL;
  keys = json_object ();
  tensors = json_array ();
  for (gsize i = 0; i < owl_gguf_get_n_keys (file); i++) {
    OwlGgufType type;
    const char *key = owl_gguf_get_key (file, i, &type);

    json_object_set_new (keys, key, value_to_json (file, key, type));
  }
  for (gsize i = 0; i < owl_gguf_get_n_tensors (file); i++) {
    const OwlTensor *t = owl_gguf_get_tensor (file, i);
    json_t *shape = json_array ();

    for (int d = 0; d < t->n_dims; d++)
      json_array_append_new (shape, json_integer (t->ne[d]));
    json_array_append_new (tensors, json_pack ("{s:s, s:s, s:o, s:I}", "name", t->name, "type", owl_type_name (t->type), "shape", shape,
                                               "bytes", (json_int_t) t->size));
  }
  return json_pack ("{s:s, s:s, s:I, s:o, s:o}", "file", path, "format", "gguf", "bytes", (json_int_t) owl_gguf_get_file_size (file),
                    "metadata", keys, "tensors", tensors);
}

static json_t *
inspect_checkpoint (const char *folder, GError **error)
{
  g_autoptr (OwlCheckpoint) checkpoint = owl_checkpoint_open (folder, error);
  json_t *tensors;
  gint64 bytes = 0;

  if (!checkpoint)
    return NULL;
  tensors = json_array ();
  for (gsize i = 0; i < owl_checkpoint_get_n_tensors (checkpoint); i++) {
    const OwlCheckpointTensor *t = owl_checkpoint_get_tensor (checkpoint, i);
    json_t *shape = json_array ();

    for (int d = 0; d < t->n_dims; d++)
      json_array_append_new (shape, json_integer (t->shape[d]));
    bytes += (gint64) t->size;
    json_array_append_new (tensors, json_pack ("{s:s, s:s, s:o, s:I}", "name", t->name, "type", owl_type_name (t->type), "shape", shape,
                                               "bytes", (json_int_t) t->size));
  }
  return json_pack ("{s:s, s:s, s:I, s:o}", "file", folder, "format", "huggingface", "bytes", (json_int_t) bytes, "tensors", tensors);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* A model folder: every GGUF in it. Any other folder is taken for a checkpoint. */
/* What the model as a whole is and needs; NULL when it would not open. */
static json_t *
model_facts (const char *folder)
{
  g_auto (GStrv) names = owl_model_list_adapters (folder);
  json_t *adapters = json_array ();
  OwlModelInfo info;

  for (gsize i = 0; names[i]; i++)
    json_array_append_new (adapters, json_string (names[i]));
  if (!owl_model_read_info (folder, &info, NULL)) {
    json_decref (adapters);
    return NULL;
  }
  return json_pack ("{s:s, s:s, s:I, s:s, s:b, s:s, s:i, s:o, s:I, s:I, s:I}", "name", info.name, "architecture", info.architecture,
                    "parameters", (json_int_t) info.n_parameters, "type", info.type, "has_vision", info.has_vision, "vision_type",
                    info.vision_type, "context_length", info.context_length, "adapters", adapters, "disk_bytes", (json_int_t) info.disk_bytes,
                    "kv_bytes", (json_int_t) info.kv_bytes, "memory_bytes", (json_int_t) info.memory_bytes);
}

static void
print_facts (json_t *facts)
{
  printf ("%s, %.2f billion parameters, %s%s%s, context %lld, %zu adapters: %.2f GB on disk, about %.1f GB in memory\n",
          json_string_value (json_object_get (facts, "architecture")), (double) json_integer_value (json_object_get (facts, "parameters")) / 1e9,
          json_string_value (json_object_get (facts, "type")), json_is_true (json_object_get (facts, "has_vision")) ? ", vision " : ", text only",
          json_string_value (json_object_get (facts, "vision_type")), (long long) json_integer_value (json_object_get (facts, "context_length")),
          json_array_size (json_object_get (facts, "adapters")), (double) json_integer_value (json_object_get (facts, "disk_bytes")) / 1e9,
          (double) json_integer_value (json_object_get (facts, "memory_bytes")) / 1e9);
}

static json_t *
inspect_folder (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  json_t *files;
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".gguf"))
      g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  if (names->len == 0)
    return inspect_checkpoint (folder, error);
  g_ptr_array_sort (names, compare_names);
  files = json_array ();
  for (guint i = 0; i < names->len; i++) {
    json_t *file = inspect_gguf (g_ptr_array_index (names, i), error);

    if (!file) {
      json_decref (files);
      return NULL;
    }
    json_array_append_new (files, file);
  }
  return json_pack ("{s:s, s:o, s:o*}", "folder", folder, "files", files, "model", model_facts (folder));
}

static void
print_file (json_t *file)
{
  json_t *metadata = json_object_get (file, "metadata"), *value, *tensor, *dim;
  const char *key;
  size_t i, d;

  printf ("%s: %s, %.1f MB, %zu tensors\n", json_string_value (json_object_get (file, "file")),
          json_string_value (json_object_get (file, "format")), (double) json_integer_value (json_object_get (file, "bytes")) / 1e6,
          json_array_size (json_object_get (file, "tensors")));
  json_object_foreach (metadata, key, value) {
    char *text = json_dumps (value, JSON_ENCODE_ANY | JSON_REAL_PRECISION (7));

    printf ("  %-48s %s\n", key, text);
    free (text);
  }
  json_array_foreach (json_object_get (file, "tensors"), i, tensor) {
    printf ("  %-48s %-6s", json_string_value (json_object_get (tensor, "name")), json_string_value (json_object_get (tensor, "type")));
    json_array_foreach (json_object_get (tensor, "shape"), d, dim)
      printf ("%s%lld", d ? " x " : "", (long long) json_integer_value (dim));
    putchar ('\n');
  }
}

int
owl_tool_inspect (int argc, char **argv)
{
  gboolean as_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  json_t *result, *file;
  size_t i;

  if (!owl_tool_parse (&argc, &argv, entries, "FILE|FOLDER", "Shows what is in a GGUF file, a model folder or a checkpoint."))
    return OWL_EXIT_USAGE;
  if (argc != 2)
    return owl_tool_usage ("inspect", "FILE or FOLDER is needed");
  result = g_file_test (argv[1], G_FILE_TEST_IS_DIR) ? inspect_folder (argv[1], &error) : inspect_gguf (argv[1], &error);
  if (!result)
    return owl_tool_fail ("inspect", error);
  if (as_json) {
    json_dumpf (result, stdout, JSON_REAL_PRECISION (9));
    putchar ('\n');
  } else if (json_object_get (result, "files")) {
    if (json_object_get (result, "model"))
      print_facts (json_object_get (result, "model"));
    json_array_foreach (json_object_get (result, "files"), i, file)
      print_file (file);
  } else {
    print_file (result);
  }
  json_decref (result);
  return OWL_EXIT_OK;
}
