/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-attachment.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Pictures and documents: taken in, and turned into pixels by the decoder process on a few worker threads. */
#define TYTO_TYPE_DOCUMENTS (tyto_documents_get_type ())
G_DECLARE_FINAL_TYPE (TytoDocuments, tyto_documents, TYTO, DOCUMENTS, GObject)

/* Longer side of a thumbnail, of an icon, and of a page as it is given to the model, in pixels. */
#define TYTO_THUMBNAIL_SIZE 512
#define TYTO_ICON_SIZE 96
#define TYTO_PAGE_SIZE 1400

/* What a file turned out to be. */
typedef struct {
  char *blob; /* SHA-256 */
  char *name; /* as people know it */
  gboolean is_document; /* pages to choose from */
  int n_pages;          /* 0 while it is locked */
  gboolean is_locked;   /* protected by a password: tyto_documents_unlock_async() */
  gint64 begun;         /* when it was given (g_get_monotonic_time); 0: not known */
} TytoImport;
TytoImport *tyto_import_copy (const TytoImport *import);
void tyto_import_free (TytoImport *import);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TytoImport, tyto_import_free)

/* `folder`: where blobs are kept. */
TytoDocuments *tyto_documents_new (const char *folder);

/* Deletes the copies that are not among `used` (hashes) and were taken in at least `min_age` seconds ago, in the background. */
void tyto_documents_collect (TytoDocuments *self, GPtrArray *used, gint64 min_age);

/* Copies the file into the store and looks what it is; a document that wants a password comes back locked. Errors can be shown as they are. */
void tyto_documents_import_async (TytoDocuments *self, GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data);
/* The same for bytes (a pasted picture as PNG). `name` is shown. */
void tyto_documents_import_bytes_async (TytoDocuments *self, GBytes *bytes, const char *name, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data);
/* Opens a locked document with its password, which is kept in memory until the app ends, for the pages that are read later, and never saved.
 * OWL_ERROR_PASSWORD: it does not fit. The result is as that of the import. */
void tyto_documents_unlock_async (TytoDocuments *self, const TytoImport *import, const char *password, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
TytoImport *tyto_documents_import_finish (TytoDocuments *self, GAsyncResult *result, GError **error);

/* Makes the thumbnail of an attachment whose blob is set; the attachment becomes ready or failed. */
void tyto_documents_load_thumbnail (TytoDocuments *self, TytoAttachment *attachment);

/* The same once more for one that failed and is of this document, which can be read now. */
void tyto_documents_load_again (TytoDocuments *self, TytoAttachment *attachment, const char *blob);

/* The same in the size of a small icon, when nothing else is to be done. */
void tyto_documents_load_icon (TytoDocuments *self, TytoAttachment *attachment);

/* Pixels of a picture (page -1) or page, at most `size` pixels on the longer side (0: all of a picture). Lower `priority` numbers go first. */
void tyto_documents_render_async (TytoDocuments *self, const char *blob, const char *name, int page, int size, int priority,
                                  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
OwlPicture *tyto_documents_render_finish (TytoDocuments *self, GAsyncResult *result, GError **error);

/* The same at once, as the model gets it; for threads that may wait. `region` NULL: all of it. */
OwlPicture *tyto_documents_render (TytoDocuments *self, const char *blob, const char *name, int page, const OwlRegion *region,
                                   GCancellable *cancellable, GError **error);

G_END_DECLS
