/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "chat/prompt.h"

G_BEGIN_DECLS

/* One mutable timeline over a model: KV cache and what it holds. A session belongs to one thread at a time.
 *
 *   g_autoptr (OwlSession) session = owl_session_new (model, NULL, 0, 0, OWL_KV_DEFAULT, &error);
 *   owl_session_generate (session, prompt, &sampling, 512, FALSE, on_event, self, cancellable, &stats, &error); */
typedef struct _OwlSession OwlSession;

typedef enum { OWL_KV_DEFAULT, OWL_KV_F32, OWL_KV_F16, OWL_KV_Q8_0 } OwlKvType;

/* `adapters` (borrowed; the session takes references) may be empty. `context` 0 takes the model's. */
OwlSession *owl_session_new (OwlModel *model, OwlAdapter *const *adapters, gsize n_adapters, int context, OwlKvType kv,
                             GError **error);
void owl_session_free (OwlSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlSession, owl_session_free)

/* Greedy when temperature <= 0. `seed` makes a sampled answer repeatable. */
typedef struct {
  float temperature;
  int top_k;            /* 0: off */
  float top_p;          /* 1: off */
  float min_p;          /* 0: off */
  float repeat_penalty; /* 1: off */
  guint64 seed;
} OwlSampling;
#define OWL_SAMPLING_PRECISE ((OwlSampling){ 0.0f, 0, 1.0f, 0.0f, 1.0f, 0 })
#define OWL_SAMPLING_VARIED ((OwlSampling){ 0.7f, 5, 1.0f, 0.0f, 1.0f, 0 })

typedef enum {
  OWL_EVENT_PREFILL, /* `done` of `total` new prompt positions evaluated */
  OWL_EVENT_TEXT,    /* `text` (whole UTF-8 characters) was added to the answer; `id` the token that was chosen */
} OwlEventKind;

typedef struct {
  OwlEventKind kind;
  gsize done, total;
  const char *text; /* borrowed for the call; may be "" while a character or a stop sequence is held back */
  gint32 id;
} OwlEvent;

/* Called on the thread that generates. */
typedef void (*OwlEventFunc) (const OwlEvent *event, gpointer user_data);

typedef enum { OWL_STOP_END, OWL_STOP_LENGTH, OWL_STOP_CONTEXT, OWL_STOP_CANCELLED } OwlStopReason;

typedef struct {
  gsize n_prompt;    /* positions of the prompt */
  gsize n_reused;    /* of which already in the KV cache */
  gsize n_generated; /* ids of the answer, without the end mark */
  gsize n_guessed;   /* of which had been guessed from the conversation, so that they took no pass over the weights of their own */
  double prefill_ms, decode_ms, first_token_ms;
  double decode_tok_s;
  OwlStopReason stop;
} OwlAnswerStats;

/* Finds the longest common prefix with what the KV cache holds, evaluates the rest and generates. The answer is returned in `text`
 * and `ids` (gint32, without the end mark; cut at a stop sequence) — each may be NULL. `stop_at_turns`: "\nHuman:" and "\nAI:" end the
 * answer and are cut. A cancel during generation is no error: what was generated is returned with stop = OWL_STOP_CANCELLED;
 * a cancel before the first word gives OWL_ERROR_CANCELLED. The session stays usable after either. */
gboolean owl_session_generate (OwlSession *session, const OwlPrompt *prompt, const OwlSampling *sampling, gsize max_tokens,
                               gboolean stop_at_turns, OwlEventFunc func, gpointer user_data, GCancellable *cancellable,
                               GString *text, GArray *ids, OwlAnswerStats *stats, GError **error);

/* Evaluates `prompt` ahead of a question, so that a later generate with the same beginning pays only for the rest. */
gboolean owl_session_prefill (OwlSession *session, const OwlPrompt *prompt, OwlEventFunc func, gpointer user_data,
                              GCancellable *cancellable, GError **error);

G_END_DECLS
