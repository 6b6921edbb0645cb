/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* A conversation as the list shows it. Main thread only. */
#define TYTO_TYPE_CONVERSATION (tyto_conversation_get_type ())
G_DECLARE_FINAL_TYPE (TytoConversation, tyto_conversation, TYTO, CONVERSATION, GObject)

/* Properties: "title" (may be empty: no title yet), "preview" (the last question), "updated" (seconds since 1970), "pinned". */
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

/* Text typed but not sent. */
const char *tyto_conversation_get_draft (TytoConversation *self);
void tyto_conversation_set_draft (TytoConversation *self, const char *draft);

G_END_DECLS
