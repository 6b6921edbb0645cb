/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "owl.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A picture that can be zoomed and moved: wheel and pinch zoom where the pointer is, drag moves, double click goes between the whole picture and
 * its own pixels. On it can lie a heat map, marked places and a box that is drawn with the pointer. Places are fractions of the picture (OwlRegion).
 *
 * Properties: "zoom", notified: 1.0 shows the whole picture, 2.0 twice as large. Signals: "view-changed" (another part is in sight), "box-changed"
 * (by the user), "text-dragged" (x0, y0, x1, y1 as double: from where to where the pointer was dragged over text). */
#define TYTO_TYPE_ZOOM (tyto_zoom_get_type ())
G_DECLARE_FINAL_TYPE (TytoZoom, tyto_zoom, TYTO, ZOOM, GtkWidget)

GtkWidget *tyto_zoom_new (void);

/* Begins with another picture, whole and with nothing on it. `preview` may be NULL. `width` and `height`: the pixels that it has of its own, or 0
 * for those of the texture. */
void tyto_zoom_begin (TytoZoom *self, GdkTexture *preview, int width, int height);
/* A version with as many pixels as it is worth looking at; place and zoom stay. */
void tyto_zoom_set_texture (TytoZoom *self, GdkTexture *texture);
/* A sharper version of one part, shown over the picture until another one is set; NULL: none. */
void tyto_zoom_set_patch (TytoZoom *self, GdkTexture *patch, const OwlRegion *place);

void tyto_zoom_set_zoom (TytoZoom *self, double zoom);
double tyto_zoom_get_zoom (TytoZoom *self);
/* The zoom at which a pixel of the picture is a pixel of the screen; at least 1.0. */
double tyto_zoom_get_pixel_zoom (TytoZoom *self);

/* The point of the picture in the middle. With the zoom it says what is in sight. */
void tyto_zoom_get_middle (TytoZoom *self, double *x, double *y);
/* Does not emit "view-changed". */
void tyto_zoom_set_view (TytoZoom *self, double zoom, double x, double y);
/* The part that is in sight. */
void tyto_zoom_get_visible (TytoZoom *self, OwlRegion *visible);
/* Screen pixels that the whole picture is long on its longer side now. */
double tyto_zoom_get_shown_size (TytoZoom *self);
/* Brings a part into sight, with some room around it. */
void tyto_zoom_show_region (TytoZoom *self, const OwlRegion *region);

/* What dragging with the pointer does. */
typedef enum { TYTO_ZOOM_MOVE, TYTO_ZOOM_BOX, TYTO_ZOOM_TEXT } TytoZoomMode;
void tyto_zoom_set_mode (TytoZoom *self, TytoZoomMode mode);
TytoZoomMode tyto_zoom_get_mode (TytoZoom *self);

/* The box; NULL: none. Does not emit "box-changed". */
void tyto_zoom_set_box (TytoZoom *self, const OwlRegion *box);
gboolean tyto_zoom_get_box (TytoZoom *self, OwlRegion *box);
/* Moves the box, or its lower right corner, by so many steps of the keyboard; makes one in the middle when there is none. Emits "box-changed". */
void tyto_zoom_nudge_box (TytoZoom *self, int dx, int dy, gboolean resize);

typedef enum {
  TYTO_ZOOM_PARTS,     /* outlines of parts that were asked about */
  TYTO_ZOOM_FOUND,     /* words that a search found */
  TYTO_ZOOM_SELECTION, /* words that are selected */
  TYTO_ZOOM_HOTTEST,   /* where the model looked most */
  TYTO_ZOOM_N_MARKS
} TytoZoomMark;
/* Marks places (OwlRegion; taken); NULL: none. */
void tyto_zoom_set_marks (TytoZoom *self, TytoZoomMark kind, GArray *places);

/* Lays a picture of heat over a part of the picture; NULL: none. `strength` 0..1. */
void tyto_zoom_set_heat (TytoZoom *self, GdkTexture *heat, const OwlRegion *place);
void tyto_zoom_set_heat_strength (TytoZoom *self, double strength);

G_END_DECLS
