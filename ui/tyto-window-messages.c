/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-chat-view.h"
#include "ui/tyto-conversation-list.h"
#include "ui/tyto-settings.h"

#include <glib/gi18n.h>

void
_tyto_window_leave_editing (TytoWindow *self)
{
  if (!self->edited)
    return;
  g_clear_object (&self->edited);
  gtk_widget_set_visible (self->edit_bar, FALSE);
  tyto_composer_clear (TYTO_COMPOSER (self->composer));
}

/* What was being written before comes back. */
void
_tyto_window_cancel_editing (TytoWindow *self)
{
  _tyto_window_leave_editing (self);
  _tyto_window_show_draft (self);
  _tyto_window_update_page (self);
}

void
_tyto_window_begin_editing (TytoWindow *self, TytoMessage *question)
{
  GPtrArray *attachments = tyto_message_get_attachments (question);

  if (tyto_chat_get_busy (self->chat))
    return;
  _tyto_window_keep_draft (self);
  g_set_object (&self->edited, question);
  gtk_widget_set_visible (self->edit_bar, TRUE);
  tyto_composer_clear (TYTO_COMPOSER (self->composer));
  for (guint i = 0; i < attachments->len; i++) {
    g_autoptr (TytoAttachment) copy = tyto_attachment_copy (g_ptr_array_index (attachments, i));

    tyto_composer_insert (TYTO_COMPOSER (self->composer), copy, -1);
  }
  tyto_composer_set_text (TYTO_COMPOSER (self->composer), tyto_message_get_text (question));
  _tyto_window_update_page (self);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

void
_tyto_window_edit_last (TytoWindow *self)
{
  GListModel *messages = tyto_chat_get_messages (self->chat);

  for (guint i = g_list_model_get_n_items (messages); i > 0; i--) {
    g_autoptr (TytoMessage) message = g_list_model_get_item (messages, i - 1);

    if (tyto_message_get_role (message) == TYTO_ROLE_USER) {
      _tyto_window_begin_editing (self, message);
      return;
    }
  }
}

/* Whether something can be asked now; says why not. */
static gboolean
can_ask (TytoWindow *self)
{
  if (tyto_chat_get_busy (self->chat))
    return FALSE;
  if (!tyto_services_get_problem (self->services))
    return TRUE;
  _tyto_window_toast (self, tyto_services_get_problem (self->services));
  return FALSE;
}

static void
asked (TytoWindow *self)
{
  tyto_services_conversation_used (self->services, tyto_chat_get_conversation (self->chat));
  tyto_conversation_list_select (TYTO_CONVERSATION_LIST (self->list), tyto_chat_get_conversation (self->chat));
  _tyto_window_update_page (self);
  _tyto_window_update_title (self);
  tyto_chat_view_scroll_to_end (TYTO_CHAT_VIEW (self->view));
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

void
_tyto_window_send (TytoWindow *self)
{
  g_autofree char *text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  g_autoptr (GPtrArray) attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));
  g_autofree char *instructions = NULL;
  TytoAnswerOptions options;

  if (!can_ask (self) || _tyto_window_document_holds_send (self))
    return;
  tyto_settings_get_answer_options (&options, &instructions);
  if (self->edited) {
    tyto_chat_edit (self->chat, self->edited, text, attachments, &options);
    _tyto_window_cancel_editing (self);
  } else {
    gboolean was_begun = tyto_chat_is_begun (self->chat);

    tyto_chat_send (self->chat, text, attachments, &options);
    tyto_composer_clear (TYTO_COMPOSER (self->composer));
    _tyto_window_document_sent (self);
    if (!was_begun)
      _tyto_window_forget_new_draft (self);
    _tyto_window_keep_draft (self);
  }
  asked (self);
}

void
_tyto_window_ask (TytoWindow *self, const char *text, GPtrArray *attachments)
{
  g_autofree char *instructions = NULL;
  TytoAnswerOptions options;
  int number;

  if (!can_ask (self)) {
    if (tyto_chat_get_busy (self->chat))
      _tyto_window_toast (self, _("An answer is still being written. Ask again when it is done."));
    return;
  }
  number = tyto_chat_get_next_number (self->chat, NULL);
  for (guint i = 0; i < attachments->len; i++)
    tyto_attachment_set_number (g_ptr_array_index (attachments, i), number + (int) i);
  tyto_settings_get_answer_options (&options, &instructions);
  tyto_chat_send (self->chat, text, attachments, &options);
  asked (self);
}

void
_tyto_window_stop (TytoWindow *self)
{
  if (self->chat)
    tyto_chat_stop (self->chat);
}

void
_tyto_window_again (TytoWindow *self, TytoMessage *answer)
{
  /* The most likely words are the same each time, so another answer is a varied one. */
  const TytoAnswerOptions varied = TYTO_ANSWER_VARIED;
  g_autofree char *instructions = NULL;
  TytoAnswerOptions options;

  tyto_settings_get_answer_options (&options, &instructions);
  if (options.temperature <= 0.0) {
    options.temperature = varied.temperature;
    options.top_k = varied.top_k;
  }
  tyto_chat_regenerate (self->chat, answer, &options);
}

/* A message that was deleted, with what followed from it. */
typedef struct {
  TytoChat *chat;
  GPtrArray *messages;
} MessageDeletion;

static void
undo_message (gpointer data, gpointer user_data)
{
  MessageDeletion *deletion = data;

  tyto_chat_delete_undo (deletion->chat, deletion->messages);
}

static void
finish_message (gpointer data, gpointer user_data)
{
  MessageDeletion *deletion = data;

  tyto_chat_delete_finish (deletion->chat, deletion->messages);
}

static void
message_deletion_free (gpointer data)
{
  MessageDeletion *deletion = data;

  g_object_unref (deletion->chat);
  g_ptr_array_unref (deletion->messages);
  g_free (deletion);
}

void
_tyto_window_delete_message (TytoWindow *self, TytoMessage *message)
{
  GPtrArray *messages = tyto_chat_delete_begin (self->chat, message);
  MessageDeletion *deletion;

  if (!messages)
    return;
  if (self->edited)
    _tyto_window_cancel_editing (self);
  deletion = g_new0 (MessageDeletion, 1);
  deletion->chat = g_object_ref (self->chat);
  deletion->messages = messages;
  _tyto_window_offer_undo (self, messages->len > 1 ? _("Message deleted, with what followed it") : _("Message deleted"), undo_message,
                           finish_message, deletion, message_deletion_free);
  _tyto_window_measure_soon (self, FALSE);
}
