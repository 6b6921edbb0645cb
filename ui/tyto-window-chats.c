/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-chat-view.h"
#include "ui/tyto-conversation-list.h"

#include <glib/gi18n.h>

/* A frame has been drawn after this long. */
#define FOCUS_MS 60

static void
busy_changed (TytoWindow *self)
{
  gboolean busy = self->chat && tyto_chat_get_busy (self->chat);

  tyto_composer_set_busy (TYTO_COMPOSER (self->composer), busy);
  if (!busy)
    _tyto_window_measure_soon (self, FALSE);
}

/* The message that a search found. */
static void
show_wanted (TytoWindow *self)
{
  if (tyto_chat_show_message (self->chat, self->wanted_message))
    tyto_chat_view_show_message (TYTO_CHAT_VIEW (self->view), self->wanted_message);
  self->wanted_message = 0;
}

static void
chat_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!tyto_chat_load_finish (TYTO_CHAT (object), result, &error))
    _tyto_window_toast (self, error->message);
  else
    _tyto_window_measure_soon (self, TRUE);
  if (self->wanted_message != 0 && self->chat == TYTO_CHAT (object))
    show_wanted (self);
}

/* The answer of a chat out of sight is done: the history has it. */
static void
background_done (TytoWindow *self, GParamSpec *pspec, TytoChat *chat)
{
  if (tyto_chat_get_busy (chat))
    return;
  g_signal_handlers_disconnect_by_data (chat, self);
  tyto_chat_close (chat);
  g_ptr_array_remove (self->running, chat);
}

/* Lets go of the open chat. One whose answer is being written goes on out of sight. */
void
_tyto_window_close_chat (TytoWindow *self)
{
  if (!self->chat)
    return;
  /* In this order: while a question is edited, the draft was kept before. */
  _tyto_window_keep_draft (self);
  _tyto_window_leave_editing (self);
  _tyto_window_drop_document (self);
  g_signal_handlers_disconnect_by_data (self->chat, self);
  g_signal_handlers_disconnect_by_data (tyto_chat_get_messages (self->chat), self);
  g_signal_handlers_disconnect_by_data (tyto_chat_get_conversation (self->chat), self);
  tyto_chat_view_set_chat (TYTO_CHAT_VIEW (self->view), NULL);
  if (tyto_chat_get_busy (self->chat)) {
    g_ptr_array_add (self->running, g_object_ref (self->chat));
    g_signal_connect_swapped (self->chat, "notify::busy", G_CALLBACK (background_done), self);
  } else {
    tyto_chat_close (self->chat);
  }
  g_clear_object (&self->chat);
}

/* The chat of a conversation that is still at work out of sight, or NULL. */
static TytoChat *
take_running (TytoWindow *self, TytoConversation *conversation)
{
  for (guint i = 0; i < self->running->len; i++) {
    TytoChat *chat = g_ptr_array_index (self->running, i);

    if (tyto_chat_get_conversation (chat) != conversation)
      continue;
    g_object_ref (chat);
    g_signal_handlers_disconnect_by_data (chat, self);
    g_ptr_array_remove_index (self->running, i);
    return chat;
  }
  return NULL;
}

static void
open_chat (TytoWindow *self, TytoConversation *conversation, gboolean is_new)
{
  gboolean was_running;

  if (self->chat && tyto_chat_get_conversation (self->chat) == conversation)
    return;
  _tyto_window_close_chat (self);
  tyto_composer_clear (TYTO_COMPOSER (self->composer));
  self->chat = take_running (self, conversation);
  was_running = self->chat != NULL;
  if (!was_running)
    self->chat = tyto_chat_new (tyto_services_get_store (self->services), tyto_services_get_documents (self->services),
                                tyto_services_get_engine (self->services), conversation, is_new);
  g_signal_connect_swapped (self->chat, "notify::busy", G_CALLBACK (busy_changed), self);
  g_signal_connect_swapped (conversation, "notify::title", G_CALLBACK (_tyto_window_update_title), self);
  _tyto_window_use_model (self);
  tyto_chat_view_set_chat (TYTO_CHAT_VIEW (self->view), self->chat);
  g_signal_connect_swapped (tyto_chat_get_messages (self->chat), "items-changed", G_CALLBACK (_tyto_window_update_page), self);
  if (!is_new && !was_running)
    tyto_chat_load_async (self->chat, chat_loaded, g_object_ref (self));
  _tyto_window_show_draft (self);
  busy_changed (self);
  _tyto_window_update_page (self);
  _tyto_window_update_title (self);
  tyto_conversation_list_select (TYTO_CONVERSATION_LIST (self->list), is_new ? NULL : conversation);
  if (adw_flap_get_folded (ADW_FLAP (self->flap)))
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
}

void
_tyto_window_conversation_opened (TytoWindow *self, TytoConversation *conversation)
{
  open_chat (self, conversation, FALSE);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

void
_tyto_window_search_opened (TytoWindow *self, gint64 id, gint64 message)
{
  GListModel *conversations = tyto_services_get_conversations (self->services);

  for (guint i = 0; i < g_list_model_get_n_items (conversations); i++) {
    g_autoptr (TytoConversation) conversation = g_list_model_get_item (conversations, i);

    if (tyto_conversation_get_id (conversation) != id)
      continue;
    self->wanted_message = message;
    if (self->chat && tyto_chat_get_conversation (self->chat) == conversation)
      show_wanted (self);
    else
      open_chat (self, conversation, FALSE);
    if (adw_flap_get_folded (ADW_FLAP (self->flap)))
      _tyto_window_search_left (self);
    return;
  }
}

/* Back to what one was writing, which a folded pane lies on. */
void
_tyto_window_search_left (TytoWindow *self)
{
  if (adw_flap_get_folded (ADW_FLAP (self->flap)))
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

void
_tyto_window_new_chat (TytoWindow *self)
{
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());

  open_chat (self, conversation, TRUE);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

/* A deleted conversation waits for its toast to go. */
typedef struct {
  TytoServices *services;
  TytoConversation *conversation;
} Deletion;

static void
undo_delete (gpointer data, gpointer user_data)
{
  Deletion *deletion = data;

  tyto_services_delete_undo (deletion->services, deletion->conversation);
}

static void
finish_delete (gpointer data, gpointer user_data)
{
  Deletion *deletion = data;

  tyto_services_delete_finish (deletion->services, deletion->conversation);
}

static void
deletion_free (gpointer data)
{
  Deletion *deletion = data;

  g_object_unref (deletion->services);
  g_object_unref (deletion->conversation);
  g_free (deletion);
}

void
_tyto_window_conversation_deleted (TytoWindow *self, TytoConversation *conversation)
{
  Deletion *deletion = g_new0 (Deletion, 1);

  deletion->services = g_object_ref (self->services);
  deletion->conversation = g_object_ref (conversation);
  if (self->chat && tyto_chat_get_conversation (self->chat) == conversation) {
    tyto_chat_stop (self->chat);
    _tyto_window_new_chat (self);
  }
  for (guint i = 0; i < self->running->len; i++)
    if (tyto_chat_get_conversation (g_ptr_array_index (self->running, i)) == conversation)
      tyto_chat_stop (g_ptr_array_index (self->running, i));
  tyto_services_delete_begin (self->services, conversation);
  _tyto_window_offer_undo (self, _("Chat deleted"), undo_delete, finish_delete, deletion, deletion_free);
}

/* All chats were deleted: nothing of them is shown or written any more. */
void
_tyto_window_emptied (TytoWindow *self)
{
  for (guint i = 0; i < self->running->len; i++)
    tyto_chat_stop (g_ptr_array_index (self->running, i));
  if (self->chat)
    tyto_chat_stop (self->chat);
  tyto_composer_clear (TYTO_COMPOSER (self->composer));
  _tyto_window_new_chat (self);
}

typedef struct {
  TytoWindow *window;
  TytoConversation *conversation;
} Focusing;

static void
focusing_free (gpointer data)
{
  Focusing *focusing = data;

  g_object_unref (focusing->window);
  g_object_unref (focusing->conversation);
  g_free (focusing);
}

static gboolean
focus_row (gpointer data)
{
  Focusing *focusing = data;

  if (focusing->window->services)
    tyto_conversation_list_focus (TYTO_CONVERSATION_LIST (focusing->window->list), focusing->conversation);
  return G_SOURCE_REMOVE;
}

void
_tyto_window_conversation_changed (TytoWindow *self, TytoConversation *conversation)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));
  gboolean here = !focus || gtk_widget_is_ancestor (focus, self->list);

  tyto_services_conversation_changed (self->services, conversation);
  /* Its row may be another one now, at another place. The toolkit takes the keyboard away from the old one only after the next frame. */
  if (here) {
    Focusing *focusing = g_new0 (Focusing, 1);

    focusing->window = g_object_ref (self);
    focusing->conversation = g_object_ref (conversation);
    g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, FOCUS_MS, focus_row, focusing, focusing_free);
  }
  if (self->chat)
    tyto_conversation_list_select (TYTO_CONVERSATION_LIST (self->list), tyto_chat_get_conversation (self->chat));
}
