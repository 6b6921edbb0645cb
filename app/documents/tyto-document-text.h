/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"
#include "app/history/tyto-store-search.h"

G_BEGIN_DECLS

/* What stands in documents: text of pages with the places of words, outline and labels, search, and the pages that fit a question. Pages count
 * from 0; `name` is used in messages. All of it is done on worker threads. */

/* The text layer of a page; without text for a scan or a picture (page -1). */
void tyto_documents_read_text_async (TytoDocuments *self, const char *blob, const char *name, int page, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
/* The text that a scanned page or a picture shows; OWL_ERROR_UNSUPPORTED, with a message to show, where recognition is not built in or has no
 * language. */
void tyto_documents_recognise_text_async (TytoDocuments *self, const char *blob, const char *name, int page, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
OwlPageText *tyto_documents_read_text_finish (TytoDocuments *self, GAsyncResult *result, GError **error); /* of both */

/* Outline and page labels. */
void tyto_documents_read_contents_async (TytoDocuments *self, const char *blob, const char *name, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer user_data);
OwlContents *tyto_documents_read_contents_finish (TytoDocuments *self, GAsyncResult *result, GError **error);

/* A place of a text in a document: `words` (OwlTextWord) have their boxes as fractions of the page. */
typedef struct {
  int page;
  GArray *words;
  char *snippet;        /* the line around it */
  TytoTextRange mark;   /* what was looked for, in the snippet */
} TytoTextHit;
void tyto_text_hit_free (TytoTextHit *hit);

/* All places of `text`, page by page (TytoTextHit; transfer full), at most 1000. Case and accents do not matter. */
void tyto_documents_find_text_async (TytoDocuments *self, const char *blob, const char *name, const char *text, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *tyto_documents_find_text_finish (TytoDocuments *self, GAsyncResult *result, GError **error);

/* The pages of a document that fit `question` best, best first (TytoPageHit; transfer full), at most `n_most`. The first time the whole document
 * is read into the index of `store`, which the cancellable can stop. Empty when no page fits, or none has text. */
void tyto_documents_find_pages_async (TytoDocuments *self, TytoStore *store, const char *blob, const char *name, const char *question,
                                      int n_most, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *tyto_documents_find_pages_finish (TytoDocuments *self, GAsyncResult *result, GError **error);

/* A part of a picture (page -1) or page, at most `size` pixels on the longer side (0: the pixels that a picture has there). */
void tyto_documents_render_region_async (TytoDocuments *self, const char *blob, const char *name, int page, const OwlRegion *region, int size,
                                         GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
OwlPicture *tyto_documents_render_region_finish (TytoDocuments *self, GAsyncResult *result, GError **error);

G_END_DECLS
