/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/tiles.h"

#include "image/preprocess.h"

/* UReader's grids; their order decides between equals. */
static const OwlGrid grids[] = {
  { 1, 1 }, { 1, 2 }, { 2, 1 },  { 1, 3 },  { 3, 1 }, { 1, 4 }, { 2, 2 }, { 4, 1 }, { 1, 5 },  { 5, 1 },  { 1, 6 }, { 2, 3 },
  { 3, 2 }, { 6, 1 }, { 1, 7 },  { 7, 1 },  { 1, 8 }, { 2, 4 }, { 4, 2 }, { 8, 1 }, { 1, 9 },  { 3, 3 },  { 9, 1 }, { 1, 10 },
  { 2, 5 }, { 5, 2 }, { 10, 1 }, { 1, 11 }, { 11, 1 }, { 2, 6 }, { 3, 4 }, { 4, 3 }, { 6, 2 }, { 2, 7 },  { 7, 2 }, { 3, 5 },
  { 5, 3 }, { 2, 8 }, { 4, 4 },  { 8, 2 },  { 2, 9 }, { 3, 6 }, { 6, 3 }, { 9, 2 }, { 2, 10 }, { 4, 5 },  { 5, 4 }, { 10, 2 },
};

/* Intersection over union of two boxes at the origin. The areas are exact integers and the division is in float32, as in the
 * published code: near ties depend on it. */
static float
overlap (gint64 width_a, gint64 height_a, gint64 width_b, gint64 height_b)
{
  gint64 intersection = MIN (width_a, width_b) * MIN (height_a, height_b);
  gint64 together = width_a * height_a + width_b * height_b - intersection;

  return (float) intersection / ((float) together + 1e-5f);
}

OwlGrid
owl_grid_choose (int width, int height, int size)
{
  float slope = (float) ((double) height / (double) width), best = -1.0f;
  OwlGrid chosen = grids[0];

  for (gsize i = 0; i < G_N_ELEMENTS (grids); i++) {
    gint64 grid_width = (gint64) grids[i].columns * size, grid_height = (gint64) grids[i].rows * size;
    gint64 page_height = (gint64) (slope * (float) grid_width); /* of the page at the grid's width */
    float score = overlap (grid_width, grid_height, grid_width, page_height) * 100.0f +
                  overlap (grid_width, grid_height, width, height);

    if (score > best) {
      best = score;
      chosen = grids[i];
    }
  }
  return chosen;
}

GPtrArray *
owl_tiles_cut (const OwlPicture *picture, OwlGrid grid, int size)
{
  g_autoptr (OwlPicture) page = owl_picture_scale (picture, grid.columns * size, grid.rows * size);
  GPtrArray *squares = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_picture_unref);

  for (int row = 0; row < grid.rows; row++)
    for (int column = 0; column < grid.columns; column++)
      g_ptr_array_add (squares, owl_picture_crop (page, column * size, row * size, size, size));
  return squares;
}

void
owl_preprocess_tiles (const OwlPicture *picture, OwlGrid grid, int size, const float mean[3], const float std[3], float *values)
{
  g_autoptr (GPtrArray) squares = owl_tiles_cut (picture, grid, size);
  gsize n_values = 3 * (gsize) size * (gsize) size;

  owl_preprocess (picture, size, mean, std, values);
  for (guint i = 0; i < squares->len; i++)
    owl_preprocess (g_ptr_array_index (squares, i), size, mean, std, values + (i + 1) * n_values);
}
