/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "image/picture.h"

G_BEGIN_DECLS

/* A page in detail: an overview of the whole, then the page cut into a grid of squares of the encoder's size.
 * Source: UReader (arXiv 2310.05126 section 3.1) and its published code. */

#define OWL_MAX_TILES 20 /* of a grid; the overview comes on top */

/* Where the overview stands in the tables of crop positions, as row and as column: the largest side of a grid, as the published
 * code has it. */
#define OWL_OVERVIEW_POSITION 11

typedef struct {
  int rows;
  int columns;
} OwlGrid;

/* The grid of at most 20 squares whose shape and size come closest to a page of `width` x `height` pixels; `size` is the side
 * of a square. The first of UReader's list among equals. */
OwlGrid owl_grid_choose (int width, int height, int size);

/* The squares of a page row by row (OwlPicture; transfer full): the page is resized to the whole grid, without regard to its aspect ratio. */
GPtrArray *owl_tiles_cut (const OwlPicture *picture, OwlGrid grid, int size);

/* `values` [1 + rows · columns, 3, size, size]: the overview, then the squares row by row of
 * owl_tiles_cut, each prepared as owl_preprocess does. */
void owl_preprocess_tiles (const OwlPicture *picture, OwlGrid grid, int size, const float mean[3], const float std[3],
                           float *values);

G_END_DECLS
