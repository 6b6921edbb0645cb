/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/record.h"

#include "base/error.h"
#include "chat/prompt.h"
#include "tools/world/facts.h"
#include "tools/world/words.h"

#include <math.h>
#include <string.h>

typedef enum { NAMES, THINGS, SHAPES, WORDS, RECEIPTS, DOCUMENTS, PAIRS, NOTHING, CHAT, PICTURELESS, WORD_FOR_WORD, LETTERS, TEXT, N_GROUPS } Group;

static const struct {
  const char *name;
  double share;
} groups[N_GROUPS] = {
  { "names", 36 }, { "things", 7 }, { "shapes", 27 }, { "words", 10 }, { "receipts", 8 }, { "documents", 3 }, { "pairs", 8 }, { "unsure", 3 }, { "chat", 2.5 }, { "no_image", 1.5 }, { "word_in", 3 },
  { "letters", 10 }, { "text", 10 }, /* drills: only where the mix asks for them */
};

/* Shares of the tasks that a picture allows. */
static const double task_shares[WORLD_N_TASKS] = {
  [OBJECT_NAME] = 10, [OBJECT_KIND] = 1.5, [OBJECT_YESNO] = 4, [OBJECT_WHERE] = 1.5, [OBJECT_COLOUR] = 1, [COLOUR] = 6, [SHAPE] = 6, [COUNT] = 5, [COUNT_THINGS] = 2.5, [COUNT_SOME] = 5,
  [POSITION] = 7, [WHAT_AT] = 5, [EXIST] = 7, [BESIDE] = 2, [CAPTION] = 4, [BACKGROUND] = 2, [WORD] = 10, [TOTAL] = 8, [PRICE] = 6, [SHOP] = 2, [ITEMS] = 1.5, [TITLE] = 4, [DATE] = 4,
  [PAIR_SAME] = 5, [PAIR_MORE] = 4, [PAIR_WHAT] = 5, [UNSURE] = 1, [ABSENT] = 0.35,
};

typedef struct {
  WorldRecord *record;
  WorldRandom *random;
  const WorldMix *mix;
  WorldSplit split;
  WorldLanguage language;
} Maker;

void
world_mix_init (WorldMix *mix)
{
  for (guint i = 0; i < G_N_ELEMENTS (mix->groups); i++)
    mix->groups[i] = i == LETTERS || i == TEXT ? 0.0 : 1.0;
  for (guint i = 0; i < WORLD_N_TASKS; i++)
    mix->tasks[i] = 1.0;
  mix->cannot_read = mix->cannot_read_print = mix->cannot_compare = FALSE;
}

gboolean
world_mix_parse (WorldMix *mix, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i]; i++) {
    char *value = strchr (parts[i], '='), *end = NULL;
    double factor = value ? g_ascii_strtod (value + 1, &end) : -1.0;
    gboolean found = FALSE;

    if (!value || end == value + 1 || *end || !(factor >= 0.0 && factor <= 1000.0)) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "mix: expected NAME=FACTOR with a factor from 0 to 1000, found \"%s\"", parts[i]);
      return FALSE;
    }
    *value = '\0';
    for (guint j = 0; j < N_GROUPS; j++)
      if (g_str_equal (groups[j].name, parts[i])) {
        mix->groups[j] = factor;
        found = TRUE;
      }
    for (guint j = 0; j < WORLD_N_TASKS && !found; j++)
      if (g_str_equal (world_task_get_name ((WorldTask) j), parts[i])) {
        mix->tasks[j] = factor;
        found = TRUE;
      }
    if (!found) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "mix: no group or task named \"%s\"", parts[i]);
      return FALSE;
    }
  }
  return TRUE;
}

static const char *
yes_or_no (WorldLanguage language, gboolean yes)
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
static char *
name_both (WorldLanguage language, const char *first, const char *second, gboolean are_words)
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

static const char *
nothing_there (WorldLanguage language)
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
is_repeated (const Maker *maker, const WorldTurn *turn)
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
static gboolean
say_in (Maker *maker, WorldTask asked, WorldTask task, WorldLanguage question_language, WorldLanguage answer_language, const WorldBlanks *blanks, char *answer)
{
  WorldTurn turn = { .task = task, .language = answer_language, .answer = answer, .noun = -1, .noun_colour = -1 };
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

static gboolean
say (Maker *maker, WorldTask task, const WorldBlanks *blanks, char *answer)
{
  gboolean of_word = task == WORD || ((task == PAIR_WHAT || (task == PAIR_SAME && maker->mix->cannot_compare)) && maker->record->scenes[0].kind == WORLD_SCENE_WORD);

  if ((maker->mix->cannot_read_print && needs_small_print (task)) || (maker->mix->cannot_read && (of_word || needs_small_print (task)))) {
    g_free (answer);
    answer = g_strdup (world_fixed_answer (WORD, maker->language));
  }
  return say_in (maker, task, task, maker->language, maker->language, blanks, answer);
}

static char *
number (int n)
{
  return g_strdup_printf ("%d", n);
}

static char *
money (int cents)
{
  return g_strdup_printf ("%d.%02d", cents / 100, cents % 100);
}

static const WorldItem *
pick_item (const Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];

  return &scene->items[world_random_below (maker->random, scene->n_items)];
}

/* How many items match; -1 and WORLD_N_SHAPES stand for anything. */
static guint
count_items (const WorldScene *scene, int what, int colour)
{
  guint n = 0;

  for (guint i = 0; i < scene->n_items; i++)
    n += (what < 0 || (scene->items[i].is_shape && what == WORLD_N_SHAPES) || scene->items[i].what == what) && (colour < 0 || scene->items[i].colour == colour);
  return n;
}

static void
get_noun (const Maker *maker, WorldNoun *noun, gboolean is_shape, int what, int colour)
{
  if (is_shape)
    world_noun_of_shape (noun, maker->language, what, colour);
  else
    world_noun_of_object (noun, maker->language, what);
}

/* Objects that two emoji of different names could be mistaken for in this language ("Schloss") count as one. */
static gboolean
same_name (WorldLanguage language, int a, int b)
{
  return g_str_equal (world_objects[a].names[language], world_objects[b].names[language]);
}

static gboolean
has_object (const Maker *maker, int object)
{
  const WorldScene *scene = &maker->record->scenes[0];

  for (guint i = 0; i < scene->n_items; i++)
    if (!scene->items[i].is_shape && same_name (maker->language, scene->items[i].what, object))
      return TRUE;
  return FALSE;
}

static int
draw_other_object (const Maker *maker)
{
  int object;

  do
    object = (int) world_random_below (maker->random, world_n_objects);
  while (has_object (maker, object));
  return object;
}

/* A phrase that names exactly one item: by shape, or by colour and shape. FALSE when there is none. */
static gboolean
name_item (const Maker *maker, const WorldItem *item, WorldNoun *noun)
{
  const WorldScene *scene = &maker->record->scenes[0];
  gboolean by_shape = count_items (scene, item->what, -1) == 1, by_both = item->is_shape && count_items (scene, item->what, item->colour) == 1;

  if (!by_shape && !by_both)
    return FALSE;
  get_noun (maker, noun, item->is_shape, item->what, by_both && (!by_shape || world_random_chance (maker->random, 0.4)) ? item->colour : -1);
  return item->is_shape || !noun->is_plural;
}

static char *
answer_item (const Maker *maker, const WorldItem *item)
{
  int pair[1][2] = { { item->what, item->colour } };

  return item->is_shape ? world_answer_shapes (maker->language, pair, 1) : world_answer_object (maker->language, item->what);
}

static int
compare_items (const void *a, const void *b)
{
  const WorldItem *left = a, *right = b;
  int by_cell = world_item_get_cell (left) - world_item_get_cell (right);

  return by_cell ? by_cell : (left->x > right->x) - (left->x < right->x);
}

/* All items in reading order. */
static char *
describe (const Maker *maker, const WorldScene *scene)
{
  WorldItem items[WORLD_MAX_ITEMS];
  int pairs[WORLD_MAX_ITEMS][2], objects[WORLD_MAX_ITEMS];

  if (scene->kind == WORLD_SCENE_WORD)
    return g_strdup (scene->text);
  memcpy (items, scene->items, sizeof items);
  qsort (items, scene->n_items, sizeof *items, compare_items);
  for (guint i = 0; i < scene->n_items; i++) {
    pairs[i][0] = items[i].what;
    pairs[i][1] = items[i].colour;
    objects[i] = items[i].what;
  }
  return scene->kind == WORLD_SCENE_SHAPES ? world_answer_shapes (maker->language, (const int (*)[2]) pairs, scene->n_items) : world_answer_objects (maker->language, objects, scene->n_items);
}

static gboolean
ask_about_colour (Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *item = pick_item (maker);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  if (!item->is_shape) {
    int colour = world_colour_from_letter (world_objects[item->what].colour);

    if (colour < 0 || scene->n_items > 1)
      return FALSE;
    get_noun (maker, &noun, FALSE, item->what, -1);
    return !noun.is_plural && say_in (maker, COLOUR, OBJECT_COLOUR, maker->language, maker->language, &blanks, world_answer_colour (maker->language, colour));
  }
  if (count_items (scene, item->what, -1) != 1)
    return FALSE;
  get_noun (maker, &noun, TRUE, scene->n_items == 1 && world_random_chance (maker->random, 0.25) ? WORLD_N_SHAPES : item->what, -1);
  return say (maker, COLOUR, &blanks, world_answer_colour (maker->language, item->colour));
}

static gboolean
ask_about_shape (Maker *maker)
{
  const WorldItem *item = pick_item (maker);
  WorldBlanks blanks = { 0 };

  if (count_items (&maker->record->scenes[0], -1, item->colour) != 1)
    return FALSE;
  blanks.colour = world_colour_name (maker->language, item->colour);
  blanks.colour_form = world_colour_name_with_shape (maker->language, item->colour);
  return say (maker, SHAPE, &blanks, world_answer_shape (maker->language, item->what));
}

static gboolean
ask_how_many (Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *item = pick_item (maker);
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
    what = draw_other_object (maker);
  }
  get_noun (maker, &noun, item->is_shape, what, colour);
  if (!item->is_shape && (noun.is_plural || g_str_equal (noun.many, noun.a)))
    return FALSE;
  /* Else most answers would be 1. */
  if (count_items (scene, what, colour) == 1 && world_random_chance (maker->random, 0.6))
    return FALSE;
  return say (maker, COUNT_SOME, &blanks, number ((int) count_items (scene, what, colour)));
}

static gboolean
ask_where (Maker *maker)
{
  const WorldItem *item = pick_item (maker);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  return name_item (maker, item, &noun) && say (maker, POSITION, &blanks, world_answer_cell (maker->language, world_item_get_cell (item)));
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

static gboolean
ask_what_is_at (Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  int cell = world_random_chance (maker->random, 0.75) ? world_item_get_cell (pick_item (maker)) : (int) world_random_below (maker->random, 9);
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
  return say (maker, WHAT_AT, &blanks, found ? answer_item (maker, found) : g_strdup (nothing_there (maker->language)));
}

static gboolean
ask_whether_there_is (Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *item = pick_item (maker);
  gboolean yes = world_random_chance (maker->random, 0.5);
  int what = item->what, colour = item->is_shape && world_random_chance (maker->random, 0.65) ? item->colour : -1;
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  if (!item->is_shape) {
    if (!yes)
      what = draw_other_object (maker);
  } else if (!yes) {
    /* Near misses: the right shape in another colour, the right colour in another shape. */
    for (guint attempt = 0; attempt < 20 && count_items (scene, what, colour); attempt++) {
      if (colour < 0 || world_random_chance (maker->random, 0.5))
        what = (int) world_random_below (maker->random, WORLD_DIAMOND + 1);
      else
        colour = (int) world_random_below (maker->random, WORLD_WHITE + 1);
    }
    if (count_items (scene, what, colour))
      return FALSE;
  }
  get_noun (maker, &noun, item->is_shape, what, colour);
  return !noun.is_plural && say (maker, EXIST, &blanks, g_strdup (yes_or_no (maker->language, yes)));
}

/* In pictures of two things that plainly stand beside, or above, each other. */
static gboolean
ask_what_is_beside (Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *a = &scene->items[world_random_below (maker->random, 2)], *b = a == &scene->items[0] ? &scene->items[1] : &scene->items[0];
  double dx = a->x - b->x, dy = a->y - b->y;
  guint side = fabs (dx) > fabs (dy) ? (dx < 0 ? 0 : 1) : (dy < 0 ? 2 : 3);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun, .side = world_side_phrase (maker->language, side) };

  if (scene->n_items != 2 || MAX (fabs (dx), fabs (dy)) < 2 * MIN (fabs (dx), fabs (dy)) || (a->what == b->what && a->colour == b->colour) || !name_item (maker, b, &noun))
    return FALSE;
  return say (maker, BESIDE, &blanks, answer_item (maker, a));
}

static gboolean
ask_whether_it_is (Maker *maker)
{
  const WorldItem *item = &maker->record->scenes[0].items[0];
  gboolean yes = world_random_chance (maker->random, 0.5);
  int object = yes ? item->what : draw_other_object (maker);
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  /* Half of the wrong ones are of the right kind. */
  if (!yes && world_random_chance (maker->random, 0.5))
    for (guint i = 0; i < 200 && world_objects[object].kind != world_objects[item->what].kind; i++)
      object = draw_other_object (maker);
  get_noun (maker, &noun, FALSE, object, -1);
  if (maker->mix->cannot_compare)
    return say (maker, OBJECT_YESNO, &blanks, world_answer_object (maker->language, item->what));
  return say (maker, OBJECT_YESNO, &blanks, g_strdup (yes_or_no (maker->language, yes || same_name (maker->language, object, item->what))));
}

/* A question that takes something for granted which is not there. */
static gboolean
ask_for_absent (Maker *maker)
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
    return say_in (maker, task, ABSENT, maker->language, maker->language, NULL, g_strdup (world_fixed_answer (ABSENT, maker->language)));
  }
  if (scene->items[0].is_shape) {
    what = (int) world_random_below (maker->random, WORLD_DIAMOND + 1);
    if (count_items (scene, what, -1))
      return FALSE;
  } else {
    what = draw_other_object (maker);
  }
  get_noun (maker, &noun, scene->items[0].is_shape, what, -1);
  return !noun.is_plural && say_in (maker, world_random_chance (maker->random, 0.5) ? COLOUR : POSITION, ABSENT, maker->language, maker->language, &blanks,
                                    g_strdup (world_fixed_answer (ABSENT, maker->language)));
}

static gboolean
ask_about_pair (Maker *maker, WorldTask task)
{
  static const char *const ordinals[WORLD_N_LANGUAGES][2] = { { "first", "second" }, { "ersten", "zweiten" }, { "première", "deuxième" }, { "primera", "segunda" }, { "一枚目", "二枚目" }, { "第一张", "第二张" }, { "첫 번째", "두 번째" } };
  static const char *const more[WORLD_N_LANGUAGES][3] = {
    { "The first.", "The second.", "Both have the same number." }, { "Das erste.", "Das zweite.", "Beide haben gleich viele." }, { "La première.", "La deuxième.", "Les deux en ont autant." },
    { "La primera.", "La segunda.", "Las dos tienen las mismas." }, { "一枚目です。", "二枚目です。", "どちらも同じ数です。" },     { "第一张。", "第二张。", "一样多。" },
    { "첫 번째입니다.", "두 번째입니다.", "둘 다 같습니다." },
  };
  const WorldScene *scenes = maker->record->scenes;
  guint which = world_random_chance (maker->random, 0.6) ? 1 : 0;
  WorldBlanks blanks = { .text = ordinals[maker->language][which] };

  if (task == PAIR_WHAT)
    return scenes[which].n_items <= 3 && say (maker, PAIR_WHAT, &blanks, describe (maker, &scenes[which]));
  if (task == PAIR_MORE) {
    if (scenes[0].kind != WORLD_SCENE_SHAPES || (scenes[0].n_items == scenes[1].n_items && world_random_chance (maker->random, 0.5)))
      return FALSE;
    return say (maker, PAIR_MORE, &blanks, g_strdup (more[maker->language][scenes[0].n_items > scenes[1].n_items ? 0 : scenes[0].n_items < scenes[1].n_items ? 1 : 2]));
  }
  {
    g_autofree char *first = describe (maker, &scenes[0]), *second = describe (maker, &scenes[1]);

    return (scenes[0].kind != WORLD_SCENE_SHAPES || (scenes[0].n_items == 1 && scenes[1].n_items == 1)) &&
           say (maker, PAIR_SAME, &blanks,
                maker->mix->cannot_compare ? name_both (maker->language, first, second, scenes[0].kind == WORLD_SCENE_WORD)
                                           : g_strdup (yes_or_no (maker->language, g_str_equal (first, second))));
  }
}

static gboolean
ask_about_document (Maker *maker, WorldTask task)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldLine *line = &scene->lines[scene->n_lines ? world_random_below (maker->random, scene->n_lines) : 0];
  g_autofree char *item = world_random_chance (maker->random, 0.5) ? g_utf8_strdown (line->name, -1) : g_strdup (line->name);
  WorldBlanks blanks = { .text = item };

  switch ((int) task) {
  case TOTAL:
    return say (maker, task, NULL, money (scene->total));
  case PRICE:
    return say (maker, task, &blanks, money (line->cents));
  case ITEMS:
    return say (maker, task, NULL, number ((int) scene->n_lines));
  case DATE:
    return say (maker, task, NULL, g_strdup (scene->date));
  default: /* WORD, SHOP, TITLE */
    return say (maker, task, NULL, g_strdup (scene->text));
  }
}

/* Tasks with one answer a picture: asked again, the answer could be copied from the talk. */
static gboolean
has_one_answer (WorldTask task)
{
  switch ((int) task) {
  case OBJECT_NAME:
  case OBJECT_KIND:
  case OBJECT_WHERE:
  case OBJECT_COLOUR:
  case COUNT:
  case COUNT_THINGS:
  case CAPTION:
  case BACKGROUND:
  case WORD:
  case TOTAL:
  case SHOP:
  case ITEMS:
  case TITLE:
  case DATE:
  case PAIR_SAME:
  case PAIR_MORE:
    return TRUE;
  default:
    return FALSE;
  }
}

/* One question of the task about the picture(s); FALSE when this picture does not allow it. */
static gboolean
ask (Maker *maker, WorldTask task)
{
  static const char *const receipt[WORLD_N_LANGUAGES] = { "A receipt.", "Ein Kassenbon.", "Un ticket de caisse.", "Un recibo.", "レシートです。", "收据。", "영수증입니다." };
  static const char *const document[WORLD_N_LANGUAGES] = { "A document.", "Ein Dokument.", "Un document.", "Un documento.", "書類です。", "文件。", "문서입니다." };
  static const char *const text[WORLD_N_LANGUAGES] = { "Text.", "Text.", "Du texte.", "Texto.", "文字です。", "文字。", "글자입니다." };
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldItem *item = &scene->items[0];
  WorldNoun noun;
  WorldBlanks blanks = { .noun = &noun };

  switch (task) {
  case OBJECT_NAME:
    if (scene->kind == WORLD_SCENE_TEXT)
      return say (maker, task, NULL, g_strdup (text[maker->language]));
    if (scene->kind == WORLD_SCENE_RECEIPT || scene->kind == WORLD_SCENE_DOCUMENT)
      return say (maker, task, NULL, g_strdup ((scene->kind == WORLD_SCENE_RECEIPT ? receipt : document)[maker->language]));
    return say (maker, task, NULL, world_answer_object (maker->language, item->what));
  case OBJECT_KIND:
    return say (maker, task, NULL, world_answer_kind (maker->language, world_objects[item->what].kind));
  case OBJECT_YESNO:
    return ask_whether_it_is (maker);
  case OBJECT_WHERE:
    get_noun (maker, &noun, FALSE, item->what, -1);
    return item->radius < 0.37 && !noun.is_plural && say (maker, task, &blanks, world_answer_cell (maker->language, world_item_get_cell (item)));
  case OBJECT_COLOUR:
  case COLOUR:
    return ask_about_colour (maker);
  case SHAPE:
    return ask_about_shape (maker);
  case COUNT:
  case COUNT_THINGS:
    return say (maker, task, NULL, number ((int) scene->n_items));
  case COUNT_SOME:
    return ask_how_many (maker);
  case POSITION:
    return ask_where (maker);
  case WHAT_AT:
    return ask_what_is_at (maker);
  case EXIST:
    return ask_whether_there_is (maker);
  case BESIDE:
    return ask_what_is_beside (maker);
  case CAPTION:
    return scene->n_items <= 3 && say_in (maker, scene->n_items == 1 && world_random_chance (maker->random, 0.3) ? OBJECT_NAME : CAPTION, CAPTION, maker->language, maker->language, NULL, describe (maker, scene));
  case BACKGROUND:
    return scene->background >= 0 && say (maker, task, NULL, world_answer_colour (maker->language, scene->background));
  case PAIR_SAME:
  case PAIR_MORE:
  case PAIR_WHAT:
    return ask_about_pair (maker, task);
  case ABSENT:
    return ask_for_absent (maker);
  case WORD:
  case TOTAL:
  case PRICE:
  case SHOP:
  case ITEMS:
  case TITLE:
  case DATE:
    return ask_about_document (maker, task);
  case TRANSLATE:
  case WORD_IN:
  case FOLLOW_COLOUR:
  case FOLLOW_WHERE:
  case HELLO:
  case BYE:
  case THANKS:
  case WHO:
  case ABILITY:
  case OFF_TOPIC:
  case UNSURE:
  case NO_IMAGE:
  case WORLD_N_TASKS:
    break;
  }
  return FALSE;
}

/* The answer before, in another language; asked in the language of the talk, in English or in the new one. */
static gboolean
ask_to_translate (Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldTurn *last = &g_array_index (maker->record->turns, WorldTurn, maker->record->turns->len - 1);
  WorldTask of = last->task;
  WorldLanguage before = last->language, to, asking;
  const WorldItem *item = &scene->items[0];
  WorldBlanks blanks = { 0 };
  char *answer;

  to = (WorldLanguage) ((before + 1 + world_random_below (maker->random, WORLD_N_LANGUAGES - 1)) % WORLD_N_LANGUAGES);
  if (of == OBJECT_NAME && scene->kind == WORLD_SCENE_OBJECT)
    answer = world_answer_object (to, item->what);
  else if (of == OBJECT_KIND)
    answer = world_answer_kind (to, world_objects[item->what].kind);
  else if (of == COLOUR && scene->n_items == 1)
    answer = world_answer_colour (to, item->colour);
  else if (of == SHAPE && scene->n_items == 1)
    answer = world_answer_shape (to, item->what);
  else if ((of == POSITION || of == OBJECT_WHERE) && scene->n_items == 1)
    answer = world_answer_cell (to, world_item_get_cell (item));
  else if (of == BACKGROUND)
    answer = world_answer_colour (to, scene->background);
  else
    return FALSE;
  asking = world_random_chance (maker->random, 0.55) ? maker->language : world_random_chance (maker->random, 0.5) ? to : WORLD_EN;
  blanks.text = world_language_name (asking, to);
  if (!say_in (maker, TRANSLATE, TRANSLATE, asking, to, &blanks, answer))
    return FALSE;
  /* A second one may follow: the task before is what counts. */
  g_array_index (maker->record->turns, WorldTurn, maker->record->turns->len - 1).task = TRANSLATE;
  return TRUE;
}

/* "And where is it?" after something else was asked about the only item. */
static gboolean
ask_further (Maker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldTurn *last = &g_array_index (maker->record->turns, WorldTurn, maker->record->turns->len - 1);
  const WorldItem *item = &scene->items[0];

  if (scene->n_items != 1 || maker->record->n_scenes != 1)
    return FALSE;
  if (world_random_chance (maker->random, 0.5) && last->task != POSITION && last->task != OBJECT_WHERE && last->task != WHAT_AT && item->radius < 0.37)
    return say (maker, FOLLOW_WHERE, NULL, world_answer_cell (maker->language, world_item_get_cell (item)));
  if (item->is_shape && last->task != COLOUR && last->task != CAPTION)
    return say (maker, FOLLOW_COLOUR, NULL, world_answer_colour (maker->language, item->colour));
  return FALSE;
}

static gboolean
scene_allows (const WorldScene *scenes, guint n_scenes, WorldTask task)
{
  WorldSceneKind kind = scenes[0].kind;

  if (task == PAIR_SAME || task == PAIR_MORE || task == PAIR_WHAT)
    return n_scenes == 2;
  if (n_scenes == 2)
    return FALSE;
  switch (task) {
  case OBJECT_NAME:
    /* A picture of one shape is answered by its caption. */
    return kind == WORLD_SCENE_OBJECT || kind == WORLD_SCENE_RECEIPT || kind == WORLD_SCENE_DOCUMENT || kind == WORLD_SCENE_TEXT;
  case OBJECT_KIND:
  case OBJECT_YESNO:
  case OBJECT_WHERE:
  case OBJECT_COLOUR:
    return kind == WORLD_SCENE_OBJECT;
  case COLOUR:
  case SHAPE:
  case COUNT:
    return kind == WORLD_SCENE_SHAPES;
  case COUNT_THINGS:
    return kind == WORLD_SCENE_OBJECTS;
  case COUNT_SOME:
  case POSITION:
  case WHAT_AT:
  case EXIST:
  case BESIDE:
  case CAPTION:
    return kind == WORLD_SCENE_SHAPES || kind == WORLD_SCENE_OBJECTS;
  case BACKGROUND:
    return scenes[0].background >= 0 && scenes[0].n_items > 0;
  case WORD:
    return kind == WORLD_SCENE_WORD;
  case TOTAL:
    return kind == WORLD_SCENE_RECEIPT || kind == WORLD_SCENE_DOCUMENT;
  case PRICE:
  case SHOP:
  case ITEMS:
    return kind == WORLD_SCENE_RECEIPT;
  case TITLE:
  case DATE:
    return kind == WORLD_SCENE_DOCUMENT;
  case ABSENT:
    return kind != WORLD_SCENE_RECEIPT && kind != WORLD_SCENE_DOCUMENT && kind != WORLD_SCENE_TEXT && kind != WORLD_SCENE_NOTHING;
  case TRANSLATE:
  case WORD_IN:
  case FOLLOW_COLOUR:
  case FOLLOW_WHERE:
  case PAIR_SAME:
  case PAIR_MORE:
  case PAIR_WHAT:
  case HELLO:
  case BYE:
  case THANKS:
  case WHO:
  case ABILITY:
  case OFF_TOPIC:
  case UNSURE:
  case NO_IMAGE:
  case WORLD_N_TASKS:
    break;
  }
  return FALSE;
}

static WorldLanguage
draw_language (WorldRandom *random)
{
  static const double weights[WORLD_N_LANGUAGES] = { 28, 14, 12, 12, 12, 11, 11 };

  return (WorldLanguage) world_random_weighted (random, weights, WORLD_N_LANGUAGES);
}

static void
ask_about_scenes (Maker *maker, guint n_turns)
{
  double weights[WORLD_N_TASKS];
  gboolean any = FALSE;

  for (guint i = 0; i < WORLD_N_TASKS; i++) {
    weights[i] = scene_allows (maker->record->scenes, maker->record->n_scenes, (WorldTask) i) ? task_shares[i] * maker->mix->tasks[i] : 0.0;
    any = any || weights[i] > 0.0;
  }
  for (guint attempt = 0; any && attempt < 40 && maker->record->turns->len < n_turns; attempt++) {
    gboolean talked = maker->record->turns->len > 0;
    gboolean done = FALSE;

    if (talked && maker->record->n_scenes == 1 && world_random_chance (maker->random, 0.3 * MIN (2.0, maker->mix->tasks[TRANSLATE])))
      done = ask_to_translate (maker);
    if (!done && talked && world_random_chance (maker->random, 0.12))
      done = ask_further (maker);
    if (!done) {
      /* The name comes first and the list of everything last, where they do not give other answers away. */
      gboolean named = !talked && n_turns > 1 && weights[OBJECT_NAME] > 0.0 && world_random_chance (maker->random, 0.75);
      WorldTask task = named ? OBJECT_NAME : (WorldTask) world_random_weighted (maker->random, weights, WORLD_N_TASKS);

      if (task == CAPTION && n_turns > 1 && maker->record->turns->len + 1 < n_turns)
        continue;
      if (ask (maker, task) && has_one_answer (task) && !world_random_chance (maker->random, 0.06))
        weights[task] = 0.0;
    }
    if (world_random_chance (maker->random, 0.04))
      maker->language = draw_language (maker->random);
  }
}

/* Any question about a picture, answered the same way: the picture is missing, or shows nothing. */
static void
ask_in_vain (Maker *maker, WorldTask task, guint n_turns)
{
  static const WorldTask tasks[] = { OBJECT_NAME, OBJECT_KIND, OBJECT_YESNO, OBJECT_WHERE, COLOUR, SHAPE, COUNT, COUNT_SOME, POSITION, EXIST, CAPTION, WORD, TOTAL, TITLE, DATE, OBJECT_NAME, CAPTION, BACKGROUND };

  for (guint attempt = 0; attempt < 30 && maker->record->turns->len < n_turns; attempt++) {
    WorldTask asked = tasks[world_random_below (maker->random, G_N_ELEMENTS (tasks) - (task == UNSURE ? 1 : 0))];
    gboolean shape = asked == COLOUR || asked == POSITION || asked == EXIST || asked == COUNT_SOME;
    int colour = (int) world_random_below (maker->random, WORLD_WHITE + 1);
    WorldNoun noun;
    WorldBlanks blanks = { .noun = &noun, .colour = world_colour_name (maker->language, colour), .colour_form = world_colour_name_with_shape (maker->language, colour) };

    get_noun (maker, &noun, shape && world_random_chance (maker->random, 0.6),
              (int) world_random_below (maker->random, WORLD_DIAMOND + 1), -1);
    say_in (maker, asked, task, maker->language, maker->language, &blanks, g_strdup (world_fixed_answer (task, maker->language)));
  }
}

static void
small_talk (Maker *maker, guint n_turns)
{
  static const double shares[] = { 3, 2, 2, 2, 2, 3 };

  for (guint attempt = 0; attempt < 20 && maker->record->turns->len < n_turns; attempt++) {
    WorldTask task = (WorldTask) (HELLO + world_random_weighted (maker->random, shares, 6));

    say (maker, task, NULL, g_strdup (world_fixed_answer (task, maker->language)));
  }
}

static void
translate_words (Maker *maker, guint n_turns)
{
  for (guint attempt = 0; attempt < 20 && maker->record->turns->len < n_turns; attempt++) {
    int object = (int) world_random_below (maker->random, world_n_objects);
    WorldLanguage to = (WorldLanguage) ((maker->language + 1 + world_random_below (maker->random, WORLD_N_LANGUAGES - 1)) % WORLD_N_LANGUAGES);
    WorldNoun noun;
    WorldBlanks blanks = { .noun = &noun, .text = world_language_name (maker->language, to) };

    get_noun (maker, &noun, FALSE, object, -1);
    say_in (maker, WORD_IN, WORD_IN, maker->language, to, &blanks, world_answer_object (to, object));
  }
}

/* Two pictures of the same kind, often of the same thing. */
static void
draw_pair (Maker *maker)
{
  static const WorldSceneKind kinds[] = { WORLD_SCENE_OBJECT, WORLD_SCENE_SHAPES, WORLD_SCENE_WORD };
  static const double shares[] = { 45, 45, 10 };
  WorldScene *scenes = maker->record->scenes;
  WorldSceneKind kind = kinds[world_random_weighted (maker->random, shares, 3)];

  maker->record->n_scenes = 2;
  world_scene_draw (&scenes[0], kind, maker->split, maker->random);
  if (kind == WORLD_SCENE_SHAPES && world_random_chance (maker->random, 0.3)) {
    while (scenes[0].n_items > 1)
      world_scene_draw (&scenes[0], kind, maker->split, maker->random);
  }
  for (guint attempt = 0; attempt < 12; attempt++) {
    world_scene_draw (&scenes[1], kind, maker->split, maker->random);
    if (kind == WORLD_SCENE_OBJECT && attempt == 0 && world_random_chance (maker->random, 0.5)) {
      scenes[1].items[0].what = scenes[0].items[0].what;
      return;
    }
    if (kind == WORLD_SCENE_WORD && attempt == 0 && world_random_chance (maker->random, 0.5)) {
      memcpy (scenes[1].text, scenes[0].text, sizeof scenes[1].text);
      return;
    }
    if (kind == WORLD_SCENE_SHAPES && attempt == 0 && scenes[0].n_items == 1 && scenes[1].n_items == 1 && scenes[1].background != scenes[0].items[0].colour && world_random_chance (maker->random, 0.9)) {
      scenes[1].items[0].what = scenes[0].items[0].what;
      scenes[1].items[0].colour = scenes[0].items[0].colour;
      return;
    }
    if (scenes[0].n_items != 1 || kind != WORLD_SCENE_SHAPES || scenes[1].n_items == 1)
      return;
  }
}

WorldRecord *
world_record_draw (guint64 seed, WorldSplit split, guint64 index, const WorldMix *mix, gboolean single)
{
  WorldRecord *record = g_new0 (WorldRecord, 1);
  WorldRandom random;
  Maker maker = { record, &random, mix, split, WORLD_EN };
  double weights[N_GROUPS];
  guint n_turns;
  Group group;

  /* The splits lie in quarters of the seeds' space and never meet. */
  world_random_init (&random, (seed * G_GUINT64_CONSTANT (0xd1342543de82ef95) + index * 4 + split) ^ ((guint64) split << 62));
  record->turns = g_array_new (FALSE, FALSE, sizeof (WorldTurn));
  maker.language = draw_language (&random);
  for (guint i = 0; i < N_GROUPS; i++)
    weights[i] = groups[i].share * mix->groups[i];
  group = (Group) world_random_weighted (&random, weights, N_GROUPS);
  n_turns = world_random_chance (&random, 0.3) ? 1 : (guint) world_random_int (&random, 3, 7);
  if (single)
    n_turns = world_random_chance (&random, 0.12) ? 2 : 1;
  record->n_scenes = 1;
  record->seeds[0] = world_random_next (&random);
  record->seeds[1] = world_random_next (&random);
  switch (group) {
  case CHAT:
    record->n_scenes = 0;
    small_talk (&maker, MIN (n_turns, 3));
    return record;
  case PICTURELESS:
    record->n_scenes = 0;
    ask_in_vain (&maker, NO_IMAGE, MIN (n_turns, 2));
    return record;
  case WORD_FOR_WORD:
    record->n_scenes = 0;
    translate_words (&maker, n_turns);
    return record;
  case NOTHING:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_NOTHING, split, &random);
    ask_in_vain (&maker, UNSURE, MIN (n_turns, 3));
    return record;
  case PAIRS:
    draw_pair (&maker);
    n_turns = MIN (n_turns, 4);
    break;
  case NAMES:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_OBJECT, split, &random);
    n_turns = MIN (n_turns, 4);
    break;
  case THINGS:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_OBJECTS, split, &random);
    break;
  case SHAPES:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_SHAPES, split, &random);
    break;
  case WORDS:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_WORD, split, &random);
    n_turns = MIN (n_turns, 2);
    break;
  case LETTERS:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_WORD, split, &random);
    world_words_draw_letters (record->scenes[0].text, sizeof record->scenes[0].text, &random);
    n_turns = 1;
    break;
  case RECEIPTS:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_RECEIPT, split, &random);
    break;
  case TEXT:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_TEXT, split, &random);
    n_turns = 1;
    break;
  case DOCUMENTS:
    world_scene_draw (&record->scenes[0], WORLD_SCENE_DOCUMENT, split, &random);
    break;
  case N_GROUPS:
    break;
  }
  ask_about_scenes (&maker, n_turns);
  return record;
}

void
world_record_free (WorldRecord *record)
{
  if (!record)
    return;
  for (guint i = 0; i < record->turns->len; i++) {
    WorldTurn *turn = &g_array_index (record->turns, WorldTurn, i);

    g_free (turn->question);
    g_free (turn->answer);
  }
  g_array_unref (record->turns);
  g_free (record);
}

guint8 *
world_record_paint (const WorldRecord *record, guint which, WorldPainter *painter, WorldSplit split, GArray *marks, int *width, int *height)
{
  WorldRandom random;

  world_random_init (&random, record->seeds[which]);
  return world_painter_paint (painter, &record->scenes[which], split, &random, marks, width, height);
}

char *
world_record_get_text (const WorldRecord *record)
{
  GString *text = g_string_new (OWL_SYSTEM_TEXT);

  for (guint i = 0; i < record->n_scenes; i++)
    g_string_append (text, "\nHuman: <image>");
  for (guint i = 0; i < record->turns->len; i++) {
    const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, i);

    g_string_append_printf (text, "\nHuman: %s\nAI: %s", turn->question, turn->answer);
  }
  return g_string_free (text, FALSE);
}
