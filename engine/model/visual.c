/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/model-private.h"

#include "image/preprocess.h"
#include "image/tiles.h"

#include <math.h>

static OwlVisual *
visual_new (const guint8 key[32], GBytes *values, int n_positions)
{
  OwlVisual *visual = g_new0 (OwlVisual, 1);

  g_atomic_ref_count_init (&visual->references);
  memcpy (visual->key, key, sizeof visual->key);
  visual->values = g_bytes_ref (values);
  visual->n_positions = n_positions;
  return visual;
}

OwlVisual *
owl_visual_ref (OwlVisual *visual)
{
  g_atomic_ref_count_inc (&visual->references);
  return visual;
}

void
owl_visual_unref (OwlVisual *visual)
{
  if (!visual || !g_atomic_ref_count_dec (&visual->references))
    return;
  g_bytes_unref (visual->values);
  g_free (visual);
}

GBytes *
owl_visual_get_bytes (const OwlVisual *visual)
{
  return visual->values;
}

const float *
owl_visual_get_values (const OwlVisual *visual)
{
  return g_bytes_get_data (visual->values, NULL);
}

const guint8 *
owl_visual_get_key (const OwlVisual *visual)
{
  return visual->key;
}

int
owl_visual_get_n_positions (const OwlVisual *visual)
{
  return visual->n_positions;
}

/* Bytes of one tile's tokens. */
static gsize
tile_size (const OwlModel *model)
{
  return (gsize) owl_vision_get_n_tokens (model->vision) * model->vision->out_width * sizeof (float);
}

static gboolean
require_vision (const OwlModel *model, GError **error)
{
  if (model->vision)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: this model cannot see pictures (it has no vision.gguf)", model->path);
  return FALSE;
}

OwlVisual *
owl_visual_new_from_bytes (OwlModel *model, const guint8 key[32], GBytes *values, GError **error)
{
  gsize size, n_tiles;
  const float *v = g_bytes_get_data (values, &size);

  if (!require_vision (model, error))
    return NULL;
  n_tiles = size / tile_size (model);
  if (n_tiles < 1 || n_tiles > OWL_MAX_TILES + 1 || size != n_tiles * tile_size (model) || (guintptr) v % sizeof (float) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "cached visual tokens: expected a multiple of %" G_GSIZE_FORMAT " bytes, found %" G_GSIZE_FORMAT, tile_size (model), size);
    return NULL;
  }
  for (gsize i = 0; i < size / sizeof (float); i++)
    if (!isfinite (v[i])) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "cached visual tokens: a value is not a number");
      return NULL;
    }
  return visual_new (key, values, (int) n_tiles * owl_vision_get_n_tokens (model->vision));
}

gboolean
owl_model_knows_tiles (const OwlModel *model)
{
  return model->vision && owl_vision_has_crop_positions (model->vision);
}

static gboolean
is_fine (const OwlModel *model, OwlDetail detail)
{
  return detail == OWL_DETAIL_FINE || (detail == OWL_DETAIL_DEFAULT && owl_model_knows_tiles (model));
}

/* 0 x 0 for an overview alone. */
static OwlGrid
choose_grid (const OwlModel *model, int width, int height, OwlDetail detail)
{
  return is_fine (model, detail) ? owl_grid_choose (width, height, model->vision->image_size) : (OwlGrid){ 0, 0 };
}

int
owl_model_count_positions (const OwlModel *model, int width, int height, OwlDetail detail, int *rows, int *columns)
{
  OwlGrid grid = { 0, 0 };

  if (model->vision)
    grid = choose_grid (model, width, height, detail);
  if (rows)
    *rows = grid.rows;
  if (columns)
    *columns = grid.columns;
  return (1 + grid.rows * grid.columns) * owl_model_get_visual_length (model);
}

GPtrArray *
owl_model_cut_tiles (const OwlModel *model, const OwlPicture *picture, OwlDetail detail, int *rows, int *columns)
{
  GPtrArray *tiles;
  OwlGrid grid;
  int size;

  if (!model->vision)
    return NULL;
  size = model->vision->image_size;
  grid = choose_grid (model, owl_picture_get_width (picture), owl_picture_get_height (picture), detail);
  if (rows)
    *rows = grid.rows;
  if (columns)
    *columns = grid.columns;
  tiles = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_picture_unref);
  g_ptr_array_add (tiles, owl_picture_scale (picture, size, size));
  if (grid.rows > 0) {
    g_autoptr (GPtrArray) squares = owl_tiles_cut (picture, grid, size);

    g_ptr_array_extend_and_steal (tiles, g_steal_pointer (&squares));
  }
  return tiles;
}

void
owl_model_get_visual_key (OwlModel *model, OwlPicture *picture, OwlDetail detail, guint8 key[32])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint32 version[2] = { GUINT32_TO_LE (OWL_PREPROCESS_VERSION), GUINT32_TO_LE (is_fine (model, detail)) };
  gsize size = 32;

  g_checksum_update (sum, owl_picture_get_hash (picture), 32);
  g_checksum_update (sum, (const guchar *) version, sizeof version);
  g_checksum_update (sum, model->vision_hash, sizeof model->vision_hash);
  if (model->seeing)
    g_checksum_update (sum, model->seeing->vision_hash, sizeof model->seeing->vision_hash);
  g_checksum_get_digest (sum, key, &size);
}

/* Progress of one tile among several. */
typedef struct {
  OwlProgress progress;
  gpointer user_data;
  int index, n_tiles;
} TileProgress;

static void
say_tile_progress (double fraction, gpointer user_data)
{
  const TileProgress *tile = user_data;

  tile->progress ((tile->index + fraction) / tile->n_tiles, tile->user_data);
}

OwlVisual *
owl_model_encode_traced (OwlModel *model, OwlPicture *picture, OwlDetail detail, OwlTrace *trace, OwlProgress progress,
                         gpointer user_data, GCancellable *cancellable, GError **error)
{
  TileProgress tile = { progress, user_data, 0, 1 };
  g_autofree float *pixels = NULL, *tokens = NULL;
  g_autoptr (GBytes) values = NULL;
  OwlGrid grid;
  guint8 key[32];
  gsize tile_pixels, tile_tokens, leading;
  int size, n_rows;

  if (!require_vision (model, error))
    return NULL;
  size = model->vision->image_size;
  n_rows = owl_vision_get_n_tokens (model->vision);
  grid = choose_grid (model, owl_picture_get_width (picture), owl_picture_get_height (picture), detail);
  tile.n_tiles = 1 + grid.rows * grid.columns;
  tile_pixels = 3 * (gsize) size * size;
  tile_tokens = tile_size (model) / sizeof (float);
  leading = grid.rows > 0 ? (gsize) tile.n_tiles : 0;
  pixels = g_new (float, tile.n_tiles * tile_pixels);
  tokens = g_new (float, tile.n_tiles * tile_tokens);
  if (grid.rows > 0)
    owl_preprocess_tiles (picture, grid, size, model->vision->mean, model->vision->std, pixels);
  else
    owl_preprocess (picture, size, model->vision->mean, model->vision->std, pixels);
  owl_trace_give_tiles (trace, "pixel_values", pixels, leading, 3, size, size);

  for (; tile.index < tile.n_tiles; tile.index++) {
    int i = tile.index, row = i == 0 ? OWL_OVERVIEW_POSITION : (i - 1) / grid.columns;
    int column = i == 0 ? OWL_OVERVIEW_POSITION : (i - 1) % grid.columns;

    if (!owl_vision_encode (owl_model_get_vision (model), model->pool, pixels + i * tile_pixels, row, column, tokens + i * tile_tokens, trace,
                            progress ? say_tile_progress : NULL, &tile, cancellable)) {
      g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "reading the picture was cancelled");
      return NULL;
    }
  }
  owl_trace_give_tiles (trace, "visual_tokens", tokens, leading, n_rows, model->vision->out_width, 0);
  owl_model_get_visual_key (model, picture, detail, key);
  values = g_bytes_new_take (g_steal_pointer (&tokens), tile.n_tiles * tile_size (model));
  return visual_new (key, values, tile.n_tiles * n_rows);
}

OwlVisual *
owl_model_encode (OwlModel *model, OwlPicture *picture, OwlDetail detail, OwlProgress progress, gpointer user_data,
                  GCancellable *cancellable, GError **error)
{
  return owl_model_encode_traced (model, picture, detail, NULL, progress, user_data, cancellable, error);
}
