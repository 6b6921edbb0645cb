/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "model/kv-cache.h"
#include "model/lora.h"
#include "model/trace.h"
#include "model/weights.h"

G_BEGIN_DECLS

/* f_L: the decoder, LLaMA or BLOOM, from `language.gguf`. */
typedef enum { OWL_ARCH_LLAMA, OWL_ARCH_BLOOM } OwlArchitecture;

/* The layers an adapter may change; OwlLinear.slot = layer * OWL_N_SLOTS + one of these. */
enum { OWL_SLOT_Q, OWL_SLOT_K, OWL_SLOT_V, OWL_SLOT_OUT, OWL_SLOT_GATE, OWL_SLOT_UP, OWL_SLOT_DOWN, OWL_N_SLOTS };

typedef struct {
  OwlNorm attn_norm, ffn_norm;
  OwlLinear q, k, v; /* BLOOM has them as one matrix, in `q` [3 · width] as [Q|K|V] */
  OwlLinear out, gate, up, down; /* BLOOM has no gate */
} OwlLanguageLayer;

typedef struct {
  OwlGguf *file;
  GPtrArray *owned;
  OwlArchitecture architecture;

  int width, n_layers, n_heads, n_kv_heads, head_dim, ffn_width, context_length;
  gint64 n_vocabulary; /* rows of the embedding */
  float eps;
  float rope_base;
  int rope_dims;        /* leading dimensions of a head that are rotated */
  float *rope_inverse;  /* [rope_dims / 2] */
  float *alibi;         /* [n_heads], BLOOM */

  OwlTensor embedding;   /* {width, n_vocabulary} */
  OwlNorm embedding_norm; /* BLOOM: for text, not for visual tokens */
  OwlLanguageLayer *layers;
  OwlNorm output_norm;
  OwlLinear output;
} OwlLanguage;

OwlLanguage *owl_language_open (const char *path, GError **error);
void owl_language_free (OwlLanguage *language);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlLanguage, owl_language_free)

/* Width of a row of keys or values. */
int owl_language_get_kv_width (const OwlLanguage *language);

/* The input row of a token id: its embedding, for BLOOM through the embedding norm. `row` [width]. Ids out of range count as id 0. */
void owl_language_embed (const OwlLanguage *language, gint32 id, float *row);

/* Working memory for `n` positions at once. */
typedef struct {
  gsize n; /* most positions */
  float *memory;
  float *normed, *q, *k, *v, *mixed, *gate, *up, *turns, *lora;
} OwlLanguageBuffers;
void owl_language_buffers_init (OwlLanguageBuffers *buffers, const OwlLanguage *language, gsize n);
void owl_language_buffers_clear (OwlLanguageBuffers *buffers);

/* Evaluates `n` positions from `position` on: x [n, width] goes in as input rows and comes out as the last layer's output
 * after the final norm; keys and values are stored in the cache, whose earlier positions must be filled. FALSE when cancelled
 * (the cache is then undefined from `position` on). */
gboolean owl_language_forward (const OwlLanguage *language, OwlPool *pool, const OwlAdapterSet *adapters, OwlKvCache *cache,
                               OwlLanguageBuffers *buffers, float *x, gsize n, int position, OwlTrace *trace,
                               GCancellable *cancellable);

/* logits [n, n_vocabulary] from hidden rows [n, width] as the above leaves them. */
gboolean owl_language_logits (const OwlLanguage *language, OwlPool *pool, const float *hidden, gsize n, float *logits,
                              GCancellable *cancellable);

G_END_DECLS
