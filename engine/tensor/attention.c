/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/attention.h"

#include "tensor/ops.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Queries that share one task: enough for a good product, few enough that causal blocks skip most unseen keys. */
#define QUERY_BLOCK 64

typedef struct {
  OwlPool *pool;
  const OwlAttention *a;
  int n_blocks;
} Run;

/* The slice of one head of k or v as float32 [n_keys, head_dim]; `stride` (floats) says how far its rows are apart. */
static const float *
head_slice (const OwlAttention *a, const void *rows, int kv_head, int n_keys, float *scratch, int *stride)
{
  gsize offset = owl_type_row_size (a->kv_type, (gint64) kv_head * a->head_dim);

  if (a->kv_type == OWL_TYPE_F32) {
    *stride = (int) (a->kv_stride / sizeof (float));
    return (const float *) rows + (gsize) kv_head * a->head_dim;
  }
  for (int i = 0; i < n_keys; i++)
    owl_type_to_f32 (a->kv_type, (const guint8 *) rows + i * a->kv_stride + offset, scratch + (gsize) i * a->head_dim,
                     a->head_dim);
  *stride = a->head_dim;
  return scratch;
}

static void
mask_and_normalise (const OwlAttention *a, int head, int first, int n, int n_keys, float *scores)
{
  for (int i = 0; i < n; i++) {
    float *row = scores + (gsize) i * n_keys;
    int n_seen = a->causal ? MIN (a->position + first + i + 1, n_keys) : n_keys;

    if (a->alibi)
      for (int j = 0; j < n_seen; j++)
        row[j] += a->alibi[head] * (float) j;
    owl_softmax (row, n_seen);
    memset (row + n_seen, 0, (gsize) (n_keys - n_seen) * sizeof (float));

    if (a->probabilities) {
      float *out = a->probabilities + ((gsize) head * a->n_queries + first + i) * a->n_keys;

      memcpy (out, row, n_keys * sizeof (float));
      memset (out + n_keys, 0, (gsize) (a->n_keys - n_keys) * sizeof (float));
    }
  }
}

static void
attention_task (gsize task, int thread, gpointer data)
{
  const Run *run = data;
  const OwlAttention *a = run->a;
  int head = (int) task / run->n_blocks;
  int kv_head = head / (a->n_heads / a->n_kv_heads);
  int first = (int) task % run->n_blocks * QUERY_BLOCK;
  int n = MIN (QUERY_BLOCK, a->n_queries - first);
  int n_keys = a->causal ? MIN (a->position + first + n, a->n_keys) : a->n_keys;
  gsize n_scores = (gsize) n * n_keys, n_slice = (gsize) n_keys * a->head_dim;
  gboolean widen = a->kv_type != OWL_TYPE_F32;
  float *scores = owl_pool_get_scratch (run->pool, thread, (n_scores + (widen ? 2 * n_slice : 0)) * sizeof (float));
  int k_stride, v_stride;
  const float *k = head_slice (a, a->k, kv_head, n_keys, scores + n_scores, &k_stride);
  const float *v = head_slice (a, a->v, kv_head, n_keys, scores + n_scores + n_slice, &v_stride);
  const float *q = a->q + first * a->q_stride + (gsize) head * a->head_dim;
  int width = a->n_heads * a->head_dim;
  float *out = a->out + (gsize) first * width + (gsize) head * a->head_dim;

  if (n == 1) {
    cblas_sgemv (CblasRowMajor, CblasNoTrans, n_keys, a->head_dim, a->scale, k, k_stride, q, 1, 0.0f, scores, 1);
    mask_and_normalise (a, head, first, n, n_keys, scores);
    cblas_sgemv (CblasRowMajor, CblasTrans, n_keys, a->head_dim, 1.0f, v, v_stride, scores, 1, 0.0f, out, 1);
  } else {
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n, n_keys, a->head_dim, a->scale, q, (int) a->q_stride, k,
                 k_stride, 0.0f, scores, n_keys);
    mask_and_normalise (a, head, first, n, n_keys, scores);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n, a->head_dim, n_keys, 1.0f, scores, n_keys, v, v_stride,
                 0.0f, out, width);
  }
}

gboolean
owl_attention (OwlPool *pool, const OwlAttention *a, GCancellable *cancellable)
{
  Run run = { .pool = pool, .a = a, .n_blocks = (a->n_queries + QUERY_BLOCK - 1) / QUERY_BLOCK };

  return owl_pool_run (pool, (gsize) a->n_heads * run.n_blocks, attention_task, &run, cancellable);
}
