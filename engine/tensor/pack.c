/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/pack.h"

#include <string.h>

/* Runs of equal units in a block. */
typedef struct {
  int unit, count;
} Run;

static const Run *
block_runs (OwlType type)
{
  static const Run f32[] = { { 4, 1 }, { 0 } }, half[] = { { 2, 1 }, { 0 } };
  static const Run q4_0[] = { { 2, 1 }, { 4, 4 }, { 0 } }, q4_1[] = { { 2, 2 }, { 4, 4 }, { 0 } };
  static const Run q5_0[] = { { 2, 1 }, { 4, 5 }, { 0 } }, q5_1[] = { { 2, 2 }, { 4, 5 }, { 0 } };
  static const Run q8_0[] = { { 2, 1 }, { 4, 8 }, { 0 } };
  static const Run q4_k[] = { { 2, 2 }, { 1, 12 }, { 4, 32 }, { 0 } }, q5_k[] = { { 2, 2 }, { 1, 12 }, { 4, 40 }, { 0 } };
  static const Run q6_k[] = { { 4, 48 }, { 1, 16 }, { 2, 1 }, { 0 } };

  switch (type) {
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
    return half;
  case OWL_TYPE_Q4_0:
    return q4_0;
  case OWL_TYPE_Q4_1:
    return q4_1;
  case OWL_TYPE_Q5_0:
    return q5_0;
  case OWL_TYPE_Q5_1:
    return q5_1;
  case OWL_TYPE_Q8_0:
    return q8_0;
  case OWL_TYPE_Q4_K:
    return q4_k;
  case OWL_TYPE_Q5_K:
    return q5_k;
  case OWL_TYPE_Q6_K:
    return q6_k;
  case OWL_TYPE_F32:
  default:
    return f32;
  }
}

gsize
owl_packed_size (OwlType type, gint64 n_values, gint64 n_rows)
{
  gsize row_size = owl_type_row_size (type, n_values), size;
  guint64 groups = ((guint64) n_rows + OWL_PACK_ROWS - 1) / OWL_PACK_ROWS;

  if (row_size == 0 || n_rows <= 0 || !g_size_checked_mul (&size, row_size, groups * OWL_PACK_ROWS))
    return 0;
  return size;
}

/* Whether a run is the single scale of its blocks, which stands in front of the blocks of its chunk. */
static gboolean
stands_in_front (OwlType type, const Run *run)
{
  return owl_type_is_quantised (type) && run->unit == 2 && run->count == 1;
}

/* Where the parts of a block lie in its group. */
typedef struct {
  gsize front, rest;
} Place;

static Place
find_block (OwlType type, gsize n_blocks, gsize block)
{
  gsize size = OWL_PACK_ROWS * owl_type_block_size (type), front_size = 0;
  gsize first = block / OWL_PACK_CHUNK * OWL_PACK_CHUNK, n = MIN (OWL_PACK_CHUNK, n_blocks - first);

  for (const Run *run = block_runs (type); run->unit > 0; run++)
    if (stands_in_front (type, run))
      front_size += 2 * OWL_PACK_ROWS;
  return (Place){ first * size + (block - first) * front_size, first * size + n * front_size + (block - first) * (size - front_size) };
}

/* Inlined with a constant `unit`. `restrict`: the bytes written are no pointers and no source, or the compiler would read both anew each time. */
static inline __attribute__ ((always_inline)) void
interleave_units (int unit, int count, const guint8 *restrict src, gsize stride, guint8 *restrict dst)
{
  for (int i = 0; i < count; i++)
    for (int row = 0; row < OWL_PACK_ROWS; row++)
      memcpy (dst + (i * OWL_PACK_ROWS + row) * unit, src + (gsize) row * stride + i * unit, (gsize) unit);
}

/* A run of the block at `src` and of those below it in the 16 rows, `stride` bytes apart. */
static guint8 *
interleave (const Run *run, const guint8 *src, gsize stride, guint8 *dst)
{
  if (run->unit == 4)
    interleave_units (4, run->count, src, stride, dst);
  else if (run->unit == 2)
    interleave_units (2, run->count, src, stride, dst);
  else
    interleave_units (1, run->count, src, stride, dst);
  return dst + run->unit * run->count * OWL_PACK_ROWS;
}

void
owl_pack_group (OwlType type, const void *rows, gsize row_size, int n_rows, gsize n_values, void *group)
{
  const Run *runs = block_runs (type);
  gsize block_size = owl_type_block_size (type), n_blocks = n_values / owl_type_block_length (type);

  for (gsize block = 0; block < n_blocks; block++) {
    Place place = find_block (type, n_blocks, block);
    guint8 *front = (guint8 *) group + place.front, *rest = (guint8 *) group + place.rest;
    const guint8 *src = (const guint8 *) rows + block * block_size;
    guint8 padded[OWL_PACK_ROWS * OWL_MAX_BLOCK_SIZE];
    gsize stride = row_size;

    /* Rows that are missing are zeros. */
    if (n_rows < OWL_PACK_ROWS) {
      memset (padded, 0, sizeof padded);
      for (int row = 0; row < n_rows; row++)
        memcpy (padded + (gsize) row * block_size, src + (gsize) row * row_size, block_size);
      src = padded;
      stride = block_size;
    }
    for (const Run *run = runs; run->unit > 0; run++) {
      if (stands_in_front (type, run))
        front = interleave (run, src, stride, front);
      else
        rest = interleave (run, src, stride, rest);
      src += run->unit * run->count;
    }
  }
}

void
owl_packed_block (OwlType type, const void *group, gsize n_blocks, gsize block, int row, guint8 *dst)
{
  Place place = find_block (type, n_blocks, block);
  const guint8 *front = (const guint8 *) group + place.front, *src = (const guint8 *) group + place.rest;

  for (const Run *run = block_runs (type); run->unit > 0; run++)
    if (stands_in_front (type, run)) {
      memcpy (dst, front + row * run->unit, (gsize) run->unit);
      dst += run->unit;
    } else {
      for (int i = 0; i < run->count; i++) {
        memcpy (dst, src + row * run->unit, (gsize) run->unit);
        dst += run->unit;
        src += OWL_PACK_ROWS * run->unit;
      }
    }
}

void
owl_packed_row_f32 (OwlType type, const void *packed, gsize row, float *dst, gsize n_values)
{
  gsize block_length = owl_type_block_length (type), n_blocks = n_values / block_length;
  const guint8 *group = (const guint8 *) packed + row / OWL_PACK_ROWS * OWL_PACK_ROWS * n_blocks * owl_type_block_size (type);
  guint8 block[OWL_MAX_BLOCK_SIZE];

  for (gsize i = 0; i < n_blocks; i++) {
    owl_packed_block (type, group, n_blocks, i, (int) (row % OWL_PACK_ROWS), block);
    owl_type_to_f32 (type, block, dst + i * block_length, block_length);
  }
}
