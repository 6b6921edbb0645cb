/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/replies.h"

#include "tools/world/looks.h"
#include "tools/world/objects.h"

/* Takes `wording`. */
static gboolean
is_said (const WorldTurn *turn, char *wording)
{
  gboolean same = g_str_equal (turn->answer, wording);

  g_free (wording);
  return same;
}

static gboolean
add_item (json_t *groups, const WorldTurn *turn, int i, const WorldItem *item)
{
  const int pair[1][2] = { { item->what, item->colour } };

  if (!item->is_shape && is_said (turn, world_answer_object (turn->language, item->what))) {
    world_facts_add (groups, "answer_what", i, world_fact_of_item (item));
    return TRUE;
  }
  if (!item->is_shape || !is_said (turn, world_answer_shapes (turn->language, pair, 1)))
    return FALSE;
  world_facts_add (groups, "answer_what", i, world_fact_of_item (item));
  world_facts_add (groups, "answer_colour", i, item->colour);
  return TRUE;
}

static gboolean
add_colour (json_t *groups, const WorldTurn *turn, int i)
{
  for (int colour = 0; colour < WORLD_N_COLOURS; colour++)
    if (is_said (turn, world_answer_colour (turn->language, colour))) {
      world_facts_add (groups, "answer_colour", i, colour);
      return TRUE;
    }
  return FALSE;
}

static gboolean
add_place (json_t *groups, const WorldTurn *turn, int i)
{
  for (int cell = 0; cell < 9; cell++)
    if (is_said (turn, world_answer_cell (turn->language, cell))) {
      world_facts_add (groups, "answer_place", i, cell);
      return TRUE;
    }
  return FALSE;
}

static gboolean
add_name (json_t *groups, const WorldTurn *turn, int i)
{
  for (int shape = 0; shape < WORLD_N_SHAPES; shape++)
    if (is_said (turn, world_answer_shape (turn->language, shape))) {
      world_facts_add (groups, "answer_what", i, world_fact_of_item (&(WorldItem){ .is_shape = TRUE, .what = shape }));
      return TRUE;
    }
  for (guint object = 0; object < world_n_objects; object++)
    if (is_said (turn, world_answer_object (turn->language, (int) object))) {
      world_facts_add (groups, "answer_what", i, world_fact_of_item (&(WorldItem){ .what = (int) object }));
      return TRUE;
    }
  return FALSE;
}

/* "Is there a red star?": how many there are. */
static void
add_number_of_matches (json_t *groups, const WorldRecord *record, const WorldTurn *turn, int i)
{
  const WorldScene *scene = &record->scenes[0];
  int n = 0;

  for (guint j = 0; j < scene->n_items; j++)
    n += (turn->noun < 0 || turn->noun == world_fact_of_item (&scene->items[j])) && (turn->noun_colour < 0 || turn->noun_colour == scene->items[j].colour);
  if (turn->noun >= 0 && n < 10)
    world_facts_add (groups, "answer_number", i, n);
}

/* What an answer says, in whatever language: each class is worded again and compared. */
static void
add_answer (json_t *groups, const WorldRecord *record, guint i)
{
  const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, i);
  char *end = NULL;
  gint64 number = g_ascii_strtoll (turn->answer, &end, 10);

  if (turn->task == EXIST) {
    add_number_of_matches (groups, record, turn, (int) i);
    return;
  }
  if ((turn->task == COUNT || turn->task == COUNT_THINGS || turn->task == COUNT_SOME) && !*end && number >= 0 && number < 10) {
    world_facts_add (groups, "answer_number", (int) i, (int) number);
    return;
  }
  if ((turn->task == COLOUR || turn->task == OBJECT_COLOUR || turn->task == BACKGROUND || turn->task == FOLLOW_COLOUR) && add_colour (groups, turn, (int) i))
    return;
  for (guint j = 0; j < record->n_scenes; j++)
    for (guint k = 0; k < record->scenes[j].n_items; k++)
      if (add_item (groups, turn, (int) i, &record->scenes[j].items[k]))
        return;
  if (turn->task == TRANSLATE && add_colour (groups, turn, (int) i))
    return;
  if ((turn->task == TRANSLATE || turn->task == POSITION || turn->task == OBJECT_WHERE || turn->task == FOLLOW_WHERE) && add_place (groups, turn, (int) i))
    return;
  if (turn->task == TRANSLATE || turn->task == SHAPE || turn->task == WORD_IN)
    add_name (groups, turn, (int) i);
}

static void
add_difference (json_t *groups, const char *name, int turn, int first, int second)
{
  world_facts_add (groups, name, turn, first);
  json_array_append_new (json_object_get (groups, name), json_integer (second));
}

/* What is compared for a verdict: the thing that is seen and the one that is asked about, or those of both pictures. */
static void
add_differences (json_t *groups, const WorldRecord *record, const WorldTurn *turn, int i)
{
  const WorldItem *first = &record->scenes[0].items[0], *second = &record->scenes[1].items[0];

  if (record->n_scenes == 0 || record->scenes[0].n_items != 1)
    return;
  if (turn->task == OBJECT_YESNO && turn->noun >= 0)
    add_difference (groups, "object", i, world_fact_of_item (first), turn->noun);
  if (turn->task != PAIR_SAME || record->scenes[1].n_items != 1)
    return;
  add_difference (groups, "object", i, world_fact_of_item (first), world_fact_of_item (second));
  if (first->is_shape && second->is_shape)
    add_difference (groups, "object_colour", i, first->colour, second->colour);
}

/* Adds what is said of the next picture, behind `record`: its turns, pictures and looks count on. */
static void
append_groups (json_t *groups, const WorldRecord *record, int n_looks, json_t *more)
{
  const char *name;
  json_t *list;

  json_object_foreach (more, name, list) {
    const gboolean looks = g_str_equal (name, "token"), differences = g_str_equal (name, "object") || g_str_equal (name, "object_colour");
    const size_t n = looks ? 5 : differences ? 3 : 2;
    json_t *all = json_object_get (groups, name);

    if (!all) {
      all = json_array ();
      json_object_set_new (groups, name, all);
    }
    for (size_t i = 0; i < json_array_size (list); i++) {
      const size_t at = i % n;
      json_int_t value = json_integer_value (json_array_get (list, i));

      if (looks && at == 0)
        value += n_looks;
      if (looks ? at == 1 : at == 0)
        value += record->turns->len;
      if (looks && at == 3)
        value += record->n_scenes;
      json_array_append_new (all, json_integer (value));
    }
  }
}

json_t *
world_facts_of_replies (const WorldRecord *record)
{
  static const char *const seen[] = { "seen", "seen_second" };
  json_t *groups = json_object ();
  int look = 0;

  for (guint i = 0; i < record->turns->len; i++) {
    const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, i);

    if (turn->noun >= 0)
      world_facts_add (groups, "noun", (int) i, turn->noun);
    if (turn->noun_colour >= 0)
      world_facts_add (groups, "noun_colour", (int) i, turn->noun_colour);
    if (turn->place >= 0)
      world_facts_add (groups, "noun_place", (int) i, turn->place);
    if (turn->which >= 0)
      world_facts_add (groups, "noun_picture", (int) i, turn->which);
    add_differences (groups, record, turn, (int) i);
    add_answer (groups, record, i);
    if (record->n_scenes > 0)
      world_looks_add (groups, record, i, &look);
    for (guint j = 0; j < record->n_scenes; j++)
      if ((turn->task == OBJECT_YESNO || turn->task == PAIR_SAME || turn->task == OBJECT_NAME) && record->scenes[j].n_items == 1)
        world_facts_add (groups, seen[j], (int) i, world_fact_of_item (&record->scenes[j].items[0]));
  }
  if (record->then) {
    json_t *more = world_facts_of_replies (record->then);

    append_groups (groups, record, look, more);
    json_decref (more);
  }
  return groups;
}
