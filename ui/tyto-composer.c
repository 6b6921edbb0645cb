/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-composer"

#include "ui/tyto-composer.h"

#include "app/documents/tyto-document-text.h"
#include "ui/tyto-attach-menu.h"
#include "ui/tyto-drop-words.h"
#include "ui/tyto-strip.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>
#include <string.h>

/* The text grows to so many lines, then it scrolls. */
#define MAX_LINES 8
#define TEXT_PADDING 12
/* From here on the meter warns. */
#define NEARLY_FULL 0.75

struct _TytoComposer {
  GtkWidget parent_instance;

  TytoDocuments *documents;
  gboolean busy, composing, too_long, awaiting; /* `awaiting`: to be sent as soon as the pictures are read */
  guint n_failed; /* of the pictures, when that was wanted */
  char *cost;
  int shown_busy; /* what the button shows; -1: nothing yet */

  GtkWidget *card, *strip, *scroller, *view, *placeholder, *attach, *status, *meter, *send;
};

G_DEFINE_FINAL_TYPE (TytoComposer, tyto_composer, GTK_TYPE_WIDGET)

enum { SIGNAL_SEND, SIGNAL_STOP, SIGNAL_EDIT_LAST, SIGNAL_ATTACHED, SIGNAL_CHOOSE_PAGES, SIGNAL_PROBLEM, SIGNAL_VIEW, SIGNAL_CHANGED,
       SIGNAL_REMOVED, SIGNAL_GATHER, N_SIGNALS };
static guint signals[N_SIGNALS];

static GtkTextBuffer *
buffer (TytoComposer *self)
{
  return gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view));
}

char *
tyto_composer_get_text (TytoComposer *self)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer (self), &start, &end);
  return g_strstrip (gtk_text_buffer_get_text (buffer (self), &start, &end, FALSE));
}

void
tyto_composer_set_text (TytoComposer *self, const char *text)
{
  gtk_text_buffer_set_text (buffer (self), text, -1);
}

static gboolean
has_state (TytoComposer *self, TytoAttachmentState state)
{
  return tyto_strip_has_state (TYTO_STRIP (self->strip), state);
}

static guint
count_failed (TytoComposer *self)
{
  GPtrArray *all = tyto_strip_get_attachments (TYTO_STRIP (self->strip));
  guint n = 0;

  for (guint i = 0; i < all->len; i++)
    n += tyto_attachment_get_state (g_ptr_array_index (all, i)) == TYTO_ATTACHMENT_FAILED;
  return n;
}

GPtrArray *
tyto_composer_get_attachments (TytoComposer *self)
{
  GPtrArray *all = tyto_strip_get_attachments (TYTO_STRIP (self->strip)), *ready = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < all->len; i++)
    if (tyto_attachment_get_state (g_ptr_array_index (all, i)) == TYTO_ATTACHMENT_READY)
      g_ptr_array_add (ready, g_object_ref (g_ptr_array_index (all, i)));
  return ready;
}

gboolean
tyto_composer_has_attachments (TytoComposer *self)
{
  return tyto_strip_get_attachments (TYTO_STRIP (self->strip))->len > 0;
}

GPtrArray *
tyto_composer_get_kept_attachments (TytoComposer *self)
{
  GPtrArray *all = tyto_strip_get_attachments (TYTO_STRIP (self->strip)), *kept = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < all->len; i++) {
    TytoAttachment *attachment = g_ptr_array_index (all, i);

    if (*tyto_attachment_get_blob (attachment))
      g_ptr_array_add (kept, g_object_ref (attachment));
  }
  return kept;
}

static void
show_status (TytoComposer *self)
{
  const char *status = self->awaiting ? _("Sent as soon as the pictures are read") : self->cost ? self->cost : "";

  gtk_label_set_text (GTK_LABEL (self->status), status);
  tyto_tooltip_set (self->status, *status ? status : NULL);
}

static void
set_awaiting (TytoComposer *self, gboolean awaiting)
{
  if (self->awaiting == awaiting)
    return;
  self->awaiting = awaiting;
  show_status (self);
}

/* Pictures that cannot be read are none to ask about. */
static const char *
get_invitation (TytoComposer *self)
{
  guint n = tyto_strip_get_attachments (TYTO_STRIP (self->strip))->len - count_failed (self);

  return n > 0 ? ngettext ("Ask about the picture…", "Ask about the pictures…", n) : _("Ask anything, or drop a picture");
}

/* Something can be sent when there is text or a picture. */
static void
update (TytoComposer *self)
{
  g_autofree char *text = tyto_composer_get_text (self);
  gboolean something = *text || has_state (self, TYTO_ATTACHMENT_READY) || has_state (self, TYTO_ATTACHMENT_READING);
  const char *label = self->busy ? _("Stop") : _("Send");

  gtk_widget_set_visible (self->placeholder, gtk_text_buffer_get_char_count (buffer (self)) == 0 && !self->composing);
  gtk_label_set_text (GTK_LABEL (self->placeholder), get_invitation (self));
  gtk_widget_set_sensitive (self->send, self->busy || (something && !self->too_long));
  if (self->shown_busy == self->busy)
    return;
  self->shown_busy = self->busy;
  gtk_button_set_icon_name (GTK_BUTTON (self->send), self->busy ? "media-playback-stop-symbolic" : "tyto-send-symbolic");
  tyto_tooltip_set (self->send, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->send), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

void
tyto_composer_set_first_number (TytoComposer *self, int number)
{
  tyto_strip_set_first_number (TYTO_STRIP (self->strip), number);
}

/* Sends now, or when what is attached is there. */
static gboolean
send_awaited (gpointer data)
{
  TytoComposer *self = data;

  if (!self->strip || !self->awaiting || has_state (self, TYTO_ATTACHMENT_READING))
    return G_SOURCE_REMOVE;
  set_awaiting (self, FALSE);
  if (gtk_widget_get_sensitive (self->send))
    g_signal_emit (self, signals[SIGNAL_SEND], 0);
  return G_SOURCE_REMOVE;
}

void
tyto_composer_send (TytoComposer *self)
{
  if (self->busy || !gtk_widget_get_sensitive (self->send))
    return;
  self->n_failed = count_failed (self);
  set_awaiting (self, TRUE);
  send_awaited (self);
}

static void
strip_changed (TytoComposer *self)
{
  /* A picture that cannot be read is to be seen before the question goes off without it. */
  if (count_failed (self) > self->n_failed)
    set_awaiting (self, FALSE);
  update (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  if (self->awaiting && !has_state (self, TYTO_ATTACHMENT_READING))
    g_idle_add_full (G_PRIORITY_DEFAULT, send_awaited, g_object_ref (self), g_object_unref);
}

static void
strip_ready (TytoComposer *self, TytoAttachment *attachment)
{
  g_signal_emit (self, signals[SIGNAL_ATTACHED], 0, attachment);
}

static void
strip_view (TytoComposer *self, TytoAttachment *attachment)
{
  g_signal_emit (self, signals[SIGNAL_VIEW], 0, attachment);
}

static void
strip_removed (TytoComposer *self, TytoAttachment *attachment, int index)
{
  g_signal_emit (self, signals[SIGNAL_REMOVED], 0, attachment, index);
  tyto_composer_focus (self);
}

void
tyto_composer_insert (TytoComposer *self, TytoAttachment *attachment, int index)
{
  tyto_strip_insert (TYTO_STRIP (self->strip), attachment, index);
  if (tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_READY)
    strip_ready (self, attachment);
  else if (tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_READING && *tyto_attachment_get_blob (attachment))
    tyto_documents_load_thumbnail (self->documents, attachment);
}

static void
attach_again (TytoComposer *self, TytoAttachment *attachment)
{
  g_autoptr (TytoAttachment) copy = tyto_attachment_copy (attachment);

  tyto_composer_insert (self, copy, -1);
  tyto_composer_focus (self);
}

static void
gather (TytoComposer *self)
{
  GPtrArray *earlier = NULL;

  g_signal_emit (self, signals[SIGNAL_GATHER], 0, &earlier);
  if (!earlier)
    return;
  tyto_attach_menu_set_earlier (TYTO_ATTACH_MENU (self->attach), earlier);
  g_ptr_array_unref (earlier);
}

void
tyto_composer_clear (TytoComposer *self)
{
  set_awaiting (self, FALSE);
  tyto_strip_clear (TYTO_STRIP (self->strip));
  gtk_text_buffer_set_text (buffer (self), "", 0);
  tyto_composer_set_cost (self, NULL, 0.0, NULL, FALSE);
}

/* An import on its way: the composer, and the placeholder that stands for the file. */
typedef struct {
  TytoComposer *self;
  TytoAttachment *attachment;
} Importing;

static void
imported (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Importing *importing = user_data;
  g_autoptr (TytoComposer) self = importing->self;
  g_autoptr (TytoAttachment) attachment = importing->attachment;
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImport) import = tyto_documents_import_finish (TYTO_DOCUMENTS (object), result, &error);

  g_free (importing);
  if (!import) {
    tyto_attachment_set_failed (attachment, error->message);
    return;
  }
  if (import->is_document) {
    set_awaiting (self, FALSE); /* its pages are chosen first */
    tyto_strip_withdraw (TYTO_STRIP (self->strip), attachment);
    g_signal_emit (self, signals[SIGNAL_CHOOSE_PAGES], 0, import);
    return;
  }
  tyto_attachment_set_blob (attachment, import->blob);
  tyto_documents_load_thumbnail (self->documents, attachment);
}

static Importing *
begin_import (TytoComposer *self, const char *name)
{
  Importing *importing = g_new0 (Importing, 1);

  importing->self = g_object_ref (self);
  importing->attachment = tyto_attachment_new (name, -1);
  tyto_strip_insert (TYTO_STRIP (self->strip), importing->attachment, -1);
  return importing;
}

void
tyto_composer_attach_file (TytoComposer *self, GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);

  /* Opening it would go to the web. */
  if (tyto_drop_is_web (file)) {
    g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, _("Tyto does not go to the web. Save the picture first, then attach the file."));
    return;
  }
  tyto_documents_import_async (self->documents, file, NULL, imported, begin_import (self, name ? name : ""));
}

/* A texture becomes a PNG on a thread of its own: packing a large one takes a while. */
static void
pack_texture (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer (task, gdk_texture_save_to_png_bytes (data), (GDestroyNotify) g_bytes_unref);
}

static void
texture_packed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  TytoComposer *self = TYTO_COMPOSER (object);
  g_autoptr (GBytes) bytes = g_task_propagate_pointer (G_TASK (result), NULL);

  if (bytes)
    tyto_documents_import_bytes_async (self->documents, bytes, _("Pasted picture"), NULL, imported,
                                       begin_import (self, _("Pasted picture")));
}

void
tyto_composer_attach_texture (TytoComposer *self, GdkTexture *texture)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, texture_packed, NULL);

  g_task_set_task_data (task, g_object_ref (texture), g_object_unref);
  g_task_run_in_thread (task, pack_texture);
}

/* A page with text is sent as picture and text, unless the user chooses otherwise. */
static void
text_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoAttachment) attachment = user_data;
  OwlPageText *text = tyto_documents_read_text_finish (TYTO_DOCUMENTS (object), result, NULL);
  const char *words = text ? owl_page_text_get_text (text) : NULL;

  if (words && *words) {
    tyto_attachment_set_text (attachment, words, FALSE);
    tyto_attachment_set_send (attachment, TYTO_SEND_BOTH);
  }
  g_clear_pointer (&text, owl_page_text_unref);
}

TytoAttachment *
tyto_composer_attach_page (TytoComposer *self, const char *blob, const char *name, int page, const char *label)
{
  g_autoptr (TytoAttachment) attachment = tyto_attachment_new (name, page);

  tyto_attachment_set_blob (attachment, blob);
  if (label)
    tyto_attachment_set_page_label (attachment, label);
  tyto_strip_insert (TYTO_STRIP (self->strip), attachment, -1);
  tyto_documents_load_thumbnail (self->documents, attachment);
  tyto_documents_read_text_async (self->documents, blob, name, page, NULL, text_read, g_object_ref (attachment));
  return attachment; /* the strip keeps it */
}

void
tyto_composer_withdraw (TytoComposer *self, TytoAttachment *attachment)
{
  tyto_strip_withdraw (TYTO_STRIP (self->strip), attachment);
}

gboolean
tyto_composer_is_reading (TytoComposer *self)
{
  return has_state (self, TYTO_ATTACHMENT_READING);
}

void
tyto_composer_set_busy (TytoComposer *self, gboolean busy)
{
  self->busy = busy;
  update (self);
}

void
tyto_composer_set_cost (TytoComposer *self, const char *cost, double filled, const char *meter, gboolean too_long)
{
  self->too_long = too_long;
  g_free (self->cost);
  self->cost = g_strdup (cost);
  show_status (self);
  if (too_long)
    gtk_widget_add_css_class (self->status, "error-text");
  else
    gtk_widget_remove_css_class (self->status, "error-text");
  gtk_widget_set_visible (self->meter, meter != NULL);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->meter), CLAMP (filled, 0.0, 1.0));
  if (filled > NEARLY_FULL)
    gtk_widget_add_css_class (self->meter, "nearly-full");
  else
    gtk_widget_remove_css_class (self->meter, "nearly-full");
  tyto_tooltip_set (self->meter, meter);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->meter), GTK_ACCESSIBLE_PROPERTY_LABEL, meter ? meter : "", -1);
  update (self);
}

void
tyto_composer_focus (TytoComposer *self)
{
  gtk_widget_grab_focus (self->view);
}

static void
send_clicked (TytoComposer *self)
{
  if (self->busy)
    g_signal_emit (self, signals[SIGNAL_STOP], 0);
  else
    tyto_composer_send (self);
}

/* Enter sends, but never while an input method is at work: it gets the key first. */
static gboolean
key_pressed (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, TytoComposer *self)
{
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (controller));
  gboolean enter = key == GDK_KEY_Return || key == GDK_KEY_KP_Enter || key == GDK_KEY_ISO_Enter;

  if (enter && !(modifiers & GDK_SHIFT_MASK)) {
    if (gtk_text_view_im_context_filter_keypress (GTK_TEXT_VIEW (self->view), event))
      return TRUE;
    if (self->composing)
      return FALSE;
    tyto_composer_send (self);
    return TRUE;
  }
  if (key == GDK_KEY_Escape && self->awaiting) {
    set_awaiting (self, FALSE);
    return TRUE;
  }
  if (key == GDK_KEY_Up && !self->composing && gtk_text_buffer_get_char_count (buffer (self)) == 0 && !self->busy) {
    g_signal_emit (self, signals[SIGNAL_EDIT_LAST], 0);
    return TRUE;
  }
  return FALSE;
}

static void
preedit_changed (TytoComposer *self, const char *preedit)
{
  self->composing = preedit && *preedit;
  update (self);
}

static void
texture_pasted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoComposer) self = user_data;
  g_autoptr (GdkTexture) texture = gdk_clipboard_read_texture_finish (GDK_CLIPBOARD (object), result, NULL);

  if (texture)
    tyto_composer_attach_texture (self, texture);
  else
    g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, _("The clipboard holds no picture that can be read."));
}

static void
files_pasted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoComposer) self = user_data;
  const GValue *value = gdk_clipboard_read_value_finish (GDK_CLIPBOARD (object), result, NULL);
  GSList *files = value ? gdk_file_list_get_files (g_value_get_boxed (value)) : NULL;

  /* The address of a web page, copied to be written into the question. */
  if (files && !files->next && tyto_drop_is_web (files->data) &&
      gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (GDK_CLIPBOARD (object)), G_TYPE_STRING)) {
    gtk_text_buffer_paste_clipboard (buffer (self), GDK_CLIPBOARD (object), NULL, TRUE);
    return;
  }
  for (GSList *l = files; l; l = l->next)
    tyto_composer_attach_file (self, l->data);
}

/* A picture, and nothing that could be meant as text: cells of a table come with a picture of them. */
static gboolean
only_texture (GdkContentFormats *formats)
{
  return gdk_content_formats_contain_gtype (formats, GDK_TYPE_TEXTURE) && !gdk_content_formats_contain_gtype (formats, G_TYPE_STRING);
}

/* Files and pictures are attached, anything else is text as usual. */
static void
paste (TytoComposer *self)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (self));
  GdkContentFormats *formats = gdk_clipboard_get_formats (clipboard);

  if (gdk_content_formats_contain_gtype (formats, GDK_TYPE_FILE_LIST) && !only_texture (formats))
    gdk_clipboard_read_value_async (clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL, files_pasted, g_object_ref (self));
  else if (only_texture (formats))
    gdk_clipboard_read_texture_async (clipboard, NULL, texture_pasted, g_object_ref (self));
  else
    return;
  g_signal_stop_emission_by_name (self->view, "paste-clipboard");
}

static void
tyto_composer_dispose (GObject *object)
{
  TytoComposer *self = TYTO_COMPOSER (object);

  if (self->strip)
    g_signal_handlers_disconnect_by_data (self->strip, self);
  self->strip = self->scroller = NULL;
  g_clear_object (&self->documents);
  g_clear_pointer (&self->cost, g_free);
  g_clear_pointer (&self->card, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_composer_parent_class)->dispose (object);
}

static guint
add_signal (const char *name, GType argument)
{
  return argument == G_TYPE_NONE ? g_signal_new (name, TYTO_TYPE_COMPOSER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0)
                                 : g_signal_new (name, TYTO_TYPE_COMPOSER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, argument);
}

/* The font, or its size, is another. */
static void
fit_lines (TytoComposer *self)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (self->view, "X\nX");
  int two_lines;

  pango_layout_get_pixel_size (layout, NULL, &two_lines);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (self->scroller), two_lines * MAX_LINES / 2 + TEXT_PADDING);
}

static void
tyto_composer_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (tyto_composer_parent_class)->css_changed (widget, change);
  if (TYTO_COMPOSER (widget)->scroller)
    fit_lines (TYTO_COMPOSER (widget));
}

static void
tyto_composer_class_init (TytoComposerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_composer_dispose;
  GTK_WIDGET_CLASS (klass)->css_changed = tyto_composer_css_changed;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_SEND] = add_signal ("send", G_TYPE_NONE);
  signals[SIGNAL_STOP] = add_signal ("stop", G_TYPE_NONE);
  signals[SIGNAL_EDIT_LAST] = add_signal ("edit-last", G_TYPE_NONE);
  signals[SIGNAL_ATTACHED] = add_signal ("attached", TYTO_TYPE_ATTACHMENT);
  signals[SIGNAL_CHOOSE_PAGES] = add_signal ("choose-pages", G_TYPE_POINTER);
  signals[SIGNAL_CHANGED] = add_signal ("changed", G_TYPE_NONE);
  signals[SIGNAL_VIEW] = add_signal ("view", TYTO_TYPE_ATTACHMENT);
  signals[SIGNAL_REMOVED] = g_signal_new ("removed", TYTO_TYPE_COMPOSER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                          TYTO_TYPE_ATTACHMENT, G_TYPE_INT);
  signals[SIGNAL_GATHER] = add_signal ("gather", G_TYPE_POINTER);
  signals[SIGNAL_PROBLEM] = add_signal ("problem", G_TYPE_STRING);
}

static void
text_changed (TytoComposer *self)
{
  set_awaiting (self, FALSE);
  update (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static GtkWidget *
build_text (TytoComposer *self)
{
  GtkWidget *overlay = gtk_overlay_new (), *scroller = self->scroller = gtk_scrolled_window_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->view = gtk_text_view_new ();
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (self->view), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (self->view), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Your question"), -1);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed), self);
  gtk_widget_add_controller (self->view, keys);
  g_signal_connect_swapped (self->view, "preedit-changed", G_CALLBACK (preedit_changed), self);
  g_signal_connect_swapped (self->view, "paste-clipboard", G_CALLBACK (paste), self);
  g_signal_connect_swapped (buffer (self), "changed", G_CALLBACK (text_changed), self);

  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->view);

  self->placeholder = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->placeholder), 0.0f);
  gtk_label_set_ellipsize (GTK_LABEL (self->placeholder), PANGO_ELLIPSIZE_END);
  gtk_widget_set_valign (self->placeholder, GTK_ALIGN_START);
  gtk_widget_set_can_target (self->placeholder, FALSE);
  gtk_widget_add_css_class (self->placeholder, "placeholder");
  gtk_overlay_set_child (GTK_OVERLAY (overlay), scroller);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), self->placeholder);
  return overlay;
}

static GtkWidget *
build_buttons (TytoComposer *self)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->attach = tyto_attach_menu_new ();
  g_signal_connect_swapped (self->attach, "opening", G_CALLBACK (gather), self);
  g_signal_connect_swapped (self->attach, "again", G_CALLBACK (attach_again), self);

  self->status = gtk_label_new (NULL);
  gtk_widget_set_hexpand (self->status, TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->status), 1.0f);
  gtk_label_set_wrap (GTK_LABEL (self->status), TRUE);
  gtk_label_set_lines (GTK_LABEL (self->status), 3);
  gtk_label_set_justify (GTK_LABEL (self->status), GTK_JUSTIFY_RIGHT);
  gtk_label_set_ellipsize (GTK_LABEL (self->status), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (self->status, "quiet");

  self->meter = gtk_progress_bar_new ();
  gtk_widget_set_valign (self->meter, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->meter, "meter");
  gtk_widget_set_visible (self->meter, FALSE);

  self->send = gtk_button_new_from_icon_name ("tyto-send-symbolic");
  gtk_widget_set_valign (self->send, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->send, "circular");
  gtk_widget_add_css_class (self->send, "suggested-action");
  gtk_widget_add_css_class (self->send, "send");
  g_signal_connect_swapped (self->send, "clicked", G_CALLBACK (send_clicked), self);

  gtk_box_append (GTK_BOX (row), self->attach);
  gtk_box_append (GTK_BOX (row), self->status);
  gtk_box_append (GTK_BOX (row), self->meter);
  gtk_box_append (GTK_BOX (row), self->send);
  return row;
}

static void
tyto_composer_init (TytoComposer *self)
{
  self->shown_busy = -1;
  self->card = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  gtk_widget_add_css_class (self->card, "composer");

  gtk_box_append (GTK_BOX (self->card), build_text (self));
  fit_lines (self);
  gtk_box_append (GTK_BOX (self->card), build_buttons (self));
  gtk_widget_set_parent (self->card, GTK_WIDGET (self));
}

GtkWidget *
tyto_composer_new (TytoDocuments *documents, TytoEngine *engine)
{
  TytoComposer *self = g_object_new (TYTO_TYPE_COMPOSER, NULL);

  self->documents = g_object_ref (documents);
  self->strip = tyto_strip_new (documents, engine);
  g_signal_connect_swapped (self->strip, "changed", G_CALLBACK (strip_changed), self);
  g_signal_connect_swapped (self->strip, "ready", G_CALLBACK (strip_ready), self);
  g_signal_connect_swapped (self->strip, "view", G_CALLBACK (strip_view), self);
  g_signal_connect_swapped (self->strip, "removed", G_CALLBACK (strip_removed), self);
  gtk_box_prepend (GTK_BOX (self->card), self->strip);
  update (self);
  return GTK_WIDGET (self);
}
