/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/checkpoint.h"

#include <string.h>

#define MAX_TENSORS 65536
#define MAX_JSON_SIZE (16 << 20)

struct _OwlCheckpoint {
  char *folder;
  GPtrArray *files;   /* OwlMappedFile */
  GPtrArray *tensors; /* OwlCheckpointTensor */
  GHashTable *index;  /* name → tensor */
};

static void
tensor_free (gpointer data)
{
  OwlCheckpointTensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor);
}

json_t *
owl_checkpoint_read_json (const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (OwlMappedFile) file = owl_mapped_file_open (path, error);
  json_error_t json_error;
  json_t *json;

  if (!file)
    return NULL;
  if (owl_mapped_file_get_size (file) > MAX_JSON_SIZE) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "%s: larger than %d MiB", path, MAX_JSON_SIZE >> 20);
    return NULL;
  }
  json = json_loadb ((const char *) owl_mapped_file_get_data (file), owl_mapped_file_get_size (file), JSON_REJECT_DUPLICATES,
                     &json_error);
  if (!json || !json_is_object (json)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: %s", path, json ? "not a JSON object" : json_error.text);
    json_decref (json);
    return NULL;
  }
  return json;
}

gboolean
owl_checkpoint_add (OwlCheckpoint *checkpoint, OwlMappedFile *file, char *name, OwlType type, int n_dims, const gint64 *shape,
                    const guint8 *data, gsize size, GError **error)
{
  OwlCheckpointTensor *tensor = g_new0 (OwlCheckpointTensor, 1);
  const char *path = owl_mapped_file_get_path (file);
  gsize n = owl_type_block_size (type);

  tensor->name = name;
  tensor->type = type;
  tensor->n_dims = n_dims;
  tensor->data = data;
  tensor->size = size;
  tensor->file = file;
  for (int i = 0; i < OWL_MAX_DIMS; i++)
    tensor->shape[i] = 1;
  for (int i = 0; i < n_dims; i++) {
    tensor->shape[i] = shape[i];
    if (shape[i] <= 0 || !g_size_checked_mul (&n, n, (gsize) shape[i])) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s: impossible shape", path, name);
      tensor_free (tensor);
      return FALSE;
    }
  }
  if (n != size) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: tensor %s: its shape needs %" G_GSIZE_FORMAT " bytes, the file holds %" G_GSIZE_FORMAT, path, name, n, size);
    tensor_free (tensor);
    return FALSE;
  }
  if (g_hash_table_contains (checkpoint->index, name) || checkpoint->tensors->len >= MAX_TENSORS) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s: %s", path, name,
                 checkpoint->tensors->len >= MAX_TENSORS ? "too many tensors" : "it occurs twice");
    tensor_free (tensor);
    return FALSE;
  }
  g_ptr_array_add (checkpoint->tensors, tensor);
  g_hash_table_insert (checkpoint->index, tensor->name, tensor);
  return TRUE;
}

static gboolean
read_file (OwlCheckpoint *checkpoint, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (checkpoint->folder, name, NULL);
  OwlMappedFile *file = owl_mapped_file_open (path, error);

  if (!file)
    return FALSE;
  g_ptr_array_add (checkpoint->files, file);
  return g_str_has_suffix (name, ".safetensors") ? owl_safetensors_read (checkpoint, file, error)
                                                 : owl_torch_file_read (checkpoint, file, error);
}

/* Reads the shards that INDEX names and checks that every tensor is where it says. */
static gboolean
read_shards (OwlCheckpoint *checkpoint, const char *index_name, GError **error)
{
  json_t *index = owl_checkpoint_read_json (checkpoint->folder, index_name, error);
  json_t *map = index ? json_object_get (index, "weight_map") : NULL, *shard;
  g_autoptr (GHashTable) done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char *name;
  gboolean ok = index != NULL;

  if (ok && !json_is_object (map)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s/%s: weight_map is missing", checkpoint->folder, index_name);
    ok = FALSE;
  }
  if (ok)
    json_object_foreach (map, name, shard) {
      const char *file = json_string_value (shard);

      if (!file || !*file || strchr (file, '/') || *file == '.') {
        g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s/%s: tensor %s: its file name makes no sense", checkpoint->folder,
                     index_name, name);
        ok = FALSE;
        break;
      }
      if (g_hash_table_add (done, g_strdup (file)) && !read_file (checkpoint, file, error)) {
        ok = FALSE;
        break;
      }
    }
  if (ok)
    json_object_foreach (map, name, shard) {
      const OwlCheckpointTensor *tensor = owl_checkpoint_find (checkpoint, name);
      g_autofree char *base = tensor ? g_path_get_basename (owl_mapped_file_get_path (tensor->file)) : NULL;

      /* Buffers of integers are not kept, so only a tensor in the wrong shard is certain to be wrong here. */
      if (tensor && strcmp (base, json_string_value (shard)) != 0) {
        g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s/%s: tensor %s is in %s, not in %s", checkpoint->folder, index_name, name,
                     base, json_string_value (shard));
        ok = FALSE;
        break;
      }
    }
  json_decref (index);
  return ok;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Without an index: every file of the usual name. */
static gboolean
read_loose_files (OwlCheckpoint *checkpoint, GError **error)
{
  static const struct {
    const char *prefix, *suffix;
  } kinds[] = { { "pytorch_model", ".bin" }, { "model", ".safetensors" }, { "adapter_model", ".bin" }, { "adapter_model", ".safetensors" } };
  g_autoptr (GDir) dir = g_dir_open (checkpoint->folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  for (gsize k = 0; dir && k < G_N_ELEMENTS (kinds) && names->len == 0; k++) {
    g_dir_rewind (dir);
    while ((name = g_dir_read_name (dir)))
      if (g_str_has_prefix (name, kinds[k].prefix) && g_str_has_suffix (name, kinds[k].suffix))
        g_ptr_array_add (names, g_strdup (name));
  }
  if (names->len == 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO,
                 "%s: no weights found (expected pytorch_model*.bin, *.safetensors or adapter_model.*)", checkpoint->folder);
    return FALSE;
  }
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    if (!read_file (checkpoint, g_ptr_array_index (names, i), error))
      return FALSE;
  return TRUE;
}

OwlCheckpoint *
owl_checkpoint_open (const char *folder, GError **error)
{
  static const char *const indexes[] = { "pytorch_model.bin.index.json", "model.safetensors.index.json" };
  g_autoptr (OwlCheckpoint) checkpoint = g_new0 (OwlCheckpoint, 1);

  checkpoint->folder = g_strdup (folder);
  checkpoint->files = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_mapped_file_unref);
  checkpoint->tensors = g_ptr_array_new_with_free_func (tensor_free);
  checkpoint->index = g_hash_table_new (g_str_hash, g_str_equal);
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: there is no such folder", folder);
    return NULL;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (indexes); i++) {
    g_autofree char *path = g_build_filename (folder, indexes[i], NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return read_shards (checkpoint, indexes[i], error) ? g_steal_pointer (&checkpoint) : NULL;
  }
  return read_loose_files (checkpoint, error) ? g_steal_pointer (&checkpoint) : NULL;
}

void
owl_checkpoint_free (OwlCheckpoint *checkpoint)
{
  if (!checkpoint)
    return;
  g_clear_pointer (&checkpoint->index, g_hash_table_unref);
  g_clear_pointer (&checkpoint->tensors, g_ptr_array_unref);
  g_clear_pointer (&checkpoint->files, g_ptr_array_unref);
  g_free (checkpoint->folder);
  g_free (checkpoint);
}

const char *
owl_checkpoint_get_folder (const OwlCheckpoint *checkpoint)
{
  return checkpoint->folder;
}

gsize
owl_checkpoint_get_n_tensors (const OwlCheckpoint *checkpoint)
{
  return checkpoint->tensors->len;
}

const OwlCheckpointTensor *
owl_checkpoint_get_tensor (const OwlCheckpoint *checkpoint, gsize index)
{
  return g_ptr_array_index (checkpoint->tensors, index);
}

const OwlCheckpointTensor *
owl_checkpoint_find (const OwlCheckpoint *checkpoint, const char *name)
{
  return g_hash_table_lookup (checkpoint->index, name);
}
