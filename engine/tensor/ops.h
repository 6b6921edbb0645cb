/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

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

/* In place over one row of `n` scores; stable. */
void owl_softmax (float *x, gsize n);

G_END_DECLS
