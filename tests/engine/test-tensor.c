/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Thread pool, products, attention and row operations against plain loops in double precision. */
#include "base/pool.h"
#include "tensor/attention.h"
#include "tensor/matmul.h"
#include "tensor/ops.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

static float *
random_values (GRand *rand, gsize n)
{
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (rand, -1.0, 1.0);
  return values;
}

static void
assert_near (double value, double expected, double limit)
{
  if (!(fabs (value - expected) <= limit))
    g_error ("%.9g differs from %.9g by more than %.3g", value, expected, limit);
}

typedef struct {
  atomic_int *counts;
  GCancellable *cancellable;
  atomic_int n_done;
} Counter;

static void
count_task (gsize task, int thread, gpointer data)
{
  Counter *counter = data;

  atomic_fetch_add (&counter->counts[task], 1);
  if (atomic_fetch_add (&counter->n_done, 1) == 5 && counter->cancellable)
    g_cancellable_cancel (counter->cancellable);
}

static void
test_pool (void)
{
  for (int n_threads = 1; n_threads <= 5; n_threads++) {
    g_autoptr (OwlPool) pool = owl_pool_new (n_threads);

    g_assert_cmpint (owl_pool_get_n_threads (pool), ==, n_threads);
    for (gsize n_tasks = 0; n_tasks < 200; n_tasks = n_tasks * 2 + 1) {
      Counter counter = { .counts = g_new0 (atomic_int, n_tasks + 1) };

      g_assert_true (owl_pool_run (pool, n_tasks, count_task, &counter, NULL));
      for (gsize i = 0; i < n_tasks; i++)
        g_assert_cmpint (counter.counts[i], ==, 1);
      g_free (counter.counts);
    }
  }
}

/* Which thread ran a task; the first task waits until all others are done. */
typedef struct {
  gint threads[64];
  gint n_done;
} Taken;

static void
wait_in_first (gsize task, int thread, gpointer data)
{
  Taken *taken = data;

  g_atomic_int_set (&taken->threads[task], thread + 1);
  while (task == 0 && g_atomic_int_get (&taken->n_done) < (gint) G_N_ELEMENTS (taken->threads) - 1)
    g_usleep (100);
  g_atomic_int_inc (&taken->n_done);
}

/* What a slow thread cannot do others take over. */
static void
test_pool_help (void)
{
  g_autoptr (OwlPool) pool = owl_pool_new (3);
  Taken taken = { { 0 }, 0 };

  g_assert_true (owl_pool_run (pool, G_N_ELEMENTS (taken.threads), wait_in_first, &taken, NULL));
  g_assert_cmpint (taken.n_done, ==, G_N_ELEMENTS (taken.threads));
  for (gsize i = 0; i < G_N_ELEMENTS (taken.threads); i++)
    g_assert_cmpint (taken.threads[i], >, 0);
}

static void
test_pool_cancel (void)
{
  g_autoptr (OwlPool) pool = owl_pool_new (2);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Counter counter = { .counts = g_new0 (atomic_int, 100000), .cancellable = cancellable };

  g_assert_false (owl_pool_run (pool, 100000, count_task, &counter, cancellable));
  /* The other thread may do some more tasks until it sees the cancel. */
  g_assert_cmpint (counter.n_done, <, 50000);
  g_assert_false (owl_pool_run (pool, 1, count_task, &counter, cancellable));
  g_free (counter.counts);
}

static void
check_matmul (OwlPool *pool, GRand *rand, OwlType type, gsize n, gsize in, gsize out)
{
  g_autofree float *x = random_values (rand, n * in);
  g_autofree float *w = random_values (rand, in * out);
  g_autofree float *bias = random_values (rand, out);
  g_autofree float *y = g_new0 (float, n * out);
  g_autofree guint8 *stored = g_malloc (owl_type_row_size (type, (gint64) in) * out);
  OwlTensor tensor = { .type = type, .n_dims = 2, .ne = { (gint64) in, (gint64) out, 1, 1 }, .data = stored };

  owl_type_from_f32 (type, w, stored, in * out);
  owl_type_to_f32 (type, stored, w, in * out);
  g_assert_true (owl_matmul (pool, &tensor, bias, x, n, y, NULL));
  g_assert_true (owl_matmul_add (pool, &tensor, 0.5f, x, n, y, NULL));
  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < out; j++) {
      double sum = 0.0;

      for (gsize k = 0; k < in; k++)
        sum += (double) x[i * in + k] * (double) w[j * in + k];
      assert_near ((double) y[i * out + j], 1.5 * sum + (double) bias[j], 1e-6 * (double) in + 1e-5);
    }
}

static void
test_matmul (void)
{
  static const struct {
    gsize n, in, out;
  } sizes[] = { { 1, 1, 1 }, { 1, 48, 118 }, { 17, 48, 144 }, { 3, 700, 333 }, { 65, 129, 1 }, { 2, 4096, 300 }, { 300, 64, 700 } };
  static const OwlType types[] = { OWL_TYPE_F32, OWL_TYPE_F16, OWL_TYPE_BF16 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (int n_threads = 1; n_threads <= 3; n_threads++) {
    g_autoptr (OwlPool) pool = owl_pool_new (n_threads);

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (gsize t = 0; t < G_N_ELEMENTS (types); t++)
        check_matmul (pool, rand, types[t], sizes[i].n, sizes[i].in, sizes[i].out);
  }
}

/* Two runs with the same number of threads give the same bits. */
static void
test_matmul_repeats (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  g_autoptr (OwlPool) pool = owl_pool_new (2);
  gsize n = 33, in = 515, out = 1031;
  g_autofree float *x = random_values (rand, n * in);
  g_autofree float *w = random_values (rand, in * out);
  g_autofree float *first = g_new (float, n * out);
  g_autofree float *again = g_new (float, n * out);
  OwlTensor tensor = { .type = OWL_TYPE_F32, .n_dims = 2, .ne = { (gint64) in, (gint64) out, 1, 1 }, .data = w };

  owl_matmul (pool, &tensor, NULL, x, n, first, NULL);
  for (int run = 0; run < 20; run++) {
    owl_matmul (pool, &tensor, NULL, x, n, again, NULL);
    g_assert_cmpmem (first, n * out * sizeof (float), again, n * out * sizeof (float));
  }
}

typedef struct {
  int n_queries, n_keys, n_heads, n_kv_heads, head_dim, position;
  gboolean causal, alibi;
  OwlType kv_type;
} AttentionCase;

/* One query at a time, from heads that lie together: the same bits. */
static void
check_single_queries (OwlPool *pool, const OwlAttention *all)
{
  gsize width = (gsize) all->n_heads * (gsize) all->head_dim, row_size = owl_type_row_size (all->kv_type, all->head_dim);
  gsize head_size = row_size * (gsize) all->n_keys;
  g_autofree guint8 *k = g_malloc (head_size * (gsize) all->n_kv_heads), *v = g_malloc (head_size * (gsize) all->n_kv_heads);
  g_autofree float *out = g_new (float, width);

  for (gsize head = 0; head < (gsize) all->n_kv_heads; head++)
    for (gsize i = 0; i < (gsize) all->n_keys; i++) {
      memcpy (k + head * head_size + i * row_size, (const guint8 *) all->k + i * all->kv_stride + head * row_size, row_size);
      memcpy (v + head * head_size + i * row_size, (const guint8 *) all->v + i * all->kv_stride + head * row_size, row_size);
    }
  for (int i = 0; i < all->n_queries; i++) {
    OwlAttention one = *all;

    one.n_queries = 1;
    one.q += (gsize) i * all->q_stride;
    one.position += i;
    one.k = k;
    one.v = v;
    one.kv_stride = row_size;
    one.kv_head_stride = head_size;
    one.out = out;
    one.probabilities = NULL;
    g_assert_true (owl_attention (pool, &one, NULL));
    g_assert_cmpmem (out, width * sizeof *out, all->out + (gsize) i * width, width * sizeof *out);
  }
}

static void
check_attention (OwlPool *pool, GRand *rand, const AttentionCase *c)
{
  gsize q_width = (gsize) c->n_heads * c->head_dim, kv_width = (gsize) c->n_kv_heads * c->head_dim;
  g_autofree float *q = random_values (rand, c->n_queries * q_width);
  g_autofree float *k = random_values (rand, c->n_keys * kv_width);
  g_autofree float *v = random_values (rand, c->n_keys * kv_width);
  g_autofree float *slopes = random_values (rand, c->n_heads);
  g_autofree float *out = g_new (float, c->n_queries * q_width);
  g_autofree float *probabilities = g_new (float, (gsize) c->n_heads * c->n_queries * c->n_keys);
  g_autofree double *p = g_new (double, c->n_keys);
  gsize row_size = owl_type_row_size (c->kv_type, (gint64) kv_width);
  g_autofree guint8 *k_rows = g_malloc (c->n_keys * row_size);
  g_autofree guint8 *v_rows = g_malloc (c->n_keys * row_size);
  OwlAttention a = {
    .n_queries = c->n_queries, .n_keys = c->n_keys, .n_heads = c->n_heads, .n_kv_heads = c->n_kv_heads, .head_dim = c->head_dim,
    .scale = 0.7f, .q = q, .q_stride = q_width, .k = k_rows, .v = v_rows, .kv_type = c->kv_type, .kv_stride = row_size,
    .causal = c->causal, .position = c->position, .alibi = c->alibi ? slopes : NULL, .out = out, .probabilities = probabilities,
  };

  owl_type_from_f32 (c->kv_type, k, k_rows, c->n_keys * kv_width);
  owl_type_from_f32 (c->kv_type, v, v_rows, c->n_keys * kv_width);
  owl_type_to_f32 (c->kv_type, k_rows, k, c->n_keys * kv_width);
  owl_type_to_f32 (c->kv_type, v_rows, v, c->n_keys * kv_width);
  g_assert_true (owl_attention (pool, &a, NULL));
  check_single_queries (pool, &a);
  for (int h = 0; h < c->n_heads; h++)
    for (int i = 0; i < c->n_queries; i++) {
      int kv = h / (c->n_heads / c->n_kv_heads), n_seen = c->causal ? MIN (c->position + i + 1, c->n_keys) : c->n_keys;
      double sum = 0.0;

      for (int j = 0; j < n_seen; j++) {
        double score = 0.0;

        for (int d = 0; d < c->head_dim; d++)
          score += (double) q[i * q_width + h * c->head_dim + d] * (double) k[j * kv_width + kv * c->head_dim + d];
        p[j] = exp (score * 0.7 + (c->alibi ? (double) slopes[h] * j : 0.0));
        sum += p[j];
      }
      for (int j = 0; j < c->n_keys; j++) {
        double got = (double) probabilities[((gsize) h * c->n_queries + i) * c->n_keys + j];

        if (j >= n_seen)
          g_assert_true (got == 0.0);
        else
          assert_near (got, p[j] / sum, 2e-5);
      }
      for (int d = 0; d < c->head_dim; d++) {
        double expected = 0.0;

        for (int j = 0; j < n_seen; j++)
          expected += p[j] / sum * (double) v[j * kv_width + kv * c->head_dim + d];
        assert_near ((double) out[i * q_width + h * c->head_dim + d], expected, 2e-5);
      }
    }
}

static void
test_attention (void)
{
  static const AttentionCase cases[] = {
    { 1, 1, 1, 1, 16, 0, TRUE, FALSE, OWL_TYPE_F32 },    { 17, 17, 3, 3, 16, 0, FALSE, FALSE, OWL_TYPE_F32 },
    { 10, 27, 2, 2, 24, 0, FALSE, FALSE, OWL_TYPE_F32 }, { 130, 130, 5, 5, 16, 0, TRUE, FALSE, OWL_TYPE_F32 },
    { 7, 40, 4, 2, 8, 33, TRUE, FALSE, OWL_TYPE_F32 },   { 1, 90, 6, 6, 16, 89, TRUE, TRUE, OWL_TYPE_F32 },
    { 70, 100, 4, 1, 32, 30, TRUE, TRUE, OWL_TYPE_F16 }, { 1, 65, 2, 2, 32, 64, TRUE, FALSE, OWL_TYPE_F16 },
    { 9, 150, 4, 2, 64, 141, TRUE, FALSE, OWL_TYPE_Q8_0 }, { 3, 67, 2, 2, 128, 64, TRUE, FALSE, OWL_TYPE_F16 },
  };
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autoptr (OwlPool) pool = owl_pool_new (2);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check_attention (pool, rand, &cases[i]);
}

static void
test_norms (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  gsize n = 3, width = 77;
  g_autofree float *x = random_values (rand, n * width);
  g_autofree float *weight = random_values (rand, width);
  g_autofree float *bias = random_values (rand, width);
  g_autofree float *layer = g_new (float, n * width);
  g_autofree float *rms = g_new (float, n * width);

  owl_layer_norm (x, n, width, weight, bias, 1e-5f, layer);
  owl_rms_norm (x, n, width, weight, 1e-6f, rms);
  for (gsize i = 0; i < n; i++) {
    double mean = 0.0, squares = 0.0, variance;

    for (gsize j = 0; j < width; j++) {
      mean += (double) x[i * width + j] / (double) width;
      squares += (double) x[i * width + j] * (double) x[i * width + j] / (double) width;
    }
    variance = squares - mean * mean;
    for (gsize j = 0; j < width; j++) {
      double value = (double) x[i * width + j];

      assert_near ((double) layer[i * width + j],
                   (value - mean) / sqrt (variance + 1e-5) * (double) weight[j] + (double) bias[j], 1e-5);
      assert_near ((double) rms[i * width + j], value / sqrt (squares + 1e-6) * (double) weight[j], 1e-5);
    }
  }
}

static void
test_activations (void)
{
  for (double v = -20.0; v <= 20.0; v += 0.37) {
    float quick = (float) v, tanh_gelu = (float) v, gate = (float) v;
    const float up = 1.5f;

    owl_quick_gelu (&quick, 1);
    owl_tanh_gelu (&tanh_gelu, 1);
    owl_silu_multiply (&gate, &up, 1);
    assert_near ((double) quick, v / (1.0 + exp (-1.702 * v)), 1e-5);
    assert_near ((double) tanh_gelu, 0.5 * v * (1.0 + tanh (0.79788456 * v * (1.0 + 0.044715 * v * v))), 1e-5);
    assert_near ((double) gate, v / (1.0 + exp (-v)) * 1.5, 2e-5);
  }
}

static void
test_softmax (void)
{
  float huge[] = { 1e30f, 1e30f, -1e30f };

  owl_softmax (huge, 3);
  assert_near ((double) huge[0], 0.5, 1e-7);
  assert_near ((double) huge[1], 0.5, 1e-7);
  g_assert_true (huge[2] == 0.0f);
}

/* Rounding and widening again stays within half a step of each block, and blocks of zeros stay zeros. */
static void
test_quantise (void)
{
  static const struct {
    OwlType type;
    double steps; /* a block's range is divided into so many */
  } types[] = { { OWL_TYPE_Q8_0, 127.0 }, { OWL_TYPE_Q4_0, 8.0 } };
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  gsize n = 32 * 40;
  g_autofree float *x = random_values (rand, n);
  g_autofree float *y = g_new (float, n);
  g_autofree guint8 *blocks = g_malloc (n * sizeof (float));

  memset (x + 64, 0, 32 * sizeof (float));
  for (gsize t = 0; t < G_N_ELEMENTS (types); t++) {
    owl_type_from_f32 (types[t].type, x, blocks, n);
    owl_type_to_f32 (types[t].type, blocks, y, n);
    for (gsize block = 0; block < n / 32; block++) {
      double largest = 0.0;

      for (gsize i = block * 32; i < (block + 1) * 32; i++)
        largest = fmax (largest, fabs ((double) x[i]));
      /* The scale is a float16, which adds 2^-11 of a value. Q4_0 reaches one step further on one side than on the other: a value there is off by a whole step. */
      for (gsize i = block * 32; i < (block + 1) * 32; i++)
        assert_near ((double) y[i], (double) x[i], largest / types[t].steps * (types[t].type == OWL_TYPE_Q4_0 ? 1.01 : 0.58) + 1e-12);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/tasks", test_pool);
  g_test_add_func ("/pool/help", test_pool_help);
  g_test_add_func ("/pool/cancel", test_pool_cancel);
  g_test_add_func ("/matmul/values", test_matmul);
  g_test_add_func ("/matmul/repeats", test_matmul_repeats);
  g_test_add_func ("/attention", test_attention);
  g_test_add_func ("/quantise", test_quantise);
  g_test_add_func ("/ops/norms", test_norms);
  g_test_add_func ("/ops/activations", test_activations);
  g_test_add_func ("/ops/softmax", test_softmax);
  return g_test_run ();
}
