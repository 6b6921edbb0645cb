/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/language-private.h"

#include "tensor/ops.h"

#include <string.h>

/* Rows [Q|K|V] taken apart: q stays in place at the front of the buffer, packed to [n, width]. */
static void
split_qkv (OwlLanguageBuffers *b, gsize n, gsize width)
{
  for (gsize i = 0; i < n; i++) {
    const float *row = b->q + i * 3 * width;

    memcpy (b->k + i * width, row + width, width * sizeof (float));
    memcpy (b->v + i * width, row + 2 * width, width * sizeof (float));
    memmove (b->q + i * width, row, width * sizeof (float));
  }
}

gboolean
owl_bloom_layer (const OwlLanguageStep *s, int index)
{
  const OwlLanguage *l = s->language;
  const OwlLanguageLayer *layer = &l->layers[index];
  OwlLanguageBuffers *b = s->buffers;
  gsize width = l->width;

  owl_language_norm (s, &layer->attn_norm, s->x, b->normed);
  if (!owl_language_linear (s, &layer->q, b->normed, b->q))
    return FALSE;
  split_qkv (b, s->n, width);
  owl_kv_cache_store (s->cache, index, s->position, s->n, b->k, b->v);
  if (!owl_language_attend (s, index) || !owl_language_linear (s, &layer->out, b->mixed, b->normed))
    return FALSE;
  owl_add (s->x, b->normed, s->n * width);

  owl_language_norm (s, &layer->ffn_norm, s->x, b->normed);
  if (!owl_language_linear (s, &layer->up, b->normed, b->up))
    return FALSE;
  owl_language_activate (s);
  if (!owl_language_linear (s, &layer->down, b->up, b->normed))
    return FALSE;
  owl_add (s->x, b->normed, s->n * width);
  return TRUE;
}
