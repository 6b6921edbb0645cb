/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include <string.h>

/* A change is saved after this long: what a crash can cost. */
#define DELAY_MS 300

/* Where the draft of the open chat is kept: with its conversation, or with the one that has not begun. */
static TytoConversation *
keeper (TytoWindow *self)
{
  return tyto_chat_is_begun (self->chat) ? tyto_chat_get_conversation (self->chat) : tyto_services_get_new_draft (self->services);
}

/* The draft holds its own state of an attachment, so that a change of how it is sent is seen. */
static gboolean
same_attachment (TytoAttachment *a, TytoAttachment *b)
{
  OwlRegion x = { 0 }, y = { 0 };
  gboolean parts = tyto_attachment_get_region (a, &x) == tyto_attachment_get_region (b, &y);

  return parts && memcmp (&x, &y, sizeof x) == 0 && g_strcmp0 (tyto_attachment_get_blob (a), tyto_attachment_get_blob (b)) == 0 &&
         tyto_attachment_get_page (a) == tyto_attachment_get_page (b) && tyto_attachment_get_detail (a) == tyto_attachment_get_detail (b) &&
         tyto_attachment_get_send (a) == tyto_attachment_get_send (b);
}

static gboolean
same_attachments (GPtrArray *a, GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    TytoAttachment *x = g_ptr_array_index (a, i), *y = g_ptr_array_index (b, i);

    if (!same_attachment (x, y))
      return FALSE;
  }
  return TRUE;
}

static GPtrArray *
copy_attachments (GPtrArray *attachments)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < attachments->len; i++)
    g_ptr_array_add (copies, tyto_attachment_copy (g_ptr_array_index (attachments, i)));
  return copies;
}

void
_tyto_window_keep_draft (TytoWindow *self)
{
  TytoConversation *conversation;
  g_autoptr (GPtrArray) attachments = NULL, copies = NULL;
  g_autoptr (TytoDraftDocument) document = NULL;
  g_autofree char *text = NULL;

  g_clear_handle_id (&self->draft_timer, g_source_remove);
  /* A question being edited is no draft. */
  if (!self->chat || self->edited)
    return;
  conversation = keeper (self);
  text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  attachments = tyto_composer_get_kept_attachments (TYTO_COMPOSER (self->composer));
  document = _tyto_window_document_get_kept (self);
  if (g_strcmp0 (text, tyto_conversation_get_draft (conversation)) == 0 &&
      same_attachments (attachments, tyto_conversation_get_draft_attachments (conversation)) &&
      tyto_draft_document_equal (document, tyto_conversation_get_draft_document (conversation)))
    return;
  tyto_conversation_set_draft (conversation, text);
  copies = copy_attachments (attachments);
  tyto_conversation_set_draft_attachments (conversation, copies);
  tyto_conversation_set_draft_document (conversation, document);
  tyto_store_save_conversation (tyto_services_get_store (self->services), conversation);
}

static gboolean
time_over (gpointer window)
{
  TytoWindow *self = window;

  self->draft_timer = 0;
  _tyto_window_keep_draft (self);
  return G_SOURCE_REMOVE;
}

void
_tyto_window_draft_changed (TytoWindow *self)
{
  if (self->draft_timer == 0)
    self->draft_timer = g_timeout_add (DELAY_MS, time_over, self);
}

void
_tyto_window_show_draft (TytoWindow *self)
{
  TytoConversation *conversation = keeper (self);
  const char *draft = tyto_conversation_get_draft (conversation);
  g_autoptr (GPtrArray) attachments = copy_attachments (tyto_conversation_get_draft_attachments (conversation));

  for (guint i = 0; i < attachments->len; i++) {
    TytoAttachment *attachment = g_ptr_array_index (attachments, i);

    tyto_composer_insert (TYTO_COMPOSER (self->composer), attachment, -1);
    /* What could not be read the last time may be readable now. */
    tyto_documents_load_again (tyto_services_get_documents (self->services), attachment, tyto_attachment_get_blob (attachment));
  }
  if (draft && *draft)
    tyto_composer_set_text (TYTO_COMPOSER (self->composer), draft);
  _tyto_window_document_restore (self, tyto_conversation_get_draft_document (conversation));
}

void
_tyto_window_forget_new_draft (TytoWindow *self)
{
  TytoConversation *draft = tyto_services_get_new_draft (self->services);
  g_autoptr (GPtrArray) nothing = g_ptr_array_new_with_free_func (g_object_unref);

  tyto_conversation_set_draft (draft, "");
  tyto_conversation_set_draft_attachments (draft, nothing);
  tyto_conversation_set_draft_document (draft, NULL);
  tyto_store_save_conversation (tyto_services_get_store (self->services), draft);
}
