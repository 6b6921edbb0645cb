/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/tyto-zoom.h"

G_BEGIN_DECLS

struct _TytoZoom {
  GtkWidget parent_instance;

  GdkTexture *texture;
  int width, height; /* the pixels that the picture has of its own */
  double zoom;
  double x, y; /* the point of the picture in the middle of the widget; 0..1 */
  double pointer_x, pointer_y;
  double begin_zoom, begin_x, begin_y; /* where a gesture began */

  GdkTexture *patch, *heat;
  OwlRegion patch_place, heat_place;
  double strength;
  GArray *marks[TYTO_ZOOM_N_MARKS]; /* OwlRegion; NULL: none */

  TytoZoomMode mode;
  gboolean has_box;
  OwlRegion box;
  int edge_x, edge_y;          /* what of the box a drag holds: -1 and 1 its edges, 0 none; both 0: all of it */
  gboolean panning;            /* the drag moves the picture */
  OwlRegion begin_box;
  double drag_x, drag_y;       /* where the drag began, in the picture */
};

/* tyto-zoom-paint.c: what lies over the picture, which is at `place`. */
void _tyto_zoom_paint_over (TytoZoom *self, GtkSnapshot *snapshot, const graphene_rect_t *place);

/* tyto-zoom-box.c: the box under the pointer. Points are in the widget. */
void _tyto_zoom_box_begin (TytoZoom *self, double x, double y);
void _tyto_zoom_box_drag (TytoZoom *self, double x, double y);
/* Sets the pointer's shape for what a drag would do here. */
void _tyto_zoom_update_cursor (TytoZoom *self, double x, double y);

/* tyto-zoom.c */
void _tyto_zoom_get_place (TytoZoom *self, graphene_rect_t *place);
void _tyto_zoom_to_picture (TytoZoom *self, double x, double y, double *px, double *py);
void _tyto_zoom_emit_box_changed (TytoZoom *self);

G_END_DECLS
