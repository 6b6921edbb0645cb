/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/tape.h"

#include "tensor/kernels.h"
#include "tensor/training.h"

#include <math.h>
#include <string.h>

/* Rows of logits that are held at once. */
#define LOGIT_ROWS 256

typedef struct {
  const OwlTapeLora *lora;
  float *dropped; /* [rows, in]: what A sees; NULL: x itself */
  float *low;     /* [rows, rank] */
} LoraAux;

/* Uniform in [0, 1) from two numbers, the same wherever and whenever it is asked for (splitmix64). */
static inline float
hash_uniform (guint64 seed, guint64 index)
{
  guint64 z = seed + (index + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return (float) ((z ^ (z >> 31)) >> 40) * 0x1p-24f;
}

/* Threads with records of their own drop other values. */
static guint64
lora_seed (const OwlTape *tape, const OwlTapeLora *lora)
{
  return lora->seed + tape->replica * G_GUINT64_CONSTANT (0xd1342543de82ef95);
}

/* y = x where the mask keeps it, scaled so that the mean stays. */
static void
drop (const float *x, gsize n, float dropout, guint64 seed, float *y)
{
  float keep = 1.0f / (1.0f - dropout);

  for (gsize i = 0; i < n; i++)
    y[i] = hash_uniform (seed, i) < dropout ? 0.0f : x[i] * keep;
}

typedef struct {
  const float *dy;
  gsize rows, cols;
  float *sums;
} ColumnSums;

static void
sum_columns (gsize begin, gsize end, int part, gpointer data)
{
  const ColumnSums *s = data;

  owl_training_kernels ()->add_columns (s->dy + begin, s->rows, s->cols, s->sums + begin, end - begin);
}

static void
lora_backward (OwlTape *tape, OwlNode *node, const LoraAux *aux)
{
  const OwlTapeLora *lora = aux->lora;
  OwlNode *x = node->in[0];
  gsize n = node->rows, out = node->cols, in = x->cols, rank = lora->a->rows;
  const float *seen = aux->dropped ? aux->dropped : x->value;
  float *d_low;

  if (lora->b->grad)
    owl_tape_gemm (tape, TRUE, FALSE, out, rank, n, lora->scale, node->grad, out, aux->low, rank, 1.0f,
                   owl_parameter_get_grad (lora->b, tape->replica), rank);
  if (!lora->a->grad && !x->needs_grad)
    return;
  d_low = owl_arena_floats (tape->arena, n * rank);
  owl_tape_gemm (tape, FALSE, FALSE, n, rank, out, lora->scale, node->grad, out, lora->b->value, rank, 0.0f, d_low, rank);
  if (lora->a->grad)
    owl_tape_gemm (tape, TRUE, FALSE, rank, in, n, 1.0f, d_low, rank, seen, in, 1.0f, owl_parameter_get_grad (lora->a, tape->replica), in);
  if (!x->needs_grad)
    return;
  if (aux->dropped) {
    float *d_seen = owl_arena_floats (tape->arena, n * in), *dx = owl_node_grad (tape, x), keep = 1.0f / (1.0f - lora->dropout);
    guint64 seed = lora_seed (tape, lora);

    owl_tape_gemm (tape, FALSE, FALSE, n, in, rank, 1.0f, d_low, rank, lora->a->value, in, 0.0f, d_seen, in);
    for (gsize i = 0; i < n * in; i++)
      dx[i] += hash_uniform (seed, i) < lora->dropout ? 0.0f : d_seen[i] * keep;
  } else {
    owl_tape_gemm (tape, FALSE, FALSE, n, in, rank, 1.0f, d_low, rank, lora->a->value, in, 1.0f, owl_node_grad (tape, x), in);
  }
}

static void
linear_backward (OwlTape *tape, OwlNode *node)
{
  OwlNode *x = node->in[0];
  OwlParameter *w = node->p[0], *bias = node->p[1];
  gsize n = node->rows, out = node->cols, in = x->cols;

  if (x->needs_grad) {
    gboolean fresh;
    float *dx = owl_node_grad_to_fill (tape, x, &fresh);

    owl_tape_gemm (tape, FALSE, FALSE, n, in, out, 1.0f, node->grad, out, w->value, in, fresh ? 0.0f : 1.0f, dx, in);
  }
  if (w->grad)
    owl_tape_gemm (tape, TRUE, FALSE, out, in, n, 1.0f, node->grad, out, x->value, in, 1.0f, owl_parameter_get_grad (w, tape->replica), in);
  if (bias && bias->grad) {
    ColumnSums sums = { node->grad, n, out, owl_parameter_get_grad (bias, tape->replica) };

    owl_tape_parts (tape, out, sum_columns, &sums);
  }
  if (node->aux)
    lora_backward (tape, node, node->aux);
}

OwlNode *
owl_tape_linear (OwlTape *tape, OwlNode *x, OwlParameter *w, OwlParameter *bias, const OwlTapeLora *lora)
{
  gsize n = x->rows, in = x->cols, out = w->rows;
  gboolean lora_trained = lora && (lora->a->grad || lora->b->grad);
  OwlNode *node = owl_tape_node (tape, n, out, linear_backward, x, NULL, NULL, w, bias);

  if (lora_trained && !node->needs_grad) {
    node->needs_grad = TRUE;
    if (tape->nodes) {
      node->backward = linear_backward;
      g_ptr_array_add (tape->nodes, node);
    }
  }
  owl_tape_gemm_bias (tape, n, out, in, x->value, w->value, bias ? bias->value : NULL, node->value);
  if (lora) {
    LoraAux *aux = owl_arena_alloc (tape->arena, sizeof (LoraAux));
    gsize rank = lora->a->rows;

    *aux = (LoraAux){ .lora = lora, .low = owl_arena_floats (tape->arena, n * rank) };
    if (lora->dropout > 0.0f) {
      aux->dropped = owl_arena_floats (tape->arena, n * in);
      drop (x->value, n * in, lora->dropout, lora_seed (tape, lora), aux->dropped);
    }
    owl_tape_gemm (tape, FALSE, TRUE, n, rank, in, 1.0f, aux->dropped ? aux->dropped : x->value, in, lora->a->value, in, 0.0f, aux->low, rank);
    owl_tape_gemm (tape, FALSE, TRUE, n, out, rank, lora->scale, aux->low, rank, lora->b->value, rank, 1.0f, node->value, out);
    node->aux = aux;
  }
  return node;
}

typedef struct {
  float *logits;
  gsize cols;
  const gint32 *targets, *against; /* `against`: of the signed kind, else NULL */
  float *negated;                  /* [rows, cols], of the signed kind */
  double scale;
  double *losses; /* of each row */
  guint8 *correct;
} CrossEntropy;

/* Logits become their gradient. */
static void
cross_entropy_rows (gsize begin, gsize end, int part, gpointer data)
{
  const OwlKernels *kernels = owl_kernels ();
  const CrossEntropy *c = data;

  for (gsize r = begin; r < end; r++) {
    float *row = c->logits + r * c->cols, target = row[c->targets[r]], max;
    gsize best = 0;

    for (gsize i = 1; i < c->cols; i++)
      best = row[i] > row[best] ? i : best;
    max = row[best];
    c->correct[r] = target == max;
    kernels->softmax (row, c->cols);
    /* The likeliest has the probability e⁰ / Σ. */
    c->losses[r] = max - target - log (row[best]);
    for (gsize i = 0; i < c->cols; i++)
      row[i] *= (float) c->scale;
    row[c->targets[r]] -= (float) c->scale;
  }
}

static void
signed_cross_entropy_rows (gsize begin, gsize end, int part, gpointer data)
{
  const OwlKernels *kernels = owl_kernels ();
  const CrossEntropy *c = data;

  for (gsize r = begin; r < end; r++) {
    float *row = c->logits + r * c->cols, *negated = c->negated + r * c->cols, plus = row[c->targets[r]], minus = row[c->against[r]], max, min;
    gsize highest = 0, lowest = 0;

    for (gsize i = 0; i < c->cols; i++) {
      highest = row[i] > row[highest] ? i : highest;
      lowest = row[i] < row[lowest] ? i : lowest;
      negated[i] = -row[i];
    }
    max = row[highest];
    min = row[lowest];
    kernels->softmax (row, c->cols);
    kernels->softmax (negated, c->cols);
    c->correct[r] = c->targets[r] == c->against[r] ? row[highest] < 0.5f && negated[lowest] < 0.5f : plus == max && minus == min;
    c->losses[r] = (double) max - (double) min - (double) plus + (double) minus - log (row[highest]) - log (negated[lowest]);
    for (gsize i = 0; i < c->cols; i++)
      row[i] = (row[i] - negated[i]) * (float) c->scale;
    row[c->targets[r]] -= (float) c->scale;
    row[c->against[r]] += (float) c->scale;
  }
}

/* `against`: of the signed kind, else NULL. */
static double
cross_entropy (OwlTape *tape, OwlNode *h, OwlParameter *w, const gint32 *targets, const gint32 *against, double scale, gsize *n_correct)
{
  gsize n = h->rows, width = h->cols, vocabulary = w->rows;
  gboolean back = tape->nodes && (h->needs_grad || w->grad);
  float *logits = owl_arena_floats (tape->arena, MIN (n, LOGIT_ROWS) * vocabulary);
  float *negated = against ? owl_arena_floats (tape->arena, MIN (n, LOGIT_ROWS) * vocabulary) : NULL;
  double *losses = owl_arena_alloc (tape->arena, MAX (n, 1) * sizeof (double)), loss = 0.0;
  guint8 *correct = owl_arena_alloc (tape->arena, MAX (n, 1));

  for (gsize begin = 0; begin < n; begin += LOGIT_ROWS) {
    gsize rows = MIN (n - begin, LOGIT_ROWS);
    const float *x = h->value + begin * width;
    CrossEntropy c = { logits, vocabulary, targets + begin, against ? against + begin : NULL, negated, scale, losses + begin, correct + begin };

    owl_tape_gemm (tape, FALSE, TRUE, rows, vocabulary, width, 1.0f, x, width, w->value, width, 0.0f, logits, vocabulary);
    owl_tape_parts (tape, rows, against ? signed_cross_entropy_rows : cross_entropy_rows, &c);
    if (back && h->needs_grad)
      owl_tape_gemm (tape, FALSE, FALSE, rows, width, vocabulary, 1.0f, logits, vocabulary, w->value, width, 1.0f,
                     owl_node_grad (tape, h) + begin * width, width);
    if (back && w->grad)
      owl_tape_gemm (tape, TRUE, FALSE, vocabulary, width, rows, 1.0f, logits, vocabulary, x, width, 1.0f,
                     owl_parameter_get_grad (w, tape->replica), width);
  }
  if (n_correct)
    *n_correct = 0;
  for (gsize r = 0; r < n; r++) {
    loss += losses[r];
    if (n_correct)
      *n_correct += correct[r];
  }
  return loss * scale;
}

double
owl_tape_cross_entropy (OwlTape *tape, OwlNode *h, OwlParameter *w, const gint32 *targets, double scale, gsize *n_correct)
{
  return cross_entropy (tape, h, w, targets, NULL, scale, n_correct);
}

double
owl_tape_signed_cross_entropy (OwlTape *tape, OwlNode *h, OwlParameter *w, const gint32 *plus, const gint32 *minus, double scale, gsize *n_correct)
{
  return cross_entropy (tape, h, w, plus, minus, scale, n_correct);
}
