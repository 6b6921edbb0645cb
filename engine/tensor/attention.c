/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/attention.h"

#include "tensor/kernels.h"

#include <string.h>

/* Queries that share one task, and with it the widened keys and values. A query's result does not depend on who shares them. */
#define QUERY_BLOCK 32
/* Keys or values widened at a time: they stay in the first-level cache. */
#define KEY_BLOCK 64

typedef struct {
  OwlPool *pool;
  const OwlAttention *a;
  const OwlKernels *kernels;
  int n_blocks;
} Run;

/* Some queries of one head. */
typedef struct {
  const OwlAttention *a;
  const OwlKernels *kernels;
  int head, first, n; /* queries */
  int n_keys;         /* that any of them sees */
  gsize row;          /* floats between rows of scores, a multiple of 16 */
  float *scores;      /* [n, row] */
  float *block;       /* [KEY_BLOCK, head_dim] */
} Slice;

static int
count_seen (const Slice *s, int query)
{
  return s->a->causal ? MIN (s->a->position + s->first + query + 1, s->n_keys) : s->n_keys;
}

/* Rows [first, first + n) of the slice of one head of k or v as float32, filled up to 16 rows with zeros. */
static void
widen_rows (const Slice *s, const void *rows, int first, int n)
{
  const OwlAttention *a = s->a;
  int kv_head = s->head / (a->n_heads / a->n_kv_heads);
  gsize offset = owl_type_row_size (a->kv_type, (gint64) kv_head * a->head_dim), dim = (gsize) a->head_dim;
  const guint8 *src = (const guint8 *) rows + (gsize) first * a->kv_stride + offset;

  for (int i = 0; i < n; i++)
    s->kernels->widen (a->kv_type, src + (gsize) i * a->kv_stride, s->block + (gsize) i * dim, dim);
  for (int i = n; i % 16 != 0; i++)
    memset (s->block + (gsize) i * dim, 0, dim * sizeof (float));
}

static void
compute_scores (const Slice *s)
{
  const OwlAttention *a = s->a;
  gsize dim = (gsize) a->head_dim;

  for (int key = 0; key < s->n_keys; key += KEY_BLOCK) {
    int n = MIN (KEY_BLOCK, s->n_keys - key);

    widen_rows (s, a->k, key, n);
    for (int i = 0; i < s->n; i++) {
      const float *q = a->q + (gsize) (s->first + i) * a->q_stride + (gsize) s->head * dim;

      for (int j = 0; j < n && key + j < count_seen (s, i); j += 16)
        s->kernels->scores (q, s->block + (gsize) j * dim, dim, a->head_dim, a->scale, s->scores + (gsize) i * s->row + key + j);
    }
  }
}

static void
normalise (const Slice *s)
{
  const OwlAttention *a = s->a;

  for (int i = 0; i < s->n; i++) {
    float *row = s->scores + (gsize) i * s->row;
    int n_seen = count_seen (s, i);

    if (a->alibi)
      for (int j = 0; j < n_seen; j++)
        row[j] += a->alibi[s->head] * (float) j;
    s->kernels->softmax (row, (gsize) n_seen);
    if (a->probabilities) {
      float *out = a->probabilities + ((gsize) s->head * a->n_queries + s->first + i) * a->n_keys;

      memcpy (out, row, (gsize) n_seen * sizeof (float));
      memset (out + n_seen, 0, (gsize) (a->n_keys - n_seen) * sizeof (float));
    }
  }
}

static void
mix_values (const Slice *s)
{
  const OwlAttention *a = s->a;
  gsize dim = (gsize) a->head_dim, width = (gsize) a->n_heads * dim;
  float *out = a->out + (gsize) s->first * width + (gsize) s->head * dim;

  for (int i = 0; i < s->n; i++)
    memset (out + (gsize) i * width, 0, dim * sizeof (float));
  for (int key = 0; key < s->n_keys; key += KEY_BLOCK) {
    int n = MIN (KEY_BLOCK, s->n_keys - key);

    widen_rows (s, a->v, key, n);
    for (int i = 0; i < s->n; i++) {
      int seen = MIN (n, count_seen (s, i) - key);

      if (seen > 0)
        s->kernels->mix (s->scores + (gsize) i * s->row + key, s->block, dim, seen, a->head_dim, out + (gsize) i * width);
    }
  }
}

static void
attention_task (gsize task, int thread, gpointer data)
{
  const Run *run = data;
  const OwlAttention *a = run->a;
  Slice s = { .a = a, .kernels = run->kernels, .head = (int) task / run->n_blocks };
  float *scratch;

  s.first = (int) task % run->n_blocks * QUERY_BLOCK;
  s.n = MIN (QUERY_BLOCK, a->n_queries - s.first);
  s.n_keys = a->causal ? MIN (a->position + s.first + s.n, a->n_keys) : a->n_keys;
  s.row = ((gsize) s.n_keys + 15) & ~(gsize) 15;
  scratch = owl_pool_get_scratch (run->pool, thread, ((gsize) s.n * s.row + KEY_BLOCK * (gsize) a->head_dim) * sizeof (float));
  s.block = scratch;
  s.scores = scratch + KEY_BLOCK * (gsize) a->head_dim;
  compute_scores (&s);
  normalise (&s);
  mix_values (&s);
}

gboolean
owl_attention (OwlPool *pool, const OwlAttention *a, GCancellable *cancellable)
{
  Run run = { .pool = pool, .a = a, .kernels = owl_kernels (), .n_blocks = (a->n_queries + QUERY_BLOCK - 1) / QUERY_BLOCK };

  return owl_pool_run (pool, (gsize) a->n_heads * run.n_blocks, attention_task, &run, cancellable);
}
