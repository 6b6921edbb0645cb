/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"

G_BEGIN_DECLS

/* For the parts in other files: work with the open decoder of a blob, on a worker thread. `func` returns its result through `task`, or FALSE
 * with an error. Lower `priority` numbers go first. */
typedef gboolean (*TytoDecoderFunc) (OwlDecoder *decoder, gpointer data, GTask *task, GError **error);
void tyto_documents_push (TytoDocuments *self, const char *blob, const char *name, TytoDecoderFunc func, gpointer data,
                          GDestroyNotify free_data, int priority, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data);

G_END_DECLS
