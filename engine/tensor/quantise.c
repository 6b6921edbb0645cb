/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/quantise.h"

#include <math.h>
#include <string.h>

#define BLOCK 32
#define Q8_0_SIZE 34
#define Q4_0_SIZE 18

static void
put_scale (guint8 *block, float d)
{
  guint16 half = GUINT16_TO_LE (owl_f32_to_f16 (d));

  memcpy (block, &half, sizeof half);
}

static void
quantise_q8_0 (const float *x, guint8 *block)
{
  float max = 0.0f, d, inverse;

  for (int i = 0; i < BLOCK; i++)
    max = fmaxf (max, fabsf (x[i]));
  d = max / 127.0f;
  inverse = d != 0.0f ? 1.0f / d : 0.0f;
  put_scale (block, d);
  for (int i = 0; i < BLOCK; i++)
    block[2 + i] = (guint8) (gint8) roundf (x[i] * inverse);
}

static void
quantise_q4_0 (const float *x, guint8 *block)
{
  float extreme = 0.0f, d, inverse;

  for (int i = 0; i < BLOCK; i++)
    if (fabsf (x[i]) > fabsf (extreme))
      extreme = x[i];
  d = extreme / -8.0f;
  inverse = d != 0.0f ? 1.0f / d : 0.0f;
  put_scale (block, d);
  for (int i = 0; i < BLOCK / 2; i++) {
    int low = MIN (15, (int) (x[i] * inverse + 8.5f)), high = MIN (15, (int) (x[i + BLOCK / 2] * inverse + 8.5f));

    block[2 + i] = (guint8) (low | high << 4);
  }
}

gboolean
owl_quantise_is_supported (OwlType type)
{
  return type == OWL_TYPE_Q8_0 || type == OWL_TYPE_Q4_0;
}

void
owl_quantise (OwlType type, const float *src, void *dst, gsize n)
{
  guint8 *block = dst;

  g_return_if_fail (owl_quantise_is_supported (type) && n % BLOCK == 0);
  for (; n > 0; n -= BLOCK, src += BLOCK) {
    if (type == OWL_TYPE_Q8_0)
      quantise_q8_0 (src, block);
    else
      quantise_q4_0 (src, block);
    block += type == OWL_TYPE_Q8_0 ? Q8_0_SIZE : Q4_0_SIZE;
  }
}
