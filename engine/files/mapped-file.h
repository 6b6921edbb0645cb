/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* A regular file, mapped read-only. Counted; any thread may read it. */
typedef struct _OwlMappedFile OwlMappedFile;

/* Refuses anything but a regular file, and never blocks on a pipe or device. An empty file has data NULL and size 0. */
OwlMappedFile *owl_mapped_file_open (const char *path, GError **error);
OwlMappedFile *owl_mapped_file_ref (OwlMappedFile *file);
void owl_mapped_file_unref (OwlMappedFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlMappedFile, owl_mapped_file_unref)

const char *owl_mapped_file_get_path (const OwlMappedFile *file);
const guint8 *owl_mapped_file_get_data (const OwlMappedFile *file);
gsize owl_mapped_file_get_size (const OwlMappedFile *file);

/* Copies `size` bytes at `data`, which lies inside the mapping, without touching the mapping: a page that the system holds in memory already is mapped
 * only at a cost, more so in a virtual machine. FALSE: the file cannot be read there, or has become shorter. */
gboolean owl_mapped_file_copy (const OwlMappedFile *file, const void *data, gsize size, void *to);

/* Lets go of the pages that lie wholly inside `size` bytes at `data`; they are read again when touched. A program that goes
 * through a large file once stays small this way. */
void owl_mapped_file_drop (const OwlMappedFile *file, const void *data, gsize size);

G_END_DECLS
