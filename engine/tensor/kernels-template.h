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

/* 32 values of LANES rows: w[j] holds values 4j … 4j + 3 of each row. `a` and `b` as in OWL_PANEL_BLOCK_SIZE. */
typedef struct {
  Ints w[8];
  Floats a, b;
} Block;

/* Block number `block` of the `n_blocks` (of 32) of a group. */
typedef void (*UnpackFunc) (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out);

/* Bytes of a block of 32, scales included, and how far ahead weights are fetched, since the processor's own fetching stops at each page of 4 KB.
 * Nothing: the group lies in a cache. `chunks`: products with few columns take OWL_PACK_CHUNK blocks at a time; for types with blocks of 256 that was
 * no faster from memory. */
typedef struct {
  int size, ahead;
  gboolean chunks;
} Layout;

/* Where block number `block` of a type with its scales in front of each chunk lies; `n` and `block` count stored blocks, of `rest` bytes. */
typedef struct {
  const guint8 *scales, *rest;
} Place;

INLINE Place
find_block (const guint8 *group, gsize n, gsize block, gsize rest)
{
  gsize first = block & ~(gsize) (OWL_PACK_CHUNK - 1), count = n - first < OWL_PACK_CHUNK ? n - first : OWL_PACK_CHUNK;
  const guint8 *chunk = group + first * (32 + rest);

  return (Place){ chunk + (block - first) * 32, chunk + count * 32 + (block - first) * rest };
}

INLINE void
unpack_nibbles (const guint8 *words, Ints w[8])
{
#pragma GCC unroll 4
  for (int j = 0; j < 4; j++) {
    Ints v = load_words (words + j * 64);

    w[j] = low_nibbles (v, 0);
    w[j + 4] = low_nibbles (v, 4);
  }
}

INLINE void
add_fifth (const guint8 *words, Ints w[8])
{
  Ints high = load_words (words);

#pragma GCC unroll 8
  for (int j = 0; j < 8; j++)
    w[j] = w[j] | fifth_bits (high, j);
}

INLINE void
unpack_q4_0 (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  Place at = find_block (group, n_blocks, block, 256);

  unpack_nibbles (at.rest + part * LANES * 4, out->w);
  out->a = load_f16 (at.scales + part * LANES * 2);
}

INLINE void
unpack_q4_1 (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  group += block * (16 * 20);
  unpack_nibbles (group + 64 + part * LANES * 4, out->w);
  out->a = load_f16 (group + part * LANES * 2);
  out->b = load_f16 (group + 32 + part * LANES * 2);
}

INLINE void
unpack_q5_0 (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  Place at = find_block (group, n_blocks, block, 320);

  unpack_nibbles (at.rest + 64 + part * LANES * 4, out->w);
  add_fifth (at.rest + part * LANES * 4, out->w);
  out->a = load_f16 (at.scales + part * LANES * 2);
}

INLINE void
unpack_q5_1 (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  group += block * (16 * 24);
  unpack_nibbles (group + 128 + part * LANES * 4, out->w);
  add_fifth (group + 64 + part * LANES * 4, out->w);
  out->a = load_f16 (group + part * LANES * 2);
  out->b = load_f16 (group + 32 + part * LANES * 2);
}

INLINE void
unpack_q8_0 (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  Place at = find_block (group, n_blocks, block, 512);

#pragma GCC unroll 8
  for (int j = 0; j < 8; j++)
    out->w[j] = load_words (at.rest + part * LANES * 4 + j * 64) ^ set_bytes ((char) Q8_OFFSET);
  out->a = load_f16 (at.scales + part * LANES * 2);
}

/* 6-bit scales and minima of sub-block `j`: bytes [12, 16 rows]. */
INLINE void
unpack_scale_min (const guint8 *super, int j, int part, Block *out)
{
  const guint8 *s = super + 64 + part * LANES;
  Ints scale, least;

  if (j < 4) {
    scale = load_u8 (s + j * 16) & spread_words (63);
    least = load_u8 (s + (j + 4) * 16) & spread_words (63);
  } else {
    Ints low = load_u8 (s + (j + 4) * 16);

    scale = (low & spread_words (15)) | shift_words (load_u8 (s + (j - 4) * 16) & spread_words (192), 2);
    least = shift_words (low, 4) | shift_words (load_u8 (s + j * 16) & spread_words (192), 2);
  }
  out->a = load_f16 (super + part * LANES * 2) * to_floats (scale);
  out->b = -(load_f16 (super + 32 + part * LANES * 2) * to_floats (least));
}

INLINE void
unpack_q4_k (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  const guint8 *super = group + block / 8 * (16 * 144);
  int sub = (int) (block % 8);
  const guint8 *words = super + 16 * 16 + sub / 2 * 512 + part * LANES * 4;

#pragma GCC unroll 8
  for (int j = 0; j < 8; j++)
    out->w[j] = low_nibbles (load_words (words + j * 64), sub % 2 * 4);
  unpack_scale_min (super, sub, part, out);
}

INLINE void
unpack_q5_k (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  const guint8 *super = group + block / 8 * (16 * 176);
  int sub = (int) (block % 8);
  const guint8 *high = super + 16 * 16 + part * LANES * 4;
  const guint8 *words = super + 16 * 48 + sub / 2 * 512 + part * LANES * 4;

#pragma GCC unroll 8
  for (int j = 0; j < 8; j++)
    out->w[j] = low_nibbles (load_words (words + j * 64), sub % 2 * 4) | raise_bits (load_words (high + j * 64), sub, 1);
  unpack_scale_min (super, sub, part, out);
}

INLINE void
unpack_q6_k (const guint8 *group, gsize n_blocks, gsize block, int part, Block *out)
{
  Place at = find_block (group, n_blocks / 8, block / 8, 16 * 208);
  const guint8 *super = at.rest;
  int sub = (int) (block % 8), half = sub / 4, quarter = sub % 4;
  const guint8 *words = super + half * 1024 + quarter % 2 * 512 + part * LANES * 4;
  const guint8 *high = super + 16 * 128 + half * 512 + part * LANES * 4;
  const guint8 *scales = super + 16 * 192 + sub * 32 + part * LANES;
  Floats d = load_f16 (at.scales + part * LANES * 2);

#pragma GCC unroll 8
  for (int j = 0; j < 8; j++)
    out->w[j] = low_nibbles (load_words (words + j * 64), quarter / 2 * 4) | raise_bits (load_words (high + j * 64), quarter * 2, 3);
  out->a = d * to_floats (load_i8 (scales));
  out->b = d * to_floats (load_i8 (scales + 16));
}

INLINE void
unpack_panel (const guint8 *panel, gsize n_blocks, gsize block, int part, Block *out)
{
  panel += block * OWL_PANEL_BLOCK_SIZE;
#pragma GCC unroll 8
  for (int j = 0; j < 8; j++)
    out->w[j] = load_words (panel + j * 64 + part * LANES * 4);
  out->a = load_floats ((const float *) (const void *) (panel + 512) + part * LANES);
  out->b = load_floats ((const float *) (const void *) (panel + 576) + part * LANES);
}

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

#define LAYOUT_Q4_0 ((Layout){ 288, 6144, TRUE })
#define LAYOUT_Q4_1 ((Layout){ 320, 6144, FALSE })
#define LAYOUT_Q5_0 ((Layout){ 352, 6144, TRUE })
#define LAYOUT_Q5_1 ((Layout){ 384, 6144, FALSE })
#define LAYOUT_Q8_0 ((Layout){ 544, 6144, TRUE })
#define LAYOUT_Q4_K ((Layout){ 288, 6144, FALSE })
#define LAYOUT_Q5_K ((Layout){ 352, 6144, FALSE })
#define LAYOUT_Q6_K ((Layout){ 420, 6144, FALSE })
#define IN_CACHE ((Layout){ 0, 0, FALSE })

/* Fetches what comes `ahead` of a block; where the group ends, in the one behind it. */
INLINE void
fetch_ahead (Layout layout, const guint8 *group, gsize block)
{
#pragma GCC unroll 16
  for (int line = 0; line < layout.size; line += 64)
    __builtin_prefetch (group + block * (gsize) layout.size + layout.ahead + line);
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

/* e^x within two units in the last place; 0 below -87.3. 2^n · e^r with |r| <= ln 2 / 2 and a polynomial for e^r. */
INLINE Floats
exponential (Floats x)
{
  Floats clamped = min_floats (max_floats (x, spread_float (-87.3f)), spread_float (88.3f));
  Floats n = round_floats (clamped * spread_float (1.44269504f));
  Floats r = fma_floats (n, spread_float (-0.693359375f), clamped);
  Floats p = spread_float (1.9875691500e-4f);

  r = fma_floats (n, spread_float (2.12194440e-4f), r);
  p = fma_floats (p, r, spread_float (1.3981999507e-3f));
  p = fma_floats (p, r, spread_float (8.3334519073e-3f));
  p = fma_floats (p, r, spread_float (4.1665795894e-2f));
  p = fma_floats (p, r, spread_float (1.6666665459e-1f));
  p = fma_floats (p, r, spread_float (5.0000001201e-1f));
  p = fma_floats (p, r * r, r + spread_float (1.0f));
  return zero_below (x, -87.3f, power_of_two (p, n));
}

INLINE Floats
sigmoid (Floats x)
{
  return spread_float (1.0f) / (spread_float (1.0f) + exponential (-x));
}

/* Applies a function to a row whose end does not fill a vector. */
#define DEFINE_MAP(name, parameters, second, expression)                                                  \
  static void name parameters                                                                             \
  {                                                                                                       \
    for (gsize i = 0; i < n; i += LANES) {                                                                \
      gsize count = MIN (LANES, n - i);                                                                   \
      Floats v = load_some (x + i, count);                                                                \
      Floats u = load_some (second + i, count);                                                           \
                                                                                                          \
      store_some (x + i, expression, count);                                                              \
      (void) u;                                                                                           \
    }                                                                                                     \
  }

INLINE Floats
load_some (const float *src, gsize count)
{
  float padded[LANES] = { 0.0f };

  if (count == LANES)
    return load_floats (src);
  memcpy (padded, src, count * sizeof (float));
  return load_floats (padded);
}

INLINE void
store_some (float *dst, Floats v, gsize count)
{
  float padded[LANES];

  if (count == LANES) {
    store_floats (dst, v);
    return;
  }
  store_floats (padded, v);
  memcpy (dst, padded, count * sizeof (float));
}

DEFINE_MAP (silu_multiply, (float *x, const float *up, gsize n), up, v * sigmoid (v) * u)
DEFINE_MAP (quick_gelu, (float *x, gsize n), x, v * sigmoid (v * spread_float (1.702f)))
DEFINE_MAP (tanh_gelu, (float *x, gsize n), x,
            v * sigmoid (v * spread_float (1.59576912f) * fma_floats (v * v, spread_float (0.044715f), spread_float (1.0f))))

static void
softmax (float *x, gsize n)
{
  float max = x[0], sum, lanes[LANES];
  Floats sums = spread_float (0.0f), largest = spread_float (x[0]);
  gsize whole = n / LANES * LANES;

  for (gsize i = 0; i < whole; i += LANES)
    largest = max_floats (largest, load_floats (x + i));
  store_floats (lanes, largest);
  for (int i = 0; i < LANES; i++)
    max = lanes[i] > max ? lanes[i] : max;
  for (gsize i = whole; i < n; i++)
    max = x[i] > max ? x[i] : max;
  for (gsize i = 0; i < whole; i += LANES) {
    Floats e = exponential (load_floats (x + i) - spread_float (max));

    store_floats (x + i, e);
    sums = sums + e;
  }
  store_floats (lanes, sums);
  sum = lanes[0];
  for (int i = 1; i < LANES; i++)
    sum += lanes[i];
  if (whole < n) {
    Floats e = exponential (load_some (x + whole, n - whole) - spread_float (max));

    store_some (x + whole, e, n - whole);
    for (gsize i = whole; i < n; i++)
      sum += x[i];
  }
  for (gsize i = 0; i < n; i += LANES) {
    gsize count = MIN (LANES, n - i);

    store_some (x + i, load_some (x + i, count) / spread_float (sum), count);
  }
}

/* Sums in double precision, sixteen at a time, which the compiler turns into vectors. */
INLINE double
sum_squares (const float *x, gsize n, double centre)
{
  double sums[16] = { 0.0 }, sum = 0.0;
  gsize i = 0;

  for (; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++)
      sums[j] += ((double) x[i + j] - centre) * ((double) x[i + j] - centre);
  for (; i < n; i++)
    sum += ((double) x[i] - centre) * ((double) x[i] - centre);
  for (int j = 0; j < 16; j++)
    sum += sums[j];
  return sum;
}

INLINE double
sum_values (const float *x, gsize n)
{
  double sums[16] = { 0.0 }, sum = 0.0;
  gsize i = 0;

  for (; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++)
      sums[j] += (double) x[i + j];
  for (; i < n; i++)
    sum += (double) x[i];
  for (int j = 0; j < 16; j++)
    sum += sums[j];
  return sum;
}

static void
layer_norm (const float *x, gsize width, const float *weight, const float *bias, float eps, float *y)
{
  double mean = sum_values (x, width) / (double) width;
  float centre = (float) mean, scale = (float) (1.0 / sqrt (sum_squares (x, width, mean) / (double) width + (double) eps));

  for (gsize i = 0; i < width; i++)
    y[i] = (x[i] - centre) * scale * weight[i] + bias[i];
}

static void
rms_norm (const float *x, gsize width, const float *weight, float eps, float *y)
{
  float scale = (float) (1.0 / sqrt (sum_squares (x, width, 0.0) / (double) width + (double) eps));

  for (gsize i = 0; i < width; i++)
    y[i] = weight[i] * (x[i] * scale);
}

#define KERNELS                                                                                                              \
  {                                                                                                       \
    .q8_offset = Q8_OFFSET, .quantise = quantise, .dot = dot, .unpack = unpack, .dot_panels = dot_panels,  \
    .dot_floats = dot_floats, .widen = widen, .narrow = narrow, .scores = scores, .mix = mix,             \
    .layer_norm = layer_norm, .rms_norm = rms_norm, .silu_multiply = silu_multiply, .quick_gelu = quick_gelu, .tanh_gelu = tanh_gelu, .softmax = softmax, \
  }
