/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-store-search.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* The full-text part of the database, for the store's thread. */

/* What brings a file without indices to one with them; the tokenizer is registered. */
extern const char store_search_schema[];

GPtrArray *store_search_find (sqlite3 *db, const char *text, GError **error);
gboolean store_search_has_pages (sqlite3 *db, const char *blob, GError **error);
gboolean store_search_put_pages (sqlite3 *db, const char *blob, char *const *texts, gsize n_texts, GError **error);
GPtrArray *store_search_find_pages (sqlite3 *db, const char *blob, const char *question, int n_most, GError **error);
/* Removes the pages of documents that nothing refers to any more. */
gboolean store_search_clean (sqlite3 *db, GError **error);

G_END_DECLS
