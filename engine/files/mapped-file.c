/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/mapped-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct _OwlMappedFile {
  gatomicrefcount ref_count;
  char *path;
  guint8 *data;
  gsize size;
  int fd;
};

static OwlMappedFile *
map_descriptor (int fd, const char *path, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: not a regular file", path);
    return NULL;
  }

  void *data = NULL;
  if (status.st_size > 0) {
    data = mmap (NULL, (gsize) status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: cannot be mapped: %s", path, g_strerror (errno));
      return NULL;
    }
  }

  OwlMappedFile *file = g_new0 (OwlMappedFile, 1);
  g_atomic_ref_count_init (&file->ref_count);
  file->path = g_strdup (path);
  file->data = data;
  file->size = (gsize) status.st_size;
  file->fd = fd;
  return file;
}

OwlMappedFile *
owl_mapped_file_open (const char *path, GError **error)
{
  /* O_NONBLOCK: opening a pipe must not wait for somebody to write to it. */
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
    return NULL;
  }
  OwlMappedFile *file = map_descriptor (fd, path, error);
  if (file == NULL)
    close (fd);
  return file;
}

OwlMappedFile *
owl_mapped_file_ref (OwlMappedFile *file)
{
  g_atomic_ref_count_inc (&file->ref_count);
  return file;
}

void
owl_mapped_file_unref (OwlMappedFile *file)
{
  if (file == NULL || !g_atomic_ref_count_dec (&file->ref_count))
    return;
  if (file->data != NULL)
    munmap (file->data, file->size);
  close (file->fd);
  g_free (file->path);
  g_free (file);
}

const char *
owl_mapped_file_get_path (const OwlMappedFile *file)
{
  return file->path;
}

const guint8 *
owl_mapped_file_get_data (const OwlMappedFile *file)
{
  return file->data;
}

gsize
owl_mapped_file_get_size (const OwlMappedFile *file)
{
  return file->size;
}

gboolean
owl_mapped_file_copy (const OwlMappedFile *file, const void *data, gsize size, void *to)
{
  const gsize begin = (gsize) ((const guint8 *) data - file->data);

  for (gsize done = 0; done < size;) {
    const ssize_t n = pread (file->fd, (guint8 *) to + done, size - done, (off_t) (begin + done));

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += (gsize) n;
  }
  return TRUE;
}

void
owl_mapped_file_drop (const OwlMappedFile *file, const void *data, gsize size)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  const gsize begin = (gsize) ((const guint8 *) data - file->data);
  const gsize first = (begin + page - 1) / page * page;
  const gsize end = (begin + size) / page * page;

  if (end > first)
    madvise (file->data + first, end - first, MADV_DONTNEED);
}
