/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-compare.h"
#include "ui/tyto-present.h"
#include "ui/tyto-seen.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-viewer.h"

#include <glib/gi18n.h>
#include <string.h>

/* All pictures that can be looked at, those of the question being written last. */
static GPtrArray *
gather_attachments (TytoWindow *self)
{
  GListModel *messages = tyto_chat_get_messages (self->chat);
  GPtrArray *all = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) written = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));

  for (guint i = 0; i < g_list_model_get_n_items (messages); i++) {
    g_autoptr (TytoMessage) message = g_list_model_get_item (messages, i);
    GPtrArray *attachments = tyto_message_get_attachments (message);

    for (guint j = 0; j < attachments->len; j++)
      if (tyto_attachment_get_state (g_ptr_array_index (attachments, j)) == TYTO_ATTACHMENT_READY)
        g_ptr_array_add (all, g_object_ref (g_ptr_array_index (attachments, j)));
  }
  for (guint i = 0; i < written->len; i++)
    g_ptr_array_add (all, g_object_ref (g_ptr_array_index (written, i)));
  return all;
}

static void
ask_part (TytoWindow *self, TytoAttachment *part, const char *question)
{
  g_autoptr (GPtrArray) attachments = g_ptr_array_new ();

  g_ptr_array_add (attachments, part);
  _tyto_window_ask (self, question, attachments);
}

/* A part is new; anything else is in the conversation already and comes again. */
static void
attach (TytoWindow *self, TytoAttachment *attachment)
{
  if (tyto_attachment_get_number (attachment) > 0) {
    g_autoptr (TytoAttachment) copy = tyto_attachment_copy (attachment);

    tyto_composer_insert (TYTO_COMPOSER (self->composer), copy, -1);
  } else if (tyto_attachment_get_page (attachment) >= 0 && !tyto_attachment_get_region (attachment, &(OwlRegion){ 0 })) {
    tyto_composer_attach_page (TYTO_COMPOSER (self->composer), tyto_attachment_get_blob (attachment), tyto_attachment_get_name (attachment),
                               tyto_attachment_get_page (attachment), tyto_attachment_get_page_label (attachment));
  } else {
    tyto_composer_insert (TYTO_COMPOSER (self->composer), attachment, -1);
  }
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

static void
ask_both (TytoWindow *self, TytoAttachment *left, TytoAttachment *right, const char *question)
{
  g_autoptr (GPtrArray) attachments = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_add (attachments, tyto_attachment_copy (left));
  g_ptr_array_add (attachments, tyto_attachment_copy (right));
  _tyto_window_ask (self, question, attachments);
}

static void
attach_both (TytoWindow *self, TytoAttachment *left, TytoAttachment *right)
{
  attach (self, left);
  attach (self, right);
}

static void
compare (TytoWindow *self, TytoAttachment *attachment)
{
  g_autoptr (GPtrArray) all = gather_attachments (self);
  TytoCompare *window;
  guint left, right;

  /* A page that was only leafed to stands beside those of the conversation. */
  if (!g_ptr_array_find (all, attachment, &left)) {
    g_ptr_array_add (all, g_object_ref (attachment));
    left = all->len - 1;
  }
  if (all->len < 2) {
    _tyto_window_toast (self, _("There is no second picture in this chat to compare with."));
    return;
  }
  /* With the next one, in the order of the conversation; the last one with the one before. */
  left = MIN (left, all->len - 2);
  right = left + 1;
  window = tyto_compare_new (GTK_WINDOW (self), tyto_services_get_documents (self->services), all, left, right);
  g_signal_connect_object (window, "ask", G_CALLBACK (ask_both), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "attach", G_CALLBACK (attach_both), self, G_CONNECT_SWAPPED);
  tyto_present (GTK_WINDOW (window));
}

static TytoViewer *
open_viewer (TytoWindow *self, GPtrArray *all, guint index)
{
  TytoViewer *viewer = tyto_viewer_new (GTK_WINDOW (self), self->services, all, index);

  g_signal_connect_object (viewer, "ask", G_CALLBACK (ask_part), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (viewer, "attach", G_CALLBACK (attach), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (viewer, "compare", G_CALLBACK (compare), self, G_CONNECT_SWAPPED);
  tyto_present (GTK_WINDOW (viewer));
  return viewer;
}

void
_tyto_window_view_attachment (TytoWindow *self, TytoAttachment *attachment)
{
  g_autoptr (GPtrArray) all = gather_attachments (self);
  guint index;

  if (g_ptr_array_find (all, attachment, &index))
    open_viewer (self, all, index);
}

/* The last picture that was there when the answer was written. */
static gboolean
find_picture_before (GPtrArray *all, GPtrArray *path, guint *index)
{
  for (guint i = path->len; i > 0; i--) {
    GPtrArray *attachments = tyto_message_get_attachments (g_ptr_array_index (path, i - 1));

    for (guint j = 0; j < attachments->len; j++)
      if (g_ptr_array_find (all, g_ptr_array_index (attachments, j), index))
        return TRUE;
  }
  return FALSE;
}

void
_tyto_window_look (TytoWindow *self, TytoMessage *answer, const char *words)
{
  g_autoptr (GPtrArray) all = gather_attachments (self), path = tyto_chat_get_path_to (self->chat, answer);
  const char *text = tyto_message_get_text (answer), *at = words && *words ? strstr (text, words) : NULL;
  guint index;

  if (!find_picture_before (all, path, &index)) {
    _tyto_window_toast (self, _("The model saw no picture for this answer."));
    return;
  }
  tyto_viewer_look (open_viewer (self, all, index), self->chat, answer, at ? (gsize) (at - text) : 0, at ? strlen (words) : 0);
}

void
_tyto_window_show_seen (TytoWindow *self, TytoMessage *message)
{
  g_autoptr (GPtrArray) path = tyto_chat_get_path_to (self->chat, message);
  g_autofree char *instructions = NULL;
  TytoAnswerOptions options;

  /* An answer shows what its question gave to the model. */
  if (tyto_message_get_role (message) == TYTO_ROLE_ASSISTANT)
    g_ptr_array_remove_index (path, path->len - 1);
  if (path->len == 0)
    return;
  tyto_settings_get_answer_options (&options, &instructions);
  tyto_present (GTK_WINDOW (tyto_seen_new (GTK_WINDOW (self), tyto_services_get_engine (self->services), path, &options,
                                                 tyto_message_get_model (message))));
}
