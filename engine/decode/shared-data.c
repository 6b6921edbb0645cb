/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/shared-data.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static gboolean
fail (GError **error)
{
  int code = errno == ENOMEM || errno == EFBIG ? OWL_ERROR_MEMORY : OWL_ERROR_IO;

  g_set_error (error, OWL_ERROR, code, "could not be decoded: %s", g_strerror (errno));
  return FALSE;
}

gboolean
owl_shared_data_init (OwlSharedData *shared, gsize size, GError **error)
{
  void *data;

  shared->fd = memfd_create ("owl-decoder", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (shared->fd < 0 || ftruncate (shared->fd, (off_t) size) != 0)
    return fail (error);
  data = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, shared->fd, 0);
  if (data == MAP_FAILED)
    return fail (error);
  shared->data = data;
  shared->size = size;
  return TRUE;
}

gboolean
owl_shared_data_seal (OwlSharedData *shared, GError **error)
{
  /* A writable mapping would stand in the way of F_SEAL_WRITE. */
  munmap (shared->data, shared->size);
  shared->data = NULL;
  if (fcntl (shared->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return fail (error);
  return TRUE;
}

void
owl_shared_data_clear (OwlSharedData *shared)
{
  if (shared->data)
    munmap (shared->data, shared->size);
  if (shared->fd >= 0)
    close (shared->fd);
  *shared = (OwlSharedData) OWL_SHARED_DATA_NONE;
}

void *
owl_big_alloc (gsize size, GError **error)
{
  void *memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (memory == MAP_FAILED) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_MEMORY, "needs more memory than there is");
    return NULL;
  }
  return memory;
}

void
owl_big_free (void *memory, gsize size)
{
  if (memory)
    munmap (memory, size);
}
