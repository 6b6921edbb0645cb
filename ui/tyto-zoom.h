/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A picture that can be zoomed and moved: wheel and pinch zoom where the pointer is, drag moves, double click goes between the whole picture and
 * its own pixels. Property "zoom", notified: 1.0 shows the whole picture, 2.0 twice as large. */
#define TYTO_TYPE_ZOOM (tyto_zoom_get_type ())
G_DECLARE_FINAL_TYPE (TytoZoom, tyto_zoom, TYTO, ZOOM, GtkWidget)

GtkWidget *tyto_zoom_new (void);

/* Begins with another picture, whole. `preview` may be NULL. */
void tyto_zoom_begin (TytoZoom *self, GdkTexture *preview);
/* A version with as many pixels as it is worth looking at; place and zoom stay. */
void tyto_zoom_set_texture (TytoZoom *self, GdkTexture *texture);

void tyto_zoom_set_zoom (TytoZoom *self, double zoom);
double tyto_zoom_get_zoom (TytoZoom *self);
/* The zoom at which a pixel of the picture is a pixel of the screen; at least 1.0. */
double tyto_zoom_get_pixel_zoom (TytoZoom *self);

G_END_DECLS
