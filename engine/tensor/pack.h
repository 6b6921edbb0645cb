/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tensor/types.h"

G_BEGIN_DECLS

/* Matrices packed for products: 16 rows at a time become one group, in which the same unit of all 16 rows (a 4-byte word of integers, a
 * 2-byte scale, a byte of small scales, one value of a float type) lies side by side. A group holds the same bytes as its rows, in
 * another order, block after block, so that products walk through it once from front to back and a vector lane is a row.
 * Types with a single 2-byte scale a block have those of OWL_PACK_CHUNK blocks in front of these: 32 bytes between the blocks would put every load of
 * 64 bytes across two cache lines, and all scales of a group far from their blocks would be a second stream; either costs a third of the speed that
 * memory is read with. The last chunk of a group may have fewer blocks. */
#define OWL_PACK_ROWS 16
#define OWL_PACK_CHUNK 8
/* No block of any type is larger (bytes). */
#define OWL_MAX_BLOCK_SIZE 256

/* Bytes of `n_rows` rows of `n_values` packed: the last group is filled up with rows of zeros. 0 as owl_type_row_size. */
gsize owl_packed_size (OwlType type, gint64 n_values, gint64 n_rows);

/* Packs up to 16 rows, `row_size` bytes apart, into one group; missing rows are zero. */
void owl_pack_group (OwlType type, const void *rows, gsize row_size, int n_rows, gsize n_values, void *group);

/* One block of a row of a group of `n_blocks` (of the type), as it was before packing. */
void owl_packed_block (OwlType type, const void *group, gsize n_blocks, gsize block, int row, guint8 *dst);

/* Row `row` of a packed matrix as float32. */
void owl_packed_row_f32 (OwlType type, const void *packed, gsize row, float *dst, gsize n_values);

G_END_DECLS
