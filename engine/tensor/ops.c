/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/ops.h"

#include "tensor/kernels.h"

/* Rows are dealt out from this many values on; below, waking the other threads takes longer. */
#define MIN_SHARED_VALUES 32768

void
owl_layer_norm (const float *x, gsize n, gsize width, const float *weight, const float *bias, float eps, float *y)
{
  for (gsize row = 0; row < n; row++)
    owl_kernels ()->layer_norm (x + row * width, width, weight, bias, eps, y + row * width);
}

void
owl_rms_norm (const float *x, gsize n, gsize width, const float *weight, float eps, float *y)
{
  for (gsize row = 0; row < n; row++)
    owl_kernels ()->rms_norm (x + row * width, width, weight, eps, y + row * width);
}

void
owl_quick_gelu (float *x, gsize n)
{
  owl_kernels ()->quick_gelu (x, n);
}

void
owl_tanh_gelu (float *x, gsize n)
{
  owl_kernels ()->tanh_gelu (x, n);
}

void
owl_silu_multiply (float *gate, const float *up, gsize n)
{
  owl_kernels ()->silu_multiply (gate, up, n);
}

void
owl_add (float *y, const float *x, gsize n)
{
  for (gsize i = 0; i < n; i++)
    y[i] += x[i];
}

void
owl_softmax (float *x, gsize n)
{
  owl_kernels ()->softmax (x, n);
}

typedef struct {
  gsize n, rows_per_task;
  OwlRowsFunc func;
  gpointer data;
} Rows;

static void
rows_task (gsize task, int thread, gpointer data)
{
  const Rows *rows = data;
  gsize first = task * rows->rows_per_task;

  rows->func (first, MIN (rows->rows_per_task, rows->n - first), rows->data);
}

void
owl_run_rows (OwlPool *pool, gsize n, gsize width, OwlRowsFunc func, gpointer data)
{
  gsize n_tasks = MIN (n, (gsize) owl_pool_get_n_threads (pool) * 4);
  Rows rows = { .n = n, .func = func, .data = data };

  if (n < 2 || n * width < MIN_SHARED_VALUES) {
    func (0, n, data);
    return;
  }
  rows.rows_per_task = (n + n_tasks - 1) / n_tasks;
  owl_pool_run (pool, (n + rows.rows_per_task - 1) / rows.rows_per_task, rows_task, &rows, NULL);
}
