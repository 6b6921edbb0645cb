/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The file being decoded, read with pread: neither a shared file position nor a file that shrinks meanwhile
 * can harm. */
typedef struct {
  int fd; /* owned by the program */
  gint64 size;
  const char *password; /* of a protected document; NULL: none was given */
} OwlSource;

/* Reads up to `length` bytes at `offset`; fewer only at the end of the file or after a read error. */
gsize owl_source_read (const OwlSource *source, gint64 offset, void *buffer, gsize length);

G_END_DECLS
