/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "train/arena.h"
#include "train/parameters.h"

G_BEGIN_DECLS

/* What was computed, in order, so that gradients can be carried back through it. Every operation has its backward pass, by hand, beside its
 * forward pass. All values are float32 matrices [rows, cols]. Work is divided by rows, columns or heads into as many parts as there are threads and
 * sums run in a fixed order, so that results at one thread count have the same bits. */
typedef struct _OwlNode OwlNode;
typedef struct _OwlTape OwlTape;

typedef void (*OwlBackward) (OwlTape *tape, OwlNode *node);

struct _OwlNode {
  gsize rows, cols;
  float *value;
  float *grad; /* NULL: nothing depends on it (yet) */
  gboolean needs_grad;
  gboolean hands_on_grad; /* the backward pass may make the gradient's memory that of an input */
  OwlBackward backward;
  OwlNode *in[3];
  OwlParameter *p[3];
  gpointer aux; /* of the operation, in the arena */
};

struct _OwlTape {
  OwlPool *pool;     /* NULL: this tape's work stays on its own thread */
  OwlArena *arena;   /* where values go */
  OwlArena main, scratch;
  GPtrArray *nodes;  /* recorded, in order; NULL: nothing is recorded */
  GCancellable *cancellable;
  double flops; /* of matrix products since the beginning */
  gboolean bf16; /* factors of matrix products are rounded to bfloat16; sums, and everything else, stay float32 */
  guint replica; /* which gradients it adds to: see owl_parameter_get_grad */
  double rope_base; /* what the table of rotations is for */
  gsize rope_half, rope_rows;
  float *rope; /* [rope_rows, 2, rope_half]: cosines, then sines */
};

void owl_tape_init (OwlTape *tape, OwlPool *pool);
void owl_tape_clear (OwlTape *tape);
/* Forgets everything; a new step begins. */
void owl_tape_reset (OwlTape *tape);

/* Carries the gradients that were set on nodes (owl_node_grad) back to all parameters. */
void owl_tape_backward (OwlTape *tape);

/* A node without history over `value`, which must stay. */
OwlNode *owl_tape_constant (OwlTape *tape, gsize rows, gsize cols, float *value);
/* The gradient of a node, zeroed at the first call. */
float *owl_node_grad (OwlTape *tape, OwlNode *node);
/* The same for who writes all of it: `fresh` gets TRUE, and the memory is not zeroed, at the first call. */
float *owl_node_grad_to_fill (OwlTape *tape, OwlNode *node, gboolean *fresh);

/* Computes `func (tape, in, data)` without keeping what is between its inputs and its result; the backward pass computes it again. */
typedef OwlNode *(*OwlSegment) (OwlTape *tape, OwlNode *const *in, gconstpointer data);
OwlNode *owl_tape_checkpoint (OwlTape *tape, OwlSegment func, OwlNode *const *in, int n_in, gconstpointer data);

/* A low-rank change of a linear layer: y += scale · drop(x) Aᵀ Bᵀ. `dropout` 0: none; the mask follows from `seed`. */
typedef struct {
  OwlParameter *a, *b;
  float scale, dropout;
  guint64 seed;
} OwlTapeLora;

/* y = x Wᵀ + bias (+ LoRA). W [out, in]; `bias`, `lora` may be NULL; `lora` must stay. */
OwlNode *owl_tape_linear (OwlTape *tape, OwlNode *x, OwlParameter *w, OwlParameter *bias, const OwlTapeLora *lora);

OwlNode *owl_tape_add (OwlTape *tape, OwlNode *a, OwlNode *b);
OwlNode *owl_tape_layer_norm (OwlTape *tape, OwlNode *x, OwlParameter *w, OwlParameter *bias, float eps);
OwlNode *owl_tape_rms_norm (OwlTape *tape, OwlNode *x, OwlParameter *w, float eps);
OwlNode *owl_tape_quick_gelu (OwlTape *tape, OwlNode *x);
OwlNode *owl_tape_tanh_gelu (OwlTape *tape, OwlNode *x);
/* silu(gate) ⊙ up */
OwlNode *owl_tape_silu_multiply (OwlTape *tape, OwlNode *gate, OwlNode *up);

/* Rotary embedding in the half-split form on [rows, heads · head_dim]; `positions` [rows] must stay. */
OwlNode *owl_tape_rotate (OwlTape *tape, OwlNode *x, int n_heads, double base, const int *positions);

/* Rows put together from the rows of several sources. `from[i]` is one of OWL_ROW_*, `row[i]` the row there; both must stay. */
enum { OWL_ROW_IN0, OWL_ROW_IN1, OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER1 };
OwlNode *owl_tape_rows (OwlTape *tape, OwlNode *in0, OwlNode *in1, OwlParameter *p0, OwlParameter *p1, gsize n, gsize cols, const guint8 *from,
                        const gint32 *row);
/* x + p, whose rows repeat every p->rows rows. */
OwlNode *owl_tape_add_repeated (OwlTape *tape, OwlNode *x, OwlParameter *p);

/* Where the values of a head are in a matrix: columns start + head · stride … + head_dim. */
typedef struct {
  OwlNode *node;
  gsize start, stride;
} OwlTapeHeads;

/* A sequence: rows of the queries' matrix, and of the matrix of keys and values. */
typedef struct {
  gsize q_row, n_q, k_row, n_k;
} OwlTapeSpan;

/* Where a query should look: at least one head ought to give most of its weight to these keys together. What is lost is -log(1 - Π over heads(1 - weight on
 * the keys)), times `scale`; once one head looks there, the others are left alone. */
typedef struct {
  gsize span, query;  /* which span, and which of its queries */
  const gint32 *keys; /* among the span's keys */
  gsize n_keys;
  double scale;
  double loss;    /* filled in: what is lost, times `scale` */
  gboolean right; /* filled in: one head gives them more than half */
} OwlTapeLook;

/* softmax(q kᵀ · scale (+ slope · key position)) v for every span and head; causal: a query sees keys up to its own place, counted from the ends. A row of keys
 * belongs to one span alone, since spans are worked on at the same time.
 * `spans`, `alibi` and `looks` (both may be NULL) must stay; looks have a loss of their own, whose gradient goes to q and k when the tape records.
 * → [rows of q, heads · head_dim] */
OwlNode *owl_tape_attention (OwlTape *tape, OwlTapeHeads q, OwlTapeHeads k, OwlTapeHeads v, int n_heads, int head_dim, const OwlTapeSpan *spans,
                             gsize n_spans, gboolean causal, const float *alibi, OwlTapeLook *looks, gsize n_looks);

/* Sum over the rows of h of the cross entropy of softmax(h Wᵀ) against targets, times `scale`; the gradient is carried to h and W at once, when the
 * tape records. `n_correct` (may be NULL) gets the number of rows whose target is the likeliest. */
double owl_tape_cross_entropy (OwlTape *tape, OwlNode *h, OwlParameter *w, const gint32 *targets, double scale, gsize *n_correct);

/* The same for signed rows: softmax(h Wᵀ) against `plus` and softmax(-h Wᵀ) against `minus`, summed. Where both are one class it is least when h Wᵀ is
 * even, so h learns to be a difference of two codes: nothing where they agree, which later layers can tell from something. A row is right when its targets
 * are the highest and the lowest, or, where they agree, when no class has half of either softmax. */
double owl_tape_signed_cross_entropy (OwlTape *tape, OwlNode *h, OwlParameter *w, const gint32 *plus, const gint32 *minus, double scale, gsize *n_correct);

/* For operations: a result of this size, recorded when one of the inputs needs a gradient or a parameter is trained. */
OwlNode *owl_tape_node (OwlTape *tape, gsize rows, gsize cols, OwlBackward backward, OwlNode *a, OwlNode *b, OwlNode *c, OwlParameter *p,
                        OwlParameter *q);
/* Runs func on [0, n) in as many parts as there are threads. `part` counts them. */
typedef void (*OwlPartFunc) (gsize begin, gsize end, int part, gpointer data);
void owl_tape_parts (OwlTape *tape, gsize n, OwlPartFunc func, gpointer data);
/* C = alpha op(A) op(B) + beta C, row-major, on the calling thread; `bf16` as in the tape. A processor without such products rounds copies of A and B
 * and takes the float32 product. */
void owl_tape_multiply (gboolean bf16, gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b,
                        gsize ldb, float beta, float *c, gsize ldc);
/* The same, divided by rows or columns of C. */
void owl_tape_gemm (OwlTape *tape, gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b,
                    gsize ldb, float beta, float *c, gsize ldc);
/* C [m, n] = A [m, k] Bᵀ (+ bias [n]; may be NULL), all without room between rows. */
void owl_tape_gemm_bias (OwlTape *tape, gsize m, gsize n, gsize k, const float *a, const float *b, const float *bias, float *c);

G_END_DECLS
