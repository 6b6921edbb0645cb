/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Part of kernels-template.h: products of float weights, and rows that are widened and narrowed. */

INLINE Floats
load_value (OwlType type, const guint8 *unit, int part)
{
  if (type == OWL_TYPE_F16)
    return load_f16 (unit + part * LANES * 2);
  if (type == OWL_TYPE_BF16)
    return load_bf16 (unit + part * LANES * 2);
  return load_floats ((const float *) (const void *) unit + part * LANES);
}

/* `n_groups` groups side by side: one column alone would wait for each sum. */
INLINE void
dot_floats_columns (OwlType type, const guint8 *groups, gsize group_size, int n_groups, gsize n, const float *x, int width,
                    int from, int step, float *out)
{
  gsize unit = type == OWL_TYPE_F32 ? 64 : 32;
  Floats sums[16];

#pragma GCC unroll 16
  for (int i = 0; i < n_groups * PARTS * step; i++)
    sums[i] = load_floats (out + (i / (PARTS * step) * width + from + i % step) * OWL_PACK_ROWS + i / step % PARTS * LANES);
  for (gsize k = 0; k < n; k++, x += width)
#pragma GCC unroll 16
    for (int i = 0; i < n_groups * PARTS; i++) {
      Floats w = load_value (type, groups + (gsize) (i / PARTS) * group_size + k * unit, i % PARTS);

#pragma GCC unroll 16
      for (int c = 0; c < step; c++)
        sums[i * step + c] = fma_floats (w, spread_float (x[from + c]), sums[i * step + c]);
    }
#pragma GCC unroll 16
  for (int i = 0; i < n_groups * PARTS * step; i++)
    store_floats (out + (i / (PARTS * step) * width + from + i % step) * OWL_PACK_ROWS + i / step % PARTS * LANES, sums[i]);
}

/* Eight columns of two groups: each value of x is loaded once for both. */
INLINE void
dot_floats_pair (OwlType type, const guint8 *groups, gsize group_size, gsize n, const float *x, int width, int from, float *out)
{
  gsize unit = type == OWL_TYPE_F32 ? 64 : 32;
  Floats sums[16];

#pragma GCC unroll 16
  for (int i = 0; i < 16; i++)
    sums[i] = load_floats (out + (i / 8 * width + from + i % 8) * OWL_PACK_ROWS);
  for (gsize k = 0; k < n; k++) {
    Floats w0 = load_value (type, groups + k * unit, 0), w1 = load_value (type, groups + group_size + k * unit, 0);

    __builtin_prefetch (groups + k * unit + 512);
    __builtin_prefetch (groups + group_size + k * unit + 512);
#pragma GCC unroll 8
    for (int c = 0; c < 8; c++) {
      Floats value = spread_float (x[k * (gsize) width + (gsize) (from + c)]);

      sums[c] = fma_floats (w0, value, sums[c]);
      sums[8 + c] = fma_floats (w1, value, sums[8 + c]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++)
    store_floats (out + (i / 8 * width + from + i % 8) * OWL_PACK_ROWS, sums[i]);
}

INLINE void
dot_floats_of (OwlType type, const guint8 *groups, gsize group_size, int n_groups, gsize n, const float *x, int width, float *out)
{
  int group = 0;

  if (width == 1)
    for (; group + 4 <= n_groups; group += 4)
      dot_floats_columns (type, groups + (gsize) group * group_size, group_size, 4, n, x, 1, 0, 1, out + group * OWL_PACK_ROWS);
  for (; group < n_groups; group++) {
    const guint8 *at = groups + (gsize) group * group_size;
    float *sums = out + group * width * OWL_PACK_ROWS;

    if (width == 1)
      dot_floats_columns (type, at, group_size, 1, n, x, 1, 0, 1, sums);
    else if (width == 2)
      dot_floats_columns (type, at, group_size, 1, n, x, 2, 0, 2, sums);
    else if (width == 4)
      dot_floats_columns (type, at, group_size, 1, n, x, 4, 0, 4, sums);
    else if (PAIRS && group + 2 <= n_groups) {
      for (int from = 0; from < width; from += 8)
        dot_floats_pair (type, at, group_size, n, x, width, from, sums);
      group++;
    } else if (width == 8)
      for (int from = 0; from < 8; from += MIN (FLOAT_COLUMNS, 8))
        dot_floats_columns (type, at, group_size, 1, n, x, 8, from, MIN (FLOAT_COLUMNS, 8), sums);
    else
      for (int from = 0; from < 16; from += FLOAT_COLUMNS)
        dot_floats_columns (type, at, group_size, 1, n, x, 16, from, FLOAT_COLUMNS, sums);
  }
}

static void
dot_floats (OwlType type, const void *groups, gsize group_size, int n_groups, gsize n, const float *x, int width, float *out)
{
  if (type == OWL_TYPE_F16)
    dot_floats_of (OWL_TYPE_F16, groups, group_size, n_groups, n, x, width, out);
  else if (type == OWL_TYPE_BF16)
    dot_floats_of (OWL_TYPE_BF16, groups, group_size, n_groups, n, x, width, out);
  else
    dot_floats_of (OWL_TYPE_F32, groups, group_size, n_groups, n, x, width, out);
}

static void
widen (OwlType type, const void *src, float *dst, gsize n)
{
  const guint8 *from = src;
  gsize i = 0;

  if (type == OWL_TYPE_F16)
    for (; i + LANES <= n; i += LANES)
      store_floats (dst + i, load_f16 (from + i * 2));
  else if (type == OWL_TYPE_BF16)
    for (; i + LANES <= n; i += LANES)
      store_floats (dst + i, load_bf16 (from + i * 2));
  else if (type == OWL_TYPE_Q8_0)
    for (; i < n; i += 32, from += 34)
      for (int j = 0; j < 32; j += LANES)
        store_floats (dst + i + j, to_floats (load_i8 (from + 2 + j)) * spread_float (owl_f16_to_f32 ((guint16) (from[0] | from[1] << 8))));
  if (i < n)
    owl_type_to_f32 (type, from + (owl_type_is_quantised (type) ? 0 : i * owl_type_block_size (type)), dst + i, n - i);
}

static void
narrow (const float *src, guint16 *dst, gsize n)
{
  gsize i = 0;

  for (; i + LANES <= n; i += LANES)
    store_f16 (dst + i, load_floats (src + i));
  for (; i < n; i++)
    dst[i] = owl_f32_to_f16 (src[i]);
}
