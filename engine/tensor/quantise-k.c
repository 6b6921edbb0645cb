/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/quantise-k.h"

#include <math.h>
#include <string.h>

/* A block of 256 values shares float16 scales; its groups of 16 (Q6_K) or 32 (Q4_K, Q5_K) have small integer scales of their own. Rounding is
 * a search: which steps a group is cut into decides the error, and the largest value alone is a poor guide. So several steps around
 * the obvious one are tried; each fixes the integers, for which the best scale follows by least squares. */

#define BLOCK 256
#define GROUP 32
#define N_GROUPS 8
#define SMALL_GROUP 16
#define N_SMALL_GROUPS 16
/* Below this a group counts as zeros: float16 could not hold its scale. */
#define NOTHING 1e-15f

static guint16
put_f16 (guint8 *p, float value)
{
  guint16 half = owl_f32_to_f16 (value), stored = GUINT16_TO_LE (half);

  memcpy (p, &stored, sizeof stored);
  return half;
}

/* Nearest integer of a value below 2^22, between `least` and `most`, in arithmetic that becomes vector code. */
static inline float
clamp_nearest (float value, float least, float most)
{
  float rounded = (value + 12582912.0f) - 12582912.0f;

  rounded = rounded < least ? least : rounded;
  return rounded > most ? most : rounded;
}

static inline int
nearest_int (float value, int least, int most)
{
  return (int) clamp_nearest (value, (float) least, (float) most);
}

/* How much an error of each value counts: large values decide products, and even zeros count a little. */
static void
weigh (const float x[GROUP], float weight[GROUP])
{
  float sum = 0.0f, typical;

  for (int i = 0; i < GROUP; i++)
    sum += x[i] * x[i];
  typical = sqrtf (sum / GROUP);
  for (int i = 0; i < GROUP; i++)
    weight[i] = typical + fabsf (x[i]);
}

/* Sums over a group that least squares for x ≈ scale · q - min needs; those of w and w x are the same for all integers. */
typedef struct {
  float w, x, q, qq, qx;
} Sums;

/* Lanes are summed apart, so that the loops become vector code with a fixed order of additions. */
#define LANES 8

static float
add_lanes (const float lanes[LANES])
{
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

static void
sum_values (const float *x, const float *weight, Sums *s)
{
  float w[LANES] = { 0 }, wx[LANES] = { 0 };

  for (int i = 0; i < GROUP; i += LANES)
    for (int l = 0; l < LANES; l++) {
      w[l] += weight[i + l];
      wx[l] += weight[i + l] * x[i + l];
    }
  s->w = add_lanes (w);
  s->x = add_lanes (wx);
}

static void
sum_integers (const float *x, const float *weight, float inverse, float least, float n_steps, Sums *s)
{
  float wq[LANES] = { 0 }, wqq[LANES] = { 0 }, wqx[LANES] = { 0 };

  for (int i = 0; i < GROUP; i += LANES)
    for (int l = 0; l < LANES; l++) {
      float q = clamp_nearest (inverse * (x[i + l] - least), 0.0f, n_steps), t = weight[i + l] * q;

      wq[l] += t;
      wqq[l] += t * q;
      wqx[l] += t * x[i + l];
    }
  s->q = add_lanes (wq);
  s->qq = add_lanes (wqq);
  s->qx = add_lanes (wqx);
}

/* Scale and minimum (both ≥ 0) that fit the integers behind the sums best; returns how much of Σ w x² they leave out of the error. */
static float
fit (const Sums *s, float *scale, float *min)
{
  float determinant = s->w * s->qq - s->q * s->q, a, b;

  *scale = *min = 0.0f;
  if (determinant <= 0.0f)
    return -1.0f;
  a = (s->w * s->qx - s->x * s->q) / determinant;
  b = (s->qq * s->x - s->q * s->qx) / determinant;
  if (b > 0.0f) { /* the minimum is subtracted: it cannot lift a group that lies above zero */
    b = 0.0f;
    a = s->qx / s->qq;
  }
  if (!(a > 0.0f))
    return -1.0f;
  *scale = a;
  *min = -b;
  /* Σ w x² - Σ w (x - a q - b)² */
  return 2.0f * a * s->qx + 2.0f * b * s->x - a * a * s->qq - 2.0f * a * b * s->q - b * b * s->w;
}

/* Best scale and minimum of a group cut into n_steps steps. */
static void
search_group (const float x[GROUP], const float weight[GROUP], int n_steps, float *scale, float *min)
{
  float least = 0.0f, most = x[0], best;
  Sums sums;

  for (int i = 0; i < GROUP; i++) {
    least = fminf (least, x[i]);
    most = fmaxf (most, x[i]);
  }
  *scale = 0.0f;
  *min = -least;
  if (most - least < NOTHING)
    return;
  best = -INFINITY;
  sum_values (x, weight, &sums);
  for (int try = -10; try <= 10; try++) {
    float a, b, gain;

    sum_integers (x, weight, ((float) n_steps + 0.1f * (float) try) / (most - least), least, (float) n_steps, &sums);
    gain = fit (&sums, &a, &b);
    if (a > 0.0f && gain > best) {
      best = gain;
      *scale = a;
      *min = b;
    }
  }
  if (*scale > 0.0f)
    return;
  *scale = (most - least) / (float) n_steps;
}

/* Packs eight 6-bit scales and eight 6-bit minima into 12 bytes. */
static void
pack_scales (const int scale[N_GROUPS], const int min[N_GROUPS], guint8 packed[12])
{
  for (int j = 0; j < 4; j++) {
    packed[j] = (guint8) (scale[j] | (scale[j + 4] >> 4) << 6);
    packed[j + 4] = (guint8) (min[j] | (min[j + 4] >> 4) << 6);
    packed[j + 8] = (guint8) ((scale[j + 4] & 15) | (min[j + 4] & 15) << 4);
  }
}

/* The float16 that scales integers up to `most` to reach the largest of the values, and the integers. */
static float
round_scales (const float values[N_GROUPS], int most, guint8 *half, int rounded[N_GROUPS])
{
  float largest = 0.0f, d;

  for (int j = 0; j < N_GROUPS; j++)
    largest = fmaxf (largest, values[j]);
  d = owl_f16_to_f32 (put_f16 (half, largest / (float) most));
  for (int j = 0; j < N_GROUPS; j++)
    rounded[j] = d > 0.0f ? nearest_int (values[j] / d, 0, most) : 0;
  return d;
}

/* Header (scales, minima) of a Q4_K or Q5_K block, and its integers. The minima are rounded after the scales, to what fits them best. */
static void
quantise_groups (const float *x, int n_steps, guint8 *block, guint8 q[BLOCK])
{
  float weight[BLOCK], scale[N_GROUPS], min[N_GROUPS], d, d_min;
  int scales[N_GROUPS], mins[N_GROUPS];

  for (int j = 0; j < N_GROUPS; j++) {
    weigh (x + j * GROUP, weight + j * GROUP);
    search_group (x + j * GROUP, weight + j * GROUP, n_steps, &scale[j], &min[j]);
  }
  d = round_scales (scale, 63, block, scales);
  for (int j = 0; j < N_GROUPS; j++) {
    float step = d * (float) scales[j], inverse = step > 0.0f ? 1.0f / step : 0.0f;
    Sums s;

    sum_values (x + j * GROUP, weight + j * GROUP, &s);
    sum_integers (x + j * GROUP, weight + j * GROUP, inverse, -min[j], (float) n_steps, &s);
    if (s.w > 0.0f)
      min[j] = fmaxf (0.0f, (step * s.q - s.x) / s.w);
  }
  d_min = round_scales (min, 63, block + 2, mins);
  pack_scales (scales, mins, block + 4);
  for (int j = 0; j < N_GROUPS; j++) {
    float step = d * (float) scales[j], inverse = step > 0.0f ? 1.0f / step : 0.0f, offset = d_min * (float) mins[j];

    for (int i = j * GROUP; i < (j + 1) * GROUP; i++)
      q[i] = (guint8) nearest_int ((x[i] + offset) * inverse, 0, n_steps);
  }
}

void
owl_quantise_q4_k (const float *x, guint8 *block)
{
  guint8 q[BLOCK], *nibbles = block + 16;

  quantise_groups (x, 15, block, q);
  for (int pair = 0; pair < N_GROUPS / 2; pair++)
    for (int i = 0; i < GROUP; i++)
      nibbles[pair * GROUP + i] = (guint8) (q[pair * 64 + i] | q[pair * 64 + GROUP + i] << 4);
}

void
owl_quantise_q5_k (const float *x, guint8 *block)
{
  guint8 q[BLOCK], *high = block + 16, *nibbles = block + 48;

  quantise_groups (x, 31, block, q);
  memset (high, 0, GROUP);
  for (int j = 0; j < N_GROUPS; j++)
    for (int i = 0; i < GROUP; i++)
      high[i] |= (guint8) ((q[j * GROUP + i] >> 4) << j);
  for (int pair = 0; pair < N_GROUPS / 2; pair++)
    for (int i = 0; i < GROUP; i++)
      nibbles[pair * GROUP + i] = (guint8) ((q[pair * 64 + i] & 15) | (q[pair * 64 + GROUP + i] & 15) << 4);
}

/* Best signed scale of 16 values as integers from -32 to 31; the value of largest magnitude lies at the end that has 32 steps. */
static float
search_small_group (const float *x)
{
  float extreme = 0.0f, best = 0.0f, scale = 0.0f;

  for (int i = 0; i < SMALL_GROUP; i++)
    if (fabsf (x[i]) > fabsf (extreme))
      extreme = x[i];
  if (fabsf (extreme) < NOTHING)
    return 0.0f;
  for (int try = -9; try <= 9; try++) {
    float inverse = -(32.0f + 0.1f * (float) try) / extreme, wqq[LANES] = { 0 }, wqx[LANES] = { 0 }, qq, qx;

    for (int i = 0; i < SMALL_GROUP; i += LANES)
      for (int l = 0; l < LANES; l++) {
        float q = clamp_nearest (inverse * x[i + l], -32.0f, 31.0f), t = x[i + l] * x[i + l] * q;

        wqq[l] += t * q;
        wqx[l] += t * x[i + l];
      }
    qq = add_lanes (wqq);
    qx = add_lanes (wqx);
    /* With the best scale qx / qq the error is Σ w x² - qx² / qq. */
    if (qq > 0.0f && qx * qx > best * qq) {
      best = qx * qx / qq;
      scale = qx / qq;
    }
  }
  return scale;
}

void
owl_quantise_q6_k (const float *x, guint8 *block)
{
  guint8 *low = block, *high = block + 128, q[BLOCK];
  gint8 *scales = (gint8 *) block + 192;
  float scale[N_SMALL_GROUPS], extreme = 0.0f, d;

  for (int j = 0; j < N_SMALL_GROUPS; j++) {
    scale[j] = search_small_group (x + j * SMALL_GROUP);
    if (fabsf (scale[j]) > fabsf (extreme))
      extreme = scale[j];
  }
  d = owl_f16_to_f32 (put_f16 (block + 208, extreme / -128.0f));
  for (int j = 0; j < N_SMALL_GROUPS; j++) {
    float step, inverse;

    scales[j] = (gint8) (d != 0.0f ? nearest_int (scale[j] / d, -128, 127) : 0);
    step = d * (float) scales[j];
    inverse = step != 0.0f ? 1.0f / step : 0.0f;
    for (int i = j * SMALL_GROUP; i < (j + 1) * SMALL_GROUP; i++)
      q[i] = (guint8) (nearest_int (x[i] * inverse, -32, 31) + 32);
  }
  for (int half = 0; half < 2; half++) {
    const guint8 *h = q + half * 128;

    for (int i = 0; i < 32; i++) {
      low[half * 64 + i] = (guint8) ((h[i] & 15) | (h[i + 64] & 15) << 4);
      low[half * 64 + 32 + i] = (guint8) ((h[i + 32] & 15) | (h[i + 96] & 15) << 4);
      high[half * 32 + i] = (guint8) (h[i] >> 4 | (h[i + 32] >> 4) << 2 | (h[i + 64] >> 4) << 4 | (h[i + 96] >> 4) << 6);
    }
  }
}
