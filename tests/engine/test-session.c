/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sessions over the bundled model: reuse of what was evaluated, stop sequences, sampling, cancelling, and the context plan. */
#include "chat/answer.h"
#include "chat/prompt-private.h"
#include "chat/sampler.h"
#include "chat/session-private.h"
#include "owl.h"

#include <math.h>
#include <string.h>

static OwlModel *model;

/* A conversation of one question, or of two with the first one's answer. */
static OwlPrompt *
make_prompt (const char *first, GArray *answer, const char *second)
{
  OwlTurn turns[2] = { { .question = first }, { .question = second } };

  if (answer) {
    turns[0].answer_ids = (const gint32 *) (const void *) answer->data;
    turns[0].n_answer_ids = answer->len;
  }
  return owl_prompt_new_from_turns (model, NULL, NULL, turns, second ? 2 : 1);
}

static GArray *
generate (OwlSession *session, const OwlPrompt *prompt, const OwlSampling *sampling, gsize max, OwlAnswerStats *stats)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GError) error = NULL;

  owl_session_generate (session, prompt, sampling, max, TRUE, NULL, NULL, NULL, NULL, ids, stats, &error);
  g_assert_no_error (error);
  return ids;
}

static OwlSession *
new_session (void)
{
  g_autoptr (GError) error = NULL;
  OwlSession *session = owl_session_new (model, NULL, 0, 0, OWL_KV_DEFAULT, &error);

  g_assert_no_error (error);
  return session;
}

static void
assert_same_ids (const GArray *a, const GArray *b)
{
  g_assert_cmpmem (a->data, a->len * sizeof (gint32), b->data, b->len * sizeof (gint32));
}

static void
test_reuse (void)
{
  g_autoptr (OwlSession) session = new_session (), fresh = new_session ();
  g_autoptr (OwlPrompt) first = make_prompt ("Hello", NULL, NULL), second = NULL, edited = NULL;
  g_autoptr (GArray) answer = NULL, reused = NULL, anew = NULL, other = NULL;
  OwlAnswerStats stats, first_stats;
  gsize n_first, n_second;

  answer = generate (session, first, &OWL_SAMPLING_PRECISE, 64, &first_stats);
  g_assert_cmpuint (first_stats.n_reused, ==, 0);
  g_assert_cmpuint (answer->len, ==, first_stats.n_generated);
  owl_prompt_get_ids (first, &n_first);

  /* A follow-up evaluates only its own tokens: all but the last id of the answer, which was chosen and never evaluated. */
  second = make_prompt ("Hello", answer, "And in German?");
  owl_prompt_get_ids (second, &n_second);
  reused = generate (session, second, &OWL_SAMPLING_PRECISE, 64, &stats);
  g_assert_cmpuint (stats.n_prompt, ==, n_second);
  g_assert_cmpuint (stats.n_reused, >=, n_first + answer->len - 1);
  g_assert_cmpuint (stats.n_prompt - stats.n_reused, <, n_second - n_first - answer->len + 2);
  anew = generate (fresh, second, &OWL_SAMPLING_PRECISE, 64, &stats);
  g_assert_cmpuint (stats.n_reused, ==, 0);
  assert_same_ids (reused, anew);

  /* Another question shares the system text alone; the same one again everything but its last position. */
  edited = make_prompt ("Bonjour", NULL, NULL);
  other = generate (session, edited, &OWL_SAMPLING_PRECISE, 8, &stats);
  g_assert_cmpuint (stats.n_reused, >, 20);
  g_assert_cmpuint (stats.n_reused, <, n_first);
  g_array_unref (g_steal_pointer (&other));
  other = generate (session, edited, &OWL_SAMPLING_PRECISE, 8, &stats);
  g_assert_cmpuint (stats.n_reused, ==, stats.n_prompt - 1);
}

static void
cancel_on_prefill (const OwlEvent *event, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static void
test_cancel (void)
{
  g_autoptr (OwlSession) session = new_session ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GArray) after = NULL, expected = NULL;
  g_autoptr (OwlSession) fresh = new_session ();
  g_autoptr (GError) error = NULL;
  OwlAnswerStats stats;

  for (int i = 0; i < 200; i++)
    g_string_append (words, "red circle ");
  prompt = make_prompt (words->str, NULL, NULL);
  g_assert_false (owl_session_generate (session, prompt, &OWL_SAMPLING_PRECISE, 8, TRUE, cancel_on_prefill, cancellable, cancellable, NULL, NULL,
                                        NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_CANCELLED);

  /* What was evaluated is kept, and the session answers as a fresh one does. */
  after = generate (session, prompt, &OWL_SAMPLING_PRECISE, 8, &stats);
  g_assert_cmpuint (stats.n_reused, >, 0);
  expected = generate (fresh, prompt, &OWL_SAMPLING_PRECISE, 8, &stats);
  assert_same_ids (after, expected);
}

static void
test_limits (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlSession) session = owl_session_new (model, NULL, 0, 48, OWL_KV_F16, &error);
  g_autoptr (OwlPrompt) prompt = make_prompt ("Hello", NULL, NULL), long_prompt = NULL;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (GArray) ids = NULL;
  OwlAnswerStats stats;

  g_assert_no_error (error);
  ids = generate (session, prompt, &OWL_SAMPLING_PRECISE, 1, &stats);
  g_assert_cmpuint (ids->len, <=, 1);
  for (int i = 0; i < 50; i++)
    g_string_append (words, "circle ");
  long_prompt = make_prompt (words->str, NULL, NULL);
  g_assert_false (owl_session_generate (session, long_prompt, &OWL_SAMPLING_PRECISE, 8, TRUE, NULL, NULL, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_LIMIT);
}

static void
test_plan (void)
{
  OwlTurn turns[30];
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) words = g_string_new (NULL);
  gsize used;
  int dropped;

  for (int i = 0; i < 30; i++)
    turns[i] = (OwlTurn){ .question = "How many red circles are there?", .answer = "There are three." };
  g_assert_cmpint (owl_prompt_plan (model, NULL, NULL, turns, 2, 1000, &used, &error), ==, 0);
  dropped = owl_prompt_plan (model, NULL, NULL, turns, 30, 400, &used, &error);
  g_assert_no_error (error);
  g_assert_cmpint (dropped, >, 0);
  g_assert_cmpint (dropped, <, 30);
  /* What stays fills 60 % at most, and one exchange more would not have fitted in that. */
  g_assert_cmpuint (used, <=, 240);
  g_assert_cmpuint (used, >, 180);
  for (int i = 0; i < 400; i++)
    g_string_append (words, "circle ");
  turns[0].question = words->str;
  g_assert_cmpint (owl_prompt_plan (model, NULL, NULL, turns, 1, 400, &used, &error), ==, -1);
  g_assert_error (error, OWL_ERROR, OWL_ERROR_LIMIT);
}

/* Guesses change no answer, whatever the sampling and however near the end of the context. */
static void
check_lookup (const OwlPrompt *prompt, const OwlSampling *sampling, int context, gsize max, gsize *n_guessed)
{
  static const OwlLookupMode modes[] = { OWL_LOOKUP_OFF, OWL_LOOKUP_ALWAYS, OWL_LOOKUP_AUTO };
  g_autoptr (GArray) expected = NULL;
  OwlAnswerStats plain, stats;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlSession) session = owl_session_new (model, NULL, 0, context, OWL_KV_DEFAULT, &error);
    g_autoptr (GArray) ids = NULL;

    g_assert_no_error (error);
    owl_session_set_lookup (session, modes[i]);
    ids = generate (session, prompt, sampling, max, &stats);
    if (i == 0) {
      expected = g_array_ref (ids);
      plain = stats;
      g_assert_cmpuint (stats.n_guessed, ==, 0);
    }
    assert_same_ids (ids, expected);
    g_assert_cmpint (stats.stop, ==, plain.stop);
    *n_guessed += stats.n_guessed;
  }
}

static void
test_lookup (void)
{
  static const char *const questions[] = {
    "Hello", "What can you do?", "Wie heißt du?", "one two three four five six seven one two three four five six seven one two",
    "Say red circle red circle red circle red circle", "What is on the receipt? Total 12.50 Total 12.50 Total 12.50",
  };
  OwlSampling varied = OWL_SAMPLING_VARIED, penalised = OWL_SAMPLING_PRECISE;
  gsize n_guessed = 0;

  penalised.repeat_penalty = 1.3f;
  varied.seed = 5;
  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++) {
    g_autoptr (OwlPrompt) prompt = make_prompt (questions[i], NULL, NULL), again = NULL;
    g_autoptr (OwlSession) session = new_session ();
    g_autoptr (GArray) answer = generate (session, prompt, &OWL_SAMPLING_PRECISE, 64, NULL);

    again = make_prompt (questions[i], answer, questions[i]);
    check_lookup (prompt, &OWL_SAMPLING_PRECISE, 0, 64, &n_guessed);
    check_lookup (again, &OWL_SAMPLING_PRECISE, 0, 64, &n_guessed);
    check_lookup (again, &penalised, 0, 64, &n_guessed);
    check_lookup (again, &varied, 0, 64, &n_guessed);
    check_lookup (again, &OWL_SAMPLING_PRECISE, (int) again->ids->len + 5, 64, &n_guessed);
    check_lookup (again, &OWL_SAMPLING_PRECISE, 0, 3, &n_guessed);
  }
  g_assert_cmpuint (n_guessed, >, 20);
}

/* What is shown never holds a stop sequence or the beginning of one, however its characters come. */
static void
test_stops (void)
{
  static const char *const stops[] = { "\nHuman:", "\nAI:", NULL };
  static const struct {
    const char *written, *kept;
    gboolean stopped;
  } cases[] = {
    { "A horse.\nHuman: And", "A horse.", TRUE }, { "A horse.\nHu man", "A horse.\nHu man", FALSE },
    { "\nAI: x", "", TRUE },                      { "one\n\nAI:", "one\n", TRUE },
    { "ends in \nHum", "ends in \nHum", FALSE },
  };
  const OwlTokenizer *tokenizer = owl_model_get_tokenizer (model);

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
    g_autoptr (OwlAnswer) answer = owl_answer_new (tokenizer, stops);
    g_autoptr (GString) shown = g_string_new (NULL), all = g_string_new (NULL);
    gboolean stopped = FALSE;

    /* One token a character, through the byte pieces. */
    for (const char *p = cases[c].written; *p; p++) {
      gint32 id = 3 + (guint8) *p;

      g_array_append_val (ids, id);
    }
    for (guint i = 0; i < ids->len && !stopped; i++) {
      stopped = owl_answer_push (answer, g_array_index (ids, gint32, i), shown);
      g_string_append (all, shown->str);
      g_assert_true (g_str_has_prefix (cases[c].kept, all->str));
    }
    owl_answer_finish (answer, shown);
    g_string_append (all, shown->str);
    g_assert_cmpint (stopped, ==, cases[c].stopped);
    g_assert_cmpstr (all->str, ==, cases[c].kept);
    g_assert_cmpstr (owl_answer_get_text (answer)->str, ==, cases[c].kept);
    g_assert_cmpuint (owl_answer_get_ids (answer)->len, ==, strlen (cases[c].kept));
  }
}

static gint32
choose (const OwlSampling *sampling, const float *logits, gsize n, int skip)
{
  const OwlTokenizer *tokenizer = owl_model_get_tokenizer (model);
  g_autoptr (OwlSampler) sampler = owl_sampler_new (tokenizer, n, sampling);
  const gint32 recent[] = { 301, 301 };
  gint32 id = -1;

  for (int i = 0; i <= skip; i++) {
    g_autofree float *copy = g_memdup2 (logits, n * sizeof *logits);

    id = owl_sampler_choose (sampler, copy, recent, G_N_ELEMENTS (recent));
  }
  return id;
}

static void
test_sampler (void)
{
  gsize n = 1000;
  g_autofree float *logits = g_new (float, n);
  gboolean seen_other = FALSE;

  for (gsize i = 0; i < n; i++)
    logits[i] = -5.0f;
  logits[301] = 4.0f;
  logits[302] = 3.5f;
  logits[303] = 1.0f;
  g_assert_cmpint (choose (&(OwlSampling){ .top_p = 1.0f, .repeat_penalty = 1.0f }, logits, n, 0), ==, 301);
  /* The penalty counts an id once, however often it came: 4 / 1.2 < 3.5. */
  g_assert_cmpint (choose (&(OwlSampling){ .top_p = 1.0f, .repeat_penalty = 1.2f }, logits, n, 0), ==, 302);
  g_assert_cmpint (choose (&(OwlSampling){ .top_p = 1.0f, .repeat_penalty = 1.1f }, logits, n, 0), ==, 301);
  for (int i = 0; i < 100; i++) {
    gint32 top_k = choose (&(OwlSampling){ 1.0f, 2, 1.0f, 0.0f, 1.0f, 5 }, logits, n, i);
    gint32 top_p = choose (&(OwlSampling){ 1.0f, 0, 0.5f, 0.0f, 1.0f, 5 }, logits, n, i);
    gint32 min_p = choose (&(OwlSampling){ 1.0f, 0, 1.0f, 0.5f, 1.0f, 5 }, logits, n, i);

    g_assert_true (top_k == 301 || top_k == 302);
    seen_other |= top_k == 302;
    g_assert_cmpint (top_p, ==, 301); /* holds more than half alone */
    g_assert_true (min_p == 301 || min_p == 302); /* exp (-0.5) > 0.5 > exp (-3) */
    g_assert_cmpint (choose (&(OwlSampling){ 1.0f, 1, 1.0f, 0.0f, 1.0f, (guint64) i }, logits, n, 0), ==, 301);
    /* A seed repeats. */
    g_assert_cmpint (choose (&(OwlSampling){ 2.0f, 0, 1.0f, 0.0f, 1.0f, (guint64) i }, logits, n, 3), ==,
                     choose (&(OwlSampling){ 2.0f, 0, 1.0f, 0.0f, 1.0f, (guint64) i }, logits, n, 3));
  }
  g_assert_true (seen_other);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  model = owl_model_open (g_getenv ("OWL_STARTER"), 2, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_test_add_func ("/session/reuse", test_reuse);
  g_test_add_func ("/session/cancel", test_cancel);
  g_test_add_func ("/session/limits", test_limits);
  g_test_add_func ("/session/lookup", test_lookup);
  g_test_add_func ("/prompt/plan", test_plan);
  g_test_add_func ("/answer/stops", test_stops);
  g_test_add_func ("/sampler", test_sampler);
  status = g_test_run ();
  owl_model_unref (model);
  return status;
}
