/* SPDX-License-Identifier: GPL-3.0-or-later */

/* AVX2, FMA and F16C. There is no product of bytes that adds up in 32 bits, so pairs of products are added in 16 bits for as long as they cannot
 * overflow: weights of 4 bits allow 8 pairs (8 · 2 · 15 · 127 < 2^15), of 5 bits 4, of 6 bits 2, and signed bytes 1. */
#include "tensor/kernels-256.h"

#define Q8_OFFSET 0

INLINE Ints
pair_products (Ints w, const gint8 *values, int n_bits)
{
  Ints x = spread_four (values);

  if (n_bits == 8)
    return _mm256_maddubs_epi16 (_mm256_abs_epi8 (w), _mm256_sign_epi8 (x, w));
  return _mm256_maddubs_epi16 (w, x);
}

INLINE void
dot_together (const Ints *w, const gint8 *values, Ints *sums, int n, int count, int n_bits)
{
  const int run = n_bits == 4 ? 8 : n_bits == 5 ? 4 : n_bits == 6 ? 2 : 1;
  const Ints ones = _mm256_set1_epi16 (1);
  Ints pairs[TOGETHER];

#pragma GCC unroll 8
  for (int j = 0; j < n; j++)
#pragma GCC unroll 4
    for (int c = 0; c < count; c++) {
      Ints products = pair_products (w[j], values + 32 * c + 4 * j, n_bits);

      pairs[c] = j % run == 0 ? products : _mm256_add_epi16 (pairs[c], products);
      if (j % run == run - 1)
        sums[c] = _mm256_add_epi32 (sums[c], _mm256_madd_epi16 (pairs[c], ones));
    }
}

#include "tensor/kernels-template.h"

const OwlKernels owl_kernels_avx2 = KERNELS;
