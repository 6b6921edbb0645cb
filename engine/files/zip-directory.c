/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/zip-directory.h"

#include <string.h>

/* Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3. */
#define MAX_ENTRIES 100000
#define END_SIZE 22
#define END64_LOCATOR_SIZE 20
#define END64_SIZE 56
#define CENTRAL_SIZE 46
#define LOCAL_SIZE 30
#define MAX_COMMENT 65535

typedef struct {
  const guint8 *data;
  gsize size;
} Entry;

struct _OwlZipDirectory {
  OwlMappedFile *file;
  GHashTable *entries; /* name → Entry */
  char *root;
};

static guint16
read_u16 (const guint8 *p)
{
  return (guint16) (p[0] | p[1] << 8);
}

static guint32
read_u32 (const guint8 *p)
{
  return (guint32) read_u16 (p) | (guint32) read_u16 (p + 2) << 16;
}

static guint64
read_u64 (const guint8 *p)
{
  return (guint64) read_u32 (p) | (guint64) read_u32 (p + 4) << 32;
}

static gboolean
fail (const OwlZipDirectory *d, GError **error, const char *why)
{
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: %s", owl_mapped_file_get_path (d->file), why);
  return FALSE;
}

/* Position, size and number of the central directory. */
static gboolean
find_directory (const OwlZipDirectory *d, guint64 *offset, guint64 *size, guint64 *count, GError **error)
{
  const guint8 *data = owl_mapped_file_get_data (d->file);
  gsize length = owl_mapped_file_get_size (d->file), at, first;

  if (length < END_SIZE)
    return fail (d, error, "not a checkpoint file (too short for a zip file)");
  first = length > END_SIZE + MAX_COMMENT ? length - END_SIZE - MAX_COMMENT : 0;
  for (at = length - END_SIZE;; at--) {
    if (memcmp (data + at, "PK\5\6", 4) == 0)
      break;
    if (at == first)
      return fail (d, error, "cut off, or not a zip file as torch.save writes it (its directory is missing)");
  }
  *count = read_u16 (data + at + 10);
  *size = read_u32 (data + at + 12);
  *offset = read_u32 (data + at + 16);
  if (at >= END64_LOCATOR_SIZE && memcmp (data + at - END64_LOCATOR_SIZE, "PK\6\7", 4) == 0) {
    guint64 end64 = read_u64 (data + at - END64_LOCATOR_SIZE + 8);

    if (end64 > length || length - end64 < END64_SIZE || memcmp (data + end64, "PK\6\6", 4) != 0)
      return fail (d, error, "the zip directory is damaged");
    *count = read_u64 (data + end64 + 32);
    *size = read_u64 (data + end64 + 40);
    *offset = read_u64 (data + end64 + 48);
  }
  if (*offset > length || *size > length - *offset || *count > MAX_ENTRIES)
    return fail (d, error, "the zip directory is damaged or lies outside the file");
  return TRUE;
}

/* Sizes and offset that do not fit 32 bits stand in the zip64 extra field, in this order. */
static gboolean
read_zip64 (const guint8 *extra, gsize length, guint64 *unpacked, guint64 *packed, guint64 *offset)
{
  guint64 *const fields[] = { unpacked, packed, offset };

  while (length >= 4) {
    gsize size = read_u16 (extra + 2);

    if (size > length - 4)
      return FALSE;
    if (read_u16 (extra) == 1) {
      const guint8 *p = extra + 4;
      gsize left = size;

      for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
        if (*fields[i] != 0xffffffff)
          continue;
        if (left < 8)
          return FALSE;
        *fields[i] = read_u64 (p);
        p += 8;
        left -= 8;
      }
      return TRUE;
    }
    extra += 4 + size;
    length -= 4 + size;
  }
  return TRUE;
}

/* One record of the central directory at `p` (`left` bytes); `used` gets its length. */
static gboolean
read_entry (OwlZipDirectory *d, const guint8 *p, gsize left, gsize *used, GError **error)
{
  const guint8 *data = owl_mapped_file_get_data (d->file);
  gsize length = owl_mapped_file_get_size (d->file), name_length, extra_length, begin;
  guint64 packed, unpacked, offset;
  g_autofree char *name = NULL;
  Entry *entry;

  if (left < CENTRAL_SIZE || memcmp (p, "PK\1\2", 4) != 0)
    return fail (d, error, "the zip directory is damaged");
  name_length = read_u16 (p + 28);
  extra_length = read_u16 (p + 30);
  *used = CENTRAL_SIZE + name_length + extra_length + read_u16 (p + 32);
  if (*used > left)
    return fail (d, error, "the zip directory is damaged");
  packed = read_u32 (p + 20);
  unpacked = read_u32 (p + 24);
  offset = read_u32 (p + 42);
  if (!read_zip64 (p + CENTRAL_SIZE + name_length, extra_length, &unpacked, &packed, &offset))
    return fail (d, error, "the zip directory is damaged");
  if (read_u16 (p + 10) != 0 || packed != unpacked)
    return fail (d, error, "an entry is compressed; save the checkpoint again with torch.save");
  if (offset > length || length - offset < LOCAL_SIZE || memcmp (data + offset, "PK\3\4", 4) != 0)
    return fail (d, error, "an entry lies outside the file; it is cut off or damaged");

  /* Only the lengths of name and extra field are taken from the local header: its sizes may be 0. */
  begin = offset + LOCAL_SIZE;
  if (length - begin < (gsize) read_u16 (data + offset + 26) + read_u16 (data + offset + 28))
    return fail (d, error, "an entry lies outside the file; it is cut off or damaged");
  begin += (gsize) read_u16 (data + offset + 26) + read_u16 (data + offset + 28);
  if (unpacked > length - begin)
    return fail (d, error, "an entry lies outside the file; it is cut off or damaged");

  name = g_strndup ((const char *) p + CENTRAL_SIZE, name_length);
  if (!d->root && strchr (name, '/'))
    d->root = g_strndup (name, strchr (name, '/') - name);
  entry = g_new (Entry, 1);
  entry->data = data + begin;
  entry->size = unpacked;
  if (!g_hash_table_insert (d->entries, g_steal_pointer (&name), entry))
    return fail (d, error, "an entry occurs twice in the zip directory");
  return TRUE;
}

OwlZipDirectory *
owl_zip_directory_open (OwlMappedFile *file, GError **error)
{
  g_autoptr (OwlZipDirectory) d = g_new0 (OwlZipDirectory, 1);
  guint64 offset, size, count;
  const guint8 *p;

  d->file = owl_mapped_file_ref (file);
  d->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!find_directory (d, &offset, &size, &count, error))
    return NULL;
  p = owl_mapped_file_get_data (file) + offset;
  for (guint64 i = 0; i < count; i++) {
    gsize used;

    if (!read_entry (d, p, size, &used, error))
      return NULL;
    p += used;
    size -= used;
  }
  return g_steal_pointer (&d);
}

void
owl_zip_directory_free (OwlZipDirectory *d)
{
  if (!d)
    return;
  g_clear_pointer (&d->entries, g_hash_table_unref);
  g_clear_pointer (&d->file, owl_mapped_file_unref);
  g_free (d->root);
  g_free (d);
}

const char *
owl_zip_directory_get_root (const OwlZipDirectory *d)
{
  return d->root ? d->root : "";
}

const guint8 *
owl_zip_directory_find (const OwlZipDirectory *d, const char *name, gsize *size)
{
  g_autofree char *full = g_strconcat (owl_zip_directory_get_root (d), "/", name, NULL);
  const Entry *entry = g_hash_table_lookup (d->entries, full);

  if (!entry)
    return NULL;
  *size = entry->size;
  return entry->data;
}
