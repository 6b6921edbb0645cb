/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-viewer"

#include "ui/tyto-viewer.h"

#include "ui/tyto-texture.h"
#include "ui/tyto-zoom.h"

#include <glib/gi18n.h>

/* Longer side in pixels: of a picture at most, and of a page. */
#define PICTURE_SIZE 6000
#define PAGE_SIZE 2400
#define ZOOM_STEP 1.4

struct _TytoViewer {
  AdwWindow parent_instance;

  TytoDocuments *documents;
  GPtrArray *attachments; /* TytoAttachment */
  guint index;
  GCancellable *cancellable; /* of the picture being loaded */

  GtkWidget *title, *zoom, *spinner, *problem, *previous, *next, *smaller, *larger, *pixels;
};

G_DEFINE_FINAL_TYPE (TytoViewer, tyto_viewer, ADW_TYPE_WINDOW)

static TytoAttachment *
shown (TytoViewer *self)
{
  return g_ptr_array_index (self->attachments, self->index);
}

static void
update_buttons (TytoViewer *self)
{
  double zoom = tyto_zoom_get_zoom (TYTO_ZOOM (self->zoom));

  gtk_widget_set_sensitive (self->previous, self->index > 0);
  gtk_widget_set_sensitive (self->next, self->index + 1 < self->attachments->len);
  gtk_widget_set_visible (self->previous, self->attachments->len > 1);
  gtk_widget_set_visible (self->next, self->attachments->len > 1);
  gtk_widget_set_sensitive (self->smaller, zoom > 1.0);
}

static void
set_subtitle (TytoViewer *self, OwlPicture *picture)
{
  TytoAttachment *attachment = shown (self);
  const char *name = tyto_attachment_get_name (attachment), *label = tyto_attachment_get_page_label (attachment);
  g_autofree char *text = NULL;
  int width = picture ? owl_picture_get_width (picture) : 0, height = picture ? owl_picture_get_height (picture) : 0;

  if (label)
    text = g_strdup_printf (_("%s, page %s"), name, label);
  else if (picture && MAX (width, height) < PICTURE_SIZE)
    text = g_strdup_printf (_("%s, %d × %d pixels"), name, width, height);
  else
    text = g_strdup (name);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title), text);
}

static void
show_problem (TytoViewer *self, const char *text)
{
  gtk_label_set_text (GTK_LABEL (self->problem), text ? text : "");
  gtk_widget_set_visible (self->problem, text != NULL);
}

static void
texture_made (GObject *object, GAsyncResult *result, gpointer user_data)
{
  TytoViewer *self = TYTO_VIEWER (object);
  g_autoptr (GdkTexture) texture = g_task_propagate_pointer (G_TASK (result), NULL);

  if (!texture)
    return;
  gtk_spinner_stop (GTK_SPINNER (self->spinner));
  tyto_zoom_set_texture (TYTO_ZOOM (self->zoom), texture);
  update_buttons (self);
}

/* Many pixels take a while to bring into the form that the screen wants. */
static void
make_texture (GTask *task, gpointer source, gpointer picture, GCancellable *cancellable)
{
  g_task_return_pointer (task, tyto_texture_new_packed (picture), g_object_unref);
}

static void
rendered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoViewer) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlPicture) picture = tyto_documents_render_finish (TYTO_DOCUMENTS (object), result, &error);
  g_autoptr (GTask) task = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED) ||
      !self->documents)
    return;
  if (!picture) {
    gtk_spinner_stop (GTK_SPINNER (self->spinner));
    show_problem (self, error->message);
    return;
  }
  set_subtitle (self, picture);
  task = g_task_new (self, self->cancellable, texture_made, NULL);
  g_task_set_task_data (task, g_steal_pointer (&picture), (GDestroyNotify) owl_picture_unref);
  g_task_run_in_thread (task, make_texture);
}

static void
show (TytoViewer *self, guint index)
{
  TytoAttachment *attachment;
  OwlPicture *thumbnail;
  g_autoptr (GdkTexture) preview = NULL;
  g_autofree char *title = NULL;
  int page;

  self->index = index;
  attachment = shown (self);
  page = tyto_attachment_get_page (attachment);
  thumbnail = tyto_attachment_get_thumbnail (attachment);
  title = g_strdup_printf (_("Picture %d"), tyto_attachment_get_number (attachment));
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title), title);
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->zoom), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  set_subtitle (self, NULL);
  show_problem (self, NULL);
  if (thumbnail)
    preview = tyto_texture_new (thumbnail);
  tyto_zoom_begin (TYTO_ZOOM (self->zoom), preview);
  update_buttons (self);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  gtk_spinner_start (GTK_SPINNER (self->spinner));
  tyto_documents_render_async (self->documents, tyto_attachment_get_blob (attachment), tyto_attachment_get_name (attachment), page,
                               page < 0 ? PICTURE_SIZE : PAGE_SIZE, 0, self->cancellable, rendered, g_object_ref (self));
}

static void
go (TytoViewer *self, int step)
{
  int index = (int) self->index + step;

  if (index >= 0 && index < (int) self->attachments->len)
    show (self, (guint) index);
}

static void
go_back (TytoViewer *self)
{
  go (self, -1);
}

static void
go_on (TytoViewer *self)
{
  go (self, 1);
}

static void
zoom_out (TytoViewer *self)
{
  tyto_zoom_set_zoom (TYTO_ZOOM (self->zoom), tyto_zoom_get_zoom (TYTO_ZOOM (self->zoom)) / ZOOM_STEP);
}

static void
zoom_in (TytoViewer *self)
{
  tyto_zoom_set_zoom (TYTO_ZOOM (self->zoom), tyto_zoom_get_zoom (TYTO_ZOOM (self->zoom)) * ZOOM_STEP);
}

static void
zoom_whole (TytoViewer *self)
{
  tyto_zoom_set_zoom (TYTO_ZOOM (self->zoom), 1.0);
}

static void
zoom_pixels (TytoViewer *self)
{
  tyto_zoom_set_zoom (TYTO_ZOOM (self->zoom), tyto_zoom_get_pixel_zoom (TYTO_ZOOM (self->zoom)));
}

static gboolean
key_pressed (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, TytoViewer *self)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  if (modifiers & (GDK_ALT_MASK | GDK_SUPER_MASK))
    return FALSE;
  if (key == GDK_KEY_Left || key == GDK_KEY_Page_Up)
    go (self, rtl && key == GDK_KEY_Left ? 1 : -1);
  else if (key == GDK_KEY_Right || key == GDK_KEY_Page_Down)
    go (self, rtl && key == GDK_KEY_Right ? -1 : 1);
  else if (key == GDK_KEY_plus || key == GDK_KEY_KP_Add || key == GDK_KEY_equal)
    zoom_in (self);
  else if (key == GDK_KEY_minus || key == GDK_KEY_KP_Subtract)
    zoom_out (self);
  else if (key == GDK_KEY_0 || key == GDK_KEY_KP_0)
    zoom_whole (self);
  else if (key == GDK_KEY_1 || key == GDK_KEY_KP_1)
    zoom_pixels (self);
  else
    return FALSE;
  return TRUE;
}

static void
tyto_viewer_dispose (GObject *object)
{
  TytoViewer *self = TYTO_VIEWER (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->documents);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  G_OBJECT_CLASS (tyto_viewer_parent_class)->dispose (object);
}

static void
tyto_viewer_class_init (TytoViewerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_viewer_dispose;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
}

static GtkWidget *
icon_button (TytoViewer *self, const char *icon, const char *label, GCallback clicked)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_signal_connect_swapped (button, "clicked", clicked, self);
  return button;
}

static GtkWidget *
build_header (TytoViewer *self)
{
  GtkWidget *header = adw_header_bar_new ();

  self->title = adw_window_title_new ("", "");
  self->previous = icon_button (self, "go-previous-symbolic", _("Previous picture"), G_CALLBACK (go_back));
  self->next = icon_button (self, "go-next-symbolic", _("Next picture"), G_CALLBACK (go_on));
  self->smaller = icon_button (self, "zoom-fit-best-symbolic", _("Whole picture"), G_CALLBACK (zoom_whole));
  self->pixels = icon_button (self, "zoom-original-symbolic", _("Pixel by pixel"), G_CALLBACK (zoom_pixels));
  self->larger = icon_button (self, "zoom-in-symbolic", _("Larger"), G_CALLBACK (zoom_in));
  self->spinner = gtk_spinner_new ();
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), self->title);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->previous);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->next);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->spinner);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->larger);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->pixels);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->smaller);
  return header;
}

static void
tyto_viewer_init (TytoViewer *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *overlay = gtk_overlay_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->zoom = tyto_zoom_new ();
  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_widget_set_visible (self->problem, FALSE);
  gtk_widget_add_css_class (self->problem, "viewer-problem");
  gtk_widget_set_valign (self->problem, GTK_ALIGN_CENTER);
  gtk_widget_set_halign (self->problem, GTK_ALIGN_CENTER);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), self->zoom);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), self->problem);
  gtk_widget_add_css_class (overlay, "viewer");
  gtk_box_append (GTK_BOX (box), build_header (self));
  gtk_box_append (GTK_BOX (box), overlay);
  adw_window_set_content (ADW_WINDOW (self), box);
  g_signal_connect_swapped (self->zoom, "notify::zoom", G_CALLBACK (update_buttons), self);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
}

TytoViewer *
tyto_viewer_new (GtkWindow *parent, TytoDocuments *documents, GPtrArray *attachments, guint index)
{
  TytoViewer *self = g_object_new (TYTO_TYPE_VIEWER, "transient-for", parent, "modal", TRUE, "default-width", 900, "default-height", 640,
                                   "width-request", 340, NULL);

  self->documents = g_object_ref (documents);
  self->attachments = g_ptr_array_ref (attachments);
  show (self, index);
  return self;
}
