/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/training.h"

#include "base/cpu.h"

#include <math.h>

static void
softmax_back (const float *p, float *d, gsize n, float scale)
{
  double sum = 0.0;

  for (gsize i = 0; i < n; i++)
    sum += (double) p[i] * d[i];
  for (gsize i = 0; i < n; i++)
    d[i] = p[i] * (d[i] - (float) sum) * scale;
}

static void
silu_multiply_back (const float *g, const float *u, const float *dy, float *dg, gboolean fresh_g, float *du, gboolean fresh_u, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    float s = 1.0f / (1.0f + expf (-g[i]));

    if (dg)
      dg[i] = (fresh_g ? 0.0f : dg[i]) + dy[i] * u[i] * s * (1.0f + g[i] * (1.0f - s));
    if (du)
      du[i] = (fresh_u ? 0.0f : du[i]) + dy[i] * g[i] * s;
  }
}

static void
quick_gelu_back (const float *x, const float *dy, float *dx, gboolean fresh, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    float s = 1.0f / (1.0f + expf (-1.702f * x[i]));

    dx[i] = (fresh ? 0.0f : dx[i]) + dy[i] * s * (1.0f + 1.702f * x[i] * (1.0f - s));
  }
}

static void
norm (const float *x, const float *w, const float *b, float mean, float inverse, float *y, gsize n)
{
  for (gsize i = 0; i < n; i++)
    y[i] = (x[i] - mean) * inverse * w[i] + (b ? b[i] : 0.0f);
}

/* x̂ = (x − mean)·inverse; dx = inverse·(g − mean(g)[centred] − x̂·mean(g·x̂)), g = dy·w. */
static void
norm_back (const float *x, const float *dy, const float *w, float mean, float inverse, gboolean centred, float *dx, gboolean fresh, gsize n)
{
  double g_sum = 0.0, gx_sum = 0.0;
  float mean_g, mean_gx;

  for (gsize i = 0; i < n; i++) {
    float g = dy[i] * w[i];

    g_sum += g;
    gx_sum += g * (x[i] - mean) * inverse;
  }
  mean_g = centred ? (float) (g_sum / (double) n) : 0.0f;
  mean_gx = (float) (gx_sum / (double) n);
  for (gsize i = 0; i < n; i++)
    dx[i] = (fresh ? 0.0f : dx[i]) + inverse * (dy[i] * w[i] - mean_g - (x[i] - mean) * inverse * mean_gx);
}

static void
norm_back_weights (const float *x, const float *dy, float mean, float inverse, float *dw, float *db, gsize n)
{
  for (gsize i = 0; i < n; i++)
    dw[i] += dy[i] * (x[i] - mean) * inverse;
  for (gsize i = 0; db && i < n; i++)
    db[i] += dy[i];
}

static double
sum_squares (const float *x, gsize n, double centre)
{
  double sum = 0.0;

  for (gsize i = 0; i < n; i++)
    sum += (x[i] - centre) * (x[i] - centre);
  return sum;
}

static double
sum_values (const float *x, gsize n)
{
  double sum = 0.0;

  for (gsize i = 0; i < n; i++)
    sum += (double) x[i];
  return sum;
}

static void
adam (const OwlAdamStep *s, float *value, const float *grad, float *m, float *v, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    float g = grad[i] * s->scale;

    m[i] = s->beta1 * m[i] + (1.0f - s->beta1) * g;
    v[i] = s->beta2 * v[i] + (1.0f - s->beta2) * g * g;
    value[i] -= s->decay * value[i];
    value[i] -= s->step_size * m[i] / (sqrtf (v[i]) * s->inverse_root + s->eps);
  }
}

static void
accumulate (float *to, const float *from, gsize n)
{
  for (gsize i = 0; i < n; i++)
    to[i] += from[i];
}

static void
add (const float *a, const float *b, float *y, gsize n)
{
  for (gsize i = 0; i < n; i++)
    y[i] = a[i] + b[i];
}

static void
add_columns (const float *x, gsize rows, gsize stride, float *sums, gsize n)
{
  for (gsize r = 0; r < rows; r++)
    accumulate (sums, x + r * stride, n);
}

static void
rotate (const float *from, const float *cosines, const float *sines, float sign, float *to, gboolean add_to, gsize half)
{
  for (gsize i = 0; i < half; i++) {
    float x = from[i], y = from[i + half], sine = sines[i] * sign;

    to[i] = (add_to ? to[i] : 0.0f) + x * cosines[i] - y * sine;
    to[i + half] = (add_to ? to[i + half] : 0.0f) + y * cosines[i] + x * sine;
  }
}

const OwlTrainingKernels owl_training_kernels_scalar = {
  .softmax_back = softmax_back, .silu_multiply_back = silu_multiply_back, .quick_gelu_back = quick_gelu_back, .norm = norm,
  .norm_back = norm_back, .norm_back_weights = norm_back_weights, .sum_squares = sum_squares, .sum = sum_values, .adam = adam,
  .accumulate = accumulate, .add = add, .add_columns = add_columns, .rotate = rotate,
};

const OwlTrainingKernels *
owl_training_kernels (void)
{
#if defined(__x86_64__)
  if (owl_cpu_get_level () == OWL_CPU_AVX512 && __builtin_cpu_supports ("avx512dq") &&
      __builtin_cpu_supports ("avx512bf16"))
    return &owl_training_kernels_avx512;
#endif
  return &owl_training_kernels_scalar;
}
