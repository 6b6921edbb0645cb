/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/maker.h"

#include "tools/world/facts.h"

#include <string.h>

const char *
_world_answer_yes_or_no (WorldLanguage language, gboolean yes)
{
  static const char *const answers[WORLD_N_LANGUAGES][2] = { { "No.", "Yes." }, { "Nein.", "Ja." }, { "Non.", "Oui." }, { "No.", "Sí." }, { "いいえ。", "はい。" }, { "不是。", "是的。" }, { "아니요.", "네." } };

  return answers[language][yes != FALSE];
}

/* `answer` without its end. */
static char *
without_end (const char *answer)
{
  static const char *const ends[] = { "です。", "입니다.", "。", "." };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_has_suffix (answer, ends[i]))
      return g_strndup (answer, strlen (answer) - strlen (ends[i]));
  return g_strdup (answer);
}

/* "A dog and a horse." */
char *
_world_answer_both (WorldLanguage language, const char *first, const char *second, gboolean are_words)
{
  static const char *const and[WORLD_N_LANGUAGES] = { " and ", " und ", " et ", " y ", "と", "和", ", " };
  static const char *const ends[WORLD_N_LANGUAGES] = { ".", ".", ".", ".", "です。", "。", "입니다." };
  g_autofree char *a = without_end (first), *b = without_end (second);
  g_autofree char *lower = NULL;

  if (are_words)
    return g_strconcat (a, ", ", b, ends[language], NULL);
  /* Articles are small in the middle of a sentence; in German only they. */
  if (language == WORLD_EN || language == WORLD_FR || language == WORLD_ES || (language == WORLD_DE && g_str_has_prefix (b, "Ein"))) {
    g_autofree char *initial = g_utf8_substring (b, 0, 1), *small = g_utf8_strdown (initial, -1);

    lower = g_strconcat (small, b + strlen (initial), NULL);
  }
  return g_strconcat (a, and[language], lower ? lower : b, ends[language], NULL);
}

const char *
_world_answer_nothing (WorldLanguage language)
{
  static const char *const answers[WORLD_N_LANGUAGES] = { "Nothing.", "Nichts.", "Rien.", "Nada.", "何もありません。", "什么都没有。", "아무것도 없습니다." };

  return answers[language];
}

/* "Which shape is ..." is no question about pictures of objects. */
static gboolean
speaks_of_shapes (const char *question, WorldLanguage language)
{
  static const char *const words[WORLD_N_LANGUAGES] = { "shape", "Form", "forme", "figura", "図形", "图形", "도형" };

  return strstr (question, words[language]) != NULL;
}

/* Whether the question, or one of its kind with the same answer, came before: it would teach copying. */
static gboolean
is_repeated (const WorldMaker *maker, const WorldTurn *turn)
{
  const GArray *turns = maker->record->turns;
  gboolean open = turn->task != OBJECT_YESNO && turn->task != EXIST && turn->task != UNSURE && turn->task != NO_IMAGE && turn->task != ABSENT;

  for (guint i = 0; i < turns->len; i++) {
    const WorldTurn *other = &g_array_index (turns, WorldTurn, i);

    if (g_str_equal (other->question, turn->question) ||
        (open && other->task == turn->task && g_str_equal (other->answer, turn->answer) && world_random_chance (maker->random, 0.8)))
      return TRUE;
  }
  return FALSE;
}

/* Takes `answer`. FALSE when the question cannot be worded or was asked before. */
gboolean
_world_say_in (WorldMaker *maker, WorldTask asked, WorldTask task, WorldLanguage question_language, WorldLanguage answer_language, const WorldBlanks *blanks, char *answer)
{
  WorldTurn turn = { .task = task, .language = answer_language, .answer = answer, .noun = -1, .noun_colour = -1, .place = -1, .which = -1, .line = -1 };
  const WorldNoun *noun = blanks ? blanks->noun : NULL;

  turn.question = world_question_draw (asked, question_language, blanks, maker->split, maker->random);
  if (turn.question && ((maker->record->scenes[0].kind == WORLD_SCENE_OBJECTS && speaks_of_shapes (turn.question, question_language)) || is_repeated (maker, &turn)))
    g_clear_pointer (&turn.question, g_free);
  if (!turn.question) {
    g_free (answer);
    return FALSE;
  }
  if (noun && (!noun->is_shape || noun->what < WORLD_N_SHAPES))
    turn.noun = world_fact_of_item (&(WorldItem){ .is_shape = noun->is_shape, .what = noun->what });
  if (noun)
    turn.noun_colour = noun->colour;
  g_array_append_val (maker->record->turns, turn);
  return TRUE;
}

static gboolean
needs_small_print (WorldTask task)
{
  return task == TOTAL || task == PRICE || task == SHOP || task == ITEMS || task == TITLE || task == DATE;
}

gboolean
_world_say (WorldMaker *maker, WorldTask task, const WorldBlanks *blanks, char *answer)
{
  gboolean of_word = task == WORD || ((task == PAIR_WHAT || (task == PAIR_SAME && maker->mix->cannot_compare)) && maker->record->scenes[0].kind == WORLD_SCENE_WORD);

  if ((maker->mix->cannot_read_print && needs_small_print (task)) || (maker->mix->cannot_read && (of_word || needs_small_print (task)))) {
    g_free (answer);
    answer = g_strdup (world_fixed_answer (WORD, maker->language));
  }
  return _world_say_in (maker, task, task, maker->language, maker->language, blanks, answer);
}

char *
_world_answer_number (int n)
{
  return g_strdup_printf ("%d", n);
}

char *
_world_answer_money (int cents)
{
  return g_strdup_printf ("%d.%02d", cents / 100, cents % 100);
}

WorldTurn *
_world_last_turn (const WorldMaker *maker)
{
  return &g_array_index (maker->record->turns, WorldTurn, maker->record->turns->len - 1);
}

const WorldItem *
_world_pick_item (const WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];

  return &scene->items[world_random_below (maker->random, scene->n_items)];
}

void
_world_get_noun (const WorldMaker *maker, WorldNoun *noun, gboolean is_shape, int what, int colour)
{
  if (is_shape)
    world_noun_of_shape (noun, maker->language, what, colour);
  else
    world_noun_of_object (noun, maker->language, what);
}

/* Objects that two emoji of different names could be mistaken for in this language ("Schloss") count as one. */
gboolean
_world_same_name (WorldLanguage language, int a, int b)
{
  return g_str_equal (world_objects[a].names[language], world_objects[b].names[language]);
}

static gboolean
has_object (const WorldMaker *maker, int object)
{
  const WorldScene *scene = &maker->record->scenes[0];

  for (guint i = 0; i < scene->n_items; i++)
    if (!scene->items[i].is_shape && _world_same_name (maker->language, scene->items[i].what, object))
      return TRUE;
  return FALSE;
}

int
_world_draw_other_object (const WorldMaker *maker)
{
  int object;

  do
    object = (int) world_random_below (maker->random, world_n_objects);
  while (has_object (maker, object));
  return object;
}

/* A phrase that names exactly one item: by shape, or by colour and shape. FALSE when there is none. */
gboolean
_world_name_item (const WorldMaker *maker, const WorldItem *item, WorldNoun *noun)
{
  const WorldScene *scene = &maker->record->scenes[0];
  gboolean by_shape = world_scene_count_items (scene, item->what, -1) == 1, by_both = item->is_shape && world_scene_count_items (scene, item->what, item->colour) == 1;

  if (!by_shape && !by_both)
    return FALSE;
  _world_get_noun (maker, noun, item->is_shape, item->what, by_both && (!by_shape || world_random_chance (maker->random, 0.4)) ? item->colour : -1);
  return item->is_shape || !noun->is_plural;
}

char *
_world_answer_item (const WorldMaker *maker, const WorldItem *item)
{
  int pair[1][2] = { { item->what, item->colour } };

  return item->is_shape ? world_answer_shapes (maker->language, pair, 1) : world_answer_object (maker->language, item->what);
}

/* All items in reading order. */
char *
_world_answer_all_items (const WorldMaker *maker, const WorldScene *scene)
{
  WorldItem items[WORLD_MAX_ITEMS];
  int pairs[WORLD_MAX_ITEMS][2], objects[WORLD_MAX_ITEMS];

  if (scene->kind == WORLD_SCENE_WORD)
    return g_strdup (scene->text);
  memcpy (items, scene->items, sizeof items);
  qsort (items, scene->n_items, sizeof *items, world_item_compare_places);
  for (guint i = 0; i < scene->n_items; i++) {
    pairs[i][0] = items[i].what;
    pairs[i][1] = items[i].colour;
    objects[i] = items[i].what;
  }
  return scene->kind == WORLD_SCENE_SHAPES ? world_answer_shapes (maker->language, (const int (*)[2]) pairs, scene->n_items) : world_answer_objects (maker->language, objects, scene->n_items);
}
