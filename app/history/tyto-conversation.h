/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-attachment.h"
#include "app/history/tyto-draft-document.h"

G_BEGIN_DECLS

/* The id that stands for the chat that has not begun yet: it keeps what is typed for it. */
#define TYTO_CONVERSATION_NEW G_MAXINT64

/* A conversation as the list shows it. Main thread only. */
#define TYTO_TYPE_CONVERSATION (tyto_conversation_get_type ())
G_DECLARE_FINAL_TYPE (TytoConversation, tyto_conversation, TYTO, CONVERSATION, GObject)

/* Properties: "title" (may be empty: no title yet), "preview" (the last question, or the answer to the only one), "updated" (seconds since 1970), "pinned", "cover". */
TytoConversation *tyto_conversation_new (gint64 id);

gint64 tyto_conversation_get_id (TytoConversation *self);
const char *tyto_conversation_get_title (TytoConversation *self);
void tyto_conversation_set_title (TytoConversation *self, const char *title);
const char *tyto_conversation_get_preview (TytoConversation *self);
void tyto_conversation_set_preview (TytoConversation *self, const char *preview);
gint64 tyto_conversation_get_updated (TytoConversation *self);
void tyto_conversation_set_updated (TytoConversation *self, gint64 updated);
gboolean tyto_conversation_get_pinned (TytoConversation *self);
void tyto_conversation_set_pinned (TytoConversation *self, gboolean pinned);

/* The message that the shown path of the tree ends in; 0: none. */
gint64 tyto_conversation_get_leaf (TytoConversation *self);
void tyto_conversation_set_leaf (TytoConversation *self, gint64 leaf);

/* The first picture or page, shown beside the title; NULL: there is none. Borrowed; `set` takes a reference. */
TytoAttachment *tyto_conversation_get_cover (TytoConversation *self);
void tyto_conversation_set_cover (TytoConversation *self, TytoAttachment *cover);

/* Text typed but not sent, and what was attached to it (TytoAttachment; borrowed). */
const char *tyto_conversation_get_draft (TytoConversation *self);
void tyto_conversation_set_draft (TytoConversation *self, const char *draft);
GPtrArray *tyto_conversation_get_draft_attachments (TytoConversation *self);
/* Takes a reference. */
void tyto_conversation_set_draft_attachments (TytoConversation *self, GPtrArray *attachments);
/* The document whose pages the question picks; NULL: none. Borrowed; `set` copies. */
const TytoDraftDocument *tyto_conversation_get_draft_document (TytoConversation *self);
void tyto_conversation_set_draft_document (TytoConversation *self, const TytoDraftDocument *document);

/* The model folder and the adapter that this conversation is held with; "" : the usual ones. */
const char *tyto_conversation_get_model (TytoConversation *self);
const char *tyto_conversation_get_adapter (TytoConversation *self);
void tyto_conversation_set_model (TytoConversation *self, const char *model, const char *adapter);

G_END_DECLS
