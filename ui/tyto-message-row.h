/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-chat.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One message: the user's on the right in a bubble, an answer on the left beside the owl, growing while it comes.
 * Signals: "again" (write another answer), "sibling" (int: -1 or 1, show the branch before or after), "edit" (change this question),
 * "picture" (int: the link to picture N was clicked), "view" (TytoAttachment: look at it closely),
 * "look" (const char *: where the model looked for these words of the answer, NULL: for all), "seen" (what the model saw). */
#define TYTO_TYPE_MESSAGE_ROW (tyto_message_row_get_type ())
G_DECLARE_FINAL_TYPE (TytoMessageRow, tyto_message_row, TYTO, MESSAGE_ROW, GtkBox)

GtkWidget *tyto_message_row_new (TytoChat *chat, TytoMessage *message);
TytoMessage *tyto_message_row_get_message (TytoMessageRow *self);

/* The last message of the conversation shows its row of buttons always. */
void tyto_message_row_set_last (TytoMessageRow *self, gboolean last);

/* Looks again which branches there are and whether the buttons may be used. */
void tyto_message_row_refresh (TytoMessageRow *self);

/* Marks a message that the model no longer gets, and with `boundary` the first one after such messages that it does get. */
void tyto_message_row_set_forgotten (TytoMessageRow *self, gboolean forgotten, gboolean boundary);

/* The picture of this message that has the number, or NULL. */
GtkWidget *tyto_message_row_find_picture (TytoMessageRow *self, int number);

G_END_DECLS
