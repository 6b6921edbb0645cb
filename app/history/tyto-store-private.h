/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-store.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* For the parts of the store in other files: one piece of work for its thread. `func` returns its result through `task`, or FALSE with an
 * error. */
typedef gboolean (*TytoStoreJob) (TytoStore *self, GTask *task, gpointer data, GError **error);
void tyto_store_push (TytoStore *self, TytoStoreJob func, gpointer data, GDestroyNotify free_data, GAsyncReadyCallback callback,
                      gpointer user_data);

/* On that thread: the open database, or NULL and an error. */
sqlite3 *tyto_store_get_database (TytoStore *self, GError **error);

G_END_DECLS
