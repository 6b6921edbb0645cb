/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-page-picker.h"
#include "ui/tyto-present.h"
#include "ui/tyto-unlock.h"

#include <glib/gi18n.h>

void
_tyto_window_attachment_ready (TytoWindow *self, TytoAttachment *attachment)
{
  tyto_engine_read_ahead (tyto_services_get_engine (self->services), attachment);
  _tyto_window_measure_soon (self, TRUE);
}

void
_tyto_window_composer_changed (TytoWindow *self)
{
  _tyto_window_draft_changed (self);
  _tyto_window_document_question_changed (self);
  _tyto_window_measure_soon (self, FALSE);
}

/* An attachment that was taken out, and where it stood. */
typedef struct {
  TytoWindow *window;
  TytoChat *chat;
  TytoAttachment *attachment;
  int index;
} Removal;

static void
undo_removal (gpointer data, gpointer user_data)
{
  Removal *removal = data;

  if (removal->window->chat == removal->chat)
    tyto_composer_insert (TYTO_COMPOSER (removal->window->composer), removal->attachment, removal->index);
}

static void
removal_free (gpointer data)
{
  Removal *removal = data;

  g_object_unref (removal->window);
  g_object_unref (removal->chat);
  g_object_unref (removal->attachment);
  g_free (removal);
}

void
_tyto_window_attachment_removed (TytoWindow *self, TytoAttachment *attachment, int index)
{
  Removal *removal = g_new0 (Removal, 1);
  g_autofree char *text = g_strdup_printf (_("%s removed"), tyto_attachment_get_name (attachment));

  removal->window = g_object_ref (self);
  removal->chat = g_object_ref (self->chat);
  removal->attachment = g_object_ref (attachment);
  removal->index = index;
  _tyto_window_document_removed (self, attachment);
  _tyto_window_offer_undo (self, text, undo_removal, NULL, removal, removal_free);
}

static void
pages_chosen (TytoWindow *self, GArray *pages, TytoPagePicker *picker)
{
  _tyto_window_document_chosen (self, tyto_page_picker_get_blob (picker));
  for (guint i = 0; i < pages->len; i++) {
    int page = g_array_index (pages, int, i);
    g_autofree char *label = tyto_page_picker_get_label (picker, page);

    TytoAttachment *attachment = tyto_composer_attach_page (TYTO_COMPOSER (self->composer), tyto_page_picker_get_blob (picker),
                                                            tyto_page_picker_get_name (picker), page, label);

    if (tyto_page_picker_get_detail (picker) != OWL_DETAIL_DEFAULT)
      tyto_attachment_set_detail (attachment, tyto_page_picker_get_detail (picker));
  }
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

static void
unlocked (gpointer data, const TytoImport *import, const char *problem)
{
  TytoWindow *self = data;

  if (import) {
    _tyto_window_document_unlocked (self, import->blob);
    _tyto_window_choose_pages (self, import);
  } else if (problem) {
    _tyto_window_toast (self, problem);
  }
}

void
_tyto_window_choose_pages (TytoWindow *self, const TytoImport *import)
{
  TytoPagePicker *picker;
  g_autoptr (GtkBitset) pages = NULL;

  if (import->is_locked) {
    tyto_unlock (GTK_WINDOW (self), tyto_services_get_documents (self->services), import, unlocked, G_OBJECT (self));
    return;
  }
  if (import->n_pages == 1) {
    tyto_composer_attach_page (TYTO_COMPOSER (self->composer), import->blob, import->name, 0, NULL);
    return;
  }
  pages = _tyto_window_document_get_pages (self, import->blob);
  picker = tyto_page_picker_new (GTK_WINDOW (self), self->services, import, pages);
  g_signal_connect_object (picker, "chosen", G_CALLBACK (pages_chosen), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (picker, "whole", G_CALLBACK (_tyto_window_take_document), self, G_CONNECT_SWAPPED);
  tyto_present (GTK_WINDOW (picker));
}

/* The pictures of the chat, each once, for attaching them again. */
void
_tyto_window_gather_earlier (TytoWindow *self, GPtrArray **earlier)
{
  GListModel *messages = tyto_chat_get_messages (self->chat);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  *earlier = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < g_list_model_get_n_items (messages); i++) {
    g_autoptr (TytoMessage) message = g_list_model_get_item (messages, i);
    GPtrArray *attachments = tyto_message_get_attachments (message);

    for (guint j = 0; j < attachments->len; j++) {
      TytoAttachment *attachment = g_ptr_array_index (attachments, j);
      char *id = g_strdup_printf ("%s:%d", tyto_attachment_get_blob (attachment), tyto_attachment_get_page (attachment));

      if (tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_READY && g_hash_table_add (seen, id))
        g_ptr_array_add (*earlier, g_object_ref (attachment));
    }
  }
}

void
_tyto_window_ask_sample (TytoWindow *self, TytoSample *sample)
{
  g_autofree char *text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  gboolean begun = *text || tyto_composer_has_attachments (TYTO_COMPOSER (self->composer));

  for (guint i = 0; i < sample->paths->len; i++) {
    g_autoptr (GFile) file = g_file_new_for_path (g_ptr_array_index (sample->paths, i));

    tyto_composer_attach_file (TYTO_COMPOSER (self->composer), file);
  }
  if (!*text)
    tyto_composer_set_text (TYTO_COMPOSER (self->composer), sample->question);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
  /* What somebody has begun to write is not sent along with it. */
  if (!begun)
    tyto_composer_send (TYTO_COMPOSER (self->composer));
}

void
tyto_window_attach (TytoWindow *self, GFile *const *files, int n_files)
{
  for (int i = 0; i < n_files; i++)
    if (!_tyto_window_import_model (self, files[i]))
      tyto_composer_attach_file (TYTO_COMPOSER (self->composer), files[i]);
}
