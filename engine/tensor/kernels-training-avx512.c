/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Training on AVX-512 with BF16.
 *
 * The product: B is rounded and laid out as [pairs of k][32 columns], so much of it at a time as the second-level cache holds; rows of A as they come;
 * a tile of up to 14 × 32 sums stays in registers. In training most of what is read and written has to come from far away, so memory is asked for early:
 * C before its tile is computed, A while the rows before it are worked on. Steps and figures: SPEED.md. */
#include "tensor/training.h"

#include "base/big-memory.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))

#define ROWS 14         /* of a tile, at most */
#define COLUMNS 32      /* of a tile */
#define DEPTH 384       /* of k at a time: A [14, 384] and B [384, 32] share the first-level cache */
#define PAIRS (DEPTH / 2)
#define WIDTH 1024      /* columns of B that are laid out at a time */
#define LIMIT (1 << 18) /* numbers of B that are laid out at a time: half a megabyte */
#define GROUP 16        /* tiles of a transposed A that are laid out at a time, so that its lines are read as a whole */
#define AHEAD 12        /* rows that are asked for before they are laid out */

typedef struct {
  guint32 b[LIMIT / 2 + WIDTH];   /* [piece of k][panel of 32 columns][pairs][32]; a piece with an odd end takes a row more */
  guint32 a[GROUP * 16 * PAIRS];  /* [row][pairs], or [tile][pairs][16 rows] where A is transposed */
} Workspace;

static Workspace *
get_workspace (void)
{
  static GPrivate key = G_PRIVATE_INIT (free);
  Workspace *w = g_private_get (&key);

  if (!w) {
    w = owl_big_memory_new (sizeof (Workspace));
    if (!w)
      g_error ("No memory for %" G_GSIZE_FORMAT " bytes of working memory", sizeof (Workspace));
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

/* Asks for [begin, begin + n) to be near soon. */
INLINE void
ask_for (const float *begin, gsize n)
{
  for (gsize i = 0; i < n; i += 16)
    _mm_prefetch (begin + i, _MM_HINT_T0);
}

/* Columns [0, n) of B, k rows, to panels. */
static void
lay_out_b (gboolean transposed, const float *b, gsize ldb, gsize n, gsize k, guint32 *to)
{
  gsize pairs = (k + 1) / 2, panel = pairs * COLUMNS;

  if (!transposed) {
    for (gsize p = 0; p < pairs; p++, b += 2 * ldb, to += COLUMNS) {
      const float *second = 2 * p + 1 < k ? b + ldb : NULL;

      for (gsize j = 0; j < n; j += 16) {
        if (2 * p + AHEAD < k)
          _mm_prefetch (b + AHEAD * ldb + j, _MM_HINT_T0);
        if (2 * p + AHEAD + 1 < k)
          _mm_prefetch (b + (AHEAD + 1) * ldb + j, _MM_HINT_T0);
        _mm512_store_si512 (to + j / COLUMNS * panel + j % COLUMNS, round_two (b + j, second ? second + j : NULL, first_lanes (n - j)));
      }
    }
    return;
  }
  for (gsize j = 0; j < n; j += 16) {
    guint32 *half = to + j / COLUMNS * panel + j % COLUMNS;

    for (gsize p = 0; p < pairs; p += 16) {
      __m512i rows[16];

      for (gsize i = 0; i < 16; i++) {
        const float *row = b + (j + i) * ldb + 2 * p;

        rows[i] = j + i < n ? round_row (row, k - 2 * p) : _mm512_setzero_si512 ();
        if (j + i + 16 < n)
          ask_for (row + 16 * ldb, MIN (k - 2 * p, 32));
      }
      transpose_words (rows);
      for (gsize i = 0; i < MIN (pairs - p, 16); i++)
        _mm512_store_si512 (half + (p + i) * COLUMNS, rows[i]);
    }
  }
}

static void
lay_out_a (const float *a, gsize lda, gsize m, gsize k, guint32 *to)
{
  gsize pairs = (k + 1) / 2;

  for (gsize i = 0; i < m; i++, to += PAIRS)
    for (gsize p = 0; p < pairs; p += 16)
      _mm512_store_si512 (to + p, round_row (a + i * lda + 2 * p, k - 2 * p));
}

/* Columns [0, m) of the stored A, k rows, to tiles of `rows`. */
static void
lay_out_transposed_a (const float *a, gsize lda, gsize m, gsize k, gsize rows, guint32 *to)
{
  gsize pairs = (k + 1) / 2;

  for (gsize p = 0; p < pairs; p++, a += 2 * lda, to += 16) {
    const float *second = 2 * p + 1 < k ? a + lda : NULL;

    if (2 * p + AHEAD < k)
      ask_for (a + AHEAD * lda, m);
    if (2 * p + AHEAD + 1 < k)
      ask_for (a + (AHEAD + 1) * lda, m);
    for (gsize i = 0, tile = 0; i < m; i += rows, tile++)
      _mm512_store_si512 (to + tile * 16 * PAIRS, round_two (a + i, second ? second + i : NULL, first_lanes (MIN (m - i, rows))));
  }
}

typedef struct {
  const guint32 *a, *b;
  gsize pairs;
  float alpha;
  const float *bias; /* NULL: none */
  gboolean add;
  float *c;
  gsize ldc;
  __mmask16 low, high;
} Tile;

/* One tile of R rows and V · 16 columns. */
INLINE void
multiply_tile (const Tile *t, const gsize R, const gsize V, const gsize row_stride, const gsize pair_stride)
{
  const guint32 *a = t->a, *b = t->b;
  float *c = t->c;
  const gsize ldc = t->ldc;
  const __mmask16 masks[2] = { t->low, t->high };
  const __m512 alpha = _mm512_set1_ps (t->alpha);
  __m512 sums[ROWS][2];

#pragma GCC unroll 14
  for (gsize i = 0; i < R; i++) {
    sums[i][0] = sums[i][1] = _mm512_setzero_ps ();
    __builtin_prefetch (c + i * ldc, 1);
    __builtin_prefetch (c + i * ldc + V * 16 - 1, 1);
    if (V == 2)
      __builtin_prefetch (c + i * ldc + 16, 1);
  }
  for (const guint32 *end = b + t->pairs * COLUMNS; b < end; a += pair_stride, b += COLUMNS) {
    __m512bh b0 = (__m512bh) _mm512_load_si512 (b), b1 = V == 2 ? (__m512bh) _mm512_load_si512 (b + 16) : b0;

#pragma GCC unroll 14
    for (gsize i = 0; i < R; i++) {
      __m512bh value = (__m512bh) _mm512_set1_epi32 ((int) a[i * row_stride]);

      sums[i][0] = _mm512_dpbf16_ps (sums[i][0], value, b0);
      if (V == 2)
        sums[i][1] = _mm512_dpbf16_ps (sums[i][1], value, b1);
    }
  }
#pragma GCC unroll 14
  for (gsize i = 0; i < R; i++)
#pragma GCC unroll 2
    for (gsize v = 0; v < V; v++) {
      float *to = c + i * ldc + v * 16;
      __m512 x = sums[i][v] * alpha;

      if (t->bias)
        x += _mm512_maskz_loadu_ps (masks[v], t->bias + v * 16);
      if (t->add)
        x += _mm512_maskz_loadu_ps (masks[v], to);
      _mm512_mask_storeu_ps (to, masks[v], x);
    }
}

#define TILES(R) \
  static void tile_##R##_1 (const Tile *t) { multiply_tile (t, R, 1, PAIRS, 1); } \
  static void tile_##R##_2 (const Tile *t) { multiply_tile (t, R, 2, PAIRS, 1); } \
  static void transposed_##R##_1 (const Tile *t) { multiply_tile (t, R, 1, 1, 16); } \
  static void transposed_##R##_2 (const Tile *t) { multiply_tile (t, R, 2, 1, 16); }
#define ENTRY(R) { { tile_##R##_1, tile_##R##_2 }, { transposed_##R##_1, transposed_##R##_2 } }

TILES (1)
TILES (2)
TILES (3)
TILES (4)
TILES (5)
TILES (6)
TILES (7)
TILES (8)
TILES (9)
TILES (10)
TILES (11)
TILES (12)
TILES (13)
TILES (14)

/* [rows − 1][A is transposed][vectors − 1] */
static void (*const tiles[ROWS][2][2]) (const Tile *) = { ENTRY (1), ENTRY (2), ENTRY (3), ENTRY (4), ENTRY (5), ENTRY (6), ENTRY (7),
                                                          ENTRY (8), ENTRY (9), ENTRY (10), ENTRY (11), ENTRY (12), ENTRY (13), ENTRY (14) };

/* The size of pieces of `n`, at most `limit` each and as equal as multiples of `unit` can be. */
static gsize
piece_of (gsize n, gsize limit, gsize unit)
{
  gsize count = (n + limit - 1) / limit, size = (n + count - 1) / count;

  return (size + unit - 1) / unit * unit;
}

/* Rows [0, rows) of C, a tile high, over one piece of k. */
static void
multiply_rows (gboolean ta, gsize rows, gsize n, gsize pairs, float alpha, const float *bias, gboolean add, const guint32 *a, const guint32 *b, float *c,
               gsize ldc, const float *next, gsize lda, gsize n_next, gsize k_next)
{
  gsize n_panels = (n + COLUMNS - 1) / COLUMNS;

  for (gsize q = 0; q < n_panels; q++) {
    gsize left = n - q * COLUMNS;
    Tile t = { a, b + q * pairs * COLUMNS, pairs, alpha, bias ? bias + q * COLUMNS : NULL, add, c + q * COLUMNS, ldc, first_lanes (left),
               left > 16 ? first_lanes (left - 16) : 0 };

    for (gsize i = n_next * q / n_panels; i < n_next * (q + 1) / n_panels; i++)
      ask_for (next + i * lda, k_next);
    tiles[rows - 1][ta ? 1 : 0][left > 16] (&t);
  }
}

/* C [m, n] over what is laid out of B: depth rows in pieces of `piece`. */
static void
multiply_laid_out (Workspace *w, gboolean ta, gsize m, gsize n, gsize depth, gsize piece, float alpha, const float *a, gsize lda, const float *bias,
                   gboolean add, float *c, gsize ldc)
{
  gsize rows = piece_of (m, ROWS, 1), group = ta ? rows * GROUP : rows, padded = (n + COLUMNS - 1) / COLUMNS * COLUMNS;

  for (gsize i = 0; i < m; i += group)
    for (gsize l = 0; l < depth; l += piece) {
      gsize height = MIN (m - i, group), k = MIN (depth - l, piece), pairs = (k + 1) / 2;
      const guint32 *b = w->b + l / 2 * padded;
      const float *first = l > 0 ? NULL : bias;
      gboolean more = add || l > 0;

      if (ta) {
        lay_out_transposed_a (a + l * lda + i, lda, height, k, rows, w->a);
        for (gsize r = 0; r < height; r += rows)
          multiply_rows (TRUE, MIN (height - r, rows), n, pairs, alpha, first, more, w->a + r / rows * 16 * PAIRS, b, c + (i + r) * ldc, ldc, NULL, 0, 0, 0);
      } else {
        gsize n_next = i + rows < m ? MIN (m - i - rows, rows) : 0;

        lay_out_a (a + i * lda + l, lda, height, k, w->a);
        multiply_rows (FALSE, height, n, pairs, alpha, first, more, w->a, b, c + i * ldc, ldc, a + (i + rows) * lda + l, lda, n_next, k);
      }
    }
}

static void
multiply_bf16 (gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b, gsize ldb, float beta,
               const float *bias, float *c, gsize ldc)
{
  Workspace *w = get_workspace ();
  gsize width, depth, piece;

  if (m == 0 || n == 0 || k == 0)
    return;
  width = piece_of (n, WIDTH, COLUMNS);
  depth = piece_of (k, LIMIT / width / 2 * 2, 2);
  piece = piece_of (depth, DEPTH, 2);
  for (gsize j = 0; j < n; j += width)
    for (gsize l = 0; l < k; l += depth) {
      gsize columns = MIN (n - j, width), here = MIN (k - l, depth), padded = (columns + COLUMNS - 1) / COLUMNS * COLUMNS;

      for (gsize s = 0; s < here; s += piece)
        lay_out_b (tb, tb ? b + j * ldb + l + s : b + (l + s) * ldb + j, ldb, columns, MIN (here - s, piece), w->b + s / 2 * padded);
      multiply_laid_out (w, ta, m, columns, here, piece, alpha, ta ? a + l * lda : a + l, lda, bias && l == 0 ? bias + j : NULL, l > 0 || beta != 0.0f,
                         c + j, ldc);
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
silu_multiply_back (const float *g, const float *u, const float *dy, float *dg, gboolean fresh_g, float *du, gboolean fresh_u, gsize n)
{
  const __m512 one = _mm512_set1_ps (1.0f);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 x = _mm512_maskz_loadu_ps (mask, g + i), d = _mm512_maskz_loadu_ps (mask, dy + i), s = sigmoid (x);

    if (dg)
      _mm512_mask_storeu_ps (dg + i, mask,
                             _mm512_maskz_loadu_ps (fresh_g ? 0 : mask, dg + i) + d * _mm512_maskz_loadu_ps (mask, u + i) * s * (one + x * (one - s)));
    if (du)
      _mm512_mask_storeu_ps (du + i, mask, _mm512_maskz_loadu_ps (fresh_u ? 0 : mask, du + i) + d * x * s);
  }
}

static void
quick_gelu_back (const float *x, const float *dy, float *dx, gboolean fresh, gsize n)
{
  const __m512 one = _mm512_set1_ps (1.0f), slope = _mm512_set1_ps (1.702f);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 v = _mm512_maskz_loadu_ps (mask, x + i), s = sigmoid (v * slope);

    _mm512_mask_storeu_ps (dx + i, mask,
                           _mm512_maskz_loadu_ps (fresh ? 0 : mask, dx + i) + _mm512_maskz_loadu_ps (mask, dy + i) * s * (one + slope * v * (one - s)));
  }
}

static void
norm (const float *x, const float *w, const float *b, float mean, float inverse, float *y, gsize n)
{
  const __m512 m = _mm512_set1_ps (mean), inv = _mm512_set1_ps (inverse);

  for (gsize i = 0; i < n; i += 16) {
    __mmask16 mask = first_lanes (n - i);
    __m512 v = (_mm512_maskz_loadu_ps (mask, x + i) - m) * inv * _mm512_maskz_loadu_ps (mask, w + i);

    if (b)
      v += _mm512_maskz_loadu_ps (mask, b + i);
    _mm512_mask_storeu_ps (y + i, mask, v);
  }
}

static void
norm_back (const float *x, const float *dy, const float *w, float mean, float inverse, gboolean centred, float *dx, gboolean fresh, gsize n)
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

    _mm512_mask_storeu_ps (dx + i, mask, _mm512_maskz_loadu_ps (fresh ? 0 : mask, dx + i) + inv * (g - mean_g - hat * mean_gx));
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

static void
add (const float *a, const float *b, float *y, gsize n)
{
  for (gsize i = 0; i < n; i++)
    y[i] = a[i] + b[i];
}

static void
add_columns (const float *x, gsize rows, gsize stride, float *sums, gsize n)
{
  for (gsize r = 0; r < rows; r += 4, x += 4 * stride)
    for (gsize i = 0; i < n; i += 16) {
      __mmask16 mask = first_lanes (n - i);
      __m512 sum = _mm512_maskz_loadu_ps (mask, sums + i);

      for (gsize j = 0; j < MIN (rows - r, 4); j++)
        sum += _mm512_maskz_loadu_ps (mask, x + j * stride + i);
      _mm512_mask_storeu_ps (sums + i, mask, sum);
    }
}

static void
rotate (const float *from, const float *cosines, const float *sines, float sign, float *to, gboolean add_to, gsize half)
{
  for (gsize i = 0; i < half; i += 16) {
    __mmask16 mask = first_lanes (half - i), keep = add_to ? mask : 0;
    __m512 x = _mm512_maskz_loadu_ps (mask, from + i), y = _mm512_maskz_loadu_ps (mask, from + half + i);
    __m512 cosine = _mm512_maskz_loadu_ps (mask, cosines + i), sine = _mm512_maskz_loadu_ps (mask, sines + i) * _mm512_set1_ps (sign);

    _mm512_mask_storeu_ps (to + i, mask, _mm512_maskz_loadu_ps (keep, to + i) + x * cosine - y * sine);
    _mm512_mask_storeu_ps (to + half + i, mask, _mm512_maskz_loadu_ps (keep, to + half + i) + y * cosine + x * sine);
  }
}

const OwlTrainingKernels owl_training_kernels_avx512 = {
  .multiply_bf16 = multiply_bf16, .softmax_back = softmax_back, .silu_multiply_back = silu_multiply_back, .quick_gelu_back = quick_gelu_back,
  .norm = norm, .norm_back = norm_back, .norm_back_weights = norm_back_weights, .sum_squares = sum_squares, .sum = sum_values, .adam = adam,
  .accumulate = accumulate, .add = add, .add_columns = add_columns, .rotate = rotate,
};
