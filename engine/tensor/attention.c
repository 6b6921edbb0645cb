/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/attention.h"

#include "tensor/kernels.h"

#include <string.h>

/* Queries that share one task, and with it the widened keys and values. A query's result does not depend on who shares them. */
#define QUERY_BLOCK 32
/* Keys or values widened at a time: they stay in the first-level cache. A single query reads them as they are stored. */
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

/* Rows [first, first + n) of keys or values of the slice's head, as they are stored. */
static const guint8 *
stored_rows (const Slice *s, const void *rows, int first)
{
  const OwlAttention *a = s->a;
  int kv_head = s->head / (a->n_heads / a->n_kv_heads);
  gsize head_stride = a->kv_head_stride > 0 ? a->kv_head_stride : owl_type_row_size (a->kv_type, a->head_dim);

  return (const guint8 *) rows + (gsize) kv_head * head_stride + (gsize) first * a->kv_stride;
}

/* `n` stored rows as float32 in `block` [n, head_dim], filled up to 16 rows with zeros. */
static void
widen_rows (const Slice *s, const guint8 *stored, int n, float *block)
{
  const OwlAttention *a = s->a;
  gsize dim = (gsize) a->head_dim;

  for (int i = 0; i < n; i++)
    s->kernels->widen (a->kv_type, stored + (gsize) i * a->kv_stride, block + (gsize) i * dim, dim);
  for (int i = n; i % 16 != 0; i++)
    memset (block + (gsize) i * dim, 0, dim * sizeof (float));
}

static void
compute_scores (const Slice *s)
{
  const OwlAttention *a = s->a;
  gsize dim = (gsize) a->head_dim;

  for (int key = 0; key < s->n_keys; key += KEY_BLOCK) {
    int n = MIN (KEY_BLOCK, s->n_keys - key), n_direct = s->n == 1 ? n / 16 * 16 : 0;
    const guint8 *stored = stored_rows (s, a->k, key);

    widen_rows (s, stored + (gsize) n_direct * a->kv_stride, n - n_direct, s->block);
    for (int i = 0; i < s->n; i++) {
      const float *q = a->q + (gsize) (s->first + i) * a->q_stride + (gsize) s->head * dim;
      float *scores = s->scores + (gsize) i * s->row + key;

      for (int j = 0; j < n && key + j < count_seen (s, i); j += 16)
        if (j < n_direct)
          s->kernels->scores (a->kv_type, q, stored + (gsize) j * a->kv_stride, a->kv_stride, a->head_dim, a->scale, scores + j);
        else
          s->kernels->scores (OWL_TYPE_F32, q, s->block + (gsize) (j - n_direct) * dim, dim * sizeof (float), a->head_dim, a->scale,
                              scores + j);
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

/* Adds values of `type` [n, head_dim], those of the keys from `key` on, to queries `i` and, where there is one, i + 1. */
static void
mix_queries (const Slice *s, int i, int key, int n, OwlType type, const guint8 *values, gsize stride)
{
  const OwlAttention *a = s->a;
  gsize width = (gsize) a->n_heads * (gsize) a->head_dim;
  const float *weights = s->scores + (gsize) i * s->row + key;
  float *out = a->out + (gsize) (s->first + i) * width + (gsize) s->head * (gsize) a->head_dim;
  int both = MAX (MIN (n, count_seen (s, i) - key), 0), all = 0;

  if (i + 1 < s->n)
    all = MAX (MIN (n, count_seen (s, i + 1) - key), 0);
  s->kernels->mix (type, weights, s->row, i + 1 < s->n ? 2 : 1, values, stride, both, a->head_dim, out, width);
  /* The second query sees one key more than the first. */
  if (all > both)
    s->kernels->mix (type, weights + s->row + both, 0, 1, values + (gsize) both * stride, stride, all - both, a->head_dim, out + width, 0);
}

static void
mix_values (const Slice *s)
{
  const OwlAttention *a = s->a;
  gsize dim = (gsize) a->head_dim, width = (gsize) a->n_heads * dim;
  float *out = a->out + (gsize) s->first * width + (gsize) s->head * dim;

  for (int i = 0; i < s->n; i++)
    memset (out + (gsize) i * width, 0, dim * sizeof (float));
  if (s->n == 1) {
    mix_queries (s, 0, 0, s->n_keys, a->kv_type, stored_rows (s, a->v, 0), a->kv_stride);
    return;
  }
  for (int key = 0; key < s->n_keys; key += KEY_BLOCK) {
    int n = MIN (KEY_BLOCK, s->n_keys - key);

    widen_rows (s, stored_rows (s, a->v, key), n, s->block);
    for (int i = 0; i < s->n; i += 2)
      mix_queries (s, i, key, n, OWL_TYPE_F32, (const guint8 *) s->block, dim * sizeof (float));
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
