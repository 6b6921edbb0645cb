/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "train/tape.h"

G_BEGIN_DECLS

/* AdamW with decoupled weight decay (arXiv 1711.05101): p ← p − lr·wd·p; p ← p − lr·m̂ / (√v̂ + ε). */
typedef struct {
  double beta1, beta2, eps, weight_decay;
  gboolean decay_norms; /* norms and biases decay, too */
  double clip;          /* 0: off; gradients are scaled by min (1, clip / (norm + 1e-6)) */
} OwlAdamW;

typedef enum { OWL_SCHEDULE_CONSTANT, OWL_SCHEDULE_LINEAR, OWL_SCHEDULE_COSINE } OwlSchedule;

/* The rate of step `step` (from 0) of `n_steps`: growing over the first `warmup`, then as the schedule says, towards 0. */
double owl_schedule_rate (OwlSchedule schedule, double rate, gint64 step, gint64 warmup, gint64 n_steps);

/* Global L2 norm of all gradients, summed in a fixed order in double precision. */
double owl_optimiser_norm (OwlTape *tape, const OwlParameters *parameters);

/* One update; `step` counts from 1. Gradients are zeroed. */
void owl_optimiser_step (OwlTape *tape, const OwlParameters *parameters, const OwlAdamW *adam, double rate, gint64 step, double norm);

/* Adds the gradients of further threads to the first one's and clears them. */
void owl_optimiser_gather (OwlTape *tape, const OwlParameters *parameters, gsize n_replicas);
void owl_optimiser_zero (const OwlParameters *parameters);

G_END_DECLS
