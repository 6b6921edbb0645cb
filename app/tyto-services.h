/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-chat.h"

G_BEGIN_DECLS

/* What the app does, in one place: history, documents, engine, and the list of conversations. One object for all windows.
 * Properties, notified: "problem" (the history cannot be opened: what happened and what to do; NULL when all is well),
 * "model-path" (NULL: there is no model), "listed" (the conversations are there). Signals "trouble" (const char *): something could not be saved;
 * "emptied": all conversations were deleted. */
#define TYTO_TYPE_SERVICES (tyto_services_get_type ())
G_DECLARE_FINAL_TYPE (TytoServices, tyto_services, TYTO, SERVICES, GObject)

TytoServices *tyto_services_new (void);
/* Opens the history and loads the model, in the background. */
void tyto_services_start (TytoServices *self);
/* Stops the engine, saves everything, ends the threads; must be called once. */
void tyto_services_close (TytoServices *self);

/* All borrowed. */
TytoStore *tyto_services_get_store (TytoServices *self);
TytoDocuments *tyto_services_get_documents (TytoServices *self);
TytoEngine *tyto_services_get_engine (TytoServices *self);
GListModel *tyto_services_get_conversations (TytoServices *self);
const char *tyto_services_get_problem (TytoServices *self);
const char *tyto_services_get_model_path (TytoServices *self);

/* A conversation that something was sent in comes to the top of the list. */
void tyto_services_conversation_used (TytoServices *self, TytoConversation *conversation);

/* Title or pin of a conversation changed: saves it and puts it where it belongs in the list. */
void tyto_services_conversation_changed (TytoServices *self, TytoConversation *conversation);

/* Deletes all conversations and the copies of pictures and documents. There is no way back. */
void tyto_services_delete_all_async (TytoServices *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_services_delete_all_finish (TytoServices *self, GAsyncResult *result, GError **error);

/* What is typed before a chat begins is kept here. Borrowed. */
TytoConversation *tyto_services_get_new_draft (TytoServices *self);

/* Takes a conversation out of the list; it is deleted for good by `finish`, or put back by `undo`. */
void tyto_services_delete_begin (TytoServices *self, TytoConversation *conversation);
void tyto_services_delete_undo (TytoServices *self, TytoConversation *conversation);
void tyto_services_delete_finish (TytoServices *self, TytoConversation *conversation);

G_END_DECLS
