/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Not a test: what somebody waits for, measured on one model. Prints a name and a number a line, in milliseconds, times or counts.
 *
 *     measure-answers MODEL [TOKENIZER-MODEL]
 *
 * MODEL: a folder with a vision part, such as a 7B with random weights (tests/peers/make-model.py for language.gguf, tests/full-size for vision.gguf).
 * With TOKENIZER-MODEL, a model whose tokenizer knows words, guessing alone is measured: real text stands for what the model would choose. */
#include "chat/lookup.h"
#include "model/model-private.h"
#include "owl.h"

#include <stdio.h>
#include <string.h>

#define N_CANCELS 4
#define N_FIRST_WORDS 3
#define N_QUESTION 20

/* Every allocation of the process, also those of libraries. */
static gint n_allocations;

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *old, size_t size);

void *
malloc (size_t size)
{
  g_atomic_int_inc (&n_allocations);
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  g_atomic_int_inc (&n_allocations);
  return __libc_calloc (n, size);
}

void *
realloc (void *old, size_t size)
{
  g_atomic_int_inc (&n_allocations);
  return __libc_realloc (old, size);
}

typedef struct {
  OwlModel *model;
  OwlPicture *picture;
} Measure;

static double
ms_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / 1000.0;
}

/* At once, since the whole takes a minute or two. */
static void
put (const char *name, double value)
{
  printf ("%-32s %.5g\n", name, value);
  fflush (stdout);
}

static void
check (const GError *error)
{
  if (error)
    g_error ("%s", error->message);
}

static OwlSession *
new_session (Measure *m)
{
  g_autoptr (GError) error = NULL;
  OwlSession *session = owl_session_new (m->model, NULL, 0, 0, OWL_KV_DEFAULT, &error);

  check (error);
  return session;
}

/* A picture of noise: the encoder does not care. */
static OwlPicture *
make_picture (int side, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  guint8 *rgb = g_malloc ((gsize) side * side * 3);
  g_autoptr (GBytes) bytes = g_bytes_new_take (rgb, (gsize) side * side * 3);

  for (int i = 0; i < side * side * 3; i++)
    rgb[i] = (guint8) g_rand_int (rand);
  return owl_picture_new (side, side, bytes);
}

static OwlVisual *
encode (Measure *m, GCancellable *cancellable, GError **error)
{
  return owl_model_encode (m->model, m->picture, OWL_DETAIL_OVERVIEW, NULL, NULL, cancellable, error);
}

/* Progress calls, and allocations at two of the words. */
typedef struct {
  guint n_calls;
  gint at_first, at_last;
  guint first, last;
} Counts;

static void
count_progress (double fraction, gpointer data)
{
  ((Counts *) data)->n_calls++;
}

static void
count_allocations (const OwlEvent *event, gpointer data)
{
  Counts *c = data;

  if (event->kind != OWL_EVENT_TEXT)
    return;
  c->n_calls++;
  if (c->n_calls == c->first)
    c->at_first = g_atomic_int_get (&n_allocations);
  if (c->n_calls == c->last)
    c->at_last = g_atomic_int_get (&n_allocations);
}

/* The beginning of a question that takes N_QUESTION tokens; without words in the vocabulary each character is one. */
static char *
make_question (Measure *m)
{
  static const char text[] = "What is in this picture, and what may have happened just before it was taken, and after it, and in the year before that?";
  gsize length = 1;

  for (;; length++) {
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

    owl_tokenizer_encode (owl_model_get_tokenizer (m->model), text, length, ids);
    if (ids->len >= N_QUESTION || length == sizeof text - 1)
      return g_strndup (text, length);
  }
}

/* A question of 20 tokens after a picture that was evaluated ahead, and a second question. */
static void
measure_first_word (Measure *m)
{
  g_autofree char *question = make_question (m);
  double best = G_MAXDOUBLE, worst = 0.0, second = 0.0;

  for (int i = 0; i < N_FIRST_WORDS; i++) {
    g_autoptr (OwlSession) session = new_session (m);
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlVisual) visual = encode (m, NULL, &error);
    OwlTurn turns[2] = { { .visuals = &visual, .n_visuals = 1 } };
    g_autoptr (OwlPrompt) ahead = owl_prompt_new_from_turns (m->model, OWL_SYSTEM_TEXT, NULL, turns, 1), whole = NULL, more = NULL;
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
    OwlAnswerStats stats;

    check (error);
    owl_session_prefill (session, ahead, NULL, NULL, NULL, &error);
    check (error);
    turns[0].question = question;
    whole = owl_prompt_new_from_turns (m->model, OWL_SYSTEM_TEXT, NULL, turns, 1);
    owl_session_generate (session, whole, &OWL_SAMPLING_PRECISE, 8, FALSE, NULL, NULL, NULL, NULL, ids, &stats, &error);
    check (error);
    best = MIN (best, stats.first_token_ms);
    worst = MAX (worst, stats.first_token_ms);
    put ("first_question_evaluated", (double) (stats.n_prompt - stats.n_reused));

    turns[0].answer_ids = (const gint32 *) (const void *) ids->data;
    turns[0].n_answer_ids = ids->len;
    turns[1].question = question;
    more = owl_prompt_new_from_turns (m->model, OWL_SYSTEM_TEXT, NULL, turns, 2);
    owl_session_generate (session, more, &OWL_SAMPLING_PRECISE, 1, FALSE, NULL, NULL, NULL, NULL, NULL, &stats, &error);
    check (error);
    second = stats.first_token_ms;
    put ("second_question_prompt", (double) stats.n_prompt);
    put ("second_question_evaluated", (double) (stats.n_prompt - stats.n_reused));
  }
  put ("first_word_best_ms", best);
  put ("first_word_worst_ms", worst);
  put ("second_question_first_word_ms", second);
}

static void
measure_allocations (Measure *m)
{
  g_autoptr (OwlSession) session = new_session (m);
  g_autoptr (GError) error = NULL;
  OwlTurn turn = { .question = "Tell me everything." };
  g_autoptr (OwlPrompt) prompt = owl_prompt_new_from_turns (m->model, NULL, NULL, &turn, 1);
  Counts counts = { .first = 4, .last = 36 };

  owl_session_generate (session, prompt, &OWL_SAMPLING_PRECISE, 40, FALSE, count_allocations, &counts, NULL, NULL, NULL, NULL, &error);
  check (error);
  put ("tokens_counted", (double) MIN (counts.n_calls, counts.last) - counts.first);
  put ("allocations_in_them", counts.n_calls >= counts.last ? counts.at_last - counts.at_first : -1);
}

typedef struct {
  GCancellable *cancellable;
  double after_ms;
  gint64 cancelled_at;
} Canceller;

static gpointer
cancel_later (gpointer data)
{
  Canceller *c = data;

  g_usleep ((gulong) (c->after_ms * 1000.0));
  c->cancelled_at = g_get_monotonic_time ();
  g_cancellable_cancel (c->cancellable);
  return NULL;
}

typedef enum { STAGE_LOAD, STAGE_ENCODE, STAGE_PREFILL, STAGE_DECODE } Stage;

/* Runs `stage` until it is cancelled `after_ms` later; how long it went on after that, or -1 when it was over before. */
static double
cancel_one (Measure *m, Stage stage, OwlSession *session, const OwlPrompt *prompt, const char *path, double after_ms)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Canceller c = { cancellable, after_ms, 0 };
  GThread *thread = g_thread_new ("cancel", cancel_later, &c);
  OwlAnswerStats stats = { 0 };
  gboolean cancelled;
  gint64 end;

  switch (stage) {
  case STAGE_LOAD: {
    g_autoptr (OwlModel) model = owl_model_open (path, 0, NULL, NULL, cancellable, &error);
    break;
  }
  case STAGE_ENCODE: {
    g_autoptr (OwlVisual) visual = encode (m, cancellable, &error);
    break;
  }
  case STAGE_PREFILL:
    owl_session_prefill (session, prompt, NULL, NULL, cancellable, &error);
    break;
  case STAGE_DECODE:
  default:
    owl_session_generate (session, prompt, &OWL_SAMPLING_PRECISE, 256, FALSE, NULL, NULL, cancellable, NULL, NULL, &stats, &error);
    break;
  }
  end = g_get_monotonic_time ();
  g_thread_join (thread);
  cancelled = g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED) || (stage == STAGE_DECODE && stats.stop == OWL_STOP_CANCELLED);
  return cancelled ? (double) (end - c.cancelled_at) / 1000.0 : -1.0;
}

static void
measure_cancel (Measure *m, const char *path)
{
  static const char *const names[] = { "cancel_load_ms", "cancel_encode_ms", "cancel_prefill_ms", "cancel_decode_ms" };
  /* When to begin; each next one comes a little later. */
  static const double begin[] = { 100.0, 20.0, 300.0, 900.0 }, step[] = { 250.0, 37.0, 230.0, 131.0 };
  g_autofree char *filler = g_strnfill (900, 'a');
  OwlTurn long_turn = { .question = filler }, short_turn = { .question = "Hi" };
  g_autoptr (OwlPrompt) long_prompt = owl_prompt_new_from_turns (m->model, NULL, NULL, &long_turn, 1);
  g_autoptr (OwlPrompt) short_prompt = owl_prompt_new_from_turns (m->model, NULL, NULL, &short_turn, 1);

  for (Stage stage = STAGE_LOAD; stage <= STAGE_DECODE; stage++) {
    double worst = -1.0;

    for (int i = 0; i < N_CANCELS; i++) {
      g_autoptr (OwlSession) session = new_session (m);

      worst = MAX (worst, cancel_one (m, stage, session, stage == STAGE_PREFILL ? long_prompt : short_prompt, path, begin[stage] + i * step[stage]));
    }
    put (names[stage], worst);
  }
}

static void
add_ids (const OwlTokenizer *tokenizer, const char *text, int n_vocabulary, GArray *ids)
{
  g_autoptr (GArray) more = g_array_new (FALSE, FALSE, sizeof (gint32));

  owl_tokenizer_encode (tokenizer, text, strlen (text), more);
  for (guint i = 0; i < more->len; i++) {
    gint32 id = g_array_index (more, gint32, i) % n_vocabulary;

    g_array_append_val (ids, id);
  }
}

/* Seconds that a given answer takes after a given page, as if the model chose it word for word: the passes over the weights are real, and a guess counts
 * where the answer says the same. */
static double
time_answer (Measure *m, const GArray *page, const GArray *answer, OwlLookupMode mode, double *per_pass)
{
  const OwlLanguage *l = m->model->language;
  OwlLookup *lookup = owl_lookup_new (2048);
  OwlKvCache cache;
  OwlLanguageBuffers buffers;
  g_autofree float *x = g_new (float, OWL_LOOKUP_COLUMNS * (gsize) l->width), *logits = g_new (float, OWL_LOOKUP_COLUMNS * (gsize) l->n_vocabulary);
  guint at = 0, n_passes = 0;
  gint64 start;

  owl_lookup_set_mode (lookup, mode);
  for (guint i = 0; i < page->len; i++)
    owl_lookup_push (lookup, g_array_index (page, gint32, i));
  if (!owl_kv_cache_init (&cache, OWL_TYPE_F16, l->n_layers, l->n_kv_heads, 1024, l->head_dim, NULL))
    g_error ("no memory for keys and values");
  owl_language_buffers_init (&buffers, l, OWL_LOOKUP_COLUMNS);
  start = g_get_monotonic_time ();
  while (at < answer->len) {
    gint32 draft[OWL_LOOKUP_COLUMNS];
    gint64 pass = g_get_monotonic_time ();
    gsize n;

    owl_lookup_push (lookup, g_array_index (answer, gint32, at));
    n = owl_lookup_draft (lookup, draft, OWL_LOOKUP_COLUMNS - 1) + 1;
    for (gsize i = 0; i < n; i++)
      owl_language_embed (l, i == 0 ? g_array_index (answer, gint32, at) : draft[i - 1], x + i * (gsize) l->width);
    owl_language_forward (l, m->model->pool, NULL, &cache, &buffers, x, n, (int) (page->len + at), NULL, NULL);
    owl_language_logits (l, m->model->pool, x, n, logits, NULL);
    owl_lookup_took (lookup, n, ms_since (pass));
    n_passes++;
    at++;
    for (gsize i = 0; i + 1 < n && at < answer->len && draft[i] == g_array_index (answer, gint32, at); i++)
      owl_lookup_push (lookup, g_array_index (answer, gint32, at++));
  }
  *per_pass = (double) answer->len / n_passes;
  owl_language_buffers_clear (&buffers);
  owl_kv_cache_clear (&cache);
  owl_lookup_free (lookup);
  return ms_since (start) / 1000.0;
}

static void
measure_guessing (Measure *m, const char *tokenizer_model)
{
  static const char page[] =
      "The harbour of Lindvik froze on the third of January. For eleven days no boat left it, and the ferry to the outer islands was replaced by a sledge "
      "that two horses drew along the marked ice. The post arrived every second afternoon. When the thaw came, the harbour master counted nine damaged "
      "hulls and one missing buoy, which was found in spring on the beach below the lighthouse. The council then decided to keep an icebreaker at hand "
      "from December on, paid for by a small fee on every ticket.\nHuman: What does the page say about the thaw and the council?\nAI: ";
  static const char *const answers[][2] = {
    { "quote", "The page says: \"When the thaw came, the harbour master counted nine damaged hulls and one missing buoy, which was found in spring on the beach "
               "below the lighthouse.\" And: \"The council then decided to keep an icebreaker at hand from December on, paid for by a small fee on every "
               "ticket.\"" },
    { "free", "After the ice was gone, several vessels needed repair, and a marker that had drifted away turned up months later. To avoid another winter like "
              "that, local politicians agreed to buy help against ice early each season; travellers share the cost. It is a practical answer, because "
              "people out there depend on regular crossings for food, school and work." },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlModel) words = owl_model_open (tokenizer_model, 1, NULL, NULL, NULL, &error);
  g_autoptr (GArray) before = g_array_new (FALSE, FALSE, sizeof (gint32));
  int n_vocabulary = m->model->language->n_vocabulary;

  check (error);
  add_ids (owl_model_get_tokenizer (words), page, n_vocabulary, before);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (GArray) answer = g_array_new (FALSE, FALSE, sizeof (gint32));
    g_autofree char *gain = g_strdup_printf ("guessing_gain_%s", answers[i][0]), *passes = g_strdup_printf ("ids_a_pass_%s", answers[i][0]);
    double plain, guessed, ids_a_pass, ignored;

    add_ids (owl_model_get_tokenizer (words), answers[i][1], n_vocabulary, answer);
    plain = time_answer (m, before, answer, OWL_LOOKUP_OFF, &ignored);
    guessed = time_answer (m, before, answer, OWL_LOOKUP_AUTO, &ids_a_pass);
    put (gain, plain / guessed);
    put (passes, ids_a_pass);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Measure m = { 0 };
  Counts counts = { 0 };
  gint64 start = g_get_monotonic_time ();

  if (argc < 2 || argc > 3)
    g_error ("measure-answers MODEL [TOKENIZER-MODEL]");
  m.model = owl_model_open (argv[1], 0, count_progress, &counts, NULL, &error);
  check (error);
  put ("load_ms", ms_since (start));
  put ("load_progress_calls", counts.n_calls);
  m.picture = make_picture (448, 3);
  if (argc > 2) {
    measure_guessing (&m, argv[2]);
  } else {
    measure_first_word (&m);
    measure_allocations (&m);
    measure_cancel (&m, argv[1]);
  }
  owl_picture_unref (m.picture);
  owl_model_unref (m.model);
  return 0;
}
