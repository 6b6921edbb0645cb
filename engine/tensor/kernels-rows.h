/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Part of kernels-template.h: functions of one row: activations, softmax and norms. */

/* e^x within two units in the last place; 0 below -87.3. 2^n · e^r with |r| <= ln 2 / 2 and a polynomial for e^r. */
INLINE Floats
exponential (Floats x)
{
  Floats clamped = min_floats (max_floats (x, spread_float (-87.3f)), spread_float (88.3f));
  Floats n = round_floats (clamped * spread_float (1.44269504f));
  Floats r = fma_floats (n, spread_float (-0.693359375f), clamped);
  Floats p = spread_float (1.9875691500e-4f);

  r = fma_floats (n, spread_float (2.12194440e-4f), r);
  p = fma_floats (p, r, spread_float (1.3981999507e-3f));
  p = fma_floats (p, r, spread_float (8.3334519073e-3f));
  p = fma_floats (p, r, spread_float (4.1665795894e-2f));
  p = fma_floats (p, r, spread_float (1.6666665459e-1f));
  p = fma_floats (p, r, spread_float (5.0000001201e-1f));
  p = fma_floats (p, r * r, r + spread_float (1.0f));
  return zero_below (x, -87.3f, power_of_two (p, n));
}

INLINE Floats
sigmoid (Floats x)
{
  return spread_float (1.0f) / (spread_float (1.0f) + exponential (-x));
}

/* Applies a function to a row whose end does not fill a vector. */
#define DEFINE_MAP(name, parameters, second, expression)                                                  \
  static void name parameters                                                                             \
  {                                                                                                       \
    for (gsize i = 0; i < n; i += LANES) {                                                                \
      gsize count = MIN (LANES, n - i);                                                                   \
      Floats v = load_some (x + i, count);                                                                \
      Floats u = load_some (second + i, count);                                                           \
                                                                                                          \
      store_some (x + i, expression, count);                                                              \
      (void) u;                                                                                           \
    }                                                                                                     \
  }

INLINE Floats
load_some (const float *src, gsize count)
{
  float padded[LANES] = { 0.0f };

  if (count == LANES)
    return load_floats (src);
  memcpy (padded, src, count * sizeof (float));
  return load_floats (padded);
}

INLINE void
store_some (float *dst, Floats v, gsize count)
{
  float padded[LANES];

  if (count == LANES) {
    store_floats (dst, v);
    return;
  }
  store_floats (padded, v);
  memcpy (dst, padded, count * sizeof (float));
}

DEFINE_MAP (silu_multiply, (float *x, const float *up, gsize n), up, v * sigmoid (v) * u)
DEFINE_MAP (quick_gelu, (float *x, gsize n), x, v * sigmoid (v * spread_float (1.702f)))
DEFINE_MAP (tanh_gelu, (float *x, gsize n), x,
            v * sigmoid (v * spread_float (1.59576912f) * fma_floats (v * v, spread_float (0.044715f), spread_float (1.0f))))

static void
softmax (float *x, gsize n)
{
  float max = x[0], sum, lanes[LANES];
  Floats sums = spread_float (0.0f), largest = spread_float (x[0]);
  gsize whole = n / LANES * LANES;

  for (gsize i = 0; i < whole; i += LANES)
    largest = max_floats (largest, load_floats (x + i));
  store_floats (lanes, largest);
  for (int i = 0; i < LANES; i++)
    max = lanes[i] > max ? lanes[i] : max;
  for (gsize i = whole; i < n; i++)
    max = x[i] > max ? x[i] : max;
  for (gsize i = 0; i < whole; i += LANES) {
    Floats e = exponential (load_floats (x + i) - spread_float (max));

    store_floats (x + i, e);
    sums = sums + e;
  }
  store_floats (lanes, sums);
  sum = lanes[0];
  for (int i = 1; i < LANES; i++)
    sum += lanes[i];
  if (whole < n) {
    Floats e = exponential (load_some (x + whole, n - whole) - spread_float (max));

    store_some (x + whole, e, n - whole);
    for (gsize i = whole; i < n; i++)
      sum += x[i];
  }
  for (gsize i = 0; i < n; i += LANES) {
    gsize count = MIN (LANES, n - i);

    store_some (x + i, load_some (x + i, count) / spread_float (sum), count);
  }
}

/* Sums in double precision, sixteen at a time, which the compiler turns into vectors. */
INLINE double
sum_squares (const float *x, gsize n, double centre)
{
  double sums[16] = { 0.0 }, sum = 0.0;
  gsize i = 0;

  for (; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++)
      sums[j] += ((double) x[i + j] - centre) * ((double) x[i + j] - centre);
  for (; i < n; i++)
    sum += ((double) x[i] - centre) * ((double) x[i] - centre);
  for (int j = 0; j < 16; j++)
    sum += sums[j];
  return sum;
}

INLINE double
sum_values (const float *x, gsize n)
{
  double sums[16] = { 0.0 }, sum = 0.0;
  gsize i = 0;

  for (; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++)
      sums[j] += (double) x[i + j];
  for (; i < n; i++)
    sum += (double) x[i];
  for (int j = 0; j < 16; j++)
    sum += sums[j];
  return sum;
}

static void
layer_norm (const float *x, gsize width, const float *weight, const float *bias, float eps, float *y)
{
  double mean = sum_values (x, width) / (double) width;
  float centre = (float) mean, scale = (float) (1.0 / sqrt (sum_squares (x, width, mean) / (double) width + (double) eps));

  for (gsize i = 0; i < width; i++)
    y[i] = (x[i] - centre) * scale * weight[i] + bias[i];
}

static void
rms_norm (const float *x, gsize width, const float *weight, float eps, float *y)
{
  float scale = (float) (1.0 / sqrt (sum_squares (x, width, 0.0) / (double) width + (double) eps));

  for (gsize i = 0; i < width; i++)
    y[i] = weight[i] * (x[i] * scale);
}
