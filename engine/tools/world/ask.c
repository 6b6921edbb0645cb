/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/maker.h"

#include <string.h>

static gboolean
ask_about_pair (WorldMaker *maker, WorldTask task)
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

  if (task == PAIR_WHAT) {
    if (scenes[which].n_items > 3 || !_world_say (maker, PAIR_WHAT, &blanks, _world_answer_all_items (maker, &scenes[which])))
      return FALSE;
    _world_last_turn (maker)->which = (int) which;
    return TRUE;
  }
  if (task == PAIR_MORE) {
    if (scenes[0].kind != WORLD_SCENE_SHAPES || (scenes[0].n_items == scenes[1].n_items && world_random_chance (maker->random, 0.5)))
      return FALSE;
    return _world_say (maker, PAIR_MORE, &blanks, g_strdup (more[maker->language][scenes[0].n_items > scenes[1].n_items ? 0 : scenes[0].n_items < scenes[1].n_items ? 1 : 2]));
  }
  {
    g_autofree char *first = _world_answer_all_items (maker, &scenes[0]), *second = _world_answer_all_items (maker, &scenes[1]);

    return (scenes[0].kind != WORLD_SCENE_SHAPES || (scenes[0].n_items == 1 && scenes[1].n_items == 1)) &&
           _world_say (maker, PAIR_SAME, &blanks,
                maker->mix->cannot_compare ? _world_answer_both (maker->language, first, second, scenes[0].kind == WORLD_SCENE_WORD)
                                           : g_strdup (_world_answer_yes_or_no (maker->language, g_str_equal (first, second))));
  }
}

static gboolean
ask_about_document (WorldMaker *maker, WorldTask task)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldLine *line = &scene->lines[scene->n_lines ? world_random_below (maker->random, scene->n_lines) : 0];
  g_autofree char *item = world_random_chance (maker->random, 0.5) ? g_utf8_strdown (line->name, -1) : g_strdup (line->name);
  WorldBlanks blanks = { .text = item };

  switch ((int) task) {
  case TOTAL:
    return _world_say (maker, task, NULL, _world_answer_money (scene->total));
  case PRICE:
    if (!_world_say (maker, task, &blanks, _world_answer_money (line->cents)))
      return FALSE;
    _world_last_turn (maker)->line = (int) (line - scene->lines);
    return TRUE;
  case ITEMS:
    return _world_say (maker, task, NULL, _world_answer_number ((int) scene->n_lines));
  case DATE:
    return _world_say (maker, task, NULL, g_strdup (scene->date));
  default: /* WORD, SHOP, TITLE */
    return _world_say (maker, task, NULL, g_strdup (scene->text));
  }
}

/* Tasks with one answer a picture: asked again, the answer could be copied from the talk. */
gboolean
_world_has_one_answer (WorldTask task)
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
gboolean
_world_ask (WorldMaker *maker, WorldTask task)
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
      return _world_say (maker, task, NULL, g_strdup (text[maker->language]));
    if (scene->kind == WORLD_SCENE_RECEIPT || scene->kind == WORLD_SCENE_DOCUMENT)
      return _world_say (maker, task, NULL, g_strdup ((scene->kind == WORLD_SCENE_RECEIPT ? receipt : document)[maker->language]));
    return _world_say (maker, task, NULL, world_answer_object (maker->language, item->what));
  case OBJECT_KIND:
    return _world_say (maker, task, NULL, world_answer_kind (maker->language, world_objects[item->what].kind));
  case OBJECT_YESNO:
    return _world_ask_whether_it_is (maker);
  case OBJECT_WHERE:
    _world_get_noun (maker, &noun, FALSE, item->what, -1);
    return item->radius < 0.37 && !noun.is_plural && _world_say (maker, task, &blanks, world_answer_cell (maker->language, world_item_get_cell (item)));
  case OBJECT_COLOUR:
  case COLOUR:
    return _world_ask_about_colour (maker);
  case SHAPE:
    return _world_ask_about_shape (maker);
  case COUNT:
  case COUNT_THINGS:
    return _world_say (maker, task, NULL, _world_answer_number ((int) scene->n_items));
  case COUNT_SOME:
    return _world_ask_how_many (maker);
  case POSITION:
    return _world_ask_where (maker);
  case WHAT_AT:
    return _world_ask_what_is_at (maker);
  case EXIST:
    return _world_ask_whether_there_is (maker);
  case BESIDE:
    return _world_ask_what_is_beside (maker);
  case CAPTION:
    return scene->n_items <= 3 && _world_say_in (maker, scene->n_items == 1 && world_random_chance (maker->random, 0.3) ? OBJECT_NAME : CAPTION, CAPTION, maker->language, maker->language, NULL, _world_answer_all_items (maker, scene));
  case BACKGROUND:
    return scene->background >= 0 && _world_say (maker, task, NULL, world_answer_colour (maker->language, scene->background));
  case PAIR_SAME:
  case PAIR_MORE:
  case PAIR_WHAT:
    return ask_about_pair (maker, task);
  case ABSENT:
    return _world_ask_for_absent (maker);
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
gboolean
_world_ask_to_translate (WorldMaker *maker)
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
  if (!_world_say_in (maker, TRANSLATE, TRANSLATE, asking, to, &blanks, answer))
    return FALSE;
  /* A second one may follow: the task before is what counts. */
  g_array_index (maker->record->turns, WorldTurn, maker->record->turns->len - 1).task = TRANSLATE;
  return TRUE;
}

/* "And where is it?" after something else was asked about the only item. */
gboolean
_world_ask_further (WorldMaker *maker)
{
  const WorldScene *scene = &maker->record->scenes[0];
  const WorldTurn *last = &g_array_index (maker->record->turns, WorldTurn, maker->record->turns->len - 1);
  const WorldItem *item = &scene->items[0];

  if (scene->n_items != 1 || maker->record->n_scenes != 1)
    return FALSE;
  if (world_random_chance (maker->random, 0.5) && last->task != POSITION && last->task != OBJECT_WHERE && last->task != WHAT_AT && item->radius < 0.37)
    return _world_say (maker, FOLLOW_WHERE, NULL, world_answer_cell (maker->language, world_item_get_cell (item)));
  if (item->is_shape && last->task != COLOUR && last->task != CAPTION)
    return _world_say (maker, FOLLOW_COLOUR, NULL, world_answer_colour (maker->language, item->colour));
  return FALSE;
}

gboolean
_world_scene_allows (const WorldScene *scenes, guint n_scenes, WorldTask task)
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
