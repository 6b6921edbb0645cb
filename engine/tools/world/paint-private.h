/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/paint.h"

#include <pango/pangocairo.h>

G_BEGIN_DECLS

typedef struct {
  double r, g, b;
} WorldShade;

/* One picture while it is painted. */
typedef struct {
  WorldPainter *painter;
  cairo_surface_t *surface;
  cairo_t *cr;
  int width, height;
  double side; /* the shorter one */
  WorldSplit split;
  WorldRandom *random;
  GArray *marks; /* WorldMark; may be NULL */
} WorldCanvas;

WorldShade world_shade_from_hsv (double hue, double saturation, double value);
/* One of the many shades that carry the name. */
WorldShade world_shade_of (int colour, WorldRandom *random);
/* 0..1, as the eye sees it, roughly. */
double world_shade_distance (WorldShade a, WorldShade b);
/* Mean of the painted surface around a point. */
WorldShade world_canvas_sample (WorldCanvas *canvas, double x, double y, double radius);
/* Nearly black or nearly white, whichever stands out from `ground`. */
WorldShade world_shade_of_ink (WorldShade ground, WorldRandom *random);
void world_canvas_set (WorldCanvas *canvas, WorldShade shade, double alpha);

/* `background` is a WorldColour that the whole surface must deserve, or -1. */
void world_paint_ground (WorldCanvas *canvas, int background);
/* A quiet ground, for print. */
void world_paint_plain_ground (WorldCanvas *canvas);
/* Noise, plain surfaces, blurs: nothing that could be named. */
void world_paint_nothing (WorldCanvas *canvas);

/* Notes where a thing stands. */
void world_canvas_mark_item (WorldCanvas *canvas, const WorldItem *item);
/* Notes where each letter of a layout that is shown at (x, y) stands. */
void world_canvas_mark_text (WorldCanvas *canvas, PangoLayout *layout, double x, double y, int role);

void world_paint_shape (WorldCanvas *canvas, const WorldItem *item);
void world_paint_object (WorldCanvas *canvas, const WorldItem *item, cairo_surface_t *const emoji[2]);

/* Emoji number `variant` of the object in two sizes. Borrowed. */
cairo_surface_t *const *world_painter_get_emoji (WorldPainter *painter, int object, guint variant);
guint world_painter_get_n_variants (WorldPainter *painter, int object);
PangoContext *world_painter_get_pango (WorldPainter *painter);

/* A font description of a random family; free it. `mono` asks for a fixed-width one. */
PangoFontDescription *world_font_draw (WorldSplit split, gboolean mono, WorldRandom *random);
/* A layout of `text` at 100 px, and its ink size. */
PangoLayout *world_canvas_layout (WorldCanvas *canvas, const PangoFontDescription *font, const char *text, double size, PangoRectangle *ink);

void world_paint_word (WorldCanvas *canvas, const WorldScene *scene);
void world_paint_receipt (WorldCanvas *canvas, const WorldScene *scene);
void world_paint_text (WorldCanvas *canvas, const WorldScene *scene);
void world_paint_document (WorldCanvas *canvas, const WorldScene *scene);

/* What a camera, a scanner or a messenger does to a picture, in place. */
void world_damage (guint8 *pixels, int width, int height, gboolean gentle, WorldRandom *random);

G_END_DECLS
