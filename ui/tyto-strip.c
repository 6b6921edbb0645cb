/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-strip"

#include "ui/tyto-strip.h"

#include "ui/tyto-picture-options.h"
#include "ui/tyto-picture.h"
#include "ui/tyto-scroll.h"

#include <glib/gi18n.h>

#define PICTURE_HEIGHT 64
/* A turn of the wheel by one notch moves the row by about one picture. */
#define WHEEL_STEP 72.0

struct _TytoStrip {
  GtkWidget parent_instance;

  TytoDocuments *documents;
  TytoEngine *engine;
  GPtrArray *attachments; /* TytoAttachment */
  GPtrArray *pictures;    /* TytoPicture of each, borrowed; NULL: not made yet */
  int first_number;
  guint making;       /* a tick callback, or 0 */
  gboolean following; /* what was added at the end comes into sight */
  double upper, page; /* as they were when the row was last moved */

  GtkWidget *scroller, *box;
};

G_DEFINE_FINAL_TYPE (TytoStrip, tyto_strip, GTK_TYPE_WIDGET)

enum { SIGNAL_CHANGED, SIGNAL_READY, SIGNAL_VIEW, SIGNAL_REMOVED, N_SIGNALS };
static guint signals[N_SIGNALS];

GPtrArray *
tyto_strip_get_attachments (TytoStrip *self)
{
  return self->attachments;
}

gboolean
tyto_strip_has_state (TytoStrip *self, TytoAttachmentState state)
{
  for (guint i = 0; i < self->attachments->len; i++)
    if (tyto_attachment_get_state (g_ptr_array_index (self->attachments, i)) == state)
      return TRUE;
  return FALSE;
}

static void
changed (TytoStrip *self)
{
  int number = self->first_number;

  /* What cannot be read is not sent, and so has no number. */
  for (guint i = 0; i < self->attachments->len; i++) {
    TytoAttachment *attachment = g_ptr_array_index (self->attachments, i);

    tyto_attachment_set_number (attachment, tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_FAILED ? 0 : number++);
  }
  gtk_widget_set_visible (GTK_WIDGET (self), self->attachments->len > 0);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

void
tyto_strip_set_first_number (TytoStrip *self, int number)
{
  if (self->first_number == number)
    return;
  self->first_number = number;
  changed (self);
}

static GtkAdjustment *
adjustment (TytoStrip *self)
{
  return gtk_scrolled_window_get_hadjustment (GTK_SCROLLED_WINDOW (self->scroller));
}

/* Where the row stands when the last picture is in sight. */
static double
get_end (TytoStrip *self)
{
  GtkAdjustment *a = adjustment (self);

  if (gtk_widget_get_direction (self->box) == GTK_TEXT_DIR_RTL)
    return gtk_adjustment_get_lower (a);
  return gtk_adjustment_get_upper (a) - gtk_adjustment_get_page_size (a);
}

/* The row or the window changed its size. */
static void
bounds_changed (TytoStrip *self)
{
  self->upper = gtk_adjustment_get_upper (adjustment (self));
  self->page = gtk_adjustment_get_page_size (adjustment (self));
  if (self->following)
    tyto_scroll_to (GTK_SCROLLED_WINDOW (self->scroller), adjustment (self), get_end (self));
}

/* The user moved the row. */
static void
value_changed (TytoStrip *self)
{
  if (gtk_adjustment_get_upper (adjustment (self)) == self->upper && gtk_adjustment_get_page_size (adjustment (self)) == self->page)
    self->following = self->following && gtk_adjustment_get_value (adjustment (self)) == get_end (self);
}

/* A wheel that turns in one direction only moves the row, too. */
static gboolean
wheel_turned (GtkEventControllerScroll *controller, double dx, double dy, TytoStrip *self)
{
  gboolean rtl = gtk_widget_get_direction (self->box) == GTK_TEXT_DIR_RTL;
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (controller));
  GtkAdjustment *a = adjustment (self);
  double before = gtk_adjustment_get_value (a);

  if (dx != 0.0 || (gdk_event_get_modifier_state (event) & GDK_SHIFT_MASK))
    return FALSE;
  if (gtk_event_controller_scroll_get_unit (controller) == GDK_SCROLL_UNIT_WHEEL)
    dy *= WHEEL_STEP;
  gtk_adjustment_set_value (a, before + (rtl ? -dy : dy));
  return gtk_adjustment_get_value (a) != before;
}

/* The nearest picture in front of a place that has been made. */
static GtkWidget *
picture_before (TytoStrip *self, int index)
{
  while (--index >= 0)
    if (g_ptr_array_index (self->pictures, index))
      return g_ptr_array_index (self->pictures, index);
  return NULL;
}

static void
move (TytoStrip *self, int from, int to)
{
  gpointer attachment, picture;

  if (from == to || to < 0 || (guint) to >= self->attachments->len)
    return;
  attachment = g_ptr_array_steal_index (self->attachments, (guint) from);
  g_ptr_array_insert (self->attachments, to, attachment);
  picture = g_ptr_array_steal_index (self->pictures, (guint) from);
  g_ptr_array_insert (self->pictures, to, picture);
  if (picture)
    gtk_box_reorder_child_after (GTK_BOX (self->box), picture, picture_before (self, to));
  changed (self);
}

static int
index_of (TytoStrip *self, TytoAttachment *attachment)
{
  guint index;

  return g_ptr_array_find (self->attachments, attachment, &index) ? (int) index : -1;
}

static void
take_out (TytoStrip *self, int index)
{
  TytoAttachment *attachment = g_ptr_array_index (self->attachments, index);

  self->following = FALSE;
  g_signal_handlers_disconnect_by_data (attachment, self);
  if (g_ptr_array_index (self->pictures, index))
    gtk_box_remove (GTK_BOX (self->box), g_ptr_array_index (self->pictures, index));
  g_ptr_array_remove_index (self->pictures, (guint) index);
  g_ptr_array_remove_index (self->attachments, (guint) index);
  changed (self);
}

static void
remove_clicked (TytoStrip *self, TytoPicture *picture)
{
  g_autoptr (TytoAttachment) attachment = g_object_ref (tyto_picture_get_attachment (picture));
  int index = index_of (self, attachment);

  take_out (self, index);
  g_signal_emit (self, signals[SIGNAL_REMOVED], 0, attachment, index);
}

static void
activated (TytoStrip *self, TytoPicture *picture)
{
  g_signal_emit (self, signals[SIGNAL_VIEW], 0, tyto_picture_get_attachment (picture));
}

static void
state_changed (TytoStrip *self, GParamSpec *pspec, TytoAttachment *attachment)
{
  if (tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_READY)
    g_signal_emit (self, signals[SIGNAL_READY], 0, attachment);
  changed (self);
}

/* What is read ahead is read again in the way it will be sent: with tiles, without. */
static void
sending_changed (TytoStrip *self, GParamSpec *pspec, TytoAttachment *attachment)
{
  if (tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_READY && tyto_attachment_get_send (attachment) != TYTO_SEND_TEXT)
    g_signal_emit (self, signals[SIGNAL_READY], 0, attachment);
  changed (self);
}

static gboolean
key_pressed (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, TytoStrip *self)
{
  GtkWidget *picture = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (controller));
  int index = index_of (self, tyto_picture_get_attachment (TYTO_PICTURE (picture)));
  int forward = gtk_widget_get_direction (picture) == GTK_TEXT_DIR_RTL ? -1 : 1;

  if ((key == GDK_KEY_Left || key == GDK_KEY_Right) && (modifiers & GDK_ALT_MASK)) {
    move (self, index, index + (key == GDK_KEY_Right ? forward : -forward));
    return TRUE;
  }
  if (key == GDK_KEY_Delete) {
    remove_clicked (self, TYTO_PICTURE (picture));
    return TRUE;
  }
  return FALSE;
}

static GdkContentProvider *
prepare_drag (GtkDragSource *source, double x, double y, TytoPicture *picture)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (picture));

  gtk_drag_source_set_icon (source, paintable, (int) x, (int) y);
  return gdk_content_provider_new_typed (TYTO_TYPE_ATTACHMENT, tyto_picture_get_attachment (picture));
}

/* Where in the row a drop at `x` puts the picture that now stands at `from`. */
static int
place_at (TytoStrip *self, double x, int from)
{
  gboolean rtl = gtk_widget_get_direction (self->box) == GTK_TEXT_DIR_RTL;
  int place = 0;
  graphene_rect_t bounds;

  for (int index = 0; index < (int) self->pictures->len; index++) {
    GtkWidget *picture = g_ptr_array_index (self->pictures, index);
    double middle;

    if (index == from || !picture || !gtk_widget_compute_bounds (picture, self->box, &bounds))
      continue;
    middle = bounds.origin.x + bounds.size.width / 2.0;
    place += rtl ? x < middle : x > middle;
  }
  return place;
}

static gboolean
dropped (GtkDropTarget *target, const GValue *value, double x, double y, TytoStrip *self)
{
  int from = index_of (self, g_value_get_object (value));

  if (from < 0)
    return FALSE;
  move (self, from, place_at (self, x, from));
  return TRUE;
}

static void
make_picture (TytoStrip *self, int index)
{
  GtkWidget *picture = tyto_picture_new (g_ptr_array_index (self->attachments, index), PICTURE_HEIGHT, TRUE);
  GtkDragSource *source = gtk_drag_source_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  tyto_picture_set_corner (TYTO_PICTURE (picture),
                           tyto_picture_options_new (g_ptr_array_index (self->attachments, index), self->documents, self->engine, self->attachments));
  g_signal_connect_swapped (picture, "activated", G_CALLBACK (activated), self);
  g_signal_connect_swapped (picture, "removed", G_CALLBACK (remove_clicked), self);
  gtk_drag_source_set_actions (source, GDK_ACTION_MOVE);
  g_signal_connect (source, "prepare", G_CALLBACK (prepare_drag), picture);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (source), GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (picture, GTK_EVENT_CONTROLLER (source));
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed), self);
  gtk_widget_add_controller (picture, keys);
  gtk_box_insert_child_after (GTK_BOX (self->box), picture, picture_before (self, index));
  g_ptr_array_index (self->pictures, index) = picture;
}

/* One in each frame: laying out the row costs more than making a picture. */
static gboolean
make_pictures (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  TytoStrip *self = TYTO_STRIP (widget);

  for (guint i = 0; i < self->pictures->len; i++)
    if (!g_ptr_array_index (self->pictures, i)) {
      make_picture (self, (int) i);
      return G_SOURCE_CONTINUE;
    }
  self->making = 0;
  return G_SOURCE_REMOVE;
}

void
tyto_strip_insert (TytoStrip *self, TytoAttachment *attachment, int index)
{
  if (index < 0 || (guint) index > self->attachments->len)
    index = (int) self->attachments->len;
  g_ptr_array_insert (self->attachments, index, g_object_ref (attachment));
  g_ptr_array_insert (self->pictures, index, NULL);
  self->following = index == (int) self->attachments->len - 1;
  g_signal_connect_swapped (attachment, "notify::state", G_CALLBACK (state_changed), self);
  g_signal_connect_swapped (attachment, "notify::sending", G_CALLBACK (sending_changed), self);
  if (self->making == 0)
    self->making = gtk_widget_add_tick_callback (GTK_WIDGET (self), make_pictures, NULL, NULL);
  changed (self);
}

void
tyto_strip_withdraw (TytoStrip *self, TytoAttachment *attachment)
{
  int index = index_of (self, attachment);

  if (index >= 0)
    take_out (self, index);
}

void
tyto_strip_clear (TytoStrip *self)
{
  while (self->attachments->len > 0) {
    guint last = self->attachments->len - 1;

    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->attachments, last), self);
    if (g_ptr_array_index (self->pictures, last))
      gtk_box_remove (GTK_BOX (self->box), g_ptr_array_index (self->pictures, last));
    g_ptr_array_remove_index (self->pictures, last);
    g_ptr_array_remove_index (self->attachments, last);
  }
  changed (self);
}

static void
tyto_strip_dispose (GObject *object)
{
  TytoStrip *self = TYTO_STRIP (object);

  for (guint i = 0; self->attachments && i < self->attachments->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->attachments, i), self);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_clear_pointer (&self->pictures, g_ptr_array_unref);
  g_clear_object (&self->documents);
  g_clear_object (&self->engine);
  if (self->scroller)
    g_signal_handlers_disconnect_by_data (adjustment (self), self);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_strip_parent_class)->dispose (object);
}

static void
tyto_strip_class_init (TytoStripClass *klass)
{
  const GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_strip_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_READY] = g_signal_new ("ready", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_ATTACHMENT);
  signals[SIGNAL_VIEW] = g_signal_new ("view", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_ATTACHMENT);
  signals[SIGNAL_REMOVED] =
      g_signal_new ("removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, TYTO_TYPE_ATTACHMENT, G_TYPE_INT);
}

static void
tyto_strip_init (TytoStrip *self)
{
  GtkDropTarget *target = gtk_drop_target_new (TYTO_TYPE_ATTACHMENT, GDK_ACTION_MOVE);
  GtkEventController *wheel = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);

  self->attachments = g_ptr_array_new_with_free_func (g_object_unref);
  self->pictures = g_ptr_array_new ();
  self->first_number = 1;
  self->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  g_signal_connect (target, "drop", G_CALLBACK (dropped), self);
  gtk_widget_add_controller (self->box, GTK_EVENT_CONTROLLER (target));
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), self->box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->scroller), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Attached pictures"), -1);
  gtk_widget_add_css_class (self->scroller, "fading");
  g_signal_connect (wheel, "scroll", G_CALLBACK (wheel_turned), self);
  gtk_event_controller_set_propagation_phase (wheel, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (self->scroller, wheel);
  g_signal_connect_swapped (adjustment (self), "changed", G_CALLBACK (bounds_changed), self);
  g_signal_connect_swapped (adjustment (self), "value-changed", G_CALLBACK (value_changed), self);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
tyto_strip_new (TytoDocuments *documents, TytoEngine *engine)
{
  TytoStrip *self = g_object_new (TYTO_TYPE_STRIP, NULL);

  self->documents = g_object_ref (documents);
  self->engine = g_object_ref (engine);
  return GTK_WIDGET (self);
}
