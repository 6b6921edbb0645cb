/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/kernels.h"

#include <math.h>
#include <string.h>

/* The specification. Multiply-adds of scales are fused (`fmaf`), as all faster levels do it. */

/* A block of 32 as 8-bit integers; `a` and `b` are the two floats of OWL_PANEL_BLOCK_SIZE. */
typedef struct {
  guint8 q[32];
  float a, b;
} Block;

static float
read_f16 (const guint8 *p)
{
  return owl_f16_to_f32 ((guint16) (p[0] | p[1] << 8));
}

static void
low_high (const guint8 *qs, guint8 q[32])
{
  for (int i = 0; i < 16; i++) {
    q[i] = qs[i] & 15;
    q[i + 16] = qs[i] >> 4;
  }
}

static void
add_fifth_bits (const guint8 *bits, guint8 q[32])
{
  for (int i = 0; i < 32; i++)
    q[i] |= (guint8) ((bits[i / 8] >> i % 8 & 1) << 4);
}

/* Scale and minimum of sub-block `j` of Q4_K and Q5_K, 6 bits each. */
static void
scale_min (const guint8 *block, int j, float *scale, float *least)
{
  const guint8 *s = block + 4;
  int sc, m;

  if (j < 4) {
    sc = s[j] & 63;
    m = s[j + 4] & 63;
  } else {
    sc = (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
    m = (s[j + 4] >> 4) | (s[j] >> 6) << 4;
  }
  *scale = read_f16 (block) * (float) sc;
  *least = -(read_f16 (block + 2) * (float) m);
}

/* Block of 32 number `sub` of a stored block. */
static void
unpack_block (OwlType type, const guint8 *block, int sub, Block *out)
{
  const int half = sub / 4, quarter = sub % 4;

  out->a = read_f16 (block);
  out->b = 0.0f;
  switch (type) {
  case OWL_TYPE_Q4_0:
    low_high (block + 2, out->q);
    break;
  case OWL_TYPE_Q4_1:
    out->b = read_f16 (block + 2);
    low_high (block + 4, out->q);
    break;
  case OWL_TYPE_Q5_0:
    low_high (block + 6, out->q);
    add_fifth_bits (block + 2, out->q);
    break;
  case OWL_TYPE_Q5_1:
    out->b = read_f16 (block + 2);
    low_high (block + 8, out->q);
    add_fifth_bits (block + 4, out->q);
    break;
  case OWL_TYPE_Q4_K:
  case OWL_TYPE_Q5_K:
    scale_min (block, sub, &out->a, &out->b);
    for (int i = 0; i < 32; i++) {
      const guint8 *qs = block + (type == OWL_TYPE_Q4_K ? 16 : 48);

      out->q[i] = qs[sub / 2 * 32 + i] >> sub % 2 * 4 & 15;
      if (type == OWL_TYPE_Q5_K)
        out->q[i] |= (guint8) ((block[16 + i] >> sub & 1) << 4);
    }
    break;
  case OWL_TYPE_Q6_K:
    for (int i = 0; i < 32; i++)
      out->q[i] = (guint8) ((block[half * 64 + quarter % 2 * 32 + i] >> quarter / 2 * 4 & 15) |
                            (block[128 + half * 32 + i] >> quarter * 2 & 3) << 4);
    out->a = read_f16 (block + 208) * (float) (gint8) block[192 + sub * 2];
    out->b = read_f16 (block + 208) * (float) (gint8) block[192 + sub * 2 + 1];
    break;
  case OWL_TYPE_F32:
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
  case OWL_TYPE_Q8_0:
  default:
    memcpy (out->q, block + 2, 32);
    break;
  }
}

static void
store_block (const Block *block, int row, guint8 *panel)
{
  float *floats = (float *) (void *) (panel + 512);

  for (int i = 0; i < 32; i++)
    panel[i / 4 * 64 + row * 4 + i % 4] = block->q[i];
  floats[row] = block->a;
  floats[16 + row] = block->b;
}

/* All blocks of 32 of one stored block: 1, or 8 for the types with blocks of 256. */
static void
unpack_stored (OwlType type, const void *group, gsize n_stored, gsize index, guint8 *panel)
{
  int n = (int) owl_type_block_length (type) / OWL_COLUMN_BLOCK;
  guint8 stored[OWL_MAX_BLOCK_SIZE];
  Block block;

  for (int row = 0; row < OWL_PACK_ROWS; row++) {
    owl_packed_block (type, group, n_stored, index, row, stored);
    for (int sub = 0; sub < n; sub++) {
      unpack_block (type, stored, sub, &block);
      store_block (&block, row, panel + sub * OWL_PANEL_BLOCK_SIZE);
    }
  }
}

static void
unpack (OwlType type, const void *group, gsize n_blocks, gsize first, gsize count, void *panel)
{
  gsize step = owl_type_block_length (type) / OWL_COLUMN_BLOCK;

  for (gsize block = 0; block < count; block += step)
    unpack_stored (type, group, n_blocks / step, (first + block) / step, (guint8 *) panel + block * OWL_PANEL_BLOCK_SIZE);
}

static gint32
dot_bytes (OwlType type, const guint8 *panel, int row, const gint8 *values, int from, int to)
{
  gint32 sum = 0;

  for (int i = from; i < to; i++) {
    guint8 q = panel[i / 4 * 64 + row * 4 + i % 4];

    sum += (type == OWL_TYPE_Q8_0 ? (gint32) (gint8) q : (gint32) q) * values[i];
  }
  return sum;
}

/* Adds block number `index` to out. */
static void
add_block (OwlType type, const guint8 *panel, gsize index, const OwlColumns *x, float *out)
{
  OwlDotKind kind = owl_dot_kind (type);
  const float *floats = (const float *) (const void *) (panel + 512);

  for (int column = 0; column < x->width; column++) {
    gsize at = index * x->width + column, first = index * 2 * x->width + column, second = first + x->width;
    const gint8 *values = x->values + at * OWL_COLUMN_BLOCK;
    float scale = x->scales[at];

    for (int row = 0; row < OWL_PACK_ROWS; row++) {
      float a = floats[row], b = floats[16 + row], *sum = out + column * OWL_PACK_ROWS + row;

      if (kind == OWL_DOT_HALVES) {
        gint32 low = x->offsets[first] + dot_bytes (type, panel, row, values, 0, 16);
        gint32 high = x->offsets[second] + dot_bytes (type, panel, row, values, 16, 32);

        *sum = fmaf (fmaf ((float) high, b, (float) low * a), scale, *sum);
      } else if (kind == OWL_DOT_MIN) {
        *sum = fmaf ((float) dot_bytes (type, panel, row, values, 0, 32), a * scale, *sum);
        *sum = fmaf (b, x->sums[first], *sum);
      } else {
        *sum = fmaf ((float) (x->offsets[first] + dot_bytes (type, panel, row, values, 0, 32)), a * scale, *sum);
      }
    }
  }
}

static void
dot_panels (OwlType type, const void *panels, gsize panel_size, int n_panels, gsize n_blocks, const OwlColumns *x, float *out)
{
  for (int i = 0; i < n_panels; i++, out += x->width * OWL_PACK_ROWS) {
    const guint8 *panel = (const guint8 *) panels + (gsize) i * panel_size;

    for (gsize block = 0; block < n_blocks; block++)
      add_block (type, panel + block * OWL_PANEL_BLOCK_SIZE, block, x, out);
  }
}

static void
dot (OwlType type, const void *group, gsize n_blocks, const OwlColumns *x, float *out)
{
  gsize step = owl_type_block_length (type) / OWL_COLUMN_BLOCK;
  guint8 panel[8 * OWL_PANEL_BLOCK_SIZE] __attribute__ ((aligned (64)));

  memset (out, 0, (gsize) x->width * OWL_PACK_ROWS * sizeof *out);
  for (gsize block = 0; block < n_blocks; block += step) {
    unpack_stored (type, group, n_blocks / step, block / step, panel);
    for (gsize sub = 0; sub < step; sub++)
      add_block (type, panel + sub * OWL_PANEL_BLOCK_SIZE, block + sub, x, out);
  }
}

/* What is not a number becomes -128, as the processor's conversion has it. */
static gint8
round_value (float value)
{
  value = rintf (value);
  return value >= -127.0f && value <= 127.0f ? (gint8) value : (gint8) -128;
}

static void
quantise (OwlDotKind kind, int offset, const float *x, gsize stride, int n, gsize n_blocks, OwlColumns *columns)
{
  int width = columns->width;

  for (gsize block = 0; block < n_blocks; block++)
    for (int column = 0; column < width; column++) {
      gsize at = block * width + column, first = block * 2 * width + column, second = first + width;
      const float *src = x + (gsize) column * stride + block * OWL_COLUMN_BLOCK;
      gint8 *dst = columns->values + at * OWL_COLUMN_BLOCK;
      gint32 low = 0, high = 0;
      float max = 0.0f, inverse;

      for (int i = 0; i < OWL_COLUMN_BLOCK && column < n; i++)
        max = fmaxf (max, fabsf (src[i]));
      inverse = max > 1e-35f ? 127.0f / max : 0.0f;
      columns->scales[at] = max > 1e-35f ? max / 127.0f : 0.0f;
      for (int i = 0; i < OWL_COLUMN_BLOCK; i++) {
        dst[i] = column < n ? round_value (src[i] * inverse) : 0;
        *(i < OWL_COLUMN_BLOCK / 2 ? &low : &high) += dst[i];
      }
      if (kind == OWL_DOT_MIN) {
        columns->sums[first] = columns->scales[at] * (float) (low + high);
      } else {
        columns->offsets[first] = -offset * (kind == OWL_DOT_HALVES ? low : low + high);
        columns->offsets[second] = -offset * high;
      }
    }
}

static void
dot_floats (OwlType type, const void *groups, gsize group_size, int n_groups, gsize n, const float *x, int width, float *out)
{
  gsize unit = OWL_PACK_ROWS * owl_type_block_size (type);
  float w[OWL_PACK_ROWS];

  for (int group = 0; group < n_groups; group++, out += width * OWL_PACK_ROWS)
    for (gsize i = 0; i < n; i++) {
      owl_type_to_f32 (type, (const guint8 *) groups + group * group_size + i * unit, w, OWL_PACK_ROWS);
      for (int column = 0; column < width; column++)
        for (int row = 0; row < OWL_PACK_ROWS; row++)
          out[column * OWL_PACK_ROWS + row] += w[row] * x[i * width + column];
    }
}

static void
narrow (const float *src, guint16 *dst, gsize n)
{
  owl_type_from_f32 (OWL_TYPE_F16, src, dst, n);
}

/* Values of a head taken at a time: whole blocks of every type. */
#define HEAD_PIECE 256

static void
scores (OwlType type, const float *q, const void *keys, gsize stride, int head_dim, float scale, float *out)
{
  float key[HEAD_PIECE];

  for (int i = 0; i < 16; i++) {
    float sum = 0.0f;

    for (int from = 0; from < head_dim; from += HEAD_PIECE) {
      int n = MIN (HEAD_PIECE, head_dim - from);

      owl_type_to_f32 (type, (const guint8 *) keys + (gsize) i * stride + owl_type_row_size (type, from), key, (gsize) n);
      for (int d = 0; d < n; d++)
        sum += q[from + d] * key[d];
    }
    out[i] = sum * scale;
  }
}

static void
mix (OwlType type, const float *weights, gsize weight_stride, int n_queries, const void *values, gsize stride, int n, int head_dim,
     float *out, gsize out_stride)
{
  float value[HEAD_PIECE];

  for (int i = 0; i < n; i++)
    for (int from = 0; from < head_dim; from += HEAD_PIECE) {
      int count = MIN (HEAD_PIECE, head_dim - from);

      owl_type_to_f32 (type, (const guint8 *) values + (gsize) i * stride + owl_type_row_size (type, from), value, (gsize) count);
      for (int query = 0; query < n_queries; query++)
        for (int d = 0; d < count; d++)
          out[(gsize) query * out_stride + (gsize) (from + d)] += weights[(gsize) query * weight_stride + (gsize) i] * value[d];
    }
}

static void
layer_norm (const float *x, gsize width, const float *weight, const float *bias, float eps, float *y)
{
  double sum = 0.0, squares = 0.0, mean;
  float centre, scale;

  for (gsize i = 0; i < width; i++)
    sum += (double) x[i];
  mean = sum / (double) width;
  for (gsize i = 0; i < width; i++)
    squares += ((double) x[i] - mean) * ((double) x[i] - mean);
  centre = (float) mean;
  scale = (float) (1.0 / sqrt (squares / (double) width + (double) eps));
  for (gsize i = 0; i < width; i++)
    y[i] = (x[i] - centre) * scale * weight[i] + bias[i];
}

static void
rms_norm (const float *x, gsize width, const float *weight, float eps, float *y)
{
  double squares = 0.0;
  float scale;

  for (gsize i = 0; i < width; i++)
    squares += (double) x[i] * (double) x[i];
  scale = (float) (1.0 / sqrt (squares / (double) width + (double) eps));
  for (gsize i = 0; i < width; i++)
    y[i] = weight[i] * (x[i] * scale);
}

static void
silu_multiply (float *gate, const float *up, gsize n)
{
  for (gsize i = 0; i < n; i++)
    gate[i] = gate[i] / (1.0f + expf (-gate[i])) * up[i];
}

static void
quick_gelu (float *x, gsize n)
{
  for (gsize i = 0; i < n; i++)
    x[i] = x[i] / (1.0f + expf (-1.702f * x[i]));
}

static void
tanh_gelu (float *x, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    float v = x[i];

    x[i] = 0.5f * v * (1.0f + tanhf (0.79788456f * v * (1.0f + 0.044715f * v * v)));
  }
}

static void
softmax (float *x, gsize n)
{
  float max = -INFINITY, sum = 0.0f;

  for (gsize i = 0; i < n; i++)
    max = fmaxf (max, x[i]);
  for (gsize i = 0; i < n; i++) {
    x[i] = expf (x[i] - max);
    sum += x[i];
  }
  for (gsize i = 0; i < n; i++)
    x[i] /= sum;
}

const OwlKernels owl_kernels_scalar = {
  .q8_offset = 0,
  .quantise = quantise,
  .dot = dot,
  .unpack = unpack,
  .dot_panels = dot_panels,
  .dot_floats = dot_floats,
  .widen = owl_type_to_f32,
  .narrow = narrow,
  .scores = scores,
  .mix = mix,
  .layer_norm = layer_norm,
  .rms_norm = rms_norm,
  .silu_multiply = silu_multiply,
  .quick_gelu = quick_gelu,
  .tanh_gelu = tanh_gelu,
  .softmax = softmax,
};
