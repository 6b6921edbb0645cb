/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A seeded generator (xoshiro256**): the same seed gives the same world on every machine. */
typedef struct {
  guint64 state[4];
} WorldRandom;

void world_random_init (WorldRandom *random, guint64 seed);
guint64 world_random_next (WorldRandom *random);

/* A whole number 0..n-1; `n` is at least 1. */
guint world_random_below (WorldRandom *random, guint n);
/* low..high, both included. */
int world_random_int (WorldRandom *random, int low, int high);
/* 0 <= x < 1 */
double world_random_unit (WorldRandom *random);
double world_random_real (WorldRandom *random, double low, double high);
gboolean world_random_chance (WorldRandom *random, double probability);
/* Index into `weights`, drawn in their proportion. */
guint world_random_weighted (WorldRandom *random, const double *weights, guint n);

G_END_DECLS
