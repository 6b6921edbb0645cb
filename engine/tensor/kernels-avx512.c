/* SPDX-License-Identifier: GPL-3.0-or-later */

/* AVX-512 F, BW, VL and VNNI: a vector is a whole group of 16 rows. */
#include "tensor/kernels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define LANES 16
#define COLUMNS 16
#define CHUNK_COLUMNS 2
#define TOGETHER 4
#define PAIRS 1
#define FLOAT_COLUMNS 16
#define Q8_OFFSET 128

typedef __m512i Ints;
typedef __m512 Floats;

#define INLINE static inline __attribute__ ((always_inline))

INLINE Ints load_words (const guint8 *p) { return _mm512_loadu_si512 (p); }
INLINE void store_words (guint8 *p, Ints v) { _mm512_storeu_si512 (p, v); }
INLINE Ints spread_words (gint32 v) { return _mm512_set1_epi32 (v); }
INLINE Ints shift_words (Ints v, int n) { return _mm512_srli_epi32 (v, (unsigned) n); }
INLINE Ints set_bytes (char v) { return _mm512_set1_epi8 (v); }
INLINE Floats spread_float (float v) { return _mm512_set1_ps (v); }
INLINE Floats load_floats (const float *p) { return _mm512_loadu_ps (p); }
INLINE void store_floats (float *p, Floats v) { _mm512_storeu_ps (p, v); }
INLINE Ints load_u8 (const guint8 *p) { return _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *) (const void *) p)); }
INLINE Ints load_i8 (const guint8 *p) { return _mm512_cvtepi8_epi32 (_mm_loadu_si128 ((const __m128i *) (const void *) p)); }
INLINE Floats to_floats (Ints v) { return _mm512_cvtepi32_ps (v); }
INLINE Floats fma_floats (Floats a, Floats b, Floats c) { return _mm512_fmadd_ps (a, b, c); }
INLINE Floats min_floats (Floats a, Floats b) { return _mm512_min_ps (a, b); }
INLINE Floats max_floats (Floats a, Floats b) { return _mm512_max_ps (a, b); }
INLINE Floats round_floats (Floats v) { return _mm512_roundscale_ps (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE Floats power_of_two (Floats v, Floats n) { return _mm512_scalef_ps (v, n); }

INLINE Floats
load_f16 (const guint8 *p)
{
  return _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) (const void *) p));
}

INLINE Floats
spread_f16 (const guint8 *p)
{
  guint16 half;

  memcpy (&half, p, 2);
  return _mm512_cvtph_ps (_mm256_set1_epi16 ((short) half));
}

INLINE void
store_f16 (guint16 *p, Floats v)
{
  _mm256_storeu_si256 ((__m256i *) (void *) p, _mm512_cvtps_ph (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

INLINE Floats
load_bf16 (const guint8 *p)
{
  Ints wide = _mm512_cvtepu16_epi32 (_mm256_loadu_si256 ((const __m256i *) (const void *) p));

  return _mm512_castsi512_ps (_mm512_slli_epi32 (wide, 16));
}

INLINE Floats
zero_below (Floats x, float limit, Floats v)
{
  return _mm512_maskz_mov_ps (_mm512_cmp_ps_mask (x, _mm512_set1_ps (limit), _CMP_NLT_UQ), v);
}

INLINE Ints
low_nibbles (Ints v, int shift)
{
  return _mm512_and_si512 (_mm512_srl_epi16 (v, _mm_cvtsi32_si128 (shift)), _mm512_set1_epi8 (15));
}

/* The bits `mask << shift` of each byte, moved to bit 4. */
INLINE Ints
raise_bits (Ints v, int shift, int mask)
{
  Ints low = _mm512_and_si512 (_mm512_srl_epi16 (v, _mm_cvtsi32_si128 (shift)), _mm512_set1_epi8 ((char) mask));

  return _mm512_slli_epi16 (low, 4);
}

/* Bits 4j … 4j + 3 of each word, one in bit 4 of each of its bytes. */
INLINE Ints
fifth_bits (Ints words, int j)
{
  const Ints spread = _mm512_shuffle_epi8 (words, _mm512_add_epi8 (_mm512_set4_epi32 (0x0c0c0c0c, 0x08080808, 0x04040404, 0),
                                                                   _mm512_set1_epi8 ((char) (j / 2))));
  const Ints bit = _mm512_set1_epi32 (j % 2 ? (gint32) 0x80402010 : 0x08040201);

  return _mm512_maskz_set1_epi8 (_mm512_test_epi8_mask (spread, bit), 16);
}

INLINE Ints
spread_four (const gint8 *values)
{
  gint32 four;

  memcpy (&four, values, 4);
  return _mm512_set1_epi32 (four);
}

INLINE Ints dot_words (Ints sum, Ints w, Ints values) { return _mm512_dpbusd_epi32 (sum, w, values); }

INLINE void
dot_together (const Ints *w, const gint8 *values, Ints *sums, int n, int count, int n_bits)
{
#pragma GCC unroll 8
  for (int j = 0; j < n; j++)
#pragma GCC unroll 4
    for (int c = 0; c < count; c++)
      sums[c] = dot_words (sums[c], w[j], spread_four (values + 32 * c + 4 * j));
}

/* Neighbours are added three times over, which leaves four partial sums by vector in order; a last time gives the sums. */
INLINE Floats
sum_lanes (const Floats v[16])
{
  Floats pairs[8], fours[4], low, high;

#pragma GCC unroll 8
  for (int i = 0; i < 8; i++)
    pairs[i] = _mm512_unpacklo_ps (v[2 * i], v[2 * i + 1]) + _mm512_unpackhi_ps (v[2 * i], v[2 * i + 1]);
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    __m512d a = _mm512_castps_pd (pairs[2 * i]), b = _mm512_castps_pd (pairs[2 * i + 1]);

    fours[i] = _mm512_castpd_ps (_mm512_unpacklo_pd (a, b)) + _mm512_castpd_ps (_mm512_unpackhi_pd (a, b));
  }
  low = _mm512_shuffle_f32x4 (fours[0], fours[1], 0x88) + _mm512_shuffle_f32x4 (fours[0], fours[1], 0xdd);
  high = _mm512_shuffle_f32x4 (fours[2], fours[3], 0x88) + _mm512_shuffle_f32x4 (fours[2], fours[3], 0xdd);
  return _mm512_shuffle_f32x4 (low, high, 0x88) + _mm512_shuffle_f32x4 (low, high, 0xdd);
}

INLINE float
round_block (const float *src, gint8 *values, gint32 *low_sum, gint32 *high_sum)
{
  Floats first = load_floats (src), second = load_floats (src + 16);
  float max = _mm512_reduce_max_ps (_mm512_max_ps (_mm512_abs_ps (first), _mm512_abs_ps (second)));
  Floats inverse = _mm512_set1_ps (max > 1e-35f ? 127.0f / max : 0.0f);
  Ints a = _mm512_cvtps_epi32 (first * inverse), b = _mm512_cvtps_epi32 (second * inverse);

  _mm_storeu_si128 ((__m128i *) (void *) values, _mm512_cvtsepi32_epi8 (a));
  _mm_storeu_si128 ((__m128i *) (void *) (values + 16), _mm512_cvtsepi32_epi8 (b));
  *low_sum = _mm512_reduce_add_epi32 (a);
  *high_sum = _mm512_reduce_add_epi32 (b);
  return max > 1e-35f ? max / 127.0f : 0.0f;
}

#include "tensor/kernels-template.h"

const OwlKernels owl_kernels_avx512 = KERNELS;
