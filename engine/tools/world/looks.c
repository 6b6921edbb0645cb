/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/looks.h"

#include "tools/world/facts.h"

#include <string.h>

typedef struct {
  json_t *groups;
  const WorldRecord *record;
  const WorldTurn *turn;
  guint index;      /* of the turn */
  int byte, *look;  /* in the reply */
  gboolean written; /* this look has a token */
} Looker;

/* One more token that this look may choose; -1: none. */
static void
allow (Looker *l, guint picture, int token)
{
  const int values[] = { *l->look, (int) l->index, l->byte, (int) picture, token };
  json_t *list = json_object_get (l->groups, "token");

  if (token < 0)
    return;
  if (!list) {
    list = json_array ();
    json_object_set_new (l->groups, "token", list);
  }
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    json_array_append_new (list, json_integer (values[i]));
  l->written = TRUE;
}

static void
end_look (Looker *l)
{
  *l->look += l->written;
  l->written = FALSE;
}

static void
allow_cell (Looker *l, guint picture, const WorldItem *item)
{
  const WorldScene *scene = &l->record->scenes[picture];
  guint n = 0;

  for (guint i = 0; i < scene->n_items; i++)
    n += world_item_get_cell (&scene->items[i]) == world_item_get_cell (item);
  if (n == 1)
    allow (l, picture, world_item_get_cell (item));
}

/* Any token that tells what the item is. */
static void
allow_item (Looker *l, guint picture, const WorldItem *item)
{
  const WorldScene *scene = &l->record->scenes[picture];

  if (scene->n_items == 1) {
    allow (l, picture, WORLD_SLOT_THING);
    return;
  }
  allow_cell (l, picture, item);
  if (!item->is_shape)
    allow (l, picture, world_slot_of_thing (scene, item->what));
  else if (world_scene_count_items (scene, -1, item->colour) == 1 && item->colour < WORLD_N_COLOUR_SLOTS)
    allow (l, picture, WORLD_SLOT_COLOURS + item->colour);
}

/* The tokens of the shape and the colour, or of the thing, that the question names; where it names both, each in a look of its own. */
static void
look_at_named (Looker *l)
{
  const WorldScene *scene = &l->record->scenes[0];
  int what = l->turn->noun - 1, colour = l->turn->noun_colour;

  if (what >= WORLD_N_SHAPES) {
    allow (l, 0, world_slot_of_thing (scene, what - WORLD_N_SHAPES));
  } else if (what >= 0 && what < WORLD_N_SHAPE_SLOTS) {
    allow (l, 0, WORLD_SLOT_SHAPES + what);
  }
  end_look (l);
  if (colour >= 0 && colour < WORLD_N_COLOUR_SLOTS)
    allow (l, 0, WORLD_SLOT_COLOURS + colour);
  end_look (l);
}

static const WorldItem *
find_named (const WorldScene *scene, const WorldTurn *turn)
{
  const WorldItem *found = NULL;

  for (guint i = 0; i < scene->n_items; i++)
    if ((turn->noun < 0 || world_fact_of_item (&scene->items[i]) == turn->noun) && (turn->noun_colour < 0 || scene->items[i].colour == turn->noun_colour))
      found = &scene->items[i];
  return found;
}

/* One item: what is asked of it may be told by its shape, its colour or its place. */
static void
look_at_one (Looker *l)
{
  const WorldScene *scene = &l->record->scenes[0];
  const WorldItem *item = find_named (scene, l->turn);

  if (!item)
    return;
  if (scene->n_items == 1)
    allow (l, 0, WORLD_SLOT_THING);
  if (!item->is_shape && scene->n_items > 1)
    allow (l, 0, world_slot_of_thing (scene, item->what));
  if (item->is_shape && item->what < WORLD_N_SHAPE_SLOTS && world_scene_count_items (scene, item->what, -1) == 1)
    allow (l, 0, WORLD_SLOT_SHAPES + item->what);
  if (item->is_shape && l->turn->noun_colour >= 0 && item->colour < WORLD_N_COLOUR_SLOTS && world_scene_count_items (scene, -1, item->colour) == 1)
    allow (l, 0, WORLD_SLOT_COLOURS + item->colour);
  if (!l->written)
    allow_cell (l, 0, item);
  end_look (l);
}

/* Matches of a shape in a colour: wherever they stand. */
static void
look_at_matches (Looker *l)
{
  const WorldScene *scene = &l->record->scenes[0];

  look_at_named (l);
  if (l->turn->noun < 0 || l->turn->noun_colour < 0)
    return;
  for (guint i = 0; i < scene->n_items; i++)
    if (world_fact_of_item (&scene->items[i]) == l->turn->noun && scene->items[i].colour == l->turn->noun_colour)
      allow_cell (l, 0, &scene->items[i]);
  end_look (l);
}

/* Letter by letter at the tokens from `first` on. */
static void
look_at_letters (Looker *l, guint picture, int first, int n)
{
  const char *text = l->turn->answer;

  for (int i = 0; i < n && text[l->byte]; i++) {
    allow (l, picture, first + i);
    end_look (l);
    l->byte = (int) (g_utf8_next_char (text + l->byte) - text);
  }
}

/* The digits of a sum: each has a token, the last one the first; of a price all are in one. */
static void
look_at_money (Looker *l, int price)
{
  const char *text = l->turn->answer;
  int n_left = (int) strlen (text) - 1;

  for (; text[l->byte]; l->byte++) {
    if (!g_ascii_isdigit (text[l->byte]))
      continue;
    n_left--;
    if (price >= 0)
      allow (l, 0, price);
    else if (n_left < WORLD_N_TOTAL_SLOTS)
      allow (l, 0, WORLD_SLOT_TOTAL + n_left);
    end_look (l);
  }
}

/* A list of everything, in reading order. */
static void
look_at_all (Looker *l, guint picture)
{
  const WorldScene *scene = &l->record->scenes[picture];
  WorldItem items[WORLD_MAX_ITEMS];

  if (scene->kind == WORLD_SCENE_WORD) {
    if (g_str_equal (l->turn->answer, scene->text))
      look_at_letters (l, picture, 0, WORLD_N_TITLE_SLOTS);
    return;
  }
  memcpy (items, scene->items, sizeof items);
  qsort (items, scene->n_items, sizeof *items, world_item_compare_places);
  for (guint i = 0; i < scene->n_items; i++) {
    const char *rest = l->turn->answer + l->byte, *comma = strstr (rest, ", "), *wide = strstr (rest, "、");

    allow_item (l, picture, &items[i]);
    end_look (l);
    if (!comma && !wide)
      break;
    l->byte = (int) ((comma ? comma + 2 : wide + strlen ("、")) - l->turn->answer);
  }
}

void
world_looks_add (json_t *groups, const WorldRecord *record, guint index, int *look)
{
  const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, index);
  Looker l = { .groups = groups, .record = record, .turn = turn, .index = index, .look = look };
  const WorldScene *scene = &record->scenes[0];

  switch ((int) turn->task) {
  case OBJECT_NAME:
    allow (&l, 0, scene->kind == WORLD_SCENE_OBJECT ? WORLD_SLOT_THING : WORLD_SLOT_KIND);
    break;
  case OBJECT_KIND:
  case OBJECT_YESNO:
  case OBJECT_WHERE:
  case OBJECT_COLOUR:
  case FOLLOW_COLOUR:
  case FOLLOW_WHERE:
    allow (&l, 0, WORLD_SLOT_THING);
    break;
  case COLOUR:
  case SHAPE:
  case POSITION:
    look_at_one (&l);
    break;
  case COUNT:
  case COUNT_THINGS:
    allow (&l, 0, WORLD_SLOT_COUNT);
    break;
  case COUNT_SOME:
  case EXIST:
    look_at_matches (&l);
    break;
  case WHAT_AT:
    if (turn->place >= 0)
      allow (&l, 0, turn->place);
    break;
  case CAPTION:
    look_at_all (&l, 0);
    break;
  case BACKGROUND:
    allow (&l, 0, WORLD_SLOT_BACKGROUND);
    break;
  case PAIR_WHAT:
    look_at_all (&l, (guint) MAX (turn->which, 0));
    break;
  case PAIR_SAME:
  case PAIR_MORE:
    for (guint i = 0; i < 2 && scene->n_items > 0; i++) {
      allow (&l, i, turn->task == PAIR_SAME ? WORLD_SLOT_THING : WORLD_SLOT_COUNT);
      end_look (&l);
    }
    break;
  case WORD:
  case TITLE:
  case SHOP:
    if (g_str_equal (turn->answer, scene->text))
      look_at_letters (&l, 0, 0, WORLD_N_TITLE_SLOTS);
    break;
  case DATE:
    if (g_str_equal (turn->answer, scene->date))
      look_at_letters (&l, 0, WORLD_SLOT_SHAPES, WORLD_N_DATE_SLOTS);
    break;
  case TOTAL:
  case PRICE:
    if (g_ascii_isdigit (*turn->answer) && turn->line < WORLD_N_LINE_SLOTS)
      look_at_money (&l, turn->task == PRICE ? WORLD_SLOT_SHAPES + 2 * turn->line + 1 : -1);
    break;
  case ITEMS:
    if (g_ascii_isdigit (*turn->answer))
      allow (&l, 0, WORLD_SLOT_COUNT);
    break;
  default:
    break;
  }
  end_look (&l);
}
