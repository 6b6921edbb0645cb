/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/training-state.h"

#include "files/mapped-file.h"
#include "files/new-file.h"

#include <string.h>

static const char magic[8] = "OWLTRN01";
#define HASH_LENGTH 32

typedef struct {
  OwlNewFile *file;
  GChecksum *sum;
  GError **error;
  gboolean ok;
} Writer;

static void
put (Writer *w, const void *data, gsize size)
{
  if (!w->ok)
    return;
  g_checksum_update (w->sum, data, (gssize) size);
  w->ok = owl_new_file_write (w->file, data, size, w->error);
}

static void
put_number (Writer *w, guint64 number)
{
  number = GUINT64_TO_LE (number);
  put (w, &number, sizeof number);
}

static guint
count_trained (const OwlParameters *parameters)
{
  guint n = 0;

  for (guint i = 0; i < parameters->list->len; i++)
    n += ((OwlParameter *) g_ptr_array_index (parameters->list, i))->grad != NULL;
  return n;
}

gboolean
owl_training_state_save (const char *path, const OwlTrainingState *state, const OwlParameters *parameters, GError **error)
{
  g_autoptr (OwlNewFile) file = owl_new_file_create (path, error);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  Writer w = { file, sum, error, file != NULL };
  guint8 hash[HASH_LENGTH];
  gsize length = sizeof hash;

  put (&w, magic, sizeof magic);
  put_number (&w, (guint64) state->step);
  put_number (&w, state->position->len);
  for (guint i = 0; i < state->position->len; i++)
    put_number (&w, g_array_index (state->position, guint64, i));
  put_number (&w, count_trained (parameters));
  for (guint i = 0; i < parameters->list->len; i++) {
    const OwlParameter *p = g_ptr_array_index (parameters->list, i);
    gsize bytes = owl_parameter_size (p) * sizeof (float);

    if (!p->grad)
      continue;
    put_number (&w, strlen (p->name));
    put (&w, p->name, strlen (p->name));
    put_number (&w, owl_parameter_size (p));
    put (&w, p->value, bytes);
    put (&w, p->m, bytes);
    put (&w, p->v, bytes);
  }
  if (!w.ok)
    return FALSE;
  g_checksum_get_digest (sum, hash, &length);
  return owl_new_file_write (file, hash, sizeof hash, error) && owl_new_file_finish (file, error);
}

typedef struct {
  const guint8 *data;
  gsize left;
  gboolean ok;
} Reader;

static const guint8 *
take (Reader *r, gsize size)
{
  const guint8 *data = r->data;

  if (!r->ok || r->left < size) {
    r->ok = FALSE;
    return NULL;
  }
  r->data += size;
  r->left -= size;
  return data;
}

static guint64
take_number (Reader *r)
{
  const guint8 *data = take (r, sizeof (guint64));
  guint64 number = 0;

  if (data)
    memcpy (&number, data, sizeof number);
  return GUINT64_FROM_LE (number);
}

static gboolean
read_parameter (Reader *r, OwlParameters *parameters)
{
  guint64 length = take_number (r), size;
  const guint8 *text = length < 4096 ? take (r, length) : NULL;
  g_autofree char *name = text ? g_strndup ((const char *) text, length) : NULL;
  OwlParameter *p = name ? owl_parameters_find (parameters, name) : NULL;
  float *parts[3];

  size = take_number (r);
  if (!p || !p->grad || size != owl_parameter_size (p))
    return FALSE;
  parts[0] = p->value;
  parts[1] = p->m;
  parts[2] = p->v;
  for (int i = 0; i < 3; i++) {
    const guint8 *data = take (r, size * sizeof (float));

    if (!data)
      return FALSE;
    memcpy (parts[i], data, size * sizeof (float));
  }
  return TRUE;
}

static gboolean
check_hash (const guint8 *data, gsize size)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 hash[HASH_LENGTH];
  gsize length = sizeof hash;

  if (size < sizeof magic + HASH_LENGTH || memcmp (data, magic, sizeof magic) != 0)
    return FALSE;
  for (gsize at = 0; at < size - HASH_LENGTH; at += 1 << 24)
    g_checksum_update (sum, data + at, (gssize) MIN ((gsize) 1 << 24, size - HASH_LENGTH - at));
  g_checksum_get_digest (sum, hash, &length);
  return memcmp (hash, data + size - HASH_LENGTH, HASH_LENGTH) == 0;
}

gboolean
owl_training_state_load (const char *path, OwlTrainingState *state, OwlParameters *parameters, GError **error)
{
  g_autoptr (OwlMappedFile) file = owl_mapped_file_open (path, error);
  Reader r = { .ok = TRUE };
  guint64 n;

  if (!file)
    return FALSE;
  if (!check_hash (owl_mapped_file_get_data (file), owl_mapped_file_get_size (file))) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: damaged or not a state of training", path);
    return FALSE;
  }
  r.data = owl_mapped_file_get_data (file) + sizeof magic;
  r.left = owl_mapped_file_get_size (file) - sizeof magic - HASH_LENGTH;
  state->step = (gint64) take_number (&r);
  state->position = g_array_new (FALSE, FALSE, sizeof (guint64));
  n = take_number (&r);
  for (guint64 i = 0; i < n && r.ok; i++) {
    guint64 number = take_number (&r);

    g_array_append_val (state->position, number);
  }
  n = take_number (&r);
  r.ok = r.ok && n == count_trained (parameters);
  for (guint64 i = 0; i < n && r.ok; i++)
    r.ok = read_parameter (&r, parameters);
  if (r.ok && r.left == 0)
    return TRUE;
  g_clear_pointer (&state->position, g_array_unref);
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: belongs to another model or another stage", path);
  return FALSE;
}
