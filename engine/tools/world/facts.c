/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/facts.h"

#include "tools/world/objects.h"

#include <string.h>

/* Everything else that is printed is one class. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;%$€£-/()+*'!?&#=_ÄÖÜäöüßéèêëàâçñíóúáÉÀÇÑÁÍÓÚÊîïôû";

#define NO_COLOUR WORLD_N_COLOURS
#define NO_PLACE 9
#define NO_NUMBER 10
#define N_ROLES (WORLD_ROLE_PRICE + WORLD_MAX_LINES)

static const char *const price_groups[] = { "cents", "ten_cents", "ones", "tens" };

int
world_fact_of_item (const WorldItem *item)
{
  return 1 + (item->is_shape ? item->what : WORLD_N_SHAPES + item->what);
}

int
world_fact_of_letter (gunichar letter)
{
  const char *found = g_utf8_strchr (letters, -1, letter);
  glong index = found ? g_utf8_pointer_to_offset (letters, found) : g_utf8_strlen (letters, -1);

  return 1 + (int) index;
}

void
world_facts_add (json_t *groups, const char *name, int row, int class)
{
  json_t *list = json_object_get (groups, name);

  if (!list) {
    list = json_array ();
    json_object_set_new (groups, name, list);
  }
  json_array_append_new (list, json_integer (row));
  json_array_append_new (list, json_integer (class));
}

static void
add_cells (json_t *tokens, const WorldScene *scene)
{
  for (int cell = 0; cell < 9; cell++) {
    const WorldItem *found = NULL;
    guint n = 0;

    for (guint i = 0; i < scene->n_items; i++)
      if (world_item_get_cell (&scene->items[i]) == cell) {
        found = &scene->items[i];
        n++;
      }
    if (n > 1)
      continue;
    world_facts_add (tokens, "what", cell, found ? world_fact_of_item (found) : 0);
    if (!found || found->is_shape)
      world_facts_add (tokens, "colour", cell, found ? found->colour : NO_COLOUR);
  }
}

/* How many match, and the last of them; -1: any. */
static int
count (const WorldScene *scene, int what, int colour, const WorldItem **last)
{
  int n = 0;

  for (guint i = 0; i < scene->n_items; i++)
    if ((what < 0 || scene->items[i].what == what) && (colour < 0 || scene->items[i].colour == colour)) {
      *last = &scene->items[i];
      n++;
    }
  return n;
}

static void
add_shapes (json_t *tokens, const WorldScene *scene)
{
  const WorldItem *item = NULL;

  for (int i = 0; i < WORLD_N_SHAPE_SLOTS; i++) {
    int n = count (scene, i, -1, &item);

    world_facts_add (tokens, "number", WORLD_SLOT_SHAPES + i, n);
    if (n == 1)
      world_facts_add (tokens, "colour", WORLD_SLOT_SHAPES + i, item->colour);
    if (n == 1)
      world_facts_add (tokens, "place", WORLD_SLOT_SHAPES + i, world_item_get_cell (item));
  }
  for (int i = 0; i < WORLD_N_COLOUR_SLOTS; i++) {
    int n = count (scene, -1, i, &item);

    world_facts_add (tokens, "number", WORLD_SLOT_COLOURS + i, n);
    if (n == 1)
      world_facts_add (tokens, "what", WORLD_SLOT_COLOURS + i, world_fact_of_item (item));
    if (n == 1)
      world_facts_add (tokens, "place", WORLD_SLOT_COLOURS + i, world_item_get_cell (item));
  }
}

/* Each kind of thing once, in reading order; returns how many. */
static guint
list_things (const WorldScene *scene, WorldItem *things)
{
  WorldItem items[WORLD_MAX_ITEMS];
  guint n = 0;

  memcpy (items, scene->items, sizeof items);
  qsort (items, scene->n_items, sizeof *items, world_item_compare_places);
  for (guint i = 0; i < scene->n_items; i++) {
    gboolean seen = FALSE;

    for (guint j = 0; j < n; j++)
      seen = seen || things[j].what == items[i].what;
    if (!seen)
      things[n++] = items[i];
  }
  return n;
}

int
world_slot_of_thing (const WorldScene *scene, int what)
{
  WorldItem things[WORLD_MAX_ITEMS];
  guint n = list_things (scene, things);

  for (guint i = 0; i < MIN (n, WORLD_N_SHAPE_SLOTS); i++)
    if (things[i].what == what)
      return WORLD_SLOT_SHAPES + (int) i;
  return -1;
}

static void
add_things (json_t *tokens, const WorldScene *scene)
{
  WorldItem things[WORLD_MAX_ITEMS];
  guint n_things = list_things (scene, things);
  int slot = WORLD_SLOT_SHAPES;

  for (guint i = 0; i < MIN (n_things, WORLD_N_SHAPE_SLOTS); i++, slot++) {
    const WorldItem *last = NULL;
    int n = count (scene, things[i].what, -1, &last);

    world_facts_add (tokens, "what", slot, world_fact_of_item (&things[i]));
    world_facts_add (tokens, "number", slot, n);
    world_facts_add (tokens, "place", slot, n == 1 ? world_item_get_cell (last) : NO_PLACE);
  }
  for (; slot < WORLD_SLOT_COLOURS; slot++) {
    world_facts_add (tokens, "what", slot, 0);
    world_facts_add (tokens, "number", slot, 0);
  }
}

static void
add_letters (json_t *tokens, const char *text, int slot, int n)
{
  for (int i = 0; i < n; i++) {
    world_facts_add (tokens, "letter", slot + i, *text ? world_fact_of_letter (g_utf8_get_char (text)) : 0);
    text = *text ? g_utf8_next_char (text) : text;
  }
}

static void
add_receipt (json_t *tokens, const WorldScene *scene)
{
  world_facts_add (tokens, "number", WORLD_SLOT_COUNT, (int) scene->n_lines);
  for (guint i = 0; i < MIN (scene->n_lines, WORLD_N_LINE_SLOTS); i++) {
    int slot = WORLD_SLOT_SHAPES + 2 * (int) i, cents = scene->lines[i].cents;
    g_autofree char *upper = g_utf8_strup (scene->lines[i].name, -1);
    const char *second = g_utf8_next_char (upper);

    world_facts_add (tokens, "first", slot, world_fact_of_letter (g_utf8_get_char (upper)));
    world_facts_add (tokens, "second", slot, *second ? world_fact_of_letter (g_utf8_get_char (second)) : 0);
    for (guint j = 0; j < G_N_ELEMENTS (price_groups); j++) {
      world_facts_add (tokens, price_groups[j], slot, cents % 10);
      world_facts_add (tokens, price_groups[j], slot + 1, cents % 10);
      cents /= 10;
    }
  }
}

static void
add_total (json_t *tokens, const WorldScene *scene)
{
  int rest = scene->total;

  /* From the last digit on; three stand in any sum. */
  for (int i = 0; i < WORLD_N_TOTAL_SLOTS; i++) {
    world_facts_add (tokens, "number", WORLD_SLOT_TOTAL + i, i >= 3 && rest == 0 ? NO_NUMBER : rest % 10);
    rest /= 10;
  }
}

static void
add_tokens (json_t *tokens, const WorldScene *scene)
{
  world_facts_add (tokens, "kind", WORLD_SLOT_KIND, (int) scene->kind);
  switch (scene->kind) {
  case WORLD_SCENE_OBJECT:
  case WORLD_SCENE_OBJECTS:
  case WORLD_SCENE_SHAPES:
    add_cells (tokens, scene);
    if (scene->kind == WORLD_SCENE_SHAPES)
      add_shapes (tokens, scene);
    else if (scene->kind == WORLD_SCENE_OBJECTS)
      add_things (tokens, scene);
    world_facts_add (tokens, "number", WORLD_SLOT_COUNT, (int) scene->n_items);
    world_facts_add (tokens, "colour", WORLD_SLOT_BACKGROUND, scene->background >= 0 ? scene->background : NO_COLOUR);
    if (scene->n_items == 1) {
      world_facts_add (tokens, "what", WORLD_SLOT_THING, world_fact_of_item (&scene->items[0]));
      if (scene->items[0].radius < 0.37)
        world_facts_add (tokens, "place", WORLD_SLOT_THING, world_item_get_cell (&scene->items[0]));
      if (scene->items[0].is_shape)
        world_facts_add (tokens, "colour", WORLD_SLOT_THING, scene->items[0].colour);
    }
    break;
  case WORLD_SCENE_WORD:
    add_letters (tokens, scene->text, 0, WORLD_N_TITLE_SLOTS);
    break;
  case WORLD_SCENE_RECEIPT:
    add_letters (tokens, scene->text, 0, WORLD_N_TITLE_SLOTS);
    add_receipt (tokens, scene);
    add_total (tokens, scene);
    break;
  case WORLD_SCENE_TEXT:
    add_letters (tokens, scene->lines[0].name, 0, WORLD_N_TITLE_SLOTS);
    break;
  case WORLD_SCENE_DOCUMENT:
    add_letters (tokens, scene->text, 0, WORLD_N_TITLE_SLOTS);
    add_letters (tokens, scene->date, WORLD_SLOT_SHAPES, WORLD_N_DATE_SLOTS);
    add_total (tokens, scene);
    break;
  case WORLD_SCENE_NOTHING:
  case WORLD_N_SCENES:
    world_facts_add (tokens, "what", WORLD_SLOT_THING, 0);
    break;
  }
}

/* How many items come before item `which` in reading order. */
static int
order_of_item (const WorldScene *scene, guint which)
{
  int n = 0;

  for (guint i = 0; i < scene->n_items; i++) {
    int order = world_item_compare_places (&scene->items[i], &scene->items[which]);

    n += order < 0 || (order == 0 && i < which);
  }
  return n;
}

/* What covers the middle of a patch. Near the rim of a thing, and where letters are smaller than a patch, nothing is asked. */
static void
add_patch (json_t *patches, const WorldScene *scene, const GArray *marks, int patch, int side)
{
  double x = (patch % side + 0.5) / side, y = ((double) (patch / side) + 0.5) / side;
  const WorldMark *found = NULL;
  guint n_inside = 0, item = 0;
  gboolean near = FALSE;

  for (guint i = 0; i < marks->len; i++) {
    const WorldMark *mark = &g_array_index (marks, WorldMark, i);
    double cx = (mark->x0 + mark->x1) / 2, cy = (mark->y0 + mark->y1) / 2, dx = (x - cx) / (mark->x1 - mark->x0) * 2, dy = (y - cy) / (mark->y1 - mark->y0) * 2;

    if (mark->is_text) {
      n_inside += ABS (cx - x) * side < 0.5 && ABS (cy - y) * side < 0.5;
      if (ABS (dx) <= 1.0 && ABS (dy) <= 1.2)
        found = mark;
      near = near || (ABS (dx) <= 1.6 && ABS (dy) <= 1.8);
    } else if (dx * dx + dy * dy < 0.7) {
      found = mark;
      item = i;
    } else {
      near = near || dx * dx + dy * dy < 1.7;
    }
  }
  if (!found) {
    if (!near && (patch % side + patch / side) % 2 == 0)
      world_facts_add (patches, "what", patch, 0);
    return;
  }
  if (found->is_text)
    world_facts_add (patches, "role", patch, found->role);
  if (n_inside > 1)
    return;
  world_facts_add (patches, found->is_text ? "letter" : "what", patch, found->what);
  if (found->colour >= 0)
    world_facts_add (patches, "colour", patch, found->colour);
  if (found->is_text)
    world_facts_add (patches, "index", patch, found->index);
  else if (item < scene->n_items)
    world_facts_add (patches, "order", patch, order_of_item (scene, item));
}

/* Which query token is for a printed letter; -1: none. Those of a line's name and of its price have one each. */
static int
slot_of_letter (const WorldScene *scene, const WorldMark *mark)
{
  if (!mark->is_text)
    return -1;
  if (scene->kind == WORLD_SCENE_WORD || mark->role == WORLD_ROLE_TITLE)
    return mark->index < WORLD_N_TITLE_SLOTS ? mark->index : -1;
  if (mark->role == WORLD_ROLE_DATE)
    return mark->index < WORLD_N_DATE_SLOTS ? WORLD_SLOT_SHAPES + mark->index : -1;
  if (mark->role >= WORLD_ROLE_ARTICLE && mark->role < WORLD_ROLE_ARTICLE + WORLD_N_LINE_SLOTS)
    return WORLD_SLOT_SHAPES + 2 * (mark->role - WORLD_ROLE_ARTICLE);
  if (mark->role >= WORLD_ROLE_PRICE && mark->role < WORLD_ROLE_PRICE + WORLD_N_LINE_SLOTS)
    return WORLD_SLOT_SHAPES + 2 * (mark->role - WORLD_ROLE_PRICE) + 1;
  return mark->role == WORLD_ROLE_TOTAL && mark->index < WORLD_N_TOTAL_SLOTS ? WORLD_SLOT_TOTAL + mark->index : -1;
}

/* The patches whose middle is on the letter; of a small one, that in which its own middle is. */
static void
add_search (json_t *searches, const WorldMark *mark, int slot, int side)
{
  int x = CLAMP ((int) ((mark->x0 + mark->x1) / 2 * side), 0, side - 1), y = CLAMP ((int) ((mark->y0 + mark->y1) / 2 * side), 0, side - 1);
  gboolean any = FALSE;

  for (int i = 0; i < side * side; i++) {
    double px = (i % side + 0.5) / side, py = ((double) (i / side) + 0.5) / side;

    if (px >= mark->x0 && px <= mark->x1 && py >= mark->y0 && py <= mark->y1) {
      world_facts_add (searches, "print", slot, i);
      any = TRUE;
    }
  }
  if (!any)
    world_facts_add (searches, "print", slot, y * side + x);
}

/* Whether a token is for this item, by itself or with others of its kind. */
static gboolean
is_token_of (const WorldScene *scene, const WorldItem *item, int token)
{
  guint n_there = 0;

  for (guint i = 0; i < scene->n_items; i++)
    n_there += world_item_get_cell (&scene->items[i]) == token;
  if (token < WORLD_SLOT_SHAPES)
    return n_there == 1 && world_item_get_cell (item) == token;
  if (token < WORLD_SLOT_COLOURS)
    return token == (item->is_shape ? WORLD_SLOT_SHAPES + item->what : world_slot_of_thing (scene, item->what));
  if (token < WORLD_SLOT_COUNT)
    return item->is_shape && token == WORLD_SLOT_COLOURS + item->colour;
  return token == WORLD_SLOT_THING && scene->n_items == 1;
}

/* The patches that are well inside the thing; of a small one, that in which its middle is. */
static void
add_item_search (json_t *searches, const WorldMark *mark, int token, int side)
{
  double cx = (mark->x0 + mark->x1) / 2, cy = (mark->y0 + mark->y1) / 2;
  gboolean any = FALSE;

  for (int i = 0; i < side * side; i++) {
    double dx = ((i % side + 0.5) / side - cx) / (mark->x1 - mark->x0) * 2, dy = (((double) (i / side) + 0.5) / side - cy) / (mark->y1 - mark->y0) * 2;

    if (dx * dx + dy * dy < 0.7) {
      world_facts_add (searches, "thing", token, i);
      any = TRUE;
    }
  }
  if (!any)
    world_facts_add (searches, "thing", token, CLAMP ((int) (cy * side), 0, side - 1) * side + CLAMP ((int) (cx * side), 0, side - 1));
}

/* Painted things are marked in the order of the scene's items. */
static void
add_item_searches (json_t *searches, const WorldScene *scene, const GArray *marks, int side)
{
  for (int token = 0; token <= WORLD_SLOT_THING; token++)
    for (guint i = 0; i < MIN (scene->n_items, marks->len); i++) {
      const WorldMark *mark = &g_array_index (marks, WorldMark, i);

      if (!mark->is_text && is_token_of (scene, &scene->items[i], token))
        add_item_search (searches, mark, token, side);
    }
}

json_t *
world_facts_of (const WorldScene *scene, const GArray *marks, int side)
{
  json_t *facts = json_object (), *tokens = json_object (), *patches = json_object (), *searches = json_object ();

  add_tokens (tokens, scene);
  for (int i = 0; i < side * side; i++)
    add_patch (patches, scene, marks, i, side);
  for (guint i = 0; i < marks->len; i++) {
    const WorldMark *mark = &g_array_index (marks, WorldMark, i);
    int slot = slot_of_letter (scene, mark);

    if (slot >= 0)
      add_search (searches, mark, slot, side);
  }
  add_item_searches (searches, scene, marks, side);
  json_object_set_new (facts, "tokens", tokens);
  json_object_set_new (facts, "patches", patches);
  json_object_set_new (facts, "searches", searches);
  return facts;
}

json_t *
world_facts_count_classes (void)
{
  int n_what = 1 + WORLD_N_SHAPES + (int) world_n_objects, n_letters = 1 + (int) g_utf8_strlen (letters, -1) + 1;

  return json_pack ("{s:{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i},s:{s:i,s:i,s:i,s:i,s:i,s:i},s:{s:i,s:i,s:i,s:i,s:i,s:i},s:{s:i,s:i},s:{s:i,s:i,s:i,s:i},s:{s:i},s:{s:i,s:i}}", "tokens", "what", n_what, "colour", WORLD_N_COLOURS + 1, "place",
                    NO_PLACE + 1, "number", NO_NUMBER + 1, "kind", (int) WORLD_N_SCENES, "letter", n_letters, "first", n_letters, "second", n_letters, price_groups[0], 10, price_groups[1], 10,
                    price_groups[2], 10, price_groups[3], 10, "patches", "what", n_what, "letter", n_letters, "colour", WORLD_N_COLOURS, "index", WORLD_NO_INDEX + 1, "role", N_ROLES, "order", WORLD_MAX_ITEMS, "replies", "noun", n_what, "noun_colour", WORLD_N_COLOURS, "seen", n_what,
                    "seen_second", n_what, "noun_place", 9, "noun_picture", 2, "differences", "object", n_what, "object_colour", WORLD_N_COLOURS, "answers", "answer_what", n_what, "answer_colour", WORLD_N_COLOURS, "answer_place", 9, "answer_number", NO_NUMBER, "looks", "token", 2, "searches", "print", 1, "thing", 1);
}
