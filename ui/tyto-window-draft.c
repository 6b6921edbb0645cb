/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

/* Typing pauses this long before a draft is saved. */
#define PAUSE_MS 1000

void
_tyto_window_keep_draft (TytoWindow *self)
{
  TytoConversation *conversation;
  g_autofree char *text = NULL;

  g_clear_handle_id (&self->draft_timer, g_source_remove);
  /* A conversation begins with its first question; and a question being edited is no draft. */
  if (!self->chat || self->edited || tyto_chat_is_empty (self->chat))
    return;
  conversation = tyto_chat_get_conversation (self->chat);
  text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  if (g_strcmp0 (text, tyto_conversation_get_draft (conversation)) == 0)
    return;
  tyto_conversation_set_draft (conversation, text);
  tyto_store_save_conversation (tyto_services_get_store (self->services), conversation);
}

static gboolean
pause_over (gpointer window)
{
  TytoWindow *self = window;

  self->draft_timer = 0;
  _tyto_window_keep_draft (self);
  return G_SOURCE_REMOVE;
}

void
_tyto_window_draft_changed (TytoWindow *self)
{
  g_clear_handle_id (&self->draft_timer, g_source_remove);
  self->draft_timer = g_timeout_add (PAUSE_MS, pause_over, self);
}

void
_tyto_window_show_draft (TytoWindow *self)
{
  const char *draft = tyto_conversation_get_draft (tyto_chat_get_conversation (self->chat));

  if (draft && *draft)
    tyto_composer_set_text (TYTO_COMPOSER (self->composer), draft);
}
