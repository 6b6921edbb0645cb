/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* EXIF orientation 1..8 of an EXIF block that begins with "Exif\0\0"; 1 if it says nothing sensible. */
int owl_orientation_from_exif (const guint8 *data, gsize size);
/* The same without that mark. */
int owl_orientation_from_tiff (const guint8 *data, gsize size);

/* Orientations 5 to 8 swap width and height. */
static inline gboolean
owl_orientation_swaps (int orientation)
{
  return orientation >= 5;
}

/* Takes the rows of a picture as they are stored, top to bottom, and puts them where they are displayed. */
typedef struct {
  int stored_width;
  int stored_height;
  int orientation;
  guint8 *pixels; /* borrowed: [height, width, 3] as displayed */
  guint8 *strip;  /* rows on their way to a turned picture */
  int strip_first;
} OwlCanvas;

gboolean owl_canvas_init (OwlCanvas *canvas, int stored_width, int stored_height, int orientation,
                          guint8 *pixels, GError **error);
/* Where to write stored row `y` [stored_width, 3], asked for in ascending order. */
guint8 *owl_canvas_get_row (OwlCanvas *canvas, int y);
/* Call after the last row. */
void owl_canvas_finish (OwlCanvas *canvas);
void owl_canvas_clear (OwlCanvas *canvas);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OwlCanvas, owl_canvas_clear)

G_END_DECLS
