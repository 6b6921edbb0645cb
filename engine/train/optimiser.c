/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/optimiser.h"

#include "tensor/training.h"

#include <math.h>
#include <string.h>

/* Sums are gathered over pieces of this many values, whatever the number of threads. */
#define PIECE 4096

double
owl_schedule_rate (OwlSchedule schedule, double rate, gint64 step, gint64 warmup, gint64 n_steps)
{
  double through;

  if (step < warmup)
    return rate * (double) (step + 1) / (double) warmup;
  through = n_steps > warmup ? (double) (step - warmup) / (double) (n_steps - warmup) : 0.0;
  through = CLAMP (through, 0.0, 1.0);
  switch (schedule) {
  case OWL_SCHEDULE_LINEAR:
    return rate * (1.0 - through);
  case OWL_SCHEDULE_COSINE:
    return rate * 0.5 * (1.0 + cos (G_PI * through));
  case OWL_SCHEDULE_CONSTANT:
  default:
    return rate;
  }
}

typedef struct {
  const float *grad;
  gsize n;
  double *sums;
} Norm;

static void
sum_pieces (gsize begin, gsize end, int part, gpointer data)
{
  const Norm *c = data;

  for (gsize piece = begin; piece < end; piece++) {
    gsize at = piece * PIECE;

    c->sums[piece] = owl_training_kernels ()->sum_squares (c->grad + at, MIN (PIECE, c->n - at), 0.0);
  }
}

double
owl_optimiser_norm (OwlTape *tape, const OwlParameters *parameters)
{
  double total = 0.0;

  for (guint i = 0; i < parameters->list->len; i++) {
    const OwlParameter *p = g_ptr_array_index (parameters->list, i);
    gsize n = owl_parameter_size (p), n_pieces = (n + PIECE - 1) / PIECE;
    g_autofree double *sums = NULL;
    Norm c;

    if (!p->grad)
      continue;
    sums = g_new (double, n_pieces);
    c = (Norm){ p->grad, n, sums };
    owl_tape_parts (tape, n_pieces, sum_pieces, &c);
    for (gsize piece = 0; piece < n_pieces; piece++)
      total += sums[piece];
  }
  return sqrt (total);
}

typedef struct {
  OwlParameter *p;
  OwlAdamStep step;
} Update;

static void
update_values (gsize begin, gsize end, int part, gpointer data)
{
  const Update *u = data;

  owl_training_kernels ()->adam (&u->step, u->p->value + begin, u->p->grad + begin, u->p->m + begin, u->p->v + begin, end - begin);
  memset (u->p->grad + begin, 0, (end - begin) * sizeof (float));
}

void
owl_optimiser_step (OwlTape *tape, const OwlParameters *parameters, const OwlAdamW *adam, double rate, gint64 step, double norm)
{
  double scale = adam->clip > 0.0 ? MIN (1.0, adam->clip / (norm + 1e-6)) : 1.0;
  double correction1 = 1.0 - pow (adam->beta1, (double) step), correction2 = 1.0 - pow (adam->beta2, (double) step);

  for (guint i = 0; i < parameters->list->len; i++) {
    OwlParameter *p = g_ptr_array_index (parameters->list, i);
    Update u = { p, { .scale = (float) scale, .beta1 = (float) adam->beta1, .beta2 = (float) adam->beta2, .eps = (float) adam->eps,
                      .step_size = (float) (rate / correction1), .inverse_root = (float) (1.0 / sqrt (correction2)),
                      .decay = adam->decay_norms || !p->is_norm_or_bias ? (float) (rate * adam->weight_decay) : 0.0f } };

    if (p->grad)
      owl_tape_parts (tape, owl_parameter_size (p), update_values, &u);
  }
}

typedef struct {
  OwlParameter *p;
  gsize n;
} Gather;

static void
gather_values (gsize begin, gsize end, int part, gpointer data)
{
  const Gather *c = data;

  for (gsize replica = 0; replica < c->n; replica++) {
    float *from = c->p->replicas + replica * owl_parameter_size (c->p) + begin;

    owl_training_kernels ()->accumulate (c->p->grad + begin, from, end - begin);
    memset (from, 0, (end - begin) * sizeof (float));
  }
}

void
owl_optimiser_gather (OwlTape *tape, const OwlParameters *parameters, gsize n_replicas)
{
  for (guint i = 0; i < parameters->list->len; i++) {
    Gather c = { g_ptr_array_index (parameters->list, i), n_replicas };

    if (c.p->replicas)
      owl_tape_parts (tape, owl_parameter_size (c.p), gather_values, &c);
  }
}

void
owl_optimiser_zero (const OwlParameters *parameters)
{
  for (guint i = 0; i < parameters->list->len; i++) {
    OwlParameter *p = g_ptr_array_index (parameters->list, i);

    if (p->grad)
      memset (p->grad, 0, owl_parameter_size (p) * sizeof (float));
  }
}
