/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawn world: the same seed draws the same records, splits keep apart, questions are whole, packs hold what inference would see. */
#include "base/error.h"
#include "image/resize.h"
#include "tools/world/output.h"
#include "tools/world/replies.h"
#include "tools/world/score.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#define N_RECORDS 400

static WorldMix mix;

static void
test_same_seed (void)
{
  g_autoptr (WorldPainter) painter = world_painter_new ();

  for (guint64 i = 0; i < 20; i++) {
    g_autoptr (WorldRecord) a = world_record_draw (7, WORLD_TRAIN, i, &mix, FALSE);
    g_autoptr (WorldRecord) b = world_record_draw (7, WORLD_TRAIN, i, &mix, FALSE);
    g_autofree char *text_a = world_record_get_text (a), *text_b = world_record_get_text (b);

    g_assert_cmpstr (text_a, ==, text_b);
    for (guint j = 0; j < a->n_scenes; j++) {
      int wa, ha, wb, hb;
      g_autofree guint8 *pixels_a = world_record_paint (a, j, painter, WORLD_TRAIN, NULL, &wa, &ha);
      g_autofree guint8 *pixels_b = world_record_paint (b, j, painter, WORLD_TRAIN, NULL, &wb, &hb);

      g_assert_cmpint (wa, ==, wb);
      g_assert_cmpint (ha, ==, hb);
      g_assert_cmpmem (pixels_a, (gsize) wa * ha * 3, pixels_b, (gsize) wb * hb * 3);
      g_assert_cmpint (MIN (wa, ha), >=, 60);
      g_assert_cmpint (MAX (wa, ha), <=, 640);
    }
  }
}

static void
test_splits_differ (void)
{
  for (guint64 i = 0; i < 50; i++) {
    g_autoptr (WorldRecord) a = world_record_draw (7, WORLD_TRAIN, i, &mix, FALSE);
    g_autoptr (WorldRecord) b = world_record_draw (7, WORLD_TEST, i, &mix, FALSE);

    g_assert_cmpuint (a->seeds[0], !=, b->seeds[0]);
  }
}

/* Pairs of colour and shape that are kept for testing are never drawn for training, and are drawn for testing. */
static void
test_held_out_pairs (void)
{
  WorldRandom random;
  guint tested = 0;

  world_random_init (&random, 1);
  for (guint i = 0; i < 4000; i++) {
    WorldScene scene;
    WorldSplit split = i % 2 ? WORLD_TRAIN : WORLD_TEST;

    world_scene_draw (&scene, WORLD_SCENE_SHAPES, split, &random);
    g_assert_cmpuint (scene.n_items, >=, 1);
    g_assert_cmpuint (scene.n_items, <=, 6);
    for (guint j = 0; j < scene.n_items; j++) {
      gboolean held = world_pair_is_held_out (scene.items[j].what, scene.items[j].colour);

      g_assert_false (split == WORLD_TRAIN && held);
      g_assert_cmpint (scene.items[j].colour, !=, scene.background);
      tested += held;
    }
  }
  g_assert_cmpuint (tested, >, 50);
}

static void
test_questions_are_whole (void)
{
  for (guint64 i = 0; i < N_RECORDS; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (3, i % 2 ? WORLD_TRAIN : WORLD_FOREIGN, i, &mix, FALSE);

    for (guint j = 0; j < record->turns->len; j++) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, j);

      g_assert_true (g_utf8_validate (turn->question, -1, NULL));
      g_assert_true (g_utf8_validate (turn->answer, -1, NULL));
      g_assert_null (strchr (turn->question, '{'));
      g_assert_null (strchr (turn->question, '~'));
      g_assert_null (strchr (turn->question, '\n'));
      g_assert_cmpuint (strlen (turn->question), >, 1);
      g_assert_cmpuint (strlen (turn->answer), >, 0);
    }
  }
}

static void
test_wordings (void)
{
  for (guint i = 0; i < WORLD_N_TASKS; i++)
    for (guint j = 0; j < WORLD_N_LANGUAGES && world_question_count ((WorldTask) i, WORLD_EN); j++)
      g_assert_cmpuint (world_question_count ((WorldTask) i, (WorldLanguage) j), >=, j == WORLD_EN ? 12 : 5);
}

static void
check_noun (WorldLanguage language, int shape, int colour, const char *a, const char *the, const char *many)
{
  WorldNoun noun;

  world_noun_of_shape (&noun, language, shape, colour);
  g_assert_cmpstr (language == WORLD_DE ? noun.a_acc : noun.a, ==, a);
  g_assert_cmpstr (noun.the, ==, the);
  g_assert_cmpstr (noun.many, ==, many);
}

static void
test_grammar (void)
{
  check_noun (WORLD_EN, WORLD_CIRCLE, WORLD_ORANGE, "an orange circle", "the orange circle", "orange circles");
  check_noun (WORLD_EN, WORLD_CROSS, -1, "a cross", "the cross", "crosses");
  check_noun (WORLD_DE, WORLD_CIRCLE, WORLD_RED, "einen roten Kreis", "der rote Kreis", "rote Kreise");
  check_noun (WORLD_DE, WORLD_DIAMOND, WORLD_PURPLE, "eine lila Raute", "die lila Raute", "lila Rauten");
  check_noun (WORLD_DE, WORLD_SQUARE, WORLD_BLUE, "ein blaues Quadrat", "das blaue Quadrat", "blaue Quadrate");
  check_noun (WORLD_FR, WORLD_STAR, WORLD_WHITE, "une étoile blanche", "l'étoile blanche", "étoiles blanches");
  check_noun (WORLD_FR, WORLD_SQUARE, WORLD_GREY, "un carré gris", "le carré gris", "carrés gris");
  check_noun (WORLD_FR, WORLD_CIRCLE, WORLD_ORANGE, "un cercle orange", "le cercle orange", "cercles orange");
  check_noun (WORLD_ES, WORLD_HEART, WORLD_BLACK, "un corazón negro", "el corazón negro", "corazones negros");
  check_noun (WORLD_ES, WORLD_STAR, WORLD_YELLOW, "una estrella amarilla", "la estrella amarilla", "estrellas amarillas");
  check_noun (WORLD_KO, WORLD_DIAMOND, WORLD_RED, "빨간색 마름모", "빨간색 마름모", "빨간색 마름모");
}

static void
test_object_names (void)
{
  static const struct {
    WorldLanguage language;
    const char *english, *a, *many, *of;
  } cases[] = {
    { WORLD_EN, "a mouse", "a mouse", "mice", "of the mouse" },
    { WORLD_DE, "a bear", "einen Bären", "Bären", "von dem Bären" },
    { WORLD_FR, "a laptop", "un ordinateur portable", "ordinateurs portables", "de l'ordinateur portable" },
    { WORLD_FR, "a horse", "un cheval", "chevaux", "du cheval" },
    { WORLD_FR, "a hedgehog", "un hérisson", "hérissons", "du hérisson" },
    { WORLD_ES, "a hot dog", "un perrito caliente", "perritos calientes", "del perrito caliente" },
    { WORLD_ES, "a fish", "un pez", "peces", "del pez" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint found = 0;

    for (guint j = 0; j < world_n_objects; j++) {
      WorldNoun noun;

      if (!g_str_equal (world_objects[j].names[WORLD_EN], cases[i].english))
        continue;
      world_noun_of_object (&noun, cases[i].language, (int) j);
      g_assert_cmpstr (cases[i].language == WORLD_DE ? noun.a_acc : noun.a, ==, cases[i].a);
      g_assert_cmpstr (noun.many, ==, cases[i].many);
      g_assert_cmpstr (noun.of, ==, cases[i].of);
      found++;
    }
    g_assert_cmpuint (found, >, 0);
  }
}

static void
test_mix (void)
{
  WorldMix own;
  g_autoptr (GError) error = NULL;

  world_mix_init (&own);
  g_assert_true (world_mix_parse (&own, "names=0,things=0,words=0,receipts=0,documents=0,pairs=0,unsure=0,chat=0,no_image=0,word_in=0,colour=5,count=0", &error));
  g_assert_no_error (error);
  for (guint64 i = 0; i < 60; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (1, WORLD_TRAIN, i, &own, FALSE);

    g_assert_cmpint (record->scenes[0].kind, ==, WORLD_SCENE_SHAPES);
    for (guint j = 0; j < record->turns->len; j++)
      g_assert_cmpint (g_array_index (record->turns, WorldTurn, j).task, !=, COUNT);
  }
  g_assert_false (world_mix_parse (&own, "nonsense=1", &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_FORMAT);
}

/* Every picture in a pack is what the official resize makes of the painted one. */
static void
test_pack (void)
{
  g_autofree char *folder = g_dir_make_tmp ("owl-world-XXXXXX", NULL), *pack = g_build_filename (folder, "train.pack", NULL), *lines = g_build_filename (folder, "train.jsonl", NULL);
  g_autoptr (WorldOutput) output = world_output_open (folder, "train", 56, FALSE, NULL);
  g_autoptr (WorldPainter) painter = world_painter_new ();
  g_autoptr (GPtrArray) squares = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *bytes = NULL, *text = NULL;
  g_auto (GStrv) records = NULL;
  gsize length, square = 56 * 56 * 3;
  guint32 numbers[2];

  g_assert_nonnull (output);
  for (guint64 i = 0; i < 12; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (5, WORLD_TRAIN, i, &mix, FALSE);

    for (guint j = 0; j < record->n_scenes; j++) {
      int width, height;
      g_autofree guint8 *pixels = world_record_paint (record, j, painter, WORLD_TRAIN, NULL, &width, &height);
      guint8 *resized = g_malloc (square);

      g_assert_true (world_output_add_picture (output, pixels, width, height, NULL, NULL));
      owl_resize (pixels, width, height, resized, 56, 56);
      g_ptr_array_add (squares, resized);
    }
    g_assert_true (world_output_add_record (output, record, NULL));
  }
  g_assert_false (g_file_test (pack, G_FILE_TEST_EXISTS));
  g_assert_true (world_output_close (output, NULL));
  g_assert_true (g_file_get_contents (pack, &bytes, &length, NULL));
  g_assert_cmpuint (length, ==, 16 + squares->len * square);
  g_assert_cmpmem (bytes, 8, "OWLPACK1", 8);
  memcpy (numbers, bytes + 8, 8);
  g_assert_cmpuint (GUINT32_FROM_LE (numbers[0]), ==, squares->len);
  g_assert_cmpuint (GUINT32_FROM_LE (numbers[1]), ==, 56);
  for (guint i = 0; i < squares->len; i++)
    g_assert_cmpmem (bytes + 16 + i * square, square, g_ptr_array_index (squares, i), square);

  g_assert_true (g_file_get_contents (lines, &text, NULL, NULL));
  records = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpuint (g_strv_length (records), ==, 12);
  for (guint i = 0; records[i]; i++) {
    json_t *record = json_loads (records[i], 0, NULL);
    const char *talk = json_string_value (json_object_get (record, "text"));

    g_assert_true (g_str_has_prefix (talk, "The following is a conversation between a curious human and AI assistant."));
    g_assert_nonnull (strstr (talk, "\nAI: "));
    g_assert_true (json_is_array (json_object_get (record, "image")));
    json_decref (record);
  }
  g_unlink (pack);
  g_unlink (lines);
  g_rmdir (folder);
}

static void
test_agreement (void)
{
  g_assert_true (world_answers_agree ("A camel.", "a camel"));
  g_assert_true (world_answers_agree (" Camel", "A camel."));
  g_assert_true (world_answers_agree ("ラクダです", "ラクダです。"));
  g_assert_true (world_answers_agree ("Der Hund.", "hund"));
  g_assert_false (world_answers_agree ("A camel.", "A horse."));
  g_assert_false (world_answers_agree ("2.70", "27.0"));
}

/* "Is this a …?" and "are both the same?": about half of each, and always true. */
static void
test_verdicts (void)
{
  guint n = 0, n_yes = 0, n_pairs = 0, n_same = 0;

  for (guint i = 0; i < 4000; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (13, WORLD_TRAIN, i, &mix, FALSE);

    for (guint j = 0; j < record->turns->len; j++) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, j);
      const WorldItem *first = &record->scenes[0].items[0], *second = &record->scenes[1].items[0];

      if (turn->language != WORLD_EN)
        continue;
      if (turn->task == OBJECT_YESNO) {
        /* Two objects can have one name. */
        int asked = turn->noun - world_fact_of_item (&(WorldItem){ .what = 0 });
        gboolean yes = g_str_equal (world_objects[asked].names[WORLD_EN], world_objects[first->what].names[WORLD_EN]);

        g_assert_cmpstr (turn->answer, ==, yes ? "Yes." : "No.");
        n++;
        n_yes += yes;
      } else if (turn->task == PAIR_SAME && record->scenes[0].kind == WORLD_SCENE_SHAPES) {
        gboolean same = first->what == second->what && first->colour == second->colour;

        g_assert_cmpstr (turn->answer, ==, same ? "Yes." : "No.");
        n_pairs++;
        n_same += same;
      }
    }
  }
  g_assert_cmpuint (n, >, 100);
  g_assert_cmpuint (ABS ((int) (2 * n_yes) - (int) n), <, n / 3);
  g_assert_cmpuint (n_pairs, >, 5);
  g_assert_cmpuint (n_same, >, 1);
  g_assert_cmpuint (n_same, <, n_pairs);
}

/* The class of a row, or -1. */
static int
fact (json_t *facts, const char *source, const char *group, int row)
{
  json_t *list = json_object_get (json_object_get (facts, source), group);

  for (size_t i = 0; i + 1 < json_array_size (list); i += 2)
    if (json_integer_value (json_array_get (list, i)) == row)
      return (int) json_integer_value (json_array_get (list, i + 1));
  return -1;
}

/* What replies should know of their answers words them again, and what is compared is what was asked about. */
static void
test_facts_of_replies (void)
{
  guint n[WORLD_N_TASKS] = { 0 }, n_compared = 0;

  for (guint i = 0; i < 2000; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (21, WORLD_TRAIN, i, &mix, FALSE);
    json_t *said = world_facts_of_replies (record), *holder = json_pack ("{s:o}", "said", said), *object = json_object_get (said, "object");

    for (guint j = 0; j < record->turns->len; j++) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, j);
      int colour = fact (holder, "said", "answer_colour", (int) j), place = fact (holder, "said", "answer_place", (int) j);
      int number = fact (holder, "said", "answer_number", (int) j), what = fact (holder, "said", "answer_what", (int) j);
      g_autofree char *again = NULL;

      if (turn->task == BACKGROUND || turn->task == COLOUR)
        again = world_answer_colour (turn->language, colour);
      else if (turn->task == POSITION)
        again = world_answer_cell (turn->language, place);
      else if (turn->task == SHAPE)
        again = world_answer_shape (turn->language, what - 1);
      else if (turn->task == WORD_IN)
        again = world_answer_object (turn->language, what - 1 - WORLD_N_SHAPES);
      else if (turn->task == COUNT || turn->task == COUNT_SOME)
        again = g_strdup_printf ("%d", number);
      else if (turn->task == EXIST && turn->language == WORLD_EN)
        again = g_strdup (number > 0 ? "Yes." : "No.");
      if (again) {
        g_assert_cmpstr (again, ==, turn->answer);
        n[turn->task]++;
      }
    }
    for (size_t j = 0; j + 2 < json_array_size (object); j += 3) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, (guint) json_integer_value (json_array_get (object, j)));

      g_assert_cmpint (json_integer_value (json_array_get (object, j + 1)), ==, world_fact_of_item (&record->scenes[0].items[0]));
      g_assert_cmpint (json_integer_value (json_array_get (object, j + 2)), ==, turn->task == OBJECT_YESNO ? turn->noun : world_fact_of_item (&record->scenes[1].items[0]));
      n_compared++;
    }
    json_decref (holder);
  }
  g_assert_true (n[BACKGROUND] && n[COLOUR] && n[POSITION] && n[SHAPE] && n[WORD_IN] && n[COUNT] && n[COUNT_SOME] && n[EXIST]);
  g_assert_cmpuint (n_compared, >, 50);
}

/* Whether a token tells the class `group` of the reply, where it tells anything of that. */
static gboolean
token_agrees (json_t *facts, int token, const char *group, int class)
{
  int told = fact (facts, "tokens", group, token);

  return class < 0 || told < 0 || told == class;
}

/* A reply looks at tokens that tell what it says; in a list, and letter by letter, where each is said. */
static void
test_looks (void)
{
  guint n_looks = 0, n_letters = 0, n_listed = 0, n_second = 0, n_digits = 0;

  for (guint i = 0; i < 3000; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (23, WORLD_TRAIN, i, &mix, FALSE);
    g_autoptr (GArray) marks = g_array_new (FALSE, FALSE, sizeof (WorldMark));
    json_t *said = world_facts_of_replies (record), *list = json_object_get (said, "token"), *holder = json_pack ("{s:o}", "said", said), *facts[2] = { NULL, NULL };

    for (guint j = 0; j < record->n_scenes; j++)
      facts[j] = world_facts_of (&record->scenes[j], marks, 12);
    for (size_t j = 0; j + 5 <= json_array_size (list); j += 5) {
      int v[5], colour, place, what, number;
      const WorldTurn *turn;

      for (size_t k = 0; k < 5; k++)
        v[k] = (int) json_integer_value (json_array_get (list, j + k));
      turn = &g_array_index (record->turns, WorldTurn, v[1]);
      g_assert_cmpint (v[3], <, record->n_scenes);
      g_assert_cmpint (v[2], <, strlen (turn->answer));
      colour = fact (holder, "said", "answer_colour", v[1]);
      place = fact (holder, "said", "answer_place", v[1]);
      what = fact (holder, "said", "answer_what", v[1]);
      number = fact (holder, "said", "answer_number", v[1]);
      if (turn->task == WORD) {
        g_assert_cmpint (fact (facts[v[3]], "tokens", "letter", v[4]), ==, world_fact_of_letter (g_utf8_get_char (turn->answer + v[2])));
        n_letters++;
      } else if (turn->task == TOTAL) {
        g_assert_cmpint (fact (facts[v[3]], "tokens", "number", v[4]), ==, turn->answer[v[2]] - '0');
        n_digits++;
      } else if (turn->task == PRICE) {
        static const char *const groups[] = { "cents", "ten_cents", NULL, "ones", "tens" };

        g_assert_cmpint (fact (facts[v[3]], "tokens", groups[strlen (turn->answer) - 1 - (gsize) v[2]], v[4]), ==, turn->answer[v[2]] - '0');
        n_digits++;
      } else if (turn->task == COLOUR || turn->task == BACKGROUND) {
        g_assert_true (token_agrees (facts[v[3]], v[4], "colour", colour));
      } else if (turn->task == COUNT || turn->task == COUNT_THINGS) {
        g_assert_true (token_agrees (facts[v[3]], v[4], "number", number));
      } else if (turn->task == POSITION) {
        g_assert_true (v[4] == place || token_agrees (facts[v[3]], v[4], "place", place));
      } else if (turn->task == SHAPE || turn->task == WHAT_AT || (turn->task == OBJECT_NAME && record->scenes[0].kind == WORLD_SCENE_OBJECT)) {
        /* A shape's own token tells it by being that one. */
        g_assert_true (v[4] == 9 + what - 1 || token_agrees (facts[v[3]], v[4], "what", what));
      }
      n_listed += v[2] > 0 && turn->task != WORD;
      n_second += v[3] == 1;
      n_looks++;
    }
    for (guint j = 0; j < record->n_scenes; j++)
      json_decref (facts[j]);
    json_decref (holder);
  }
  g_assert_cmpuint (n_looks, >, 3000);
  g_assert_cmpuint (n_letters, >, 300);
  g_assert_cmpuint (n_digits, >, 300);
  g_assert_cmpuint (n_listed, >, 50);
  g_assert_cmpuint (n_second, >, 50);
}

/* Another picture after some talk: its turns are about it, and look at it. */
static void
test_later (void)
{
  WorldMix later;
  guint n = 0;

  world_mix_init (&later);
  g_assert_true (world_mix_parse (&later, "later=1000", NULL));
  for (guint i = 0; i < 300; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (29, WORLD_TRAIN, i, &later, FALSE);
    g_autofree char *text = world_record_get_text (record);
    g_auto (GStrv) parts = g_strsplit (text, "Human: <image>", -1);
    json_t *said, *list;

    if (!record->then || record->turns->len == 0)
      continue;
    g_assert_cmpuint (g_strv_length (parts), ==, 3);
    g_assert_nonnull (strstr (parts[1], "\nAI: "));
    g_assert_nonnull (strstr (parts[2], "\nAI: "));
    said = world_facts_of_replies (record);
    list = json_object_get (said, "token");
    for (size_t j = 0; j + 5 <= json_array_size (list); j += 5) {
      json_int_t turn = json_integer_value (json_array_get (list, j + 1));

      g_assert_cmpint (turn, <, record->turns->len + record->then->turns->len);
      g_assert_cmpint (json_integer_value (json_array_get (list, j + 3)), ==, turn >= record->turns->len);
      n++;
    }
    json_decref (said);
  }
  g_assert_cmpuint (n, >, 300);
}

static gboolean
is_searched (json_t *facts, int token, int patch)
{
  json_t *list = json_object_get (json_object_get (facts, "searches"), "thing");

  for (size_t i = 0; i + 1 < json_array_size (list); i += 2)
    if (json_integer_value (json_array_get (list, i)) == token && json_integer_value (json_array_get (list, i + 1)) == patch)
      return TRUE;
  return FALSE;
}

static void
test_facts_of_shapes (void)
{
  WorldScene scene = { .kind = WORLD_SCENE_SHAPES, .background = WORLD_GREEN, .n_items = 3,
                       .items = { { TRUE, WORLD_STAR, WORLD_RED, 0.15, 0.15, 0.1 }, { TRUE, WORLD_STAR, WORLD_BLUE, 0.85, 0.5, 0.1 }, { TRUE, WORLD_HEART, WORLD_RED, 0.5, 0.85, 0.1 } } };
  g_autoptr (WorldPainter) painter = world_painter_new ();
  g_autoptr (GArray) marks = g_array_new (FALSE, FALSE, sizeof (WorldMark));
  WorldRandom random;
  int width, height;
  g_autofree guint8 *pixels = NULL;
  json_t *facts;

  world_random_init (&random, 1);
  pixels = world_painter_paint (painter, &scene, WORLD_TRAIN, &random, marks, &width, &height);
  facts = world_facts_of (&scene, marks, 12);
  g_assert_cmpint (fact (facts, "tokens", "what", 0), ==, 1 + WORLD_STAR);
  g_assert_cmpint (fact (facts, "tokens", "what", 1), ==, 0);
  g_assert_cmpint (fact (facts, "tokens", "colour", 7), ==, WORLD_RED);
  g_assert_cmpint (fact (facts, "tokens", "number", 9 + WORLD_STAR), ==, 2);
  g_assert_cmpint (fact (facts, "tokens", "place", 9 + WORLD_STAR), ==, -1);
  g_assert_cmpint (fact (facts, "tokens", "place", 9 + WORLD_HEART), ==, 7);
  g_assert_cmpint (fact (facts, "tokens", "number", 15 + WORLD_RED), ==, 2);
  g_assert_cmpint (fact (facts, "tokens", "what", 15 + WORLD_BLUE), ==, 1 + WORLD_STAR);
  g_assert_cmpint (fact (facts, "tokens", "number", 23), ==, 3);
  g_assert_cmpint (fact (facts, "tokens", "colour", 25), ==, WORLD_GREEN);
  g_assert_cmpint (fact (facts, "tokens", "kind", 31), ==, WORLD_SCENE_SHAPES);
  /* The patches in the middle of each; nothing in a far corner. */
  g_assert_cmpint (fact (facts, "patches", "what", 1 * 12 + 1), ==, 1 + WORLD_STAR);
  g_assert_cmpint (fact (facts, "patches", "colour", 6 * 12 + 10), ==, WORLD_BLUE);
  g_assert_cmpint (fact (facts, "patches", "order", 1 * 12 + 1), ==, 0);
  g_assert_cmpint (fact (facts, "patches", "order", 10 * 12 + 6), ==, 2);
  /* A place searches its star, the stars' own token both, a colour what has it. */
  g_assert_true (is_searched (facts, 0, 1 * 12 + 1));
  g_assert_true (is_searched (facts, 9 + WORLD_STAR, 1 * 12 + 1) && is_searched (facts, 9 + WORLD_STAR, 6 * 12 + 10));
  g_assert_true (is_searched (facts, 15 + WORLD_BLUE, 6 * 12 + 10));
  g_assert_false (is_searched (facts, 15 + WORLD_BLUE, 1 * 12 + 1));
  g_assert_cmpint (fact (facts, "patches", "what", 10 * 12 + 6), ==, 1 + WORLD_HEART);
  g_assert_cmpint (fact (facts, "patches", "what", 10 * 12 + 0), ==, 0);
  json_decref (facts);
}

/* The tokens of "Tea" search the patches on which those letters are. Boxes of slanted letters overlap: a patch of two is told to be the other one's now and then. */
static void
check_searches (json_t *facts)
{
  json_t *list = json_object_get (json_object_get (facts, "searches"), "print");
  guint found[3] = { 0 }, n_other = 0;

  for (size_t i = 0; i + 1 < json_array_size (list); i += 2) {
    int token = (int) json_integer_value (json_array_get (list, i)), patch = (int) json_integer_value (json_array_get (list, i + 1));
    int told = fact (facts, "patches", "letter", patch);

    g_assert_cmpint (token, <, 3);
    n_other += told >= 0 && told != world_fact_of_letter ((gunichar) "Tea"[token]);
    found[token]++;
  }
  g_assert_cmpuint (n_other * 4, <=, found[0] + found[1] + found[2]);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (found[i], >, 0);
}

/* Letters of a word stand in order, from left to right; the digits of a total from the right. */
static void
test_facts_of_print (void)
{
  WorldScene word = { .kind = WORLD_SCENE_WORD, .background = -1, .text = "Tea" }, receipt = { .kind = WORLD_SCENE_RECEIPT, .background = -1, .text = "LIDO", .n_lines = 1, .total = 1250 };
  g_autoptr (WorldPainter) painter = world_painter_new ();
  WorldRandom random;
  int width, height;

  g_strlcpy (receipt.lines[0].name, "Tea", sizeof receipt.lines[0].name);
  receipt.lines[0].cents = 1250;
  receipt.lines[0].quantity = 1;
  for (guint seed = 0; seed < 20; seed++) {
    g_autoptr (GArray) marks = g_array_new (FALSE, FALSE, sizeof (WorldMark)), more = g_array_new (FALSE, FALSE, sizeof (WorldMark));
    g_autofree guint8 *pixels = NULL, *others = NULL;
    json_t *facts;
    guint n_total = 0;

    world_random_init (&random, seed);
    pixels = world_painter_paint (painter, &word, WORLD_TRAIN, &random, marks, &width, &height);
    g_assert_cmpuint (marks->len, ==, 3);
    for (guint i = 0; i < 3; i++) {
      const WorldMark *mark = &g_array_index (marks, WorldMark, i);

      g_assert_cmpint (mark->what, ==, world_fact_of_letter ((gunichar) "Tea"[i]));
      g_assert_cmpint (mark->index, ==, i);
      g_assert_cmpfloat (mark->x0, >=, -0.05);
      g_assert_cmpfloat (mark->x1, <=, 1.05);
      g_assert_cmpfloat (mark->x0, <, mark->x1);
      g_assert_true (i == 0 || mark->x0 > g_array_index (marks, WorldMark, i - 1).x0);
    }
    facts = world_facts_of (&word, marks, 12);
    g_assert_cmpint (fact (facts, "tokens", "letter", 1), ==, world_fact_of_letter ('e'));
    g_assert_cmpint (fact (facts, "tokens", "letter", 3), ==, 0);
    check_searches (facts);
    json_decref (facts);

    others = world_painter_paint (painter, &receipt, WORLD_TRAIN, &random, more, &width, &height);
    for (guint i = 0; i < more->len; i++) {
      const WorldMark *mark = &g_array_index (more, WorldMark, i);

      if (mark->role != WORLD_ROLE_TOTAL || mark->index == WORLD_NO_INDEX)
        continue;
      g_assert_cmpint (mark->what, ==, world_fact_of_letter ((gunichar) "0521"[mark->index]));
      n_total++;
    }
    g_assert_cmpuint (n_total, ==, 4);
    facts = world_facts_of (&receipt, more, 12);
    g_assert_cmpint (fact (facts, "tokens", "number", 26), ==, 0);
    g_assert_cmpint (fact (facts, "tokens", "number", 29), ==, 1);
    g_assert_cmpint (fact (facts, "tokens", "number", 30), ==, 10);
    g_assert_cmpint (fact (facts, "tokens", "tens", 10), ==, 1);
    json_decref (facts);
  }
}

static void
test_letters (void)
{
  WorldMix drill;
  g_autoptr (GError) error = NULL;

  world_mix_init (&drill);
  g_assert_true (world_mix_parse (&drill, "names=0,things=0,shapes=0,words=0,receipts=0,documents=0,pairs=0,unsure=0,chat=0,no_image=0,word_in=0,letters=1", &error));
  for (guint i = 0; i < 500; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (2, WORLD_TRAIN, i, &drill, FALSE);

    g_assert_cmpint (record->scenes[0].kind, ==, WORLD_SCENE_WORD);
    g_assert_cmpuint (strlen (record->scenes[0].text), >=, 1);
    g_assert_cmpuint (strlen (record->scenes[0].text), <=, 5);
  }
}

/* A model that has not learned to read says so, and the pictures stay the same. */
static void
test_cannot_read (void)
{
  WorldMix honest = mix;
  guint n = 0;

  honest.cannot_read = TRUE;
  for (guint i = 0; i < 600; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (3, WORLD_TRAIN, i, &honest, FALSE), other = world_record_draw (3, WORLD_TRAIN, i, &mix, FALSE);

    g_assert_cmpuint (record->n_scenes, ==, other->n_scenes);
    g_assert_cmpmem (record->seeds, sizeof record->seeds, other->seeds, sizeof other->seeds);
    for (guint j = 0; j < record->turns->len; j++) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, j);

      if (turn->task != WORD && turn->task != TOTAL && turn->task != PRICE && turn->task != DATE)
        continue;
      g_assert_cmpstr (turn->answer, ==, world_fixed_answer (WORD, turn->language));
      n++;
    }
  }
  g_assert_cmpuint (n, >, 30);
}

/* Or reads single words alone. */
static void
test_cannot_read_print (void)
{
  WorldMix honest = mix;
  guint n_words = 0, n_print = 0;

  honest.cannot_read_print = TRUE;
  for (guint i = 0; i < 600; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (3, WORLD_TRAIN, i, &honest, FALSE);

    for (guint j = 0; j < record->turns->len; j++) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, j);

      if (turn->task == WORD) {
        g_assert_cmpstr (turn->answer, ==, record->scenes[0].text);
        n_words++;
      } else if (turn->task == TOTAL || turn->task == PRICE || turn->task == DATE) {
        g_assert_cmpstr (turn->answer, ==, world_fixed_answer (WORD, turn->language));
        n_print++;
      }
    }
  }
  g_assert_cmpuint (n_words, >, 20);
  g_assert_cmpuint (n_print, >, 20);
}

/* What is seen, where a comparison is given up. */
static void
test_cannot_compare (void)
{
  WorldMix honest = mix;
  guint n = 0, n_pairs = 0;

  honest.cannot_compare = TRUE;
  for (guint i = 0; i < 3000; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (13, WORLD_TRAIN, i, &honest, FALSE);

    for (guint j = 0; j < record->turns->len; j++) {
      const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, j);

      if (turn->task == OBJECT_YESNO) {
        g_autofree char *seen = world_answer_object (turn->language, record->scenes[0].items[0].what);

        g_assert_cmpstr (turn->answer, ==, seen);
        n++;
      } else if (turn->task == PAIR_SAME && turn->language == WORLD_EN && record->scenes[0].kind != WORLD_SCENE_WORD) {
        g_assert_nonnull (strstr (turn->answer, " and "));
        n_pairs++;
      }
    }
  }
  g_assert_cmpuint (n, >, 150);
  g_assert_cmpuint (n_pairs, >, 5);
}

/* Rows of print: every letter has a place, and the question is what it is. */
static void
test_text (void)
{
  WorldMix drill;
  g_autoptr (GError) error = NULL;
  g_autoptr (WorldPainter) painter = world_painter_new ();

  world_mix_init (&drill);
  g_assert_true (world_mix_parse (&drill, "names=0,things=0,shapes=0,words=0,receipts=0,documents=0,pairs=0,unsure=0,chat=0,no_image=0,word_in=0,text=1", &error));
  for (guint i = 0; i < 20; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (2, WORLD_TRAIN, i, &drill, FALSE);
    g_autoptr (GArray) marks = g_array_new (FALSE, FALSE, sizeof (WorldMark));
    const WorldScene *scene = &record->scenes[0];
    guint n_letters = 0;
    int width, height;
    g_autofree guint8 *pixels = NULL;

    g_assert_cmpint (scene->kind, ==, WORLD_SCENE_TEXT);
    g_assert_cmpuint (record->turns->len, ==, 1);
    for (guint j = 0; j < scene->n_lines; j++)
      for (const char *p = scene->lines[j].name; *p; p = g_utf8_next_char (p))
        n_letters += *p != ' ';
    pixels = world_record_paint (record, 0, painter, WORLD_TRAIN, marks, &width, &height);
    g_assert_cmpuint (marks->len, ==, n_letters);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_mix_init (&mix);
  g_test_add_func ("/world/same-seed", test_same_seed);
  g_test_add_func ("/world/verdicts", test_verdicts);
  g_test_add_func ("/world/facts-of-replies", test_facts_of_replies);
  g_test_add_func ("/world/looks", test_looks);
  g_test_add_func ("/world/later", test_later);
  g_test_add_func ("/world/facts-of-shapes", test_facts_of_shapes);
  g_test_add_func ("/world/facts-of-print", test_facts_of_print);
  g_test_add_func ("/world/letters", test_letters);
  g_test_add_func ("/world/text", test_text);
  g_test_add_func ("/world/cannot-read", test_cannot_read);
  g_test_add_func ("/world/cannot-read-print", test_cannot_read_print);
  g_test_add_func ("/world/cannot-compare", test_cannot_compare);
  g_test_add_func ("/world/splits-differ", test_splits_differ);
  g_test_add_func ("/world/held-out-pairs", test_held_out_pairs);
  g_test_add_func ("/world/questions-are-whole", test_questions_are_whole);
  g_test_add_func ("/world/wordings", test_wordings);
  g_test_add_func ("/world/grammar", test_grammar);
  g_test_add_func ("/world/object-names", test_object_names);
  g_test_add_func ("/world/mix", test_mix);
  g_test_add_func ("/world/pack", test_pack);
  g_test_add_func ("/world/agreement", test_agreement);
  return g_test_run ();
}
