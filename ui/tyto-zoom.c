/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-zoom"

#include "ui/tyto-zoom.h"

#include <math.h>

#define MAX_ZOOM 40.0
#define WHEEL_STEP 1.2

struct _TytoZoom {
  GtkWidget parent_instance;

  GdkTexture *texture;
  double zoom;
  double x, y; /* the point of the picture in the middle of the widget; 0..1 */
  double pointer_x, pointer_y;
  double begin_zoom, begin_x, begin_y; /* where a gesture began */
};

G_DEFINE_FINAL_TYPE (TytoZoom, tyto_zoom, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_ZOOM, N_PROPS };
static GParamSpec *properties[N_PROPS];

/* The size of the picture on the screen when all of it is shown; pictures are never made larger than their pixels. */
static void
whole_size (TytoZoom *self, double *width, double *height)
{
  double w = gdk_texture_get_width (self->texture), h = gdk_texture_get_height (self->texture);
  double fit = MIN (gtk_widget_get_width (GTK_WIDGET (self)) / w, gtk_widget_get_height (GTK_WIDGET (self)) / h);

  fit = MIN (fit, 1.0);
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
  return MAX (1.0, gdk_texture_get_width (self->texture) / width / gtk_widget_get_scale_factor (GTK_WIDGET (self)));
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
}

void
tyto_zoom_set_zoom (TytoZoom *self, double zoom)
{
  zoom_at (self, zoom, gtk_widget_get_width (GTK_WIDGET (self)) / 2.0, gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
}

void
tyto_zoom_begin (TytoZoom *self, GdkTexture *preview)
{
  g_set_object (&self->texture, preview);
  self->zoom = 1.0;
  self->x = self->y = 0.5;
  settle (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ZOOM]);
}

void
tyto_zoom_set_texture (TytoZoom *self, GdkTexture *texture)
{
  g_set_object (&self->texture, texture);
  settle (self);
}

static void
tyto_zoom_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  TytoZoom *self = TYTO_ZOOM (widget);
  double width, height, w = gtk_widget_get_width (widget), h = gtk_widget_get_height (widget);
  graphene_rect_t place;

  if (!self->texture)
    return;
  whole_size (self, &width, &height);
  width *= self->zoom;
  height *= self->zoom;
  graphene_rect_init (&place, (float) round (w / 2.0 - self->x * width), (float) round (h / 2.0 - self->y * height), (float) width,
                      (float) height);
  gtk_snapshot_append_texture (snapshot, self->texture, &place);
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
}

static gboolean
scrolled (GtkEventControllerScroll *scroll, double dx, double dy, TytoZoom *self)
{
  zoom_at (self, self->zoom * pow (WHEEL_STEP, -dy), self->pointer_x, self->pointer_y);
  return TRUE;
}

static void
drag_begin (GtkGestureDrag *drag, double x, double y, TytoZoom *self)
{
  self->begin_x = self->x;
  self->begin_y = self->y;
}

static void
drag_update (GtkGestureDrag *drag, double dx, double dy, TytoZoom *self)
{
  double width, height;

  if (!self->texture)
    return;
  whole_size (self, &width, &height);
  self->x = self->begin_x - dx / (width * self->zoom);
  self->y = self->begin_y - dy / (height * self->zoom);
  settle (self);
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
  if (n_clicks == 2)
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
  g_clear_object (&TYTO_ZOOM (object)->texture);
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
}

static void
tyto_zoom_init (TytoZoom *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkGesture *drag = gtk_gesture_drag_new (), *pinch = gtk_gesture_zoom_new (), *click = gtk_gesture_click_new ();

  self->zoom = 1.0;
  self->x = self->y = 0.5;
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
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
