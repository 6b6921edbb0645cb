/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "train/parameters.h"

G_BEGIN_DECLS

/* Everything that a run needs to go on bit for bit: step, position in the data, trained tensors with their moments. One file that appears under its name
 * only when it is complete, with a checksum at its end. Random numbers follow from seed and step, so they need no state. */
typedef struct {
  gint64 step;
  GArray *position; /* guint64, see owl_dataset_tell */
} OwlTrainingState;

gboolean owl_training_state_save (const char *path, const OwlTrainingState *state, const OwlParameters *parameters, GError **error);
/* `state->position` is the caller's to free. A file of another model or stage is an error. */
gboolean owl_training_state_load (const char *path, OwlTrainingState *state, OwlParameters *parameters, GError **error);

G_END_DECLS
