/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"
#include "app/history/tyto-conversation.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A conversation in the side pane, with a menu to rename, pin and delete it. Signals: "changed" (its title or pin was changed here and wants to be
 * saved), "deleted" (the user wants it gone). */
#define TYTO_TYPE_CONVERSATION_ROW (tyto_conversation_row_get_type ())
G_DECLARE_FINAL_TYPE (TytoConversationRow, tyto_conversation_row, TYTO, CONVERSATION_ROW, GtkListBoxRow)

/* Shows the picture that stands for the conversation, once it is needed; asks for it when it is not there. TRUE: there was something to do. */
gboolean tyto_conversation_row_show_cover (TytoConversationRow *self, TytoDocuments *documents);

GtkWidget *tyto_conversation_row_new (TytoConversation *conversation);
TytoConversation *tyto_conversation_row_get_conversation (TytoConversationRow *self);

G_END_DECLS
