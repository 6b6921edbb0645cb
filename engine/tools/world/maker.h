/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/record.h"

G_BEGIN_DECLS

/* A conversation while it is made up. What gives an answer returns it as a string that the caller frees, unless it is const. */
typedef struct {
  WorldRecord *record;
  WorldRandom *random;
  const WorldMix *mix;
  WorldSplit split;
  WorldLanguage language;
} WorldMaker;

/* maker.c: one more turn, and what answers are put together from. */
const char *_world_answer_yes_or_no (WorldLanguage language, gboolean yes);
/* "A dog and a horse." */
char *_world_answer_both (WorldLanguage language, const char *first, const char *second, gboolean are_words);
const char *_world_answer_nothing (WorldLanguage language);
/* Takes `answer`. FALSE when the question cannot be worded or was asked before. */
gboolean _world_say_in (WorldMaker *maker, WorldTask asked, WorldTask task, WorldLanguage question_language, WorldLanguage answer_language, const WorldBlanks *blanks, char *answer);
gboolean _world_say (WorldMaker *maker, WorldTask task, const WorldBlanks *blanks, char *answer);
/* The one that was just said. */
WorldTurn *_world_last_turn (const WorldMaker *maker);
char *_world_answer_number (int n);
char *_world_answer_money (int cents);
const WorldItem *_world_pick_item (const WorldMaker *maker);
void _world_get_noun (const WorldMaker *maker, WorldNoun *noun, gboolean is_shape, int what, int colour);
/* Objects that two emoji of different names could be mistaken for in this language ("Schloss") count as one. */
gboolean _world_same_name (WorldLanguage language, int a, int b);
int _world_draw_other_object (const WorldMaker *maker);
/* A phrase that names exactly one item: by shape, or by colour and shape. FALSE when there is none. */
gboolean _world_name_item (const WorldMaker *maker, const WorldItem *item, WorldNoun *noun);
char *_world_answer_item (const WorldMaker *maker, const WorldItem *item);
/* All items in reading order. */
char *_world_answer_all_items (const WorldMaker *maker, const WorldScene *scene);

/* ask-scene.c: questions about what a picture shows; FALSE when this picture does not allow it, or the question was asked before. */
gboolean _world_ask_about_colour (WorldMaker *maker);
gboolean _world_ask_about_shape (WorldMaker *maker);
gboolean _world_ask_how_many (WorldMaker *maker);
gboolean _world_ask_where (WorldMaker *maker);
gboolean _world_ask_what_is_at (WorldMaker *maker);
gboolean _world_ask_whether_there_is (WorldMaker *maker);
/* In pictures of two things that plainly stand beside, or above, each other. */
gboolean _world_ask_what_is_beside (WorldMaker *maker);
gboolean _world_ask_whether_it_is (WorldMaker *maker);
/* A question that takes something for granted which is not there. */
gboolean _world_ask_for_absent (WorldMaker *maker);

/* ask.c: any question. */
/* Tasks with one answer a picture: asked again, the answer could be copied from the talk. */
gboolean _world_has_one_answer (WorldTask task);
/* One question of the task about the picture(s); FALSE when this picture does not allow it. */
gboolean _world_ask (WorldMaker *maker, WorldTask task);
/* The answer before, in another language; asked in the language of the talk, in English or in the new one. */
gboolean _world_ask_to_translate (WorldMaker *maker);
/* "And where is it?" after something else was asked about the only item. */
gboolean _world_ask_further (WorldMaker *maker);
gboolean _world_scene_allows (const WorldScene *scenes, guint n_scenes, WorldTask task);

G_END_DECLS
