/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/engine-private.h"

#include <glib/gi18n.h>

/* How much a new measurement of speed counts beside the old ones. */
#define NEW_WEIGHT 0.4
/* Shorter runs say little about speed. */
#define MIN_TOKENS_TO_MEASURE 8

/* `old` moves towards what was measured just now. */
static void
learn (double *old, double now)
{
  if (now > 0.0)
    *old = *old > 0.0 ? *old + NEW_WEIGHT * (now - *old) : now;
}

static OwlVisual *
read_picture (TytoEngine *self, const PictureRef *ref, Reading *reading, GCancellable *cancellable, GError **error)
{
  double seconds;
  OwlVisual *visual = engine_pictures_read (self->pictures, ref, engine_say_reading, reading, &seconds, cancellable, error);

  if (visual && seconds > 0.0) {
    learn (&self->speed.picture_seconds, seconds / engine_count_tiles (self, ref));
    engine_share (self);
  }
  return visual;
}

void
engine_run_read_ahead (TytoEngine *self, Job *job, GCancellable *cancellable)
{
  Reading reading = { .self = self, .attachment = job->attachment };

  /* A picture that cannot be read says so when it is asked about; nothing is lost by giving up here. */
  if (self->loaded.model)
    read_picture (self, job->picture, &reading, cancellable, NULL);
  engine_say_reading (1.0, &reading);
}

/* All pictures of all turns, read; the visuals belong to self->visuals. */
static gboolean
read_pictures (TytoEngine *self, AnswerRequest *request, GPtrArray *lists, GCancellable *cancellable, GError **error)
{
  Reading reading = { .self = self, .request = request->message ? request : NULL };

  for (guint t = 0; t < request->turns->len; t++)
    reading.n_pictures += ((RequestTurn *) g_ptr_array_index (request->turns, t))->pictures->len;
  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);
    GPtrArray *visuals = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_visual_unref);

    g_ptr_array_add (lists, visuals);
    for (guint i = 0; i < turn->pictures->len; i++, reading.index++) {
      OwlVisual *visual = read_picture (self, g_ptr_array_index (turn->pictures, i), &reading, cancellable, error);

      if (!visual)
        return FALSE;
      g_ptr_array_add (visuals, owl_visual_ref (visual));
    }
  }
  return TRUE;
}

static GArray *
make_turns (const AnswerRequest *request, GPtrArray *lists)
{
  GArray *turns = g_array_new (FALSE, TRUE, sizeof (OwlTurn));

  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);
    GPtrArray *visuals = g_ptr_array_index (lists, t);
    OwlTurn owl = { .visuals = (OwlVisual *const *) visuals->pdata, .n_visuals = visuals->len, .question = turn->question,
                    .answer = turn->answer };
    gsize size;

    if (turn->ids) {
      owl.answer_ids = g_bytes_get_data (turn->ids, &size);
      owl.n_answer_ids = size / sizeof (gint32);
    }
    g_array_append_val (turns, owl);
  }
  return turns;
}

static void
on_event (const OwlEvent *event, gpointer user_data)
{
  AnswerRequest *request = user_data;

  if (event->kind == OWL_EVENT_TEXT) {
    answer_request_say_text (request, event->text);
  } else if (event->total > 0) {
    g_autofree char *stage = g_strdup_printf (_("Reading the question, %.0f %%"), 100.0 * (double) event->done / (double) event->total);

    answer_request_say_stage (request, stage);
  }
}

static gsize
count_words (const char *text)
{
  gsize words = 0;
  gboolean inside = FALSE;

  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    /* Languages without spaces: each character counts as a word. */
    if (g_unichar_iswide (c)) {
      words++;
      inside = FALSE;
    } else if (g_unichar_isspace (c)) {
      inside = FALSE;
    } else if (!inside) {
      words++;
      inside = TRUE;
    }
  }
  return words;
}

/* What was measured while answering is remembered for the next start. */
static void
learn_from (TytoEngine *self, const OwlAnswerStats *stats, gsize n_words)
{
  gsize n_evaluated = stats->n_prompt - MIN (stats->n_reused, stats->n_prompt);

  if (n_evaluated >= MIN_TOKENS_TO_MEASURE && stats->prefill_ms > 0.0)
    learn (&self->speed.prompt_per_second, (double) n_evaluated * 1000.0 / stats->prefill_ms);
  if (stats->n_generated >= MIN_TOKENS_TO_MEASURE && stats->decode_ms > 0.0)
    learn (&self->speed.words_per_second, (double) n_words * 1000.0 / stats->decode_ms);
  tyto_store_put_speed (self->store, self->loaded.setup->model, &self->speed);
  engine_share (self);
}

static gboolean
generate (TytoEngine *self, AnswerRequest *request, gint64 start, GError **error)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GArray) turns = NULL, ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) id_bytes = NULL;
  g_autofree char *model = tyto_engine_setup_describe (self->loaded.setup, self->loaded.name);
  OwlAnswerStats stats = { 0 };
  const OwlTurn *list;
  double read_seconds, speed;
  gsize n_words;
  int n_dropped;

  answer_request_say_model (request, model);
  if (!read_pictures (self, request, lists, request->cancellable, error))
    return FALSE;
  turns = make_turns (request, lists);
  list = (const OwlTurn *) (const void *) turns->data;
  n_dropped = owl_prompt_plan (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, NULL, error);
  if (n_dropped < 0)
    return FALSE;
  if (n_dropped > 0)
    answer_request_say_dropped (request, n_dropped);
  prompt = owl_prompt_new_from_turns (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list + n_dropped, turns->len - (guint) n_dropped);
  read_seconds = (double) (g_get_monotonic_time () - start) / 1e6;
  self->conversation = request->conversation;
  if (!owl_session_generate (self->loaded.session, prompt, &request->sampling, request->max_tokens, TRUE, on_event, request, request->cancellable, text, ids,
                             &stats, error))
    return FALSE;
  id_bytes = g_bytes_new (ids->data, ids->len * sizeof (gint32));
  n_words = count_words (text->str);
  /* The first token comes with the reading of the question, so that one or two words would seem to take no time at all. */
  speed = stats.n_generated >= MIN_TOKENS_TO_MEASURE && stats.decode_ms > 0.0 ? (double) n_words * 1000.0 / stats.decode_ms : 0.0;
  answer_request_say_end (request, stats.stop == OWL_STOP_CANCELLED ? TYTO_MESSAGE_STOPPED : TYTO_MESSAGE_COMPLETE, NULL, id_bytes,
                          read_seconds + stats.first_token_ms / 1000.0, speed);
  learn_from (self, &stats, n_words);
  return TRUE;
}

void
engine_run_answer (TytoEngine *self, AnswerRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (g_cancellable_is_cancelled (request->cancellable)) {
    answer_request_say_end (request, TYTO_MESSAGE_STOPPED, NULL, NULL, 0.0, 0.0);
    return;
  }
  if (engine_ensure_model (self, request->setup, request, request->cancellable, &error) &&
      generate (self, request, g_get_monotonic_time (), &error))
    return;
  if (g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    answer_request_say_end (request, TYTO_MESSAGE_STOPPED, NULL, NULL, 0.0, 0.0);
  else
    answer_request_say_end (request, TYTO_MESSAGE_FAILED, error->message, NULL, 0.0, 0.0);
}

/* Evaluates what is known of the next prompt, so that the question itself is all that is left. */
void
engine_run_prepare (TytoEngine *self, AnswerRequest *request, GCancellable *cancellable)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GArray) turns = NULL;
  g_autoptr (OwlPrompt) prompt = NULL;
  const OwlTurn *list;
  int n_dropped;

  if (!self->loaded.model || !read_pictures (self, request, lists, cancellable, NULL))
    return;
  turns = make_turns (request, lists);
  list = (const OwlTurn *) (const void *) turns->data;
  n_dropped = owl_prompt_plan (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, NULL, NULL);
  if (n_dropped < 0)
    return;
  prompt = owl_prompt_new_from_turns (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list + n_dropped, turns->len - (guint) n_dropped);
  self->conversation = 0;
  if (owl_session_prefill (self->loaded.session, prompt, NULL, NULL, cancellable, NULL))
    self->conversation = request->conversation;
}

static GPtrArray *
look (TytoEngine *self, const EngineLook *wish, AnswerRequest *request, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GArray) turns = NULL;
  g_autoptr (OwlPrompt) prompt = NULL;
  const OwlTurn *list;
  gsize n_left_out = 0;
  int n_dropped;

  if (!engine_ensure_model (self, request->setup, request, cancellable, error) ||
      !read_pictures (self, request, lists, cancellable, error))
    return NULL;
  turns = make_turns (request, lists);
  list = (const OwlTurn *) (const void *) turns->data;
  n_dropped = owl_prompt_plan (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, NULL, error);
  if (n_dropped < 0)
    return NULL;
  for (int t = 0; t < n_dropped; t++)
    n_left_out += list[t].n_visuals;
  prompt = owl_prompt_new_from_turns (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list + n_dropped, turns->len - (guint) n_dropped);
  self->conversation = 0;
  return engine_look_run (wish, request, self->loaded.model, self->loaded.session, self->documents, prompt, n_left_out, cancellable, error);
}

void
engine_run_look (TytoEngine *self, Job *job)
{
  GTask *task = job->look->task;
  GError *error = NULL;
  GPtrArray *looks = NULL;

  job->look->answered = TRUE;
  if (g_task_return_error_if_cancelled (task))
    return;
  looks = look (self, job->look, job->request, g_task_get_cancellable (task), &error);
  if (looks)
    g_task_return_pointer (task, looks, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}
