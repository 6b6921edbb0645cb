/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Part of kernels-template.h: attention of queries to keys and values in the type that they are stored in. */

/* LANES values of a key or value from `d` on. */
INLINE Floats
load_row (OwlType type, const guint8 *row, int d)
{
  if (type == OWL_TYPE_F16)
    return load_f16 (row + d * 2);
  if (type == OWL_TYPE_Q8_0)
    return to_floats (load_i8 (row + d / 32 * 34 + 2 + d % 32)) * spread_f16 (row + d / 32 * 34);
  return load_floats ((const float *) (const void *) row + d);
}

/* One value, where a head does not fill a vector; blocks of Q8_0 do. */
INLINE float
row_value (OwlType type, const guint8 *row, int d)
{
  if (type == OWL_TYPE_F16)
    return owl_f16_to_f32 ((guint16) (row[2 * d] | row[2 * d + 1] << 8));
  return ((const float *) (const void *) row)[d];
}

INLINE void
scores_of (OwlType type, const float *q, const guint8 *keys, gsize stride, int head_dim, float scale, float *out)
{
  int whole = head_dim / LANES * LANES;

  for (int part = 0; part < PARTS; part++) {
    const guint8 *k = keys + (gsize) (part * LANES) * stride;
    Floats sums[LANES];

#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
      sums[i] = spread_float (0.0f);
    for (int d = 0; d < whole; d += LANES) {
      Floats values = load_floats (q + d);

#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++)
        sums[i] = fma_floats (values, load_row (type, k + (gsize) i * stride, d), sums[i]);
    }
    store_floats (out + part * LANES, sum_lanes (sums));
  }
  for (int i = 0; i < OWL_PACK_ROWS; i++) {
    for (int d = whole; d < head_dim; d++)
      out[i] += q[d] * row_value (type, keys + (gsize) i * stride, d);
    out[i] *= scale;
  }
}

static void
scores (OwlType type, const float *q, const void *keys, gsize stride, int head_dim, float scale, float *out)
{
  if (type == OWL_TYPE_F16)
    scores_of (OWL_TYPE_F16, q, keys, stride, head_dim, scale, out);
  else if (type == OWL_TYPE_Q8_0)
    scores_of (OWL_TYPE_Q8_0, q, keys, stride, head_dim, scale, out);
  else
    scores_of (OWL_TYPE_F32, q, keys, stride, head_dim, scale, out);
}

/* Where the weighted sums of one query or two go. */
typedef struct {
  const float *weights;
  gsize weight_stride;
  float *out;
  gsize out_stride;
} Mix;

/* `count` vectors of the output at a time, from `d` on; several sums at once, since each waits for itself. */
INLINE void
mix_columns (OwlType type, const Mix *m, int n_queries, const guint8 *values, gsize stride, int n, int d, int count)
{
  Floats sums[8];

#pragma GCC unroll 8
  for (int j = 0; j < n_queries * count; j++)
    sums[j] = load_floats (m->out + (gsize) (j / count) * m->out_stride + d + j % count * LANES);
  for (int i = 0; i < n; i++) {
    const guint8 *row = values + (gsize) i * stride;
    Floats weights[2];

#pragma GCC unroll 2
    for (int query = 0; query < n_queries; query++)
      weights[query] = spread_float (m->weights[(gsize) query * m->weight_stride + (gsize) i]);
#pragma GCC unroll 8
    for (int j = 0; j < count; j++) {
      Floats value = load_row (type, row, d + j * LANES);

#pragma GCC unroll 2
      for (int query = 0; query < n_queries; query++)
        sums[query * count + j] = fma_floats (weights[query], value, sums[query * count + j]);
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < n_queries * count; j++)
    store_floats (m->out + (gsize) (j / count) * m->out_stride + d + j % count * LANES, sums[j]);
}

INLINE void
mix_of (OwlType type, const Mix *m, int n_queries, const guint8 *values, gsize stride, int n, int head_dim)
{
  int d = 0;

  for (; n_queries == 1 && d + 8 * LANES <= head_dim; d += 8 * LANES)
    mix_columns (type, m, 1, values, stride, n, d, 8);
  for (; d + 4 * LANES <= head_dim; d += 4 * LANES)
    mix_columns (type, m, n_queries, values, stride, n, d, 4);
  for (; d + LANES <= head_dim; d += LANES)
    mix_columns (type, m, n_queries, values, stride, n, d, 1);
  for (; d < head_dim; d++)
    for (int query = 0; query < n_queries; query++)
      for (int i = 0; i < n; i++)
        m->out[(gsize) query * m->out_stride + (gsize) d] +=
            m->weights[(gsize) query * m->weight_stride + (gsize) i] * row_value (type, values + (gsize) i * stride, d);
}

static void
mix (OwlType type, const float *weights, gsize weight_stride, int n_queries, const void *values, gsize stride, int n, int head_dim,
     float *out, gsize out_stride)
{
  Mix m = { weights, weight_stride, out, out_stride };

  if (type == OWL_TYPE_F32 && n_queries == 2) {
    mix_of (OWL_TYPE_F32, &m, 2, values, stride, n, head_dim);
    return;
  }
  for (int query = 0; query < n_queries; query++, m.weights += weight_stride, m.out += out_stride)
    if (type == OWL_TYPE_F16)
      mix_of (OWL_TYPE_F16, &m, 1, values, stride, n, head_dim);
    else if (type == OWL_TYPE_Q8_0)
      mix_of (OWL_TYPE_Q8_0, &m, 1, values, stride, n, head_dim);
    else
      mix_of (OWL_TYPE_F32, &m, 1, values, stride, n, head_dim);
}
