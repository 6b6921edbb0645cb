/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-chat.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The messages of a conversation. The view follows the growing answer only when it was at the end; otherwise a button leads there.
 * Signals: "again" (TytoMessage), "edit" (TytoMessage), "view" (TytoAttachment), "look" (TytoMessage, const char *: where the model
 * looked for some words of an answer, or NULL for all), "seen" (TytoMessage: what the model saw). */
#define TYTO_TYPE_CHAT_VIEW (tyto_chat_view_get_type ())
G_DECLARE_FINAL_TYPE (TytoChatView, tyto_chat_view, TYTO, CHAT_VIEW, GtkWidget)

GtkWidget *tyto_chat_view_new (void);
/* NULL shows nothing. */
void tyto_chat_view_set_chat (TytoChatView *self, TytoChat *chat);
void tyto_chat_view_scroll_to_end (TytoChatView *self);

/* Brings a message into view and lets it light up for a moment. */
void tyto_chat_view_show_message (TytoChatView *self, gint64 message);

/* So many of the oldest exchanges will not be given to the model with the next question; they are marked. */
void tyto_chat_view_set_forgotten (TytoChatView *self, int n_exchanges);

G_END_DECLS
