/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "tensor/types.h"

G_BEGIN_DECLS

/* Scaled dot-product attention with several heads, in float32: for each head
 *   out = softmax(scale · q kᵀ [+ slope · key position] [causal]) v.
 * Heads are consecutive slices of a row of q and out. A query's result has the same bits whichever queries come with it. */
typedef struct {
  int n_queries, n_keys;
  int n_heads, n_kv_heads; /* n_heads is a multiple of n_kv_heads */
  int head_dim;
  float scale;

  const float *q;  /* [n_queries, …], rows `q_stride` floats apart */
  gsize q_stride;
  const void *k, *v; /* keys and values of `kv_type`, rows `kv_stride` bytes apart, */
  OwlType kv_type;   /* F32, F16 or Q8_0; head_dim must be a multiple of its block length */
  gsize kv_stride;
  gsize kv_head_stride; /* heads so many bytes apart; 0: consecutive slices of a row */

  gboolean causal;    /* query i sees the keys 0 … position + i */
  int position;       /* key position of query 0 */
  const float *alibi; /* [n_heads] slopes, or NULL */

  float *out;           /* [n_queries, n_heads * head_dim] contiguous */
  float *probabilities; /* [n_heads, n_queries, n_keys] or NULL; zero where a key is not seen */
} OwlAttention;

/* FALSE when cancelled. */
gboolean owl_attention (OwlPool *pool, const OwlAttention *attention, GCancellable *cancellable);

G_END_DECLS
