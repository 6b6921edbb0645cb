/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "app/documents/tyto-samples.h"
#include "app/models/tyto-models.h"
#include "ui/tyto-chat-view.h"
#include "ui/tyto-conversation-list.h"
#include "ui/tyto-empty.h"
#include "ui/tyto-page-picker.h"
#include "ui/tyto-search.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-viewer.h"

#include <glib/gi18n.h>

#define SIDE_WIDTH 270
#define FOLD_WIDTH 700
#define COLUMN_WIDTH 740
#define UNDO_SECONDS 10

G_DEFINE_FINAL_TYPE (TytoWindow, tyto_window, ADW_TYPE_APPLICATION_WINDOW)

static void open_chat (TytoWindow *self, TytoConversation *conversation, gboolean is_new);

void
_tyto_window_toast (TytoWindow *self, const char *text)
{
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), adw_toast_new (text));
}

/* What happens with something that can be put back, until its toast goes. */
typedef struct {
  GFunc undo, finish;
  gpointer data;
  GDestroyNotify destroy;
  gboolean settled;
} Undo;

static void
undo_clicked (AdwToast *toast, Undo *undo)
{
  if (undo->settled)
    return;
  undo->settled = TRUE;
  undo->undo (undo->data, NULL);
}

/* The toast is gone, or the window with it. */
static void
undo_free (gpointer data, GClosure *closure)
{
  Undo *undo = data;

  if (!undo->settled && undo->finish)
    undo->finish (undo->data, NULL);
  if (undo->destroy)
    undo->destroy (undo->data);
  g_free (undo);
}

void
_tyto_window_offer_undo (TytoWindow *self, const char *text, GFunc func, GFunc finish, gpointer data, GDestroyNotify destroy)
{
  AdwToast *toast = adw_toast_new (text);
  Undo *undo = g_new0 (Undo, 1);

  undo->undo = func;
  undo->finish = finish;
  undo->data = data;
  undo->destroy = destroy;
  adw_toast_set_button_label (toast, _("_Undo"));
  adw_toast_set_timeout (toast, UNDO_SECONDS);
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (undo_clicked), undo, undo_free, 0);
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), toast);
}

/* Title and subtitle follow the conversation and the model. */
static void
update_title (TytoWindow *self)
{
  TytoEngine *engine = tyto_services_get_engine (self->services);
  const char *title = self->chat ? tyto_conversation_get_title (tyto_chat_get_conversation (self->chat)) : "";
  const char *path = tyto_services_get_model_path (self->services), *name = tyto_engine_get_model_name (engine);
  g_autofree char *subtitle = NULL;

  switch (tyto_engine_get_state (engine)) {
  case TYTO_ENGINE_LOADING:
    subtitle = g_strdup_printf (_("Loading the model, %.0f %%"), tyto_engine_get_progress (engine) * 100.0);
    break;
  case TYTO_ENGINE_READY:
    subtitle = g_strdup (tyto_models_is_starter (path) ? _("Starter model") : name);
    break;
  case TYTO_ENGINE_NONE:
  case TYTO_ENGINE_FAILED:
  default:
    subtitle = g_strdup (_("No model"));
  }
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title), *title ? title : _("New chat"));
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title), subtitle);
}

/* What is wrong and what to do about it, above everything, until it is right. */
static void
update_banner (TytoWindow *self)
{
  TytoEngine *engine = tyto_services_get_engine (self->services);
  const char *text = tyto_services_get_problem (self->services);
  g_autofree char *failed = NULL;

  if (!text && !tyto_services_get_model_path (self->services))
    text = _("No model was found. Install Tyto again, or set TYTO_MODEL to a model folder.");
  else if (!text && tyto_engine_get_state (engine) == TYTO_ENGINE_FAILED)
    text = failed = g_strdup_printf (_("The model could not be loaded: %s"), tyto_engine_get_error (engine));
  gtk_label_set_text (GTK_LABEL (self->banner_label), text ? text : "");
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->banner), text != NULL);
}

static void
engine_changed (TytoWindow *self)
{
  update_title (self);
  update_banner (self);
  _tyto_window_measure_soon (self, TRUE);
}

static void
update_page (TytoWindow *self)
{
  gboolean empty = !self->chat || g_list_model_get_n_items (tyto_chat_get_messages (self->chat)) == 0;

  gtk_stack_set_visible_child (GTK_STACK (self->stack), empty ? self->empty : self->view);
  tyto_composer_set_first_number (TYTO_COMPOSER (self->composer), self->chat ? tyto_chat_get_next_number (self->chat, self->edited) : 1);
}

static void
busy_changed (TytoWindow *self)
{
  gboolean busy = self->chat && tyto_chat_get_busy (self->chat);

  tyto_composer_set_busy (TYTO_COMPOSER (self->composer), busy);
  if (!busy)
    _tyto_window_measure_soon (self, FALSE);
}

static void
leave_editing (TytoWindow *self)
{
  if (!self->edited)
    return;
  g_clear_object (&self->edited);
  gtk_widget_set_visible (self->edit_bar, FALSE);
  tyto_composer_clear (TYTO_COMPOSER (self->composer));
}

/* What was being written before comes back. */
static void
cancel_editing (TytoWindow *self)
{
  leave_editing (self);
  _tyto_window_show_draft (self);
  update_page (self);
}

static void
begin_editing (TytoWindow *self, TytoMessage *question)
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
  update_page (self);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

static void
edit_last (TytoWindow *self)
{
  GListModel *messages = tyto_chat_get_messages (self->chat);

  for (guint i = g_list_model_get_n_items (messages); i > 0; i--) {
    g_autoptr (TytoMessage) message = g_list_model_get_item (messages, i - 1);

    if (tyto_message_get_role (message) == TYTO_ROLE_USER) {
      begin_editing (self, message);
      return;
    }
  }
}

static void
send (TytoWindow *self)
{
  g_autofree char *text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  g_autoptr (GPtrArray) attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));
  g_autofree char *instructions = NULL;
  TytoAnswerOptions options;

  tyto_settings_get_answer_options (&options, &instructions);
  if (tyto_chat_get_busy (self->chat))
    return;
  if (tyto_services_get_problem (self->services)) {
    _tyto_window_toast (self, tyto_services_get_problem (self->services));
    return;
  }
  if (self->edited) {
    tyto_chat_edit (self->chat, self->edited, text, attachments, &options);
    cancel_editing (self);
  } else {
    gboolean was_begun = tyto_chat_is_begun (self->chat);

    tyto_chat_send (self->chat, text, attachments, &options);
    tyto_composer_clear (TYTO_COMPOSER (self->composer));
    if (!was_begun)
      _tyto_window_forget_new_draft (self);
    _tyto_window_keep_draft (self);
  }
  tyto_services_conversation_used (self->services, tyto_chat_get_conversation (self->chat));
  tyto_conversation_list_select (TYTO_CONVERSATION_LIST (self->list), tyto_chat_get_conversation (self->chat));
  update_page (self);
  update_title (self);
  tyto_chat_view_scroll_to_end (TYTO_CHAT_VIEW (self->view));
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

static void
stop (TytoWindow *self)
{
  if (self->chat)
    tyto_chat_stop (self->chat);
}

static void
again (TytoWindow *self, TytoMessage *answer)
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

static void
attachment_ready (TytoWindow *self, TytoAttachment *attachment)
{
  tyto_engine_read_ahead (tyto_services_get_engine (self->services), attachment);
  _tyto_window_measure_soon (self, TRUE);
}

static void
composer_changed (TytoWindow *self)
{
  _tyto_window_draft_changed (self);
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

static void
attachment_removed (TytoWindow *self, TytoAttachment *attachment, int index)
{
  Removal *removal = g_new0 (Removal, 1);
  g_autofree char *text = g_strdup_printf (_("%s removed"), tyto_attachment_get_name (attachment));

  removal->window = g_object_ref (self);
  removal->chat = g_object_ref (self->chat);
  removal->attachment = g_object_ref (attachment);
  removal->index = index;
  _tyto_window_offer_undo (self, text, undo_removal, NULL, removal, removal_free);
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

static void
delete_message (TytoWindow *self, TytoMessage *message)
{
  GPtrArray *messages = tyto_chat_delete_begin (self->chat, message);
  MessageDeletion *deletion;

  if (!messages)
    return;
  if (self->edited)
    cancel_editing (self);
  deletion = g_new0 (MessageDeletion, 1);
  deletion->chat = g_object_ref (self->chat);
  deletion->messages = messages;
  _tyto_window_offer_undo (self, messages->len > 1 ? _("Message deleted, with what followed it") : _("Message deleted"), undo_message,
                           finish_message, deletion, message_deletion_free);
  _tyto_window_measure_soon (self, FALSE);
}

static void
pages_chosen (TytoWindow *self, GArray *pages, TytoPagePicker *picker)
{
  for (guint i = 0; i < pages->len; i++) {
    int page = g_array_index (pages, int, i);
    g_autofree char *label = tyto_page_picker_get_label (picker, page);

    tyto_composer_attach_page (TYTO_COMPOSER (self->composer), tyto_page_picker_get_blob (picker), tyto_page_picker_get_name (picker), page, label);
  }
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

static void
choose_pages (TytoWindow *self, const TytoImport *import)
{
  TytoPagePicker *picker;

  if (import->n_pages == 1) {
    tyto_composer_attach_page (TYTO_COMPOSER (self->composer), import->blob, import->name, 0, NULL);
    return;
  }
  picker = tyto_page_picker_new (GTK_WINDOW (self), tyto_services_get_documents (self->services), tyto_services_get_store (self->services), import);
  g_signal_connect_object (picker, "chosen", G_CALLBACK (pages_chosen), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (picker));
}

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

/* The pictures of the chat, each once, for attaching them again. */
static void
gather_earlier (TytoWindow *self, GPtrArray **earlier)
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

static void
view_attachment (TytoWindow *self, TytoAttachment *attachment)
{
  g_autoptr (GPtrArray) all = gather_attachments (self);
  guint index;

  if (g_ptr_array_find (all, attachment, &index))
    gtk_window_present (GTK_WINDOW (tyto_viewer_new (GTK_WINDOW (self), tyto_services_get_documents (self->services), all, index)));
}

static void
ask_sample (TytoWindow *self, TytoSample *sample)
{
  for (guint i = 0; i < sample->paths->len; i++) {
    g_autoptr (GFile) file = g_file_new_for_path (g_ptr_array_index (sample->paths, i));

    tyto_composer_attach_file (TYTO_COMPOSER (self->composer), file);
  }
  tyto_composer_set_text (TYTO_COMPOSER (self->composer), sample->question);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

void
tyto_window_attach (TytoWindow *self, GFile *const *files, int n_files)
{
  for (int i = 0; i < n_files; i++)
    tyto_composer_attach_file (TYTO_COMPOSER (self->composer), files[i]);
}

static void
files_chosen (GtkNativeDialog *dialog, int response, TytoWindow *self)
{
  if (response == GTK_RESPONSE_ACCEPT) {
    g_autoptr (GListModel) files = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (dialog));

    for (guint i = 0; i < g_list_model_get_n_items (files); i++) {
      g_autoptr (GFile) file = g_list_model_get_item (files, i);

      tyto_composer_attach_file (TYTO_COMPOSER (self->composer), file);
    }
  }
  g_object_unref (dialog);
}

static void
attach_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (_("Attach pictures or PDF pages"), GTK_WINDOW (widget),
                                                              GTK_FILE_CHOOSER_ACTION_OPEN, _("_Attach"), _("_Cancel"));
  GtkFileFilter *filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("Pictures and PDF documents"));
  gtk_file_filter_add_mime_type (filter, "image/*");
  gtk_file_filter_add_mime_type (filter, "application/pdf");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  g_object_unref (filter);
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (dialog), TRUE);
  g_signal_connect (dialog, "response", G_CALLBACK (files_chosen), widget);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
screenshot_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  _tyto_window_take_screenshot (TYTO_WINDOW (widget));
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
static void
close_chat (TytoWindow *self)
{
  if (!self->chat)
    return;
  leave_editing (self);
  _tyto_window_keep_draft (self);
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
  close_chat (self);
  tyto_composer_clear (TYTO_COMPOSER (self->composer));
  self->chat = take_running (self, conversation);
  was_running = self->chat != NULL;
  if (!was_running)
    self->chat = tyto_chat_new (tyto_services_get_store (self->services), tyto_services_get_documents (self->services),
                                tyto_services_get_engine (self->services), conversation, is_new);
  g_signal_connect_swapped (self->chat, "notify::busy", G_CALLBACK (busy_changed), self);
  g_signal_connect_swapped (conversation, "notify::title", G_CALLBACK (update_title), self);
  tyto_chat_view_set_chat (TYTO_CHAT_VIEW (self->view), self->chat);
  g_signal_connect_swapped (tyto_chat_get_messages (self->chat), "items-changed", G_CALLBACK (update_page), self);
  if (!is_new && !was_running)
    tyto_chat_load_async (self->chat, chat_loaded, g_object_ref (self));
  _tyto_window_show_draft (self);
  busy_changed (self);
  update_page (self);
  update_title (self);
  tyto_conversation_list_select (TYTO_CONVERSATION_LIST (self->list), is_new ? NULL : conversation);
  if (adw_flap_get_folded (ADW_FLAP (self->flap)))
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
}

static void
conversation_opened (TytoWindow *self, TytoConversation *conversation)
{
  open_chat (self, conversation, FALSE);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

static void
search_opened (TytoWindow *self, gint64 id, gint64 message)
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
    return;
  }
}

static void
search_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  TytoWindow *self = TYTO_WINDOW (widget);

  adw_flap_set_reveal_flap (ADW_FLAP (self->flap), TRUE);
  tyto_search_begin (TYTO_SEARCH (self->search));
}

static void
new_chat (TytoWindow *self)
{
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());

  open_chat (self, conversation, TRUE);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
}

static void
new_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  new_chat (TYTO_WINDOW (widget));
}

static void
stop_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  TytoWindow *self = TYTO_WINDOW (widget);

  if (self->edited)
    cancel_editing (self);
  else
    stop (self);
}

static void
side_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  AdwFlap *flap = ADW_FLAP (TYTO_WINDOW (widget)->flap);

  adw_flap_set_reveal_flap (flap, !adw_flap_get_reveal_flap (flap));
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

static void
conversation_deleted (TytoWindow *self, TytoConversation *conversation)
{
  Deletion *deletion = g_new0 (Deletion, 1);

  deletion->services = g_object_ref (self->services);
  deletion->conversation = g_object_ref (conversation);
  if (self->chat && tyto_chat_get_conversation (self->chat) == conversation) {
    tyto_chat_stop (self->chat);
    new_chat (self);
  }
  for (guint i = 0; i < self->running->len; i++)
    if (tyto_chat_get_conversation (g_ptr_array_index (self->running, i)) == conversation)
      tyto_chat_stop (g_ptr_array_index (self->running, i));
  tyto_services_delete_begin (self->services, conversation);
  _tyto_window_offer_undo (self, _("Chat deleted"), undo_delete, finish_delete, deletion, deletion_free);
}

/* All chats were deleted: nothing of them is shown or written any more. */
static void
emptied (TytoWindow *self)
{
  for (guint i = 0; i < self->running->len; i++)
    tyto_chat_stop (g_ptr_array_index (self->running, i));
  if (self->chat)
    tyto_chat_stop (self->chat);
  tyto_composer_clear (TYTO_COMPOSER (self->composer));
  new_chat (self);
}

static void
conversation_changed (TytoWindow *self, TytoConversation *conversation)
{
  tyto_services_conversation_changed (self->services, conversation);
  if (self->chat)
    tyto_conversation_list_select (TYTO_CONVERSATION_LIST (self->list), tyto_chat_get_conversation (self->chat));
}

/* The side pane folds when the window is narrow. Done after the allocation, which must not change what it allocates. */
static gboolean
fold (gpointer data)
{
  TytoWindow *self = data;
  gboolean narrow = gtk_widget_get_width (GTK_WIDGET (self)) < FOLD_WIDTH;
  AdwFlapFoldPolicy policy = narrow ? ADW_FLAP_FOLD_POLICY_ALWAYS : ADW_FLAP_FOLD_POLICY_NEVER;

  if (adw_flap_get_fold_policy (ADW_FLAP (self->flap)) != policy) {
    adw_flap_set_fold_policy (ADW_FLAP (self->flap), policy);
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), !narrow);
  }
  return G_SOURCE_REMOVE;
}

static void
tyto_window_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  TytoWindow *self = TYTO_WINDOW (widget);
  AdwFlapFoldPolicy policy = width < FOLD_WIDTH ? ADW_FLAP_FOLD_POLICY_ALWAYS : ADW_FLAP_FOLD_POLICY_NEVER;

  GTK_WIDGET_CLASS (tyto_window_parent_class)->size_allocate (widget, width, height, baseline);
  if (self->flap && adw_flap_get_fold_policy (ADW_FLAP (self->flap)) != policy)
    g_idle_add_full (G_PRIORITY_HIGH_IDLE, fold, g_object_ref (self), g_object_unref);
}

static void
tyto_window_dispose (GObject *object)
{
  TytoWindow *self = TYTO_WINDOW (object);

  if (self->services) {
    close_chat (self);
    g_clear_handle_id (&self->cost_timer, g_source_remove);
    for (guint i = 0; i < self->running->len; i++) {
      g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->running, i), self);
      tyto_chat_close (g_ptr_array_index (self->running, i));
    }
    g_ptr_array_set_size (self->running, 0);
    g_signal_handlers_disconnect_by_data (tyto_services_get_engine (self->services), self);
    g_signal_handlers_disconnect_by_data (self->services, self);
  }
  self->flap = NULL;
  g_clear_object (&self->edited);
  g_clear_object (&self->services);
  g_clear_pointer (&self->samples, g_ptr_array_unref);
  g_clear_pointer (&self->running, g_ptr_array_unref);
  G_OBJECT_CLASS (tyto_window_parent_class)->dispose (object);
}

static void
tyto_window_class_init (TytoWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_window_dispose;
  widget_class->size_allocate = tyto_window_size_allocate;
  gtk_widget_class_install_action (widget_class, "win.attach", NULL, attach_action);
  gtk_widget_class_install_action (widget_class, "win.search", NULL, search_action);
  gtk_widget_class_install_action (widget_class, "win.screenshot", NULL, screenshot_action);
  gtk_widget_class_install_action (widget_class, "win.new-chat", NULL, new_action);
  gtk_widget_class_install_action (widget_class, "win.stop", NULL, stop_action);
  gtk_widget_class_install_action (widget_class, "win.side-pane", NULL, side_action);
}

static void
tyto_window_init (TytoWindow *self)
{
  self->running = g_ptr_array_new_with_free_func (g_object_unref);
}

static GtkWidget *
icon_button (const char *icon, const char *label, const char *action)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  return button;
}

static GtkWidget *
build_menu (void)
{
  GtkWidget *button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new ();

  if (tyto_settings_get ())
    g_menu_append (menu, _("_Preferences"), "app.preferences");
  g_menu_append (menu, _("_Keyboard shortcuts"), "app.shortcuts");
  g_menu_append (menu, _("_About Tyto"), "app.about");
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "open-menu-symbolic");
  gtk_menu_button_set_primary (GTK_MENU_BUTTON (button), TRUE);
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  gtk_widget_set_tooltip_text (button, _("Main menu"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Main menu"), -1);
  return button;
}

static GtkWidget *
build_side (TytoWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new ();

  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("Tyto"), NULL));
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), icon_button ("list-add-symbolic", _("New chat"), "win.new-chat"));
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), build_menu ());
  self->list = tyto_conversation_list_new (tyto_services_get_conversations (self->services));
  gtk_widget_set_vexpand (self->list, TRUE);
  g_signal_connect_swapped (self->list, "opened", G_CALLBACK (conversation_opened), self);
  g_signal_connect_swapped (self->list, "changed", G_CALLBACK (conversation_changed), self);
  g_signal_connect_swapped (self->list, "deleted", G_CALLBACK (conversation_deleted), self);
  gtk_widget_add_css_class (box, "side-pane");
  gtk_widget_set_size_request (box, SIDE_WIDTH, -1);
  gtk_box_append (GTK_BOX (box), header);
  self->search = tyto_search_new (tyto_services_get_store (self->services), self->list);
  g_signal_connect_swapped (self->search, "opened", G_CALLBACK (search_opened), self);
  gtk_box_append (GTK_BOX (box), self->search);
  return box;
}

static GtkWidget *
build_composer (TytoWindow *self)
{
  GtkWidget *clamp = adw_clamp_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *cancel = gtk_button_new_with_label (_("Cancel"));
  GtkWidget *label = gtk_label_new (_("Editing an earlier question"));

  self->edit_bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  gtk_widget_add_css_class (label, "quiet");
  gtk_widget_set_hexpand (label, TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (cancel, "flat");
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (cancel_editing), self);
  gtk_box_append (GTK_BOX (self->edit_bar), label);
  gtk_box_append (GTK_BOX (self->edit_bar), cancel);
  gtk_widget_set_visible (self->edit_bar, FALSE);

  self->composer = tyto_composer_new (tyto_services_get_documents (self->services));
  g_signal_connect_swapped (self->composer, "send", G_CALLBACK (send), self);
  g_signal_connect_swapped (self->composer, "stop", G_CALLBACK (stop), self);
  g_signal_connect_swapped (self->composer, "edit-last", G_CALLBACK (edit_last), self);
  g_signal_connect_swapped (self->composer, "attached", G_CALLBACK (attachment_ready), self);
  g_signal_connect_swapped (self->composer, "choose-pages", G_CALLBACK (choose_pages), self);
  g_signal_connect_swapped (self->composer, "changed", G_CALLBACK (composer_changed), self);
  g_signal_connect_swapped (self->composer, "removed", G_CALLBACK (attachment_removed), self);
  g_signal_connect_swapped (self->composer, "gather", G_CALLBACK (gather_earlier), self);
  g_signal_connect_swapped (self->composer, "view", G_CALLBACK (view_attachment), self);
  g_signal_connect_swapped (self->composer, "problem", G_CALLBACK (_tyto_window_toast), self);
  gtk_box_append (GTK_BOX (box), self->edit_bar);
  gtk_box_append (GTK_BOX (box), self->composer);
  gtk_widget_add_css_class (box, "composer-box");
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  return clamp;
}

static GtkWidget *
build_content (TytoWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new (), *overlay = gtk_overlay_new ();

  self->title = adw_window_title_new ("", "");
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), self->title);
  self->side_button = icon_button ("sidebar-show-symbolic", _("Show or hide the chats"), "win.side-pane");
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->side_button);

  self->banner_label = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->banner_label), TRUE);
  gtk_widget_add_css_class (self->banner_label, "banner");
  self->banner = gtk_revealer_new ();
  gtk_revealer_set_child (GTK_REVEALER (self->banner), self->banner_label);

  self->view = tyto_chat_view_new ();
  g_signal_connect_swapped (self->view, "again", G_CALLBACK (again), self);
  g_signal_connect_swapped (self->view, "edit", G_CALLBACK (begin_editing), self);
  g_signal_connect_swapped (self->view, "delete", G_CALLBACK (delete_message), self);
  g_signal_connect_swapped (self->view, "view", G_CALLBACK (view_attachment), self);
  self->samples = tyto_samples_load (tyto_models_get_data_dir ());
  self->empty = tyto_empty_new (self->samples);
  g_signal_connect_swapped (self->empty, "sample", G_CALLBACK (ask_sample), self);
  self->stack = gtk_stack_new ();
  gtk_stack_add_child (GTK_STACK (self->stack), self->empty);
  gtk_stack_add_child (GTK_STACK (self->stack), self->view);
  gtk_widget_set_vexpand (self->stack, TRUE);
  /* Not over the composer, which is needed all the time. */
  self->toasts = adw_toast_overlay_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts), self->stack);

  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), self->banner);
  gtk_box_append (GTK_BOX (box), self->toasts);
  gtk_box_append (GTK_BOX (box), build_composer (self));
  gtk_widget_add_css_class (box, "content-pane");
  gtk_widget_set_hexpand (box, TRUE);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), box);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), _tyto_window_build_drop_frame (self));
  return overlay;
}

static void
build (TytoWindow *self)
{
  self->flap = adw_flap_new ();
  adw_flap_set_flap (ADW_FLAP (self->flap), build_side (self));
  adw_flap_set_separator (ADW_FLAP (self->flap), gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_flap_set_content (ADW_FLAP (self->flap), build_content (self));
  adw_flap_set_fold_policy (ADW_FLAP (self->flap), ADW_FLAP_FOLD_POLICY_NEVER);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self), self->flap);
  _tyto_window_setup_drop (self, self->flap);
}

/* The window opens as large as it was. */
static void
remember_size (TytoWindow *self)
{
  GSettings *settings = tyto_settings_get ();

  if (!settings)
    return;
  g_settings_bind (settings, "window-width", self, "default-width", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-height", self, "default-height", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-maximized", self, "maximized", G_SETTINGS_BIND_DEFAULT);
}

/* The history is open: what was typed for the next chat before the last end is there again, unless something was typed meanwhile. */
static void
draft_listed (TytoWindow *self)
{
  g_autofree char *text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  g_autoptr (GPtrArray) attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));

  if (self->chat && !tyto_chat_is_begun (self->chat) && !*text && attachments->len == 0)
    _tyto_window_show_draft (self);
}

TytoWindow *
tyto_window_new (GtkApplication *application, TytoServices *services)
{
  TytoWindow *self = g_object_new (TYTO_TYPE_WINDOW, "application", application, "title", _("Tyto"), "default-width", 1180,
                                   "default-height", 780, "width-request", 360, "height-request", 294, NULL);

  self->services = g_object_ref (services);
  remember_size (self);
  build (self);
  g_signal_connect_swapped (tyto_services_get_engine (services), "notify::state", G_CALLBACK (engine_changed), self);
  g_signal_connect_swapped (tyto_services_get_engine (services), "notify::progress", G_CALLBACK (update_title), self);
  g_signal_connect_swapped (services, "notify::problem", G_CALLBACK (update_banner), self);
  g_signal_connect_swapped (services, "notify::model-path", G_CALLBACK (update_banner), self);
  g_signal_connect_swapped (services, "emptied", G_CALLBACK (emptied), self);
  g_signal_connect_swapped (services, "notify::listed", G_CALLBACK (draft_listed), self);
  g_signal_connect_swapped (services, "trouble", G_CALLBACK (_tyto_window_toast), self);
  if (tyto_models_is_starter (tyto_services_get_model_path (services)))
    tyto_empty_set_note (TYTO_EMPTY (self->empty), _("The starter model knows simple drawn pictures: objects, shapes, colours, counts and receipts. "
                                                     "It cannot see photographs or read words."));
  update_banner (self);
  _tyto_window_find_screenshot (self);
  new_chat (self);
  return self;
}
