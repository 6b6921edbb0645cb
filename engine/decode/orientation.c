/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/orientation.h"

#include "decode/shared-data.h"

#include <libexif/exif-data.h>
#include <string.h>

/* Turning several rows at once writes runs of neighbouring pixels instead of single ones. */
#define STRIP_ROWS 16
#define MAX_EXIF (1024 * 1024)

int
owl_orientation_from_exif (const guint8 *data, gsize size)
{
  ExifData *exif;
  ExifEntry *entry;
  int orientation = 1;

  if (size > G_MAXUINT || !(exif = exif_data_new ()))
    return 1;
  exif_data_load_data (exif, data, (unsigned) size);
  entry = exif_content_get_entry (exif->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry && entry->format == EXIF_FORMAT_SHORT && entry->size >= 2)
    orientation = exif_get_short (entry->data, exif_data_get_byte_order (exif));
  exif_data_unref (exif);
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

int
owl_orientation_from_tiff (const guint8 *data, gsize size)
{
  static const char mark[6] = "Exif\0";
  g_autofree guint8 *exif = NULL;

  if (size == 0 || size > MAX_EXIF)
    return 1;
  exif = g_malloc (sizeof mark + size);
  memcpy (exif, mark, sizeof mark);
  memcpy (exif + sizeof mark, data, size);
  return owl_orientation_from_exif (exif, sizeof mark + size);
}

static gsize
strip_size (const OwlCanvas *canvas)
{
  return (gsize) canvas->stored_width * 3 * STRIP_ROWS;
}

gboolean
owl_canvas_init (OwlCanvas *canvas, int stored_width, int stored_height, int orientation, guint8 *pixels,
                 GError **error)
{
  canvas->stored_width = stored_width;
  canvas->stored_height = stored_height;
  canvas->orientation = orientation;
  canvas->pixels = pixels;
  if (orientation != 1 && !(canvas->strip = owl_big_alloc (strip_size (canvas), error)))
    return FALSE;
  return TRUE;
}

/* Puts the first `n_rows` rows of the strip in their place. */
static void
flush_strip (OwlCanvas *canvas, int n_rows)
{
  gssize w = canvas->stored_width, h = canvas->stored_height;
  gboolean swaps = owl_orientation_swaps (canvas->orientation);
  gssize line = swaps ? h : w;               /* pixels of a displayed row */
  gssize step_x = 0, step_y = 0, origin = 0; /* in displayed pixels: origin + x * step_x + y * step_y */

  switch (canvas->orientation) {
  case 2:
    step_x = -1, step_y = line, origin = w - 1;
    break;
  case 3:
    step_x = -1, step_y = -line, origin = h * w - 1;
    break;
  case 4:
    step_x = 1, step_y = -line, origin = (h - 1) * line;
    break;
  case 5:
    step_x = line, step_y = 1;
    break;
  case 6:
    step_x = line, step_y = -1, origin = h - 1;
    break;
  case 7:
    step_x = -line, step_y = -1, origin = w * h - 1;
    break;
  case 8:
    step_x = -line, step_y = 1, origin = (w - 1) * line;
    break;
  default:
    g_assert_not_reached ();
  }
  origin += canvas->strip_first * step_y;

  for (gssize outer = 0; outer < (swaps ? w : n_rows); outer++) {
    for (gssize inner = 0; inner < (swaps ? n_rows : w); inner++) {
      gssize x = swaps ? outer : inner, y = swaps ? inner : outer;
      const guint8 *src = canvas->strip + (y * w + x) * 3;
      guint8 *dst = canvas->pixels + (origin + x * step_x + y * step_y) * 3;

      dst[0] = src[0];
      dst[1] = src[1];
      dst[2] = src[2];
    }
  }
  canvas->strip_first += n_rows;
}

guint8 *
owl_canvas_get_row (OwlCanvas *canvas, int y)
{
  gsize stride = (gsize) canvas->stored_width * 3;

  if (!canvas->strip)
    return canvas->pixels + (gsize) y * stride;
  if (y - canvas->strip_first == STRIP_ROWS)
    flush_strip (canvas, STRIP_ROWS);
  return canvas->strip + (gsize) (y - canvas->strip_first) * stride;
}

void
owl_canvas_finish (OwlCanvas *canvas)
{
  if (canvas->strip)
    flush_strip (canvas, canvas->stored_height - canvas->strip_first);
}

void
owl_canvas_clear (OwlCanvas *canvas)
{
  if (canvas->strip)
    owl_big_free (canvas->strip, strip_size (canvas));
  canvas->strip = NULL;
}
