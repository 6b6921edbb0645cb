/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/language.h"

#include "model/language-private.h"
#include "tensor/matmul.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

/* Limits against hostile files: far above any published decoder of these families. */
#define MAX_LAYERS 256
#define MAX_HEADS 256
#define MAX_WIDTH 32768
#define MAX_CONTEXT (1 << 17)
#define DEFAULT_CONTEXT 2048

static gboolean
refuse (OwlWeights *w, OwlErrorCode code, const char *why)
{
  if (!w->failed)
    g_set_error (w->error, OWL_ERROR, code, "%s: %s", owl_gguf_get_path (w->file), why);
  w->failed = TRUE;
  return FALSE;
}

/* An optional key. */
static int
int_or (OwlWeights *w, gint64 min, gint64 max, const char *key, int fallback)
{
  return owl_gguf_has_key (w->file, key) ? owl_weights_int (w, min, max, "%s", key) : fallback;
}

static void
load_sizes (OwlLanguage *l, OwlWeights *w, const char *arch)
{
  g_autofree char *context = g_strconcat (arch, ".context_length", NULL);
  g_autofree char *kv_heads = g_strconcat (arch, ".attention.head_count_kv", NULL);

  l->width = owl_weights_int (w, 1, MAX_WIDTH, "%s.embedding_length", arch);
  l->n_layers = owl_weights_int (w, 1, MAX_LAYERS, "%s.block_count", arch);
  l->n_heads = owl_weights_int (w, 1, MAX_HEADS, "%s.attention.head_count", arch);
  l->ffn_width = owl_weights_int (w, 1, MAX_WIDTH * 8, "%s.feed_forward_length", arch);
  l->n_kv_heads = int_or (w, 1, MAX_HEADS, kv_heads, l->n_heads);
  l->context_length = int_or (w, 1, 1 << 24, context, DEFAULT_CONTEXT);
  l->context_length = MIN (l->context_length, MAX_CONTEXT);
  if (w->failed)
    return;
  if (l->width % l->n_heads != 0 || l->n_heads % l->n_kv_heads != 0)
    refuse (w, OWL_ERROR_FORMAT, "the number of attention heads does not divide the width");
  l->head_dim = l->width / l->n_heads;
}

static void
load_rope (OwlLanguage *l, OwlWeights *w)
{
  const char *scaling = owl_gguf_get_string (w->file, "llama.rope.scaling.type");
  double base = 10000.0, factor = 1.0;
  const float *divisors = NULL;

  if (w->failed)
    return;
  l->rope_dims = int_or (w, 2, l->head_dim, "llama.rope.dimension_count", l->head_dim);
  owl_gguf_get_float (w->file, "llama.rope.freq_base", &base);
  if (scaling && strcmp (scaling, "linear") == 0)
    owl_gguf_get_float (w->file, "llama.rope.scaling.factor", &factor);
  else if (scaling && strcmp (scaling, "none") != 0) {
    refuse (w, OWL_ERROR_UNSUPPORTED, "this kind of rotary scaling is not supported");
    return;
  }
  if (l->rope_dims % 2 != 0 || !(base > 0.0) || !isfinite (base) || !(factor > 0.0) || !isfinite (factor)) {
    refuse (w, OWL_ERROR_FORMAT, "the rotary embedding's numbers make no sense");
    return;
  }
  if (owl_gguf_find_tensor (w->file, "rope_freqs.weight"))
    divisors = owl_weights_values (w, l->rope_dims / 2, 1, "rope_freqs.weight");
  l->rope_inverse = g_new (float, l->rope_dims / 2);
  for (int i = 0; i < l->rope_dims / 2; i++) {
    l->rope_inverse[i] = (float) (1.0 / pow (base, 2.0 * i / l->rope_dims) / factor);
    if (divisors)
      l->rope_inverse[i] /= divisors[i];
  }
}

static void
load_llama (OwlLanguage *l, OwlWeights *w)
{
  gint64 width = l->width, kv = (gint64) l->n_kv_heads * l->head_dim, ffn = l->ffn_width;

  l->eps = owl_weights_float (w, "llama.attention.layer_norm_rms_epsilon");
  load_rope (l, w);
  for (int i = 0; i < l->n_layers && !w->failed; i++) {
    OwlLanguageLayer *layer = &l->layers[i];

    owl_weights_rms_norm (w, width, &layer->attn_norm, "blk.%d.attn_norm", i);
    owl_weights_linear (w, width, width, FALSE, &layer->q, "blk.%d.attn_q", i);
    owl_weights_linear (w, width, kv, FALSE, &layer->k, "blk.%d.attn_k", i);
    owl_weights_linear (w, width, kv, FALSE, &layer->v, "blk.%d.attn_v", i);
    owl_weights_linear (w, width, width, FALSE, &layer->out, "blk.%d.attn_output", i);
    owl_weights_rms_norm (w, width, &layer->ffn_norm, "blk.%d.ffn_norm", i);
    owl_weights_linear (w, width, ffn, FALSE, &layer->gate, "blk.%d.ffn_gate", i);
    owl_weights_linear (w, width, ffn, FALSE, &layer->up, "blk.%d.ffn_up", i);
    owl_weights_linear (w, ffn, width, FALSE, &layer->down, "blk.%d.ffn_down", i);
  }
  owl_weights_rms_norm (w, width, &l->output_norm, "output_norm");
}

/* Slopes of arXiv 2108.12409, with BLOOM's rule for head counts that are not a power of two. */
static void
compute_alibi (OwlLanguage *l)
{
  int closest = 1;

  while (closest * 2 <= l->n_heads)
    closest *= 2;
  l->alibi = g_new (float, l->n_heads);
  for (int i = 0; i < l->n_heads; i++)
    l->alibi[i] = (float) (i < closest ? exp2 (-8.0 * (i + 1) / closest) : exp2 (-4.0 * (2 * (i - closest) + 1) / closest));
}

static void
load_bloom (OwlLanguage *l, OwlWeights *w)
{
  gint64 width = l->width, ffn = l->ffn_width;

  l->eps = owl_weights_float (w, "bloom.attention.layer_norm_epsilon");
  if (!w->failed && l->n_kv_heads != l->n_heads)
    refuse (w, OWL_ERROR_UNSUPPORTED, "a BLOOM with shared key heads is not supported");
  compute_alibi (l);
  owl_weights_layer_norm (w, width, &l->embedding_norm, "token_embd_norm");
  for (int i = 0; i < l->n_layers && !w->failed; i++) {
    OwlLanguageLayer *layer = &l->layers[i];

    owl_weights_layer_norm (w, width, &layer->attn_norm, "blk.%d.attn_norm", i);
    owl_weights_linear (w, width, 3 * width, TRUE, &layer->q, "blk.%d.attn_qkv", i);
    owl_weights_linear (w, width, width, TRUE, &layer->out, "blk.%d.attn_output", i);
    owl_weights_layer_norm (w, width, &layer->ffn_norm, "blk.%d.ffn_norm", i);
    owl_weights_linear (w, width, ffn, TRUE, &layer->up, "blk.%d.ffn_up", i);
    owl_weights_linear (w, ffn, width, TRUE, &layer->down, "blk.%d.ffn_down", i);
  }
  owl_weights_layer_norm (w, width, &l->output_norm, "output_norm");
}

static void
number_slots (OwlLanguage *l)
{
  for (int i = 0; i < l->n_layers; i++) {
    OwlLanguageLayer *layer = &l->layers[i];
    OwlLinear *const linears[OWL_N_SLOTS] = {
      [OWL_SLOT_Q] = &layer->q,       [OWL_SLOT_K] = &layer->k,   [OWL_SLOT_V] = &layer->v,       [OWL_SLOT_OUT] = &layer->out,
      [OWL_SLOT_GATE] = &layer->gate, [OWL_SLOT_UP] = &layer->up, [OWL_SLOT_DOWN] = &layer->down,
    };

    for (int slot = 0; slot < OWL_N_SLOTS; slot++)
      linears[slot]->slot = linears[slot]->weight.data ? i * OWL_N_SLOTS + slot : -1;
  }
}

OwlLanguage *
owl_language_open (const char *path, GError **error)
{
  g_autoptr (OwlLanguage) l = g_new0 (OwlLanguage, 1);
  OwlWeights w = { .error = error };
  OwlLinear embedding = { .slot = -1 };
  const char *arch;

  l->file = owl_gguf_open (path, error);
  if (!l->file)
    return NULL;
  l->owned = g_ptr_array_new_with_free_func (g_free);
  arch = owl_gguf_get_string (l->file, "general.architecture");
  if (g_strcmp0 (arch, "llama") != 0 && g_strcmp0 (arch, "bloom") != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: architecture %s is neither llama nor bloom", path,
                 arch ? arch : "(none)");
    return NULL;
  }
  l->architecture = strcmp (arch, "llama") == 0 ? OWL_ARCH_LLAMA : OWL_ARCH_BLOOM;
  w.file = l->file;
  w.owned = l->owned;

  load_sizes (l, &w, arch);
  owl_weights_linear (&w, l->width, 0, FALSE, &embedding, "token_embd");
  if (w.failed)
    return NULL;
  l->embedding = embedding.weight;
  l->n_vocabulary = embedding.weight.ne[1];
  l->layers = g_new0 (OwlLanguageLayer, l->n_layers);
  if (l->architecture == OWL_ARCH_LLAMA)
    load_llama (l, &w);
  else
    load_bloom (l, &w);

  /* A tied output may be left out of the file. */
  if (owl_gguf_find_tensor (l->file, "output.weight"))
    owl_weights_linear (&w, l->width, l->n_vocabulary, FALSE, &l->output, "output");
  else
    l->output = (OwlLinear){ .weight = l->embedding, .slot = -1 };
  if (w.failed)
    return NULL;
  number_slots (l);
  l->output.slot = -1;
  return g_steal_pointer (&l);
}

void
owl_language_free (OwlLanguage *l)
{
  if (!l)
    return;
  g_clear_pointer (&l->owned, g_ptr_array_unref);
  g_clear_pointer (&l->file, owl_gguf_unref);
  g_free (l->layers);
  g_free (l->rope_inverse);
  g_free (l->alibi);
  g_free (l);
}

int
owl_language_get_kv_width (const OwlLanguage *l)
{
  return l->n_kv_heads * l->head_dim;
}

void
owl_language_embed (const OwlLanguage *l, gint32 id, float *row)
{
  owl_tensor_row_f32 (&l->embedding, id >= 0 && id < l->n_vocabulary ? id : 0, row);
  if (l->embedding_norm.weight)
    owl_layer_norm (row, 1, l->width, l->embedding_norm.weight, l->embedding_norm.bias, l->eps, row);
}

void
owl_language_buffers_init (OwlLanguageBuffers *b, const OwlLanguage *l, gsize n)
{
  gsize width = l->width, kv = (gsize) owl_language_get_kv_width (l), ffn = l->ffn_width;
  gsize q = l->architecture == OWL_ARCH_BLOOM ? 3 * width : width;
  float *p;

  b->n = n;
  b->memory = p = g_new (float, n * (2 * width + q + 2 * kv + 2 * ffn + (gsize) l->rope_dims));
  b->normed = p;
  b->mixed = p += n * width;
  b->q = p += n * width;
  b->k = p += n * q;
  b->v = p += n * kv;
  b->gate = p += n * kv;
  b->up = p += n * ffn;
  b->turns = p + n * ffn;
  b->lora = NULL;
}

void
owl_language_buffers_clear (OwlLanguageBuffers *b)
{
  g_clear_pointer (&b->memory, g_free);
  g_clear_pointer (&b->lora, g_free);
}

gboolean
owl_language_attend (const OwlLanguageStep *s, int layer)
{
  const OwlLanguage *l = s->language;
  gboolean last = layer == l->n_layers - 1;
  g_autofree float *probabilities = NULL;
  gsize n_keys = (gsize) s->position + s->n;
  OwlAttention attention = {
    .n_queries = (int) s->n,
    .n_keys = (int) n_keys,
    .n_heads = l->n_heads,
    .n_kv_heads = l->n_kv_heads,
    .head_dim = l->head_dim,
    .scale = 1.0f / sqrtf ((float) l->head_dim),
    .q = s->buffers->q,
    .q_stride = l->width,
    .k = owl_kv_cache_keys (s->cache, layer),
    .v = owl_kv_cache_values (s->cache, layer),
    .kv_type = s->cache->type,
    .kv_stride = s->cache->row_size,
    .kv_head_stride = s->cache->head_size,
    .causal = TRUE,
    .position = s->position,
    .alibi = l->alibi,
    .out = s->buffers->mixed,
  };

  if ((last && owl_trace_wants (s->trace, "decoder.attention", -1)) || owl_trace_wants (s->trace, "decoder.attention", layer))
    attention.probabilities = probabilities = g_new (float, l->n_heads * s->n * n_keys);
  if (!owl_attention (s->pool, &attention, s->cancellable))
    return FALSE;
  if (probabilities && last)
    owl_trace_give (s->trace, "decoder.attention", -1, probabilities, l->n_heads, s->n, n_keys);
  if (probabilities)
    owl_trace_give (s->trace, "decoder.attention", layer, probabilities, l->n_heads, s->n, n_keys);
  return TRUE;
}

gboolean
owl_language_linear (const OwlLanguageStep *s, const OwlLinear *linear, const float *x, float *y)
{
  return owl_lora_linear (s->pool, linear, s->adapters, x, s->n, y, s->buffers->lora, s->cancellable);
}

typedef struct {
  const OwlLanguageStep *step;
  const OwlNorm *norm;
  const float *x;
  float *y;
} NormRows;

static void
norm_rows (gsize first, gsize n, gpointer data)
{
  const NormRows *rows = data;
  const OwlLanguage *l = rows->step->language;
  gsize width = (gsize) l->width;

  if (rows->norm->bias)
    owl_layer_norm (rows->x + first * width, n, width, rows->norm->weight, rows->norm->bias, l->eps, rows->y + first * width);
  else
    owl_rms_norm (rows->x + first * width, n, width, rows->norm->weight, l->eps, rows->y + first * width);
}

void
owl_language_norm (const OwlLanguageStep *s, const OwlNorm *norm, const float *x, float *y)
{
  NormRows rows = { s, norm, x, y };

  owl_run_rows (s->pool, s->n, (gsize) s->language->width, norm_rows, &rows);
}

static void
activate_rows (gsize first, gsize n, gpointer data)
{
  const OwlLanguageStep *s = data;
  gsize width = (gsize) s->language->ffn_width;

  if (s->language->architecture == OWL_ARCH_LLAMA)
    owl_silu_multiply (s->buffers->gate + first * width, s->buffers->up + first * width, n * width);
  else
    owl_tanh_gelu (s->buffers->up + first * width, n * width);
}

void
owl_language_activate (const OwlLanguageStep *s)
{
  owl_run_rows (s->pool, s->n, (gsize) s->language->ffn_width, activate_rows, (gpointer) s);
}

gboolean
owl_language_forward (const OwlLanguage *l, OwlPool *pool, const OwlAdapterSet *adapters, OwlKvCache *cache,
                      OwlLanguageBuffers *buffers, float *x, gsize n, int position, OwlTrace *trace,
                      GCancellable *cancellable)
{
  OwlLanguageStep step = { l, pool, adapters, cache, buffers, trace, cancellable, x, n, position };
  int rank = owl_adapter_set_max_rank (adapters);

  if (rank > 0 && !buffers->lora)
    buffers->lora = g_new (float, buffers->n * rank);
  if (l->architecture == OWL_ARCH_LLAMA)
    owl_llama_prepare (&step);
  for (int i = 0; i < l->n_layers; i++) {
    if (!(l->architecture == OWL_ARCH_LLAMA ? owl_llama_layer (&step, i) : owl_bloom_layer (&step, i)))
      return FALSE;
    if (i < l->n_layers - 1)
      owl_trace_give (trace, "decoder.layer", i, x, n, l->width, 0);
  }
  owl_language_norm (&step, &l->output_norm, x, x);
  owl_trace_give (trace, "decoder.layer", l->n_layers - 1, x, n, l->width, 0);
  return TRUE;
}

gboolean
owl_language_logits (const OwlLanguage *l, OwlPool *pool, const float *hidden, gsize n, float *logits,
                     GCancellable *cancellable)
{
  return owl_matmul (pool, &l->output.weight, NULL, hidden, n, logits, cancellable);
}
