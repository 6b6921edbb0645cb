/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/maker.h"

#include <math.h>
#include <string.h>

gboolean
_world_ask_about_colour (WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *item = _world_pick_item (maker);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  if (!item->is_shape) {
    int colour = world_colour_from_letter (world_objects[item->what].colour);

    if (colour < 0 || scene->n_items > 1)
      return FALSE;
    _world_get_noun (maker, &noun, FALSE, item->what, -1);
    return !noun.is_plural && _world_say_in (maker, COLOUR, OBJECT_COLOUR, maker->language, maker->language, &blanks, world_answer_colour (maker->language, colour));
  }
  if (world_scene_count_items (scene, item->what, -1) != 1)
    return FALSE;
  _world_get_noun (maker, &noun, TRUE, scene->n_items == 1 && world_random_chance (maker->random, 0.25) ? WORLD_N_SHAPES : item->what, -1);
  return _world_say (maker, COLOUR, &blanks, world_answer_colour (maker->language, item->colour));
}

gboolean
_world_ask_about_shape (WorldMaker *maker)
{
  const WorldItem *item = _world_pick_item (maker);
  WorldBlanks blanks = { 0 };

  if (world_scene_count_items (&maker->record->scenes[0], -1, item->colour) != 1)
    return FALSE;
  blanks.colour = world_colour_name (maker->language, item->colour);
  blanks.colour_form = world_colour_name_with_shape (maker->language, item->colour);
  if (!_world_say (maker, SHAPE, &blanks, world_answer_shape (maker->language, item->what)))
    return FALSE;
  _world_last_turn (maker)->noun_colour = item->colour;
  return TRUE;
}

gboolean
_world_ask_how_many (WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *item = _world_pick_item (maker);
  int what = item->what, colour = -1;
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  if (item->is_shape) {
    switch (world_random_below (maker->random, 4)) {
    case 0: /* by colour */
      what = WORLD_N_SHAPES;
      colour = world_random_chance (maker->random, 0.8) ? item->colour : (int) world_random_below (maker->random, WORLD_WHITE + 1);
      break;
    case 1: /* by both */
      colour = item->colour;
      if (world_random_chance (maker->random, 0.25))
        what = (int) world_random_below (maker->random, WORLD_DIAMOND + 1);
      break;
    default:
      if (world_random_chance (maker->random, 0.2))
        what = (int) world_random_below (maker->random, WORLD_DIAMOND + 1);
      break;
    }
  } else if (world_random_chance (maker->random, 0.1)) {
    what = _world_draw_other_object (maker);
  }
  _world_get_noun (maker, &noun, item->is_shape, what, colour);
  if (!item->is_shape && (noun.is_plural || g_str_equal (noun.many, noun.a)))
    return FALSE;
  /* Else most answers would be 1. */
  if (world_scene_count_items (scene, what, colour) == 1 && world_random_chance (maker->random, 0.6))
    return FALSE;
  return _world_say (maker, COUNT_SOME, &blanks, _world_answer_number ((int) world_scene_count_items (scene, what, colour)));
}

gboolean
_world_ask_where (WorldMaker *maker)
{
  const WorldItem *item = _world_pick_item (maker);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  return _world_name_item (maker, item, &noun) && _world_say (maker, POSITION, &blanks, world_answer_cell (maker->language, world_item_get_cell (item)));
}

/* Places at the edge's middle ("on the left") are also said of the whole side: those are asked about only where nothing else is on that side. */
static gboolean
place_is_clear (const WorldScene *scene, int cell)
{
  for (guint i = 0; i < scene->n_items; i++) {
    int other = world_item_get_cell (&scene->items[i]);

    if (other == cell)
      continue;
    if ((cell == 1 && other < 3) || (cell == 7 && other > 5) || (cell == 3 && other % 3 == 0) || (cell == 5 && other % 3 == 2))
      return FALSE;
  }
  return TRUE;
}

gboolean
_world_ask_what_is_at (WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  int cell = world_random_chance (maker->random, 0.75) ? world_item_get_cell (_world_pick_item (maker)) : (int) world_random_below (maker->random, 9);
  const WorldItem *found = NULL;
  WorldBlanks blanks = { .at = world_place_phrase (maker->language, cell, world_random_below (maker->random, 3)) };

  for (guint i = 0; i < scene->n_items; i++)
    if (world_item_get_cell (&scene->items[i]) == cell) {
      if (found)
        return FALSE;
      found = &scene->items[i];
    }
  if (!place_is_clear (scene, cell))
    return FALSE;
  if (!_world_say (maker, WHAT_AT, &blanks, found ? _world_answer_item (maker, found) : g_strdup (_world_answer_nothing (maker->language))))
    return FALSE;
  _world_last_turn (maker)->place = cell;
  return TRUE;
}

gboolean
_world_ask_whether_there_is (WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *item = _world_pick_item (maker);
  gboolean yes = world_random_chance (maker->random, 0.5);
  int what = item->what, colour = item->is_shape && world_random_chance (maker->random, 0.65) ? item->colour : -1;
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  if (!item->is_shape) {
    if (!yes)
      what = _world_draw_other_object (maker);
  } else if (!yes) {
    /* Near misses: the right shape in another colour, the right colour in another shape. */
    for (guint attempt = 0; attempt < 20 && world_scene_count_items (scene, what, colour); attempt++) {
      if (colour < 0 || world_random_chance (maker->random, 0.5))
        what = (int) world_random_below (maker->random, WORLD_DIAMOND + 1);
      else
        colour = (int) world_random_below (maker->random, WORLD_WHITE + 1);
    }
    if (world_scene_count_items (scene, what, colour))
      return FALSE;
  }
  _world_get_noun (maker, &noun, item->is_shape, what, colour);
  return !noun.is_plural && _world_say (maker, EXIST, &blanks, g_strdup (_world_answer_yes_or_no (maker->language, yes)));
}

/* In pictures of two things that plainly stand beside, or above, each other. */
gboolean
_world_ask_what_is_beside (WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *a = &scene->items[world_random_below (maker->random, 2)], *b = a == &scene->items[0] ? &scene->items[1] : &scene->items[0];
  double dx = a->x - b->x, dy = a->y - b->y;
  guint side = fabs (dx) > fabs (dy) ? (dx < 0 ? 0 : 1) : (dy < 0 ? 2 : 3);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun, .side = world_side_phrase (maker->language, side) };

  if (scene->n_items != 2 || MAX (fabs (dx), fabs (dy)) < 2 * MIN (fabs (dx), fabs (dy)) || (a->what == b->what && a->colour == b->colour) || !_world_name_item (maker, b, &noun))
    return FALSE;
  return _world_say (maker, BESIDE, &blanks, _world_answer_item (maker, a));
}

gboolean
_world_ask_whether_it_is (WorldMaker *maker)
{
  const WorldItem *item = &maker->record->scenes[0].items[0];
  gboolean yes = world_random_chance (maker->random, 0.5);
  int object = yes ? item->what : _world_draw_other_object (maker);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  /* Half of the wrong ones are of the right kind. */
  if (!yes && world_random_chance (maker->random, 0.5))
    for (guint i = 0; i < 200 && world_objects[object].kind != world_objects[item->what].kind; i++)
      object = _world_draw_other_object (maker);
  _world_get_noun (maker, &noun, FALSE, object, -1);
  if (maker->mix->cannot_compare)
    return _world_say (maker, OBJECT_YESNO, &blanks, world_answer_object (maker->language, item->what));
  return _world_say (maker, OBJECT_YESNO, &blanks, g_strdup (_world_answer_yes_or_no (maker->language, yes || _world_same_name (maker->language, object, item->what))));
}

/* A question that takes something for granted which is not there. */
gboolean
_world_ask_for_absent (WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };
  static const WorldTask print_tasks[] = { WORD, TOTAL, DATE, SHOP };
  gboolean drawn = scene->n_items > 0;
  int what;

  if (!drawn || world_random_chance (maker->random, 0.3)) {
    WorldTask task = print_tasks[world_random_below (maker->random, drawn ? 4 : 1)];

    if (!drawn && scene->kind == WORLD_SCENE_WORD)
      task = TOTAL;
    else if (!drawn)
      return FALSE;
    return _world_say_in (maker, task, ABSENT, maker->language, maker->language, NULL, g_strdup (world_fixed_answer (ABSENT, maker->language)));
  }
  if (scene->items[0].is_shape) {
    what = (int) world_random_below (maker->random, WORLD_DIAMOND + 1);
    if (world_scene_count_items (scene, what, -1))
      return FALSE;
  } else {
    what = _world_draw_other_object (maker);
  }
  _world_get_noun (maker, &noun, scene->items[0].is_shape, what, -1);
  return !noun.is_plural && _world_say_in (maker, world_random_chance (maker->random, 0.5) ? COLOUR : POSITION, ABSENT, maker->language, maker->language, &blanks,
                                    g_strdup (world_fixed_answer (ABSENT, maker->language)));
}
