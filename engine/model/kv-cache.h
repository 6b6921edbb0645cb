/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"
#include "tensor/types.h"

G_BEGIN_DECLS

/* Keys and values of a decoder, of `type` F32, F16 or Q8_0. Those of one head lie together, position after position, so that a query reads them
 * straight through. */
typedef struct {
  OwlType type;
  int n_layers, n_heads, n_positions, head_dim;
  gsize row_size, head_size; /* bytes of a position, and of all positions of a head */
  guint8 *keys, *values; /* [n_layers, n_heads, n_positions, head_dim]; pages are taken from the system as they are first written */
  gsize size;            /* bytes of each */
} OwlKvCache;

gboolean owl_kv_cache_init (OwlKvCache *cache, OwlType type, int n_layers, int n_heads, int n_positions, int head_dim, GError **error);
void owl_kv_cache_clear (OwlKvCache *cache);

/* First row of the first head of a layer. */
void *owl_kv_cache_keys (const OwlKvCache *cache, int layer);
void *owl_kv_cache_values (const OwlKvCache *cache, int layer);

/* Stores rows [n, n_heads * head_dim] of keys and values at `position`. */
void owl_kv_cache_store (OwlKvCache *cache, int layer, int position, gsize n, const float *keys, const float *values);

G_END_DECLS
