/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lets a caller see intermediate tensors of one evaluation: `owl probe`, tests and "where it looked".
 *
 * `wants` says whether a tensor is worth computing (attention probabilities cost memory); `name` is one of those in the contract of
 * `owl probe` ("vit.layer.3"). `take` gets it as float32 [shape[0], …]; the memory is the engine's and valid during the call. */
typedef struct _OwlTrace OwlTrace;
struct _OwlTrace {
  gboolean (*wants) (OwlTrace *trace, const char *name);
  void (*take) (OwlTrace *trace, const char *name, const float *values, const gsize *shape, int n_dims);
};

/* The same for a possibly missing trace and a formatted name. */
gboolean owl_trace_wants (OwlTrace *trace, const char *stem, int layer);
void owl_trace_give (OwlTrace *trace, const char *stem, int layer, const float *values, gsize d0, gsize d1, gsize d2);
/* The same with a leading axis of tiles: [n_tiles, d0, …]; n_tiles 0 leaves it out. */
void owl_trace_give_tiles (OwlTrace *trace, const char *name, const float *values, gsize n_tiles, gsize d0, gsize d1, gsize d2);

G_END_DECLS
