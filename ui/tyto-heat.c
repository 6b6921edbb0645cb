/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-heat"

#include "ui/tyto-heat.h"

#include <math.h>

/* Pixels of the texture on its longer side; it is enlarged smoothly. */
#define SIZE 160
/* How far a cell reaches, in cells. */
#define SIGMA 0.6
#define REACH 2

float
tyto_heat_get_most (const OwlHeatMap *map)
{
  float most = 0.0f;

  for (int i = 0; i < map->width * map->height; i++)
    most = MAX (most, map->values[i]);
  return most;
}

/* One axis of the smoothing: what each of `n_out` places takes from the cells around it. */
static void
smooth_line (const float *in, gsize in_step, int n_in, float *out, gsize out_step, int n_out)
{
  for (int i = 0; i < n_out; i++) {
    double at = (i + 0.5) * n_in / n_out - 0.5, sum = 0.0, weights = 0.0;
    int middle = (int) lround (at);

    for (int cell = MAX (middle - REACH, 0); cell <= MIN (middle + REACH, n_in - 1); cell++) {
      double weight = exp (-(at - cell) * (at - cell) / (2.0 * SIGMA * SIGMA));

      sum += weight * in[(gsize) cell * in_step];
      weights += weight;
    }
    out[(gsize) i * out_step] = (float) (sum / weights);
  }
}

/* Seen on a picture of any colour: what was not looked at is in shade, what was is clear, and glows from amber to red. Premultiplied, as the
 * texture wants it. */
static void
colour (float heat, guint8 *pixel)
{
  static const float cold[3] = { 0.04f, 0.06f, 0.10f };
  float h = CLAMP (heat, 0.0f, 1.0f), glow = 0.62f * powf (h, 1.4f), shade = 0.78f * powf (1.0f - h, 1.5f) * (1.0f - glow);
  const float hot[3] = { 1.0f, 0.74f - 0.62f * h, 0.08f };

  for (int i = 0; i < 3; i++)
    pixel[i] = (guint8) (255.0f * (hot[i] * glow + cold[i] * shade));
  pixel[3] = (guint8) (255.0f * (glow + shade));
}

GdkTexture *
tyto_heat_new (const OwlHeatMap *map, float most)
{
  int longer = MAX (map->width, map->height), width = MAX (1, SIZE * map->width / longer), height = MAX (1, SIZE * map->height / longer);
  gsize n = (gsize) width * (gsize) height;
  g_autofree float *rows = g_new (float, (gsize) width * (gsize) map->height), *smooth = g_new (float, n);
  guint8 *pixels = g_new (guint8, 4 * n);
  g_autoptr (GBytes) bytes = NULL;

  for (int y = 0; y < map->height; y++)
    smooth_line (map->values + (gsize) y * (gsize) map->width, 1, map->width, rows + (gsize) y * (gsize) width, 1, width);
  for (int x = 0; x < width; x++)
    smooth_line (rows + x, (gsize) width, map->height, smooth + x, (gsize) width, height);
  for (gsize i = 0; i < n; i++)
    colour (most > 0.0f ? smooth[i] / most : 0.0f, pixels + 4 * i);
  bytes = g_bytes_new_take (pixels, 4 * n);
  return gdk_memory_texture_new (width, height, GDK_MEMORY_R8G8B8A8_PREMULTIPLIED, bytes, 4 * (gsize) width);
}
