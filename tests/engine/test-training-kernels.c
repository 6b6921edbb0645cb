/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The loops of training: those of this processor against the scalar ones, and products on rounded numbers against sums in double precision. Rows end
 * at a page that may not be touched. */
#include "tensor/training.h"
#include "train/tape.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const gsize lengths[] = { 1, 7, 15, 16, 17, 33, 64, 130, 257 };

/* `n` floats before a forbidden page, random in (-range, range). */
typedef struct {
  guint8 *map;
  gsize mapped;
  float *data;
} Row;

static Row
row_new (GRand *rand, gsize n, double range)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE), body = (n * sizeof (float) + page - 1) / page * page;
  Row r = { .mapped = body + page };

  r.map = mmap (NULL, r.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (r.map != MAP_FAILED);
  g_assert_cmpint (mprotect (r.map + body, page, PROT_NONE), ==, 0);
  r.data = (float *) (void *) (r.map + body - n * sizeof (float));
  for (gsize i = 0; i < n; i++)
    r.data[i] = (float) g_rand_double_range (rand, -range, range);
  return r;
}

static void
row_clear (Row *r)
{
  munmap (r->map, r->mapped);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Row, row_clear)

static void
assert_close (const float *a, const float *b, gsize n, double bound, const char *what)
{
  for (gsize i = 0; i < n; i++)
    if (!(fabs ((double) a[i] - b[i]) <= bound * (1.0 + fabs ((double) b[i]))))
      g_error ("%s, %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT ": %g instead of %g", what, i, n, (double) a[i], (double) b[i]);
}

/* Every row function with the kernels `k`: inputs x, y, z, results in a, b, c. */
static void
run_rows (const OwlTrainingKernels *k, int which, const float *x, const float *y, const float *z, float *a, float *b, float *c, gsize n)
{
  const OwlAdamStep step = { 0.7f, 0.9f, 0.98f, 1e-3f, 1.2f, 1e-8f, 1e-4f };

  switch (which) {
  case 0:
    k->softmax_back (x, a, n, 0.25f);
    break;
  case 1:
    k->silu_multiply_back (x, y, z, a, FALSE, b, FALSE, n);
    break;
  case 2:
    k->silu_multiply_back (x, y, z, NULL, FALSE, b, TRUE, n);
    break;
  case 3:
    k->quick_gelu_back (x, y, a, FALSE, n);
    k->quick_gelu_back (x, y, b, TRUE, n);
    break;
  case 4:
    k->norm_back (x, y, z, 0.1f, 1.7f, TRUE, a, FALSE, n);
    k->norm (x, y, z, 0.1f, 1.7f, b, n);
    break;
  case 5:
    k->norm_back (x, y, z, 0.0f, 1.7f, FALSE, a, TRUE, n);
    k->norm (x, y, NULL, 0.0f, 1.7f, b, n);
    break;
  case 6:
    k->norm_back_weights (x, y, 0.1f, 1.7f, a, b, n);
    break;
  case 7:
    a[0] = (float) k->sum_squares (x, n, 0.3);
    b[0] = (float) k->sum (x, n);
    break;
  case 8:
    for (gsize i = 0; i < n; i++)
      c[i] = fabsf (c[i]);
    k->adam (&step, a, x, b, c, n);
    break;
  case 9:
    k->accumulate (a, x, n);
    k->add (x, y, b, n);
    break;
  case 10:
    /* x as 4 rows, or one. */
    k->add_columns (x, n >= 8 ? 4 : 1, n / 4, a, n >= 8 ? n / 4 : n);
    k->add_columns (x, n >= 8 ? 7 : 1, n / 8, b, n >= 8 ? n / 8 : n);
    break;
  case 11:
    k->rotate (x, y, z, -1.0f, a, TRUE, n / 2);
    break;
  case 12:
  default:
    k->rotate (x, y, z, 1.0f, a, FALSE, n / 2);
  }
}

static void
test_rows (void)
{
  const OwlTrainingKernels *best = owl_training_kernels ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  if (best == &owl_training_kernels_scalar) {
    g_test_skip ("this processor has the scalar ones only");
    return;
  }
  for (gsize l = 0; l < G_N_ELEMENTS (lengths); l++)
    for (int which = 0; which < 13; which++) {
      gsize n = lengths[l];
      g_auto (Row) x = row_new (rand, n, 6.0), y = row_new (rand, n, 2.0), z = row_new (rand, n, 2.0);
      g_auto (Row) a = row_new (rand, n, 1.0), b = row_new (rand, n, 1.0), c = row_new (rand, n, 1.0);
      g_autofree float *a2 = g_memdup2 (a.data, n * sizeof (float)), *b2 = g_memdup2 (b.data, n * sizeof (float));
      g_autofree float *c2 = g_memdup2 (c.data, n * sizeof (float)), *old = g_memdup2 (a.data, n * sizeof (float));
      g_autofree char *what = g_strdup_printf ("function %d", which);

      run_rows (best, which, x.data, y.data, z.data, a.data, b.data, c.data, n);
      run_rows (&owl_training_kernels_scalar, which, x.data, y.data, z.data, a2, b2, c2, n);
      assert_close (a.data, a2, n, 2e-5, what);
      assert_close (b.data, b2, n, 2e-5, what);
      assert_close (c.data, c2, n, 2e-5, what);
      if (which != 2)
        g_assert_true (memcmp (old, a.data, n * sizeof (float)) != 0 || n == 1);
    }
}

static float
round_bf16 (float x)
{
  guint32 bits;

  memcpy (&bits, &x, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  memcpy (&x, &bits, sizeof x);
  return x;
}

static void
check_product (GRand *rand, gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float beta)
{
  gsize lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 1, ldc = n + 2;
  /* Exactly to the last element of the last row. */
  g_auto (Row) a = row_new (rand, ((ta ? k : m) - 1) * lda + (ta ? m : k), 1.0), b = row_new (rand, ((tb ? n : k) - 1) * ldb + (tb ? k : n), 1.0);
  g_auto (Row) c = row_new (rand, (m - 1) * ldc + n, 1.0);
  g_autofree float *old = g_memdup2 (c.data, ((m - 1) * ldc + n) * sizeof (float));

  owl_tape_multiply (TRUE, ta, tb, m, n, k, 0.5f, a.data, lda, b.data, ldb, beta, c.data, ldc);
  for (gsize i = 0; i < m; i++)
    for (gsize j = 0; j < ldc && i * ldc + j < (m - 1) * ldc + n; j++) {
      double sum = 0.0, expected = old[i * ldc + j];

      for (gsize l = 0; l < k && j < n; l++)
        sum += (double) round_bf16 (a.data[ta ? l * lda + i : i * lda + l]) * round_bf16 (b.data[tb ? j * ldb + l : l * ldb + j]);
      if (j < n)
        expected = 0.5 * sum + beta * expected;
      /* Beyond the columns nothing is touched. */
      if (fabs (c.data[i * ldc + j] - expected) > (j < n ? 1e-4 : 0.0))
        g_error ("%d%d %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT ", (%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT "): %g instead of %g", ta, tb, m, n, k, i, j,
                 (double) c.data[i * ldc + j], expected);
    }
}

/* The bias that a product adds: C beside what it is without one, by rows and by columns. */
static void
test_bias (void)
{
  enum { M = 37, N = 83, K = 900 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_auto (Row) a = row_new (rand, M * K, 1.0), b = row_new (rand, N * K, 1.0), bias = row_new (rand, N, 3.0);
  g_auto (Row) with = row_new (rand, M * N, 1.0), without = row_new (rand, M * N, 1.0);

  for (int mode = 0; mode < 4; mode++) {
    g_autoptr (OwlPool) pool = owl_pool_new (2);
    OwlTape tape;
    gsize m = mode & 1 ? N : M, n = mode & 1 ? M : N;

    owl_tape_init (&tape, pool);
    tape.bf16 = (mode & 2) != 0;
    owl_tape_gemm_bias (&tape, m, n, K, mode & 1 ? b.data : a.data, mode & 1 ? a.data : b.data, bias.data, with.data);
    owl_tape_gemm_bias (&tape, m, n, K, mode & 1 ? b.data : a.data, mode & 1 ? a.data : b.data, NULL, without.data);
    for (gsize i = 0; i < m * n; i++)
      if (fabs ((double) with.data[i] - without.data[i] - bias.data[i % n]) > 1e-4)
        g_error ("mode %d, %" G_GSIZE_FORMAT ": %g, %g and a bias of %g", mode, i, (double) with.data[i], (double) without.data[i],
                 (double) bias.data[i % n]);
    owl_tape_clear (&tape);
  }
}

static void
test_products (void)
{
  static const gsize sizes[][3] = { { 1, 1, 1 }, { 13, 31, 17 }, { 14, 32, 384 }, { 15, 33, 385 }, { 64, 130, 64 }, { 30, 530, 20 }, { 29, 48, 800 }, { 250, 37, 391 }, { 5, 1100, 530 } };
  g_autoptr (GRand) rand = g_rand_new_with_seed (6);

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (int mode = 0; mode < 8; mode++)
      check_product (rand, mode & 1, mode >> 1 & 1, sizes[s][0], sizes[s][1], sizes[s][2], mode & 4 ? 1.0f : 0.0f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/training-kernels/rows", test_rows);
  g_test_add_func ("/training-kernels/products", test_products);
  g_test_add_func ("/training-kernels/bias", test_bias);
  return g_test_run ();
}
