/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/gguf.h"

#include <math.h>
#include <string.h>

/* What is accepted. The format allows far more; real files stay far below, and with these limits a hostile file can neither
 * exhaust memory nor keep the reader busy. */
#define MAX_TENSORS 65536
#define MAX_KEYS 65536
#define MAX_KEY_LENGTH 256
#define MAX_NAME_LENGTH 63
#define MAX_STRING_LENGTH (1 << 20)
#define MAX_ARRAY_LENGTH (1 << 20)
#define MAX_ARRAY_STRINGS (1 << 22) /* in all arrays together */
#define MAX_HEADER_SIZE (256 << 20)
#define MAX_DIM (G_GINT64_CONSTANT (1) << 31)
#define MIN_ALIGNMENT 8
#define MAX_ALIGNMENT 65536

typedef struct {
  char *key;
  OwlGgufType type;
  OwlGgufType element_type; /* arrays */
  gsize n;                  /* arrays */
  const guint8 *value;      /* in the mapping: the number, or the first byte of a string, or the first element */
  gsize size;               /* bytes from `value` */
  char *string;             /* strings: a NUL-terminated copy */
  guint32 *offsets;         /* arrays of strings: where each length field lies, from `value` */
} Entry;

struct _OwlGguf {
  gatomicrefcount ref_count;
  OwlMappedFile *file;
  GArray *entries; /* Entry */
  GArray *tensors; /* OwlTensor */
  GHashTable *entry_index;
  GHashTable *tensor_index;
  gsize n_array_strings;
};

/* Reading position. Every read checks what is left first. */
typedef struct {
  const char *path;
  const guint8 *p;
  const guint8 *end;
} Cursor;

static gboolean
fail (const Cursor *cursor, OwlErrorCode code, GError **error, const char *format, ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (const Cursor *cursor, OwlErrorCode code, GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, OWL_ERROR, code, "%s: %s", cursor->path, message);
  return FALSE;
}

static gboolean
take (Cursor *cursor, gsize size, const guint8 **bytes, GError **error)
{
  if (size > (gsize) (cursor->end - cursor->p))
    return fail (cursor, OWL_ERROR_FORMAT, error, "file ends inside the header");
  *bytes = cursor->p;
  cursor->p += size;
  return TRUE;
}

static gboolean
take_u32 (Cursor *cursor, guint32 *value, GError **error)
{
  const guint8 *bytes = NULL;
  if (!take (cursor, 4, &bytes, error))
    return FALSE;
  memcpy (value, bytes, 4);
  *value = GUINT32_FROM_LE (*value);
  return TRUE;
}

static gboolean
take_u64 (Cursor *cursor, guint64 *value, GError **error)
{
  const guint8 *bytes = NULL;
  if (!take (cursor, 8, &bytes, error))
    return FALSE;
  memcpy (value, bytes, 8);
  *value = GUINT64_FROM_LE (*value);
  return TRUE;
}

static gboolean
take_string (Cursor *cursor, gsize limit, const char *what, const guint8 **bytes, gsize *length, GError **error)
{
  guint64 n;
  if (!take_u64 (cursor, &n, error))
    return FALSE;
  if (n > limit)
    return fail (cursor, OWL_ERROR_LIMIT, error, "%s of %" G_GUINT64_FORMAT " bytes; at most %" G_GSIZE_FORMAT, what, n, limit);
  *length = (gsize) n;
  return take (cursor, (gsize) n, bytes, error);
}

/* A key or tensor name: not empty, UTF-8, no NUL. */
static char *
take_name (Cursor *cursor, gsize limit, const char *what, GError **error)
{
  const guint8 *bytes = NULL;
  gsize length = 0;

  if (!take_string (cursor, limit, what, &bytes, &length, error))
    return NULL;
  if (length == 0 || memchr (bytes, 0, length) != NULL || !g_utf8_validate ((const char *) bytes, (gssize) length, NULL)) {
    fail (cursor, OWL_ERROR_FORMAT, error, "%s is empty or not text", what);
    return NULL;
  }
  return g_strndup ((const char *) bytes, length);
}

/* Bytes of a number; 0 for strings, arrays and unknown types. */
static gsize
number_size (guint32 type)
{
  static const gsize sizes[] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
  return type < G_N_ELEMENTS (sizes) ? sizes[type] : 0;
}

static gboolean
check_bools (const Cursor *cursor, const Entry *entry, const guint8 *bytes, gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++) {
    if (bytes[i] > 1)
      return fail (cursor, OWL_ERROR_FORMAT, error, "key %s: truth value is %d", entry->key, bytes[i]);
  }
  return TRUE;
}

static gboolean
read_string_array (OwlGguf *gguf, Cursor *cursor, Entry *entry, GError **error)
{
  /* Each string has a length field, so the count is bounded by what is left before anything is allocated. */
  if (entry->n > (gsize) (cursor->end - cursor->p) / 8)
    return fail (cursor, OWL_ERROR_FORMAT, error, "file ends inside key %s", entry->key);
  gguf->n_array_strings += entry->n;
  if (gguf->n_array_strings > MAX_ARRAY_STRINGS)
    return fail (cursor, OWL_ERROR_LIMIT, error, "more than %d strings in arrays", MAX_ARRAY_STRINGS);

  entry->offsets = g_new (guint32, entry->n);
  for (gsize i = 0; i < entry->n; i++) {
    const guint8 *bytes = NULL;
    gsize length;
    entry->offsets[i] = (guint32) (cursor->p - entry->value);
    if (!take_string (cursor, MAX_STRING_LENGTH, "string", &bytes, &length, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_array (OwlGguf *gguf, Cursor *cursor, Entry *entry, GError **error)
{
  guint32 type;
  guint64 n;
  const guint8 *bytes = NULL;

  if (!take_u32 (cursor, &type, error) || !take_u64 (cursor, &n, error))
    return FALSE;
  if (type > OWL_GGUF_F64 || type == OWL_GGUF_ARRAY)
    return fail (cursor, OWL_ERROR_FORMAT, error, "key %s: array of unknown type %u", entry->key, type);
  if (n > MAX_ARRAY_LENGTH)
    return fail (cursor, OWL_ERROR_LIMIT, error, "key %s: array of %" G_GUINT64_FORMAT " elements; at most %d", entry->key, n,
                 MAX_ARRAY_LENGTH);

  entry->element_type = type;
  entry->n = (gsize) n;
  entry->value = cursor->p;
  if (type == OWL_GGUF_STRING)
    return read_string_array (gguf, cursor, entry, error);
  if (!take (cursor, entry->n * number_size (type), &bytes, error))
    return FALSE;
  return type != OWL_GGUF_BOOL || check_bools (cursor, entry, bytes, entry->n, error);
}

static gboolean
read_value (OwlGguf *gguf, Cursor *cursor, Entry *entry, GError **error)
{
  gsize length;

  if (entry->type == OWL_GGUF_ARRAY) {
    if (!read_array (gguf, cursor, entry, error))
      return FALSE;
  } else if (entry->type == OWL_GGUF_STRING) {
    if (!take_string (cursor, MAX_STRING_LENGTH, "string", &entry->value, &length, error))
      return FALSE;
    if (memchr (entry->value, 0, length) != NULL)
      return fail (cursor, OWL_ERROR_FORMAT, error, "key %s: the text holds a NUL", entry->key);
    /* Shown to people: never anything but UTF-8. */
    entry->string = g_utf8_make_valid ((const char *) entry->value, (gssize) length);
  } else {
    if (!take (cursor, number_size (entry->type), &entry->value, error))
      return FALSE;
    if (entry->type == OWL_GGUF_BOOL && !check_bools (cursor, entry, entry->value, 1, error))
      return FALSE;
  }
  entry->size = (gsize) (cursor->p - entry->value);
  return TRUE;
}

static gboolean
read_entry (OwlGguf *gguf, Cursor *cursor, GError **error)
{
  Entry empty = { 0 };
  guint32 type;
  char *key = take_name (cursor, MAX_KEY_LENGTH, "key", error);

  if (key == NULL)
    return FALSE;
  empty.key = key;
  g_array_append_val (gguf->entries, empty);
  Entry *entry = &g_array_index (gguf->entries, Entry, gguf->entries->len - 1);

  if (!g_hash_table_insert (gguf->entry_index, key, GSIZE_TO_POINTER (gguf->entries->len)))
    return fail (cursor, OWL_ERROR_FORMAT, error, "key %s occurs twice", key);
  if (!take_u32 (cursor, &type, error))
    return FALSE;
  if (type > OWL_GGUF_F64)
    return fail (cursor, OWL_ERROR_FORMAT, error, "key %s: unknown type %u", key, type);
  entry->type = type;
  return read_value (gguf, cursor, entry, error);
}

/* Checks type and dimensions and computes the size. */
static gboolean
read_tensor_shape (Cursor *cursor, OwlTensor *tensor, GError **error)
{
  guint32 n_dims, type;
  gsize size;

  if (!take_u32 (cursor, &n_dims, error))
    return FALSE;
  if (n_dims < 1 || n_dims > OWL_MAX_DIMS)
    return fail (cursor, OWL_ERROR_FORMAT, error, "tensor %s: %u dimensions", tensor->name, n_dims);
  tensor->n_dims = (int) n_dims;
  for (int i = 0; i < OWL_MAX_DIMS; i++) {
    guint64 ne = 1;
    if (i < tensor->n_dims && !take_u64 (cursor, &ne, error))
      return FALSE;
    if (ne < 1 || ne > MAX_DIM)
      return fail (cursor, OWL_ERROR_LIMIT, error, "tensor %s: dimension %d is %" G_GUINT64_FORMAT, tensor->name, i, ne);
    tensor->ne[i] = (gint64) ne;
  }

  if (!take_u32 (cursor, &type, error))
    return FALSE;
  if (!owl_type_is_known (type))
    return fail (cursor, OWL_ERROR_UNSUPPORTED, error, "tensor %s: type %u is not supported", tensor->name, type);
  tensor->type = type;
  size = owl_type_row_size (type, tensor->ne[0]);
  if (size == 0)
    return fail (cursor, OWL_ERROR_FORMAT, error, "tensor %s: rows of %" G_GINT64_FORMAT " values do not suit type %s",
                 tensor->name, tensor->ne[0], owl_type_name (type));
  for (int i = 1; i < OWL_MAX_DIMS; i++) {
    if (!g_size_checked_mul (&size, size, (gsize) tensor->ne[i]) || size > G_MAXINT64)
      return fail (cursor, OWL_ERROR_LIMIT, error, "tensor %s: too large", tensor->name);
  }
  tensor->size = size;
  return TRUE;
}

/* Tensors lie one after the other, each padded to the alignment: `expected` is where this one must begin. */
static gboolean
read_tensor (OwlGguf *gguf, Cursor *cursor, gsize alignment, gsize *expected, GError **error)
{
  OwlTensor tensor = { 0 };
  guint64 offset;
  char *name = take_name (cursor, MAX_NAME_LENGTH, "tensor name", error);

  if (name == NULL)
    return FALSE;
  tensor.name = name;
  g_array_append_val (gguf->tensors, tensor);
  OwlTensor *stored = &g_array_index (gguf->tensors, OwlTensor, gguf->tensors->len - 1);

  if (!g_hash_table_insert (gguf->tensor_index, name, GSIZE_TO_POINTER (gguf->tensors->len)))
    return fail (cursor, OWL_ERROR_FORMAT, error, "tensor %s occurs twice", name);
  if (!read_tensor_shape (cursor, stored, error) || !take_u64 (cursor, &offset, error))
    return FALSE;
  if (offset != *expected)
    return fail (cursor, OWL_ERROR_FORMAT, error,
                 "tensor %s: begins at %" G_GUINT64_FORMAT " instead of %" G_GSIZE_FORMAT, name, offset, *expected);

  gsize padded;
  if (!g_size_checked_add (&padded, stored->size, alignment - 1) ||
      !g_size_checked_add (expected, *expected, padded / alignment * alignment))
    return fail (cursor, OWL_ERROR_LIMIT, error, "tensor %s: too large", name);
  /* For now relative to the data section, whose place is known after the last entry. */
  stored->data = GSIZE_TO_POINTER (offset);
  return TRUE;
}

static gboolean
read_alignment (OwlGguf *gguf, const Cursor *cursor, gsize *alignment, GError **error)
{
  gint64 value;

  *alignment = 32;
  if (!owl_gguf_has_key (gguf, "general.alignment"))
    return TRUE;
  if (!owl_gguf_get_int (gguf, "general.alignment", &value) || value < MIN_ALIGNMENT || value > MAX_ALIGNMENT ||
      (value & (value - 1)) != 0)
    return fail (cursor, OWL_ERROR_FORMAT, error, "key general.alignment: not a power of two from %d to %d", MIN_ALIGNMENT,
                 MAX_ALIGNMENT);
  *alignment = (gsize) value;
  return TRUE;
}

static gboolean
place_tensors (OwlGguf *gguf, const Cursor *cursor, gsize alignment, GError **error)
{
  const guint8 *base = owl_mapped_file_get_data (gguf->file);
  const gsize file_size = owl_mapped_file_get_size (gguf->file);
  const gsize start = ((gsize) (cursor->p - base) + alignment - 1) / alignment * alignment;

  for (guint i = 0; i < gguf->tensors->len; i++) {
    OwlTensor *tensor = &g_array_index (gguf->tensors, OwlTensor, i);
    const gsize offset = GPOINTER_TO_SIZE (tensor->data);

    tensor->data = NULL;
    if (start > file_size || offset > file_size - start || tensor->size > file_size - start - offset)
      return fail (cursor, OWL_ERROR_FORMAT, error, "tensor %s: the file ends before its data does", tensor->name);
    tensor->data = base + start + offset;
  }
  return TRUE;
}

static gboolean
read_header (OwlGguf *gguf, Cursor *cursor, GError **error)
{
  const guint8 *magic;
  guint32 version;
  guint64 n_tensors, n_keys;
  gsize alignment, expected = 0;

  if (cursor->end - cursor->p < 24 || memcmp (cursor->p, "GGUF", 4) != 0)
    return fail (cursor, OWL_ERROR_FORMAT, error, "not a GGUF file");
  if (!take (cursor, 4, &magic, error) || !take_u32 (cursor, &version, error))
    return FALSE;
  if (version != 3)
    return fail (cursor, OWL_ERROR_UNSUPPORTED, error, "GGUF version %u; only version 3, little endian, is supported", version);
  if (!take_u64 (cursor, &n_tensors, error) || !take_u64 (cursor, &n_keys, error))
    return FALSE;
  if (n_tensors > MAX_TENSORS || n_keys > MAX_KEYS)
    return fail (cursor, OWL_ERROR_LIMIT, error, "%" G_GUINT64_FORMAT " tensors and %" G_GUINT64_FORMAT " keys; at most %d of each",
                 n_tensors, n_keys, MAX_KEYS);

  for (guint64 i = 0; i < n_keys; i++) {
    if (!read_entry (gguf, cursor, error))
      return FALSE;
  }
  if (!read_alignment (gguf, cursor, &alignment, error))
    return FALSE;
  for (guint64 i = 0; i < n_tensors; i++) {
    if (!read_tensor (gguf, cursor, alignment, &expected, error))
      return FALSE;
  }
  return place_tensors (gguf, cursor, alignment, error);
}

static void
clear_entry (gpointer data)
{
  Entry *entry = data;
  g_free (entry->key);
  g_free (entry->string);
  g_free (entry->offsets);
}

static void
clear_tensor (gpointer data)
{
  OwlTensor *tensor = data;
  g_free ((char *) tensor->name);
}

OwlGguf *
owl_gguf_open (const char *path, GError **error)
{
  g_autoptr (OwlMappedFile) file = owl_mapped_file_open (path, error);

  if (file == NULL)
    return NULL;
  g_autoptr (OwlGguf) gguf = g_new0 (OwlGguf, 1);
  g_atomic_ref_count_init (&gguf->ref_count);
  gguf->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (gguf->entries, clear_entry);
  gguf->tensors = g_array_new (FALSE, FALSE, sizeof (OwlTensor));
  g_array_set_clear_func (gguf->tensors, clear_tensor);
  gguf->entry_index = g_hash_table_new (g_str_hash, g_str_equal);
  gguf->tensor_index = g_hash_table_new (g_str_hash, g_str_equal);
  gguf->file = g_steal_pointer (&file);

  const guint8 *data = owl_mapped_file_get_data (gguf->file);
  const gsize size = owl_mapped_file_get_size (gguf->file);
  Cursor cursor = { path, data, size > 0 ? data + MIN (size, MAX_HEADER_SIZE) : data };
  if (!read_header (gguf, &cursor, error))
    return NULL;
  return g_steal_pointer (&gguf);
}

OwlGguf *
owl_gguf_ref (OwlGguf *gguf)
{
  g_atomic_ref_count_inc (&gguf->ref_count);
  return gguf;
}

void
owl_gguf_unref (OwlGguf *gguf)
{
  if (gguf == NULL || !g_atomic_ref_count_dec (&gguf->ref_count))
    return;
  g_hash_table_unref (gguf->entry_index);
  g_hash_table_unref (gguf->tensor_index);
  g_array_unref (gguf->entries);
  g_array_unref (gguf->tensors);
  owl_mapped_file_unref (gguf->file);
  g_free (gguf);
}

const char *
owl_gguf_get_path (const OwlGguf *gguf)
{
  return owl_mapped_file_get_path (gguf->file);
}

gsize
owl_gguf_get_file_size (const OwlGguf *gguf)
{
  return owl_mapped_file_get_size (gguf->file);
}

OwlMappedFile *
owl_gguf_get_file (const OwlGguf *gguf)
{
  return gguf->file;
}

gsize
owl_gguf_get_n_tensors (const OwlGguf *gguf)
{
  return gguf->tensors->len;
}

const OwlTensor *
owl_gguf_get_tensor (const OwlGguf *gguf, gsize index)
{
  g_return_val_if_fail (index < gguf->tensors->len, NULL);
  return &g_array_index (gguf->tensors, OwlTensor, index);
}

const OwlTensor *
owl_gguf_find_tensor (const OwlGguf *gguf, const char *name)
{
  const gsize position = GPOINTER_TO_SIZE (g_hash_table_lookup (gguf->tensor_index, name));
  return position > 0 ? owl_gguf_get_tensor (gguf, position - 1) : NULL;
}

const OwlTensor *
owl_gguf_require_tensor (const OwlGguf *gguf, const char *name, gint64 ne0, gint64 ne1, GError **error)
{
  const OwlTensor *tensor = owl_gguf_find_tensor (gguf, name);

  if (tensor == NULL) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s is missing", owl_gguf_get_path (gguf), name);
    return NULL;
  }
  if ((ne0 != 0 && tensor->ne[0] != ne0) || (ne1 != 0 && tensor->ne[1] != ne1) || tensor->ne[2] != 1 || tensor->ne[3] != 1) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: tensor %s has the shape %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
                 " x %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " (0: any)",
                 owl_gguf_get_path (gguf), name, tensor->ne[0], tensor->ne[1], tensor->ne[2], tensor->ne[3], ne0, ne1);
    return NULL;
  }
  return tensor;
}

/* Metadata. */

static const Entry *
find_entry (const OwlGguf *gguf, const char *key)
{
  const gsize position = GPOINTER_TO_SIZE (g_hash_table_lookup (gguf->entry_index, key));
  return position > 0 ? &g_array_index (gguf->entries, Entry, position - 1) : NULL;
}

gsize
owl_gguf_get_n_keys (const OwlGguf *gguf)
{
  return gguf->entries->len;
}

const char *
owl_gguf_get_key (const OwlGguf *gguf, gsize index, OwlGgufType *type)
{
  g_return_val_if_fail (index < gguf->entries->len, NULL);
  const Entry *entry = &g_array_index (gguf->entries, Entry, index);
  if (type != NULL)
    *type = entry->type;
  return entry->key;
}

const guint8 *
owl_gguf_get_value_bytes (const OwlGguf *gguf, gsize index, gsize *size)
{
  g_return_val_if_fail (index < gguf->entries->len, NULL);
  const Entry *entry = &g_array_index (gguf->entries, Entry, index);
  *size = entry->size;
  return entry->value;
}

gboolean
owl_gguf_has_key (const OwlGguf *gguf, const char *key)
{
  return find_entry (gguf, key) != NULL;
}

/* The number of an entry as a signed integer; FALSE if it is none or does not fit. */
static gboolean
integer_value (OwlGgufType type, const guint8 *bytes, gint64 *value)
{
  guint64 raw = 0;
  gsize size = number_size (type);

  memcpy (&raw, bytes, size);
  raw = GUINT64_FROM_LE (raw);
  switch (type) {
  case OWL_GGUF_U8:
  case OWL_GGUF_U16:
  case OWL_GGUF_U32:
    *value = (gint64) raw;
    return TRUE;
  case OWL_GGUF_I8:
    *value = (gint8) raw;
    return TRUE;
  case OWL_GGUF_I16:
    *value = (gint16) raw;
    return TRUE;
  case OWL_GGUF_I32:
    *value = (gint32) raw;
    return TRUE;
  case OWL_GGUF_U64:
  case OWL_GGUF_I64:
    *value = (gint64) raw;
    return type == OWL_GGUF_I64 || raw <= G_MAXINT64;
  case OWL_GGUF_F32:
  case OWL_GGUF_BOOL:
  case OWL_GGUF_STRING:
  case OWL_GGUF_ARRAY:
  case OWL_GGUF_F64:
  default:
    return FALSE;
  }
}

static gboolean
float_value (OwlGgufType type, const guint8 *bytes, double *value)
{
  gint64 integer;
  float single;

  if (type == OWL_GGUF_F32) {
    memcpy (&single, bytes, sizeof single);
    *value = (double) single;
    return TRUE;
  }
  if (type == OWL_GGUF_F64) {
    memcpy (value, bytes, sizeof *value);
    return TRUE;
  }
  if (!integer_value (type, bytes, &integer))
    return FALSE;
  *value = (double) integer;
  return TRUE;
}

static gboolean
is_scalar (const Entry *entry)
{
  return entry != NULL && entry->type != OWL_GGUF_STRING && entry->type != OWL_GGUF_ARRAY;
}

gboolean
owl_gguf_get_int (const OwlGguf *gguf, const char *key, gint64 *value)
{
  const Entry *entry = find_entry (gguf, key);

  return is_scalar (entry) && integer_value (entry->type, entry->value, value);
}

gboolean
owl_gguf_get_float (const OwlGguf *gguf, const char *key, double *value)
{
  const Entry *entry = find_entry (gguf, key);

  return is_scalar (entry) && float_value (entry->type, entry->value, value);
}

gboolean
owl_gguf_get_bool (const OwlGguf *gguf, const char *key, gboolean *value)
{
  const Entry *entry = find_entry (gguf, key);

  if (entry == NULL || entry->type != OWL_GGUF_BOOL)
    return FALSE;
  *value = *entry->value != 0;
  return TRUE;
}

const char *
owl_gguf_get_string (const OwlGguf *gguf, const char *key)
{
  const Entry *entry = find_entry (gguf, key);

  return entry != NULL && entry->type == OWL_GGUF_STRING ? entry->string : NULL;
}

gboolean
owl_gguf_require_int (const OwlGguf *gguf, const char *key, gint64 min, gint64 max, gint64 *value, GError **error)
{
  if (owl_gguf_get_int (gguf, key, value) && *value >= min && *value <= max)
    return TRUE;
  if (!owl_gguf_has_key (gguf, key))
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: key %s is missing", owl_gguf_get_path (gguf), key);
  else
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: key %s: expected a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, owl_gguf_get_path (gguf), key,
                 min, max);
  return FALSE;
}

static const Entry *
find_array (const OwlGguf *gguf, const char *key)
{
  const Entry *entry = find_entry (gguf, key);

  return entry != NULL && entry->type == OWL_GGUF_ARRAY ? entry : NULL;
}

gboolean
owl_gguf_get_array_info (const OwlGguf *gguf, const char *key, OwlGgufType *type, gsize *n)
{
  const Entry *entry = find_array (gguf, key);

  if (entry == NULL)
    return FALSE;
  *type = entry->element_type;
  *n = entry->n;
  return TRUE;
}

const char *
owl_gguf_get_array_string (const OwlGguf *gguf, const char *key, gsize index, gsize *length)
{
  const Entry *entry = find_array (gguf, key);
  const guint8 *field;
  guint64 size;

  g_return_val_if_fail (entry != NULL && entry->element_type == OWL_GGUF_STRING && index < entry->n, NULL);
  field = entry->value + entry->offsets[index];
  memcpy (&size, field, sizeof size);
  *length = GUINT64_FROM_LE (size);
  return (const char *) field + sizeof size;
}

gboolean
owl_gguf_get_array_f32 (const OwlGguf *gguf, const char *key, float *dst, gsize n)
{
  const Entry *entry = find_array (gguf, key);

  if (entry == NULL || entry->n != n || entry->element_type == OWL_GGUF_STRING)
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    double value;

    if (!float_value (entry->element_type, entry->value + i * number_size (entry->element_type), &value))
      return FALSE;
    dst[i] = (float) value;
  }
  return TRUE;
}

gboolean
owl_gguf_get_array_i32 (const OwlGguf *gguf, const char *key, gint32 *dst, gsize n)
{
  const Entry *entry = find_array (gguf, key);

  if (entry == NULL || entry->n != n || entry->element_type == OWL_GGUF_STRING)
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    gint64 value;

    if (!integer_value (entry->element_type, entry->value + i * number_size (entry->element_type), &value) || value < G_MININT32 ||
        value > G_MAXINT32)
      return FALSE;
    dst[i] = (gint32) value;
  }
  return TRUE;
}
