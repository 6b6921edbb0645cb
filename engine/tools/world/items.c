/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes and objects. */
#include "tools/world/paint-private.h"

#include <math.h>

#define MAX_POINTS 64

typedef struct {
  double x[MAX_POINTS], y[MAX_POINTS];
  guint n;
} Outline;

static void
add (Outline *outline, double x, double y)
{
  outline->x[outline->n] = x;
  outline->y[outline->n++] = y;
}

static void
add_regular (Outline *outline, guint n, double start, double radius)
{
  for (guint i = 0; i < n; i++)
    add (outline, cos (start + 2 * G_PI * i / n) * radius, sin (start + 2 * G_PI * i / n) * radius);
}

/* In a box of about -1..1. */
static void
outline_shape (Outline *outline, int shape, WorldRandom *random)
{
  double a, b;

  outline->n = 0;
  switch (shape) {
  case WORLD_CIRCLE:
    add_regular (outline, 48, 0, 1);
    break;
  case WORLD_OVAL:
    a = world_random_real (random, 0.5, 0.64);
    for (guint i = 0; i < 48; i++)
      add (outline, cos (2 * G_PI * i / 48), a * sin (2 * G_PI * i / 48));
    break;
  case WORLD_SQUARE:
    add_regular (outline, 4, G_PI / 4, 1.15);
    break;
  case WORLD_RECTANGLE:
    a = world_random_real (random, 0.4, 0.55);
    add (outline, -1, -a);
    add (outline, 1, -a);
    add (outline, 1, a);
    add (outline, -1, a);
    break;
  case WORLD_TRIANGLE:
    a = world_random_real (random, 0.75, 1.1);
    b = world_random_chance (random, 0.25) ? world_random_real (random, -0.7, 0.7) : 0;
    add (outline, b, -a);
    add (outline, 1, 0.8);
    add (outline, -1, 0.8);
    break;
  case WORLD_STAR:
    a = world_random_real (random, 0.36, 0.55);
    b = world_random_chance (random, 0.85) ? 5 : 6;
    for (guint i = 0; i < 2 * (guint) b; i++) {
      double r = i % 2 ? a * 1.08 : 1.08;

      add (outline, r * sin (G_PI * i / b), -r * cos (G_PI * i / b));
    }
    break;
  case WORLD_HEART:
    a = world_random_real (random, 0.9, 1.08);
    for (guint i = 0; i < 48; i++) {
      double t = 2 * G_PI * i / 48;

      add (outline, pow (sin (t), 3) * a, -(13 * cos (t) - 5 * cos (2 * t) - 2 * cos (3 * t) - cos (4 * t)) / 16.0 - 0.12);
    }
    break;
  case WORLD_DIAMOND:
    a = world_random_real (random, 0.6, 0.8);
    add (outline, 0, -1.1);
    add (outline, a, 0);
    add (outline, 0, 1.1);
    add (outline, -a, 0);
    break;
  case WORLD_PENTAGON:
    add_regular (outline, 5, -G_PI / 2, 1);
    break;
  case WORLD_HEXAGON:
    add_regular (outline, 6, 0, 1);
    break;
  default: /* cross */
    a = world_random_real (random, 0.24, 0.38);
    for (guint i = 0; i < 4; i++) {
      static const double signs[4][2] = { { 1, -1 }, { 1, 1 }, { -1, 1 }, { -1, -1 } };
      double sx = signs[i][0], sy = signs[i][1];

      add (outline, sx * (i % 2 ? 1 : a), sy * (i % 2 ? a : 1));
      add (outline, sx * a, sy * a);
      add (outline, sx * (i % 2 ? a : 1), sy * (i % 2 ? 1 : a));
    }
    break;
  }
}

static double
draw_turn (int shape, WorldRandom *random)
{
  static const double most[WORLD_N_SHAPES] = { 3.14, 0.28, 0.35, 0.6, 0.35, 0.12, 0.3, 0.5, 3.14, 3.14, 0.2 };

  return world_random_chance (random, 0.35) ? 0.0 : world_random_real (random, -most[shape], most[shape]);
}

static void
trace (cairo_t *cr, const Outline *outline)
{
  cairo_new_path (cr);
  for (guint i = 0; i < outline->n; i++)
    cairo_line_to (cr, outline->x[i], outline->y[i]);
  cairo_close_path (cr);
}

/* A hand that shakes: points between the corners, all moved a little. */
static void
shake (Outline *outline, double by, WorldRandom *random)
{
  Outline from = *outline;
  guint between = from.n < 13 ? 4 : 1;

  outline->n = 0;
  for (guint i = 0; i < from.n; i++) {
    guint next = (i + 1) % from.n;

    for (guint j = 0; j < between && outline->n < MAX_POINTS; j++) {
      double t = j / (double) between;

      add (outline, from.x[i] + (from.x[next] - from.x[i]) * t + world_random_real (random, -by, by), from.y[i] + (from.y[next] - from.y[i]) * t + world_random_real (random, -by, by));
    }
  }
}

/* Fills the current path, with a lighter or darker second tone at times. */
static void
fill_with (WorldCanvas *canvas, WorldShade shade)
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  WorldShade other = { shade.r * 0.8 + (shade.r > 0.12 ? 0.0 : 0.05), shade.g * 0.8, shade.b * 0.8 };

  if (world_random_chance (random, 0.7)) {
    world_canvas_set (canvas, shade, 1);
  } else if (world_random_chance (random, 0.5)) {
    cairo_pattern_t *pattern = cairo_pattern_create_linear (-1, -1, 1, 1);

    cairo_pattern_add_color_stop_rgb (pattern, 0, shade.r, shade.g, shade.b);
    cairo_pattern_add_color_stop_rgb (pattern, 1, other.r, other.g, other.b);
    cairo_set_source (cr, pattern);
    cairo_pattern_destroy (pattern);
  } else {
    cairo_path_t *path;

    world_canvas_set (canvas, shade, 1);
    cairo_fill_preserve (cr);
    path = cairo_copy_path (cr);
    cairo_save (cr);
    cairo_clip (cr);
    world_canvas_set (canvas, other, 1);
    for (double x = -1.3; x < 1.3; x += 0.34)
      cairo_rectangle (cr, x, -1.3, 0.14, 2.6);
    cairo_fill (cr);
    cairo_restore (cr);
    cairo_new_path (cr);
    cairo_append_path (cr, path);
    cairo_path_destroy (path);
    return;
  }
  cairo_fill_preserve (cr);
}

void
world_paint_shape (WorldCanvas *canvas, const WorldItem *item)
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  double x = item->x * canvas->width, y = item->y * canvas->height, size = item->radius * canvas->side, turn = draw_turn (item->what, random);
  WorldShade ground = world_canvas_sample (canvas, x, y, size), shade = world_shade_of (item->colour, random);
  gboolean hollow = world_random_chance (random, 0.1), edged;
  Outline outline;

  for (guint i = 0; i < 10 && world_shade_distance (shade, ground) < 0.22; i++)
    shade = world_shade_of (item->colour, random);
  edged = world_shade_distance (shade, ground) < 0.2;
  outline_shape (&outline, item->what, random);
  if (world_random_chance (random, 0.15))
    shake (&outline, 0.05, random);
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, size, size);
  if (!hollow && world_random_chance (random, 0.15)) {
    cairo_save (cr);
    cairo_translate (cr, world_random_real (random, -0.15, 0.15), world_random_real (random, 0.05, 0.2));
    cairo_rotate (cr, turn);
    trace (cr, &outline);
    cairo_set_source_rgba (cr, 0, 0, 0, 0.25);
    cairo_fill (cr);
    cairo_restore (cr);
  }
  cairo_rotate (cr, turn);
  trace (cr, &outline);
  cairo_set_line_join (cr, world_random_chance (random, 0.5) ? CAIRO_LINE_JOIN_ROUND : CAIRO_LINE_JOIN_MITER);
  if (hollow && !edged) {
    cairo_set_line_width (cr, world_random_real (random, 0.22, 0.35));
    world_canvas_set (canvas, shade, 1);
    cairo_stroke (cr);
  } else {
    fill_with (canvas, shade);
    if (edged || world_random_chance (random, 0.2)) {
      WorldShade ink = world_shade_of_ink (edged ? shade : ground, random);

      cairo_set_line_width (cr, MAX (world_random_real (random, 0.05, 0.12), 1.2 / size));
      world_canvas_set (canvas, ink, 1);
      cairo_stroke (cr);
    }
    cairo_new_path (cr);
  }
  cairo_restore (cr);
}

void
world_paint_object (WorldCanvas *canvas, const WorldItem *item, cairo_surface_t *const emoji[2])
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  double size = 2 * item->radius * canvas->side;
  cairo_surface_t *picture = emoji[size < 80 ? 1 : 0];
  int width = cairo_image_surface_get_width (picture), height = cairo_image_surface_get_height (picture);
  double scale = size / MAX (width, height);
  gboolean mirrored = world_random_chance (random, 0.3);
  double turn = world_random_chance (random, 0.5) ? 0.0 : world_random_real (random, -0.35, 0.35);

  cairo_save (cr);
  cairo_translate (cr, item->x * canvas->width, item->y * canvas->height);
  cairo_rotate (cr, turn);
  cairo_scale (cr, mirrored ? -scale : scale, scale * world_random_real (random, 0.9, 1.1));
  if (world_random_chance (random, 0.12)) {
    cairo_set_source_rgba (cr, 0, 0, 0, 0.3);
    cairo_mask_surface (cr, picture, -width / 2.0 + width * world_random_real (random, -0.06, 0.06), -height / 2.0 + height * 0.06);
  } else if (world_random_chance (random, 0.1)) {
    WorldShade rim = world_random_chance (random, 0.7) ? (WorldShade){ 1, 1, 1 } : (WorldShade){ 0.1, 0.1, 0.1 };

    world_canvas_set (canvas, rim, 1);
    for (guint i = 0; i < 8; i++)
      cairo_mask_surface (cr, picture, -width / 2.0 + width * 0.04 * cos (i * G_PI / 4), -height / 2.0 + width * 0.04 * sin (i * G_PI / 4));
  }
  cairo_set_source_surface (cr, picture, -width / 2.0, -height / 2.0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_BILINEAR);
  cairo_paint (cr);
  if (world_random_chance (random, 0.12)) {
    WorldShade tint = world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.6), world_random_chance (random, 0.5) ? 1 : 0.1);

    world_canvas_set (canvas, tint, world_random_real (random, 0.08, 0.25));
    cairo_mask_surface (cr, picture, -width / 2.0, -height / 2.0);
  }
  cairo_restore (cr);
}
