/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A document that a chat is about: which of its pages a question is sent with is picked by the question. Says which they are, and leads to them.
 *
 * Signals: "view" (int: look at a page), "choose" (the user wants to choose pages), "again" (the question shall choose again), "dismissed". */
#define TYTO_TYPE_DOCUMENT_BAR (tyto_document_bar_get_type ())
G_DECLARE_FINAL_TYPE (TytoDocumentBar, tyto_document_bar, TYTO, DOCUMENT_BAR, GtkBox)

GtkWidget *tyto_document_bar_new (void);

/* NULL hides the bar. */
void tyto_document_bar_set_name (TytoDocumentBar *self, const char *name);

/* What the bar says, with buttons for `pages` (int, from 0; may be NULL) that bear `labels` (may be NULL). `by_hand`: the user chose, and can let
 * the question choose again. */
void tyto_document_bar_set_status (TytoDocumentBar *self, const char *status, GArray *pages, GStrv labels, gboolean by_hand);

G_END_DECLS
