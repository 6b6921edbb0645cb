/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/facts.h"

#include <cairo.h>

G_BEGIN_DECLS

/* Paints scenes: many ways of drawing the same facts. Keeps the pictures of emoji and the fonts; belongs to one thread. */
typedef struct _WorldPainter WorldPainter;

WorldPainter *world_painter_new (void);
void world_painter_free (WorldPainter *painter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WorldPainter, world_painter_free)

/* 8-bit RGB, row major; free with g_free. Longer side 64 to 640 px, any aspect ratio that the scene allows. `marks` (WorldMark; may be NULL)
 * gets where everything stands. */
guint8 *world_painter_paint (WorldPainter *painter, const WorldScene *scene, WorldSplit split, WorldRandom *random, GArray *marks, int *width, int *height);

G_END_DECLS
