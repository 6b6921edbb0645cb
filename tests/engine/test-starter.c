/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The bundled model answers its samples as its training program did: word for word. */
#include "golden-util.h"

#include <string.h>

static const char system_text[] = "The following is a conversation between a curious human and AI assistant. The assistant gives "
                                  "helpful, detailed, and polite answers to the user's questions.";

/* The official template, with the history as running text. */
static char *
render (json_t *sample)
{
  GString *text = g_string_new (system_text);
  json_t *turn;
  size_t i;

  for (i = 0; i < json_array_size (json_object_get (sample, "images")); i++)
    g_string_append (text, "\nHuman: <image>");
  json_array_foreach (json_object_get (sample, "history"), i, turn)
    g_string_append_printf (text, "\nHuman: %s\nAI: %s", json_string_value (json_object_get (turn, "question")),
                            json_string_value (json_object_get (turn, "answer")));
  g_string_append_printf (text, "\nHuman: %s\nAI: ", json_string_value (json_object_get (sample, "question")));
  return g_string_free (text, FALSE);
}

static void
check_sample (const char *folder, const char *scratch, json_t *sample)
{
  const char *answer = json_string_value (json_object_get (sample, "answer"));
  g_autofree char *text = render (sample);
  g_autofree char *prompt = g_build_filename (scratch, "prompt.txt", NULL);
  g_autofree char *out = NULL;
  g_autoptr (GPtrArray) args = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  json_t *name, *result;
  size_t i;

  g_file_set_contents (prompt, text, -1, &error);
  g_assert_no_error (error);
  for (i = 0; i < 3; i++)
    g_ptr_array_add (args, g_strdup (((const char *const[]){ "chat", "--json", "-m" })[i]));
  g_ptr_array_add (args, g_strdup (g_getenv ("OWL_STARTER")));
  json_array_foreach (json_object_get (sample, "images"), i, name) {
    g_ptr_array_add (args, g_strdup ("-i"));
    g_ptr_array_add (args, g_build_filename (folder, json_string_value (name), NULL));
  }
  g_ptr_array_add (args, g_strdup ("--raw"));
  g_ptr_array_add (args, g_strdup (prompt));
  g_ptr_array_add (args, NULL);
  out = owl_run_status (0, NULL, (const char *const *) args->pdata);
  result = json_loads (out, JSON_ALLOW_NUL, NULL);
  g_assert_nonnull (result);
  g_assert_cmpstr (json_string_value (json_object_get (result, "text")), ==, answer);
  json_decref (result);
}

static void
test_samples (void)
{
  g_autofree char *folder = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", NULL);
  g_autofree char *list = g_build_filename (folder, "samples.jsonl", NULL);
  g_autofree char *contents = NULL, *scratch = make_scratch ();
  g_auto (GStrv) lines = NULL;
  int n = 0;

  g_assert_true (g_file_get_contents (list, &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", -1);
  for (gsize i = 0; lines[i]; i++) {
    json_t *sample;

    if (!*lines[i])
      continue;
    sample = json_loads (lines[i], 0, NULL);
    g_assert_nonnull (sample);
    check_sample (folder, scratch, sample);
    json_decref (sample);
    n++;
  }
  g_assert_cmpint (n, ==, 32);
  remove_tree (scratch);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/starter/samples", test_samples);
  return g_test_run ();
}
