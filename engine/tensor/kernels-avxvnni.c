/* SPDX-License-Identifier: GPL-3.0-or-later */

/* AVX2 with VNNI on 256 bits: four products of bytes add up in 32 bits. */
#include "tensor/kernels-256.h"

#define Q8_OFFSET 128

INLINE Ints
dot_some (const Ints *w, const gint8 *values, Ints sum, int n)
{
#pragma GCC unroll 8
  for (int j = 0; j < n; j++)
    sum = _mm256_dpbusd_avx_epi32 (sum, w[j], spread_four (values + 4 * j));
  return sum;
}

INLINE Ints dot4 (const Ints *w, const gint8 *values, Ints sum, int n_bits) { return dot_some (w, values, sum, 4); }
INLINE Ints dot8 (const Ints *w, const gint8 *values, Ints sum, int n_bits) { return dot_some (w, values, sum, 8); }

#include "tensor/kernels-template.h"

const OwlKernels owl_kernels_avxvnni = KERNELS;
