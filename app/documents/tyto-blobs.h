/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Files kept by content: FOLDER/ab/abcdef… (SHA-256 in hexadecimal). A blob is never changed; the same content is kept once. */

/* Largest file that is taken in. */
#define TYTO_BLOB_MAX_SIZE (G_GINT64_CONSTANT (1) << 30)

/* Copies `file` while hashing it; the blob appears under its name only when it is complete and on the disk. Returns the hash. Blocks. */
char *tyto_blobs_import (const char *folder, GFile *file, GCancellable *cancellable, GError **error);
char *tyto_blobs_import_bytes (const char *folder, GBytes *bytes, GError **error);

/* Deletes the blobs that are not among `used` (hashes; a set) and were taken in at least `min_age` seconds ago. Blocks. */
void tyto_blobs_collect (const char *folder, GHashTable *used, gint64 min_age);

/* The path of a blob; NULL for a string that is no hash. */
char *tyto_blobs_get_path (const char *folder, const char *hash);

G_END_DECLS
