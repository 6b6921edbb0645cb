/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/documents/tyto-blobs.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#define HASH_LENGTH 64
/* Files that are still being copied. */
#define INCOMING "incoming-"
#define BLOCK_SIZE (256 * 1024)

char *
tyto_blobs_get_path (const char *folder, const char *hash)
{
  const char prefix[3] = { hash[0], hash[0] ? hash[1] : '\0', '\0' };

  if (strlen (hash) != HASH_LENGTH || strspn (hash, "0123456789abcdef") != HASH_LENGTH)
    return NULL;
  return g_build_filename (folder, prefix, hash, NULL);
}

static gboolean
fail (GError **error, int code)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s",
               code == ENOSPC ? _("The disk is full. Free some space and try again.") : g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int fd, const guint8 *data, gsize size, GError **error)
{
  while (size > 0) {
    ssize_t n = write (fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail (error, errno);
    data += n;
    size -= (gsize) n;
  }
  return TRUE;
}

static gboolean
copy (GInputStream *in, int fd, GChecksum *sum, GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *block = g_malloc (BLOCK_SIZE);
  gint64 total = 0;

  for (;;) {
    gssize n = g_input_stream_read (in, block, BLOCK_SIZE, cancellable, error);

    if (n < 0)
      return FALSE;
    if (n == 0)
      break;
    total += n;
    if (total > TYTO_BLOB_MAX_SIZE) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, _("The file is larger than %d MB."), (int) (TYTO_BLOB_MAX_SIZE >> 20));
      return FALSE;
    }
    g_checksum_update (sum, block, n);
    if (!write_all (fd, block, (gsize) n, error))
      return FALSE;
  }
  return fsync (fd) == 0 || fail (error, errno);
}

static char *
import (const char *folder, GInputStream *in, GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *temporary = g_build_filename (folder, INCOMING "XXXXXX", NULL);
  g_autofree char *path = NULL, *subfolder = NULL;
  gboolean done;
  int fd;

  if (g_mkdir_with_parents (folder, 0700) != 0 || (fd = g_mkstemp (temporary)) < 0) {
    fail (error, errno);
    return NULL;
  }
  done = copy (in, fd, sum, cancellable, error);
  close (fd);
  if (done) {
    path = tyto_blobs_get_path (folder, g_checksum_get_string (sum));
    subfolder = g_path_get_dirname (path);
    if (g_file_test (path, G_FILE_TEST_EXISTS)) {
      g_unlink (temporary);
      /* Taken in anew: not old any more. */
      g_utime (path, NULL);
    } else if (g_mkdir_with_parents (subfolder, 0700) != 0 || g_rename (temporary, path) != 0) {
      done = fail (error, errno);
    }
  }
  if (!done) {
    g_unlink (temporary);
    return NULL;
  }
  return g_strdup (g_checksum_get_string (sum));
}

/* A pipe or a device could keep the reader waiting for ever. */
static gboolean
is_readable (GFile *file, GCancellable *cancellable, GError **error)
{
  switch (g_file_query_file_type (file, G_FILE_QUERY_INFO_NONE, cancellable)) {
  case G_FILE_TYPE_DIRECTORY:
  case G_FILE_TYPE_MOUNTABLE:
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, _("This is a folder. Attach the pictures in it instead."));
    return FALSE;
  case G_FILE_TYPE_SPECIAL:
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("This is a device or a pipe, not a picture."));
    return FALSE;
  case G_FILE_TYPE_REGULAR:
  case G_FILE_TYPE_SYMBOLIC_LINK:
  case G_FILE_TYPE_SHORTCUT:
  case G_FILE_TYPE_UNKNOWN:
  default:
    return TRUE; /* what does not exist says so when it is opened */
  }
}

/* The usual reasons in plain words: those of the system name the whole path first. */
static GFileInputStream *
open_file (GFile *file, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) problem = NULL;
  GFileInputStream *in = g_file_read (file, cancellable, &problem);
  g_autofree char *base = in ? NULL : g_file_get_basename (file), *name = base ? g_filename_display_name (base) : NULL;

  if (in)
    return in;
  if (name && g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("%s is not there"), name);
  else if (name && g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, _("%s may not be read: its owner has not allowed it"), name);
  else
    g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

char *
tyto_blobs_import (const char *folder, GFile *file, GCancellable *cancellable, GError **error)
{
  g_autoptr (GFileInputStream) in = is_readable (file, cancellable, error) ? open_file (file, cancellable, error) : NULL;

  return in ? import (folder, G_INPUT_STREAM (in), cancellable, error) : NULL;
}

char *
tyto_blobs_import_bytes (const char *folder, GBytes *bytes, GError **error)
{
  g_autoptr (GInputStream) in = g_memory_input_stream_new_from_bytes (bytes);

  return import (folder, in, NULL, error);
}

static void
collect_folder (const char *folder, GHashTable *used, gint64 before)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    GStatBuf info;

    if (strlen (name) == HASH_LENGTH && !g_hash_table_contains (used, name) && g_lstat (path, &info) == 0 && S_ISREG (info.st_mode) &&
        info.st_mtime <= before)
      g_unlink (path);
  }
}

void
tyto_blobs_collect (const char *folder, GHashTable *used, gint64 min_age)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  gint64 before = g_get_real_time () / G_USEC_PER_SEC - min_age;
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    GStatBuf info;

    if (strlen (name) == 2)
      collect_folder (path, used, before);
    else if (g_str_has_prefix (name, INCOMING) && g_lstat (path, &info) == 0 && S_ISREG (info.st_mode) && info.st_mtime <= before)
      g_unlink (path); /* a crash left it half-copied */
  }
}
