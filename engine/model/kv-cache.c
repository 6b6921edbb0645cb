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
owl_kv_cache_init (OwlKvCache *cache, OwlType type, int n_layers, int n_heads, int n_positions, int head_dim, GError **error)
{
  gsize heads, size;

  *cache = (OwlKvCache){ .type = type, .n_layers = n_layers, .n_heads = n_heads, .n_positions = n_positions, .head_dim = head_dim };
  cache->row_size = owl_type_row_size (type, head_dim);
  if (cache->row_size == 0 || !g_size_checked_mul (&heads, (gsize) n_layers, (gsize) n_heads) ||
      !g_size_checked_mul (&cache->head_size, (gsize) n_positions, cache->row_size) ||
      !g_size_checked_mul (&size, heads, cache->head_size) || size == 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "a context of %d positions with heads of %d values as %s cannot be held", n_positions,
                 head_dim, owl_type_name (type));
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
  return cache->keys + (gsize) (layer * cache->n_heads) * cache->head_size;
}

void *
owl_kv_cache_values (const OwlKvCache *cache, int layer)
{
  return cache->values + (gsize) (layer * cache->n_heads) * cache->head_size;
}

/* Rows [n, n_heads * head_dim] to their heads. */
static void
store_rows (const OwlKvCache *cache, guint8 *heads, int position, gsize n, const float *rows)
{
  gsize dim = (gsize) cache->head_dim;

  for (gsize i = 0; i < n; i++)
    for (int head = 0; head < cache->n_heads; head++, rows += dim) {
      guint8 *row = heads + (gsize) head * cache->head_size + ((gsize) position + i) * cache->row_size;

      if (cache->type == OWL_TYPE_F16)
        owl_kernels ()->narrow (rows, (guint16 *) (void *) row, dim);
      else
        owl_type_from_f32 (cache->type, rows, row, dim);
    }
}

void
owl_kv_cache_store (OwlKvCache *cache, int layer, int position, gsize n, const float *keys, const float *values)
{
  store_rows (cache, owl_kv_cache_keys (cache, layer), position, n, keys);
  store_rows (cache, owl_kv_cache_values (cache, layer), position, n, values);
}
