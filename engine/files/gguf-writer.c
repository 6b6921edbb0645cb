/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/gguf.h"

#include "files/new-file.h"

#include <string.h>

#define ALIGNMENT 32
#define VERSION 3

typedef struct {
  char *name;
  OwlType type;
  int n_dims;
  gint64 ne[OWL_MAX_DIMS];
  gsize size;
} Planned;

struct _OwlGgufWriter {
  OwlNewFile *file;
  GByteArray *metadata;
  GHashTable *keys;
  guint64 n_keys;
  GArray *tensors; /* Planned */
  guint current;   /* tensor being written */
  gsize written;   /* bytes of it */
};

static void
clear_planned (gpointer data)
{
  g_free (((Planned *) data)->name);
}

OwlGgufWriter *
owl_gguf_writer_new (const char *path, GError **error)
{
  OwlNewFile *file = owl_new_file_create (path, error);
  OwlGgufWriter *w;

  if (!file)
    return NULL;
  w = g_new0 (OwlGgufWriter, 1);
  w->file = file;
  w->metadata = g_byte_array_new ();
  w->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  w->tensors = g_array_new (FALSE, TRUE, sizeof (Planned));
  g_array_set_clear_func (w->tensors, clear_planned);
  return w;
}

void
owl_gguf_writer_free (OwlGgufWriter *w)
{
  if (!w)
    return;
  owl_new_file_free (w->file);
  g_byte_array_unref (w->metadata);
  g_hash_table_unref (w->keys);
  g_array_unref (w->tensors);
  g_free (w);
}

static void
put (GByteArray *out, const void *data, gsize size)
{
  g_byte_array_append (out, data, (guint) size);
}

static void
put_u32 (GByteArray *out, guint32 value)
{
  value = GUINT32_TO_LE (value);
  put (out, &value, sizeof value);
}

static void
put_u64 (GByteArray *out, guint64 value)
{
  value = GUINT64_TO_LE (value);
  put (out, &value, sizeof value);
}

static void
put_string (GByteArray *out, const char *text, gsize length)
{
  put_u64 (out, length);
  put (out, text, length);
}

/* Begins an entry; the first value of a key stays. */
static gboolean
begin_key (OwlGgufWriter *w, const char *key, OwlGgufType type)
{
  if (!g_hash_table_add (w->keys, g_strdup (key)))
    return FALSE;
  put_string (w->metadata, key, strlen (key));
  put_u32 (w->metadata, type);
  w->n_keys++;
  return TRUE;
}

static gboolean
begin_array (OwlGgufWriter *w, const char *key, OwlGgufType type, gsize n)
{
  if (!begin_key (w, key, OWL_GGUF_ARRAY))
    return FALSE;
  put_u32 (w->metadata, type);
  put_u64 (w->metadata, n);
  return TRUE;
}

void
owl_gguf_writer_set_u32 (OwlGgufWriter *w, const char *key, guint32 value)
{
  if (begin_key (w, key, OWL_GGUF_U32))
    put_u32 (w->metadata, value);
}

void
owl_gguf_writer_set_f32 (OwlGgufWriter *w, const char *key, float value)
{
  if (begin_key (w, key, OWL_GGUF_F32))
    put (w->metadata, &value, sizeof value);
}

void
owl_gguf_writer_set_bool (OwlGgufWriter *w, const char *key, gboolean value)
{
  const guint8 byte = value != FALSE;

  if (begin_key (w, key, OWL_GGUF_BOOL))
    put (w->metadata, &byte, 1);
}

void
owl_gguf_writer_set_string (OwlGgufWriter *w, const char *key, const char *value)
{
  if (begin_key (w, key, OWL_GGUF_STRING))
    put_string (w->metadata, value, strlen (value));
}

void
owl_gguf_writer_set_array_f32 (OwlGgufWriter *w, const char *key, const float *values, gsize n)
{
  if (begin_array (w, key, OWL_GGUF_F32, n))
    put (w->metadata, values, n * sizeof *values);
}

void
owl_gguf_writer_set_array_i32 (OwlGgufWriter *w, const char *key, const gint32 *values, gsize n)
{
  if (begin_array (w, key, OWL_GGUF_I32, n))
    put (w->metadata, values, n * sizeof *values);
}

void
owl_gguf_writer_set_array_string (OwlGgufWriter *w, const char *key, const char *const *values, const gsize *lengths, gsize n)
{
  if (!begin_array (w, key, OWL_GGUF_STRING, n))
    return;
  for (gsize i = 0; i < n; i++)
    put_string (w->metadata, values[i], lengths ? lengths[i] : strlen (values[i]));
}

void
owl_gguf_writer_copy_metadata (OwlGgufWriter *w, const OwlGguf *source)
{
  for (gsize i = 0; i < owl_gguf_get_n_keys (source); i++) {
    OwlGgufType type, element;
    const char *key = owl_gguf_get_key (source, i, &type);
    gsize size, n;
    const guint8 *bytes = owl_gguf_get_value_bytes (source, i, &size);
    const char *text;

    /* The layout of the new file is its own. */
    if (strcmp (key, "general.alignment") == 0)
      continue;
    if (type == OWL_GGUF_STRING) {
      text = owl_gguf_get_string (source, key);
      owl_gguf_writer_set_string (w, key, text);
    } else if (type == OWL_GGUF_ARRAY) {
      owl_gguf_get_array_info (source, key, &element, &n);
      if (begin_array (w, key, element, n))
        put (w->metadata, bytes, size);
    } else if (begin_key (w, key, type)) {
      put (w->metadata, bytes, size);
    }
  }
}

void
owl_gguf_writer_add_tensor (OwlGgufWriter *w, const char *name, OwlType type, int n_dims, const gint64 *ne)
{
  Planned planned = { .name = g_strdup (name), .type = type, .n_dims = n_dims };

  planned.size = owl_type_row_size (type, ne[0]);
  for (int i = 0; i < n_dims; i++) {
    planned.ne[i] = ne[i];
    if (i > 0)
      planned.size *= (gsize) ne[i];
  }
  g_array_append_val (w->tensors, planned);
}

static gsize
padded (gsize size)
{
  return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

gboolean
owl_gguf_writer_require_space (OwlGgufWriter *w, guint64 size, GError **error)
{
  return owl_new_file_require_space (w->file, size, error);
}

gboolean
owl_gguf_writer_begin (OwlGgufWriter *w, GError **error)
{
  g_autoptr (GByteArray) header = g_byte_array_new ();
  const guint8 zeros[ALIGNMENT] = { 0 };
  guint64 offset = 0;

  put (header, "GGUF", 4);
  put_u32 (header, VERSION);
  put_u64 (header, w->tensors->len);
  put_u64 (header, w->n_keys);
  put (header, w->metadata->data, w->metadata->len);
  for (guint i = 0; i < w->tensors->len; i++) {
    const Planned *t = &g_array_index (w->tensors, Planned, i);

    put_string (header, t->name, strlen (t->name));
    put_u32 (header, (guint32) t->n_dims);
    for (int d = 0; d < t->n_dims; d++)
      put_u64 (header, (guint64) t->ne[d]);
    put_u32 (header, t->type);
    put_u64 (header, offset);
    offset += padded (t->size);
  }
  put (header, zeros, padded (header->len) - header->len);
  return owl_new_file_require_space (w->file, header->len + offset, error) &&
         owl_new_file_write (w->file, header->data, header->len, error);
}

gboolean
owl_gguf_writer_write (OwlGgufWriter *w, const void *data, gsize size, GError **error)
{
  const guint8 zeros[ALIGNMENT] = { 0 };
  const guint8 *bytes = data;

  while (size > 0) {
    const Planned *t;
    gsize n;

    g_return_val_if_fail (w->current < w->tensors->len, FALSE);
    t = &g_array_index (w->tensors, Planned, w->current);
    n = MIN (size, t->size - w->written);
    if (!owl_new_file_write (w->file, bytes, n, error))
      return FALSE;
    bytes += n;
    size -= n;
    w->written += n;
    if (w->written == t->size) {
      if (!owl_new_file_write (w->file, zeros, padded (t->size) - t->size, error))
        return FALSE;
      w->current++;
      w->written = 0;
    }
  }
  return TRUE;
}

gboolean
owl_gguf_writer_finish (OwlGgufWriter *w, GError **error)
{
  g_return_val_if_fail (w->current == w->tensors->len, FALSE);
  return owl_new_file_finish (w->file, error);
}
