/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "model/language.h"
#include "tensor/attention.h"

G_BEGIN_DECLS

/* One evaluation on its way through the layers. */
typedef struct {
  const OwlLanguage *language;
  OwlPool *pool;
  const OwlAdapterSet *adapters;
  OwlKvCache *cache;
  OwlLanguageBuffers *buffers;
  OwlTrace *trace;
  GCancellable *cancellable;
  float *x; /* [n, width], the residual stream */
  gsize n;
  int position; /* of row 0 */
} OwlLanguageStep;

/* Computes the rotations of a step's positions, the same for all layers. */
void owl_llama_prepare (const OwlLanguageStep *step);

/* One layer of each family; FALSE when cancelled. */
gboolean owl_llama_layer (const OwlLanguageStep *step, int layer);
gboolean owl_bloom_layer (const OwlLanguageStep *step, int layer);

/* buffers->q [n, width] against the cache of `layer` → buffers->mixed [n, width]. */
gboolean owl_language_attend (const OwlLanguageStep *step, int layer);

/* y [n, width] = the norm of x [n, width] (RMSNorm without a bias, LayerNorm with one), on all threads. */
void owl_language_norm (const OwlLanguageStep *step, const OwlNorm *norm, const float *x, float *y);

/* The activation on buffers->gate and ->up [n, ffn_width]: silu(gate) · up into gate for LLaMA, GELU of up for BLOOM. */
void owl_language_activate (const OwlLanguageStep *step);

/* A linear layer with the session's adapters. */
gboolean owl_language_linear (const OwlLanguageStep *step, const OwlLinear *linear, const float *x, float *y);

G_END_DECLS
