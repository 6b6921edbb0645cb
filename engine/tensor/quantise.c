/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/quantise.h"

#include "tensor/quantise-k.h"

#include <math.h>
#include <string.h>

#define BLOCK 32

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

typedef void (*BlockFunc) (const float *x, guint8 *block);

static BlockFunc
find_block_func (OwlType type)
{
  switch (type) {
  case OWL_TYPE_Q4_0:
    return quantise_q4_0;
  case OWL_TYPE_Q8_0:
    return quantise_q8_0;
  case OWL_TYPE_Q4_K:
    return owl_quantise_q4_k;
  case OWL_TYPE_Q5_K:
    return owl_quantise_q5_k;
  case OWL_TYPE_Q6_K:
    return owl_quantise_q6_k;
  case OWL_TYPE_Q4_1:
  case OWL_TYPE_Q5_0:
  case OWL_TYPE_Q5_1:
  case OWL_TYPE_F32:
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
  default:
    return NULL;
  }
}

gboolean
owl_quantise_is_supported (OwlType type)
{
  return find_block_func (type) != NULL;
}

void
owl_quantise (OwlType type, const float *src, void *dst, gsize n)
{
  const BlockFunc func = find_block_func (type);
  const gsize length = owl_type_block_length (type), size = owl_type_block_size (type);
  guint8 *block = dst;

  g_return_if_fail (func != NULL && n % length == 0);
  for (; n > 0; n -= length, src += length, block += size)
    func (src, block);
}
