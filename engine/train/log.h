/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "train/trainer.h"

G_BEGIN_DECLS

/* OUTPUT/log.csv, a line a step, and OUTPUT/loss.svg, a picture of it. */
typedef struct _OwlTrainLog OwlTrainLog;

/* Keeps the lines up to `step` of an earlier part of the run. */
OwlTrainLog *owl_train_log_open (const char *output, gint64 step);
void owl_train_log_free (OwlTrainLog *log);
void owl_train_log_add (OwlTrainLog *log, const OwlTrainStep *step);
/* Writes the picture. */
gboolean owl_train_log_finish (OwlTrainLog *log, GError **error);

G_END_DECLS
