/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/cpu.h"
#include "tensor/pack.h"

G_BEGIN_DECLS

/* The inner loops of the engine, by processor level. The scalar ones are the specification: products of quantised weights give the same
 * bits at every level and for every number of columns, everything else agrees within rounding.
 *
 * A product takes one packed group (16 rows of weights) and a tile of up to 16 columns (rows of the activations). */

/* Columns of a tile: 1, 2, 4, 8 or 16. */
#define OWL_MAX_COLUMNS 16
/* Blocks that activations are rounded in. */
#define OWL_COLUMN_BLOCK 32

/* How the integers q of a weight block become values:
 *   OFFSET:  (q - offset) · scale
 *   MIN:     q · scale + least
 *   HALVES:  (q - offset) · scale of the half block of 16 */
typedef enum { OWL_DOT_OFFSET, OWL_DOT_MIN, OWL_DOT_HALVES } OwlDotKind;

/* A tile of activations rounded to 8 bits: x ≈ scale · value in blocks of 32. Columns beyond those filled are zero. */
typedef struct {
  int width;
  gint8 *values; /* [n_blocks, width, 32] */
  float *scales; /* [n_blocks, width] */
  /* [n_blocks, 2, width]. OFFSET: int32 -offset · Σ values; HALVES: the same for each half; MIN: float scale · Σ values. */
  union {
    gint32 *offsets;
    float *sums;
  };
} OwlColumns;

/* A group of weights with 8 bits a value: for each block of 32 the bytes [8, 16 rows, 4] and two rows of floats [2, 16], the scales and
 * the least values (or the scales of the second half). */
#define OWL_PANEL_BLOCK_SIZE (32 * 16 + 2 * 16 * 4)

typedef struct {
  /* The offset that Q8_0 is taken with: 128 where products want one side unsigned. */
  int q8_offset;

  /* Rounds columns x [n, …], `stride` floats apart, to a tile; n <= width. */
  void (*quantise) (OwlDotKind kind, int offset, const float *x, gsize stride, int n, gsize n_blocks, OwlColumns *columns);
  /* out [width, 16] = columns × group. */
  void (*dot) (OwlType type, const void *group, gsize n_blocks, const OwlColumns *columns, float *out);
  /* The same in two steps, for many columns: `count` blocks of a group of `n_blocks`, from `first` on (multiples of 8 for types with blocks of 256),
   * are unpacked to a panel; and out [n_panels, width, 16] += columns × panels, `panel_size` bytes apart. */
  void (*unpack) (OwlType type, const void *group, gsize n_blocks, gsize first, gsize count, void *panel);
  void (*dot_panels) (OwlType type, const void *panels, gsize panel_size, int n_panels, gsize n_blocks, const OwlColumns *columns,
                      float *out);
  /* Float types: out [n_groups, width, 16] += x × groups, `group_size` bytes apart. x [n, width]. Each sum runs over n in order. */
  void (*dot_floats) (OwlType type, const void *groups, gsize group_size, int n_groups, gsize n, const float *x, int width,
                      float *out);

  /* n values of float16, bfloat16 or Q8_0 to float32, and of float32 to float16. */
  void (*widen) (OwlType type, const void *src, float *dst, gsize n);
  void (*narrow) (const float *src, guint16 *dst, gsize n);
  /* scores[i] = scale · q·k_i for 16 keys of F32, F16 or Q8_0, rows `stride` bytes apart. Every type gives the bits that its values as float32
   * give. */
  void (*scores) (OwlType type, const float *q, const void *keys, gsize stride, int head_dim, float scale, float *scores);
  /* out [head_dim] += Σ weights[i] · v_i over n values of F32, F16 or Q8_0, in order; for one query, or for two whose weights and rows of `out`
   * are so many floats apart. */
  void (*mix) (OwlType type, const float *weights, gsize weight_stride, int n_queries, const void *values, gsize stride, int n, int head_dim,
               float *out, gsize out_stride);

  /* As in ops.h, norms for one row. */
  void (*layer_norm) (const float *x, gsize width, const float *weight, const float *bias, float eps, float *y);
  void (*rms_norm) (const float *x, gsize width, const float *weight, float eps, float *y);
  void (*silu_multiply) (float *gate, const float *up, gsize n);
  void (*quick_gelu) (float *x, gsize n);
  void (*tanh_gelu) (float *x, gsize n);
  void (*softmax) (float *x, gsize n);
} OwlKernels;

/* The kernels of the level in force. */
const OwlKernels *owl_kernels (void);

/* Those of any level that the processor has; NULL otherwise. */
const OwlKernels *owl_kernels_of_level (OwlCpuLevel level);

/* Kind and offset of a quantised type, for given kernels. */
OwlDotKind owl_dot_kind (OwlType type);
int owl_dot_offset (const OwlKernels *kernels, OwlType type);

extern const OwlKernels owl_kernels_scalar;
#if defined(__x86_64__)
extern const OwlKernels owl_kernels_avx2, owl_kernels_avxvnni, owl_kernels_avx512;
#endif

G_END_DECLS
