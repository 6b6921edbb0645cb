/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Vectors of 256 bits, for the levels AVX2 and AVX-VNNI: half a group of rows. The files that include this give `dot_together`. */
#include "tensor/kernels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define LANES 8
#define COLUMNS 4
#define CHUNK_COLUMNS 2
#define TOGETHER 2
#define PAIRS 0
#define FLOAT_COLUMNS 4

typedef __m256i Ints;
typedef __m256 Floats;

#define INLINE static inline __attribute__ ((always_inline))

INLINE Ints load_words (const guint8 *p) { return _mm256_loadu_si256 ((const __m256i *) (const void *) p); }
INLINE void store_words (guint8 *p, Ints v) { _mm256_storeu_si256 ((__m256i *) (void *) p, v); }
INLINE Ints spread_words (gint32 v) { return _mm256_set1_epi32 (v); }
INLINE Ints shift_words (Ints v, int n) { return _mm256_srli_epi32 (v, n); }
INLINE Ints set_bytes (char v) { return _mm256_set1_epi8 (v); }
INLINE Floats spread_float (float v) { return _mm256_set1_ps (v); }
INLINE Floats load_floats (const float *p) { return _mm256_loadu_ps (p); }
INLINE void store_floats (float *p, Floats v) { _mm256_storeu_ps (p, v); }
INLINE Ints load_u8 (const guint8 *p) { return _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *) (const void *) p)); }
INLINE Ints load_i8 (const guint8 *p) { return _mm256_cvtepi8_epi32 (_mm_loadl_epi64 ((const __m128i *) (const void *) p)); }
INLINE Floats to_floats (Ints v) { return _mm256_cvtepi32_ps (v); }
INLINE Floats fma_floats (Floats a, Floats b, Floats c) { return _mm256_fmadd_ps (a, b, c); }
INLINE Floats min_floats (Floats a, Floats b) { return _mm256_min_ps (a, b); }
INLINE Floats max_floats (Floats a, Floats b) { return _mm256_max_ps (a, b); }
INLINE Floats round_floats (Floats v) { return _mm256_round_ps (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

/* v · 2^n by adding to the exponent; the caller keeps the result in range. */
INLINE Floats
power_of_two (Floats v, Floats n)
{
  return _mm256_castsi256_ps (_mm256_add_epi32 (_mm256_castps_si256 (v), _mm256_slli_epi32 (_mm256_cvtps_epi32 (n), 23)));
}

INLINE Floats
load_f16 (const guint8 *p)
{
  return _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (const void *) p));
}

INLINE Floats
spread_f16 (const guint8 *p)
{
  guint16 half;

  memcpy (&half, p, 2);
  return _mm256_cvtph_ps (_mm_set1_epi16 ((short) half));
}

INLINE void
store_f16 (guint16 *p, Floats v)
{
  _mm_storeu_si128 ((__m128i *) (void *) p, _mm256_cvtps_ph (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

INLINE Floats
load_bf16 (const guint8 *p)
{
  Ints wide = _mm256_cvtepu16_epi32 (_mm_loadu_si128 ((const __m128i *) (const void *) p));

  return _mm256_castsi256_ps (_mm256_slli_epi32 (wide, 16));
}

INLINE Floats
zero_below (Floats x, float limit, Floats v)
{
  return _mm256_and_ps (_mm256_cmp_ps (x, _mm256_set1_ps (limit), _CMP_NLT_UQ), v);
}

INLINE Ints
low_nibbles (Ints v, int shift)
{
  return _mm256_and_si256 (_mm256_srl_epi16 (v, _mm_cvtsi32_si128 (shift)), _mm256_set1_epi8 (15));
}

/* The bits `mask << shift` of each byte, moved to bit 4. */
INLINE Ints
raise_bits (Ints v, int shift, int mask)
{
  Ints low = _mm256_and_si256 (_mm256_srl_epi16 (v, _mm_cvtsi32_si128 (shift)), _mm256_set1_epi8 ((char) mask));

  return _mm256_slli_epi16 (low, 4);
}

/* Bits 4j … 4j + 3 of each word, one in bit 4 of each of its bytes. */
INLINE Ints
fifth_bits (Ints words, int j)
{
  const Ints base = _mm256_setr_epi32 (0, 0x04040404, 0x08080808, 0x0c0c0c0c, 0, 0x04040404, 0x08080808, 0x0c0c0c0c);
  const Ints spread = _mm256_shuffle_epi8 (words, _mm256_add_epi8 (base, _mm256_set1_epi8 ((char) (j / 2))));
  const Ints bit = _mm256_set1_epi32 (j % 2 ? (gint32) 0x80402010 : 0x08040201);

  return _mm256_and_si256 (_mm256_cmpeq_epi8 (_mm256_and_si256 (spread, bit), bit), _mm256_set1_epi8 (16));
}

INLINE Floats
sum_lanes (const Floats v[8])
{
  Floats a = _mm256_hadd_ps (_mm256_hadd_ps (v[0], v[1]), _mm256_hadd_ps (v[2], v[3]));
  Floats b = _mm256_hadd_ps (_mm256_hadd_ps (v[4], v[5]), _mm256_hadd_ps (v[6], v[7]));

  return _mm256_permute2f128_ps (a, b, 0x20) + _mm256_permute2f128_ps (a, b, 0x31);
}

INLINE gint32
sum_words (Ints v)
{
  __m128i sum = _mm_add_epi32 (_mm256_castsi256_si128 (v), _mm256_extracti128_si256 (v, 1));

  sum = _mm_add_epi32 (sum, _mm_shuffle_epi32 (sum, 0x4e));
  return _mm_cvtsi128_si32 (_mm_add_epi32 (sum, _mm_shuffle_epi32 (sum, 0xb1)));
}

INLINE float
round_block (const float *src, gint8 *values, gint32 *low_sum, gint32 *high_sum)
{
  const Floats no_sign = _mm256_castsi256_ps (_mm256_set1_epi32 (0x7fffffff));
  Floats largest = _mm256_setzero_ps (), inverse;
  __m128 four;
  Ints q[4];
  float max;

#pragma GCC unroll 4
  for (int i = 0; i < 4; i++)
    largest = _mm256_max_ps (largest, _mm256_and_ps (load_floats (src + 8 * i), no_sign));
  four = _mm_max_ps (_mm256_castps256_ps128 (largest), _mm256_extractf128_ps (largest, 1));
  four = _mm_max_ps (four, _mm_movehl_ps (four, four));
  max = _mm_cvtss_f32 (_mm_max_ss (four, _mm_movehdup_ps (four)));
  inverse = _mm256_set1_ps (max > 1e-35f ? 127.0f / max : 0.0f);
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    __m128i half, eight;

    q[i] = _mm256_cvtps_epi32 (load_floats (src + 8 * i) * inverse);
    half = _mm_packs_epi32 (_mm256_castsi256_si128 (q[i]), _mm256_extracti128_si256 (q[i], 1));
    eight = _mm_packs_epi16 (half, half);
    _mm_storel_epi64 ((__m128i *) (void *) (values + 8 * i), eight);
  }
  *low_sum = sum_words (_mm256_add_epi32 (q[0], q[1]));
  *high_sum = sum_words (_mm256_add_epi32 (q[2], q[3]));
  return max > 1e-35f ? max / 127.0f : 0.0f;
}

INLINE Ints
spread_four (const gint8 *values)
{
  gint32 four;

  memcpy (&four, values, 4);
  return _mm256_set1_epi32 (four);
}
