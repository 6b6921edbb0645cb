/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "chat/session.h"

G_BEGIN_DECLS

/* Where the model looked: how much each part of the pictures weighed when some words of an answer were chosen.
 *
 * The attention that those words pay to the visual tokens is passed on to the patches that each visual token was made from, through the
 * abstractor's layers. It says where information came from, and is no proof of what was understood. */

/* Cells row by row, of one picture; the cells of all pictures of an answer sum to 1. An overview alone has as many cells as the encoder has
 * patches; with tiles they are as fine as the tiles', and hold what overview and tile give together. */
typedef struct {
  int width, height;
  float *values; /* [height, width] */
} OwlHeatMap;
void owl_heat_map_free (OwlHeatMap *map);

/* Sum of all cells: this picture's part in the words. */
double owl_heat_map_get_share (const OwlHeatMap *map);

/* The box (fractions of the picture) of about `size` of its width and height that weighs most: what to look at more closely. */
void owl_heat_map_find_hottest (const OwlHeatMap *map, double size, OwlRegion *region);

/* Which ids of an answer make the bytes [start, start + length) of its text. */
void owl_evidence_find_ids (const OwlTokenizer *tokenizer, const gint32 *ids, gsize n_ids, gsize start, gsize length, gsize *first, gsize *n);

/* For the words that the ids [first, first + n) of an answer make; `answer_ids` are those that `prompt` was answered with, up to and with the
 * last of them. `pictures` and `details` are what the visuals of the prompt were made from, in order; they are read once more. The session then
 * holds prompt and answer. Returns OwlHeatMap for each picture, or NULL and an error. */
GPtrArray *owl_session_find_evidence (OwlSession *session, const OwlPrompt *prompt, const gint32 *answer_ids, gsize first, gsize n,
                                      OwlPicture *const *pictures, const OwlDetail *details, gsize n_pictures,
                                      GCancellable *cancellable, GError **error);

G_END_DECLS
