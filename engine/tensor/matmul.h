/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "tensor/types.h"

G_BEGIN_DECLS

/* y = x Wᵀ + bias, for a weight W [out, in] of any storage type (w->ne = {in, out}).
 * x [n, in], y [n, out], both contiguous float32; `bias` [out] or NULL. Weights are widened to float32 block by block.
 * FALSE when `cancellable` was triggered (y is then incomplete); it is looked at inside the product too. */
gboolean owl_matmul (OwlPool *pool, const OwlTensor *w, const float *bias, const float *x, gsize n, float *y,
                     GCancellable *cancellable);

/* y += scale · x Wᵀ. */
gboolean owl_matmul_add (OwlPool *pool, const OwlTensor *w, float scale, const float *x, gsize n, float *y,
                         GCancellable *cancellable);

G_END_DECLS
