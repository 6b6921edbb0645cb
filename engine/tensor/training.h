/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Inner loops that only training needs: the backward halves of the row functions in kernels.h, the optimiser, and products on numbers rounded to
 * bfloat16. The scalar ones are the specification; the others agree within rounding. Rows are contiguous. */

/* One step of AdamW: g = scale · gradient; moments with beta1, beta2; decay before the step, as in PyTorch. */
typedef struct {
  float scale, beta1, beta2, step_size, inverse_root, eps, decay;
} OwlAdamStep;

typedef struct {
  /* C = alpha · op(A) op(B) + beta · C (+ bias of every column; NULL: none), row-major; beta 0 or 1. A and B are rounded to bfloat16 (nearest, ties to even), sums are float32.
   * C [m, n]; op(A) [m, k]; op(B) [k, n]; lda, ldb, ldc are the floats between stored rows. NULL: this processor has no such product. */
  void (*multiply_bf16) (gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b, gsize ldb,
                         float beta, const float *bias, float *c, gsize ldc);

  /* p: a row of softmax; d: the gradient of p, which becomes that of the scores, times `scale`. */
  void (*softmax_back) (const float *p, float *d, gsize n, float scale);
  /* Where a gradient goes it is added to what is there, or, where that is `fresh`, written. */
  /* y = silu(g) ⊙ u: dg, du (each may be NULL) += … */
  void (*silu_multiply_back) (const float *g, const float *u, const float *dy, float *dg, gboolean fresh_g, float *du, gboolean fresh_u, gsize n);
  /* y = x · sigmoid(1.702 x): dx += … */
  void (*quick_gelu_back) (const float *x, const float *dy, float *dx, gboolean fresh, gsize n);
  /* y = (x − mean) · inverse · w (+ b; may be NULL) */
  void (*norm) (const float *x, const float *w, const float *b, float mean, float inverse, float *y, gsize n);
  /* The same norm: dx += …; `centred`: the mean depends on x. */
  void (*norm_back) (const float *x, const float *dy, const float *w, float mean, float inverse, gboolean centred, float *dx, gboolean fresh, gsize n);
  /* The same norm: dw += dy · (x − mean) · inverse, db (may be NULL) += dy. */
  void (*norm_back_weights) (const float *x, const float *dy, float mean, float inverse, float *dw, float *db, gsize n);
  /* Σ x², Σ (x − centre)² in double precision. */
  double (*sum_squares) (const float *x, gsize n, double centre);
  /* Σ x in double precision. */
  double (*sum) (const float *x, gsize n);
  void (*adam) (const OwlAdamStep *step, float *value, const float *grad, float *m, float *v, gsize n);
  /* to += from */
  void (*accumulate) (float *to, const float *from, gsize n);
  /* y = a + b */
  void (*add) (const float *a, const float *b, float *y, gsize n);
  /* sums [n] += the sums of columns [0, n) of x, row after row. */
  void (*add_columns) (const float *x, gsize rows, gsize stride, float *sums, gsize n);
  /* One head: pairs (i, half + i) are turned by angles of these cosines and sines, the other way where `sign` is −1; to (+)= … */
  void (*rotate) (const float *from, const float *cosines, const float *sines, float sign, float *to, gboolean add, gsize half);
} OwlTrainingKernels;

/* Those of the level in force. */
const OwlTrainingKernels *owl_training_kernels (void);

extern const OwlTrainingKernels owl_training_kernels_scalar;
#if defined(__x86_64__)
/* AVX-512 with BF16. */
extern const OwlTrainingKernels owl_training_kernels_avx512;
#endif

G_END_DECLS
