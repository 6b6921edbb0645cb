/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "model/model-private.h"

G_BEGIN_DECLS

/* What the machine can do at most, from loops that do nothing else. */
typedef struct {
  double read_gb_s;       /* memory read by all threads, huge pages where the system gives them */
  double read_small_gb_s; /* the same through pages of 4 KB */
  double sgemm_gflop_s;   /* float32 multiply-adds on registers, two operations each */
  double int8_gop_s;      /* products of 8-bit integers on registers, two operations each */
} OwlBenchLimits;

/* Raises `limits` (zero at first) to what is measured now. Takes about a second. */
void owl_bench_limits (OwlPool *pool, OwlBenchLimits *limits);

/* A model of a published shape with random weights, in memory. `shape` is "mplug-owl-7b", "mplug-owl-bloomz-7b" or "llama-1b" (text only);
 * `type` as `owl quantize` names it, `vision_type` likewise or NULL for F16. The model takes `pool`. NULL with `error` set when a name is unknown. */
OwlModel *owl_bench_shape (const char *shape, const char *type, const char *vision_type, OwlPool *pool, GError **error);

G_END_DECLS
