/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

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
  gboolean has_type;
  OwlType type; /* of matrices */
  const OwlConvertOptions *options;
  GHashTable *used; /* names of source tensors that were planned */
  GError **error;
  gboolean failed;
} OwlPlan;

void owl_plan_init (OwlPlan *plan, const OwlCheckpoint *checkpoint, gboolean has_type, OwlType type, const OwlConvertOptions *options,
                    GError **error);
void owl_plan_clear (OwlPlan *plan);

/* After the first failure these do nothing. A matrix [out, in] (0: any); a vector [n] (also stored as [1, …, n]), which is kept as F32. */
const OwlPlanned *owl_plan_matrix (OwlPlan *plan, const char *target, const char *source, gint64 out, gint64 in, OwlRowMap map);
const OwlPlanned *owl_plan_vector (OwlPlan *plan, const char *target, const char *source, gint64 n, OwlRowMap map);
/* A tensor that is no matrix of a linear layer, stored with the dimensions ne; never quantised, F32 when `as_f32`. */
const OwlPlanned *owl_plan_tensor (OwlPlan *plan, const char *target, const char *source, int n_dims, const gint64 *ne, gboolean as_f32);
gboolean owl_plan_fail (OwlPlan *plan, OwlErrorCode code, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Adds all tensors to the writer's directory, and writes them after owl_gguf_writer_begin. `done` and `total` count bytes over several plans. */
void owl_plan_declare (const OwlPlan *plan, OwlGgufWriter *writer);
guint64 owl_plan_get_size (const OwlPlan *plan);
gboolean owl_plan_write (const OwlPlan *plan, OwlGgufWriter *writer, const OwlMerge *merge, guint64 *done, guint64 total,
                         GCancellable *cancellable, GError **error);

/* The number that stands for the type of most of the file in `general.file_type`. */
guint32 owl_plan_get_file_type (const OwlPlan *plan);

G_END_DECLS
