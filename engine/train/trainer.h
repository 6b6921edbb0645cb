/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "train/config.h"

G_BEGIN_DECLS

/* One run of training. See config.h for what it is told, and the design's "What training leaves" for what it writes. */
typedef struct _OwlTrainer OwlTrainer;

/* What a step did. */
typedef struct {
  gint64 step, n_steps;
  double loss, grad_norm, learning_rate, validation; /* validation: NAN where none was made */
  double samples_per_second, seconds_left;
} OwlTrainStep;

typedef void (*OwlTrainFunc) (const OwlTrainStep *step, gpointer user_data);

OwlTrainer *owl_trainer_open (const OwlTrainConfig *config, gboolean resume, GError **error);
void owl_trainer_free (OwlTrainer *trainer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlTrainer, owl_trainer_free)

/* Trains to the last step. A cancel ends it after the step that runs, with its state saved; that is no error. */
gboolean owl_trainer_run (OwlTrainer *trainer, OwlTrainFunc func, gpointer user_data, GCancellable *cancellable, GError **error);

/* The gradients of one batch, the first records in order, as DIR/<official tensor name>.npy. Changes nothing. */
gboolean owl_trainer_dump_gradients (OwlTrainer *trainer, const char *dir, double *loss, double *grad_norm, GError **error);

/* How many facts of each group were right since the last call, for people: "what 0.912, patch what 0.954". NULL: there are none. The caller frees. */
char *owl_trainer_take_facts (OwlTrainer *trainer);

/* What the run amounted to, for people: data used and skipped, speed beside the limit of the machine's matrix products. The caller frees. */
char *owl_trainer_describe (OwlTrainer *trainer);

G_END_DECLS
