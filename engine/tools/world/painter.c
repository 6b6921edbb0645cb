/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/paint-private.h"

#include "tools/world/objects.h"

#include <math.h>

#define MAX_VARIANTS 4
#define EMOJI_SIZE 136

struct _WorldPainter {
  PangoContext *pango;
  cairo_surface_t *(*emoji)[MAX_VARIANTS][2]; /* [object][variant][whole, half] */
  guint *n_variants;
};

WorldPainter *
world_painter_new (void)
{
  WorldPainter *painter = g_new0 (WorldPainter, 1);

  painter->pango = pango_font_map_create_context (pango_cairo_font_map_get_default ());
  painter->emoji = g_malloc0_n (world_n_objects, sizeof *painter->emoji);
  painter->n_variants = g_new0 (guint, world_n_objects);
  return painter;
}

void
world_painter_free (WorldPainter *painter)
{
  if (!painter)
    return;
  for (guint i = 0; i < world_n_objects; i++)
    for (guint j = 0; j < MAX_VARIANTS; j++)
      for (guint k = 0; k < 2; k++)
        g_clear_pointer (&painter->emoji[i][j][k], cairo_surface_destroy);
  g_free (painter->emoji);
  g_free (painter->n_variants);
  g_object_unref (painter->pango);
  g_free (painter);
}

PangoContext *
world_painter_get_pango (WorldPainter *painter)
{
  return painter->pango;
}

/* The emoji at its bitmap's own size, cut to what is drawn. */
static cairo_surface_t *
render_emoji (WorldPainter *painter, const char *text)
{
  cairo_surface_t *wide = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, EMOJI_SIZE * 2, EMOJI_SIZE * 2), *cut;
  cairo_t *cr = cairo_create (wide);
  PangoLayout *layout = pango_layout_new (painter->pango);
  PangoFontDescription *font = pango_font_description_from_string ("Noto Color Emoji");
  int left = EMOJI_SIZE * 2, right = 0, top = EMOJI_SIZE * 2, bottom = 0, stride = cairo_image_surface_get_stride (wide);
  const guint8 *data;

  pango_font_description_set_absolute_size (font, 109 * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_layout_set_text (layout, text, -1);
  cairo_move_to (cr, EMOJI_SIZE / 2.0, EMOJI_SIZE / 2.0);
  pango_cairo_show_layout (cr, layout);
  cairo_destroy (cr);
  cairo_surface_flush (wide);
  data = cairo_image_surface_get_data (wide);
  for (int y = 0; y < EMOJI_SIZE * 2; y++)
    for (int x = 0; x < EMOJI_SIZE * 2; x++)
      if (data[y * stride + x * 4 + 3] > 8) {
        left = MIN (left, x);
        right = MAX (right, x + 1);
        top = MIN (top, y);
        bottom = MAX (bottom, y + 1);
      }
  if (right <= left) {
    g_warning ("no picture of %s: is the font Noto Color Emoji installed?", text);
    left = top = 0;
    right = bottom = 1;
  }
  cut = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, right - left, bottom - top);
  cr = cairo_create (cut);
  cairo_set_source_surface (cr, wide, -left, -top);
  cairo_paint (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (wide);
  g_object_unref (layout);
  pango_font_description_free (font);
  return cut;
}

static cairo_surface_t *
halve (cairo_surface_t *whole)
{
  int width = (cairo_image_surface_get_width (whole) + 1) / 2, height = (cairo_image_surface_get_height (whole) + 1) / 2;
  cairo_surface_t *half = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  cairo_t *cr = cairo_create (half);

  cairo_scale (cr, 0.5, 0.5);
  cairo_set_source_surface (cr, whole, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_paint (cr);
  cairo_destroy (cr);
  return half;
}

guint
world_painter_get_n_variants (WorldPainter *painter, int object)
{
  if (painter->n_variants[object] == 0) {
    g_auto (GStrv) names = g_strsplit (world_objects[object].emoji, " ", MAX_VARIANTS);

    for (guint i = 0; names[i]; i++) {
      painter->emoji[object][i][0] = render_emoji (painter, names[i]);
      painter->emoji[object][i][1] = halve (painter->emoji[object][i][0]);
      painter->n_variants[object] = i + 1;
    }
  }
  return painter->n_variants[object];
}

cairo_surface_t *const *
world_painter_get_emoji (WorldPainter *painter, int object, guint variant)
{
  world_painter_get_n_variants (painter, object);
  return painter->emoji[object][variant];
}

/* Small pictures are frequent, large ones rare; most are between square and 3:2. */
static void
draw_size (const WorldScene *scene, WorldRandom *random, int *width, int *height)
{
  double longer = exp (world_random_real (random, log (96), log (400)));
  double ratio = world_random_chance (random, 0.45) ? 1.0 : world_random_chance (random, 0.7) ? world_random_real (random, 1.0, 1.5) : world_random_real (random, 1.5, 2.2);
  gboolean print = scene->kind == WORLD_SCENE_WORD || scene->kind == WORLD_SCENE_RECEIPT || scene->kind == WORLD_SCENE_DOCUMENT || scene->kind == WORLD_SCENE_TEXT, high;

  if (world_random_chance (random, 0.05))
    longer = world_random_real (random, 400, 640);
  /* An oval is told from a circle, a rectangle from a square, only where the encoder's square does not change them. */
  if (scene->kind == WORLD_SCENE_SHAPES)
    ratio = MIN (ratio, 1.7);
  for (guint i = 0; i < scene->n_items; i++)
    if (scene->items[i].is_shape && (scene->items[i].what == WORLD_RECTANGLE || scene->items[i].what == WORLD_OVAL))
      ratio = MIN (ratio, 1.15);
  high = scene->kind == WORLD_SCENE_RECEIPT || scene->kind == WORLD_SCENE_DOCUMENT ? world_random_chance (random, 0.8) : world_random_chance (random, scene->kind == WORLD_SCENE_WORD ? 0.1 : 0.4);
  if (print)
    longer = MAX (longer, (world_random_chance (random, 0.6) ? 200 : 112) * ratio);
  longer = MAX (longer, 64 * ratio);
  *width = (int) (high ? longer / ratio : longer);
  *height = (int) (high ? longer : longer / ratio);
}

static guint8 *
to_rgb (cairo_surface_t *surface, int width, int height, gboolean grey)
{
  guint8 *pixels = g_malloc ((gsize) width * height * 3);
  int stride = cairo_image_surface_get_stride (surface);
  const guint8 *data;

  cairo_surface_flush (surface);
  data = cairo_image_surface_get_data (surface);
  for (int y = 0; y < height; y++) {
    const guint32 *row = (const guint32 *) (gconstpointer) (data + (gsize) y * stride);
    guint8 *out = pixels + (gsize) y * width * 3;

    for (int x = 0; x < width; x++, out += 3) {
      guint32 value = row[x];

      out[0] = (guint8) (value >> 16);
      out[1] = (guint8) (value >> 8);
      out[2] = (guint8) value;
      if (grey)
        out[0] = out[1] = out[2] = (guint8) ((out[0] * 77 + out[1] * 150 + out[2] * 29) >> 8);
    }
  }
  return pixels;
}

void
world_canvas_mark_item (WorldCanvas *canvas, const WorldItem *item)
{
  double rx = item->radius * canvas->side / canvas->width, ry = item->radius * canvas->side / canvas->height;
  WorldMark mark = { item->x - rx, item->y - ry, item->x + rx, item->y + ry, FALSE, world_fact_of_item (item), item->is_shape ? item->colour : -1, WORLD_NO_INDEX, WORLD_ROLE_NONE };

  if (canvas->marks)
    g_array_append_val (canvas->marks, mark);
}

/* Letters count from the left; digits of a sum from the right, other signs in it not. */
static int
index_of_letter (const char *text, const char *at, gboolean is_sum)
{
  int index = 0;

  if (!is_sum)
    return MIN ((int) g_utf8_pointer_to_offset (text, at), WORLD_NO_INDEX - 1);
  if (!g_ascii_isdigit (*at))
    return WORLD_NO_INDEX;
  for (const char *p = at + 1; *p; p++)
    index += g_ascii_isdigit (*p);
  return MIN (index, WORLD_NO_INDEX - 1);
}

void
world_canvas_mark_text (WorldCanvas *canvas, PangoLayout *layout, double x, double y, int role)
{
  const char *text = pango_layout_get_text (layout);
  PangoRectangle ink;

  if (!canvas->marks)
    return;
  pango_layout_get_pixel_extents (layout, &ink, NULL);
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar letter = g_utf8_get_char (p);
    WorldMark mark = { 1e9, 1e9, -1e9, -1e9, TRUE, world_fact_of_letter (letter), -1, index_of_letter (text, p, role == WORLD_ROLE_TOTAL || role >= WORLD_ROLE_PRICE), role };
    PangoRectangle box;

    if (g_unichar_isspace (letter))
      continue;
    pango_layout_index_to_pos (layout, (int) (p - text), &box);
    for (guint i = 0; i < 4; i++) {
      double cx = x + (box.x + (i % 2 ? box.width : 0)) / (double) PANGO_SCALE, cy = y + ink.y + (i / 2 ? ink.height : 0);

      cairo_user_to_device (canvas->cr, &cx, &cy);
      mark.x0 = MIN (mark.x0, cx / canvas->width);
      mark.y0 = MIN (mark.y0, cy / canvas->height);
      mark.x1 = MAX (mark.x1, cx / canvas->width);
      mark.y1 = MAX (mark.y1, cy / canvas->height);
    }
    g_array_append_val (canvas->marks, mark);
  }
}

guint8 *
world_painter_paint (WorldPainter *painter, const WorldScene *scene, WorldSplit split, WorldRandom *random, GArray *marks, int *width, int *height)
{
  WorldCanvas canvas = { .painter = painter, .split = split, .random = random, .marks = marks };
  gboolean print = scene->kind == WORLD_SCENE_WORD || scene->kind == WORLD_SCENE_RECEIPT || scene->kind == WORLD_SCENE_DOCUMENT || scene->kind == WORLD_SCENE_TEXT;
  gboolean grey = (print && world_random_chance (random, 0.08)) || (scene->kind == WORLD_SCENE_OBJECT && scene->background < 0 && world_random_chance (random, 0.03));
  guint8 *pixels;

  draw_size (scene, random, &canvas.width, &canvas.height);
  canvas.side = MIN (canvas.width, canvas.height);
  canvas.surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, canvas.width, canvas.height);
  canvas.cr = cairo_create (canvas.surface);
  switch (scene->kind) {
  case WORLD_SCENE_WORD:
    world_paint_word (&canvas, scene);
    break;
  case WORLD_SCENE_RECEIPT:
    world_paint_receipt (&canvas, scene);
    break;
  case WORLD_SCENE_DOCUMENT:
    world_paint_document (&canvas, scene);
    break;
  case WORLD_SCENE_TEXT:
    world_paint_text (&canvas, scene);
    break;
  case WORLD_SCENE_NOTHING:
    world_paint_nothing (&canvas);
    break;
  case WORLD_SCENE_OBJECT:
  case WORLD_SCENE_OBJECTS:
  case WORLD_SCENE_SHAPES:
  case WORLD_N_SCENES:
    world_paint_ground (&canvas, scene->background);
    for (guint i = 0; i < scene->n_items; i++) {
      const WorldItem *item = &scene->items[i];

      world_canvas_mark_item (&canvas, item);
      if (item->is_shape)
        world_paint_shape (&canvas, item);
      else
        world_paint_object (&canvas, item, world_painter_get_emoji (painter, item->what, world_random_below (random, world_painter_get_n_variants (painter, item->what))));
    }
    break;
  }
  pixels = to_rgb (canvas.surface, canvas.width, canvas.height, grey);
  cairo_destroy (canvas.cr);
  cairo_surface_destroy (canvas.surface);
  world_damage (pixels, canvas.width, canvas.height, print, random);
  *width = canvas.width;
  *height = canvas.height;
  return pixels;
}
