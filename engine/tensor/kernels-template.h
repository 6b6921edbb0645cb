/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The body of the vector kernels, compiled once for each processor level by a file that defines:
 *   LANES            rows in a vector: 16 or 8
 *   COLUMNS          columns that fit the registers beside the weights of a block
 *   CHUNK_COLUMNS    columns up to which a whole chunk is taken at a time
 *   FLOAT_COLUMNS    columns that fit the registers beside one vector of float weights for each part
 *   Q8_OFFSET        see OwlKernels
 *   Ints, Floats     vectors of LANES words (4 bytes each) and of LANES floats
 *   loads, stores and arithmetic on both: load_words, spread_words, shift_words, low_nibbles, raise_bits, fifth_bits, fma_floats …
 *   TOGETHER         columns whose sums are built side by side, so that none waits for itself
 *   dot_together (w, values, sums, n, count, bits): adds, by lane, the sums of n · 4 products to each of `count` sums; the values of the
 *                    columns are 32 apart; `bits` bounds w
 *   PAIRS            1 where registers are many enough for two groups side by side, with dot_words and spread_four
 *   sum_lanes (v[LANES]): the sum over each vector, as one vector
 *   round_block (src, values, low_sum, high_sum): rounds 32 floats, returns their scale and the sums of both halves
 * Everything is inlined with constant widths, so that all arrays of vectors live in registers. */

#define PARTS (OWL_PACK_ROWS / LANES)

#include "tensor/kernels-blocks.h"
#include "tensor/kernels-products.h"
#include "tensor/kernels-floats.h"
#include "tensor/kernels-attention.h"
#include "tensor/kernels-rows.h"

#define KERNELS                                                                                                              \
  {                                                                                                       \
    .q8_offset = Q8_OFFSET, .quantise = quantise, .dot = dot, .unpack = unpack, .dot_panels = dot_panels,  \
    .dot_floats = dot_floats, .widen = widen, .narrow = narrow, .scores = scores, .mix = mix,             \
    .layer_norm = layer_norm, .rms_norm = rms_norm, .silu_multiply = silu_multiply, .quick_gelu = quick_gelu, .tanh_gelu = tanh_gelu, .softmax = softmax, \
  }
