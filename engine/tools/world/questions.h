/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/nouns.h"
#include "tools/world/scene.h"

G_BEGIN_DECLS

/* What is asked, apart from the words it is asked in. */
typedef enum {
  OBJECT_NAME, OBJECT_KIND, OBJECT_YESNO, OBJECT_WHERE, OBJECT_COLOUR,
  COLOUR, SHAPE, COUNT, COUNT_THINGS, COUNT_SOME, POSITION, WHAT_AT, EXIST, BESIDE, CAPTION, BACKGROUND,
  WORD, TOTAL, PRICE, SHOP, ITEMS, TITLE, DATE,
  TRANSLATE, WORD_IN, FOLLOW_COLOUR, FOLLOW_WHERE,
  PAIR_SAME, PAIR_MORE, PAIR_WHAT,
  HELLO, BYE, THANKS, WHO, ABILITY, OFF_TOPIC,
  UNSURE, NO_IMAGE, ABSENT,
  WORLD_N_TASKS
} WorldTask;

/* "object_name" and so on: what records and tables call them. */
const char *world_task_get_name (WorldTask task);

/* What the blanks of a wording are filled with; unused ones may be NULL. */
typedef struct {
  const WorldNoun *noun;
  const char *at, *side, *colour, *colour_form, *text;
} WorldBlanks;

/* A wording of the question, filled in and varied (letters, marks, politeness, slips of the finger). Free with g_free. */
char *world_question_draw (WorldTask task, WorldLanguage language, const WorldBlanks *blanks, WorldSplit split, WorldRandom *random);

/* How many wordings there are, foreign ones included. */
guint world_question_count (WorldTask task, WorldLanguage language);

/* Sentences that are always the same: for UNSURE, NO_IMAGE, ABSENT, HELLO … OFF_TOPIC, and for WORD that it cannot be read. */
const char *world_fixed_answer (WorldTask task, WorldLanguage language);

/* The name of language `which` in `language`: as it stands after "in", "auf", "en". */
const char *world_language_name (WorldLanguage language, WorldLanguage which);

G_END_DECLS
