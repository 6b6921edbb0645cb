/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/record.h"

G_BEGIN_DECLS

typedef struct {
  const char *model; /* a model folder */
  guint64 seed;
  guint count;
  WorldSplit split;
  const WorldMix *mix;
  gboolean blind;  /* with another item's picture */
  gboolean misses; /* print every wrong answer */
  guint each;        /* not 0: so many questions of every task and language, in place of `count` in all */
  const char *tasks; /* "colour,shape"; NULL: all */
  int threads;
} WorldScoring;

/* Asks the model the last question of every record, greedily, with the right answers before it as history, and prints a table by task and language. */
gboolean world_score (const WorldScoring *scoring, GError **error);

/* Equal after case, outer spaces, final punctuation and articles are taken away. */
gboolean world_answers_agree (const char *given, const char *right);

G_END_DECLS
