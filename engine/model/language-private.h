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

/* One layer of each family; FALSE when cancelled. */
gboolean owl_llama_layer (const OwlLanguageStep *step, int layer);
gboolean owl_bloom_layer (const OwlLanguageStep *step, int layer);

/* buffers->q [n, width] against the cache of `layer` → buffers->mixed [n, width]. */
gboolean owl_language_attend (const OwlLanguageStep *step, int layer);

/* A linear layer with the session's adapters. */
gboolean owl_language_linear (const OwlLanguageStep *step, const OwlLinear *linear, const float *x, float *y);

G_END_DECLS
