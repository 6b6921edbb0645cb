/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-zoom"

#include "ui/tyto-zoom-private.h"

#include "ui/tyto-texture.h"

#include <math.h>

#define MAX_ZOOM 40.0
/* A whole picture is enlarged at most by so much to fill the window. */
#define MAX_ENLARGED 4.0
#define WHEEL_STEP 1.2
/* How much of the window a part takes that is brought into sight. */
#define REGION_SHARE 0.6

G_DEFINE_FINAL_TYPE (TytoZoom, tyto_zoom, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_ZOOM, N_PROPS };
static GParamSpec *properties[N_PROPS];
enum { SIGNAL_VIEW_CHANGED, SIGNAL_BOX_CHANGED, SIGNAL_TEXT_DRAGGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* The size of the picture on the screen when all of it is shown; small ones are made a little larger. */
static void
whole_size (TytoZoom *self, double *width, double *height)
{
  double w = self->width, h = self->height;
  double fit = MIN (gtk_widget_get_width (GTK_WIDGET (self)) / w, gtk_widget_get_height (GTK_WIDGET (self)) / h);

  fit = MIN (fit, MAX_ENLARGED);
  *width = MAX (1.0, w * fit);
  *height = MAX (1.0, h * fit);
}

/* The picture does not leave the widget: a side that fits stands in the middle, a larger one covers all. */
static double
keep_inside (double middle, double size, double available)
{
  double half = 0.5 * available / size;

  return half >= 0.5 ? 0.5 : CLAMP (middle, half, 1.0 - half);
}

static void
settle (TytoZoom *self)
{
  double width, height;

  if (self->texture && gtk_widget_get_width (GTK_WIDGET (self)) > 0) {
    whole_size (self, &width, &height);
    self->x = keep_inside (self->x, width * self->zoom, gtk_widget_get_width (GTK_WIDGET (self)));
    self->y = keep_inside (self->y, height * self->zoom, gtk_widget_get_height (GTK_WIDGET (self)));
  }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

double
tyto_zoom_get_zoom (TytoZoom *self)
{
  return self->zoom;
}

double
tyto_zoom_get_pixel_zoom (TytoZoom *self)
{
  double width, height;

  if (!self->texture || gtk_widget_get_width (GTK_WIDGET (self)) == 0)
    return 1.0;
  whole_size (self, &width, &height);
  return MAX (1.0, self->width / width / gtk_widget_get_scale_factor (GTK_WIDGET (self)));
}

/* The point of the picture under (x, y) stays there. */
static void
zoom_at (TytoZoom *self, double zoom, double x, double y)
{
  double width, height, dx = x - gtk_widget_get_width (GTK_WIDGET (self)) / 2.0, dy = y - gtk_widget_get_height (GTK_WIDGET (self)) / 2.0;

  zoom = CLAMP (zoom, 1.0, MAX_ZOOM);
  if (!self->texture || zoom == self->zoom)
    return;
  whole_size (self, &width, &height);
  self->x += dx / width * (1.0 / self->zoom - 1.0 / zoom);
  self->y += dy / height * (1.0 / self->zoom - 1.0 / zoom);
  self->zoom = zoom;
  settle (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ZOOM]);
  g_signal_emit (self, signals[SIGNAL_VIEW_CHANGED], 0);
}

void
tyto_zoom_set_zoom (TytoZoom *self, double zoom)
{
  zoom_at (self, zoom, gtk_widget_get_width (GTK_WIDGET (self)) / 2.0, gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
}

void
tyto_zoom_begin (TytoZoom *self, GdkTexture *preview, int width, int height)
{
  g_set_object (&self->texture, preview);
  g_clear_object (&self->patch);
  g_clear_object (&self->heat);
  for (int kind = 0; kind < TYTO_ZOOM_N_MARKS; kind++)
    g_clear_pointer (&self->marks[kind], g_array_unref);
  tyto_zoom_set_box (self, NULL);
  self->width = width > 0 ? width : preview ? gdk_texture_get_width (preview) : 1;
  self->height = height > 0 ? height : preview ? gdk_texture_get_height (preview) : 1;
  self->zoom = 1.0;
  self->x = self->y = 0.5;
  settle (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ZOOM]);
}

void
tyto_zoom_set_texture (TytoZoom *self, GdkTexture *texture)
{
  g_set_object (&self->texture, texture);
  self->width = MAX (self->width, gdk_texture_get_width (texture));
  self->height = MAX (self->height, gdk_texture_get_height (texture));
  settle (self);
}

void
tyto_zoom_set_patch (TytoZoom *self, GdkTexture *patch, const OwlRegion *place)
{
  g_set_object (&self->patch, patch);
  if (place)
    self->patch_place = *place;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
tyto_zoom_set_heat (TytoZoom *self, GdkTexture *heat, const OwlRegion *place)
{
  g_set_object (&self->heat, heat);
  if (place)
    self->heat_place = *place;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
tyto_zoom_set_heat_strength (TytoZoom *self, double strength)
{
  self->strength = CLAMP (strength, 0.0, 1.0);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
tyto_zoom_set_marks (TytoZoom *self, TytoZoomMark kind, GArray *places)
{
  g_clear_pointer (&self->marks[kind], g_array_unref);
  self->marks[kind] = places;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
tyto_zoom_set_mode (TytoZoom *self, TytoZoomMode mode)
{
  self->mode = mode;
  _tyto_zoom_update_cursor (self, self->pointer_x, self->pointer_y);
}

TytoZoomMode
tyto_zoom_get_mode (TytoZoom *self)
{
  return self->mode;
}

void
_tyto_zoom_get_place (TytoZoom *self, graphene_rect_t *place)
{
  double width = 1.0, height = 1.0, w = gtk_widget_get_width (GTK_WIDGET (self)), h = gtk_widget_get_height (GTK_WIDGET (self));

  if (self->texture)
    whole_size (self, &width, &height);
  width *= self->zoom;
  height *= self->zoom;
  graphene_rect_init (place, (float) round (w / 2.0 - self->x * width), (float) round (h / 2.0 - self->y * height), (float) width, (float) height);
}

void
_tyto_zoom_to_picture (TytoZoom *self, double x, double y, double *px, double *py)
{
  graphene_rect_t place;

  _tyto_zoom_get_place (self, &place);
  *px = (x - place.origin.x) / place.size.width;
  *py = (y - place.origin.y) / place.size.height;
}

void
_tyto_zoom_emit_box_changed (TytoZoom *self)
{
  g_signal_emit (self, signals[SIGNAL_BOX_CHANGED], 0);
}

void
tyto_zoom_get_middle (TytoZoom *self, double *x, double *y)
{
  *x = self->x;
  *y = self->y;
}

void
tyto_zoom_set_view (TytoZoom *self, double zoom, double x, double y)
{
  gboolean zoomed;

  zoom = CLAMP (zoom, 1.0, MAX_ZOOM);
  zoomed = zoom != self->zoom;
  self->zoom = zoom;
  self->x = x;
  self->y = y;
  settle (self);
  if (zoomed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ZOOM]);
}

void
tyto_zoom_get_visible (TytoZoom *self, OwlRegion *visible)
{
  double x0, y0, x1, y1;

  _tyto_zoom_to_picture (self, 0.0, 0.0, &x0, &y0);
  _tyto_zoom_to_picture (self, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)), &x1, &y1);
  x0 = CLAMP (x0, 0.0, 1.0);
  y0 = CLAMP (y0, 0.0, 1.0);
  *visible = (OwlRegion){ x0, y0, CLAMP (x1, 0.0, 1.0) - x0, CLAMP (y1, 0.0, 1.0) - y0 };
}

double
tyto_zoom_get_shown_size (TytoZoom *self)
{
  graphene_rect_t place;

  _tyto_zoom_get_place (self, &place);
  return MAX (place.size.width, place.size.height) * gtk_widget_get_scale_factor (GTK_WIDGET (self));
}

void
tyto_zoom_show_region (TytoZoom *self, const OwlRegion *region)
{
  double width, height, zoom;

  if (!self->texture || gtk_widget_get_width (GTK_WIDGET (self)) == 0)
    return;
  whole_size (self, &width, &height);
  zoom = REGION_SHARE * MIN (gtk_widget_get_width (GTK_WIDGET (self)) / (region->width * width),
                             gtk_widget_get_height (GTK_WIDGET (self)) / (region->height * height));
  tyto_zoom_set_view (self, MIN (zoom, MAX (tyto_zoom_get_pixel_zoom (self), 4.0)), region->x + region->width / 2.0, region->y + region->height / 2.0);
  g_signal_emit (self, signals[SIGNAL_VIEW_CHANGED], 0);
}

static void
tyto_zoom_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  TytoZoom *self = TYTO_ZOOM (widget);
  graphene_rect_t place;

  if (!self->texture)
    return;
  _tyto_zoom_get_place (self, &place);
  gtk_snapshot_append_texture (snapshot, self->texture, &place);
  _tyto_zoom_paint_over (self, snapshot, &place);
}

static void
tyto_zoom_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  settle (TYTO_ZOOM (widget));
}

static void
moved (GtkEventControllerMotion *motion, double x, double y, TytoZoom *self)
{
  self->pointer_x = x;
  self->pointer_y = y;
  if (self->mode == TYTO_ZOOM_BOX)
    _tyto_zoom_update_cursor (self, x, y);
}

static gboolean
scrolled (GtkEventControllerScroll *scroll, double dx, double dy, TytoZoom *self)
{
  zoom_at (self, self->zoom * pow (WHEEL_STEP, -dy), self->pointer_x, self->pointer_y);
  return TRUE;
}

/* The middle button always moves the picture. */
static void
drag_begin (GtkGestureDrag *drag, double x, double y, TytoZoom *self)
{
  self->begin_x = self->x;
  self->begin_y = self->y;
  self->panning = self->mode == TYTO_ZOOM_MOVE || gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (drag)) == GDK_BUTTON_MIDDLE;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (!self->panning && self->mode == TYTO_ZOOM_BOX)
    _tyto_zoom_box_begin (self, x, y);
  else if (!self->panning)
    _tyto_zoom_to_picture (self, x, y, &self->drag_x, &self->drag_y);
}

static void
drag_update (GtkGestureDrag *drag, double dx, double dy, TytoZoom *self)
{
  double width, height, x, y, px, py;

  if (!self->texture)
    return;
  gtk_gesture_drag_get_start_point (drag, &x, &y);
  if (self->panning) {
    whole_size (self, &width, &height);
    self->x = self->begin_x - dx / (width * self->zoom);
    self->y = self->begin_y - dy / (height * self->zoom);
    settle (self);
    g_signal_emit (self, signals[SIGNAL_VIEW_CHANGED], 0);
  } else if (self->mode == TYTO_ZOOM_BOX) {
    _tyto_zoom_box_drag (self, x + dx, y + dy);
  } else {
    _tyto_zoom_to_picture (self, x + dx, y + dy, &px, &py);
    g_signal_emit (self, signals[SIGNAL_TEXT_DRAGGED], 0, self->drag_x, self->drag_y, px, py);
  }
}

static void
pinch_begin (GtkGesture *gesture, GdkEventSequence *sequence, TytoZoom *self)
{
  self->begin_zoom = self->zoom;
}

static void
pinched (GtkGestureZoom *gesture, double scale, TytoZoom *self)
{
  double x, y;

  if (gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y))
    zoom_at (self, self->begin_zoom * scale, x, y);
}

static void
clicked (GtkGestureClick *click, int n_clicks, double x, double y, TytoZoom *self)
{
  if (n_clicks == 2 && self->mode == TYTO_ZOOM_MOVE)
    zoom_at (self, self->zoom > 1.0 ? 1.0 : MAX (2.0, tyto_zoom_get_pixel_zoom (self)), x, y);
}

static void
tyto_zoom_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_ZOOM)
    g_value_set_double (value, TYTO_ZOOM (object)->zoom);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
tyto_zoom_dispose (GObject *object)
{
  TytoZoom *self = TYTO_ZOOM (object);

  g_clear_pointer (&self->texture, tyto_texture_release);
  g_clear_pointer (&self->patch, tyto_texture_release);
  g_clear_object (&self->heat);
  for (int kind = 0; kind < TYTO_ZOOM_N_MARKS; kind++)
    g_clear_pointer (&self->marks[kind], g_array_unref);
  G_OBJECT_CLASS (tyto_zoom_parent_class)->dispose (object);
}

static void
tyto_zoom_class_init (TytoZoomClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_zoom_dispose;
  G_OBJECT_CLASS (klass)->get_property = tyto_zoom_get_property;
  widget_class->snapshot = tyto_zoom_snapshot;
  widget_class->size_allocate = tyto_zoom_size_allocate;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  properties[PROP_ZOOM] =
      g_param_spec_double ("zoom", NULL, NULL, 1.0, MAX_ZOOM, 1.0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (G_OBJECT_CLASS (klass), N_PROPS, properties);
  signals[SIGNAL_VIEW_CHANGED] = g_signal_new ("view-changed", TYTO_TYPE_ZOOM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_BOX_CHANGED] = g_signal_new ("box-changed", TYTO_TYPE_ZOOM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_TEXT_DRAGGED] = g_signal_new ("text-dragged", TYTO_TYPE_ZOOM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 4,
                                               G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
}

static void
tyto_zoom_init (TytoZoom *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkGesture *drag = gtk_gesture_drag_new (), *pinch = gtk_gesture_zoom_new (), *click = gtk_gesture_click_new ();

  self->zoom = 1.0;
  self->x = self->y = 0.5;
  self->width = self->height = 1;
  self->strength = 0.7;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (motion, "motion", G_CALLBACK (moved), self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (scrolled), self);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update), self);
  g_signal_connect (pinch, "begin", G_CALLBACK (pinch_begin), self);
  g_signal_connect (pinch, "scale-changed", G_CALLBACK (pinched), self);
  g_signal_connect (click, "pressed", G_CALLBACK (clicked), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), scroll);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (pinch));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
}

GtkWidget *
tyto_zoom_new (void)
{
  return g_object_new (TYTO_TYPE_ZOOM, "hexpand", TRUE, "vexpand", TRUE, NULL);
}
