/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/resize.h"

#include <math.h>
#include <string.h>

#define WEIGHT_BITS 22
/* A weight is split as high * 2^15 + low with 0 <= low < 2^15: products of 16-bit numbers are what every
 * x86-64 processor multiplies eight at a time. Sums of up to CHUNK products low * pixel stay below 2^31. */
#define LOW_BITS 15
#define CHUNK 256

/* Which source positions make up each destination position, and with which weights. */
typedef struct {
  int n_max;    /* most taps of one position */
  int *first;   /* [n] first source position */
  int *count;   /* [n] number of taps */
  gint16 *high; /* [n, n_max] */
  gint16 *low;  /* [n, n_max] */
} Taps;

static double
bicubic (double x)
{
  const double a = -0.5;

  x = fabs (x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0)
    return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

static void
taps_clear (Taps *taps)
{
  g_clear_pointer (&taps->first, g_free);
  g_clear_pointer (&taps->count, g_free);
  g_clear_pointer (&taps->high, g_free);
  g_clear_pointer (&taps->low, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Taps, taps_clear)

static void
taps_init (Taps *taps, int n_src, int n_dst)
{
  double scale = (double) n_src / n_dst;
  double widen = MAX (scale, 1.0);
  double reach = 2.0 * widen;
  g_autofree double *weights = NULL;

  taps->n_max = MIN ((int) ceil (reach) * 2 + 1, n_src);
  taps->first = g_new (int, n_dst);
  taps->count = g_new (int, n_dst);
  taps->high = g_malloc_n ((gsize) n_dst * sizeof (gint16), taps->n_max);
  taps->low = g_malloc_n ((gsize) n_dst * sizeof (gint16), taps->n_max);
  weights = g_new (double, taps->n_max);

  for (int i = 0; i < n_dst; i++) {
    double centre = (i + 0.5) * scale;
    int first = MAX ((int) (centre - reach + 0.5), 0);
    int count = MIN (MIN ((int) (centre + reach + 0.5), n_src) - first, taps->n_max);
    gint16 *high = taps->high + (gsize) i * (gsize) taps->n_max;
    gint16 *low = taps->low + (gsize) i * (gsize) taps->n_max;
    double sum = 0.0;

    for (int t = 0; t < count; t++) {
      weights[t] = bicubic ((first + t - centre + 0.5) * (1.0 / widen));
      sum += weights[t];
    }
    for (int t = 0; t < count; t++) {
      double weight = (sum != 0.0 ? weights[t] / sum : weights[t]) * (1 << WEIGHT_BITS);
      int fixed = (int) (weight < 0.0 ? weight - 0.5 : weight + 0.5);

      high[t] = (gint16) (fixed >> LOW_BITS);
      low[t] = (gint16) (fixed & ((1 << LOW_BITS) - 1));
    }
    taps->first[i] = first;
    taps->count[i] = count;
  }
}

static inline guint8
round_and_clip (gint64 sum)
{
  gint64 value = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;

  return (guint8) CLAMP (value, 0, 255);
}

static inline gint64
weighted_sum (const gint16 *values, const gint16 *high, const gint16 *low, int count)
{
  gint64 sum = 0;

  for (int start = 0; start < count; start += CHUNK) {
    int end = MIN (start + CHUNK, count);
    int sum_high = 0, sum_low = 0;

    for (int t = start; t < end; t++) {
      sum_high += values[t] * high[t];
      sum_low += values[t] * low[t];
    }
    sum += (gint64) sum_high * (1 << LOW_BITS) + sum_low;
  }
  return sum;
}

/* One row; `planes` is scratch [3, n_src]. */
static void
resize_row (const guint8 *src, int n_src, guint8 *dst, int n_dst, const Taps *taps, gint16 *planes)
{
  gint16 *red = planes, *green = planes + n_src, *blue = planes + (gsize) 2 * (gsize) n_src;

  for (int x = 0; x < n_src; x++) {
    red[x] = src[3 * (gsize) x];
    green[x] = src[3 * (gsize) x + 1];
    blue[x] = src[3 * (gsize) x + 2];
  }
  for (int x = 0; x < n_dst; x++) {
    const gint16 *high = taps->high + (gsize) x * (gsize) taps->n_max;
    const gint16 *low = taps->low + (gsize) x * (gsize) taps->n_max;
    int first = taps->first[x], count = taps->count[x];

    dst[3 * (gsize) x] = round_and_clip (weighted_sum (red + first, high, low, count));
    dst[3 * (gsize) x + 1] = round_and_clip (weighted_sum (green + first, high, low, count));
    dst[3 * (gsize) x + 2] = round_and_clip (weighted_sum (blue + first, high, low, count));
  }
}

/* One destination row from `count` rows; `sums` is scratch [n]. */
static void
combine_rows (const guint8 *const *rows, const gint16 *high, const gint16 *low, int count, gint32 *sums,
              guint8 *dst, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sums[i] = 1 << (WEIGHT_BITS - 1);
  for (int t = 0; t < count; t++) {
    const guint8 *row = rows[t];
    gint16 h = high[t], l = low[t];

    /* The whole sum stays in 32 bits: the weights add up to 2^22 and their magnitudes to less than 2^23. */
    for (gsize i = 0; i < n; i++)
      sums[i] += (gint16) row[i] * h * (1 << LOW_BITS) + (gint16) row[i] * l;
  }
  for (gsize i = 0; i < n; i++) {
    gint32 value = sums[i] >> WEIGHT_BITS;

    dst[i] = (guint8) CLAMP (value, 0, 255);
  }
}

void
owl_resize (const guint8 *src, int src_width, int src_height, guint8 *dst, int dst_width, int dst_height)
{
  gsize src_stride = (gsize) src_width * 3, dst_stride = (gsize) dst_width * 3;
  g_auto (Taps) across = { 0 }, down = { 0 };
  g_autofree gint16 *planes = NULL;
  g_autofree gint32 *sums = NULL;
  g_autofree guint8 *ring = NULL; /* the rows after the horizontal pass that the next destination row needs */
  g_autofree const guint8 **rows = NULL;
  int n_done = 0; /* source rows that went through the horizontal pass */

  if (src_width != dst_width) {
    taps_init (&across, src_width, dst_width);
    planes = g_new (gint16, src_stride);
  }
  if (src_height == dst_height) {
    for (int y = 0; y < dst_height; y++) {
      const guint8 *row = src + (gsize) y * src_stride;

      if (planes)
        resize_row (row, src_width, dst + (gsize) y * dst_stride, dst_width, &across, planes);
      else
        memcpy (dst + (gsize) y * dst_stride, row, dst_stride);
    }
    return;
  }

  taps_init (&down, src_height, dst_height);
  rows = g_new (const guint8 *, down.n_max);
  sums = g_new (gint32, dst_stride);
  if (planes)
    ring = g_malloc_n (dst_stride, down.n_max);

  for (int y = 0; y < dst_height; y++) {
    int first = down.first[y], count = down.count[y];
    const gint16 *high = down.high + (gsize) y * (gsize) down.n_max;
    const gint16 *low = down.low + (gsize) y * (gsize) down.n_max;

    if (planes) {
      for (n_done = MAX (n_done, first); n_done < first + count; n_done++)
        resize_row (src + (gsize) n_done * src_stride, src_width,
                    ring + (gsize) (n_done % down.n_max) * dst_stride, dst_width, &across, planes);
    }
    for (int t = 0; t < count; t++)
      rows[t] = planes ? ring + (gsize) ((first + t) % down.n_max) * dst_stride
                       : src + (gsize) (first + t) * src_stride;
    combine_rows (rows, high, low, count, sums, dst + (gsize) y * dst_stride, dst_stride);
  }
}
