/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/language-private.h"

#include "tensor/ops.h"

#include <math.h>

/* Rotary embedding (arXiv 2104.09864) on rows [n, n_heads * head_dim]. GGUF files of this family hold q and k so that the two values of a
 * pair lie side by side. */
static void
rotate (const OwlLanguage *l, float *rows, gsize n, int n_heads, int position)
{
  for (gsize i = 0; i < n; i++) {
    for (int pair = 0; pair < l->rope_dims / 2; pair++) {
      float angle = (float) (position + (int) i) * l->rope_inverse[pair];
      float c = cosf (angle), s = sinf (angle);

      for (int head = 0; head < n_heads; head++) {
        float *v = rows + (i * n_heads + head) * l->head_dim + 2 * pair;
        float v0 = v[0], v1 = v[1];

        v[0] = v0 * c - v1 * s;
        v[1] = v0 * s + v1 * c;
      }
    }
  }
}

gboolean
owl_llama_layer (const OwlLanguageStep *s, int index)
{
  const OwlLanguage *l = s->language;
  const OwlLanguageLayer *layer = &l->layers[index];
  OwlLanguageBuffers *b = s->buffers;
  gsize width = l->width;

  owl_rms_norm (s->x, s->n, width, layer->attn_norm.weight, l->eps, b->normed);
  if (!owl_language_linear (s, &layer->q, b->normed, b->q) || !owl_language_linear (s, &layer->k, b->normed, b->k) ||
      !owl_language_linear (s, &layer->v, b->normed, b->v))
    return FALSE;
  rotate (l, b->q, s->n, l->n_heads, s->position);
  rotate (l, b->k, s->n, l->n_kv_heads, s->position);
  owl_kv_cache_store (s->cache, index, s->position, s->n, b->k, b->v);
  if (!owl_language_attend (s, index) || !owl_language_linear (s, &layer->out, b->mixed, b->normed))
    return FALSE;
  owl_add (s->x, b->normed, s->n * width);

  owl_rms_norm (s->x, s->n, width, layer->ffn_norm.weight, l->eps, b->normed);
  if (!owl_language_linear (s, &layer->gate, b->normed, b->gate) || !owl_language_linear (s, &layer->up, b->normed, b->up))
    return FALSE;
  owl_silu_multiply (b->gate, b->up, s->n * l->ffn_width);
  if (!owl_language_linear (s, &layer->down, b->gate, b->normed))
    return FALSE;
  owl_add (s->x, b->normed, s->n * width);
  return TRUE;
}
