/* SPDX-License-Identifier: GPL-3.0-or-later */

/* AVX2 with VNNI on 256 bits: four products of bytes add up in 32 bits. */
#include "tensor/kernels-256.h"

#define Q8_OFFSET 128

INLINE void
dot_together (const Ints *w, const gint8 *values, Ints *sums, int n, int count, int n_bits)
{
#pragma GCC unroll 8
  for (int j = 0; j < n; j++)
#pragma GCC unroll 4
    for (int c = 0; c < count; c++)
      sums[c] = _mm256_dpbusd_avx_epi32 (sums[c], w[j], spread_four (values + 32 * c + 4 * j));
}

#include "tensor/kernels-template.h"

const OwlKernels owl_kernels_avxvnni = KERNELS;
