/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/vision.h"

#include "base/big-memory.h"
#include "tensor/attention.h"
#include "tensor/matmul.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

/* norm1, norm2 and normk of the published abstractor keep PyTorch's default, whatever the configuration says. */
#define ABSTRACTOR_NORM_EPS 1e-5f

/* Activations of one picture; one allocation. n: vision tokens. */
typedef struct {
  float *x, *normed, *q, *k, *v, *mixed, *ffn; /* [n, width], ffn [n, ffn_width] */
} VitBuffers;

typedef struct {
  OwlPool *pool;
  OwlTrace *trace;
  GCancellable *cancellable;
} Context;

static gboolean
linear (const Context *c, const OwlLinear *layer, const float *x, gsize n, float *y)
{
  return owl_matmul (c->pool, &layer->weight, layer->bias, x, n, y, c->cancellable);
}

typedef struct {
  const OwlNorm *norm;
  float eps;
  gsize width;
  const float *x;
  float *y;
} NormRows;

static void
norm_rows (gsize first, gsize n, gpointer data)
{
  const NormRows *rows = data;
  gsize at = first * rows->width;

  owl_layer_norm (rows->x + at, n, rows->width, rows->norm->weight, rows->norm->bias, rows->eps, rows->y + at);
}

static void
layer_norm (const Context *c, const OwlNorm *norm, float eps, const float *x, gsize n, gsize width, float *y)
{
  NormRows rows = { norm, eps, width, x, y };

  owl_run_rows (c->pool, n, width, norm_rows, &rows);
}

/* Rows [n, width] of the feed-forward part. */
typedef struct {
  float *gate;
  const float *up; /* NULL: quick-GELU of gate */
  gsize width;
} ActivateRows;

static void
activate_rows (gsize first, gsize n, gpointer data)
{
  const ActivateRows *rows = data;
  gsize at = first * rows->width;

  if (rows->up)
    owl_silu_multiply (rows->gate + at, rows->up + at, n * rows->width);
  else
    owl_quick_gelu (rows->gate + at, n * rows->width);
}

static void
activate (const Context *c, float *gate, const float *up, gsize n, gsize width)
{
  ActivateRows rows = { gate, up, width };

  owl_run_rows (c->pool, n, width, activate_rows, &rows);
}

/* [3, size, size] → one row [3, patch, patch] for each patch, row by row; what does not fill a patch is dropped. */
static void
cut_patches (const OwlVision *vision, const float *pixels, float *patches)
{
  int size = vision->image_size, p = vision->patch_size, side = size / p;

  for (int py = 0; py < side; py++)
    for (int px = 0; px < side; px++)
      for (int channel = 0; channel < 3; channel++)
        for (int y = 0; y < p; y++, patches += p)
          memcpy (patches, pixels + ((gsize) channel * size + py * p + y) * size + px * p, p * sizeof (float));
}

static gboolean
embed_patches (const OwlVision *vision, const Context *c, const float *pixels, float *x)
{
  gsize width = vision->width, n = (gsize) vision->n_patches + 1;
  gsize values = 3u * vision->patch_size * vision->patch_size;
  g_autofree float *patches = g_new (float, MAX (vision->n_patches, 1) * values);

  cut_patches (vision, pixels, patches);
  memcpy (x, vision->class_embedding, width * sizeof (float));
  if (!linear (c, &vision->patch, patches, vision->n_patches, x + width))
    return FALSE;
  owl_add (x, vision->position_embedding, n * width);
  layer_norm (c, &vision->pre_norm, vision->eps, x, n, width, x);
  owl_trace_give (c->trace, "vit.embeddings", -1, x, n, width, 0);
  return TRUE;
}

static gboolean
vit_layer (const OwlVision *vision, int index, const Context *c, const VitBuffers *b, gsize n)
{
  const OwlVitLayer *layer = &vision->layers[index];
  gsize width = vision->width;
  g_autofree float *probabilities = NULL;
  int head_dim = vision->width / vision->n_heads;
  OwlAttention attention = {
    .n_queries = (int) n, .n_keys = (int) n, .n_heads = vision->n_heads, .n_kv_heads = vision->n_heads, .head_dim = head_dim,
    .scale = 1.0f / sqrtf ((float) head_dim), .q = b->q, .q_stride = width, .k = b->k, .v = b->v, .kv_type = OWL_TYPE_F32,
    .kv_stride = width * sizeof (float), .out = b->mixed,
  };

  if (owl_trace_wants (c->trace, "vit.attention", index))
    attention.probabilities = probabilities = g_new (float, vision->n_heads * n * n);
  layer_norm (c, &layer->ln1, vision->eps, b->x, n, width, b->normed);
  if (!linear (c, &layer->q, b->normed, n, b->q) || !linear (c, &layer->k, b->normed, n, b->k) ||
      !linear (c, &layer->v, b->normed, n, b->v) || !owl_attention (c->pool, &attention, c->cancellable) ||
      !linear (c, &layer->out, b->mixed, n, b->normed))
    return FALSE;
  if (probabilities)
    owl_trace_give (c->trace, "vit.attention", index, probabilities, vision->n_heads, n, n);
  owl_add (b->x, b->normed, n * width);

  layer_norm (c, &layer->ln2, vision->eps, b->x, n, width, b->normed);
  if (!linear (c, &layer->up, b->normed, n, b->ffn))
    return FALSE;
  activate (c, b->ffn, NULL, n, (gsize) vision->ffn_width);
  if (!linear (c, &layer->down, b->ffn, n, b->normed))
    return FALSE;
  owl_add (b->x, b->normed, n * width);
  return TRUE;
}

/* One layer of the abstractor; q [n_queries, width] is replaced, e [n, width] is the encoder's output. */
static gboolean
abstractor_layer (const OwlVision *vision, int index, const Context *c, float *q, const float *e, gsize n, float *scratch)
{
  const OwlAbstractorLayer *layer = &vision->abstractor[index];
  gsize width = vision->width, nq = vision->n_queries, n_kv = nq + n, ffn = (gsize) layer->gate.weight.ne[1];
  int head_dim = vision->width / vision->n_abstractor_heads;
  float *kv = scratch, *k = kv + n_kv * width, *v = k + n_kv * width, *query = v + n_kv * width;
  float *mixed = query + nq * width, *gate = mixed + nq * width, *up = gate + nq * ffn;
  g_autofree float *probabilities = NULL;
  OwlAttention attention = {
    .n_queries = (int) nq, .n_keys = (int) n_kv, .n_heads = vision->n_abstractor_heads, .n_kv_heads = vision->n_abstractor_heads,
    .head_dim = head_dim, .scale = 1.0f / sqrtf ((float) head_dim), .q = query, .q_stride = width, .k = k, .v = v,
    .kv_type = OWL_TYPE_F32, .kv_stride = width * sizeof (float), .out = mixed,
  };

  if (owl_trace_wants (c->trace, "abstractor.attention", index))
    attention.probabilities = probabilities = g_new (float, attention.n_heads * nq * n_kv);

  /* kv = [norm1(q) ; normk(e)]; the residual below adds to the normed queries, as published. */
  layer_norm (c, &layer->norm, ABSTRACTOR_NORM_EPS, q, nq, width, kv);
  layer_norm (c, &layer->kv_norm, ABSTRACTOR_NORM_EPS, e, n, width, kv + nq * width);
  if (!linear (c, &layer->q, kv, nq, query) || !linear (c, &layer->k, kv, n_kv, k) || !linear (c, &layer->v, kv, n_kv, v) ||
      !owl_attention (c->pool, &attention, c->cancellable) || !linear (c, &layer->out, mixed, nq, q))
    return FALSE;
  if (probabilities)
    owl_trace_give (c->trace, "abstractor.attention", index, probabilities, attention.n_heads, nq, n_kv);
  owl_add (q, kv, nq * width);

  layer_norm (c, &layer->ffn_norm, ABSTRACTOR_NORM_EPS, q, nq, width, mixed);
  if (!linear (c, &layer->gate, mixed, nq, gate) || !linear (c, &layer->up, mixed, nq, up))
    return FALSE;
  activate (c, gate, up, nq, ffn);
  layer_norm (c, &layer->ffn_sub_norm, vision->abstractor_eps, gate, nq, ffn, gate);
  if (!linear (c, &layer->down, gate, nq, mixed))
    return FALSE;
  owl_add (q, mixed, nq * width);
  owl_trace_give (c->trace, "abstractor.layer", index, q, nq, width, 0);
  return TRUE;
}

static gsize
abstractor_scratch_values (const OwlVision *vision, gsize n)
{
  gsize width = vision->width, nq = vision->n_queries, ffn = 0;

  for (int i = 0; i < vision->n_abstractor_layers; i++)
    ffn = MAX (ffn, (gsize) vision->abstractor[i].gate.weight.ne[1]);
  return 3 * (nq + n) * width + 2 * nq * width + 2 * nq * ffn;
}

/* Adds a tile's place to all of its queries, before they are projected: (row + column) / 2. */
static void
add_crop_position (const OwlVision *vision, int row, int column, float *queries)
{
  gsize width = vision->width;

  if (!vision->crop_rows)
    return;
  for (int i = 0; i < vision->n_queries; i++, queries += width)
    for (gsize j = 0; j < width; j++)
      queries[j] += (vision->crop_rows[row * width + j] + vision->crop_columns[column * width + j]) / 2.0f;
}

gboolean
owl_vision_encode (const OwlVision *vision, OwlPool *pool, const float *pixel_values, int row, int column, float *tokens, OwlTrace *trace,
                   void (*progress) (double fraction, gpointer data), gpointer data, GCancellable *cancellable)
{
  Context c = { pool, trace, cancellable };
  gsize n = (gsize) vision->n_patches + 1, width = vision->width, nq = vision->n_queries;
  gsize vit_values = n * (6 * width + (gsize) vision->ffn_width), all = vit_values + abstractor_scratch_values (vision, n);
  g_autofree float *memory = owl_big_memory_new (all * sizeof (float));
  VitBuffers b = { memory,
                   memory + n * width,
                   memory + 2 * n * width,
                   memory + 3 * n * width,
                   memory + 4 * n * width,
                   memory + 5 * n * width,
                   memory + 6 * n * width };
  g_autofree float *queries = g_memdup2 (vision->queries, nq * width * sizeof (float));
  float *scratch = memory + vit_values;
  int n_steps = vision->n_layers + vision->n_abstractor_layers;

  if (!memory)
    g_error ("No memory for the %" G_GSIZE_FORMAT " values of a picture", all);
  if (!embed_patches (vision, &c, pixel_values, b.x))
    return FALSE;
  for (int i = 0; i < vision->n_layers; i++) {
    if (!vit_layer (vision, i, &c, &b, n))
      return FALSE;
    owl_trace_give (trace, "vit.layer", i, b.x, n, width, 0);
    if (progress)
      progress ((i + 1) / (double) n_steps, data);
  }
  layer_norm (&c, &vision->post_norm, vision->eps, b.x, n, width, b.x);
  owl_trace_give (trace, "vit.output", -1, b.x, n, width, 0);

  for (int i = 0; i < vision->n_abstractor_layers; i++) {
    if (!abstractor_layer (vision, i, &c, queries, b.x, n, scratch))
      return FALSE;
    if (progress)
      progress ((vision->n_layers + i + 1) / (double) n_steps, data);
  }
  add_crop_position (vision, row, column, queries);
  if (!linear (&c, &vision->project, queries, nq, tokens))
    return FALSE;
  memcpy (tokens + nq * vision->out_width, vision->image_end, vision->out_width * sizeof (float));
  return TRUE;
}
