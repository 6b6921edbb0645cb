/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/session-private.h"

#include "chat/answer.h"
#include "chat/lookup.h"
#include "chat/prompt-private.h"
#include "chat/sampler.h"
#include "model/model-private.h"
#include "text/prompt-rule.h"

#include <string.h>

/* Positions evaluated at a time: progress is shown after each piece. */
#define CHUNK 64
/* Ids that the repetition penalty looks back at. */
#define PENALTY_WINDOW 64

static const char *const turn_marks[] = { "\nHuman:", "\nAI:", NULL };

/* What one position of the cache holds: a token, or a row of a picture's visual tokens. */
typedef struct {
  gint32 id;
  int row;
  OwlVisual *visual; /* a reference, or NULL */
} Position;

struct _OwlSession {
  OwlModel *model;
  GPtrArray *adapters;
  const OwlLora **loras;
  float *strengths;
  OwlAdapterSet set;

  int context;
  OwlKvCache cache;
  OwlLanguageBuffers buffers;
  float *x;            /* [buffers.n, width] */
  float *logits;       /* [OWL_LOOKUP_COLUMNS, vocabulary] */
  GArray *positions;   /* what the cache holds */

  /* Ids that were guessed and evaluated with the last chosen one. Row `row` of the logits follows the last position, and where the next id is
   * ahead[row], row + 1 follows that. */
  OwlLookup *lookup;
  gint32 ahead[OWL_LOOKUP_COLUMNS];
  gsize n_ahead, row;
  gsize n_guessed; /* in this answer */
};

static void
clear_position (gpointer data)
{
  g_clear_pointer (&((Position *) data)->visual, owl_visual_unref);
}

static OwlType
choose_kv_type (const OwlLanguage *l, OwlKvType kv)
{
  switch (kv) {
  case OWL_KV_F32:
    return OWL_TYPE_F32;
  case OWL_KV_F16:
    return OWL_TYPE_F16;
  case OWL_KV_Q8_0:
    return OWL_TYPE_Q8_0;
  case OWL_KV_DEFAULT:
  default:
    return owl_type_is_quantised (l->layers[0].out.weight.type) ? OWL_TYPE_F16 : OWL_TYPE_F32;
  }
}

OwlSession *
owl_session_new (OwlModel *model, OwlAdapter *const *adapters, gsize n_adapters, int context, OwlKvType kv, GError **error)
{
  g_autoptr (OwlSession) session = g_new0 (OwlSession, 1);
  const OwlLanguage *l = model->language;
  OwlType type = choose_kv_type (l, kv);

  session->model = owl_model_ref (model);
  session->adapters = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_adapter_unref);
  session->loras = g_new0 (const OwlLora *, n_adapters + 1);
  session->strengths = g_new0 (float, n_adapters + 1);
  for (gsize i = 0; i < n_adapters; i++) {
    if (adapters[i]->model != model) {
      g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "the adapter was opened for another model");
      return NULL;
    }
    g_ptr_array_add (session->adapters, owl_adapter_ref (adapters[i]));
    session->loras[i] = adapters[i]->lora;
    session->strengths[i] = adapters[i]->strength;
  }
  session->set = (OwlAdapterSet){ n_adapters, session->loras, session->strengths };

  session->context = context > 0 ? MIN (context, l->context_length) : l->context_length;
  session->positions = g_array_sized_new (FALSE, FALSE, sizeof (Position), (guint) session->context);
  g_array_set_clear_func (session->positions, clear_position);
  if ((gsize) l->head_dim % owl_type_block_length (type) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "keys and values cannot be kept as %s: heads of %d values do not fill its blocks",
                 owl_type_name (type), l->head_dim);
    return NULL;
  }
  if (!owl_kv_cache_init (&session->cache, type, l->n_layers, l->n_kv_heads, session->context, l->head_dim, error))
    return NULL;
  owl_language_buffers_init (&session->buffers, l, CHUNK);
  session->x = g_new (float, CHUNK * (gsize) l->width);
  session->logits = g_new (float, OWL_LOOKUP_COLUMNS * (gsize) l->n_vocabulary);
  session->lookup = owl_lookup_new ((gsize) session->context);
  return g_steal_pointer (&session);
}

void
owl_session_free (OwlSession *session)
{
  if (!session)
    return;
  g_clear_pointer (&session->positions, g_array_unref);
  owl_kv_cache_clear (&session->cache);
  owl_language_buffers_clear (&session->buffers);
  g_free (session->x);
  g_free (session->logits);
  owl_lookup_free (session->lookup);
  g_free (session->loras);
  g_free (session->strengths);
  g_clear_pointer (&session->adapters, g_ptr_array_unref);
  g_clear_pointer (&session->model, owl_model_unref);
  g_free (session);
}

/* The prompt as positions; visuals are referenced. */
static GArray *
expand_prompt (const OwlSession *session, const OwlPrompt *prompt)
{
  GArray *positions = g_array_sized_new (FALSE, FALSE, sizeof (Position), prompt->ids->len);
  int row = 0;
  guint visual = 0;

  g_array_set_clear_func (positions, clear_position);
  for (guint i = 0; i < prompt->ids->len; i++) {
    Position p = { .id = g_array_index (prompt->ids, gint32, i) };

    if (p.id == OWL_IMAGE_ID && visual < prompt->visuals->len) {
      p.row = row++;
      p.visual = owl_visual_ref (g_ptr_array_index (prompt->visuals, visual));
      if (row == owl_visual_get_n_positions (p.visual)) {
        row = 0;
        visual++;
      }
    }
    g_array_append_val (positions, p);
  }
  return positions;
}

static gboolean
same_position (const Position *a, const Position *b)
{
  if (a->id != b->id || a->row != b->row || !a->visual != !b->visual)
    return FALSE;
  return a->visual == b->visual || memcmp (owl_visual_get_key (a->visual), owl_visual_get_key (b->visual), 32) == 0;
}

static gsize
common_prefix (const GArray *a, const GArray *b)
{
  gsize n = 0;

  while (n < a->len && n < b->len && same_position (&g_array_index (a, Position, n), &g_array_index (b, Position, n)))
    n++;
  return n;
}

/* Input rows of positions [from, from + n). */
static void
embed_positions (const OwlSession *session, const GArray *positions, gsize from, gsize n, float *x)
{
  gsize width = session->model->language->width;

  for (gsize i = 0; i < n; i++, x += width) {
    const Position *p = &g_array_index (positions, Position, from + i);

    if (p->visual)
      memcpy (x, owl_visual_get_values (p->visual) + p->row * width, width * sizeof (float));
    else
      owl_language_embed (session->model->language, p->id, x);
  }
}

/* Evaluates positions [session->positions->len, end) of `positions` and remembers them. FALSE when cancelled; what was finished is kept. */
static gboolean
evaluate (OwlSession *session, const GArray *positions, gsize end, OwlEventFunc func, gpointer user_data, GCancellable *cancellable)
{
  const OwlLanguage *l = session->model->language;
  gsize begin = session->positions->len;
  OwlEvent event = { .kind = OWL_EVENT_PREFILL, .total = end - begin, .text = "", .id = -1 };

  while (session->positions->len < end) {
    gsize from = session->positions->len, n = MIN (CHUNK, end - from);

    embed_positions (session, positions, from, n, session->x);
    if (!owl_language_forward (l, session->model->pool, &session->set, &session->cache, &session->buffers, session->x, n, (int) from,
                               NULL, cancellable))
      return FALSE;
    if (from + n == end &&
        !owl_language_logits (l, session->model->pool, session->x + (n - 1) * l->width, 1, session->logits, cancellable))
      return FALSE;
    for (gsize i = 0; i < n; i++) {
      Position p = g_array_index (positions, Position, from + i);

      if (p.visual)
        owl_visual_ref (p.visual);
      g_array_append_val (session->positions, p);
    }
    event.done = session->positions->len - begin;
    if (func)
      func (&event, user_data);
  }
  return TRUE;
}

/* Brings the cache to the prompt; the last position is always evaluated, for its logits. Returns positions reused, or -1. */
static gssize
prefill (OwlSession *session, const OwlPrompt *prompt, OwlEventFunc func, gpointer user_data, GCancellable *cancellable,
         GError **error)
{
  g_autoptr (GArray) positions = expand_prompt (session, prompt);
  gsize reused;

  if (positions->len == 0 || positions->len >= (gsize) session->context) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT,
                 "the prompt takes %u positions, the context holds %d; send fewer pictures or a shorter text", positions->len,
                 session->context);
    return -1;
  }
  reused = MIN (common_prefix (session->positions, positions), positions->len - 1);
  g_array_set_size (session->positions, (guint) reused);
  if (!evaluate (session, positions, positions->len, func, user_data, cancellable)) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "reading the question was cancelled");
    return -1;
  }
  return (gssize) reused;
}

gboolean
owl_session_prefill (OwlSession *session, const OwlPrompt *prompt, OwlEventFunc func, gpointer user_data,
                     GCancellable *cancellable, GError **error)
{
  return prefill (session, prompt, func, user_data, cancellable, error) >= 0;
}

/* Logits of the position after the last one. */
static float *
next_logits (const OwlSession *session)
{
  return session->logits + session->row * (gsize) session->model->language->n_vocabulary;
}

/* Evaluates one chosen id and, where that promises a gain, guesses of what follows it, at most `most`. FALSE when cancelled. */
static gboolean
evaluate_ahead (OwlSession *session, gint32 id, gsize most, GCancellable *cancellable)
{
  const OwlLanguage *l = session->model->language;
  gsize at = session->positions->len, n;
  gint64 start = g_get_monotonic_time ();

  most = MIN (MIN (most, OWL_LOOKUP_COLUMNS - 1), (gsize) session->context - at - 1);
  session->row = 0;
  session->n_ahead = owl_lookup_draft (session->lookup, session->ahead, most);
  n = session->n_ahead + 1;
  for (gsize i = 0; i < n; i++)
    owl_language_embed (l, i == 0 ? id : session->ahead[i - 1], session->x + i * (gsize) l->width);
  if (!owl_language_forward (l, session->model->pool, &session->set, &session->cache, &session->buffers, session->x, n, (int) at, NULL,
                             cancellable) ||
      !owl_language_logits (l, session->model->pool, session->x, n, session->logits, cancellable))
    return FALSE;
  owl_lookup_took (session->lookup, n, (double) (g_get_monotonic_time () - start) / 1000.0);
  return TRUE;
}

/* Takes a chosen id, evaluated already when it was guessed. FALSE when cancelled. */
static gboolean
advance (OwlSession *session, gint32 id, gsize most_ahead, GCancellable *cancellable)
{
  Position p = { .id = id };

  owl_lookup_push (session->lookup, id);
  if (session->row < session->n_ahead && session->ahead[session->row] == id) {
    session->row++;
    session->n_guessed++;
  } else if (!evaluate_ahead (session, id, most_ahead, cancellable)) {
    return FALSE;
  }
  g_array_append_val (session->positions, p);
  return TRUE;
}

/* What was said so far, for guesses. */
static void
start_lookup (OwlSession *session)
{
  session->row = session->n_ahead = session->n_guessed = 0;
  owl_lookup_clear (session->lookup);
  for (guint i = 0; i < session->positions->len; i++)
    owl_lookup_push (session->lookup, g_array_index (session->positions, Position, i).id);
}

/* The ids that the repetition penalty looks at: the last positions of the timeline. */
static gsize
recent_ids (const OwlSession *session, gint32 ids[PENALTY_WINDOW])
{
  gsize n = MIN (session->positions->len, PENALTY_WINDOW);

  for (gsize i = 0; i < n; i++)
    ids[i] = g_array_index (session->positions, Position, session->positions->len - n + i).id;
  return n;
}

static OwlStopReason
decode (OwlSession *session, OwlSampler *sampler, OwlAnswer *answer, gsize max_tokens, OwlEventFunc func, gpointer user_data,
        GCancellable *cancellable, gint64 start, OwlAnswerStats *stats)
{
  g_autoptr (GString) shown = g_string_new (NULL);
  gint32 eos = owl_tokenizer_get_eos (session->model->tokenizer);

  start_lookup (session);
  for (gsize n = 0; n < max_tokens; n++) {
    gint32 recent[PENALTY_WINDOW];
    gint32 id = owl_sampler_choose (sampler, next_logits (session), recent, recent_ids (session, recent));
    gboolean over;

    if (n == 0)
      stats->first_token_ms = (double) (g_get_monotonic_time () - start) / 1000.0;
    if (id == eos)
      return OWL_STOP_END;
    over = owl_answer_push (answer, id, shown);
    if (func) {
      OwlEvent event = { .kind = OWL_EVENT_TEXT, .text = shown->str, .id = id };

      func (&event, user_data);
    }
    if (over)
      return OWL_STOP_END;
    if (n + 1 == max_tokens)
      break;
    if (session->positions->len >= (gsize) session->context)
      return OWL_STOP_CONTEXT;
    if ((cancellable && g_cancellable_is_cancelled (cancellable)) || !advance (session, id, max_tokens - n - 2, cancellable))
      return OWL_STOP_CANCELLED;
  }
  return OWL_STOP_LENGTH;
}

gboolean
owl_session_generate (OwlSession *session, const OwlPrompt *prompt, const OwlSampling *sampling, gsize max_tokens,
                      gboolean stop_at_turns, OwlEventFunc func, gpointer user_data, GCancellable *cancellable, GString *text,
                      GArray *ids, OwlAnswerStats *stats_out, GError **error)
{
  g_autoptr (OwlAnswer) answer = owl_answer_new (session->model->tokenizer, stop_at_turns ? turn_marks : NULL);
  g_autoptr (OwlSampler) sampler = owl_sampler_new (session->model->tokenizer, session->model->language->n_vocabulary, sampling);
  g_autoptr (GString) rest = g_string_new (NULL);
  OwlAnswerStats stats = { .n_prompt = prompt->ids->len };
  gint64 start = g_get_monotonic_time (), decoding;
  const GArray *answer_ids;
  gssize reused = prefill (session, prompt, func, user_data, cancellable, error);

  if (reused < 0)
    return FALSE;
  decoding = g_get_monotonic_time ();
  stats.n_reused = (gsize) reused;
  stats.prefill_ms = (double) (decoding - start) / 1000.0;
  stats.stop = decode (session, sampler, answer, max_tokens, func, user_data, cancellable, start, &stats);
  stats.decode_ms = (double) (g_get_monotonic_time () - decoding) / 1000.0;

  owl_answer_finish (answer, rest);
  if (rest->len > 0 && func) {
    OwlEvent event = { .kind = OWL_EVENT_TEXT, .text = rest->str, .id = -1 };

    func (&event, user_data);
  }
  answer_ids = owl_answer_get_ids (answer);
  stats.n_generated = answer_ids->len;
  stats.n_guessed = session->n_guessed;
  if (stats.decode_ms > 0.0)
    stats.decode_tok_s = (double) stats.n_generated * 1000.0 / stats.decode_ms;
  if (text)
    g_string_append_len (text, owl_answer_get_text (answer)->str, owl_answer_get_text (answer)->len);
  if (ids)
    g_array_append_vals (ids, answer_ids->data, answer_ids->len);
  if (stats_out)
    *stats_out = stats;
  return TRUE;
}

void
owl_session_set_lookup (OwlSession *session, OwlLookupMode mode)
{
  owl_lookup_set_mode (session->lookup, mode);
}

OwlModel *
owl_session_get_model (OwlSession *session)
{
  return session->model;
}

gboolean
owl_session_attend (OwlSession *session, const OwlPrompt *prompt, const gint32 *more_ids, gsize n_more, gsize n_rows, OwlTrace *trace,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (GArray) positions = expand_prompt (session, prompt);
  gsize width = session->model->language->width, first;
  OwlLanguageBuffers buffers;
  g_autofree float *x = NULL;
  gboolean done;

  for (gsize i = 0; i < n_more; i++) {
    Position p = { .id = more_ids[i] };

    g_array_append_val (positions, p);
  }
  if (n_rows < 1 || n_rows > positions->len || positions->len > (gsize) session->context) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "prompt and answer take %u positions, the context holds %d", positions->len,
                 session->context);
    return FALSE;
  }
  first = positions->len - n_rows;
  g_array_set_size (session->positions, (guint) MIN (common_prefix (session->positions, positions), first));
  done = evaluate (session, positions, first, NULL, NULL, cancellable);
  if (done) {
    owl_language_buffers_init (&buffers, session->model->language, n_rows);
    x = g_new (float, n_rows * width);
    embed_positions (session, positions, first, n_rows, x);
    /* These rows are not remembered as held: there are no logits to go on from. */
    done = owl_language_forward (session->model->language, session->model->pool, &session->set, &session->cache, &buffers, x, n_rows, (int) first,
                                 trace, cancellable);
    owl_language_buffers_clear (&buffers);
  }
  if (!done)
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "cancelled");
  return done;
}

gboolean
owl_session_probe (OwlSession *session, const OwlPrompt *prompt, OwlTrace *trace, GCancellable *cancellable, GError **error)
{
  const OwlLanguage *l = session->model->language;
  g_autoptr (GArray) positions = expand_prompt (session, prompt);
  gsize n = positions->len;
  OwlLanguageBuffers buffers;
  g_autofree float *x = NULL, *logits = NULL;
  gboolean done;

  if (n == 0 || n > (gsize) session->context) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "the prompt takes %" G_GSIZE_FORMAT " positions, the context holds %d", n,
                 session->context);
    return FALSE;
  }
  g_array_set_size (session->positions, 0);
  owl_language_buffers_init (&buffers, l, n);
  x = g_new (float, n * l->width);
  embed_positions (session, positions, 0, n, x);
  owl_trace_give (trace, "decoder.input", -1, x, n, l->width, 0);
  done = owl_language_forward (l, session->model->pool, &session->set, &session->cache, &buffers, x, n, 0, trace, cancellable);
  if (done && owl_trace_wants (trace, "logits", -1)) {
    logits = g_new (float, n * l->n_vocabulary);
    done = owl_language_logits (l, session->model->pool, x, n, logits, cancellable);
    if (done)
      owl_trace_give (trace, "logits", -1, logits, n, l->n_vocabulary, 0);
  }
  owl_language_buffers_clear (&buffers);
  if (!done)
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "cancelled");
  return done;
}
