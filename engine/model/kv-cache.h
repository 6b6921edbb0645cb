/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"
#include "tensor/types.h"

G_BEGIN_DECLS

/* Keys and values of a decoder, by layer and position: rows of `width` values of `type` (F32, F16 or Q8_0). */
typedef struct {
  OwlType type;
  int n_layers, n_positions, width;
  gsize row_size; /* bytes */
  guint8 *keys, *values; /* [n_layers, n_positions] rows; pages are taken from the system as they are first written */
  gsize size;            /* bytes of each */
} OwlKvCache;

gboolean owl_kv_cache_init (OwlKvCache *cache, OwlType type, int n_layers, int n_positions, int width, GError **error);
void owl_kv_cache_clear (OwlKvCache *cache);

/* First row of a layer. */
void *owl_kv_cache_keys (const OwlKvCache *cache, int layer);
void *owl_kv_cache_values (const OwlKvCache *cache, int layer);

/* Stores rows [n, width] of keys and values at `position`. */
void owl_kv_cache_store (OwlKvCache *cache, int layer, int position, gsize n, const float *keys, const float *values);

G_END_DECLS
