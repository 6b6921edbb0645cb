/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-store.h"

G_BEGIN_DECLS

/* Search over titles and messages, and over the pages of documents. Words are found without regard to case and accents, and Chinese, Japanese
 * and Korean by any two characters that stand together. */

/* Bytes of a text. */
typedef struct {
  guint start, length;
} TytoTextRange;

typedef struct {
  gint64 conversation;
  gint64 message;       /* 0: the title was found */
  char *title;          /* of the conversation */
  char *snippet;        /* some words around what was found */
  TytoTextRange *marks; /* what was found in the snippet */
  guint n_marks;
} TytoSearchHit;
void tyto_search_hit_free (TytoSearchHit *hit);

/* All words of `text` must occur, the last of which may be unfinished. At most 200 hits (TytoSearchHit; transfer full): titles first, then the
 * best messages. An empty text finds nothing. */
void tyto_store_search_async (TytoStore *self, const char *text, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *tyto_store_search_finish (TytoStore *self, GAsyncResult *result, GError **error);

typedef struct {
  int page; /* from 0 */
  double score; /* above 0, more is better; comparable within one answer */
  char *snippet;
  TytoTextRange *marks;
  guint n_marks;
} TytoPageHit;
void tyto_page_hit_free (TytoPageHit *hit);

/* Whether the pages of a document are in the index. */
void tyto_store_has_pages_async (TytoStore *self, const char *blob, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_store_has_pages_finish (TytoStore *self, GAsyncResult *result, gboolean *has_pages, GError **error);

/* Puts the texts of all pages of a document (NULL-terminated, one for each page) into the index. */
void tyto_store_put_pages_async (TytoStore *self, const char *blob, const char *const *texts, GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean tyto_store_put_pages_finish (TytoStore *self, GAsyncResult *result, GError **error);

/* The pages of an indexed document that fit a question best, best first (TytoPageHit; transfer full), at most `n_most`. Ranked by BM25. */
void tyto_store_find_pages_async (TytoStore *self, const char *blob, const char *question, int n_most, GAsyncReadyCallback callback,
                                  gpointer user_data);
GPtrArray *tyto_store_find_pages_finish (TytoStore *self, GAsyncResult *result, GError **error);

G_END_DECLS
