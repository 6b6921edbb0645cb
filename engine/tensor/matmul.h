/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "tensor/types.h"

G_BEGIN_DECLS

/* y = x Wᵀ + bias, for a weight W [out, in] of any storage type (w->ne = {in, out}), packed or not (packing on the way costs time).
 * x [n, in], y [n, out], both contiguous float32; `bias` [out] or NULL. F32, F16 and BF16 weights are multiplied in float32; against
 * quantised weights x is rounded to 8 bits in blocks of 32. A row of y does not depend on the other rows: it has the same bits whatever n is.
 * FALSE when `cancellable` was triggered (y is then incomplete); it is looked at inside the product too. */
gboolean owl_matmul (OwlPool *pool, const OwlTensor *w, const float *bias, const float *x, gsize n, float *y,
                     GCancellable *cancellable);

/* y += scale · x Wᵀ. */
gboolean owl_matmul_add (OwlPool *pool, const OwlTensor *w, float scale, const float *x, gsize n, float *y,
                         GCancellable *cancellable);

G_END_DECLS
