/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Part of kernels-template.h: how the blocks of each type lie in a packed group, and how one is unpacked into registers. */

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
