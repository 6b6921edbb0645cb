/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Parts of the trainer by themselves: the tokenisation of training data against the reference, and the backward pass of every operation against
 * differences of its forward pass. */
#include "golden-util.h"

#include "train/dataset.h"

#include <math.h>
#include <string.h>

static void
test_tokenise (void)
{
  g_autofree char *model = golden_path ("llama-tiny-f32/tokenizer.model"), *path = golden_path ("training/tokenised.jsonl"), *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlTokenizer) tokenizer = owl_tokenizer_new_from_sentencepiece (model, &error);
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] && *lines[i]; i++, n++) {
    json_t *record = json_loads (lines[i], 0, NULL), *conversation = json_object_get (record, "text");
    json_t *expected = json_object_get (record, "input_ids"), *labels_expected = json_object_get (record, "labels");
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32)), labels = g_array_new (FALSE, FALSE, sizeof (gint32));
    gsize n_pictures;

    g_assert_true (owl_dataset_tokenise (tokenizer, json_string_value (conversation), json_string_length (conversation), 11,
                                         (gsize) json_integer_value (json_object_get (record, "max_length")), 0, ids, labels, &n_pictures));
    g_assert_cmpuint (ids->len, ==, json_integer_value (json_object_get (record, "seq_length")));
    for (guint t = 0; t < ids->len; t++) {
      g_assert_cmpint (g_array_index (ids, gint32, t), ==, json_integer_value (json_array_get (expected, t)));
      /* The reference holds the id itself where it counts; here it stands at the position that must say it. */
      if (t + 1 < ids->len)
        g_assert_cmpint (g_array_index (labels, gint32, t), ==, json_integer_value (json_array_get (labels_expected, t + 1)));
    }
    json_decref (record);
  }
  g_assert_cmpuint (n, >=, 10);
}

/* One operation under test: two inputs and two parameters, all small. */
typedef OwlNode *(*Operation) (OwlTape *tape, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q);

#define ROWS 6
#define COLS 8

static OwlNode *
op_linear (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_linear (t, a, p, q, NULL);
}

static OwlNode *
op_lora (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  static OwlTapeLora lora;

  lora = (OwlTapeLora){ .a = p, .b = p, .scale = 0.7f, .dropout = 0.3f, .seed = 5 };
  return owl_tape_linear (t, a, p, q, &lora);
}

static OwlNode *
op_layer_norm (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_layer_norm (t, a, q, q, 1e-5f);
}

static OwlNode *
op_rms_norm (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_rms_norm (t, a, q, 1e-5f);
}

static OwlNode *
op_add (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_add (t, owl_tape_add (t, a, b), a);
}

/* A chain of residual blocks, sums of which use their gradients' memory again: where they may, and where they must not. */
static OwlNode *
op_residual (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  OwlNode *x = owl_tape_add (t, a, owl_tape_linear (t, owl_tape_rms_norm (t, a, q, 1e-5f), p, q, NULL)), *between, *y;

  x = owl_tape_add (t, x, owl_tape_linear (t, owl_tape_silu_multiply (t, owl_tape_rms_norm (t, x, q, 1e-5f), b), p, NULL, NULL));
  /* The second is made of the first itself. */
  x = owl_tape_add (t, x, owl_tape_linear (t, x, p, NULL, NULL));
  /* The first is used again between the two; the second is a sum. */
  y = owl_tape_linear (t, b, p, q, NULL);
  between = owl_tape_quick_gelu (t, x);
  x = owl_tape_add (t, owl_tape_add (t, x, y), owl_tape_add (t, between, y));
  x = owl_tape_add (t, x, owl_tape_add (t, b, between));
  return owl_tape_add (t, x, x);
}

static OwlNode *
inside_residual (OwlTape *t, OwlNode *const *in, gconstpointer data)
{
  OwlParameter *const *p = data;

  return op_residual (t, in[0], in[1], p[0], p[1]);
}

static OwlNode *
op_checkpoint_residual (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  static OwlParameter *parameters[2];
  OwlNode *in[2] = { a, b };

  parameters[0] = p;
  parameters[1] = q;
  return owl_tape_add (t, owl_tape_quick_gelu (t, b), owl_tape_checkpoint (t, inside_residual, in, 2, parameters));
}

static OwlNode *
op_quick_gelu (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_quick_gelu (t, a);
}

static OwlNode *
op_tanh_gelu (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_tanh_gelu (t, a);
}

static OwlNode *
op_silu_multiply (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_silu_multiply (t, a, b);
}

static OwlNode *
op_rotate (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  static const int positions[ROWS] = { 0, 1, 2, 0, 1, 2 };

  return owl_tape_rotate (t, a, 2, 10000.0, positions);
}

static OwlNode *
op_attention (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  static const OwlTapeSpan spans[] = { { 0, 2, 0, 2 }, { 2, 4, 2, 4 } };
  static const float slopes[] = { 0.5f, 0.25f };
  OwlTapeHeads x = { a, 0, 4 }, y = { b, 0, 4 }, z = { owl_tape_add (t, a, b), 0, 4 };

  return owl_tape_attention (t, x, y, z, 2, 4, spans, 2, TRUE, slopes, NULL, 0);
}

static OwlNode *
op_cross_attention (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  static const OwlTapeSpan spans[] = { { 0, 4, 0, 5 }, { 4, 2, 5, 1 } };
  OwlTapeHeads x = { a, 0, 4 }, y = { b, 0, 4 };

  return owl_tape_attention (t, x, y, y, 2, 4, spans, 2, FALSE, NULL, NULL, 0);
}

static OwlNode *
op_rows (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  static const guint8 from[] = { OWL_ROW_IN0, OWL_ROW_IN1, OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER1, OWL_ROW_PARAMETER0, OWL_ROW_IN0 };
  static const gint32 row[] = { 5, 0, 3, 0, 3, 5 };

  return owl_tape_rows (t, a, b, p, q, 6, COLS, from, row);
}

static OwlNode *
op_repeated (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  return owl_tape_add_repeated (t, a, q);
}

static OwlNode *
inside (OwlTape *t, OwlNode *const *in, gconstpointer data)
{
  OwlParameter *const *p = data;

  return owl_tape_silu_multiply (t, owl_tape_linear (t, in[0], p[0], p[1], NULL), in[1]);
}

static OwlNode *
op_checkpoint (OwlTape *t, OwlNode *a, OwlNode *b, OwlParameter *p, OwlParameter *q)
{
  static OwlParameter *parameters[2];
  OwlNode *in[2] = { a, b };

  parameters[0] = p;
  parameters[1] = q;
  return owl_tape_checkpoint (t, inside, in, 2, parameters);
}

/* The same operations in double precision, written down once more from their definitions: what the differences are taken of. `rows` values of COLS. */
typedef struct {
  double a[ROWS * COLS], b[ROWS * COLS], p[COLS * COLS], q[COLS];
} Exact;

typedef void (*Reference) (const Exact *x, double *y);

static void
exact_linear (const Exact *x, double *y)
{
  for (int r = 0; r < ROWS; r++)
    for (int o = 0; o < COLS; o++) {
      y[r * COLS + o] = x->q[o];
      for (int i = 0; i < COLS; i++)
        y[r * COLS + o] += x->a[r * COLS + i] * x->p[o * COLS + i];
    }
}

static void
exact_norm (const Exact *x, gboolean centred, double *y)
{
  for (int r = 0; r < ROWS; r++) {
    const double *row = x->a + r * COLS;
    double mean = 0.0, square = 0.0;

    for (int i = 0; i < COLS && centred; i++)
      mean += row[i] / COLS;
    for (int i = 0; i < COLS; i++)
      square += (row[i] - mean) * (row[i] - mean) / COLS;
    for (int i = 0; i < COLS; i++)
      y[r * COLS + i] = (row[i] - mean) / sqrt (square + 1e-5) * x->q[i] + (centred ? x->q[i] : 0.0);
  }
}

static void
exact_layer_norm (const Exact *x, double *y)
{
  exact_norm (x, TRUE, y);
}

static void
exact_rms_norm (const Exact *x, double *y)
{
  exact_norm (x, FALSE, y);
}

static void
exact_quick_gelu (const Exact *x, double *y)
{
  for (int i = 0; i < ROWS * COLS; i++)
    y[i] = x->a[i] / (1.0 + exp (-1.702 * x->a[i]));
}

static void
exact_tanh_gelu (const Exact *x, double *y)
{
  for (int i = 0; i < ROWS * COLS; i++)
    y[i] = 0.5 * x->a[i] * (1.0 + tanh (0.79788456 * x->a[i] * (1.0 + 0.044715 * x->a[i] * x->a[i])));
}

static void
exact_silu_multiply (const Exact *x, double *y)
{
  for (int i = 0; i < ROWS * COLS; i++)
    y[i] = x->a[i] / (1.0 + exp (-x->a[i])) * x->b[i];
}

/* Two heads of four; the halves of a head turn against each other. */
static void
exact_rotate (const Exact *x, double *y)
{
  static const int positions[ROWS] = { 0, 1, 2, 0, 1, 2 };

  for (int r = 0; r < ROWS; r++)
    for (int h = 0; h < COLS; h += 4)
      for (int i = 0; i < 2; i++) {
        double angle = positions[r] / pow (10000.0, i / 2.0);
        const double *v = x->a + r * COLS + h + i;

        y[r * COLS + h + i] = v[0] * cos (angle) - v[2] * sin (angle);
        y[r * COLS + h + i + 2] = v[2] * cos (angle) + v[0] * sin (angle);
      }
}

/* One query of one head over keys [first, end); `slope` times the place of the key is added to its score. */
static void
exact_attend (const double *q, const double *k, const double *v, int first, int end, double slope, double *y)
{
  double weights[ROWS], sum = 0.0;

  for (int j = first; j < end; j++) {
    double score = slope * (j - first);

    for (int i = 0; i < 4; i++)
      score += q[i] * k[j * COLS + i] / 2.0;
    weights[j] = exp (score);
    sum += weights[j];
  }
  for (int i = 0; i < 4; i++) {
    y[i] = 0.0;
    for (int j = first; j < end; j++)
      y[i] += weights[j] / sum * v[j * COLS + i];
  }
}

static void
exact_attention (const Exact *x, double *y)
{
  double v[ROWS * COLS];

  for (int i = 0; i < ROWS * COLS; i++)
    v[i] = x->a[i] + x->b[i];
  for (int r = 0; r < ROWS; r++)
    for (int h = 0; h < 2; h++)
      exact_attend (x->a + r * COLS + 4 * h, x->b + 4 * h, v + 4 * h, r < 2 ? 0 : 2, r + 1, h == 0 ? 0.5 : 0.25, y + r * COLS + 4 * h);
}

static void
exact_cross_attention (const Exact *x, double *y)
{
  for (int r = 0; r < ROWS; r++)
    for (int h = 0; h < 2; h++)
      exact_attend (x->a + r * COLS + 4 * h, x->b + 4 * h, x->b + 4 * h, r < 4 ? 0 : 5, r < 4 ? 5 : 6, 0.0, y + r * COLS + 4 * h);
}

/* Operations of several of these, or of chance, have no reference of their own. */
typedef struct {
  const char *path;
  Operation operation;
  Reference reference;
} Case;

typedef struct {
  OwlTape tape;
  OwlPool *pool;
  OwlParameters *parameters;
  OwlParameter *p, *q;
  float a[ROWS * COLS], b[ROWS * COLS], weights[ROWS * COLS];
  Operation operation;
} Check;

/* The sum of the result times fixed weights, in double precision; with gradients when the tape records. */
static double
evaluate (Check *c, OwlNode **a, OwlNode **b)
{
  OwlNode *result;
  double sum = 0.0;

  *a = owl_tape_constant (&c->tape, ROWS, COLS, c->a);
  *b = owl_tape_constant (&c->tape, ROWS, COLS, c->b);
  (*a)->needs_grad = (*b)->needs_grad = TRUE;
  result = c->operation (&c->tape, *a, *b, c->p, c->q);
  for (gsize i = 0; i < result->rows * result->cols; i++)
    sum += (double) result->value[i] * c->weights[i % (ROWS * COLS)];
  if (c->tape.nodes) {
    float *grad = owl_node_grad (&c->tape, result);

    for (gsize i = 0; i < result->rows * result->cols; i++)
      grad[i] = c->weights[i % (ROWS * COLS)];
    owl_tape_backward (&c->tape);
  }
  return sum;
}

/* The analytic gradient of every value beside (f(x + h) − f(x − h)) / 2h. */
static void
compare (Check *c, float *values, const float *grad, gsize n, const char *what)
{
  GPtrArray *recorded = c->tape.nodes;
  OwlNode *a, *b;
  double largest = 1e-3;

  c->tape.nodes = NULL;
  for (gsize i = 0; i < n; i++)
    largest = MAX (largest, fabs (grad[i]));
  for (gsize i = 0; i < n; i++) {
    const float h = 4e-3f, old = values[i];
    double up, down, difference;

    values[i] = old + h;
    up = evaluate (c, &a, &b);
    values[i] = old - h;
    down = evaluate (c, &a, &b);
    values[i] = old;
    difference = (up - down) / (2.0 * h);
    if (fabs (difference - grad[i]) > 3e-3 * largest)
      g_error ("%s %" G_GSIZE_FORMAT ": %g instead of %g", what, i, grad[i], difference);
  }
  c->tape.nodes = recorded;
}

/* The analytic gradient beside differences in double precision of the operation as it is defined, and its value beside that definition. */
static void
compare_exactly (Check *c, Reference reference, double *values, const float *grad, gsize n, Exact *x, const char *what)
{
  double y[ROWS * COLS], largest = 1e-3;

  for (gsize i = 0; i < n; i++)
    largest = MAX (largest, fabs (grad[i]));
  for (gsize i = 0; i < n; i++) {
    const double h = 1e-5, old = values[i];
    double sums[2] = { 0.0, 0.0 }, difference;

    for (int side = 0; side < 2; side++) {
      values[i] = old + (side ? -h : h);
      reference (x, y);
      for (int j = 0; j < ROWS * COLS; j++)
        sums[side] += y[j] * c->weights[j];
    }
    values[i] = old;
    difference = (sums[0] - sums[1]) / (2.0 * h);
    if (fabs (difference - grad[i]) > 1e-5 * largest)
      g_error ("%s %" G_GSIZE_FORMAT ": %.9g instead of %.9g", what, i, grad[i], difference);
  }
}

static void
widen (double *to, const float *from, gsize n)
{
  for (gsize i = 0; i < n; i++)
    to[i] = from[i];
}

static void
test_operation (gconstpointer data)
{
  const Case *operation = data;
  Check c = { .operation = operation->operation };
  Exact x;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autofree float *da = NULL, *db = NULL, *dp = NULL, *dq = NULL;
  OwlNode *a, *b;

  c.pool = owl_pool_new (2);
  owl_tape_init (&c.tape, c.pool);
  c.parameters = owl_parameters_new ();
  c.p = owl_parameters_add (c.parameters, "p", 2, (gsize[]){ COLS, COLS });
  c.q = owl_parameters_add (c.parameters, "q", 1, (gsize[]){ COLS });
  owl_parameter_train (c.p);
  owl_parameter_train (c.q);
  for (gsize i = 0; i < COLS * COLS; i++)
    c.p->value[i] = (float) g_rand_double_range (rand, -0.6, 0.6);
  for (gsize i = 0; i < COLS; i++)
    c.q->value[i] = (float) g_rand_double_range (rand, 0.5, 1.5);
  for (gsize i = 0; i < ROWS * COLS; i++) {
    c.a[i] = (float) g_rand_double_range (rand, -1.5, 1.5);
    c.b[i] = (float) g_rand_double_range (rand, -1.5, 1.5);
    c.weights[i] = (float) g_rand_double_range (rand, -1.0, 1.0);
  }
  evaluate (&c, &a, &b);
  da = a->grad ? g_memdup2 (a->grad, sizeof c.a) : g_new0 (float, ROWS * COLS);
  db = b->grad ? g_memdup2 (b->grad, sizeof c.b) : g_new0 (float, ROWS * COLS);
  dp = g_memdup2 (c.p->grad, COLS * COLS * sizeof (float));
  dq = g_memdup2 (c.q->grad, COLS * sizeof (float));
  if (operation->reference) {
    widen (x.a, c.a, ROWS * COLS);
    widen (x.b, c.b, ROWS * COLS);
    widen (x.p, c.p->value, COLS * COLS);
    widen (x.q, c.q->value, COLS);
    compare_exactly (&c, operation->reference, x.a, da, ROWS * COLS, &x, "first input, exactly");
    compare_exactly (&c, operation->reference, x.b, db, ROWS * COLS, &x, "second input, exactly");
    compare_exactly (&c, operation->reference, x.p, dp, COLS * COLS, &x, "matrix, exactly");
    compare_exactly (&c, operation->reference, x.q, dq, COLS, &x, "vector, exactly");
  }
  compare (&c, c.a, da, ROWS * COLS, "first input");
  compare (&c, c.b, db, ROWS * COLS, "second input");
  compare (&c, c.p->value, dp, COLS * COLS, "matrix");
  compare (&c, c.q->value, dq, COLS, "vector");
  owl_parameters_free (c.parameters);
  owl_tape_clear (&c.tape);
  owl_pool_free (c.pool);
}

static const Case operations[] = {
  { "/train/linear", op_linear, exact_linear },
  { "/train/lora", op_lora, NULL },
  { "/train/layer-norm", op_layer_norm, exact_layer_norm },
  { "/train/rms-norm", op_rms_norm, exact_rms_norm },
  { "/train/add", op_add, NULL },
  { "/train/quick-gelu", op_quick_gelu, exact_quick_gelu },
  { "/train/tanh-gelu", op_tanh_gelu, exact_tanh_gelu },
  { "/train/silu-multiply", op_silu_multiply, exact_silu_multiply },
  { "/train/rotate", op_rotate, exact_rotate },
  { "/train/attention", op_attention, exact_attention },
  { "/train/cross-attention", op_cross_attention, exact_cross_attention },
  { "/train/rows", op_rows, NULL },
  { "/train/repeated", op_repeated, NULL },
  { "/train/checkpoint", op_checkpoint, NULL },
  { "/train/residual", op_residual, NULL },
  { "/train/checkpoint-residual", op_checkpoint_residual, NULL },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/tokenise", test_tokenise);
  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    g_test_add_data_func (operations[i].path, &operations[i], test_operation);
  return g_test_run ();
}
