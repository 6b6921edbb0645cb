/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-viewer"

#include "ui/tyto-viewer-private.h"

#include "ui/tyto-texture.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

/* Longer side in pixels: of a picture at most, and of a page. */
#define PICTURE_SIZE 6000
#define PAGE_SIZE 2400
#define ZOOM_STEP 1.4
#define PANEL_WIDTH 300
/* So much of the picture stays in sight beside the panel. */
#define MIN_WIDTH 320

G_DEFINE_FINAL_TYPE (TytoViewer, tyto_viewer, ADW_TYPE_WINDOW)

enum { SIGNAL_ASK, SIGNAL_ATTACH, SIGNAL_COMPARE, N_SIGNALS };
static guint signals[N_SIGNALS];

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

void
_tyto_viewer_update_title (TytoViewer *self, int width, int height)
{
  const char *name = tyto_attachment_get_name (self->shown), *label = tyto_attachment_get_page_label (self->shown);
  int number = tyto_attachment_get_number (self->shown);
  g_autofree char *text = NULL, *title = NULL, *enlarged = NULL;
  OwlRegion region;

  if (number > 0)
    title = g_strdup_printf (tyto_attachment_get_region (self->shown, &region) ? _("Picture %d, a part") : _("Picture %d"), number);
  else
    title = g_strdup (_("Not in this chat yet"));
  if (label)
    text = g_strdup_printf (_("%s, page %s"), name, label);
  else if (width > 0)
    text = g_strdup_printf (_("%s, %d × %d pixels"), name, width, height);
  else
    text = g_strdup (name);
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title), title);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title), text);
  gtk_window_set_title (GTK_WINDOW (self), title);
  enlarged = g_strdup_printf (_("%s, enlarged"), title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->zoom), GTK_ACCESSIBLE_PROPERTY_LABEL, enlarged, -1);
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
  gboolean first = self->texture_size == 0;
  OwlRegion region;

  if (!texture || !self->services)
    return;
  gtk_spinner_stop (GTK_SPINNER (self->spinner));
  tyto_zoom_set_texture (TYTO_ZOOM (self->zoom), texture);
  self->texture_size = MAX (gdk_texture_get_width (texture), gdk_texture_get_height (texture));
  /* A part is shown in its place. */
  if (first && !self->looks && tyto_attachment_get_region (self->shown, &region))
    tyto_zoom_show_region (TYTO_ZOOM (self->zoom), &region);
  update_buttons (self);
  _tyto_viewer_sharpen_soon (self);
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
  int width, height;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED) ||
      !self->services)
    return;
  if (!picture) {
    gtk_spinner_stop (GTK_SPINNER (self->spinner));
    show_problem (self, error->message);
    return;
  }
  width = owl_picture_get_width (picture);
  height = owl_picture_get_height (picture);
  if (MAX (width, height) < PICTURE_SIZE)
    _tyto_viewer_update_title (self, width, height);
  task = g_task_new (self, self->cancellable, texture_made, NULL);
  g_task_set_task_data (task, g_steal_pointer (&picture), (GDestroyNotify) owl_picture_unref);
  g_task_run_in_thread (task, make_texture);
}

/* Outlines of the parts of this picture that the conversation asks about. */
static void
mark_parts (TytoViewer *self)
{
  GArray *parts = g_array_new (FALSE, FALSE, sizeof (OwlRegion));
  OwlRegion region;

  for (guint i = 0; i < self->attachments->len; i++) {
    TytoAttachment *a = g_ptr_array_index (self->attachments, i);

    if (g_strcmp0 (tyto_attachment_get_blob (a), tyto_attachment_get_blob (self->shown)) == 0 &&
        tyto_attachment_get_page (a) == tyto_attachment_get_page (self->shown) && tyto_attachment_get_region (a, &region))
      g_array_append_val (parts, region);
  }
  tyto_zoom_set_marks (TYTO_ZOOM (self->zoom), TYTO_ZOOM_PARTS, parts);
}

static void
begin (TytoViewer *self)
{
  TytoDocuments *documents = tyto_services_get_documents (self->services);
  int page = tyto_attachment_get_page (self->shown), width = 0, height = 0;
  gboolean is_part = tyto_attachment_get_region (self->shown, &(OwlRegion){ 0 });
  OwlPicture *thumbnail = is_part ? tyto_attachment_get_whole (self->shown) : tyto_attachment_get_thumbnail (self->shown);
  g_autoptr (GdkTexture) preview = NULL;

  show_problem (self, NULL);
  if (thumbnail)
    preview = tyto_texture_new (thumbnail);
  if (!is_part)
    tyto_attachment_get_full_size (self->shown, &width, &height);
  self->texture_size = 0;
  _tyto_viewer_sharpen_stop (self);
  tyto_zoom_begin (TYTO_ZOOM (self->zoom), preview, width, height);
  _tyto_viewer_update_title (self, 0, 0);
  mark_parts (self);
  update_buttons (self);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  gtk_spinner_start (GTK_SPINNER (self->spinner));
  tyto_documents_render_async (documents, tyto_attachment_get_blob (self->shown), tyto_attachment_get_name (self->shown), page,
                               page < 0 ? PICTURE_SIZE : PAGE_SIZE, 0, self->cancellable, rendered, g_object_ref (self));
  _tyto_viewer_page_changed (self);
  _tyto_viewer_look_update (self);
  _tyto_viewer_ask_update (self);
}

void
_tyto_viewer_show (TytoViewer *self, guint index)
{
  self->index = index;
  g_set_object (&self->shown, g_ptr_array_index (self->attachments, index));
  begin (self);
}

void
_tyto_viewer_show_page (TytoViewer *self, int page)
{
  const char *blob = tyto_attachment_get_blob (self->shown);
  g_autoptr (TytoAttachment) other = NULL;

  if (page < 0 || !self->contents || page >= owl_contents_get_n_pages (self->contents) || page == tyto_attachment_get_page (self->shown))
    return;
  for (guint i = 0; i < self->attachments->len; i++) {
    TytoAttachment *a = g_ptr_array_index (self->attachments, i);

    if (tyto_attachment_get_page (a) == page && g_strcmp0 (tyto_attachment_get_blob (a), blob) == 0 &&
        !tyto_attachment_get_region (a, &(OwlRegion){ 0 })) {
      _tyto_viewer_show (self, i);
      return;
    }
  }
  other = tyto_attachment_new (tyto_attachment_get_name (self->shown), page);
  tyto_attachment_set_blob (other, blob);
  tyto_attachment_set_page_label (other, owl_contents_get_label (self->contents, page));
  g_set_object (&self->shown, other);
  begin (self);
}

static void
go (TytoViewer *self, int step)
{
  int index = (int) self->index + step;

  if (index >= 0 && index < (int) self->attachments->len)
    _tyto_viewer_show (self, (guint) index);
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
zoom_in (TytoViewer *self)
{
  tyto_zoom_set_zoom (TYTO_ZOOM (self->zoom), tyto_zoom_get_zoom (TYTO_ZOOM (self->zoom)) * ZOOM_STEP);
}

static void
zoom_out (TytoViewer *self)
{
  tyto_zoom_set_zoom (TYTO_ZOOM (self->zoom), tyto_zoom_get_zoom (TYTO_ZOOM (self->zoom)) / ZOOM_STEP);
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
is_writing (TytoViewer *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  return GTK_IS_EDITABLE (focus) || GTK_IS_TEXT_VIEW (focus) || GTK_IS_RANGE (focus) || GTK_IS_LIST_VIEW (focus) ||
         (focus && gtk_widget_get_ancestor (focus, GTK_TYPE_LIST_VIEW));
}

/* The arrow keys move the box when there is one to be drawn. */
static gboolean
box_key (TytoViewer *self, guint key, GdkModifierType modifiers)
{
  int dx = key == GDK_KEY_Left ? -1 : key == GDK_KEY_Right ? 1 : 0, dy = key == GDK_KEY_Up ? -1 : key == GDK_KEY_Down ? 1 : 0;

  if (tyto_zoom_get_mode (TYTO_ZOOM (self->zoom)) != TYTO_ZOOM_BOX || (dx == 0 && dy == 0))
    return FALSE;
  tyto_zoom_nudge_box (TYTO_ZOOM (self->zoom), dx, dy, (modifiers & GDK_SHIFT_MASK) != 0);
  return TRUE;
}

static gboolean
key_pressed (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, TytoViewer *self)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int page = tyto_attachment_get_page (self->shown);

  if (key == GDK_KEY_f && (modifiers & GDK_CONTROL_MASK)) {
    _tyto_viewer_show_panel (self, "find");
    gtk_widget_grab_focus (self->find);
    return TRUE;
  }
  if (key == GDK_KEY_F3) {
    _tyto_viewer_next_hit (self, modifiers & GDK_SHIFT_MASK ? -1 : 1);
    return TRUE;
  }
  if ((modifiers & (GDK_ALT_MASK | GDK_SUPER_MASK)) || is_writing (self))
    return FALSE;
  if (key == GDK_KEY_c && (modifiers & GDK_CONTROL_MASK))
    _tyto_viewer_copy_text (self);
  else if (box_key (self, key, modifiers))
    return TRUE;
  else if (page >= 0 && (key == GDK_KEY_Page_Up || key == GDK_KEY_Page_Down))
    _tyto_viewer_show_page (self, page + (key == GDK_KEY_Page_Up ? -1 : 1));
  else if (key == GDK_KEY_Left || key == GDK_KEY_Page_Up)
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

void
_tyto_viewer_show_panel (TytoViewer *self, const char *name)
{
  adw_flap_set_reveal_flap (ADW_FLAP (self->flap), TRUE);
  if (name)
    gtk_stack_set_visible_child_name (GTK_STACK (self->stack), name);
}

static void
compare (TytoViewer *self)
{
  g_signal_emit (self, signals[SIGNAL_COMPARE], 0, self->shown);
  gtk_window_close (GTK_WINDOW (self));
}

static void
box_toggled (TytoViewer *self)
{
  _tyto_viewer_ask_begin (self, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->box_button)));
}

static void
text_toggled (TytoViewer *self)
{
  if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->text_button))) {
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->box_button), FALSE);
    tyto_zoom_set_mode (TYTO_ZOOM (self->zoom), TYTO_ZOOM_TEXT);
  } else if (tyto_zoom_get_mode (TYTO_ZOOM (self->zoom)) == TYTO_ZOOM_TEXT) {
    tyto_zoom_set_mode (TYTO_ZOOM (self->zoom), TYTO_ZOOM_MOVE);
    tyto_zoom_set_marks (TYTO_ZOOM (self->zoom), TYTO_ZOOM_SELECTION, NULL);
    gtk_widget_set_visible (self->copy, FALSE);
  }
}

static void
tyto_viewer_dispose (GObject *object)
{
  TytoViewer *self = TYTO_VIEWER (object);

  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->finding);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->finding);
  _tyto_viewer_sharpen_stop (self);
  _tyto_viewer_look_stop (self);
  g_clear_object (&self->services);
  g_clear_object (&self->shown);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_clear_pointer (&self->text, owl_page_text_unref);
  g_clear_pointer (&self->contents, owl_contents_unref);
  g_clear_pointer (&self->contents_blob, g_free);
  g_clear_pointer (&self->hits, g_ptr_array_unref);
  G_OBJECT_CLASS (tyto_viewer_parent_class)->dispose (object);
}

static void
tyto_viewer_class_init (TytoViewerClass *klass)
{
  const GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_viewer_dispose;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
  signals[SIGNAL_ASK] = g_signal_new ("ask", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, TYTO_TYPE_ATTACHMENT, G_TYPE_STRING);
  signals[SIGNAL_ATTACH] = g_signal_new ("attach", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_ATTACHMENT);
  signals[SIGNAL_COMPARE] = g_signal_new ("compare", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_ATTACHMENT);
}

static void
name_button (GtkWidget *button, const char *label)
{
  tyto_tooltip_set (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

GtkWidget *
_tyto_viewer_icon_button (TytoViewer *self, const char *icon, const char *label, GCallback clicked)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  name_button (button, label);
  g_signal_connect_swapped (button, "clicked", clicked, self);
  return button;
}

GtkWidget *
_tyto_viewer_heading (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, "heading");
  return label;
}

static GtkWidget *
icon_toggle (TytoViewer *self, const char *icon, const char *label, GCallback toggled)
{
  GtkWidget *button = gtk_toggle_button_new ();

  gtk_button_set_icon_name (GTK_BUTTON (button), icon);
  name_button (button, label);
  g_signal_connect_swapped (button, "toggled", toggled, self);
  return button;
}

static GtkWidget *
build_header (TytoViewer *self)
{
  GtkWidget *header = adw_header_bar_new (), *panel = self->panel_button = gtk_toggle_button_new ();

  self->title = adw_window_title_new ("", "");
  self->previous = _tyto_viewer_icon_button (self, "go-previous-symbolic", _("Previous picture"), G_CALLBACK (go_back));
  self->next = _tyto_viewer_icon_button (self, "go-next-symbolic", _("Next picture"), G_CALLBACK (go_on));
  self->spinner = gtk_spinner_new ();
  gtk_button_set_icon_name (GTK_BUTTON (panel), "sidebar-show-right-symbolic");
  name_button (panel, _("Contents, text and search"));
  g_object_bind_property (self->flap, "reveal-flap", panel, "active", G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), self->title);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->previous);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->next);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->spinner);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), panel);
  return header;
}

/* Over the lower edge of the picture. */
static GtkWidget *
build_tools (TytoViewer *self)
{
  GtkWidget *tools = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);

  self->box_button = icon_toggle (self, "edit-select-all-symbolic", _("Ask about a part"), G_CALLBACK (box_toggled));
  self->text_button = icon_toggle (self, "insert-text-symbolic", _("Select text"), G_CALLBACK (text_toggled));
  self->copy = _tyto_viewer_icon_button (self, "edit-copy-symbolic", _("Copy the selected text"), G_CALLBACK (_tyto_viewer_copy_text));
  self->smaller = _tyto_viewer_icon_button (self, "zoom-out-symbolic", _("Smaller"), G_CALLBACK (zoom_out));
  gtk_widget_set_visible (self->copy, FALSE);
  gtk_box_append (GTK_BOX (tools), self->box_button);
  gtk_box_append (GTK_BOX (tools), self->text_button);
  gtk_box_append (GTK_BOX (tools), self->copy);
  gtk_box_append (GTK_BOX (tools), _tyto_viewer_icon_button (self, "view-dual-symbolic", _("Compare with another picture"), G_CALLBACK (compare)));
  gtk_box_append (GTK_BOX (tools), self->smaller);
  gtk_box_append (GTK_BOX (tools), _tyto_viewer_icon_button (self, "zoom-fit-best-symbolic", _("Whole picture"), G_CALLBACK (zoom_whole)));
  gtk_box_append (GTK_BOX (tools), _tyto_viewer_icon_button (self, "zoom-original-symbolic", _("Pixel by pixel"), G_CALLBACK (zoom_pixels)));
  gtk_box_append (GTK_BOX (tools), _tyto_viewer_icon_button (self, "zoom-in-symbolic", _("Larger"), G_CALLBACK (zoom_in)));
  gtk_widget_add_css_class (tools, "osd");
  gtk_widget_add_css_class (tools, "toolbar");
  gtk_widget_add_css_class (tools, "viewer-tools");
  gtk_widget_set_halign (tools, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (tools, GTK_ALIGN_END);
  return tools;
}

static GtkWidget *
build_canvas (TytoViewer *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *overlay = gtk_overlay_new ();

  self->zoom = tyto_zoom_new ();
  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_widget_set_visible (self->problem, FALSE);
  gtk_widget_add_css_class (self->problem, "viewer-problem");
  gtk_widget_set_valign (self->problem, GTK_ALIGN_CENTER);
  gtk_widget_set_halign (self->problem, GTK_ALIGN_CENTER);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), self->zoom);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), self->problem);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), build_tools (self));
  gtk_widget_set_vexpand (overlay, TRUE);
  gtk_widget_set_hexpand (overlay, TRUE);
  gtk_box_append (GTK_BOX (box), overlay);
  gtk_box_append (GTK_BOX (box), _tyto_viewer_build_ask_bar (self));
  gtk_widget_add_css_class (box, "viewer");
  gtk_widget_set_size_request (box, MIN_WIDTH, -1);
  g_signal_connect_swapped (self->zoom, "notify::zoom", G_CALLBACK (update_buttons), self);
  g_signal_connect_swapped (self->zoom, "view-changed", G_CALLBACK (_tyto_viewer_sharpen_soon), self);
  g_signal_connect_swapped (self->zoom, "box-changed", G_CALLBACK (_tyto_viewer_ask_update), self);
  g_signal_connect_swapped (self->zoom, "text-dragged", G_CALLBACK (_tyto_viewer_text_dragged), self);
  return box;
}

static GtkWidget *
build_panel (TytoViewer *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  self->switcher = gtk_stack_switcher_new ();
  gtk_stack_switcher_set_stack (GTK_STACK_SWITCHER (self->switcher), GTK_STACK (self->stack));
  gtk_widget_add_css_class (self->switcher, "viewer-switcher");
  gtk_stack_add_titled (GTK_STACK (self->stack), _tyto_viewer_build_look (self), "look", _("Looked"));
  gtk_stack_page_set_visible (gtk_stack_get_page (GTK_STACK (self->stack), gtk_widget_get_first_child (self->stack)), FALSE);
  _tyto_viewer_build_pages (self);
  gtk_box_append (GTK_BOX (box), self->switcher);
  gtk_box_append (GTK_BOX (box), self->stack);
  gtk_widget_set_size_request (box, PANEL_WIDTH, -1);
  gtk_widget_set_hexpand (box, FALSE);
  gtk_widget_add_css_class (box, "viewer-panel");
  return box;
}

static void
tyto_viewer_init (TytoViewer *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->flap = adw_flap_new ();
  adw_flap_set_flap_position (ADW_FLAP (self->flap), GTK_PACK_END);
  adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
  adw_flap_set_swipe_to_open (ADW_FLAP (self->flap), FALSE);
  gtk_box_append (GTK_BOX (box), build_header (self));
  adw_flap_set_content (ADW_FLAP (self->flap), build_canvas (self));
  adw_flap_set_flap (ADW_FLAP (self->flap), build_panel (self));
  gtk_widget_set_vexpand (self->flap, TRUE);
  gtk_box_append (GTK_BOX (box), self->flap);
  adw_window_set_content (ADW_WINDOW (self), box);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
}

TytoViewer *
tyto_viewer_new (GtkWindow *parent, TytoServices *services, GPtrArray *attachments, guint index)
{
  TytoViewer *self = g_object_new (TYTO_TYPE_VIEWER, "transient-for", parent, "modal", TRUE, "default-width", 980, "default-height", 700,
                                   "width-request", 340, NULL);

  self->services = g_object_ref (services);
  self->attachments = g_ptr_array_ref (attachments);
  _tyto_viewer_show (self, index);
  gtk_widget_grab_focus (self->zoom);
  return self;
}
