/* SPDX-License-Identifier: GPL-3.0-or-later */

/* `owl eval` with the bundled model: one answer to each question in the published format, shards, and going on after an end in the middle. */
#include "golden-util.h"

#include <string.h>

static const char questions[] =
    "{\"image\": \"13.png\", \"question_id\": 1, \"question\": \"What is this?\", \"category\": [\"multi_turn\"]}\n"
    "{\"image\": \"13.png\", \"question_id\": 2, \"question\": \"And in German?\", \"category\": [\"multi_turn\"]}\n"
    "{\"image\": \"00.png\", \"question_id\": 3, \"question\": \"Hello\", \"category\": [\"single_turn\"]}\n";

static char *folder, *asked, *answers, *images;

static void
evaluate (const char *shard)
{
  g_free (owl_run ("eval", "-m", g_getenv ("OWL_STARTER"), "--questions", asked, "--images", images, "-o", answers, "--shard", shard, NULL));
}

/* The answer to a question, from the file; NULL: none. Every line is whole and carries the published members. */
static char *
find_answer (int id, guint *n_lines)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  char *found = NULL;

  g_assert_true (g_file_get_contents (answers, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  *n_lines = 0;
  for (guint i = 0; lines[i] && *lines[i]; i++, ++*n_lines) {
    json_t *line = json_loads (lines[i], 0, NULL);

    g_assert_nonnull (line);
    g_assert_true (json_is_string (json_object_get (line, "image")));
    g_assert_true (json_is_string (json_object_get (line, "question")));
    g_assert_cmpstr (json_string_value (json_object_get (line, "model_id")), ==, "starter");
    if (json_integer_value (json_object_get (line, "question_id")) == id)
      found = g_strdup (json_string_value (json_object_get (line, "answer")));
    json_decref (line);
  }
  return found;
}

static void
test_eval (void)
{
  g_autofree char *first = NULL, *second = NULL, *again = NULL, *text = NULL, *cut = NULL;
  guint n;

  evaluate ("0/2");
  first = find_answer (1, &n);
  second = find_answer (2, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_nonnull (first);
  /* The second question makes sense only after the first. */
  g_assert_cmpstr (first, !=, second);
  evaluate ("1/2");
  g_free (find_answer (3, &n));
  g_assert_cmpuint (n, ==, 3);

  /* The end came in the middle of the second line. */
  g_assert_true (g_file_get_contents (answers, &text, NULL, NULL));
  cut = g_strndup (text, (gsize) (strchr (text, '\n') - text) + 20);
  g_assert_true (g_file_set_contents (answers, cut, -1, NULL));
  evaluate ("0/1");
  again = find_answer (2, &n);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpstr (again, ==, second);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = make_scratch ();
  asked = g_build_filename (folder, "questions.jsonl", NULL);
  answers = g_build_filename (folder, "answers.jsonl", NULL);
  images = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", NULL);
  g_assert_true (g_file_set_contents (asked, questions, -1, NULL));
  g_test_add_func ("/eval/all", test_eval);
  status = g_test_run ();
  remove_tree (folder);
  g_free (folder);
  g_free (asked);
  g_free (answers);
  g_free (images);
  return status;
}
