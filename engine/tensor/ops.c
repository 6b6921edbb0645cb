/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/ops.h"

#include <math.h>

void
owl_layer_norm (const float *x, gsize n, gsize width, const float *weight, const float *bias, float eps, float *y)
{
  for (gsize row = 0; row < n; row++, x += width, y += width) {
    double sum = 0.0, squares = 0.0;

    for (gsize i = 0; i < width; i++)
      sum += (double) x[i];

    double mean = sum / (double) width;

    for (gsize i = 0; i < width; i++) {
      double d = (double) x[i] - mean;

      squares += d * d;
    }

    float centre = (float) mean;
    float scale = (float) (1.0 / sqrt (squares / (double) width + (double) eps));

    for (gsize i = 0; i < width; i++)
      y[i] = (x[i] - centre) * scale * weight[i] + bias[i];
  }
}

void
owl_rms_norm (const float *x, gsize n, gsize width, const float *weight, float eps, float *y)
{
  for (gsize row = 0; row < n; row++, x += width, y += width) {
    double squares = 0.0;

    for (gsize i = 0; i < width; i++)
      squares += (double) x[i] * (double) x[i];

    float scale = (float) (1.0 / sqrt (squares / (double) width + (double) eps));

    for (gsize i = 0; i < width; i++)
      y[i] = weight[i] * (x[i] * scale);
  }
}

void
owl_quick_gelu (float *x, gsize n)
{
  for (gsize i = 0; i < n; i++)
    x[i] = x[i] / (1.0f + expf (-1.702f * x[i]));
}

void
owl_tanh_gelu (float *x, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    float v = x[i];

    x[i] = 0.5f * v * (1.0f + tanhf (0.79788456f * v * (1.0f + 0.044715f * v * v)));
  }
}

void
owl_silu_multiply (float *gate, const float *up, gsize n)
{
  for (gsize i = 0; i < n; i++)
    gate[i] = gate[i] / (1.0f + expf (-gate[i])) * up[i];
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
  float max = -INFINITY, sum = 0.0f;

  for (gsize i = 0; i < n; i++)
    max = fmaxf (max, x[i]);
  for (gsize i = 0; i < n; i++) {
    x[i] = expf (x[i] - max);
    sum += x[i];
  }
  for (gsize i = 0; i < n; i++)
    x[i] /= sum;
}
