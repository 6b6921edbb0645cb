/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/paint-private.h"

#include <math.h>

WorldShade
world_shade_from_hsv (double hue, double saturation, double value)
{
  double c = value * saturation, m = value - c, h = fmod (hue + 360.0, 360.0) / 60.0, x = c * (1.0 - fabs (fmod (h, 2.0) - 1.0));
  WorldShade shade = { m, m, m };

  switch ((int) h) {
  case 0:
    shade.r += c, shade.g += x;
    break;
  case 1:
    shade.r += x, shade.g += c;
    break;
  case 2:
    shade.g += c, shade.b += x;
    break;
  case 3:
    shade.g += x, shade.b += c;
    break;
  case 4:
    shade.r += x, shade.b += c;
    break;
  default:
    shade.r += c, shade.b += x;
    break;
  }
  return shade;
}

WorldShade
world_shade_of (int colour, WorldRandom *random)
{
  /* Hue, saturation and value from..to, in the order of WorldColour. */
  static const float ranges[WORLD_N_COLOURS][6] = {
    { -12, 8, 0.78f, 1, 0.62f, 1 },      { 203, 242, 0.58f, 1, 0.42f, 1 },     { 88, 158, 0.5f, 1, 0.35f, 0.85f }, { 47, 60, 0.7f, 1, 0.86f, 1 },
    { 21, 37, 0.82f, 1, 0.9f, 1 },       { 264, 300, 0.42f, 0.95f, 0.36f, 0.82f }, { 0, 360, 0, 0.3f, 0, 0.13f },  { 0, 360, 0, 0.05f, 0.94f, 1 },
    { 318, 350, 0.28f, 0.55f, 0.94f, 1 }, { 14, 30, 0.55f, 0.85f, 0.3f, 0.52f },   { 0, 360, 0, 0.05f, 0.4f, 0.68f },
  };
  const float *range = ranges[colour];

  return world_shade_from_hsv (world_random_real (random, range[0], range[1]), world_random_real (random, range[2], range[3]),
                               world_random_real (random, range[4], range[5]));
}

double
world_shade_distance (WorldShade a, WorldShade b)
{
  double r = a.r - b.r, g = a.g - b.g, l = a.b - b.b;

  return sqrt (0.3 * r * r + 0.5 * g * g + 0.2 * l * l);
}

WorldShade
world_canvas_sample (WorldCanvas *canvas, double x, double y, double radius)
{
  const guint8 *pixels;
  int stride = cairo_image_surface_get_stride (canvas->surface);
  WorldShade mean = { 0, 0, 0 };

  cairo_surface_flush (canvas->surface);
  pixels = cairo_image_surface_get_data (canvas->surface);
  for (int i = 0; i < 25; i++) {
    int px = CLAMP ((int) (x + (i % 5 - 2) * radius / 2.2), 0, canvas->width - 1);
    int py = CLAMP ((int) (y + (i / 5 - 2) * radius / 2.2), 0, canvas->height - 1);
    guint32 value = *(const guint32 *) (gconstpointer) (pixels + py * stride + px * 4);

    mean.r += (value >> 16 & 255) / 6375.0;
    mean.g += (value >> 8 & 255) / 6375.0;
    mean.b += (value & 255) / 6375.0;
  }
  return mean;
}

WorldShade
world_shade_of_ink (WorldShade ground, WorldRandom *random)
{
  double luminance = 0.3 * ground.r + 0.59 * ground.g + 0.11 * ground.b;
  gboolean dark = luminance > 0.5;

  return world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, dark ? 0.8 : 0.15),
                               dark ? world_random_real (random, 0, luminance > 0.75 ? 0.35 : 0.15) : world_random_real (random, 0.88, 1));
}

void
world_canvas_set (WorldCanvas *canvas, WorldShade shade, double alpha)
{
  cairo_set_source_rgba (canvas->cr, shade.r, shade.g, shade.b, alpha);
}
