/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* SHA-256 of the content of a file, 32 bytes into `hash`. Large files are read once: the result is remembered in
 * $XDG_CACHE_HOME/tyto/content-hashes.ini by device, inode, size and times of change; losing that file costs only time. */
gboolean owl_file_hash (const char *path, guint8 hash[32], GError **error);

G_END_DECLS
