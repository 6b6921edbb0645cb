/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-picture"

#include "ui/tyto-picture.h"

#include "ui/tyto-row-layout.h"
#include "ui/tyto-texture.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

/* Very wide and very high pictures are cut to this shape. */
#define MAX_ASPECT 2.6
#define MIN_ASPECT 0.5
/* Room for number and close button side by side. */
#define MIN_WIDTH 60
/* So many lines are as high as the picture beside them. */
#define ERROR_LINES 4
/* Of a part, the whole takes so much of the height. */
#define INSET_SHARE 0.38f

struct _TytoPicture {
  GtkBox parent_instance;

  TytoAttachment *attachment;
  int height;

  GtkWidget *overlay, *picture, *inset, *badge, *strip, *strip_name, *strip_page, *progress, *spinner, *error_icon, *error, *open, *corner;
};

G_DEFINE_FINAL_TYPE (TytoPicture, tyto_picture, GTK_TYPE_BOX)

enum { SIGNAL_REMOVED, SIGNAL_ACTIVATED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* "Picture 2: cat.png", "Picture 3: report.pdf, page 12", "Picture 4, a part: cat.png". */
static char *
describe (TytoPicture *self)
{
  const char *name = tyto_attachment_get_name (self->attachment), *label = tyto_attachment_get_page_label (self->attachment);
  int number = tyto_attachment_get_number (self->attachment);
  OwlRegion region;

  if (number == 0)
    return g_strdup (name);
  if (tyto_attachment_get_region (self->attachment, &region))
    return label ? g_strdup_printf (_("Picture %d, a part: %s, page %s"), number, name, label) : g_strdup_printf (_("Picture %d, a part: %s"), number, name);
  return label ? g_strdup_printf (_("Picture %d: %s, page %s"), number, name, label) : g_strdup_printf (_("Picture %d: %s"), number, name);
}

static void
update (TytoPicture *self)
{
  TytoAttachmentState state = tyto_attachment_get_state (self->attachment);
  OwlPicture *thumbnail = tyto_attachment_get_thumbnail (self->attachment);
  const char *label = tyto_attachment_get_page_label (self->attachment);
  double progress = tyto_attachment_get_progress (self->attachment), aspect = 1.0;
  g_autofree char *description = describe (self), *open_label = NULL;
  g_autofree char *number = g_strdup_printf ("%d", tyto_attachment_get_number (self->attachment));

  if (thumbnail)
    aspect = CLAMP ((double) owl_picture_get_width (thumbnail) / owl_picture_get_height (thumbnail), MIN_ASPECT, MAX_ASPECT);
  gtk_widget_set_size_request (self->overlay, MAX ((int) (aspect * self->height), MIN_WIDTH), self->height);
  gtk_label_set_text (GTK_LABEL (self->badge), number);
  gtk_widget_set_visible (self->badge, tyto_attachment_get_number (self->attachment) > 0);
  gtk_widget_set_visible (self->strip, label != NULL && state == TYTO_ATTACHMENT_READY);
  if (label) {
    g_autofree char *page = g_strdup_printf (_("p. %s"), label);

    gtk_label_set_text (GTK_LABEL (self->strip_name), tyto_attachment_get_name (self->attachment));
    gtk_label_set_text (GTK_LABEL (self->strip_page), page);
  }
  gtk_widget_set_visible (self->spinner, state == TYTO_ATTACHMENT_READING);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), state == TYTO_ATTACHMENT_READING);
  gtk_widget_set_visible (self->progress, progress > 0.0 && progress < 1.0);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->progress), progress);
  gtk_widget_set_visible (self->error_icon, state == TYTO_ATTACHMENT_FAILED);
  gtk_widget_set_visible (self->error, state == TYTO_ATTACHMENT_FAILED);
  if (state == TYTO_ATTACHMENT_FAILED) {
    gtk_label_set_text (GTK_LABEL (self->error), tyto_attachment_get_error (self->attachment));
    tyto_tooltip_set (self->error, tyto_attachment_get_error (self->attachment));
  }
  if (self->corner)
    gtk_widget_set_visible (self->corner, state != TYTO_ATTACHMENT_FAILED);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, description, -1);
  gtk_widget_set_visible (self->open, state == TYTO_ATTACHMENT_READY);
  open_label = g_strdup_printf (_("View picture %d"), tyto_attachment_get_number (self->attachment));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->open), GTK_ACCESSIBLE_PROPERTY_LABEL, open_label, -1);
}

/* Asked for when it is needed: the text changes with the number. */
static gboolean
query_tooltip (TytoPicture *self, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  g_autofree char *description = describe (self);

  gtk_tooltip_set_text (tooltip, description);
  return TRUE;
}

/* The whole with the part outlined, small in a corner of the part. */
static void
update_inset (TytoPicture *self)
{
  OwlPicture *whole = tyto_attachment_get_whole (self->attachment);
  g_autoptr (GtkSnapshot) snapshot = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GdkPaintable) paintable = NULL;
  const float widths[4] = { 2.0f, 2.0f, 2.0f, 2.0f };
  const GdkRGBA colour = { 0.91f, 0.79f, 0.56f, 1.0f }, colours[4] = { colour, colour, colour, colour };
  graphene_rect_t place, part;
  GskRoundedRect frame;
  OwlRegion region;
  float scale;

  if (!whole || !tyto_attachment_get_region (self->attachment, &region))
    return;
  scale = (float) self->height * INSET_SHARE / (float) MAX (owl_picture_get_width (whole), owl_picture_get_height (whole));
  graphene_rect_init (&place, 0.0f, 0.0f, (float) owl_picture_get_width (whole) * scale, (float) owl_picture_get_height (whole) * scale);
  graphene_rect_init (&part, (float) region.x * place.size.width, (float) region.y * place.size.height,
                      MAX ((float) region.width * place.size.width, 5.0f), MAX ((float) region.height * place.size.height, 5.0f));
  texture = tyto_texture_new (whole);
  snapshot = gtk_snapshot_new ();
  gtk_snapshot_append_texture (snapshot, texture, &place);
  gsk_rounded_rect_init_from_rect (&frame, &part, 1.0f);
  gtk_snapshot_append_border (snapshot, &frame, widths, colours);
  paintable = gtk_snapshot_free_to_paintable (g_steal_pointer (&snapshot), &place.size);
  gtk_picture_set_paintable (GTK_PICTURE (self->inset), paintable);
  gtk_widget_set_size_request (self->inset, (int) place.size.width, (int) place.size.height);
  gtk_widget_set_visible (self->inset, TRUE);
}

static void
update_thumbnail (TytoPicture *self)
{
  OwlPicture *thumbnail = tyto_attachment_get_thumbnail (self->attachment);

  if (thumbnail) {
    g_autoptr (GdkTexture) texture = tyto_texture_new (thumbnail);

    gtk_picture_set_paintable (GTK_PICTURE (self->picture), GDK_PAINTABLE (texture));
  }
  update_inset (self);
  update (self);
}

static void
remove_clicked (TytoPicture *self)
{
  g_signal_emit (self, signals[SIGNAL_REMOVED], 0);
}

static void
open_clicked (TytoPicture *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVATED], 0);
}

static void
tyto_picture_dispose (GObject *object)
{
  TytoPicture *self = TYTO_PICTURE (object);

  if (self->attachment)
    g_signal_handlers_disconnect_by_data (self->attachment, self);
  g_clear_object (&self->attachment);
  G_OBJECT_CLASS (tyto_picture_parent_class)->dispose (object);
}

static void
tyto_picture_class_init (TytoPictureClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_picture_dispose;
  signals[SIGNAL_REMOVED] = g_signal_new ("removed", TYTO_TYPE_PICTURE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_ACTIVATED] = g_signal_new ("activated", TYTO_TYPE_PICTURE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "tytopicture");
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_IMG);
}

static GtkWidget *
add_overlay (TytoPicture *self, GtkWidget *widget, GtkAlign halign, GtkAlign valign, const char *css_class)
{
  gtk_widget_set_halign (widget, halign);
  gtk_widget_set_valign (widget, valign);
  gtk_widget_add_css_class (widget, css_class);
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), widget);
  return widget;
}

static void
tyto_picture_init (TytoPicture *self)
{
  gtk_widget_set_layout_manager (GTK_WIDGET (self), tyto_row_layout_new (8));
  self->overlay = gtk_overlay_new ();
  gtk_widget_add_css_class (self->overlay, "frame-box");
  gtk_widget_set_has_tooltip (self->overlay, TRUE);
  g_signal_connect_swapped (self->overlay, "query-tooltip", G_CALLBACK (query_tooltip), self);
  gtk_widget_set_overflow (self->overlay, GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_valign (self->overlay, GTK_ALIGN_START);
  gtk_box_append (GTK_BOX (self), self->overlay);

  self->picture = gtk_picture_new ();
  gtk_picture_set_content_fit (GTK_PICTURE (self->picture), GTK_CONTENT_FIT_COVER);
  gtk_picture_set_can_shrink (GTK_PICTURE (self->picture), TRUE);
  /* As an overlay the picture fills its frame and does not ask for its own size. */
  gtk_overlay_set_child (GTK_OVERLAY (self->overlay), gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), self->picture);
  self->spinner = add_overlay (self, gtk_spinner_new (), GTK_ALIGN_CENTER, GTK_ALIGN_CENTER, "reading");
  self->error_icon = add_overlay (self, gtk_image_new_from_icon_name ("dialog-warning-symbolic"), GTK_ALIGN_CENTER, GTK_ALIGN_CENTER, "warning");
  self->strip = add_overlay (self, gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 5), GTK_ALIGN_FILL, GTK_ALIGN_END, "strip");
  /* Where there is little room, the name is what gives way. */
  self->strip_name = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->strip_name), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (self->strip_name), 0.0f);
  gtk_widget_set_hexpand (self->strip_name, TRUE);
  self->strip_page = gtk_label_new (NULL);
  gtk_box_append (GTK_BOX (self->strip), self->strip_name);
  gtk_box_append (GTK_BOX (self->strip), self->strip_page);
  self->inset = add_overlay (self, gtk_picture_new (), GTK_ALIGN_START, GTK_ALIGN_END, "inset");
  gtk_picture_set_can_shrink (GTK_PICTURE (self->inset), TRUE);
  gtk_widget_set_visible (self->inset, FALSE);
  self->progress = add_overlay (self, gtk_progress_bar_new (), GTK_ALIGN_FILL, GTK_ALIGN_END, "reading-line");
  self->open = add_overlay (self, gtk_button_new (), GTK_ALIGN_FILL, GTK_ALIGN_FILL, "open");
  g_signal_connect_swapped (self->open, "clicked", G_CALLBACK (open_clicked), self);
  self->badge = add_overlay (self, gtk_label_new (NULL), GTK_ALIGN_START, GTK_ALIGN_START, "badge");

  self->error = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->error), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->error), 0.0f);
  gtk_label_set_wrap_mode (GTK_LABEL (self->error), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (GTK_LABEL (self->error), 20);
  gtk_label_set_max_width_chars (GTK_LABEL (self->error), 28);
  gtk_label_set_lines (GTK_LABEL (self->error), ERROR_LINES);
  gtk_label_set_ellipsize (GTK_LABEL (self->error), PANGO_ELLIPSIZE_END);
  gtk_widget_set_valign (self->error, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->error, "error-text");
  gtk_box_append (GTK_BOX (self), self->error);
}

GtkWidget *
tyto_picture_new (TytoAttachment *attachment, int height, gboolean removable)
{
  TytoPicture *self = g_object_new (TYTO_TYPE_PICTURE, NULL);

  self->attachment = g_object_ref (attachment);
  self->height = height;
  if (removable) {
    g_autofree char *label = g_strdup_printf (_("Remove %s"), tyto_attachment_get_name (attachment));
    GtkWidget *button = add_overlay (self, gtk_button_new_from_icon_name ("window-close-symbolic"), GTK_ALIGN_END, GTK_ALIGN_START, "remove");

    gtk_widget_add_css_class (button, "circular");
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
    g_signal_connect_swapped (button, "clicked", G_CALLBACK (remove_clicked), self);
  }
  g_signal_connect_swapped (attachment, "notify::state", G_CALLBACK (update), self);
  g_signal_connect_swapped (attachment, "notify::number", G_CALLBACK (update), self);
  g_signal_connect_swapped (attachment, "notify::progress", G_CALLBACK (update), self);
  g_signal_connect_swapped (attachment, "notify::thumbnail-serial", G_CALLBACK (update_thumbnail), self);
  update_thumbnail (self);
  return GTK_WIDGET (self);
}

TytoAttachment *
tyto_picture_get_attachment (TytoPicture *self)
{
  return self->attachment;
}

void
tyto_picture_set_corner (TytoPicture *self, GtkWidget *widget)
{
  self->corner = add_overlay (self, widget, GTK_ALIGN_END, GTK_ALIGN_END, "corner");
  update (self);
}
