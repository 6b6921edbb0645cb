/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/scene.h"

#include <jansson.h>

G_BEGIN_DECLS

/* What a picture's visual tokens and patches should tell, known from the scene: targets for a loss of the encoder's own (`"facts"` of a record, see
 * train/dataset.h). Query tokens have fixed duties: 0-8 the places row by row, or the first letters of what is printed; 9-14 a shape each, or a thing each, or
 * the signs of a date, or the lines of a receipt two tokens each up to 18; 15-22 a colour each; 23 how many; 24 the only thing; 25 the background;
 * 26-30 the digits of the total; 31 the kind of picture. */

enum { WORLD_SLOT_SHAPES = 9, WORLD_SLOT_COLOURS = 15, WORLD_SLOT_COUNT = 23, WORLD_SLOT_THING, WORLD_SLOT_BACKGROUND, WORLD_SLOT_TOTAL, WORLD_SLOT_KIND = 31 };
enum { WORLD_N_SHAPE_SLOTS = 6, WORLD_N_COLOUR_SLOTS = 8, WORLD_N_TOTAL_SLOTS = 5, WORLD_N_TITLE_SLOTS = 9, WORLD_N_DATE_SLOTS = 10, WORLD_N_LINE_SLOTS = 5 };

/* The query token of a thing in a picture of several; -1: it is not there, or has none. */
int world_slot_of_thing (const WorldScene *scene, int what);

/* Where a letter or a thing was painted. */
typedef struct {
  double x0, y0, x1, y1; /* box, 0..1 of width and height */
  gboolean is_text;
  int what;   /* a class of "what" */
  int colour; /* WorldColour or -1 */
  int index;  /* of a letter: from the left, of a digit of a sum from the right; WORLD_NO_INDEX */
  int role;   /* WorldRole of a letter */
} WorldMark;

#define WORLD_NO_INDEX 15

/* What a printed line is. Lines of a receipt count up from the last two. */
typedef enum { WORLD_ROLE_NONE, WORLD_ROLE_TITLE, WORLD_ROLE_DATE, WORLD_ROLE_TOTAL, WORLD_ROLE_ARTICLE, WORLD_ROLE_PRICE = WORLD_ROLE_ARTICLE + WORLD_MAX_LINES } WorldRole;

int world_fact_of_item (const WorldItem *item);
int world_fact_of_letter (gunichar letter);

/* {"tokens": {"what": [query, class, …], …}, "patches": {"what": [patch, class, …], …}, "searches": {"print": [query, patch, …], "thing": […]}}; `side`: patches along a side. Owned by the caller. */
json_t *world_facts_of (const WorldScene *scene, const GArray *marks, int side);

/* The group `name` of `groups` gets: `row` is of `class`. */
void world_facts_add (json_t *groups, const char *name, int row, int class);

/* How many classes each group has, or in which layer it is taught, in the same form; what "facts" of a training configuration wants. */
json_t *world_facts_count_classes (void);

G_END_DECLS
