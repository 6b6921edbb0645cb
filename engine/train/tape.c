/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/tape.h"

#include "tensor/training.h"

#include <cblas.h>
#include <string.h>

/* A node that computes its inside again. */
typedef struct {
  OwlSegment func;
  gconstpointer data;
  OwlNode *in[3];
  int n_in;
} Checkpoint;

void
owl_tape_init (OwlTape *tape, OwlPool *pool)
{
  *tape = (OwlTape){ .pool = pool };
  /* The pool is the only one: a product inside a task runs on that task's thread. */
  openblas_set_num_threads (1);
  owl_arena_init (&tape->main);
  owl_arena_init (&tape->scratch);
  tape->arena = &tape->main;
  tape->nodes = g_ptr_array_new ();
}

void
owl_tape_clear (OwlTape *tape)
{
  owl_arena_clear (&tape->main);
  owl_arena_clear (&tape->scratch);
  g_clear_pointer (&tape->nodes, g_ptr_array_unref);
  g_clear_pointer (&tape->rope, g_free);
}

void
owl_tape_reset (OwlTape *tape)
{
  owl_arena_reset (&tape->main);
  owl_arena_reset (&tape->scratch);
  g_ptr_array_set_size (tape->nodes, 0);
}

/* Parts. */
typedef struct {
  gsize n, n_parts;
  OwlPartFunc func;
  gpointer data;
} Parts;

static void
run_part (gsize task, int thread, gpointer data)
{
  const Parts *parts = data;

  parts->func (parts->n * task / parts->n_parts, parts->n * (task + 1) / parts->n_parts, (int) task, parts->data);
}

void
owl_tape_parts (OwlTape *tape, gsize n, OwlPartFunc func, gpointer data)
{
  Parts parts = { n, tape->pool ? (gsize) owl_pool_get_n_threads (tape->pool) : 1, func, data };

  if (parts.n_parts == 1 || n < 2) {
    func (0, n, 0, data);
    return;
  }
  owl_pool_run (tape->pool, parts.n_parts, run_part, &parts, NULL);
}

typedef struct {
  gboolean ta, tb;
  gsize m, n, k, lda, ldb, ldc;
  float alpha, beta;
  const float *a, *b, *bias;
  float *c;
  gboolean by_columns, bf16;
} Gemm;

static float
round_bf16 (float x)
{
  guint32 bits;

  memcpy (&bits, &x, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  memcpy (&x, &bits, sizeof x);
  return x;
}

/* A rounded copy of a stored matrix, without the room between its rows. */
static float *
round_matrix (const float *a, gsize rows, gsize cols, gsize stride)
{
  float *copy = g_new (float, rows * cols);

  for (gsize r = 0; r < rows; r++)
    for (gsize i = 0; i < cols; i++)
      copy[r * cols + i] = round_bf16 (a[r * stride + i]);
  return copy;
}

static void
multiply (gboolean bf16, gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b, gsize ldb,
          float beta, const float *bias, float *c, gsize ldc)
{
  const OwlTrainingKernels *kernels = owl_training_kernels ();
  g_autofree float *a_copy = NULL, *b_copy = NULL;

  if (bf16 && kernels->multiply_bf16) {
    kernels->multiply_bf16 (ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, bias, c, ldc);
    return;
  }
  if (bf16) {
    a = a_copy = round_matrix (a, ta ? k : m, ta ? m : k, lda);
    b = b_copy = round_matrix (b, tb ? n : k, tb ? k : n, ldb);
    lda = ta ? m : k;
    ldb = tb ? k : n;
  }
  for (gsize r = 0; bias && r < m; r++)
    memcpy (c + r * ldc, bias, n * sizeof (float));
  cblas_sgemm (CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int) m, (int) n, (int) k, alpha, a, (int) lda, b,
               (int) ldb, bias ? 1.0f : beta, c, (int) ldc);
}

void
owl_tape_multiply (gboolean bf16, gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b,
                   gsize ldb, float beta, float *c, gsize ldc)
{
  multiply (bf16, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, NULL, c, ldc);
}

static void
gemm_part (gsize begin, gsize end, int part, gpointer data)
{
  const Gemm *g = data;
  const float *a = g->a, *b = g->b, *bias = g->bias;
  float *c = g->c;
  gsize m = g->m, n = g->n;

  if (begin == end)
    return;
  if (g->by_columns) {
    b += g->tb ? begin * g->ldb : begin;
    c += begin;
    bias = bias ? bias + begin : NULL;
    n = end - begin;
  } else {
    a += g->ta ? begin : begin * g->lda;
    c += begin * g->ldc;
    m = end - begin;
  }
  multiply (g->bf16, g->ta, g->tb, m, n, g->k, g->alpha, a, g->lda, b, g->ldb, g->beta, bias, c, g->ldc);
}

static void
run_gemm (OwlTape *tape, const Gemm *gemm)
{
  tape->flops += 2.0 * (double) gemm->m * (double) gemm->n * (double) gemm->k;
  if (gemm->m > 0 && gemm->n > 0)
    owl_tape_parts (tape, gemm->by_columns ? gemm->n : gemm->m, gemm_part, (gpointer) gemm);
}

void
owl_tape_gemm (OwlTape *tape, gboolean ta, gboolean tb, gsize m, gsize n, gsize k, float alpha, const float *a, gsize lda, const float *b,
               gsize ldb, float beta, float *c, gsize ldc)
{
  Gemm gemm = { ta, tb, m, n, k, lda, ldb, ldc, alpha, beta, a, b, NULL, c, n > m, tape->bf16 };

  run_gemm (tape, &gemm);
}

void
owl_tape_gemm_bias (OwlTape *tape, gsize m, gsize n, gsize k, const float *a, const float *b, const float *bias, float *c)
{
  Gemm gemm = { FALSE, TRUE, m, n, k, k, k, n, 1.0f, 0.0f, a, b, bias, c, n > m, tape->bf16 };

  run_gemm (tape, &gemm);
}

OwlNode *
owl_tape_node (OwlTape *tape, gsize rows, gsize cols, OwlBackward backward, OwlNode *a, OwlNode *b, OwlNode *c, OwlParameter *p, OwlParameter *q)
{
  OwlNode *node = owl_arena_alloc (tape->arena, sizeof (OwlNode));

  *node = (OwlNode){ .rows = rows, .cols = cols, .in = { a, b, c }, .p = { p, q } };
  node->value = owl_arena_floats (tape->arena, rows * cols);
  node->needs_grad = (a && a->needs_grad) || (b && b->needs_grad) || (c && c->needs_grad) || (p && p->grad) || (q && q->grad);
  if (tape->nodes && node->needs_grad) {
    node->backward = backward;
    g_ptr_array_add (tape->nodes, node);
  }
  return node;
}

OwlNode *
owl_tape_constant (OwlTape *tape, gsize rows, gsize cols, float *value)
{
  OwlNode *node = owl_arena_alloc (tape->arena, sizeof (OwlNode));

  *node = (OwlNode){ .rows = rows, .cols = cols, .value = value };
  return node;
}

float *
owl_node_grad (OwlTape *tape, OwlNode *node)
{
  if (!node->grad)
    node->grad = owl_arena_zeros (tape->arena, node->rows * node->cols);
  return node->grad;
}

float *
owl_node_grad_to_fill (OwlTape *tape, OwlNode *node, gboolean *fresh)
{
  *fresh = !node->grad;
  if (!node->grad)
    node->grad = owl_arena_floats (tape->arena, node->rows * node->cols);
  return node->grad;
}

static void
run_backward (OwlTape *tape, GPtrArray *nodes)
{
  for (guint i = nodes->len; i > 0; i--) {
    OwlNode *node = g_ptr_array_index (nodes, i - 1);

    if (node->grad && node->backward)
      node->backward (tape, node);
  }
}

void
owl_tape_backward (OwlTape *tape)
{
  run_backward (tape, tape->nodes);
}

/* Computes the inside once more, this time keeping it, and goes back through it. */
static void
checkpoint_backward (OwlTape *tape, OwlNode *node)
{
  const Checkpoint *checkpoint = node->aux;
  GPtrArray *outer = tape->nodes;
  g_autoptr (GPtrArray) inner = g_ptr_array_new ();
  OwlNode *leaves[3] = { NULL }, *result;

  /* Gradients of the inputs must outlive the inside. */
  for (int i = 0; i < checkpoint->n_in; i++)
    if (checkpoint->in[i]->needs_grad)
      owl_node_grad (tape, checkpoint->in[i]);
  tape->arena = &tape->scratch;
  tape->nodes = inner;
  for (int i = 0; i < checkpoint->n_in; i++) {
    leaves[i] = owl_tape_constant (tape, checkpoint->in[i]->rows, checkpoint->in[i]->cols, checkpoint->in[i]->value);
    leaves[i]->needs_grad = checkpoint->in[i]->needs_grad;
    leaves[i]->grad = checkpoint->in[i]->grad;
  }
  result = checkpoint->func (tape, leaves, checkpoint->data);
  result->grad = node->grad;
  run_backward (tape, inner);
  tape->nodes = outer;
  tape->arena = &tape->main;
  owl_arena_reset (&tape->scratch);
}

OwlNode *
owl_tape_checkpoint (OwlTape *tape, OwlSegment func, OwlNode *const *in, int n_in, gconstpointer data)
{
  GPtrArray *outer = tape->nodes;
  g_autoptr (GPtrArray) inner = g_ptr_array_new ();
  OwlNode *result, *node;

  tape->arena = &tape->scratch;
  /* Recorded only to learn whether anything inside is trained. */
  tape->nodes = inner;
  result = func (tape, in, data);
  tape->nodes = outer;
  tape->arena = &tape->main;
  node = owl_tape_node (tape, result->rows, result->cols, NULL, n_in > 0 ? in[0] : NULL, n_in > 1 ? in[1] : NULL, n_in > 2 ? in[2] : NULL,
                        NULL, NULL);
  memcpy (node->value, result->value, node->rows * node->cols * sizeof (float));
  if (outer && (node->needs_grad || result->needs_grad)) {
    Checkpoint *checkpoint = owl_arena_alloc (tape->arena, sizeof (Checkpoint));

    *checkpoint = (Checkpoint){ func, data, { NULL }, n_in };
    for (int i = 0; i < n_in; i++)
      checkpoint->in[i] = in[i];
    if (!node->needs_grad)
      g_ptr_array_add (outer, node);
    node->needs_grad = TRUE;
    node->aux = checkpoint;
    node->backward = checkpoint_backward;
    node->hands_on_grad = TRUE;
  }
  owl_arena_reset (&tape->scratch);
  return node;
}
