/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Training on AVX-512 with BF16.
 *
 * The product: blocks of B are rounded and laid out as [pairs of k][32 columns], rows of A as they come, and a tile of 14 × 32 sums stays in
 * registers. Measured beside OpenBLAS's float32 product of the AVX2 level in tests/engine/test-train-parts.c --perf. */
#include "tensor/training.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))

#define ROWS 14    /* of a tile */
#define COLUMNS 32 /* of a tile */
#define DEPTH 768  /* of k at a time: A [14, 768] stays in the first-level cache, pieces of B [768, 32] come from the second */
#define WIDTH 384  /* columns of B that are laid out at a time */
#define PAIRS (DEPTH / 2)

typedef struct {
  guint32 b[WIDTH * PAIRS]; /* [panel of 32 columns][pairs][32] */
  guint32 a[16 * PAIRS];    /* [row][pairs], or [pairs][16 rows] where A is transposed */
} Workspace;

static Workspace *
get_workspace (void)
{
  static GPrivate key = G_PRIVATE_INIT (g_aligned_free);
  Workspace *w = g_private_get (&key);

  if (!w) {
    w = g_aligned_alloc (1, sizeof (Workspace), 64);
    g_private_set (&key, w);
  }
  return w;
}

INLINE __mmask16
first_lanes (gsize n)
{
  return n >= 16 ? (__mmask16) 0xffff : (__mmask16) ((1u << n) - 1);
}

/* Up to 32 neighbours, rounded: 16 pairs; zeros beyond. */
INLINE __m512i
round_row (const float *x, gsize n)
{
  __m512 low = _mm512_maskz_loadu_ps (first_lanes (n), x);
  __m512 high = n > 16 ? _mm512_maskz_loadu_ps (first_lanes (n - 16), x + 16) : _mm512_setzero_ps ();

  return (__m512i) _mm512_cvtne2ps_pbh (high, low);
}

/* Up to 16 columns of two rows, rounded and put side by side. */
INLINE __m512i
round_two (const float *first, const float *second, __mmask16 mask)
{
  __m512i low = _mm512_cvtepu16_epi32 ((__m256i) _mm512_cvtneps_pbh (_mm512_maskz_loadu_ps (mask, first)));
  __m512i high = second ? _mm512_cvtepu16_epi32 ((__m256i) _mm512_cvtneps_pbh (_mm512_maskz_loadu_ps (mask, second))) : _mm512_setzero_si512 ();

  return _mm512_or_si512 (low, _mm512_slli_epi32 (high, 16));
}

/* 16 × 16 words. */
INLINE void
transpose_words (__m512i r[16])
{
  __m512i t[16];

#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32 (r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32 (r[i], r[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64 (t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64 (t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64 (t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64 (t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4 (r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4 (r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4 (r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4 (r[i + 8], r[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4 (t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4 (t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_i32x4 (t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4 (t[i + 4], t[i + 12], 0xdd);
  }
}

/* Columns [0, n) of B, k rows, to panels. */
static void
lay_out_b (gboolean transposed, const float *b, gsize ldb, gsize n, gsize k, guint32 *to)
{
  gsize pairs = (k + 1) / 2;

  for (gsize j = 0; j < n; j += COLUMNS, to += pairs * COLUMNS)
    for (gsize half = 0; half < COLUMNS; half += 16) {
      gsize count = n > j + half ? MIN (n - j - half, 16) : 0;

      if (!transposed) {
        const float *from = b + j + half;

        for (gsize p = 0; p < pairs; p++, from += 2 * ldb)
          _mm512_store_si512 (to + p * COLUMNS + half, round_two (from, 2 * p + 1 < k ? from + ldb : NULL, first_lanes (count)));
        continue;
      }
      for (gsize p = 0; p < pairs; p += 16) {
        __m512i rows[16];

        for (gsize i = 0; i < 16; i++)
          rows[i] = i < count ? round_row (b + (j + half + i) * ldb + 2 * p, k - 2 * p) : _mm512_setzero_si512 ();
        transpose_words (rows);
        for (gsize i = 0; i < MIN (pairs - p, 16); i++)
          _mm512_store_si512 (to + (p + i) * COLUMNS + half, rows[i]);
      }
    }
}

static void
lay_out_a (gboolean transposed, const float *a, gsize lda, gsize m, gsize k, guint32 *to)
{
  gsize pairs = (k + 1) / 2;

  if (transposed) {
    for (gsize p = 0; p < pairs; p++, a += 2 * lda)
      _mm512_store_si512 (to + p * 16, round_two (a, 2 * p + 1 < k ? a + lda : NULL, first_lanes (m)));
    return;
  }
  for (gsize i = 0; i < ROWS; i++, to += PAIRS)
    for (gsize p = 0; p < pairs; p += 16)
      _mm512_store_si512 (to + p, i < m ? round_row (a + i * lda + 2 * p, k - 2 * p) : _mm512_setzero_si512 ());
}

/* One tile over `pairs`. */
INLINE void
multiply_tile (const guint32 *a, gsize row_stride, gsize pair_stride, const guint32 *b, gsize pairs, gsize m, gsize n, float alpha, float beta,
               float *c, gsize ldc)
{
  __m512 sums[ROWS][2];
  __mmask16 low = first_lanes (n), high = n > 16 ? first_lanes (n - 16) : 0;

#pragma GCC unroll 14
  for (int i = 0; i < ROWS; i++)
    sums[i][0] = sums[i][1] = _mm512_setzero_ps ();
  for (gsize p = 0; p < pairs; p++, a += pair_stride, b += COLUMNS) {
    __m512bh b0 = (__m512bh) _mm512_load_si512 (b), b1 = (__m512bh) _mm512_load_si512 (b + 16);

#pragma GCC unroll 14
    for (int i = 0; i < ROWS; i++) {
      __m512bh value = (__m512bh) _mm512_set1_epi32 ((int) a[(gsize) i * row_stride]);

      sums[i][0] = _mm512_dpbf16_ps (sums[i][0], value, b0);
      sums[i][1] = _mm512_dpbf16_ps (sums[i][1], value, b1);
    }
  }
#pragma GCC unroll 14
  for (gsize i = 0; i < ROWS; i++) {
    __m512 x = sums[i][0] * _mm512_set1_ps (alpha), y = sums[i][1] * _mm512_set1_ps (alpha);

    if (i >= m)
      continue;
    if (beta != 0.0f) {
      x += _mm512_maskz_loadu_ps (low, c + i * ldc);
      y += _mm512_maskz_loadu_ps (high, c + i * ldc + 16);
    }
    _mm512_mask_storeu_ps (c + i * ldc, low, x);
    _mm512_mask_storeu_ps (c + i * ldc + 16, high, y);
  }
}

static void
multiply_bf16 (gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b, gsize ldb, float beta,
               float *c, gsize ldc)
{
  Workspace *w = get_workspace ();

  for (gsize j = 0; j < n; j += WIDTH)
    for (gsize l = 0; l < k; l += DEPTH) {
      gsize width = MIN (n - j, WIDTH), depth = MIN (k - l, DEPTH), pairs = (depth + 1) / 2;
      float keep = l > 0 ? 1.0f : beta;

      lay_out_b (tb, tb ? b + j * ldb + l : b + l * ldb + j, ldb, width, depth, w->b);
      for (gsize i = 0; i < m; i += ROWS) {
        gsize rows = MIN (m - i, ROWS);

        lay_out_a (ta, ta ? a + l * lda + i : a + i * lda + l, lda, rows, depth, w->a);
        for (gsize q = 0; q < width; q += COLUMNS) {
          float *to = c + i * ldc + j + q;

          if (ta)
            multiply_tile (w->a, 1, 16, w->b + q * pairs, pairs, rows, width - q, alpha, keep, to, ldc);
          else
            multiply_tile (w->a, PAIRS, 1, w->b + q * pairs, pairs, rows, width - q, alpha, keep, to, ldc);
        }
      }
    }
}

/* e^x within two units in the last place; 0 below -87.3. 2^n · e^r with |r| <= ln 2 / 2 and a polynomial for e^r. */
INLINE __m512
exponential (__m512 x)
{
  __m512 clamped = _mm512_min_ps (_mm512_max_ps (x, _mm512_set1_ps (-87.3f)), _mm512_set1_ps (88.3f));
  __m512 n = _mm512_roundscale_ps (clamped * _mm512_set1_ps (1.44269504f), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fmadd_ps (n, _mm512_set1_ps (-0.693359375f), clamped), p = _mm512_set1_ps (1.9875691500e-4f);

  r = _mm512_fmadd_ps (n, _mm512_set1_ps (2.12194440e-4f), r);
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (1.3981999507e-3f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (8.3334519073e-3f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (4.1665795894e-2f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (1.6666665459e-1f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (5.0000001201e-1f));
  p = _mm512_fmadd_ps (p, r * r, r + _mm512_set1_ps (1.0f));
  return _mm512_scalef_ps (p, n);
}

INLINE __m512
sigmoid (__m512 x)
{
  return _mm512_set1_ps (1.0f) / (_mm512_set1_ps (1.0f) + exponential (-x));
}

static void
softmax_back (const float *p, float *d, gsize n, float scale)
{
  __m512 sums = _mm512_setzero_ps (), sum;

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);

    sums = _mm512_fmadd_ps (_mm512_maskz_loadu_ps (mask, p + i), _mm512_maskz_loadu_ps (mask, d + i), sums);
  }
  sum = _mm512_set1_ps (_mm512_reduce_add_ps (sums));
  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 x = _mm512_maskz_loadu_ps (mask, d + i) - sum;

    _mm512_mask_storeu_ps (d + i, mask, _mm512_maskz_loadu_ps (mask, p + i) * x * _mm512_set1_ps (scale));
  }
}

static void
silu_multiply_back (const float *g, const float *u, const float *dy, float *dg, float *du, gsize n)
{
  const __m512 one = _mm512_set1_ps (1.0f);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 x = _mm512_maskz_loadu_ps (mask, g + i), d = _mm512_maskz_loadu_ps (mask, dy + i), s = sigmoid (x);

    if (dg)
      _mm512_mask_storeu_ps (dg + i, mask,
                             _mm512_maskz_loadu_ps (mask, dg + i) + d * _mm512_maskz_loadu_ps (mask, u + i) * s * (one + x * (one - s)));
    if (du)
      _mm512_mask_storeu_ps (du + i, mask, _mm512_maskz_loadu_ps (mask, du + i) + d * x * s);
  }
}

static void
quick_gelu_back (const float *x, const float *dy, float *dx, gsize n)
{
  const __m512 one = _mm512_set1_ps (1.0f), slope = _mm512_set1_ps (1.702f);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 v = _mm512_maskz_loadu_ps (mask, x + i), s = sigmoid (v * slope);

    _mm512_mask_storeu_ps (dx + i, mask,
                           _mm512_maskz_loadu_ps (mask, dx + i) + _mm512_maskz_loadu_ps (mask, dy + i) * s * (one + slope * v * (one - s)));
  }
}

static void
norm_back (const float *x, const float *dy, const float *w, float mean, float inverse, gboolean centred, float *dx, gsize n)
{
  __m512 g_sums = _mm512_setzero_ps (), gx_sums = _mm512_setzero_ps (), mean_g, mean_gx;
  const __m512 m = _mm512_set1_ps (mean), inv = _mm512_set1_ps (inverse);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 g = _mm512_maskz_loadu_ps (mask, dy + i) * _mm512_maskz_loadu_ps (mask, w + i);

    g_sums += g;
    gx_sums += g * ((_mm512_maskz_loadu_ps (mask, x + i) - m) * inv);
  }
  mean_g = _mm512_set1_ps (centred ? _mm512_reduce_add_ps (g_sums) / (float) n : 0.0f);
  mean_gx = _mm512_set1_ps (_mm512_reduce_add_ps (gx_sums) / (float) n);
  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 g = _mm512_maskz_loadu_ps (mask, dy + i) * _mm512_maskz_loadu_ps (mask, w + i);
    __m512 hat = (_mm512_maskz_loadu_ps (mask, x + i) - m) * inv;

    _mm512_mask_storeu_ps (dx + i, mask, _mm512_maskz_loadu_ps (mask, dx + i) + inv * (g - mean_g - hat * mean_gx));
  }
}

static void
norm_back_weights (const float *x, const float *dy, float mean, float inverse, float *dw, float *db, gsize n)
{
  const __m512 m = _mm512_set1_ps (mean), inv = _mm512_set1_ps (inverse);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 d = _mm512_maskz_loadu_ps (mask, dy + i);

    _mm512_mask_storeu_ps (dw + i, mask, _mm512_maskz_loadu_ps (mask, dw + i) + d * ((_mm512_maskz_loadu_ps (mask, x + i) - m) * inv));
    if (db)
      _mm512_mask_storeu_ps (db + i, mask, _mm512_maskz_loadu_ps (mask, db + i) + d);
  }
}

static double
sum_squares (const float *x, gsize n, double centre)
{
  __m512d low = _mm512_setzero_pd (), high = _mm512_setzero_pd (), c = _mm512_set1_pd (centre);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 v = _mm512_maskz_loadu_ps (mask, x + i);
    __m512d a = _mm512_maskz_sub_pd ((__mmask8) mask, _mm512_cvtps_pd (_mm512_castps512_ps256 (v)), c);
    __m512d b = _mm512_maskz_sub_pd ((__mmask8) (mask >> 8), _mm512_cvtps_pd (_mm512_extractf32x8_ps (v, 1)), c);

    low = _mm512_fmadd_pd (a, a, low);
    high = _mm512_fmadd_pd (b, b, high);
  }
  return _mm512_reduce_add_pd (low + high);
}

static double
sum_values (const float *x, gsize n)
{
  __m512d sums = _mm512_setzero_pd ();

  for (gsize i = 0; i < n; i += 16) {
    __m512 v = _mm512_maskz_loadu_ps (first_lanes (n - i), x + i);

    sums += _mm512_cvtps_pd (_mm512_castps512_ps256 (v)) + _mm512_cvtps_pd (_mm512_extractf32x8_ps (v, 1));
  }
  return _mm512_reduce_add_pd (sums);
}

static void
adam (const OwlAdamStep *s, float *value, const float *grad, float *m, float *v, gsize n)
{
  const __m512 beta1 = _mm512_set1_ps (s->beta1), rest1 = _mm512_set1_ps (1.0f - s->beta1);
  const __m512 beta2 = _mm512_set1_ps (s->beta2), rest2 = _mm512_set1_ps (1.0f - s->beta2);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 g = _mm512_maskz_loadu_ps (mask, grad + i) * _mm512_set1_ps (s->scale), x = _mm512_maskz_loadu_ps (mask, value + i);
    __m512 first = beta1 * _mm512_maskz_loadu_ps (mask, m + i) + rest1 * g;
    __m512 second = beta2 * _mm512_maskz_loadu_ps (mask, v + i) + rest2 * g * g;

    x -= _mm512_set1_ps (s->decay) * x;
    x -= _mm512_set1_ps (s->step_size) * first / (_mm512_sqrt_ps (second) * _mm512_set1_ps (s->inverse_root) + _mm512_set1_ps (s->eps));
    _mm512_mask_storeu_ps (m + i, mask, first);
    _mm512_mask_storeu_ps (v + i, mask, second);
    _mm512_mask_storeu_ps (value + i, mask, x);
  }
}

static void
accumulate (float *to, const float *from, gsize n)
{
  for (gsize i = 0; i < n; i++)
    to[i] += from[i];
}

const OwlTrainingKernels owl_training_kernels_avx512 = {
  .multiply_bf16 = multiply_bf16, .softmax_back = softmax_back, .silu_multiply_back = silu_multiply_back, .quick_gelu_back = quick_gelu_back,
  .norm_back = norm_back, .norm_back_weights = norm_back_weights, .sum_squares = sum_squares, .sum = sum_values, .adam = adam,
  .accumulate = accumulate,
};
