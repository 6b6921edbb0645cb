/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"

G_BEGIN_DECLS

/* Row-wise operations in float32. Rows are contiguous; `y` may be `x`. */

/* LayerNorm with biased variance: y = (x - mean) / sqrt(var + eps) * weight + bias. x, y [n, width]; weight, bias [width]. */
void owl_layer_norm (const float *x, gsize n, gsize width, const float *weight, const float *bias, float eps, float *y);

/* RMSNorm: y = weight * x / sqrt(mean(x²) + eps). x, y [n, width]; weight [width]. */
void owl_rms_norm (const float *x, gsize n, gsize width, const float *weight, float eps, float *y);

/* x[i] = x[i] · sigmoid(1.702 x[i]), CLIP's activation. */
void owl_quick_gelu (float *x, gsize n);

/* x[i] = 0.5 x (1 + tanh(0.79788456 x (1 + 0.044715 x²))), BLOOM's activation. */
void owl_tanh_gelu (float *x, gsize n);

/* gate[i] = silu(gate[i]) · up[i]. */
void owl_silu_multiply (float *gate, const float *up, gsize n);

/* y[i] += x[i]. */
void owl_add (float *y, const float *x, gsize n);

/* Calls `func` for ranges of rows that together are 0 … n - 1, on the threads of the pool when n rows of `width` values are enough work. */
typedef void (*OwlRowsFunc) (gsize first, gsize n, gpointer data);
void owl_run_rows (OwlPool *pool, gsize n, gsize width, OwlRowsFunc func, gpointer data);

/* In place over one row of `n` scores; stable. */
void owl_softmax (float *x, gsize n);

G_END_DECLS
