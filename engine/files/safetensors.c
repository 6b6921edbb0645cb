/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/checkpoint.h"

#include <string.h>

/* Source: the safetensors format description: u64 length, JSON header, data without holes. */
#define MAX_HEADER 100000000

typedef struct {
  guint64 begin, end;
} Span;

static gboolean
fail (OwlMappedFile *file, const char *tensor, GError **error, const char *why)
{
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: %s%s%s", owl_mapped_file_get_path (file), tensor ? "tensor " : "",
               tensor ? tensor : "", why);
  return FALSE;
}

static gboolean
find_type (const char *name, OwlType *type)
{
  static const struct {
    const char *name;
    OwlType type;
  } types[] = { { "F32", OWL_TYPE_F32 }, { "F16", OWL_TYPE_F16 }, { "BF16", OWL_TYPE_BF16 } };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_strcmp0 (types[i].name, name) == 0) {
      *type = types[i].type;
      return TRUE;
    }
  return FALSE;
}

static gboolean
read_number (json_t *json, guint64 *number)
{
  if (!json_is_integer (json) || json_integer_value (json) < 0)
    return FALSE;
  *number = (guint64) json_integer_value (json);
  return TRUE;
}

static gboolean
read_tensor (OwlCheckpoint *checkpoint, OwlMappedFile *file, const char *name, json_t *entry, const guint8 *data, gsize size,
             GArray *spans, GError **error)
{
  json_t *shape = json_object_get (entry, "shape"), *offsets = json_object_get (entry, "data_offsets");
  const char *dtype = json_string_value (json_object_get (entry, "dtype"));
  gint64 dims[OWL_MAX_DIMS];
  OwlType type;
  Span span;

  if (!dtype || !json_is_array (shape) || json_array_size (offsets) != 2 || !read_number (json_array_get (offsets, 0), &span.begin) ||
      !read_number (json_array_get (offsets, 1), &span.end))
    return fail (file, name, error, ": its description is damaged");
  if (span.begin > span.end || span.end > size)
    return fail (file, name, error, ": its data is cut off or lies outside the file");
  g_array_append_val (spans, span);
  if (!find_type (dtype, &type)) {
    if (strcmp (dtype, "F64") == 0)
      return fail (file, name, error, ": float64 weights are not supported");
    return TRUE; /* integer buffers carry no weights */
  }
  if (json_array_size (shape) > OWL_MAX_DIMS)
    return fail (file, name, error, ": more than four dimensions");
  for (gsize i = 0; i < json_array_size (shape); i++) {
    guint64 dim;

    if (!read_number (json_array_get (shape, i), &dim))
      return fail (file, name, error, ": its shape is damaged");
    dims[i] = (gint64) dim;
  }
  return owl_checkpoint_add (checkpoint, file, g_strdup (name), type, (int) json_array_size (shape), dims, data + span.begin,
                             span.end - span.begin, error);
}

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  const Span *x = a, *y = b;

  return x->begin != y->begin ? (x->begin > y->begin) - (x->begin < y->begin) : (x->end > y->end) - (x->end < y->end);
}

/* The data has neither holes nor overlaps. */
static gboolean
check_spans (OwlMappedFile *file, GArray *spans, gsize size, GError **error)
{
  guint64 at = 0;

  g_array_sort (spans, compare_spans);
  for (guint i = 0; i < spans->len; i++) {
    const Span *span = &g_array_index (spans, Span, i);

    if (span->begin != at)
      return fail (file, NULL, error, "its tensors overlap or leave holes");
    at = span->end;
  }
  return at == size || fail (file, NULL, error, "its data is longer than its tensors");
}

gboolean
owl_safetensors_read (OwlCheckpoint *checkpoint, OwlMappedFile *file, GError **error)
{
  const guint8 *bytes = owl_mapped_file_get_data (file);
  gsize length = owl_mapped_file_get_size (file);
  g_autoptr (GArray) spans = g_array_new (FALSE, FALSE, sizeof (Span));
  json_error_t json_error;
  json_t *header, *entry;
  guint64 header_size = 0;
  const char *name;
  gboolean ok = TRUE;

  if (length < 8)
    return fail (file, NULL, error, "too short for a safetensors file");
  for (int i = 7; i >= 0; i--)
    header_size = header_size << 8 | bytes[i];
  if (header_size > MAX_HEADER || header_size > length - 8 || header_size < 2 || bytes[8] != '{')
    return fail (file, NULL, error, "cut off, or not a safetensors file");
  header = json_loadb ((const char *) bytes + 8, header_size, JSON_REJECT_DUPLICATES, &json_error);
  if (!header) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: its header is damaged: %s", owl_mapped_file_get_path (file),
                 json_error.text);
    return FALSE;
  }
  bytes += 8 + header_size;
  length -= 8 + header_size;
  json_object_foreach (header, name, entry) {
    if (strcmp (name, "__metadata__") == 0)
      continue;
    ok = read_tensor (checkpoint, file, name, entry, bytes, length, spans, error);
    if (!ok)
      break;
  }
  json_decref (header);
  return ok && check_spans (file, spans, length, error);
}
