/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/kv-cache.h"

#include "tensor/kernels.h"

#include <sys/mman.h>

static guint8 *
map_zero (gsize size)
{
  void *memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  return memory == MAP_FAILED ? NULL : memory;
}

gboolean
owl_kv_cache_init (OwlKvCache *cache, OwlType type, int n_layers, int n_positions, int width, GError **error)
{
  gsize rows, size;

  *cache = (OwlKvCache){ .type = type, .n_layers = n_layers, .n_positions = n_positions, .width = width };
  cache->row_size = owl_type_row_size (type, width);
  if (cache->row_size == 0 || !g_size_checked_mul (&rows, (gsize) n_layers, (gsize) n_positions) ||
      !g_size_checked_mul (&size, rows, cache->row_size) || size == 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "a context of %d positions with keys of %d values as %s cannot be held",
                 n_positions, width, owl_type_name (type));
    return FALSE;
  }
  cache->size = size;
  cache->keys = map_zero (size);
  cache->values = map_zero (size);
  if (!cache->keys || !cache->values) {
    owl_kv_cache_clear (cache);
    g_set_error (error, OWL_ERROR, OWL_ERROR_MEMORY,
                 "not enough memory for a context of %d positions (%" G_GSIZE_FORMAT " MB); choose a smaller context",
                 n_positions, 2 * size >> 20);
    return FALSE;
  }
  return TRUE;
}

void
owl_kv_cache_clear (OwlKvCache *cache)
{
  if (cache->keys)
    munmap (cache->keys, cache->size);
  if (cache->values)
    munmap (cache->values, cache->size);
  cache->keys = cache->values = NULL;
}

void *
owl_kv_cache_keys (const OwlKvCache *cache, int layer)
{
  return cache->keys + (gsize) layer * cache->n_positions * cache->row_size;
}

void *
owl_kv_cache_values (const OwlKvCache *cache, int layer)
{
  return cache->values + (gsize) layer * cache->n_positions * cache->row_size;
}

void
owl_kv_cache_store (OwlKvCache *cache, int layer, int position, gsize n, const float *keys, const float *values)
{
  gsize at = (gsize) position * cache->row_size, count = n * cache->width;

  guint8 *k = (guint8 *) owl_kv_cache_keys (cache, layer) + at, *v = (guint8 *) owl_kv_cache_values (cache, layer) + at;

  /* Rows are contiguous and hold whole blocks, so all of them convert as one. */
  if (cache->type == OWL_TYPE_F16) {
    owl_kernels ()->narrow (keys, (guint16 *) (void *) k, count);
    owl_kernels ()->narrow (values, (guint16 *) (void *) v, count);
    return;
  }
  owl_type_from_f32 (cache->type, keys, k, count);
  owl_type_from_f32 (cache->type, values, v, count);
}
