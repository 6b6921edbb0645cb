/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/maker.h"

#include "base/error.h"
#include "chat/prompt.h"
#include "tools/world/facts.h"
#include "tools/world/words.h"

#include <string.h>

typedef enum { NAMES, THINGS, SHAPES, WORDS, RECEIPTS, DOCUMENTS, PAIRS, NOTHING, CHAT, PICTURELESS, WORD_FOR_WORD, LETTERS, TEXT, LATER, N_GROUPS } Group;

static const struct {
  const char *name;
  double share;
} groups[N_GROUPS] = {
  { "names", 36 }, { "things", 7 }, { "shapes", 27 }, { "words", 10 }, { "receipts", 8 }, { "documents", 3 }, { "pairs", 8 }, { "unsure", 3 }, { "chat", 2.5 }, { "no_image", 1.5 }, { "word_in", 3 },
  { "letters", 10 }, { "text", 10 }, { "later", 10 }, /* only where the mix asks for them */
};

/* Shares of the tasks that a picture allows. */
static const double task_shares[WORLD_N_TASKS] = {
  [OBJECT_NAME] = 10, [OBJECT_KIND] = 1.5, [OBJECT_YESNO] = 4, [OBJECT_WHERE] = 1.5, [OBJECT_COLOUR] = 1, [COLOUR] = 6, [SHAPE] = 6, [COUNT] = 5, [COUNT_THINGS] = 2.5, [COUNT_SOME] = 5,
  [POSITION] = 7, [WHAT_AT] = 5, [EXIST] = 7, [BESIDE] = 2, [CAPTION] = 4, [BACKGROUND] = 2, [WORD] = 10, [TOTAL] = 8, [PRICE] = 6, [SHOP] = 2, [ITEMS] = 1.5, [TITLE] = 4, [DATE] = 4,
  [PAIR_SAME] = 5, [PAIR_MORE] = 4, [PAIR_WHAT] = 5, [UNSURE] = 1, [ABSENT] = 0.35,
};

void
world_mix_init (WorldMix *mix)
{
  for (guint i = 0; i < G_N_ELEMENTS (mix->groups); i++)
    mix->groups[i] = i >= LETTERS ? 0.0 : 1.0;
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

static WorldLanguage
draw_language (WorldRandom *random)
{
  static const double weights[WORLD_N_LANGUAGES] = { 28, 14, 12, 12, 12, 11, 11 };

  return (WorldLanguage) world_random_weighted (random, weights, WORLD_N_LANGUAGES);
}

static void
ask_about_scenes (WorldMaker *maker, guint n_turns)
{
  double weights[WORLD_N_TASKS];
  gboolean any = FALSE;

  for (guint i = 0; i < WORLD_N_TASKS; i++) {
    weights[i] = _world_scene_allows (maker->record->scenes, maker->record->n_scenes, (WorldTask) i) ? task_shares[i] * maker->mix->tasks[i] : 0.0;
    any = any || weights[i] > 0.0;
  }
  for (guint attempt = 0; any && attempt < 40 && maker->record->turns->len < n_turns; attempt++) {
    gboolean talked = maker->record->turns->len > 0;
    gboolean done = FALSE;

    if (talked && maker->record->n_scenes == 1 && world_random_chance (maker->random, 0.3 * MIN (2.0, maker->mix->tasks[TRANSLATE])))
      done = _world_ask_to_translate (maker);
    if (!done && talked && world_random_chance (maker->random, 0.12))
      done = _world_ask_further (maker);
    if (!done) {
      /* The name comes first and the list of everything last, where they do not give other answers away. */
      gboolean named = !talked && n_turns > 1 && weights[OBJECT_NAME] > 0.0 && world_random_chance (maker->random, 0.75);
      WorldTask task = named ? OBJECT_NAME : (WorldTask) world_random_weighted (maker->random, weights, WORLD_N_TASKS);

      if (task == CAPTION && n_turns > 1 && maker->record->turns->len + 1 < n_turns)
        continue;
      if (_world_ask (maker, task) && _world_has_one_answer (task) && !world_random_chance (maker->random, 0.06))
        weights[task] = 0.0;
    }
    if (world_random_chance (maker->random, 0.04))
      maker->language = draw_language (maker->random);
  }
}

/* Any question about a picture, answered the same way: the picture is missing, or shows nothing. */
static void
ask_in_vain (WorldMaker *maker, WorldTask task, guint n_turns)
{
  static const WorldTask tasks[] = { OBJECT_NAME, OBJECT_KIND, OBJECT_YESNO, OBJECT_WHERE, COLOUR, SHAPE, COUNT, COUNT_SOME, POSITION, EXIST, CAPTION, WORD, TOTAL, TITLE, DATE, OBJECT_NAME, CAPTION, BACKGROUND };

  for (guint attempt = 0; attempt < 30 && maker->record->turns->len < n_turns; attempt++) {
    WorldTask asked = tasks[world_random_below (maker->random, G_N_ELEMENTS (tasks) - (task == UNSURE ? 1 : 0))];
    gboolean shape = asked == COLOUR || asked == POSITION || asked == EXIST || asked == COUNT_SOME;
    int colour = (int) world_random_below (maker->random, WORLD_WHITE + 1);
    WorldNoun noun;
    WorldBlanks blanks = { .noun = &noun, .colour = world_colour_name (maker->language, colour), .colour_form = world_colour_name_with_shape (maker->language, colour) };

    _world_get_noun (maker, &noun, shape && world_random_chance (maker->random, 0.6),
              (int) world_random_below (maker->random, WORLD_DIAMOND + 1), -1);
    _world_say_in (maker, asked, task, maker->language, maker->language, &blanks, g_strdup (world_fixed_answer (task, maker->language)));
  }
}

static void
small_talk (WorldMaker *maker, guint n_turns)
{
  static const double shares[] = { 3, 2, 2, 2, 2, 3 };

  for (guint attempt = 0; attempt < 20 && maker->record->turns->len < n_turns; attempt++) {
    WorldTask task = (WorldTask) (HELLO + world_random_weighted (maker->random, shares, 6));

    _world_say (maker, task, NULL, g_strdup (world_fixed_answer (task, maker->language)));
  }
}

static void
translate_words (WorldMaker *maker, guint n_turns)
{
  for (guint attempt = 0; attempt < 20 && maker->record->turns->len < n_turns; attempt++) {
    int object = (int) world_random_below (maker->random, world_n_objects);
    WorldLanguage to = (WorldLanguage) ((maker->language + 1 + world_random_below (maker->random, WORLD_N_LANGUAGES - 1)) % WORLD_N_LANGUAGES);
    WorldNoun noun;
    WorldBlanks blanks = { .noun = &noun, .text = world_language_name (maker->language, to) };

    _world_get_noun (maker, &noun, FALSE, object, -1);
    _world_say_in (maker, WORD_IN, WORD_IN, maker->language, to, &blanks, world_answer_object (to, object));
  }
}

/* Two pictures of the same kind, often of the same thing. */
static void
draw_pair (WorldMaker *maker)
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

/* A picture of things or shapes, and what is asked about it. */
static void
draw_plain (WorldMaker *maker, guint n_turns)
{
  static const WorldSceneKind kinds[] = { WORLD_SCENE_OBJECT, WORLD_SCENE_OBJECTS, WORLD_SCENE_SHAPES };
  static const double shares[] = { 60, 12, 28 };
  WorldRecord *record = maker->record;

  record->n_scenes = 1;
  record->seeds[0] = world_random_next (maker->random);
  world_scene_draw (&record->scenes[0], kinds[world_random_weighted (maker->random, shares, 3)], maker->split, maker->random);
  ask_about_scenes (maker, n_turns);
}

/* One picture is talked about, then another comes. */
static void
draw_later (WorldMaker *maker)
{
  WorldRecord *record = maker->record, *then = g_new0 (WorldRecord, 1);

  draw_plain (maker, (guint) world_random_int (maker->random, 1, 2));
  then->turns = g_array_new (FALSE, FALSE, sizeof (WorldTurn));
  maker->record = then;
  draw_plain (maker, (guint) world_random_int (maker->random, 1, 3));
  maker->record = record;
  if (then->turns->len > 0)
    record->then = then;
  else
    world_record_free (then);
}

WorldRecord *
world_record_draw (guint64 seed, WorldSplit split, guint64 index, const WorldMix *mix, gboolean single)
{
  WorldRecord *record = g_new0 (WorldRecord, 1);
  WorldRandom random;
  WorldMaker maker = { record, &random, mix, split, WORLD_EN };
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
  case LATER:
    draw_later (&maker);
    return record;
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
  world_record_free (record->then);
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

  for (; record; record = record->then) {
    for (guint i = 0; i < record->n_scenes; i++)
      g_string_append (text, "\nHuman: <image>");
    for (guint i = 0; i < record->turns->len; i++) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, i);

      g_string_append_printf (text, "\nHuman: %s\nAI: %s", turn->question, turn->answer);
    }
  }
  return g_string_free (text, FALSE);
}
