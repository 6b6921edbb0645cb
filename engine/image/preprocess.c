/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/preprocess.h"

#include "image/resize.h"

void
owl_preprocess (const OwlPicture *picture, int size, const float mean[3], const float std[3], float *values)
{
  gsize n = (gsize) size * (gsize) size;
  g_autofree guint8 *pixels = g_malloc_n (n, 3);

  owl_resize (owl_picture_get_pixels (picture), owl_picture_get_width (picture),
              owl_picture_get_height (picture), pixels, size, size);
  for (int channel = 0; channel < 3; channel++) {
    float *plane = values + (gsize) channel * n;
    float table[256];

    for (int byte = 0; byte < 256; byte++)
      table[byte] = ((float) (byte * 0.00392156862745098) - mean[channel]) / std[channel];
    for (gsize i = 0; i < n; i++)
      plane[i] = table[pixels[3 * i + (gsize) channel]];
  }
}
