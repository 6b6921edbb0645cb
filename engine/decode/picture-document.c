/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/picture-document.h"

#include "image/resize.h"

#include <math.h>

void
owl_flatten_rgba (const guint8 *rgba, guint8 *rgb, int n)
{
  for (int x = 0; x < n; x++, rgba += 4, rgb += 3) {
    int alpha = rgba[3], white = 255 * (255 - alpha) + 127;

    rgb[0] = (guint8) ((rgba[0] * alpha + white) / 255);
    rgb[1] = (guint8) ((rgba[1] * alpha + white) / 255);
    rgb[2] = (guint8) ((rgba[2] * alpha + white) / 255);
  }
}

static void
get_displayed_size (const OwlPictureDocument *picture, int *width, int *height)
{
  gboolean swaps = owl_orientation_swaps (picture->orientation);

  *width = swaps ? picture->stored_height : picture->stored_width;
  *height = swaps ? picture->stored_width : picture->stored_height;
}

gboolean
owl_picture_document_get_page_size (OwlDocument *document, int page, double *width, double *height,
                                    char **label, GError **error)
{
  int w, h;

  get_displayed_size ((OwlPictureDocument *) document, &w, &h);
  *width = w;
  *height = h;
  *label = NULL;
  return TRUE;
}

/* The largest reduction that leaves at least twice the pixels that are wanted each way: the resize that
 * follows still decides the quality. */
static int
choose_shrink (const OwlPictureDocument *picture, double scale)
{
  int shrink = 1;

  while (picture->can_shrink && shrink < 8 && scale * shrink * 4 <= 1.0)
    shrink *= 2;
  return shrink;
}

static gboolean
decode_to (OwlPictureDocument *picture, int shrink, guint8 *pixels, GError **error)
{
  g_auto (OwlCanvas) canvas = { 0 };

  if (!owl_canvas_init (&canvas, (picture->stored_width + shrink - 1) / shrink,
                        (picture->stored_height + shrink - 1) / shrink, picture->orientation, pixels, error)
      || !picture->decode (picture, shrink, &canvas, error))
    return FALSE;
  owl_canvas_finish (&canvas);
  return TRUE;
}

gboolean
owl_picture_document_render (OwlDocument *document, int page, const float *region, int max_width, int max_height,
                             OwlSharedPixels *pixels, GError **error)
{
  OwlPictureDocument *picture = (OwlPictureDocument *) document;
  int width, height, shrink, decoded_width, decoded_height;
  double scale = 1.0;
  guint8 *decoded;
  gboolean done;

  get_displayed_size (picture, &width, &height);
  if (max_width > 0)
    scale = MIN (scale, (double) max_width / width);
  if (max_height > 0)
    scale = MIN (scale, (double) max_height / height);
  pixels->width = MAX (1, (int) round (width * scale));
  pixels->height = MAX (1, (int) round (height * scale));
  if (!owl_shared_data_init (&pixels->shared, (gsize) pixels->width * (gsize) pixels->height * 3, error))
    return FALSE;
  if (pixels->width == width && pixels->height == height)
    return decode_to (picture, 1, pixels->shared.data, error);

  shrink = choose_shrink (picture, scale);
  decoded_width = (width + shrink - 1) / shrink;
  decoded_height = (height + shrink - 1) / shrink;
  decoded = owl_big_alloc ((gsize) decoded_width * (gsize) decoded_height * 3, error);
  if (!decoded)
    return FALSE;
  done = decode_to (picture, shrink, decoded, error);
  if (done)
    owl_resize (decoded, decoded_width, decoded_height, pixels->shared.data, pixels->width, pixels->height);
  owl_big_free (decoded, (gsize) decoded_width * (gsize) decoded_height * 3);
  return done;
}

void
owl_picture_document_free (OwlDocument *document)
{
  g_free (document);
}
