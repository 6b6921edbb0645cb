/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Looks closely at a picture or page. Left and Right go through all of the conversation, Page Up and Page Down through the pages of a document.
 * A panel has the contents, the text and a search of a document, and where the model looked for an answer.
 *
 * Signals: "ask" (TytoAttachment, const char *): a question about a part, to be sent at once. "attach" (TytoAttachment): goes to the question being
 * written. "compare" (TytoAttachment): beside another one. */
#define TYTO_TYPE_VIEWER (tyto_viewer_get_type ())
G_DECLARE_FINAL_TYPE (TytoViewer, tyto_viewer, TYTO, VIEWER, AdwWindow)

/* `attachments` (TytoAttachment) is kept; begins with the one at `index`. */
TytoViewer *tyto_viewer_new (GtkWindow *parent, TytoServices *services, GPtrArray *attachments, guint index);

/* Shows where the model looked for the bytes [start, start + length) of the text of `answer`, a shown message of `chat` (length 0: all of it). */
void tyto_viewer_look (TytoViewer *self, TytoChat *chat, TytoMessage *answer, gsize start, gsize length);

/* A part of a picture or page as an attachment of its own, on its way to be ready. `region` is of what `whole` shows. */
TytoAttachment *tyto_viewer_make_part (TytoDocuments *documents, TytoAttachment *whole, const OwlRegion *region);

G_END_DECLS
