/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/scene.h"

#include "tools/world/objects.h"
#include "tools/world/words.h"

#include <math.h>
#include <string.h>

gboolean
world_pair_is_held_out (int shape, int colour)
{
  static const guint8 pairs[][2] = {
    { WORLD_CIRCLE, WORLD_PURPLE }, { WORLD_SQUARE, WORLD_ORANGE }, { WORLD_TRIANGLE, WORLD_BLUE },
    { WORLD_STAR, WORLD_GREEN },    { WORLD_HEART, WORLD_YELLOW },  { WORLD_DIAMOND, WORLD_RED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (pairs[i][0] == shape && pairs[i][1] == colour)
      return TRUE;
  return FALSE;
}

/* Every 31st pair of object and background colour is kept out of training. */
static gboolean
object_background_is_held_out (int object, int background)
{
  return background >= 0 && (object * 7 + background * 5) % 31 == 0;
}

int
world_item_get_cell (const WorldItem *item)
{
  int column = CLAMP ((int) (item->x * 3.0), 0, 2), row = CLAMP ((int) (item->y * 3.0), 0, 2);

  return row * 3 + column;
}

int
world_item_compare_places (const void *a, const void *b)
{
  const WorldItem *left = a, *right = b;
  int by_cell = world_item_get_cell (left) - world_item_get_cell (right);

  return by_cell ? by_cell : (left->x > right->x) - (left->x < right->x);
}

guint
world_scene_count_items (const WorldScene *scene, int what, int colour)
{
  guint n = 0;

  for (guint i = 0; i < scene->n_items; i++)
    n += (what < 0 || (scene->items[i].is_shape && what == WORLD_N_SHAPES) || scene->items[i].what == what) && (colour < 0 || scene->items[i].colour == colour);
  return n;
}

static int
draw_colour (WorldRandom *random)
{
  static const double weights[WORLD_N_COLOURS] = { 12, 12, 12, 12, 12, 12, 10, 9, 3, 3, 3 };

  return (int) world_random_weighted (random, weights, WORLD_N_COLOURS);
}

static int
draw_background (WorldRandom *random)
{
  static const double weights[WORLD_N_COLOURS] = { 6, 6, 6, 6, 5, 5, 6, 22, 2, 2, 2 };

  return world_random_chance (random, 0.45) ? (int) world_random_weighted (random, weights, WORLD_N_COLOURS) : -1;
}

static int
draw_shape (WorldRandom *random)
{
  static const double weights[WORLD_N_SHAPES] = { 15, 15, 15, 15, 15, 15, 1.5, 1.5, 1, 1, 1.5 };

  return (int) world_random_weighted (random, weights, WORLD_N_SHAPES);
}

static int
draw_object (WorldRandom *random)
{
  for (;;) {
    guint i = world_random_below (random, world_n_objects);

    if (world_objects[i].common || world_random_chance (random, 0.5))
      return (int) i;
  }
}

/* Not so near to a line between two cells that its place could be disputed. */
static gboolean
is_clear_of_lines (double t, double margin)
{
  return fabs (t - 1.0 / 3.0) > margin && fabs (t - 2.0 / 3.0) > margin;
}

/* Places the last item so that it touches no earlier one; makes it smaller when that fails. */
static void
place_item (WorldScene *scene, guint index, double radius, WorldRandom *random)
{
  WorldItem *item = &scene->items[index];

  for (guint attempt = 0;; attempt++) {
    gboolean fits = TRUE;
    double inset = radius * (attempt < 10 ? 0.95 : 0.8);

    if (attempt % 12 == 11)
      radius *= 0.85;
    item->radius = radius;
    item->x = world_random_real (random, inset, 1.0 - inset);
    item->y = world_random_real (random, inset, 1.0 - inset);
    if (!is_clear_of_lines (item->x, 0.03) || !is_clear_of_lines (item->y, 0.03))
      continue;
    for (guint i = 0; i < index && fits; i++) {
      const WorldItem *other = &scene->items[i];

      fits = hypot (item->x - other->x, item->y - other->y) > (item->radius + other->radius) * 1.02 + 0.01;
    }
    if (fits)
      return;
  }
}

static void
draw_items (WorldScene *scene, WorldSplit split, WorldRandom *random)
{
  gboolean shapes = scene->kind == WORLD_SCENE_SHAPES;
  gboolean alike = world_random_chance (random, shapes ? 0.12 : 0.45); /* several of one kind, for counting */
  gboolean even = world_random_chance (random, 0.3);                   /* all of one size */
  double most = scene->n_items == 1 ? 0.42 : scene->n_items == 2 ? 0.26 : scene->n_items <= 4 ? 0.2 : 0.155;
  double least = scene->n_items == 1 ? 0.1 : scene->n_items <= 3 ? 0.09 : 0.08;
  double size;

  if (!shapes)
    least += 0.03;
  size = world_random_real (random, least, most);
  for (guint i = 0; i < scene->n_items; i++) {
    WorldItem *item = &scene->items[i];

    item->is_shape = shapes;
    do {
      if (shapes) {
        item->what = draw_shape (random);
        item->colour = draw_colour (random);
        if (i > 0 && alike && world_random_chance (random, 0.8))
          item->what = scene->items[0].what;
        if (i > 0 && world_random_chance (random, 0.12))
          item->colour = scene->items[i - 1].colour;
      } else {
        item->what = i > 0 && alike && world_random_chance (random, 0.75) ? scene->items[0].what : draw_object (random);
        item->colour = -1;
      }
    } while (shapes ? item->colour == scene->background || (split == WORLD_TRAIN && world_pair_is_held_out (item->what, item->colour))
                    : split == WORLD_TRAIN && i == 0 && object_background_is_held_out (item->what, scene->background));
    if (!even)
      size = world_random_real (random, least, most);
    place_item (scene, i, size, random);
  }
}

/* One object, anywhere and of any size, sometimes filling the picture. */
static void
draw_single (WorldScene *scene, WorldSplit split, WorldRandom *random)
{
  WorldItem *item = &scene->items[0];

  scene->n_items = 1;
  do
    item->what = draw_object (random);
  while (split == WORLD_TRAIN && object_background_is_held_out (item->what, scene->background));
  item->is_shape = FALSE;
  item->colour = -1;
  item->radius = world_random_real (random, 0.13, 0.52);
  if (item->radius > 0.36) {
    item->x = world_random_real (random, 0.42, 0.58);
    item->y = world_random_real (random, 0.42, 0.58);
  } else {
    place_item (scene, 0, item->radius, random);
  }
}

static void
draw_date (WorldScene *scene, WorldRandom *random)
{
  int day = world_random_int (random, 1, 28), month = world_random_int (random, 1, 12), year = world_random_int (random, 2015, 2029);

  switch (world_random_below (random, 4)) {
  case 0:
    g_snprintf (scene->date, sizeof scene->date, "%02d.%02d.%d", day, month, year);
    break;
  case 1:
    g_snprintf (scene->date, sizeof scene->date, "%d-%02d-%02d", year, month, day);
    break;
  case 2:
    g_snprintf (scene->date, sizeof scene->date, "%02d/%02d/%d", day, month, year);
    break;
  default:
    g_snprintf (scene->date, sizeof scene->date, "%d.%d.%02d", day, month, year % 100);
    break;
  }
}

static int
draw_price (WorldRandom *random)
{
  switch (world_random_below (random, 4)) {
  case 0:
    return world_random_int (random, 1, 19) * 50;
  case 1:
    return world_random_int (random, 1, 20) * 100 - world_random_int (random, 0, 1);
  case 2:
    return world_random_int (random, 10, 199) * 5;
  default:
    return world_random_int (random, 40, 2999);
  }
}

static void
draw_receipt (WorldScene *scene, WorldRandom *random)
{
  g_strlcpy (scene->text, world_words_draw_shop (random), sizeof scene->text);
  draw_date (scene, random);
  scene->n_lines = world_random_below (random, 5) + 1;
  for (guint i = 0; i < scene->n_lines; i++) {
    WorldLine *line = &scene->lines[i];
    gboolean fresh;

    do {
      g_strlcpy (line->name, world_words_draw_article (random), sizeof line->name);
      fresh = TRUE;
      for (guint j = 0; j < i; j++)
        fresh = fresh && g_ascii_strcasecmp (scene->lines[j].name, line->name) != 0;
    } while (!fresh);
    line->cents = draw_price (random);
    line->quantity = world_random_chance (random, 0.15) ? world_random_int (random, 2, 4) : 1;
    scene->total += line->cents;
  }
}

void
world_scene_draw (WorldScene *scene, WorldSceneKind kind, WorldSplit split, WorldRandom *random)
{
  static const double shape_counts[6] = { 18, 22, 20, 16, 12, 12 };
  static const double object_counts[5] = { 40, 25, 15, 10, 10 };

  memset (scene, 0, sizeof *scene);
  scene->kind = kind;
  scene->background = draw_background (random);
  switch (kind) {
  case WORLD_SCENE_OBJECT:
    draw_single (scene, split, random);
    break;
  case WORLD_SCENE_OBJECTS:
    scene->n_items = 2 + world_random_weighted (random, object_counts, 5);
    draw_items (scene, split, random);
    break;
  case WORLD_SCENE_SHAPES:
    scene->n_items = 1 + world_random_weighted (random, shape_counts, 6);
    draw_items (scene, split, random);
    break;
  case WORLD_SCENE_WORD:
    world_words_draw (scene->text, sizeof scene->text, random);
    break;
  case WORLD_SCENE_RECEIPT:
    draw_receipt (scene, random);
    break;
  case WORLD_SCENE_DOCUMENT:
    g_strlcpy (scene->text, world_words_draw_title (random), sizeof scene->text);
    draw_date (scene, random);
    scene->total = world_random_chance (random, 0.5) ? draw_price (random) * world_random_int (random, 1, 20) : draw_price (random);
    break;
  case WORLD_SCENE_TEXT:
    scene->n_lines = 1 + world_random_below (random, 6);
    for (guint i = 0; i < scene->n_lines; i++)
      world_words_draw_row (scene->lines[i].name, sizeof scene->lines[i].name, random);
    break;
  case WORLD_SCENE_NOTHING:
  case WORLD_N_SCENES:
    break;
  }
}
