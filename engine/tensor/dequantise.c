/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/dequantise.h"

/* Blocks are read byte by byte: they are packed without alignment. A block of 32 holds value j in the low and value j + 16 in the
 * high nibble of byte j. */

static inline float
read_f16 (const guint8 *p)
{
  return owl_f16_to_f32 ((guint16) (p[0] | p[1] << 8));
}

static inline guint32
read_u32 (const guint8 *p)
{
  return (guint32) p[0] | (guint32) p[1] << 8 | (guint32) p[2] << 16 | (guint32) p[3] << 24;
}

static void
dequantise_q4_0 (const guint8 *block, float *dst)
{
  const float d = read_f16 (block);
  const guint8 *qs = block + 2;

  for (int j = 0; j < 16; j++) {
    dst[j] = (float) ((qs[j] & 15) - 8) * d;
    dst[j + 16] = (float) ((qs[j] >> 4) - 8) * d;
  }
}

static void
dequantise_q4_1 (const guint8 *block, float *dst)
{
  const float d = read_f16 (block), m = read_f16 (block + 2);
  const guint8 *qs = block + 4;

  for (int j = 0; j < 16; j++) {
    dst[j] = (float) (qs[j] & 15) * d + m;
    dst[j + 16] = (float) (qs[j] >> 4) * d + m;
  }
}

/* The fifth bits of the 32 values are one little-endian word. */
static void
dequantise_q5_0 (const guint8 *block, float *dst)
{
  const float d = read_f16 (block);
  const guint32 high = read_u32 (block + 2);
  const guint8 *qs = block + 6;

  for (int j = 0; j < 16; j++) {
    const int low = (qs[j] & 15) | (int) (high >> j & 1) << 4;
    const int up = (qs[j] >> 4) | (int) (high >> (j + 16) & 1) << 4;
    dst[j] = (float) (low - 16) * d;
    dst[j + 16] = (float) (up - 16) * d;
  }
}

static void
dequantise_q5_1 (const guint8 *block, float *dst)
{
  const float d = read_f16 (block), m = read_f16 (block + 2);
  const guint32 high = read_u32 (block + 4);
  const guint8 *qs = block + 8;

  for (int j = 0; j < 16; j++) {
    const int low = (qs[j] & 15) | (int) (high >> j & 1) << 4;
    const int up = (qs[j] >> 4) | (int) (high >> (j + 16) & 1) << 4;
    dst[j] = (float) low * d + m;
    dst[j + 16] = (float) up * d + m;
  }
}

static void
dequantise_q8_0 (const guint8 *block, float *dst)
{
  const float d = read_f16 (block);

  for (int j = 0; j < 32; j++)
    dst[j] = (float) (gint8) block[2 + j] * d;
}

/* The eight 6-bit scales and eight 6-bit minima of Q4_K and Q5_K, packed into 12 bytes. */
static void
unpack_scale_min (const guint8 *packed, int j, int *scale, int *min)
{
  if (j < 4) {
    *scale = packed[j] & 63;
    *min = packed[j + 4] & 63;
  } else {
    *scale = (packed[j + 4] & 15) | (packed[j - 4] >> 6) << 4;
    *min = (packed[j + 4] >> 4) | (packed[j] >> 6) << 4;
  }
}

static void
dequantise_q4_k (const guint8 *block, float *dst)
{
  const float d = read_f16 (block), d_min = read_f16 (block + 2);
  const guint8 *scales = block + 4, *qs = block + 16;

  for (int group = 0; group < 8; group++) {
    const guint8 *q = qs + group / 2 * 32;
    const int shift = group % 2 * 4;
    int scale, min;

    unpack_scale_min (scales, group, &scale, &min);
    const float step = d * (float) scale, offset = d_min * (float) min;
    for (int l = 0; l < 32; l++)
      dst[group * 32 + l] = step * (float) (q[l] >> shift & 15) - offset;
  }
}

static void
dequantise_q5_k (const guint8 *block, float *dst)
{
  const float d = read_f16 (block), d_min = read_f16 (block + 2);
  const guint8 *scales = block + 4, *high = block + 16, *qs = block + 48;

  for (int group = 0; group < 8; group++) {
    const guint8 *q = qs + group / 2 * 32;
    const int shift = group % 2 * 4;
    int scale, min;

    unpack_scale_min (scales, group, &scale, &min);
    const float step = d * (float) scale, offset = d_min * (float) min;
    for (int l = 0; l < 32; l++) {
      const int value = (q[l] >> shift & 15) + ((high[l] >> group & 1) != 0 ? 16 : 0);
      dst[group * 32 + l] = step * (float) value - offset;
    }
  }
}

static void
dequantise_q6_k (const guint8 *block, float *dst)
{
  const guint8 *low = block, *high = block + 128;
  const gint8 *scales = (const gint8 *) block + 192;
  const float d = read_f16 (block + 208);

  for (int half = 0; half < 2; half++) {
    for (int l = 0; l < 32; l++) {
      const int s = l / 16;
      const int q0 = ((low[l] & 15) | (high[l] & 3) << 4) - 32;
      const int q1 = ((low[l + 32] & 15) | (high[l] >> 2 & 3) << 4) - 32;
      const int q2 = ((low[l] >> 4) | (high[l] >> 4 & 3) << 4) - 32;
      const int q3 = ((low[l + 32] >> 4) | (high[l] >> 6) << 4) - 32;
      dst[l] = d * (float) scales[s] * (float) q0;
      dst[l + 32] = d * (float) scales[s + 2] * (float) q1;
      dst[l + 64] = d * (float) scales[s + 4] * (float) q2;
      dst[l + 96] = d * (float) scales[s + 6] * (float) q3;
    }
    low += 64;
    high += 32;
    scales += 8;
    dst += 128;
  }
}

typedef void (*BlockFunc) (const guint8 *block, float *dst);

static BlockFunc
find_block_func (OwlType type)
{
  switch (type) {
  case OWL_TYPE_Q4_0:
    return dequantise_q4_0;
  case OWL_TYPE_Q4_1:
    return dequantise_q4_1;
  case OWL_TYPE_Q5_0:
    return dequantise_q5_0;
  case OWL_TYPE_Q5_1:
    return dequantise_q5_1;
  case OWL_TYPE_Q8_0:
    return dequantise_q8_0;
  case OWL_TYPE_Q4_K:
    return dequantise_q4_k;
  case OWL_TYPE_Q5_K:
    return dequantise_q5_k;
  case OWL_TYPE_Q6_K:
    return dequantise_q6_k;
  case OWL_TYPE_F32:
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
  default:
    return NULL;
  }
}

void
owl_dequantise (OwlType type, const void *src, float *dst, gsize n)
{
  const BlockFunc func = find_block_func (type);
  g_return_if_fail (func != NULL);
  const gsize block_length = owl_type_block_length (type), block_size = owl_type_block_size (type);
  const guint8 *block = src;

  for (gsize i = 0; i < n; i += block_length) {
    func (block, dst + i);
    block += block_size;
  }
}
