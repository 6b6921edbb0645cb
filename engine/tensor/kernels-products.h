/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Part of kernels-template.h: products of packed groups and panels with columns rounded to 8 bits, and the rounding. */

/* Sums [count] of a block for `count` columns next to each other; `values` are theirs. */
INLINE void
add_block (OwlDotKind kind, int n_bits, const Block *w, const gint8 *values, const float *scales, const gint32 *offsets,
           const float *column_sums, int width, int count, Floats *sums)
{
  Ints low[TOGETHER], high[TOGETHER];

#pragma GCC unroll 4
  for (int c = 0; c < count; c++) {
    low[c] = spread_words (kind == OWL_DOT_MIN ? 0 : offsets[c]);
    high[c] = spread_words (kind == OWL_DOT_HALVES ? offsets[width + c] : 0);
  }
  if (kind == OWL_DOT_HALVES) {
    dot_together (w->w, values, low, 4, count, n_bits);
    dot_together (w->w + 4, values + 16, high, 4, count, n_bits);
  } else {
    dot_together (w->w, values, low, 8, count, n_bits);
  }
#pragma GCC unroll 4
  for (int c = 0; c < count; c++) {
    if (kind == OWL_DOT_HALVES)
      sums[c] = fma_floats (fma_floats (to_floats (high[c]), w->b, to_floats (low[c]) * w->a), spread_float (scales[c]), sums[c]);
    else
      sums[c] = fma_floats (to_floats (low[c]), w->a * spread_float (scales[c]), sums[c]);
    if (kind == OWL_DOT_MIN)
      sums[c] = fma_floats (w->b, spread_float (column_sums[c]), sums[c]);
  }
}

/* Adds block number `block` of a group to the sums of `step` columns from `from` on. */
INLINE void
dot_block (UnpackFunc unpack, OwlDotKind kind, int n_bits, const guint8 *group, gsize n_blocks, gsize block, int part, const OwlColumns *x,
           int width, int from, int step, Floats *sums)
{
  const int together = step < TOGETHER ? step : TOGETHER;
  gsize at = block * (gsize) width + (gsize) from, at_sum = at + block * (gsize) width;
  Block w;

  unpack (group, n_blocks, block, part, &w);
#pragma GCC unroll 16
  for (int c = 0; c < step; c += together)
    add_block (kind, n_bits, &w, x->values + (at + (gsize) c) * OWL_COLUMN_BLOCK, x->scales + at + c, x->offsets + at_sum + c,
               x->sums + at_sum + c, width, together, sums + c);
}

/* The compiler moves no load across. Memory must be asked for in the order of its addresses, or the processor does not fetch ahead by itself: without
 * this line a product with one column takes up to a third longer. */
INLINE void
keep_order (void)
{
  __asm__ volatile ("" ::: "memory");
}

/* out = columns × group; out += columns × panel. For few columns the blocks of a chunk are written out one after the other, so that their places and
 * shifts are constants. */
INLINE void
dot_columns (UnpackFunc unpack, OwlDotKind kind, int n_bits, Layout layout, const guint8 *group, gsize n_blocks, const OwlColumns *x,
             int width, float *out)
{
  const gboolean add = layout.size == 0;
  const int step = width < COLUMNS ? width : COLUMNS;

  for (int part = 0; part < PARTS; part++)
    for (int from = 0; from < width; from += step) {
      Floats sums[COLUMNS];
      gsize block = 0;

#pragma GCC unroll 16
      for (int c = 0; c < step; c++)
        sums[c] = add ? load_floats (out + (from + c) * OWL_PACK_ROWS + part * LANES) : spread_float (0.0f);
      if (width <= CHUNK_COLUMNS && layout.chunks)
        for (gsize chunk = 0; chunk < n_blocks / OWL_PACK_CHUNK; chunk++, block += OWL_PACK_CHUNK)
#pragma GCC unroll 8
          for (gsize i = 0; i < OWL_PACK_CHUNK; i++) {
            fetch_ahead (layout, group, block + i);
            keep_order ();
            dot_block (unpack, kind, n_bits, group, n_blocks, chunk * OWL_PACK_CHUNK + i, part, x, width, from, step, sums);
          }
      for (; block < n_blocks; block++) {
        fetch_ahead (layout, group, block);
        dot_block (unpack, kind, n_bits, group, n_blocks, block, part, x, width, from, step, sums);
      }
#pragma GCC unroll 16
      for (int c = 0; c < step; c++)
        store_floats (out + (from + c) * OWL_PACK_ROWS + part * LANES, sums[c]);
    }
}

INLINE void
unpack_group (UnpackFunc func, Layout layout, const guint8 *group, gsize n_blocks, gsize first, gsize count, guint8 *panel)
{
  for (gsize block = first; block < first + count; block++, panel += OWL_PANEL_BLOCK_SIZE) {
    fetch_ahead (layout, group, block);
    for (int part = 0; part < PARTS; part++) {
      float *floats = (float *) (void *) (panel + 512);
      Block w = { .b = spread_float (0.0f) };

      func (group, n_blocks, block, part, &w);
#pragma GCC unroll 8
      for (int j = 0; j < 8; j++)
        store_words (panel + j * 64 + part * LANES * 4, w.w[j]);
      store_floats (floats + part * LANES, w.a);
      store_floats (floats + 16 + part * LANES, w.b);
    }
  }
}

/* A function for each type, with a constant width in each branch. */
#define DEFINE_DOT(name, unpack_func, kind, n_bits, layout)                                          \
  static void name (const guint8 *group, gsize n, const OwlColumns *x, float *out)                        \
  {                                                                                                       \
    switch (x->width) {                                                                                   \
    case 1:                                                                                               \
      dot_columns (unpack_func, kind, n_bits, (layout), group, n, x, 1, out);                          \
      break;                                                                                              \
    case 2:                                                                                               \
      dot_columns (unpack_func, kind, n_bits, (layout), group, n, x, 2, out);                          \
      break;                                                                                              \
    case 4:                                                                                               \
      dot_columns (unpack_func, kind, n_bits, (layout), group, n, x, 4, out);                          \
      break;                                                                                              \
    case 8:                                                                                               \
      dot_columns (unpack_func, kind, n_bits, (layout), group, n, x, 8, out);                          \
      break;                                                                                              \
    default:                                                                                              \
      dot_columns (unpack_func, kind, n_bits, (layout), group, n, x, 16, out);                         \
      break;                                                                                              \
    }                                                                                                     \
  }

DEFINE_DOT (dot_q4_0, unpack_q4_0, OWL_DOT_OFFSET, 4, LAYOUT_Q4_0)
DEFINE_DOT (dot_q4_1, unpack_q4_1, OWL_DOT_MIN, 4, LAYOUT_Q4_1)
DEFINE_DOT (dot_q5_0, unpack_q5_0, OWL_DOT_OFFSET, 5, LAYOUT_Q5_0)
DEFINE_DOT (dot_q5_1, unpack_q5_1, OWL_DOT_MIN, 5, LAYOUT_Q5_1)
DEFINE_DOT (dot_q8_0, unpack_q8_0, OWL_DOT_OFFSET, 8, LAYOUT_Q8_0)
DEFINE_DOT (dot_q4_k, unpack_q4_k, OWL_DOT_MIN, 4, LAYOUT_Q4_K)
DEFINE_DOT (dot_q5_k, unpack_q5_k, OWL_DOT_MIN, 5, LAYOUT_Q5_K)
DEFINE_DOT (dot_q6_k, unpack_q6_k, OWL_DOT_HALVES, 6, LAYOUT_Q6_K)
DEFINE_DOT (dot_panel_offset_4, unpack_panel, OWL_DOT_OFFSET, 4, IN_CACHE)
DEFINE_DOT (dot_panel_offset_5, unpack_panel, OWL_DOT_OFFSET, 5, IN_CACHE)
DEFINE_DOT (dot_panel_offset_8, unpack_panel, OWL_DOT_OFFSET, 8, IN_CACHE)
DEFINE_DOT (dot_panel_min_4, unpack_panel, OWL_DOT_MIN, 4, IN_CACHE)
DEFINE_DOT (dot_panel_min_5, unpack_panel, OWL_DOT_MIN, 5, IN_CACHE)
DEFINE_DOT (dot_panel_halves, unpack_panel, OWL_DOT_HALVES, 6, IN_CACHE)

#if PAIRS
/* Two panels at once, so that each value of x is loaded once for both; loads are otherwise as many as products. The panels are taken piece by
 * piece, which stays in the first-level cache for all columns. */
#define PAIR_COLUMNS 4
#define PAIR_BLOCKS 16

INLINE void
dot_pair_piece (OwlDotKind kind, const guint8 *const panels[2], gsize first, gsize end, const OwlColumns *x, int width, int from, float *out)
{
  Floats sums[2 * PAIR_COLUMNS];

#pragma GCC unroll 8
  for (int i = 0; i < 2 * PAIR_COLUMNS; i++)
    sums[i] = load_floats (out + (i / PAIR_COLUMNS * width + from + i % PAIR_COLUMNS) * OWL_PACK_ROWS);
  for (gsize block = first; block < end; block++) {
    gsize at = block * (gsize) width + (gsize) from, at_sum = at + block * (gsize) width;
    const gint8 *values = x->values + at * OWL_COLUMN_BLOCK;
    Ints low[2 * PAIR_COLUMNS], high[2 * PAIR_COLUMNS];

#pragma GCC unroll 8
    for (int i = 0; i < 2 * PAIR_COLUMNS; i++) {
      low[i] = spread_words (kind == OWL_DOT_MIN ? 0 : x->offsets[at_sum + i % PAIR_COLUMNS]);
      high[i] = spread_words (kind == OWL_DOT_HALVES ? x->offsets[at_sum + width + i % PAIR_COLUMNS] : 0);
    }
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
      Ints *to = kind == OWL_DOT_HALVES && j >= 4 ? high : low;
      Ints w0 = load_words (panels[0] + block * OWL_PANEL_BLOCK_SIZE + j * 64);
      Ints w1 = load_words (panels[1] + block * OWL_PANEL_BLOCK_SIZE + j * 64);

#pragma GCC unroll 4
      for (int c = 0; c < PAIR_COLUMNS; c++) {
        Ints four = spread_four (values + 32 * c + 4 * j);

        to[c] = dot_words (to[c], w0, four);
        to[PAIR_COLUMNS + c] = dot_words (to[PAIR_COLUMNS + c], w1, four);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < 2 * PAIR_COLUMNS; i++) {
      const float *floats = (const float *) (const void *) (panels[i / PAIR_COLUMNS] + block * OWL_PANEL_BLOCK_SIZE + 512);
      Floats a = load_floats (floats), b = load_floats (floats + 16), scale = spread_float (x->scales[at + i % PAIR_COLUMNS]);

      if (kind == OWL_DOT_HALVES)
        sums[i] = fma_floats (fma_floats (to_floats (high[i]), b, to_floats (low[i]) * a), scale, sums[i]);
      else
        sums[i] = fma_floats (to_floats (low[i]), a * scale, sums[i]);
      if (kind == OWL_DOT_MIN)
        sums[i] = fma_floats (b, spread_float (x->sums[at_sum + i % PAIR_COLUMNS]), sums[i]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < 2 * PAIR_COLUMNS; i++)
    store_floats (out + (i / PAIR_COLUMNS * width + from + i % PAIR_COLUMNS) * OWL_PACK_ROWS, sums[i]);
}

INLINE void
dot_pair_of (OwlDotKind kind, const guint8 *first_panel, gsize panel_size, gsize n_blocks, const OwlColumns *x, float *out)
{
  const guint8 *const panels[2] = { first_panel, first_panel + panel_size };

  for (gsize block = 0; block < n_blocks; block += PAIR_BLOCKS)
    for (int from = 0; from < x->width; from += PAIR_COLUMNS)
      dot_pair_piece (kind, panels, block, MIN (block + PAIR_BLOCKS, n_blocks), x, x->width, from, out);
}

static void
dot_pair (OwlType type, const guint8 *panels, gsize panel_size, gsize n_blocks, const OwlColumns *x, float *out)
{
  switch (owl_dot_kind (type)) {
  case OWL_DOT_MIN:
    dot_pair_of (OWL_DOT_MIN, panels, panel_size, n_blocks, x, out);
    break;
  case OWL_DOT_HALVES:
    dot_pair_of (OWL_DOT_HALVES, panels, panel_size, n_blocks, x, out);
    break;
  case OWL_DOT_OFFSET:
  default:
    dot_pair_of (OWL_DOT_OFFSET, panels, panel_size, n_blocks, x, out);
    break;
  }
}
#endif

typedef struct {
  void (*dot) (const guint8 *group, gsize n_blocks, const OwlColumns *x, float *out);
  void (*dot_panel) (const guint8 *panel, gsize n_blocks, const OwlColumns *x, float *out);
} TypeFuncs;

static const TypeFuncs type_funcs[] = {
  [OWL_TYPE_Q4_0] = { dot_q4_0, dot_panel_offset_4 }, [OWL_TYPE_Q4_1] = { dot_q4_1, dot_panel_min_4 },
  [OWL_TYPE_Q5_0] = { dot_q5_0, dot_panel_offset_5 }, [OWL_TYPE_Q5_1] = { dot_q5_1, dot_panel_min_5 },
  [OWL_TYPE_Q8_0] = { dot_q8_0, dot_panel_offset_8 }, [OWL_TYPE_Q4_K] = { dot_q4_k, dot_panel_min_4 },
  [OWL_TYPE_Q5_K] = { dot_q5_k, dot_panel_min_5 },    [OWL_TYPE_Q6_K] = { dot_q6_k, dot_panel_halves },
};

static void
dot (OwlType type, const void *group, gsize n_blocks, const OwlColumns *x, float *out)
{
  type_funcs[type].dot (group, n_blocks, x, out);
}

static void
dot_panels (OwlType type, const void *panels, gsize panel_size, int n_panels, gsize n_blocks, const OwlColumns *x, float *out)
{
  int i = 0;

#if PAIRS
  if (x->width % PAIR_COLUMNS == 0)
    for (; i + 2 <= n_panels; i += 2)
      dot_pair (type, (const guint8 *) panels + (gsize) i * panel_size, panel_size, n_blocks, x, out + i * x->width * OWL_PACK_ROWS);
#endif
  for (; i < n_panels; i++)
    type_funcs[type].dot_panel ((const guint8 *) panels + (gsize) i * panel_size, n_blocks, x, out + i * x->width * OWL_PACK_ROWS);
}

static void
unpack (OwlType type, const void *group, gsize n_blocks, gsize first, gsize count, void *panel)
{
  switch (type) {
  case OWL_TYPE_Q4_0:
    unpack_group (unpack_q4_0, LAYOUT_Q4_0, group, n_blocks, first, count, panel);
    break;
  case OWL_TYPE_Q4_1:
    unpack_group (unpack_q4_1, LAYOUT_Q4_1, group, n_blocks, first, count, panel);
    break;
  case OWL_TYPE_Q5_0:
    unpack_group (unpack_q5_0, LAYOUT_Q5_0, group, n_blocks, first, count, panel);
    break;
  case OWL_TYPE_Q5_1:
    unpack_group (unpack_q5_1, LAYOUT_Q5_1, group, n_blocks, first, count, panel);
    break;
  case OWL_TYPE_Q4_K:
    unpack_group (unpack_q4_k, LAYOUT_Q4_K, group, n_blocks, first, count, panel);
    break;
  case OWL_TYPE_Q5_K:
    unpack_group (unpack_q5_k, LAYOUT_Q5_K, group, n_blocks, first, count, panel);
    break;
  case OWL_TYPE_Q6_K:
    unpack_group (unpack_q6_k, LAYOUT_Q6_K, group, n_blocks, first, count, panel);
    break;
  case OWL_TYPE_F32:
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
  case OWL_TYPE_Q8_0:
  default:
    unpack_group (unpack_q8_0, LAYOUT_Q8_0, group, n_blocks, first, count, panel);
    break;
  }
}

static void
quantise (OwlDotKind kind, int offset, const float *x, gsize stride, int n, gsize n_blocks, OwlColumns *columns)
{
  int width = columns->width;

  for (gsize block = 0; block < n_blocks; block++)
    for (int column = 0; column < width; column++) {
      gsize at = block * (gsize) width + (gsize) column, first = (block * 2) * (gsize) width + (gsize) column;
      gint8 *values = columns->values + at * OWL_COLUMN_BLOCK;
      gint32 low = 0, high = 0;

      if (column < n) {
        columns->scales[at] = round_block (x + (gsize) column * stride + block * OWL_COLUMN_BLOCK, values, &low, &high);
      } else {
        memset (values, 0, OWL_COLUMN_BLOCK);
        columns->scales[at] = 0.0f;
      }
      if (kind == OWL_DOT_MIN) {
        columns->sums[first] = columns->scales[at] * (float) (low + high);
      } else {
        columns->offsets[first] = -offset * (kind == OWL_DOT_HALVES ? low : low + high);
        columns->offsets[first + (gsize) width] = -offset * high;
      }
    }
}
