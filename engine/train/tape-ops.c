/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/tape.h"

#include "tensor/kernels.h"
#include "tensor/training.h"

#include <math.h>
#include <string.h>

/* Sums over rows are gathered in this many parts, whatever the number of threads. */
#define SUM_PARTS 8

/* Values that are worked on at a time where a pass over a copy would go through memory twice. */
#define PIECE 4096

/* One elementwise pass: how an operation sees its data. */
typedef struct {
  OwlNode *node, *a, *b;
  float *da, *db;
  gboolean fresh_a, fresh_b;
  gsize cols;
} Pass;

static void
add_forward (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;
  gsize at = begin * p->cols;

  owl_training_kernels ()->add (p->a->value + at, p->b->value + at, p->node->value + at, (end - begin) * p->cols);
}

static Pass
make_pass (OwlTape *tape, OwlNode *node, gboolean backward)
{
  Pass p = { .node = node, .a = node->in[0], .b = node->in[1], .cols = node->cols };

  if (backward && p.a && p.a->needs_grad)
    p.da = owl_node_grad_to_fill (tape, p.a, &p.fresh_a);
  if (backward && p.b && p.b->needs_grad)
    p.db = owl_node_grad_to_fill (tape, p.b, &p.fresh_b);
  return p;
}

/* Gradients that are known already, to which one more is added. */
typedef struct {
  float *to;
  const float *from;
  gsize cols;
} Addend;

static void
accumulate_part (gsize begin, gsize end, int part, gpointer data)
{
  const Addend *c = data;

  owl_training_kernels ()->accumulate (c->to + begin * c->cols, c->from + begin * c->cols, (end - begin) * c->cols);
}

/* aux: whether both inputs may have one gradient, see owl_tape_add. */
static void
add_backward (OwlTape *tape, OwlNode *node)
{
  OwlNode *a = node->in[0], *b = node->in[1];
  float *taken = a == b ? NULL : node->grad;
  gboolean b_is_done = FALSE;

  /* Nobody reads the gradient of the sum after this, so it can become that of an input. */
  if (taken && b->needs_grad && !b->grad) {
    b->grad = taken;
    b_is_done = TRUE;
    taken = node->aux ? taken : NULL;
  }
  for (int i = 0; i < 2; i++) {
    OwlNode *in = node->in[i];
    gboolean fresh;

    if (!in->needs_grad || (i == 1 && b_is_done))
      continue;
    if (!in->grad && taken) {
      in->grad = taken;
      taken = NULL;
    } else if (owl_node_grad_to_fill (tape, in, &fresh), fresh) {
      memcpy (in->grad, node->grad, node->rows * node->cols * sizeof (float));
    } else {
      Addend addend = { in->grad, node->grad, node->cols };

      owl_tape_parts (tape, node->rows, accumulate_part, &addend);
    }
  }
}

OwlNode *
owl_tape_add (OwlTape *tape, OwlNode *a, OwlNode *b)
{
  OwlNode *last = tape->nodes && tape->nodes->len > 0 ? g_ptr_array_index (tape->nodes, tape->nodes->len - 1) : NULL;
  OwlNode *node = owl_tape_node (tape, a->rows, a->cols, add_backward, a, b, NULL, NULL, NULL);
  Pass p = make_pass (tape, node, FALSE);

  node->hands_on_grad = TRUE;
  /* As in a residual block: b's backward pass comes next, reads the gradient and is done before any other is added for `a`. In a chain of such blocks
   * one gradient does for all sums. */
  if (b == last && !b->hands_on_grad && b->in[0] != a && b->in[1] != a && b->in[2] != a)
    node->aux = node;
  owl_tape_parts (tape, node->rows, add_forward, &p);
  return node;
}

static void
quick_gelu_forward (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;
  gsize n;

  for (gsize at = begin * p->cols; at < end * p->cols; at += n) {
    n = MIN (end * p->cols - at, PIECE);
    memcpy (p->node->value + at, p->a->value + at, n * sizeof (float));
    owl_kernels ()->quick_gelu (p->node->value + at, n);
  }
}

static void
quick_gelu_backward_part (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;
  gsize at = begin * p->cols;

  owl_training_kernels ()->quick_gelu_back (p->a->value + at, p->node->grad + at, p->da + at, p->fresh_a, (end - begin) * p->cols);
}

static void
quick_gelu_backward (OwlTape *tape, OwlNode *node)
{
  Pass p = make_pass (tape, node, TRUE);

  owl_tape_parts (tape, node->rows, quick_gelu_backward_part, &p);
}

OwlNode *
owl_tape_quick_gelu (OwlTape *tape, OwlNode *x)
{
  OwlNode *node = owl_tape_node (tape, x->rows, x->cols, quick_gelu_backward, x, NULL, NULL, NULL, NULL);
  Pass p = make_pass (tape, node, FALSE);

  owl_tape_parts (tape, node->rows, quick_gelu_forward, &p);
  return node;
}

/* BLOOM's activation. */
#define GELU_A 0.79788456f
#define GELU_B 0.044715f

static void
tanh_gelu_forward (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;

  for (gsize i = begin * p->cols; i < end * p->cols; i++) {
    float x = p->a->value[i];

    p->node->value[i] = 0.5f * x * (1.0f + tanhf (GELU_A * x * (1.0f + GELU_B * x * x)));
  }
}

static void
tanh_gelu_backward_part (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;

  for (gsize i = begin * p->cols; i < end * p->cols; i++) {
    float x = p->a->value[i], t = tanhf (GELU_A * x * (1.0f + GELU_B * x * x));
    float dt = (1.0f - t * t) * GELU_A * (1.0f + 3.0f * GELU_B * x * x);

    p->da[i] = (p->fresh_a ? 0.0f : p->da[i]) + p->node->grad[i] * (0.5f * (1.0f + t) + 0.5f * x * dt);
  }
}

static void
tanh_gelu_backward (OwlTape *tape, OwlNode *node)
{
  Pass p = make_pass (tape, node, TRUE);

  owl_tape_parts (tape, node->rows, tanh_gelu_backward_part, &p);
}

OwlNode *
owl_tape_tanh_gelu (OwlTape *tape, OwlNode *x)
{
  OwlNode *node = owl_tape_node (tape, x->rows, x->cols, tanh_gelu_backward, x, NULL, NULL, NULL, NULL);
  Pass p = make_pass (tape, node, FALSE);

  owl_tape_parts (tape, node->rows, tanh_gelu_forward, &p);
  return node;
}

static void
silu_multiply_forward (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;
  gsize n;

  for (gsize at = begin * p->cols; at < end * p->cols; at += n) {
    n = MIN (end * p->cols - at, PIECE);
    memcpy (p->node->value + at, p->a->value + at, n * sizeof (float));
    owl_kernels ()->silu_multiply (p->node->value + at, p->b->value + at, n);
  }
}

static void
silu_multiply_backward_part (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;
  gsize at = begin * p->cols;

  owl_training_kernels ()->silu_multiply_back (p->a->value + at, p->b->value + at, p->node->grad + at, p->da ? p->da + at : NULL, p->fresh_a,
                                               p->db ? p->db + at : NULL, p->fresh_b, (end - begin) * p->cols);
}

static void
silu_multiply_backward (OwlTape *tape, OwlNode *node)
{
  Pass p = make_pass (tape, node, TRUE);

  owl_tape_parts (tape, node->rows, silu_multiply_backward_part, &p);
}

OwlNode *
owl_tape_silu_multiply (OwlTape *tape, OwlNode *gate, OwlNode *up)
{
  OwlNode *node = owl_tape_node (tape, gate->rows, gate->cols, silu_multiply_backward, gate, up, NULL, NULL, NULL);
  Pass p = make_pass (tape, node, FALSE);

  owl_tape_parts (tape, node->rows, silu_multiply_forward, &p);
  return node;
}

/* Norms. What the backward pass needs of each row: mean and 1 / deviation. */
typedef struct {
  OwlNode *node, *x;
  float *dx;
  gboolean fresh; /* dx */
  OwlParameter *w, *bias;
  float eps, *mean, *inverse;
  gboolean centred;
  float *dw, *db; /* [SUM_PARTS, cols] each */
} Norm;

static void
norm_forward (gsize begin, gsize end, int part, gpointer data)
{
  const OwlTrainingKernels *kernels = owl_training_kernels ();
  const Norm *c = data;
  gsize cols = c->node->cols;

  for (gsize r = begin; r < end; r++) {
    const float *x = c->x->value + r * cols;
    float m, inverse;

    m = c->centred ? (float) (kernels->sum (x, cols) / (double) cols) : 0.0f;
    inverse = (float) (1.0 / sqrt (kernels->sum_squares (x, cols, m) / (double) cols + c->eps));
    kernels->norm (x, c->w->value, c->bias ? c->bias->value : NULL, m, inverse, c->node->value + r * cols, cols);
    c->mean[r] = m;
    c->inverse[r] = inverse;
  }
}

static void
norm_backward_dx (gsize begin, gsize end, int part, gpointer data)
{
  const OwlTrainingKernels *kernels = owl_training_kernels ();
  const Norm *c = data;
  gsize cols = c->node->cols;

  for (gsize r = begin; r < end; r++)
    kernels->norm_back (c->x->value + r * cols, c->node->grad + r * cols, c->w->value, c->mean[r], c->inverse[r], c->centred, c->dx + r * cols,
                        c->fresh, cols);
}

static void
norm_backward_dw (gsize begin, gsize end, int thread, gpointer data)
{
  const OwlTrainingKernels *kernels = owl_training_kernels ();
  const Norm *c = data;
  gsize cols = c->node->cols;

  for (gsize part = begin; part < end; part++)
    for (gsize r = c->node->rows * part / SUM_PARTS; r < c->node->rows * (part + 1) / SUM_PARTS; r++)
      kernels->norm_back_weights (c->x->value + r * cols, c->node->grad + r * cols, c->mean[r], c->inverse[r], c->dw + part * cols,
                                  c->bias ? c->db + part * cols : NULL, cols);
}

static void
norm_backward (OwlTape *tape, OwlNode *node)
{
  Norm *c = node->aux;
  gsize cols = node->cols;
  float *dw = owl_parameter_get_grad (c->w, tape->replica), *db = c->bias ? owl_parameter_get_grad (c->bias, tape->replica) : NULL;

  if (node->in[0]->needs_grad) {
    c->dx = owl_node_grad_to_fill (tape, node->in[0], &c->fresh);
    owl_tape_parts (tape, node->rows, norm_backward_dx, c);
  }
  if (!dw)
    return;
  c->dw = owl_arena_zeros (tape->arena, SUM_PARTS * cols);
  c->db = owl_arena_zeros (tape->arena, SUM_PARTS * cols);
  owl_tape_parts (tape, SUM_PARTS, norm_backward_dw, c);
  for (gsize part = 0; part < SUM_PARTS; part++)
    for (gsize i = 0; i < cols; i++) {
      dw[i] += c->dw[part * cols + i];
      if (db)
        db[i] += c->db[part * cols + i];
    }
}

static OwlNode *
norm (OwlTape *tape, OwlNode *x, OwlParameter *w, OwlParameter *bias, float eps, gboolean centred)
{
  OwlNode *node = owl_tape_node (tape, x->rows, x->cols, norm_backward, x, NULL, NULL, w, bias);
  Norm *c = owl_arena_alloc (tape->arena, sizeof (Norm));

  *c = (Norm){ .node = node, .x = x, .w = w, .bias = bias, .eps = eps, .centred = centred };
  c->mean = owl_arena_floats (tape->arena, x->rows);
  c->inverse = owl_arena_floats (tape->arena, x->rows);
  node->aux = c;
  owl_tape_parts (tape, x->rows, norm_forward, c);
  return node;
}

OwlNode *
owl_tape_layer_norm (OwlTape *tape, OwlNode *x, OwlParameter *w, OwlParameter *bias, float eps)
{
  return norm (tape, x, w, bias, eps, TRUE);
}

OwlNode *
owl_tape_rms_norm (OwlTape *tape, OwlNode *x, OwlParameter *w, float eps)
{
  return norm (tape, x, w, NULL, eps, FALSE);
}

typedef struct {
  const float *from;
  float *to;
  gsize cols;
  int n_heads;
  const int *positions;
  const float *table; /* of the tape */
  float sign;
  gboolean add;
} Rotation;

static void
rotate_rows (gsize begin, gsize end, int part, gpointer data)
{
  const OwlTrainingKernels *kernels = owl_training_kernels ();
  const Rotation *c = data;
  gsize head_dim = c->cols / (gsize) c->n_heads, half = head_dim / 2;

  for (gsize r = begin; r < end; r++) {
    const float *cosines = c->table + (gsize) c->positions[r] * head_dim, *sines = cosines + half;

    for (gsize h = 0; h < (gsize) c->n_heads; h++) {
      const float *from = c->from + r * c->cols + h * head_dim;
      float *to = c->to + r * c->cols + h * head_dim;

      kernels->rotate (from, cosines, sines, c->sign, to, c->add, half);
    }
  }
}

static void
rotate_backward (OwlTape *tape, OwlNode *node)
{
  Rotation back = *(const Rotation *) node->aux;
  gboolean fresh;

  back.from = node->grad;
  back.to = owl_node_grad_to_fill (tape, node->in[0], &fresh);
  back.sign = -1.0f;
  back.add = !fresh;
  owl_tape_parts (tape, node->rows, rotate_rows, &back);
}

/* Cosines and sines of every position up to the last one, made once for all layers and steps. All layers of a run have the same positions, so it
 * grows, and moves, only at the first of them. */
static const float *
rotation_table (OwlTape *tape, gsize half, double base, const int *positions, gsize n)
{
  gsize rows = 1, begin;

  for (gsize r = 0; r < n; r++)
    rows = MAX (rows, (gsize) positions[r] + 1);
  if (tape->rope_half != half || tape->rope_base != base)
    tape->rope_rows = 0;
  if (tape->rope_rows >= rows)
    return tape->rope;
  begin = tape->rope_rows;
  tape->rope = g_renew (float, tape->rope, rows * 2 * half);
  for (gsize r = begin; r < rows; r++)
    for (gsize i = 0; i < half; i++) {
      double frequency = 1.0 / pow (base, 2.0 * (double) i / (double) (2 * half));
      float angle = (float) ((double) (float) r * (float) frequency);

      tape->rope[r * 2 * half + i] = cosf (angle);
      tape->rope[r * 2 * half + half + i] = sinf (angle);
    }
  tape->rope_half = half;
  tape->rope_base = base;
  tape->rope_rows = rows;
  return tape->rope;
}

OwlNode *
owl_tape_rotate (OwlTape *tape, OwlNode *x, int n_heads, double base, const int *positions)
{
  OwlNode *node = owl_tape_node (tape, x->rows, x->cols, rotate_backward, x, NULL, NULL, NULL, NULL);
  Rotation *c = owl_arena_alloc (tape->arena, sizeof (Rotation));

  *c = (Rotation){ x->value, node->value, x->cols, n_heads, positions,
                   rotation_table (tape, x->cols / (gsize) n_heads / 2, base, positions, x->rows), 1.0f, FALSE };
  node->aux = c;
  owl_tape_parts (tape, x->rows, rotate_rows, c);
  return node;
}

typedef struct {
  const guint8 *from;
  const gint32 *row;
  float *sources[4], *grads[4];
  gsize n, cols;
  OwlNode *node;
} Rows;

static void
gather_rows (gsize begin, gsize end, int part, gpointer data)
{
  const Rows *c = data;

  for (gsize i = begin; i < end; i++)
    memcpy (c->node->value + i * c->cols, c->sources[c->from[i]] + (gsize) c->row[i] * c->cols, c->cols * sizeof (float));
}

/* By columns, since a row of a source can have been taken several times. */
static void
scatter_columns (gsize begin, gsize end, int part, gpointer data)
{
  const Rows *c = data;

  for (gsize i = 0; i < c->n; i++) {
    float *to = c->grads[c->from[i]];
    const float *from = c->node->grad + i * c->cols;

    if (!to)
      continue;
    to += (gsize) c->row[i] * c->cols;
    for (gsize j = begin; j < end; j++)
      to[j] += from[j];
  }
}

static void
rows_backward (OwlTape *tape, OwlNode *node)
{
  Rows *c = node->aux;

  for (int i = 0; i < 2; i++)
    c->grads[i] = node->in[i] && node->in[i]->needs_grad ? owl_node_grad (tape, node->in[i]) : NULL;
  for (int i = 0; i < 2; i++)
    c->grads[2 + i] = node->p[i] ? owl_parameter_get_grad (node->p[i], tape->replica) : NULL;
  owl_tape_parts (tape, node->cols, scatter_columns, c);
}

OwlNode *
owl_tape_rows (OwlTape *tape, OwlNode *in0, OwlNode *in1, OwlParameter *p0, OwlParameter *p1, gsize n, gsize cols, const guint8 *from,
               const gint32 *row)
{
  OwlNode *node = owl_tape_node (tape, n, cols, rows_backward, in0, in1, NULL, p0, p1);
  Rows *c = owl_arena_alloc (tape->arena, sizeof (Rows));

  *c = (Rows){ .from = from, .row = row, .n = n, .cols = cols, .node = node };
  c->sources[OWL_ROW_IN0] = in0 ? in0->value : NULL;
  c->sources[OWL_ROW_IN1] = in1 ? in1->value : NULL;
  c->sources[OWL_ROW_PARAMETER0] = p0 ? p0->value : NULL;
  c->sources[OWL_ROW_PARAMETER1] = p1 ? p1->value : NULL;
  node->aux = c;
  owl_tape_parts (tape, n, gather_rows, c);
  return node;
}

static void
add_repeated_forward (gsize begin, gsize end, int part, gpointer data)
{
  OwlNode *node = data;
  const OwlParameter *p = node->p[0];

  for (gsize r = begin; r < end; r++)
    for (gsize i = 0; i < node->cols; i++)
      node->value[r * node->cols + i] = node->in[0]->value[r * node->cols + i] + p->value[(r % p->rows) * node->cols + i];
}

typedef struct {
  OwlNode *node;
  float *dp;
  gsize p_rows;
} Repeated;

static void
add_repeated_backward_columns (gsize begin, gsize end, int part, gpointer data)
{
  const Repeated *c = data;
  const OwlNode *node = c->node;

  for (gsize r = 0; r < node->rows; r++) {
    const float *dy = node->grad + r * node->cols;

    for (gsize i = begin; i < end && c->dp; i++)
      c->dp[(r % c->p_rows) * node->cols + i] += dy[i];
    for (gsize i = begin; i < end && node->in[0]->grad; i++)
      node->in[0]->grad[r * node->cols + i] += dy[i];
  }
}

static void
add_repeated_backward (OwlTape *tape, OwlNode *node)
{
  Repeated c = { node, owl_parameter_get_grad (node->p[0], tape->replica), node->p[0]->rows };

  if (node->in[0]->needs_grad)
    owl_node_grad (tape, node->in[0]);
  owl_tape_parts (tape, node->cols, add_repeated_backward_columns, &c);
}

OwlNode *
owl_tape_add_repeated (OwlTape *tape, OwlNode *x, OwlParameter *p)
{
  OwlNode *node = owl_tape_node (tape, x->rows, x->cols, add_repeated_backward, x, NULL, NULL, p, NULL);

  owl_tape_parts (tape, x->rows, add_repeated_forward, node);
  return node;
}
