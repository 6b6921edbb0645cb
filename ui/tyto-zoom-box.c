/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-zoom"

#include "ui/tyto-zoom-private.h"

#include <glib/gi18n.h>
#include <math.h>

/* So near to an edge of the box the pointer takes hold of it; pixels. */
#define GRIP 10.0
/* Smaller boxes hold nothing to ask about; as a fraction of the picture. */
#define SMALLEST 0.01
/* A step of the keyboard. */
#define STEP 0.02

/* -1: near the lower end of a stretch, 1: near the upper one, 0: between; 2: outside. */
static int
near_edge (double at, double start, double length)
{
  if (at < start - GRIP || at > start + length + GRIP)
    return 2;
  if (fabs (at - start) <= GRIP && fabs (at - start) <= fabs (at - start - length))
    return -1;
  return fabs (at - start - length) <= GRIP ? 1 : 0;
}

/* What of the box is at a point of the widget; FALSE: nothing. */
static gboolean
hit (TytoZoom *self, double x, double y, int *edge_x, int *edge_y)
{
  graphene_rect_t place;

  if (!self->has_box)
    return FALSE;
  _tyto_zoom_get_place (self, &place);
  *edge_x = near_edge (x, place.origin.x + self->box.x * place.size.width, self->box.width * place.size.width);
  *edge_y = near_edge (y, place.origin.y + self->box.y * place.size.height, self->box.height * place.size.height);
  return *edge_x != 2 && *edge_y != 2;
}

void
_tyto_zoom_update_cursor (TytoZoom *self, double x, double y)
{
  static const char *const corners[3][3] = { { "nw-resize", "n-resize", "ne-resize" }, { "w-resize", "move", "e-resize" },
                                             { "sw-resize", "s-resize", "se-resize" } };
  const char *name = NULL;
  int edge_x, edge_y;

  if (self->mode == TYTO_ZOOM_TEXT)
    name = "text";
  else if (self->mode == TYTO_ZOOM_BOX)
    name = hit (self, x, y, &edge_x, &edge_y) ? corners[edge_y + 1][edge_x + 1] : "crosshair";
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), name);
}

/* A screen reader hears where the box is. */
static void
describe_box (TytoZoom *self)
{
  g_autofree char *text = self->has_box ? g_strdup_printf (_("Box from %.0f %% across and %.0f %% down, %.0f %% wide and %.0f %% high"), self->box.x * 100.0,
                                                           self->box.y * 100.0, self->box.width * 100.0, self->box.height * 100.0)
                                        : g_strdup ("");

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
tyto_zoom_set_box (TytoZoom *self, const OwlRegion *box)
{
  self->has_box = box != NULL;
  if (box)
    self->box = *box;
  describe_box (self);
}

gboolean
tyto_zoom_get_box (TytoZoom *self, OwlRegion *box)
{
  if (self->has_box)
    *box = self->box;
  return self->has_box;
}

void
_tyto_zoom_box_begin (TytoZoom *self, double x, double y)
{
  _tyto_zoom_to_picture (self, x, y, &self->drag_x, &self->drag_y);
  if (hit (self, x, y, &self->edge_x, &self->edge_y)) {
    self->begin_box = self->box;
    return;
  }
  /* A new one, whose lower right corner is held. */
  self->drag_x = CLAMP (self->drag_x, 0.0, 1.0);
  self->drag_y = CLAMP (self->drag_y, 0.0, 1.0);
  self->begin_box = (OwlRegion){ self->drag_x, self->drag_y, 0.0, 0.0 };
  self->edge_x = self->edge_y = 1;
}

/* One axis of the box after the pointer has moved by `by`: an edge goes, or all of it. Edges may pass each other. */
static void
drag_axis (int edge, gboolean whole, double by, double *start, double *length)
{
  double low = *start, high = *start + *length;

  if (whole) {
    *start = CLAMP (low + by, 0.0, 1.0 - *length);
    return;
  }
  if (edge < 0)
    low += by;
  else if (edge > 0)
    high += by;
  *start = CLAMP (MIN (low, high), 0.0, 1.0);
  *length = CLAMP (MAX (low, high), 0.0, 1.0) - *start;
}

void
_tyto_zoom_box_drag (TytoZoom *self, double x, double y)
{
  gboolean whole = self->edge_x == 0 && self->edge_y == 0;
  OwlRegion box = self->begin_box;
  double px, py;

  _tyto_zoom_to_picture (self, x, y, &px, &py);
  drag_axis (self->edge_x, whole, px - self->drag_x, &box.x, &box.width);
  drag_axis (self->edge_y, whole, py - self->drag_y, &box.y, &box.height);
  if (box.width < SMALLEST || box.height < SMALLEST)
    return;
  tyto_zoom_set_box (self, &box);
  _tyto_zoom_emit_box_changed (self);
}

void
tyto_zoom_nudge_box (TytoZoom *self, int dx, int dy, gboolean resize)
{
  OwlRegion visible, box = self->box;

  if (!self->has_box) {
    tyto_zoom_get_visible (self, &visible);
    box = (OwlRegion){ visible.x + visible.width / 4.0, visible.y + visible.height / 4.0, visible.width / 2.0, visible.height / 2.0 };
  } else if (resize) {
    box.width = CLAMP (box.width + dx * STEP, 2.0 * SMALLEST, 1.0 - box.x);
    box.height = CLAMP (box.height + dy * STEP, 2.0 * SMALLEST, 1.0 - box.y);
  } else {
    box.x = CLAMP (box.x + dx * STEP, 0.0, 1.0 - box.width);
    box.y = CLAMP (box.y + dy * STEP, 0.0, 1.0 - box.height);
  }
  tyto_zoom_set_box (self, &box);
  _tyto_zoom_emit_box_changed (self);
}
