/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine.h"

G_BEGIN_DECLS

/* One conversation as it is worked on: its tree of messages, the path through it that is shown, and what can be done with it. */
#define TYTO_TYPE_CHAT (tyto_chat_get_type ())
G_DECLARE_FINAL_TYPE (TytoChat, tyto_chat, TYTO, CHAT, GObject)

/* Properties, notified: "busy" (an answer is running), "loaded". */

/* A new conversation has no row in the history until something is sent. */
TytoChat *tyto_chat_new (TytoStore *store, TytoDocuments *documents, TytoEngine *engine, TytoConversation *conversation, gboolean is_new);

/* Reads the messages from the history; the list fills, thumbnails come. `callback` may be NULL. */
void tyto_chat_load_async (TytoChat *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_chat_load_finish (TytoChat *self, GAsyncResult *result, GError **error);

/* A document can be read now (its password was given): attachments of it that failed are read once more. */
void tyto_chat_load_again (TytoChat *self, const char *blob);

TytoConversation *tyto_chat_get_conversation (TytoChat *self);
/* The shown path, a list of TytoMessage. Borrowed. */
GListModel *tyto_chat_get_messages (TytoChat *self);
/* The shown messages up to one of them, itself included (TytoMessage; transfer full). */
GPtrArray *tyto_chat_get_path_to (TytoChat *self, TytoMessage *message);
gboolean tyto_chat_get_busy (TytoChat *self);
/* TRUE once something was sent. */
gboolean tyto_chat_is_begun (TytoChat *self);

/* Sends a question with attachments (TytoAttachment; ready ones). The question is committed to the history before the engine starts. */
void tyto_chat_send (TytoChat *self, const char *text, GPtrArray *attachments, const TytoAnswerOptions *options);

/* Another answer to the same question; the old one stays as a branch. */
void tyto_chat_regenerate (TytoChat *self, TytoMessage *answer, const TytoAnswerOptions *options);

/* The question again in other words or with other attachments, as a branch beside the old one. */
void tyto_chat_edit (TytoChat *self, TytoMessage *question, const char *text, GPtrArray *attachments, const TytoAnswerOptions *options);

void tyto_chat_stop (TytoChat *self);

/* Measures what asking `text` with `attachments` would cost, after what is shown, or in place of the question `edited` (may be NULL).
 * See tyto_engine_measure. */
void tyto_chat_measure (TytoChat *self, const char *text, GPtrArray *attachments, TytoMessage *edited, const TytoAnswerOptions *options,
                        gboolean prepare, TytoCostFunc func, gpointer user_data, GDestroyNotify destroy);

/* Takes a message and all that follows from it out of the chat. The result is for `undo`, which puts it back, or `finish`, which deletes it from
 * the history. NULL while an answer is being written. */
GPtrArray *tyto_chat_delete_begin (TytoChat *self, TytoMessage *message);
void tyto_chat_delete_undo (TytoChat *self, GPtrArray *deleted);
void tyto_chat_delete_finish (TytoChat *self, GPtrArray *deleted);

/* Shows the path through a message. FALSE if there is none of that number. */
gboolean tyto_chat_show_message (TytoChat *self, gint64 message);

/* Branches: how many messages stand beside this one (itself included), which of them it is (from 0), and going to another. */
guint tyto_chat_get_n_siblings (TytoChat *self, TytoMessage *message, guint *index);
void tyto_chat_show_sibling (TytoChat *self, TytoMessage *message, guint index);

/* The number that the next attachment gets; with `question`, the number of its first. */
int tyto_chat_get_next_number (TytoChat *self, TytoMessage *question);

/* Saves the conversation and all its messages once more: something could not be saved before. */
void tyto_chat_save_all (TytoChat *self);

/* Stops, saves what there is, and lets go of everything. */
void tyto_chat_close (TytoChat *self);

G_END_DECLS
