/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/engine-private.h"

/* Turns whose pictures are only counted; `lengths` owns the counts. */
static GArray *
make_blind_turns (TytoEngine *self, const AnswerRequest *request, GPtrArray *lengths)
{
  GArray *turns = g_array_new (FALSE, TRUE, sizeof (OwlTurn));

  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);
    OwlTurn owl = { .n_visuals = turn->pictures->len, .question = turn->question, .answer = turn->answer };
    int *positions = g_new (int, turn->pictures->len + 1);
    gsize size;

    for (guint i = 0; i < turn->pictures->len; i++)
      positions[i] = engine_pictures_count (self->pictures, g_ptr_array_index (turn->pictures, i));
    g_ptr_array_add (lengths, positions);
    owl.visual_positions = positions;

    if (turn->ids) {
      owl.answer_ids = g_bytes_get_data (turn->ids, &size);
      owl.n_answer_ids = size / sizeof (gint32);
    }
    g_array_append_val (turns, owl);
  }
  return turns;
}

int
engine_count_tiles (TytoEngine *self, const PictureRef *ref)
{
  return MAX (1, engine_pictures_count (self->pictures, ref) / MAX (1, owl_model_get_visual_length (self->loaded.model)));
}

/* Seconds until the first word, as far as the speed is known. */
static double
estimate_seconds (TytoEngine *self, const AnswerRequest *request, const TytoCost *cost)
{
  /* What came before the question is evaluated already when the session holds this conversation. */
  gboolean held = cost->n_dropped == 0 && self->conversation == request->conversation;
  gsize n_evaluated = held ? cost->n_tokens : cost->n_used;
  int n_unread = 0; /* squares */

  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);

    for (guint i = 0; i < turn->pictures->len; i++)
      if (!engine_pictures_knows (self->pictures, g_ptr_array_index (turn->pictures, i)))
        n_unread += engine_count_tiles (self, g_ptr_array_index (turn->pictures, i));
  }
  if (self->speed.prompt_per_second <= 0.0 || (n_unread > 0 && self->speed.picture_seconds <= 0.0))
    return 0.0;
  return (double) n_evaluated / self->speed.prompt_per_second + n_unread * self->speed.picture_seconds;
}

static gboolean
deliver_cost (gpointer data)
{
  Measurement *measurement = data;

  measurement->func (&measurement->cost, measurement->user_data);
  return engine_measurement_free (measurement);
}

void
engine_run_measure (TytoEngine *self, Job *job)
{
  const AnswerRequest *request = job->request;
  g_autoptr (GPtrArray) lengths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) turns = NULL;
  const OwlTurn *list;
  TytoCost *cost = &job->measurement->cost;
  gsize total = 0, before = 0;

  if (!self->loaded.model)
    return;
  turns = make_blind_turns (self, request, lengths);
  list = (const OwlTurn *) (const void *) turns->data;
  cost->n_pictures = (guint) list[turns->len - 1].n_visuals;
  cost->n_context = (gsize) owl_model_get_context_length (self->loaded.model);
  cost->n_tokens = owl_prompt_count (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len);
  if (turns->len > 1)
    before = owl_prompt_count (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len - 1);
  cost->n_tokens -= MIN (before, cost->n_tokens);
  cost->n_dropped = owl_prompt_plan (self->loaded.model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, &total, NULL);
  cost->n_used = cost->n_dropped < 0 ? cost->n_tokens : total;
  cost->seconds = cost->n_dropped < 0 ? 0.0 : estimate_seconds (self, request, cost);
  g_main_context_invoke (NULL, deliver_cost, g_steal_pointer (&job->measurement));
}
