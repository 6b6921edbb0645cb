/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/evidence-private.h"

#include "chat/answer.h"
#include "chat/prompt-private.h"
#include "chat/session-private.h"
#include "model/model-private.h"
#include "text/prompt-rule.h"

#include <math.h>
#include <string.h>

void
owl_heat_map_free (OwlHeatMap *map)
{
  if (!map)
    return;
  g_free (map->values);
  g_free (map);
}

double
owl_heat_map_get_share (const OwlHeatMap *map)
{
  double sum = 0.0;

  for (int i = 0; i < map->width * map->height; i++)
    sum += map->values[i];
  return sum;
}

static double
sum_box (const OwlHeatMap *map, int x, int y, int width, int height)
{
  double sum = 0.0;

  for (int row = y; row < y + height; row++)
    for (int column = x; column < x + width; column++)
      sum += map->values[row * map->width + column];
  return sum;
}

void
owl_heat_map_find_hottest (const OwlHeatMap *map, double size, OwlRegion *region)
{
  int width = CLAMP ((int) round (size * map->width), 1, map->width);
  int height = CLAMP ((int) round (size * map->height), 1, map->height);
  double best = -1.0;

  for (int y = 0; y + height <= map->height; y++)
    for (int x = 0; x + width <= map->width; x++) {
      double sum = sum_box (map, x, y, width, height);

      if (sum > best) {
        best = sum;
        *region = (OwlRegion){ (double) x / map->width, (double) y / map->height, (double) width / map->width, (double) height / map->height };
      }
    }
}

void
owl_evidence_pass_layer (const float *attention, gsize n_heads, gsize n_queries, gsize n_patches, float *reach)
{
  gsize n_keys = n_queries + 1 + n_patches;
  g_autofree float *before = g_memdup2 (reach, n_queries * n_patches * sizeof (float));
  g_autofree float *mean = g_new (float, n_keys);

  for (gsize q = 0; q < n_queries; q++) {
    float *row = reach + q * n_patches;

    memset (mean, 0, n_keys * sizeof (float));
    for (gsize h = 0; h < n_heads; h++)
      for (gsize k = 0; k < n_keys; k++)
        mean[k] += attention[(h * n_queries + q) * n_keys + k] / (float) n_heads;
    for (gsize p = 0; p < n_patches; p++)
      row[p] = 0.5f * (row[p] + mean[n_queries + 1 + p]);
    for (gsize other = 0; other < n_queries; other++)
      for (gsize p = 0; p < n_patches; p++)
        row[p] += 0.5f * mean[other] * before[other * n_patches + p];
  }
}

void
owl_evidence_add_rows (const float *attention, gsize n_heads, gsize n_rows, gsize n_keys, gsize first, gsize n, float *weights)
{
  for (gsize row = 0; row < n_heads * n_rows; row++)
    for (gsize i = 0; i < n; i++)
      weights[i] += attention[row * n_keys + first + i];
}

void
owl_evidence_find_ids (const OwlTokenizer *tokenizer, const gint32 *ids, gsize n_ids, gsize start, gsize length, gsize *first, gsize *n)
{
  g_autoptr (OwlAnswer) answer = owl_answer_new (tokenizer, NULL);
  g_autoptr (GString) shown = g_string_new (NULL);
  gsize end = start + length;

  *first = *n = 0;
  for (gsize i = 0; i < n_ids; i++) {
    gsize before = owl_answer_get_text (answer)->len, after;

    owl_answer_push (answer, ids[i], shown);
    after = owl_answer_get_text (answer)->len;
    if (after <= start)
      *first = i + 1;
    else if (before < end)
      *n = i + 1 - *first;
  }
}

/* Takes the attention of every decoder layer, over all visual positions of the prompt. */
typedef struct {
  OwlTrace trace;
  gsize n_positions; /* of the prompt */
  float *weights;    /* [n_positions] */
} DecoderTrace;

static gboolean
decoder_wants (OwlTrace *trace, const char *name)
{
  return g_str_has_prefix (name, "decoder.attention.");
}

static void
decoder_take (OwlTrace *trace, const char *name, const float *values, const gsize *shape, int n_dims)
{
  DecoderTrace *t = (DecoderTrace *) trace;

  owl_evidence_add_rows (values, shape[0], shape[1], shape[2], 0, t->n_positions, t->weights);
}

/* Follows the abstractor of one tile after the other. */
typedef struct {
  OwlTrace trace;
  const OwlVision *vision;
  GPtrArray *tiles; /* float * [n_queries, n_patches] */
} AbstractorTrace;

static gboolean
abstractor_wants (OwlTrace *trace, const char *name)
{
  return g_str_has_prefix (name, "abstractor.attention.");
}

static void
abstractor_take (OwlTrace *trace, const char *name, const float *values, const gsize *shape, int n_dims)
{
  AbstractorTrace *t = (AbstractorTrace *) trace;
  gsize n_queries = shape[1], n_patches = (gsize) t->vision->n_patches;

  if (strcmp (name, "abstractor.attention.0") == 0)
    g_ptr_array_add (t->tiles, g_new0 (float, n_queries * n_patches));
  owl_evidence_pass_layer (values, shape[0], n_queries, n_patches, g_ptr_array_index (t->tiles, t->tiles->len - 1));
}

/* Adds a tile's patches, weighed by `weights` [n_queries], to the map: the overview spreads over all of it. */
static void
add_tile (OwlHeatMap *map, const float *reach, const float *weights, int n_queries, int side, int x, int y, int rows, int columns)
{
  for (int row = 0; row < side * rows; row++)
    for (int column = 0; column < side * columns; column++) {
      const float *patch = reach + (row / rows) * side + column / columns;
      float sum = 0.0f;

      for (int q = 0; q < n_queries; q++)
        sum += weights[q] * patch[q * side * side];
      map->values[(y + row) * map->width + x + column] += sum / (float) (rows * columns);
    }
}

static OwlHeatMap *
make_map (OwlModel *model, OwlPicture *picture, OwlDetail detail, const float *weights, GCancellable *cancellable, GError **error)
{
  const OwlVision *vision = owl_model_get_vision (model);
  g_autoptr (GPtrArray) tiles = g_ptr_array_new_with_free_func (g_free);
  AbstractorTrace trace = { { abstractor_wants, abstractor_take }, vision, tiles };
  int side = vision->image_size / vision->patch_size, rows, columns;
  g_autoptr (OwlVisual) visual = owl_model_encode_traced (model, picture, detail, &trace.trace, NULL, NULL, cancellable, error);
  OwlHeatMap *map;

  if (!visual)
    return NULL;
  owl_model_count_positions (model, owl_picture_get_width (picture), owl_picture_get_height (picture), detail, &rows, &columns);
  map = g_new0 (OwlHeatMap, 1);
  map->width = side * MAX (columns, 1);
  map->height = side * MAX (rows, 1);
  map->values = g_new0 (float, (gsize) map->width * (gsize) map->height);
  for (guint i = 0; i < tiles->len; i++) {
    const float *of_tile = weights + i * (guint) (vision->n_queries + 1), *reach = g_ptr_array_index (tiles, i);

    if (i == 0)
      add_tile (map, reach, of_tile, vision->n_queries, side, 0, 0, MAX (rows, 1), MAX (columns, 1));
    else
      add_tile (map, reach, of_tile, vision->n_queries, side, ((int) i - 1) % columns * side, ((int) i - 1) / columns * side, 1, 1);
  }
  return map;
}

static void
make_sum_one (GPtrArray *maps)
{
  double sum = 0.0;

  for (guint i = 0; i < maps->len; i++)
    sum += owl_heat_map_get_share (g_ptr_array_index (maps, i));
  for (guint i = 0; i < maps->len && sum > 0.0; i++) {
    OwlHeatMap *map = g_ptr_array_index (maps, i);

    for (int cell = 0; cell < map->width * map->height; cell++)
      map->values[cell] = (float) (map->values[cell] / sum);
  }
}

GPtrArray *
owl_session_find_evidence (OwlSession *session, const OwlPrompt *prompt, const gint32 *answer_ids, gsize first, gsize n,
                           OwlPicture *const *pictures, const OwlDetail *details, gsize n_pictures, GCancellable *cancellable,
                           GError **error)
{
  OwlModel *model = owl_session_get_model (session);
  g_autoptr (GPtrArray) maps = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_heat_map_free);
  g_autofree float *weights = g_new0 (float, prompt->ids->len + 1);
  DecoderTrace trace = { { decoder_wants, decoder_take }, prompt->ids->len, weights };
  gsize position = 0;

  if (n < 1 || n_pictures != prompt->visuals->len) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "there are no words or no pictures to look at");
    return NULL;
  }
  /* The words were chosen at the positions before their own: the last of them is not read any more. */
  if (!owl_session_attend (session, prompt, answer_ids, first + n - 1, n, &trace.trace, cancellable, error))
    return NULL;
  for (gsize i = 0; i < n_pictures; i++) {
    OwlHeatMap *map;

    while (position < prompt->ids->len && g_array_index (prompt->ids, gint32, position) != OWL_IMAGE_ID)
      position++;
    map = make_map (model, pictures[i], details[i], weights + position, cancellable, error);
    if (!map)
      return NULL;
    g_ptr_array_add (maps, map);
    position += (gsize) owl_visual_get_n_positions (g_ptr_array_index (prompt->visuals, i));
  }
  make_sum_one (maps);
  return g_steal_pointer (&maps);
}
