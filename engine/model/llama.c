/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/language-private.h"

#include "tensor/ops.h"

#include <math.h>

/* Rotary embedding (arXiv 2104.09864) on rows [n, n_heads * head_dim]; `turns` [n, rope_dims] holds cosine and sine of each pair. GGUF files of this family hold q and k so that the two values of a
 * pair lie side by side. */
static void
rotate (const OwlLanguage *l, float *rows, gsize n, int n_heads, const float *turns)
{
  int n_pairs = l->rope_dims / 2;

  for (gsize i = 0; i < n; i++, turns += 2 * n_pairs)
    for (int head = 0; head < n_heads; head++) {
      float *v = rows + (i * n_heads + head) * l->head_dim;

      for (int pair = 0; pair < n_pairs; pair++) {
        float c = turns[2 * pair], s = turns[2 * pair + 1], v0 = v[2 * pair], v1 = v[2 * pair + 1];

        v[2 * pair] = v0 * c - v1 * s;
        v[2 * pair + 1] = v0 * s + v1 * c;
      }
    }
}

static void
rotate_rows (gsize first, gsize n, gpointer data)
{
  const OwlLanguageStep *s = data;
  const OwlLanguage *l = s->language;
  const float *turns = s->buffers->turns + first * l->rope_dims;

  rotate (l, s->buffers->q + first * l->width, n, l->n_heads, turns);
  rotate (l, s->buffers->k + first * owl_language_get_kv_width (l), n, l->n_kv_heads, turns);
}

void
owl_llama_prepare (const OwlLanguageStep *s)
{
  const OwlLanguage *l = s->language;
  float *turns = s->buffers->turns;

  for (gsize i = 0; i < s->n; i++)
    for (int pair = 0; pair < l->rope_dims / 2; pair++, turns += 2) {
      float angle = (float) (s->position + (int) i) * l->rope_inverse[pair];

      turns[0] = cosf (angle);
      turns[1] = sinf (angle);
    }
}

gboolean
owl_llama_layer (const OwlLanguageStep *s, int index)
{
  const OwlLanguage *l = s->language;
  const OwlLanguageLayer *layer = &l->layers[index];
  OwlLanguageBuffers *b = s->buffers;
  gsize width = l->width;

  owl_language_norm (s, &layer->attn_norm, s->x, b->normed);
  if (!owl_language_linear (s, &layer->q, b->normed, b->q) || !owl_language_linear (s, &layer->k, b->normed, b->k) ||
      !owl_language_linear (s, &layer->v, b->normed, b->v))
    return FALSE;
  owl_run_rows (s->pool, s->n, width, rotate_rows, (gpointer) s);
  owl_kv_cache_store (s->cache, index, s->position, s->n, b->k, b->v);
  if (!owl_language_attend (s, index) || !owl_language_linear (s, &layer->out, b->mixed, b->normed))
    return FALSE;
  owl_add (s->x, b->normed, s->n * width);

  owl_language_norm (s, &layer->ffn_norm, s->x, b->normed);
  if (!owl_language_linear (s, &layer->gate, b->normed, b->gate) || !owl_language_linear (s, &layer->up, b->normed, b->up))
    return FALSE;
  owl_language_activate (s);
  if (!owl_language_linear (s, &layer->down, b->gate, b->normed))
    return FALSE;
  owl_add (s->x, b->normed, s->n * width);
  return TRUE;
}
