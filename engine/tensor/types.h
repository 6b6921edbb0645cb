/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Storage types of tensors, with the numbers that GGUF files use. */
typedef enum {
  OWL_TYPE_F32 = 0,
  OWL_TYPE_F16 = 1,
  OWL_TYPE_Q4_0 = 2,
  OWL_TYPE_Q4_1 = 3,
  OWL_TYPE_Q5_0 = 6,
  OWL_TYPE_Q5_1 = 7,
  OWL_TYPE_Q8_0 = 8,
  OWL_TYPE_Q4_K = 12,
  OWL_TYPE_Q5_K = 13,
  OWL_TYPE_Q6_K = 14,
  OWL_TYPE_BF16 = 30,
} OwlType;

#define OWL_MAX_DIMS 4

/* A read-only view of a tensor in memory that somebody else owns (usually a mapped file).
 * ne[0] is the contiguous dimension: a matrix [out, in] of a linear layer has ne = {in, out, 1, 1}. */
typedef struct {
  const char *name; /* borrowed */
  OwlType type;
  int n_dims;
  gint64 ne[OWL_MAX_DIMS]; /* unused dimensions are 1 */
  const void *data;
  gsize size; /* bytes */
  gboolean packed; /* rows are interleaved as in pack.h */
} OwlTensor;

/* TRUE if `type` is one of the above. */
gboolean owl_type_is_known (guint32 type);

/* Lower-case name ("q4_0"), never NULL for a known type. */
const char *owl_type_name (OwlType type);

/* Finds a type by its lower- or upper-case name. */
gboolean owl_type_from_name (const char *name, OwlType *type);

/* Values in a block (1 for F32, F16, BF16) and bytes of a block. */
gsize owl_type_block_length (OwlType type);
gsize owl_type_block_size (OwlType type);

/* Bytes of a row of `n` values; 0 if `n` is not a multiple of the block length or the size overflows. */
gsize owl_type_row_size (OwlType type, gint64 n);

/* TRUE for types whose blocks hold scaled integers. */
gboolean owl_type_is_quantised (OwlType type);

/* Widens `n` values (a multiple of the block length) to float32. */
void owl_type_to_f32 (OwlType type, const void *src, float *dst, gsize n);

/* Rounds `n` float32 values to F32, F16 or BF16 (to nearest even), or to a quantised type that quantise.h writes. */
void owl_type_from_f32 (OwlType type, const float *src, void *dst, gsize n);

/* float16 and bfloat16, one value at a time. */
float owl_f16_to_f32 (guint16 h);
guint16 owl_f32_to_f16 (float f);
float owl_bf16_to_f32 (guint16 h);
guint16 owl_f32_to_bf16 (float f);

/* Number of values and of rows (ne[1]·ne[2]·ne[3]) of a tensor whose shape was checked on loading. */
gint64 owl_tensor_n_values (const OwlTensor *tensor);
gint64 owl_tensor_n_rows (const OwlTensor *tensor);

/* Row `row` as float32, `dst` [ne[0]]. */
void owl_tensor_row_f32 (const OwlTensor *tensor, gint64 row, float *dst);

G_END_DECLS
