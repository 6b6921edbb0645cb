/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/new-file.h"

#include <glib/gstdio.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Written pages are pushed to the disk in steps of this size, so that they neither pile up nor count as memory in use. */
#define FLUSH_STEP (64u << 20)

struct _OwlNewFile {
  char *path, *temporary;
  int fd;
  gsize written, flushed;
};

static gboolean
fail (const OwlNewFile *file, GError **error)
{
  const int code = errno;

  g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s%s", file->path, g_strerror (code),
               code == ENOSPC ? "; free some space and try again" : "");
  return FALSE;
}

/* A file without a name vanishes whatever ends the program. Not every file system has such. */
static int
open_nameless (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  return open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
}

OwlNewFile *
owl_new_file_create (const char *path, GError **error)
{
  g_autoptr (OwlNewFile) file = g_new0 (OwlNewFile, 1);

  file->path = g_strdup (path);
  file->fd = open_nameless (path);
  if (file->fd < 0) {
    file->temporary = g_strconcat (path, ".part-XXXXXX", NULL);
    file->fd = g_mkstemp_full (file->temporary, O_RDWR | O_CLOEXEC, 0644);
  }
  if (file->fd < 0) {
    fail (file, error);
    return NULL;
  }
  return g_steal_pointer (&file);
}

void
owl_new_file_free (OwlNewFile *file)
{
  if (!file)
    return;
  if (file->fd >= 0) {
    close (file->fd);
    if (file->temporary)
      g_unlink (file->temporary);
  }
  g_free (file->temporary);
  g_free (file->path);
  g_free (file);
}

/* Gives a nameless file a temporary name beside the final one, since a link cannot replace a file. */
static gboolean
give_name (OwlNewFile *file)
{
  g_autofree char *source = g_strdup_printf ("/proc/self/fd/%d", file->fd);

  for (int try = 0; try < 100; try++) {
    g_autofree char *name = g_strdup_printf ("%s.part-%06x", file->path, g_random_int () & 0xffffff);

    if (linkat (AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) {
      file->temporary = g_steal_pointer (&name);
      return TRUE;
    }
    if (errno != EEXIST)
      return FALSE;
  }
  return FALSE;
}

gboolean
owl_new_file_require_space (OwlNewFile *file, guint64 size, GError **error)
{
  struct statvfs fs;
  guint64 available;

  if (fstatvfs (file->fd, &fs) != 0)
    return TRUE;
  available = (guint64) fs.f_bavail * fs.f_frsize;
  if (available >= size)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_IO,
               "%s: needs %" G_GUINT64_FORMAT " MB, but only %" G_GUINT64_FORMAT " MB are free; free some space and try again",
               file->path, (size >> 20) + 1, available >> 20);
  return FALSE;
}

gboolean
owl_new_file_write (OwlNewFile *file, const void *data, gsize size, GError **error)
{
  const guint8 *bytes = data;

  while (size > 0) {
    ssize_t n = write (file->fd, bytes, MIN (size, FLUSH_STEP));

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail (file, error);
    bytes += n;
    size -= (gsize) n;
    file->written += (gsize) n;
  }
  if (file->written - file->flushed >= FLUSH_STEP) {
    sync_file_range (file->fd, (off_t) file->flushed, (off_t) (file->written - file->flushed), SYNC_FILE_RANGE_WRITE);
    file->flushed = file->written;
  }
  return TRUE;
}

gboolean
owl_new_file_finish (OwlNewFile *file, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (file->path);
  int folder_fd;

  if (fsync (file->fd) != 0 || (!file->temporary && !give_name (file)) || g_rename (file->temporary, file->path) != 0)
    return fail (file, error);
  close (file->fd);
  file->fd = -1;
  folder_fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd >= 0) {
    fsync (folder_fd);
    close (folder_fd);
  }
  return TRUE;
}
