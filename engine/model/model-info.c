/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/model-private.h"

#include <glib/gstdio.h>
#include <string.h>

/* Beside weights and cache: activations, the pool's scratch, the vocabulary. */
#define WORKING_BYTES (G_GUINT64_CONSTANT (256) << 20)
#define ADAPTER_SUFFIX ".lora.gguf"

guint64
owl_model_estimate_kv (gboolean quantised, int n_layers, int context_length, int kv_width)
{
  guint64 value = quantised ? 2 : 4;

  return 2 * value * (guint64) n_layers * (guint64) context_length * (guint64) kv_width;
}

guint64
owl_model_estimate_memory (guint64 weight_bytes, guint64 kv_bytes)
{
  return weight_bytes + kv_bytes + WORKING_BYTES;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

char **
owl_model_list_adapters (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *names = g_ptr_array_new ();
  const char *entry;

  while (dir && (entry = g_dir_read_name (dir)))
    if (g_str_has_suffix (entry, ADAPTER_SUFFIX) && strlen (entry) > strlen (ADAPTER_SUFFIX))
      g_ptr_array_add (names, g_strndup (entry, strlen (entry) - strlen (ADAPTER_SUFFIX)));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

/* Adds the tensors of one file; `type` [16] gets what the file says it is stored as. */
static void
add_file (const OwlGguf *file, OwlModelInfo *info, char *type)
{
  static const struct {
    gint64 number;
    const char *name;
  } mixes[] = { { 2, "q4_0" }, { 7, "q8_0" }, { 18, "q6_k" }, { 14, "q4_k_s" }, { 15, "q4_k_m" }, { 16, "q5_k_s" }, { 17, "q5_k_m" } };
  const OwlTensor *largest = NULL;
  gint64 number;

  for (gsize i = 0; i < owl_gguf_get_n_tensors (file); i++) {
    const OwlTensor *tensor = owl_gguf_get_tensor (file, i);

    info->weight_bytes += tensor->size;
    info->n_parameters += (guint64) owl_tensor_n_values (tensor);
    if (!largest || tensor->size > largest->size)
      largest = tensor;
  }
  info->disk_bytes += owl_gguf_get_file_size (file);
  g_strlcpy (type, owl_type_name (largest->type), 16);
  if (!owl_type_is_quantised (largest->type) || !owl_gguf_get_int (file, "general.file_type", &number))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (mixes); i++)
    if (mixes[i].number == number)
      g_strlcpy (type, mixes[i].name, 16);
}

/* Adapters, and the abstractors that training puts beside them. */
static void
add_adapters (const char *folder, OwlModelInfo *info)
{
  g_auto (GStrv) names = owl_model_list_adapters (folder);
  static const char *const suffixes[] = { ADAPTER_SUFFIX, ".abstractor.gguf" };

  info->n_adapters = (int) g_strv_length (names);
  for (gsize i = 0; names[i]; i++)
    for (gsize s = 0; s < G_N_ELEMENTS (suffixes); s++) {
      g_autofree char *name = g_strconcat (names[i], suffixes[s], NULL), *path = g_build_filename (folder, name, NULL);
      GStatBuf status;

      if (g_stat (path, &status) == 0)
        info->disk_bytes += (guint64) status.st_size;
    }
}

/* Copies what fits, whole characters only. */
static void
copy_text (char *dst, const char *text, gsize size)
{
  const char *end;

  g_strlcpy (dst, text, size);
  g_utf8_validate (dst, -1, &end);
  dst[end - dst] = '\0';
}

gboolean
owl_model_read_info (const char *path, OwlModelInfo *info, GError **error)
{
  g_autofree char *folder = NULL, *language_path = NULL, *vision_path = NULL;
  g_autoptr (OwlLanguage) language = NULL;
  const char *name;

  memset (info, 0, sizeof *info);
  if (!owl_model_find_files (path, &folder, &language_path, &vision_path, error))
    return FALSE;
  language = owl_language_open (language_path, error);
  if (!language)
    return FALSE;
  add_file (language->file, info, info->type);
  info->kv_bytes = owl_model_estimate_kv (owl_type_is_quantised (language->layers[0].out.weight.type), language->n_layers,
                                          language->context_length, owl_language_get_kv_width (language));
  info->context_length = language->context_length;
  name = owl_gguf_get_string (language->file, "general.name");
  copy_text (info->name, name ? name : "", sizeof info->name);
  g_strlcpy (info->architecture, owl_gguf_get_string (language->file, "general.architecture"), sizeof info->architecture);
  if (vision_path) {
    g_autoptr (OwlVision) vision = owl_vision_open (vision_path, error);

    if (!vision)
      return FALSE;
    info->has_vision = TRUE;
    add_file (vision->file, info, info->vision_type);
  }
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    add_adapters (path, info);
  info->memory_bytes = owl_model_estimate_memory (info->weight_bytes, info->kv_bytes);
  return TRUE;
}
