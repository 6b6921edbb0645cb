/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/matmul.h"

#include <cblas.h>

/* A task takes at most this many multiply-adds, so that a cancel is seen within some tens of milliseconds, … */
#define MAX_TASK_WORK (1u << 30)
/* … and at least this many, below which handing it out costs more than doing it. */
#define MIN_TASK_WORK (1u << 17)
/* Rows widened to float32 at a time: they stay in the second-level cache. */
#define PANEL_VALUES (1u << 17)

typedef struct {
  OwlPool *pool;
  const OwlTensor *w;
  const float *bias;
  const float *x;
  float *y;
  gsize n, in, out;
  gsize rows_per_task;
  float alpha, beta;
} Product;

/* Rows [row, row + rows) of a float32 panel against all of x. */
static void
multiply_panel (const Product *p, const float *panel, gsize row, gsize rows)
{
  if (p->n == 1)
    cblas_sgemv (CblasRowMajor, CblasNoTrans, (int) rows, (int) p->in, p->alpha, panel, (int) p->in, p->x, 1, p->beta,
                 p->y + row, 1);
  else
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int) p->n, (int) rows, (int) p->in, p->alpha, p->x,
                 (int) p->in, panel, (int) p->in, p->beta, p->y + row, (int) p->out);
}

static void
matmul_task (gsize task, int thread, gpointer data)
{
  const Product *p = data;
  gsize first = task * p->rows_per_task;
  gsize end = MIN (first + p->rows_per_task, p->out);

  if (p->w->type == OWL_TYPE_F32) {
    multiply_panel (p, (const float *) p->w->data + first * p->in, first, end - first);
  } else {
    gsize row_size = owl_type_row_size (p->w->type, (gint64) p->in);
    gsize panel_rows = CLAMP (PANEL_VALUES / p->in, 1, end - first);
    float *panel = owl_pool_get_scratch (p->pool, thread, panel_rows * p->in * sizeof (float));

    for (gsize row = first; row < end; row += panel_rows) {
      gsize rows = MIN (panel_rows, end - row);

      owl_type_to_f32 (p->w->type, (const guint8 *) p->w->data + row * row_size, panel, rows * p->in);
      multiply_panel (p, panel, row, rows);
    }
  }

  if (p->bias)
    for (gsize i = 0; i < p->n; i++)
      for (gsize row = first; row < end; row++)
        p->y[i * p->out + row] += p->bias[row];
}

static gboolean
run_product (Product *p, GCancellable *cancellable)
{
  gsize per_row = MAX (p->n * p->in, 1);
  gsize work = per_row * p->out;
  gsize wanted = (gsize) owl_pool_get_n_threads (p->pool) * 4;
  gsize n_tasks = CLAMP (work / MIN_TASK_WORK, 1, wanted);

  n_tasks = MAX (n_tasks, work / MAX_TASK_WORK);
  p->rows_per_task = MAX ((p->out + n_tasks - 1) / n_tasks, 1);
  n_tasks = (p->out + p->rows_per_task - 1) / p->rows_per_task;
  return owl_pool_run (p->pool, n_tasks, matmul_task, p, cancellable);
}

gboolean
owl_matmul (OwlPool *pool, const OwlTensor *w, const float *bias, const float *x, gsize n, float *y,
            GCancellable *cancellable)
{
  Product p = { .pool = pool, .w = w, .bias = bias, .x = x, .y = y, .n = n, .in = (gsize) w->ne[0],
                .out = (gsize) w->ne[1], .alpha = 1.0f, .beta = 0.0f };

  return run_product (&p, cancellable);
}

gboolean
owl_matmul_add (OwlPool *pool, const OwlTensor *w, float scale, const float *x, gsize n, float *y,
                GCancellable *cancellable)
{
  Product p = { .pool = pool, .w = w, .x = x, .y = y, .n = n, .in = (gsize) w->ne[0], .out = (gsize) w->ne[1],
                .alpha = scale, .beta = 1.0f };

  return run_product (&p, cancellable);
}
