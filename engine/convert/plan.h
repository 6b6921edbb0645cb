/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "convert/convert.h"
#include "convert/merge.h"
#include "files/checkpoint.h"
#include "files/gguf.h"

G_BEGIN_DECLS

/* What is to be written, tensor by tensor: where each row of an output comes from, and as what it is stored. */

/* Which source row an output row is taken from. */
typedef enum {
  OWL_ROWS_SAME,
  OWL_ROWS_ROTARY, /* q and k of LLaMA: half-split pairs brought side by side */
  OWL_ROWS_QKV,    /* one part of a fused per-head [head, 3, head_dim] matrix, or all three as [Q|K|V] */
} OwlRowOrder;

typedef struct {
  OwlRowOrder order;
  int n_heads, head_dim;
  int part; /* OWL_ROWS_QKV: 0 q, 1 k, 2 v, -1 all */
} OwlRowMap;

gsize owl_row_map (const OwlRowMap *map, gsize row);

typedef struct {
  char *name;
  const OwlCheckpointTensor *source;
  OwlRowMap map;
  OwlType type;
  int n_dims;
  gint64 ne[OWL_MAX_DIMS];
  gsize row_length, n_rows; /* as they are copied */
} OwlPlanned;

typedef struct {
  const OwlCheckpoint *checkpoint;
  GArray *tensors; /* OwlPlanned */
  OwlMix mix;      /* of matrices */
  int n_blocks;    /* layers of the kind being planned, and whether the embedding is the output too: some mixes ask for them */
  gboolean tied;
  GHashTable *ill_fitting; /* notes on matrices that took another type, to how many it applies */
  GError **error;
  gboolean failed;
} OwlPlan;

void owl_plan_init (OwlPlan *plan, const OwlCheckpoint *checkpoint, OwlMix mix, GError **error);
void owl_plan_clear (OwlPlan *plan);

/* After the first failure these do nothing. A matrix [out, in] (0: any); a vector [n] (also stored as [1, …, n]), which is kept as F32. */
const OwlPlanned *owl_plan_matrix (OwlPlan *plan, const char *target, const char *source, gint64 out, gint64 in, OwlRowMap map);
const OwlPlanned *owl_plan_vector (OwlPlan *plan, const char *target, const char *source, gint64 n, OwlRowMap map);
/* A tensor that is no matrix of a linear layer, stored with the dimensions ne; never quantised, F32 when `as_f32`. */
const OwlPlanned *owl_plan_tensor (OwlPlan *plan, const char *target, const char *source, int n_dims, const gint64 *ne, gboolean as_f32);
gboolean owl_plan_fail (OwlPlan *plan, OwlErrorCode code, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* The type that the mix gives a matrix that is `stored` as something now. Remembers when its rows do not fill the blocks of the type. */
OwlType owl_plan_choose_type (OwlPlan *plan, const char *name, OwlType stored, gint64 row_length);
/* Tells `options` which matrices took another type than asked for, one note for each width. */
void owl_plan_say_notes (const OwlPlan *plan, const OwlConvertOptions *options);

/* Adds all tensors to the writer's directory. */
void owl_plan_declare (const OwlPlan *plan, OwlGgufWriter *writer);
guint64 owl_plan_get_size (const OwlPlan *plan);
guint64 owl_plan_count_values (const OwlPlan *plan);

/* How far a conversion has come, over several plans; bytes of what is written. */
typedef struct {
  OwlPool *pool;
  const OwlConvertOptions *options; /* whom to tell */
  guint64 done, total;
  GCancellable *cancellable;
} OwlPlanRun;

/* Writes all tensors, after owl_gguf_writer_begin: block after block of rows, each on all threads. Values that are not finite are refused. */
gboolean owl_plan_write (const OwlPlan *plan, OwlGgufWriter *writer, const OwlMerge *merge, OwlPlanRun *run, GError **error);

/* The number that stands for the type of most of the file in `general.file_type`. */
guint32 owl_plan_get_file_type (const OwlPlan *plan);

G_END_DECLS
