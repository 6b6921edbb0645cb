/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"
#include "app/history/tyto-conversation.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The conversations in the side pane, grouped by day. Signals: "opened", "changed" (title or pin), "deleted"
 * (TytoConversation each). */
#define TYTO_TYPE_CONVERSATION_LIST (tyto_conversation_list_get_type ())
G_DECLARE_FINAL_TYPE (TytoConversationList, tyto_conversation_list, TYTO, CONVERSATION_LIST, GtkWidget)

/* `conversations`: TytoConversation, newest first; the list follows it. `documents` makes the small pictures of those that are in sight. */
GtkWidget *tyto_conversation_list_new (GListModel *conversations, TytoDocuments *documents);
/* Brings the keyboard to a conversation. */
void tyto_conversation_list_focus (TytoConversationList *self, TytoConversation *conversation);
/* Marks the open conversation; NULL: none. */
void tyto_conversation_list_select (TytoConversationList *self, TytoConversation *conversation);

G_END_DECLS
