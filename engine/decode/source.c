/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/source.h"

#include <errno.h>
#include <unistd.h>

gsize
owl_source_read (const OwlSource *source, gint64 offset, void *buffer, gsize length)
{
  gsize n_read = 0;

  while (n_read < length) {
    gssize n = pread (source->fd, (char *) buffer + n_read, length - n_read, offset + (gint64) n_read);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    n_read += (gsize) n;
  }
  return n_read;
}
