/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/tape.h"

#include <math.h>
#include <string.h>

/* Sums over rows are gathered in this many parts, whatever the number of threads. */
#define SUM_PARTS 8

/* One elementwise pass: how an operation sees its data. */
typedef struct {
  OwlNode *node, *a, *b;
  float *da, *db;
  gsize cols;
} Pass;

static void
add_forward (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;

  for (gsize i = begin * p->cols; i < end * p->cols; i++)
    p->node->value[i] = p->a->value[i] + p->b->value[i];
}

static void
add_backward_part (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;

  for (gsize i = begin * p->cols; i < end * p->cols && p->da; i++)
    p->da[i] += p->node->grad[i];
  for (gsize i = begin * p->cols; i < end * p->cols && p->db; i++)
    p->db[i] += p->node->grad[i];
}

static Pass
make_pass (OwlTape *tape, OwlNode *node, gboolean backward)
{
  Pass p = { .node = node, .a = node->in[0], .b = node->in[1], .cols = node->cols };

  if (backward && p.a && p.a->needs_grad)
    p.da = owl_node_grad (tape, p.a);
  if (backward && p.b && p.b->needs_grad)
    p.db = owl_node_grad (tape, p.b);
  return p;
}

static void
add_backward (OwlTape *tape, OwlNode *node)
{
  Pass p = make_pass (tape, node, TRUE);

  owl_tape_parts (tape, node->rows, add_backward_part, &p);
}

OwlNode *
owl_tape_add (OwlTape *tape, OwlNode *a, OwlNode *b)
{
  OwlNode *node = owl_tape_node (tape, a->rows, a->cols, add_backward, a, b, NULL, NULL, NULL);
  Pass p = make_pass (tape, node, FALSE);

  owl_tape_parts (tape, node->rows, add_forward, &p);
  return node;
}

static void
quick_gelu_forward (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;

  for (gsize i = begin * p->cols; i < end * p->cols; i++)
    p->node->value[i] = p->a->value[i] / (1.0f + expf (-1.702f * p->a->value[i]));
}

static void
quick_gelu_backward_part (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;

  for (gsize i = begin * p->cols; i < end * p->cols; i++) {
    float x = p->a->value[i], s = 1.0f / (1.0f + expf (-1.702f * x));

    p->da[i] += p->node->grad[i] * s * (1.0f + 1.702f * x * (1.0f - s));
  }
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

    p->da[i] += p->node->grad[i] * (0.5f * (1.0f + t) + 0.5f * x * dt);
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

  for (gsize i = begin * p->cols; i < end * p->cols; i++)
    p->node->value[i] = p->a->value[i] / (1.0f + expf (-p->a->value[i])) * p->b->value[i];
}

static void
silu_multiply_backward_part (gsize begin, gsize end, int part, gpointer data)
{
  const Pass *p = data;

  for (gsize i = begin * p->cols; i < end * p->cols; i++) {
    float g = p->a->value[i], u = p->b->value[i], s = 1.0f / (1.0f + expf (-g)), dy = p->node->grad[i];

    if (p->da)
      p->da[i] += dy * u * s * (1.0f + g * (1.0f - s));
    if (p->db)
      p->db[i] += dy * g * s;
  }
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
  OwlParameter *w, *bias;
  float eps, *mean, *inverse;
  gboolean centred;
  float *dw, *db; /* [SUM_PARTS, cols] each */
} Norm;

static void
norm_forward (gsize begin, gsize end, int part, gpointer data)
{
  const Norm *c = data;
  gsize cols = c->node->cols;

  for (gsize r = begin; r < end; r++) {
    const float *x = c->x->value + r * cols;
    float *y = c->node->value + r * cols;
    double mean = 0.0, square = 0.0;
    float m, inverse;

    for (gsize i = 0; i < cols && c->centred; i++)
      mean += x[i];
    m = (float) (mean / (double) cols);
    for (gsize i = 0; i < cols; i++)
      square += (double) (x[i] - m) * (x[i] - m);
    inverse = (float) (1.0 / sqrt (square / (double) cols + c->eps));
    for (gsize i = 0; i < cols; i++)
      y[i] = (x[i] - m) * inverse * c->w->value[i] + (c->bias ? c->bias->value[i] : 0.0f);
    c->mean[r] = m;
    c->inverse[r] = inverse;
  }
}

/* x̂ = (x − mean)·inverse; dx = inverse·(g − mean(g)[centred] − x̂·mean(g·x̂)), g = dy·w. */
static void
norm_backward_dx (gsize begin, gsize end, int part, gpointer data)
{
  const Norm *c = data;
  gsize cols = c->node->cols;

  for (gsize r = begin; r < end; r++) {
    const float *x = c->x->value + r * cols, *dy = c->node->grad + r * cols;
    float *dx = c->dx + r * cols, m = c->mean[r], inverse = c->inverse[r], mean_g, mean_gx;
    double g_sum = 0.0, gx_sum = 0.0;

    for (gsize i = 0; i < cols; i++) {
      float g = dy[i] * c->w->value[i];

      g_sum += g;
      gx_sum += g * (x[i] - m) * inverse;
    }
    mean_g = c->centred ? (float) (g_sum / (double) cols) : 0.0f;
    mean_gx = (float) (gx_sum / (double) cols);
    for (gsize i = 0; i < cols; i++)
      dx[i] += inverse * (dy[i] * c->w->value[i] - mean_g - (x[i] - m) * inverse * mean_gx);
  }
}

static void
norm_backward_dw (gsize begin, gsize end, int thread, gpointer data)
{
  const Norm *c = data;
  gsize cols = c->node->cols;

  for (gsize part = begin; part < end; part++) {
    float *dw = c->dw + part * cols, *db = c->db + part * cols;

    for (gsize r = c->node->rows * part / SUM_PARTS; r < c->node->rows * (part + 1) / SUM_PARTS; r++) {
      const float *x = c->x->value + r * cols, *dy = c->node->grad + r * cols;

      for (gsize i = 0; i < cols; i++) {
        dw[i] += dy[i] * (x[i] - c->mean[r]) * c->inverse[r];
        db[i] += dy[i];
      }
    }
  }
}

static void
norm_backward (OwlTape *tape, OwlNode *node)
{
  Norm *c = node->aux;
  gsize cols = node->cols;

  if (node->in[0]->needs_grad) {
    c->dx = owl_node_grad (tape, node->in[0]);
    owl_tape_parts (tape, node->rows, norm_backward_dx, c);
  }
  if (!c->w->grad)
    return;
  c->dw = owl_arena_zeros (tape->arena, SUM_PARTS * cols);
  c->db = owl_arena_zeros (tape->arena, SUM_PARTS * cols);
  owl_tape_parts (tape, SUM_PARTS, norm_backward_dw, c);
  for (gsize part = 0; part < SUM_PARTS; part++)
    for (gsize i = 0; i < cols; i++) {
      c->w->grad[i] += c->dw[part * cols + i];
      if (c->bias)
        c->bias->grad[i] += c->db[part * cols + i];
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
  const double *frequencies;
  float sign;
  gboolean add;
} Rotation;

static void
rotate_rows (gsize begin, gsize end, int part, gpointer data)
{
  const Rotation *c = data;
  gsize head_dim = c->cols / (gsize) c->n_heads, half = head_dim / 2;

  for (gsize r = begin; r < end; r++)
    for (gsize i = 0; i < half; i++) {
      float angle = (float) ((double) (float) c->positions[r] * (float) c->frequencies[i]);
      float cosine = cosf (angle), sine = sinf (angle) * c->sign;

      for (gsize h = 0; h < (gsize) c->n_heads; h++) {
        gsize at = r * c->cols + h * head_dim + i;
        float x = c->from[at], y = c->from[at + half];

        if (c->add) {
          c->to[at] += x * cosine - y * sine;
          c->to[at + half] += y * cosine + x * sine;
        } else {
          c->to[at] = x * cosine - y * sine;
          c->to[at + half] = y * cosine + x * sine;
        }
      }
    }
}

static void
rotate_backward (OwlTape *tape, OwlNode *node)
{
  Rotation back = *(const Rotation *) node->aux;

  back.from = node->grad;
  back.to = owl_node_grad (tape, node->in[0]);
  back.sign = -1.0f;
  back.add = TRUE;
  owl_tape_parts (tape, node->rows, rotate_rows, &back);
}

OwlNode *
owl_tape_rotate (OwlTape *tape, OwlNode *x, int n_heads, double base, const int *positions)
{
  OwlNode *node = owl_tape_node (tape, x->rows, x->cols, rotate_backward, x, NULL, NULL, NULL, NULL);
  Rotation *c = owl_arena_alloc (tape->arena, sizeof (Rotation));
  gsize head_dim = x->cols / (gsize) n_heads;
  double *frequencies = owl_arena_alloc (tape->arena, head_dim / 2 * sizeof (double));

  for (gsize i = 0; i < head_dim / 2; i++)
    frequencies[i] = 1.0 / pow (base, 2.0 * (double) i / (double) head_dim);
  *c = (Rotation){ x->value, node->value, x->cols, n_heads, positions, frequencies, 1.0f, FALSE };
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
    c->grads[2 + i] = node->p[i] ? node->p[i]->grad : NULL;
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

static void
add_repeated_backward_columns (gsize begin, gsize end, int part, gpointer data)
{
  OwlNode *node = data;
  OwlParameter *p = node->p[0];

  for (gsize r = 0; r < node->rows; r++)
    for (gsize i = begin; i < end; i++) {
      float dy = node->grad[r * node->cols + i];

      if (p->grad)
        p->grad[(r % p->rows) * node->cols + i] += dy;
      if (node->in[0]->grad)
        node->in[0]->grad[r * node->cols + i] += dy;
    }
}

static void
add_repeated_backward (OwlTape *tape, OwlNode *node)
{
  if (node->in[0]->needs_grad)
    owl_node_grad (tape, node->in[0]);
  owl_tape_parts (tape, node->cols, add_repeated_backward_columns, node);
}

OwlNode *
owl_tape_add_repeated (OwlTape *tape, OwlNode *x, OwlParameter *p)
{
  OwlNode *node = owl_tape_node (tape, x->rows, x->cols, add_repeated_backward, x, NULL, NULL, p, NULL);

  owl_tape_parts (tape, x->rows, add_repeated_forward, node);
  return node;
}
