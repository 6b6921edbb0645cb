/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Called on the main loop; bytes a second and seconds left are 0 while they are not known. */
typedef void (*TytoCopyProgress) (double fraction, double rate, double seconds_left, gpointer user_data);

/* Copies SOURCE to DEST and flushes it to the disk. A file becomes the file DEST, or DEST/`base` when that is given; of a folder the GGUF files come
 * into the folder DEST. `user_data` is borrowed until the callback. */
void tyto_import_copy_async (const char *source, const char *dest, const char *base, GCancellable *cancellable, TytoCopyProgress progress,
                             gpointer user_data, GAsyncReadyCallback callback, gpointer callback_data);
gboolean tyto_import_copy_finish (GObject *object, GAsyncResult *result, GError **error);

/* Bytes that can be written to the disk of a folder that exists; 0: not known. */
guint64 tyto_import_get_free_space (const char *folder);

G_END_DECLS
