/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-chat.h"
#include "app/models/tyto-model-import.h"
#include "app/tyto-state.h"

G_BEGIN_DECLS

/* What the app does, in one place: history, documents, engine, and the list of conversations. One object for all windows.
 * Properties, notified: "problem" (the history cannot be opened, so nothing can be sent: what happened and what to do; NULL when all is well),
 * "model-path" (what the chat in sight is answered with; NULL: nothing), "listed" (the conversations are there). Signals: "state-changed"
 * (tyto_services_get_state); "trouble" (const char *): something could not be saved; "emptied": all conversations were deleted; "save-again": after a full
 * disk, whoever shows a chat saves all of it. */
#define TYTO_TYPE_SERVICES (tyto_services_get_type ())
G_DECLARE_FINAL_TYPE (TytoServices, tyto_services, TYTO, SERVICES, GObject)

/* With the user's folder of data, or another one. */
TytoServices *tyto_services_new (void);
TytoServices *tyto_services_new_in (const char *folder);
/* How models are run, and what new chats are held with (a model's path or "" for the bundled one, an adapter as "NAME:STRENGTH" or ""). Before
 * tyto_services_start, and again whenever the user chooses otherwise; $TYTO_MODEL goes before `model`. */
void tyto_services_set_defaults (TytoServices *self, const char *model, const char *adapter, int n_threads, OwlKvType kv);
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
TytoModelLibrary *tyto_services_get_library (TytoServices *self);
TytoModelImport *tyto_services_get_import (TytoServices *self);

/* What is not as it should be; the worst of it. The caller clears it. */
void tyto_services_get_state (TytoServices *self, TytoState *state);
/* Does what a state offers, as far as it needs no window. */
void tyto_services_act (TytoServices *self, TytoStateAction action);

/* A conversation comes in sight: what it is held with is loaded. NULL: what new chats are held with. */
void tyto_services_use (TytoServices *self, TytoConversation *conversation);
/* The conversation in sight goes on with another model (`path`) or adapter ("NAME:STRENGTH" or ""). */
void tyto_services_choose_model (TytoServices *self, const char *path, const char *adapter);
/* The adapter of the conversation in sight, as "NAME:STRENGTH" or "". Borrowed. */
const char *tyto_services_get_adapter (TytoServices *self);

/* A conversation that something was sent in comes to the top of the list. */
void tyto_services_conversation_used (TytoServices *self, TytoConversation *conversation);

/* Title or pin of a conversation changed: saves it and puts it where it belongs in the list. */
void tyto_services_conversation_changed (TytoServices *self, TytoConversation *conversation);

/* Deletes everything that Tyto stored: conversations, copies of pictures and documents, all older copies of the history, and with `models` all that was
 * imported. There is no way back. Settings are not stored here. */
void tyto_services_delete_all_async (TytoServices *self, gboolean models, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_services_delete_all_finish (TytoServices *self, GAsyncResult *result, GError **error);

/* What is typed before a chat begins is kept here. Borrowed. */
TytoConversation *tyto_services_get_new_draft (TytoServices *self);

/* Takes a conversation out of the list; it is deleted for good by `finish`, or put back by `undo`. */
void tyto_services_delete_begin (TytoServices *self, TytoConversation *conversation);
void tyto_services_delete_undo (TytoServices *self, TytoConversation *conversation);
void tyto_services_delete_finish (TytoServices *self, TytoConversation *conversation);

G_END_DECLS
