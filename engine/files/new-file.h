/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* A file that appears under its name only when it is complete: bytes go to a file without a name in the same folder, or to "PATH.part-XXXXXX"
 * where the file system has no nameless files; `finish` flushes them to the disk and gives it the name. Freed without that, nothing is
 * left behind; a nameless file leaves nothing even when the program is killed. */
typedef struct _OwlNewFile OwlNewFile;

OwlNewFile *owl_new_file_create (const char *path, GError **error);
void owl_new_file_free (OwlNewFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlNewFile, owl_new_file_free)

/* An error when the file system has less than `size` bytes left. */
gboolean owl_new_file_require_space (OwlNewFile *file, guint64 size, GError **error);
gboolean owl_new_file_write (OwlNewFile *file, const void *data, gsize size, GError **error);
gboolean owl_new_file_finish (OwlNewFile *file, GError **error);

G_END_DECLS
