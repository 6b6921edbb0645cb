/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "files/gguf.h"

G_BEGIN_DECLS

/* A linear layer: y = x Wᵀ + bias. `slot` numbers the layers that an adapter may change (see lora.h), -1 for none. */
typedef struct {
  OwlTensor weight; /* ne = {in, out} */
  const float *bias; /* [out] or NULL */
  int slot;
} OwlLinear;

/* Weight and bias of a norm; `bias` NULL for RMSNorm. */
typedef struct {
  const float *weight;
  const float *bias;
} OwlNorm;

/* Takes tensors out of one file: checks that each is there and has the shape that is expected. Small float tensors that are not stored
 * as float32 are widened into memory that `owned` keeps. After the first failure every call does nothing, so that a loader
 * reads as a list; the caller looks at `error` once at the end.
 *
 *   OwlWeights weights = owl_weights (file, owned, error);
 *   owl_weights_norm (&weights, width, &layer->attn_norm, "blk.%d.attn_norm", i); */
typedef struct {
  const OwlGguf *file;
  GPtrArray *owned; /* frees with g_free */
  GError **error;
  gboolean failed;
} OwlWeights;

/* A matrix {in, out}; `in` or `out` 0 accepts any. The name is a printf format; ".weight" is added. */
void owl_weights_linear (OwlWeights *weights, gint64 in, gint64 out, gboolean with_bias, OwlLinear *linear, const char *format, ...)
    G_GNUC_PRINTF (6, 7);
/* ".weight" and ".bias" of [width]. */
void owl_weights_layer_norm (OwlWeights *weights, gint64 width, OwlNorm *norm, const char *format, ...) G_GNUC_PRINTF (4, 5);
/* ".weight" of [width]. */
void owl_weights_rms_norm (OwlWeights *weights, gint64 width, OwlNorm *norm, const char *format, ...) G_GNUC_PRINTF (4, 5);
/* All values of a tensor with `ne0` x `ne1` values as float32; the full name. */
const float *owl_weights_values (OwlWeights *weights, gint64 ne0, gint64 ne1, const char *name);
/* Numbers; an absent or unreasonable one fails. */
int owl_weights_int (OwlWeights *weights, gint64 min, gint64 max, const char *format, ...) G_GNUC_PRINTF (4, 5);
float owl_weights_float (OwlWeights *weights, const char *format, ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
