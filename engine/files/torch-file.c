/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/checkpoint.h"
#include "files/pickle.h"
#include "files/zip-directory.h"

#include <string.h>

/* What torch.save writes: ROOT/data.pkl describes tensors, ROOT/data/KEY holds the bytes of a storage. */

static gboolean
float_type (const char *storage_type, OwlType *type)
{
  static const struct {
    const char *name;
    OwlType type;
  } types[] = { { "FloatStorage", OWL_TYPE_F32 }, { "HalfStorage", OWL_TYPE_F16 }, { "BFloat16Storage", OWL_TYPE_BF16 } };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].name, storage_type) == 0) {
      *type = types[i].type;
      return TRUE;
    }
  return FALSE;
}

static gboolean
is_contiguous (const OwlPickledTensor *t)
{
  gint64 expected = 1;

  for (int i = t->n_dims - 1; i >= 0; i--) {
    if (t->shape[i] != 1 && t->stride[i] != expected)
      return FALSE;
    if (t->shape[i] > 0 && expected > G_MAXINT64 / t->shape[i])
      return FALSE;
    expected *= t->shape[i];
  }
  return TRUE;
}

static gboolean
fail (const char *path, const OwlPickledTensor *t, OwlErrorCode code, GError **error, const char *why)
{
  g_set_error (error, OWL_ERROR, code, "%s: tensor %s: %s", path, t->name, why);
  return FALSE;
}

static gboolean
add_tensor (OwlCheckpoint *checkpoint, OwlMappedFile *file, const OwlZipDirectory *zip, const OwlPickledTensor *t, GError **error)
{
  const char *path = owl_mapped_file_get_path (file);
  g_autofree char *entry = g_strconcat ("data/", t->storage_key, NULL);
  const guint8 *data;
  gsize size, item, n = 1, offset;
  OwlType type;

  if (!float_type (t->storage_type, &type)) {
    /* Integer buffers (positions) carry no weights; doubles would. */
    if (strcmp (t->storage_type, "DoubleStorage") == 0)
      return fail (path, t, OWL_ERROR_UNSUPPORTED, error, "float64 weights are not supported");
    return TRUE;
  }
  if (t->n_dims > OWL_MAX_DIMS)
    return fail (path, t, OWL_ERROR_UNSUPPORTED, error, "more than four dimensions");
  if (!is_contiguous (t))
    return fail (path, t, OWL_ERROR_UNSUPPORTED, error, "it is a strided view; save the checkpoint with contiguous tensors");
  data = owl_zip_directory_find (zip, entry, &size);
  if (!data)
    return fail (path, t, OWL_ERROR_FORMAT, error, "its data is missing from the file");
  item = owl_type_block_size (type);
  for (int i = 0; i < t->n_dims; i++)
    if (!g_size_checked_mul (&n, n, (gsize) t->shape[i]))
      return fail (path, t, OWL_ERROR_FORMAT, error, "impossible shape");
  if (!g_size_checked_mul (&offset, (gsize) t->offset, item) || offset > size || n > (size - offset) / item)
    return fail (path, t, OWL_ERROR_FORMAT, error, "its data is cut off");
  return owl_checkpoint_add (checkpoint, file, g_strdup (t->name), type, t->n_dims, t->shape, data + offset, n * item, error);
}

gboolean
owl_torch_file_read (OwlCheckpoint *checkpoint, OwlMappedFile *file, GError **error)
{
  const char *path = owl_mapped_file_get_path (file);
  g_autoptr (OwlZipDirectory) zip = owl_zip_directory_open (file, error);
  g_autoptr (GPtrArray) tensors = NULL;
  const guint8 *pickle;
  gsize size;

  if (!zip)
    return FALSE;
  pickle = owl_zip_directory_find (zip, "data.pkl", &size);
  if (!pickle) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: data.pkl is missing; not a file of torch.save", path);
    return FALSE;
  }
  tensors = owl_pickle_read_tensors (path, pickle, size, error);
  if (!tensors)
    return FALSE;
  for (guint i = 0; i < tensors->len; i++)
    if (!add_tensor (checkpoint, file, zip, g_ptr_array_index (tensors, i), error))
      return FALSE;
  return TRUE;
}
