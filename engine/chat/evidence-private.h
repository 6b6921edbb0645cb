/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "chat/evidence.h"

G_BEGIN_DECLS

/* The two steps on plain attention probabilities. */

/* Passes the attention of an abstractor layer on: `reach` [n_queries, n_patches], what each query held of each patch before the layer, becomes
 * what it holds after it. `attention` [n_heads, n_queries, n_queries + 1 + n_patches] (the class token stands before the patches). Each query
 * keeps half of what it held: the residual. */
void owl_evidence_pass_layer (const float *attention, gsize n_heads, gsize n_queries, gsize n_patches, float *reach);

/* Adds the attention of decoder rows to keys [first, first + n): `attention` [n_heads, n_rows, n_keys] to `weights` [n]. */
void owl_evidence_add_rows (const float *attention, gsize n_heads, gsize n_rows, gsize n_keys, gsize first, gsize n, float *weights);

G_END_DECLS
