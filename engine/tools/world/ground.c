/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backgrounds. */
#include "tools/world/paint-private.h"

#include <math.h>

/* A shade without a name of its own: pale, greyish or dark. */
static WorldShade
draw_shade (WorldRandom *random)
{
  switch (world_random_below (random, 4)) {
  case 0:
    return world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.12), world_random_real (random, 0.82, 1));
  case 1:
    return world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0.1, 0.4), world_random_real (random, 0.7, 1));
  case 2:
    return world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.5), world_random_real (random, 0.1, 0.45));
  default:
    return world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.9), world_random_real (random, 0.2, 1));
  }
}

static WorldShade
vary (WorldShade shade, double by, WorldRandom *random)
{
  WorldShade result = { CLAMP (shade.r + world_random_real (random, -by, by), 0, 1), CLAMP (shade.g + world_random_real (random, -by, by), 0, 1),
                        CLAMP (shade.b + world_random_real (random, -by, by), 0, 1) };

  return result;
}

static void
paint_gradient (WorldCanvas *canvas, WorldShade a, WorldShade b)
{
  double w = canvas->width, h = canvas->height, angle = world_random_real (canvas->random, 0, 2 * G_PI);
  cairo_pattern_t *pattern;

  if (world_random_chance (canvas->random, 0.3))
    pattern = cairo_pattern_create_radial (w * world_random_unit (canvas->random), h * world_random_unit (canvas->random), 0, w / 2, h / 2, hypot (w, h) * 0.7);
  else
    pattern = cairo_pattern_create_linear (w / 2 - cos (angle) * w / 2, h / 2 - sin (angle) * h / 2, w / 2 + cos (angle) * w / 2, h / 2 + sin (angle) * h / 2);
  cairo_pattern_add_color_stop_rgb (pattern, 0, a.r, a.g, a.b);
  cairo_pattern_add_color_stop_rgb (pattern, 1, b.r, b.g, b.b);
  cairo_set_source (canvas->cr, pattern);
  cairo_paint (canvas->cr);
  cairo_pattern_destroy (pattern);
}

/* Stripes, checks or dots. */
static void
paint_regular (WorldCanvas *canvas, WorldShade a, WorldShade b)
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  double reach = hypot (canvas->width, canvas->height), step = canvas->side * world_random_real (random, 0.06, 0.25), fill = world_random_real (random, 0.25, 0.6);
  guint kind = world_random_below (random, 3);

  world_canvas_set (canvas, a, 1);
  cairo_paint (cr);
  world_canvas_set (canvas, b, 1);
  cairo_save (cr);
  cairo_translate (cr, canvas->width / 2.0, canvas->height / 2.0);
  cairo_rotate (cr, world_random_chance (random, 0.4) ? 0 : world_random_real (random, 0, G_PI));
  for (double x = -reach / 2; x < reach / 2; x += step) {
    if (kind == 0) {
      cairo_rectangle (cr, x, -reach / 2, step * fill, reach);
      continue;
    }
    for (double y = -reach / 2; y < reach / 2; y += step) {
      if (kind == 1) {
        cairo_rectangle (cr, x, y, step / 2, step / 2);
      } else {
        cairo_new_sub_path (cr);
        cairo_arc (cr, x, y, step * fill * 0.45, 0, 2 * G_PI);
      }
    }
  }
  cairo_fill (cr);
  cairo_restore (cr);
}

/* Smooth noise in several octaves: cloth, walls, out-of-focus rooms. `n` cells across the first octave. */
static void
paint_noise (WorldCanvas *canvas, WorldShade a, WorldShade b, int n, guint octaves, cairo_filter_t filter)
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;

  world_canvas_set (canvas, a, 1);
  cairo_paint (cr);
  for (guint octave = 0; octave < octaves; octave++, n *= 2) {
    cairo_surface_t *cells = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, n, n);
    guint8 *data = cairo_image_surface_get_data (cells);
    int stride = cairo_image_surface_get_stride (cells);

    for (int i = 0; i < n * n; i++) {
      WorldShade shade = vary (world_random_chance (random, 0.5) ? a : b, 0.1, random);
      guint32 alpha = 90 + world_random_below (random, octave == 0 ? 166 : 60);

      *(guint32 *) (gpointer) (data + i / n * stride + i % n * 4) = alpha << 24 | (guint32) (shade.r * alpha) << 16 | (guint32) (shade.g * alpha) << 8 | (guint32) (shade.b * alpha);
    }
    cairo_surface_mark_dirty (cells);
    cairo_save (cr);
    cairo_scale (cr, canvas->width / (double) n, canvas->height / (double) n);
    cairo_set_source_surface (cr, cells, 0, 0);
    cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
    cairo_pattern_set_filter (cairo_get_source (cr), filter);
    cairo_paint_with_alpha (cr, octave == 0 ? 1.0 : 0.6);
    cairo_restore (cr);
    cairo_surface_destroy (cells);
  }
}

/* Sky over land, or a wall over a table. */
static void
paint_horizon (WorldCanvas *canvas)
{
  WorldRandom *random = canvas->random;
  double y = canvas->height * world_random_real (random, 0.35, 0.75);
  WorldShade sky = world_shade_from_hsv (world_random_real (random, 190, 225), world_random_real (random, 0.1, 0.6), world_random_real (random, 0.75, 1));
  WorldShade land = world_random_chance (random, 0.5)
                      ? world_shade_from_hsv (world_random_real (random, 80, 130), world_random_real (random, 0.3, 0.7), world_random_real (random, 0.4, 0.8))
                      : world_shade_from_hsv (world_random_real (random, 20, 45), world_random_real (random, 0.2, 0.6), world_random_real (random, 0.45, 0.9));

  paint_gradient (canvas, sky, vary (sky, 0.15, random));
  cairo_rectangle (canvas->cr, 0, y, canvas->width, canvas->height);
  cairo_clip (canvas->cr);
  paint_gradient (canvas, land, vary (land, 0.12, random));
  cairo_reset_clip (canvas->cr);
}

/* Soft discs of light. */
static void
paint_lights (WorldCanvas *canvas)
{
  WorldRandom *random = canvas->random;

  paint_gradient (canvas, draw_shade (random), draw_shade (random));
  for (int i = world_random_int (random, 6, 18); i > 0; i--) {
    WorldShade shade = draw_shade (random);

    world_canvas_set (canvas, shade, world_random_real (random, 0.08, 0.3));
    cairo_arc (canvas->cr, canvas->width * world_random_unit (random), canvas->height * world_random_unit (random), canvas->side * world_random_real (random, 0.05, 0.3), 0,
               2 * G_PI);
    cairo_fill (canvas->cr);
  }
}

/* Hatching by thin lines; a surface of the foreign split alone. */
static void
paint_hatching (WorldCanvas *canvas)
{
  WorldRandom *random = canvas->random;
  WorldShade paper = world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.25), world_random_real (random, 0.8, 1));
  double step = canvas->side * world_random_real (random, 0.03, 0.07), slope = world_random_real (random, -0.6, 0.6);

  world_canvas_set (canvas, paper, 1);
  cairo_paint (canvas->cr);
  world_canvas_set (canvas, vary (paper, 0.2, random), 0.7);
  cairo_set_line_width (canvas->cr, MAX (1.0, step * 0.15));
  for (double t = -canvas->width - canvas->height; t < canvas->width + canvas->height; t += step) {
    cairo_move_to (canvas->cr, t, 0);
    cairo_line_to (canvas->cr, t + slope * canvas->height, canvas->height);
    cairo_move_to (canvas->cr, 0, t);
    cairo_line_to (canvas->cr, canvas->width, t + slope * canvas->width);
  }
  cairo_stroke (canvas->cr);
}

void
world_paint_ground (WorldCanvas *canvas, int background)
{
  WorldRandom *random = canvas->random;

  if (background >= 0) {
    WorldShade shade = world_shade_of (background, random);

    if (world_random_chance (random, 0.75)) {
      world_canvas_set (canvas, shade, 1);
      cairo_paint (canvas->cr);
    } else {
      paint_gradient (canvas, shade, world_shade_of (background, random));
    }
    return;
  }
  if (canvas->split == WORLD_FOREIGN && world_random_chance (random, 0.5)) {
    if (world_random_chance (random, 0.5))
      paint_hatching (canvas);
    else
      paint_lights (canvas);
    return;
  }
  switch (world_random_below (random, 8)) {
  case 0:
  case 1:
    world_canvas_set (canvas, draw_shade (random), 1);
    cairo_paint (canvas->cr);
    break;
  case 2:
    paint_gradient (canvas, draw_shade (random), draw_shade (random));
    break;
  case 3: {
    WorldShade shade = draw_shade (random);

    paint_regular (canvas, shade, vary (shade, 0.25, random));
    break;
  }
  case 4:
    paint_noise (canvas, draw_shade (random), draw_shade (random), world_random_int (random, 2, 6), (guint) world_random_int (random, 1, 4), CAIRO_FILTER_BILINEAR);
    break;
  case 5:
    paint_horizon (canvas);
    break;
  case 6: {
    WorldShade shade = draw_shade (random);

    paint_noise (canvas, shade, vary (shade, 0.12, random), world_random_int (random, 16, 64), 1, CAIRO_FILTER_BILINEAR);
    break;
  }
  default: {
    WorldShade shade = draw_shade (random);

    if (world_random_chance (random, 0.35))
      paint_noise (canvas, shade, vary (shade, 0.5, random), world_random_int (random, 10, 40), 1, CAIRO_FILTER_NEAREST);
    else
      paint_gradient (canvas, shade, vary (shade, 0.2, random));
    break;
  }
  }
}

void
world_paint_plain_ground (WorldCanvas *canvas)
{
  WorldRandom *random = canvas->random;
  WorldShade shade = draw_shade (random);

  switch (world_random_below (random, 5)) {
  case 0:
  case 1:
    world_canvas_set (canvas, shade, 1);
    cairo_paint (canvas->cr);
    break;
  case 2:
    paint_gradient (canvas, shade, vary (shade, 0.15, random));
    break;
  case 3:
    paint_noise (canvas, shade, vary (shade, 0.08, random), world_random_int (random, 8, 50), 1, CAIRO_FILTER_BILINEAR);
    break;
  default:
    shade = world_shade_from_hsv (0, 0, world_random_real (random, 0.9, 1));
    world_canvas_set (canvas, shade, 1);
    cairo_paint (canvas->cr);
    break;
  }
}

void
world_paint_nothing (WorldCanvas *canvas)
{
  WorldRandom *random = canvas->random;

  switch (world_random_below (random, 6)) {
  case 0: {
    WorldShade shade = world_random_chance (random, 0.5) ? world_shade_of ((int) world_random_below (random, WORLD_N_COLOURS), random) : draw_shade (random);

    world_canvas_set (canvas, shade, 1);
    cairo_paint (canvas->cr);
    break;
  }
  case 1:
    paint_gradient (canvas, draw_shade (random), draw_shade (random));
    break;
  case 2:
    paint_noise (canvas, draw_shade (random), draw_shade (random), world_random_int (random, 2, 10), 3, CAIRO_FILTER_BILINEAR);
    break;
  case 3:
    paint_noise (canvas, draw_shade (random), draw_shade (random), world_random_int (random, 30, 120), 1, CAIRO_FILTER_NEAREST);
    break;
  case 4:
    paint_regular (canvas, draw_shade (random), draw_shade (random));
    break;
  default:
    paint_noise (canvas, draw_shade (random), draw_shade (random), world_random_int (random, 8, 30), 2, CAIRO_FILTER_NEAREST);
    break;
  }
}
