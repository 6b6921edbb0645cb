/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/types.h"

#include "tensor/dequantise.h"
#include "tensor/pack.h"
#include "tensor/quantise.h"

#include <string.h>

typedef struct {
  OwlType type;
  const char *name;
  gsize block_length;
  gsize block_size;
} TypeInfo;

static const TypeInfo type_infos[] = {
  { OWL_TYPE_F32, "f32", 1, 4 },       { OWL_TYPE_F16, "f16", 1, 2 },       { OWL_TYPE_BF16, "bf16", 1, 2 },
  { OWL_TYPE_Q4_0, "q4_0", 32, 18 },   { OWL_TYPE_Q4_1, "q4_1", 32, 20 },   { OWL_TYPE_Q5_0, "q5_0", 32, 22 },
  { OWL_TYPE_Q5_1, "q5_1", 32, 24 },   { OWL_TYPE_Q8_0, "q8_0", 32, 34 },   { OWL_TYPE_Q4_K, "q4_k", 256, 144 },
  { OWL_TYPE_Q5_K, "q5_k", 256, 176 }, { OWL_TYPE_Q6_K, "q6_k", 256, 210 },
};

static const TypeInfo *
find_type (guint32 type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (type_infos); i++) {
    if ((guint32) type_infos[i].type == type)
      return &type_infos[i];
  }
  return NULL;
}

gboolean
owl_type_is_known (guint32 type)
{
  return find_type (type) != NULL;
}

const char *
owl_type_name (OwlType type)
{
  const TypeInfo *info = find_type (type);
  return info != NULL ? info->name : NULL;
}

gboolean
owl_type_from_name (const char *name, OwlType *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (type_infos); i++) {
    if (g_ascii_strcasecmp (type_infos[i].name, name) == 0) {
      *type = type_infos[i].type;
      return TRUE;
    }
  }
  return FALSE;
}

gsize
owl_type_block_length (OwlType type)
{
  const TypeInfo *info = find_type (type);
  g_return_val_if_fail (info != NULL, 1);
  return info->block_length;
}

gsize
owl_type_block_size (OwlType type)
{
  const TypeInfo *info = find_type (type);
  g_return_val_if_fail (info != NULL, 1);
  return info->block_size;
}

gsize
owl_type_row_size (OwlType type, gint64 n)
{
  const TypeInfo *info = find_type (type);
  gsize size;

  if (info == NULL || n <= 0 || (guint64) n % info->block_length != 0 ||
      !g_size_checked_mul (&size, (guint64) n / info->block_length, info->block_size))
    return 0;
  return size;
}

gboolean
owl_type_is_quantised (OwlType type)
{
  const TypeInfo *info = find_type (type);
  return info != NULL && info->block_length > 1;
}

static inline float
float_from_bits (guint32 bits)
{
  float f;
  memcpy (&f, &bits, sizeof f);
  return f;
}

static inline guint32
bits_from_float (float f)
{
  guint32 bits;
  memcpy (&bits, &f, sizeof bits);
  return bits;
}

/* Written without branches, so that the loops below become vector code. Normal numbers need their exponent moved by 112,
 * infinities and NaNs by twice that. A subnormal m * 2^-24 is what is left when 2^-14 is taken from 2^-14 * (1 + m / 1024). */
static inline float
f16_to_f32 (guint16 h)
{
  const guint32 sign = (guint32) (h & 0x8000) << 16;
  const guint32 magnitude = (guint32) (h & 0x7fff) << 13;
  const guint32 special = magnitude >= 0x0f800000 ? 112u << 23 : 0;
  const guint32 normal = magnitude + (112u << 23) + special;
  const guint32 subnormal = bits_from_float (float_from_bits (magnitude + 0x38800000) - 0x1p-14f);

  return float_from_bits (sign | (magnitude < 0x00800000 ? subnormal : normal));
}

static inline guint16
f32_to_f16 (float f)
{
  const guint32 bits = bits_from_float (f);
  const guint32 sign = bits >> 16 & 0x8000;
  const guint32 magnitude = bits & 0x7fffffff;
  const guint32 nan = 0x7e00 | (magnitude >> 13 & 0x1ff);
  const guint32 normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  /* Adding 1/2 makes the unit in the last place 2^-24, that of float16 subnormals: the addition rounds. */
  const guint32 subnormal = bits_from_float (float_from_bits (magnitude) + 0.5f) - 0x3f000000;
  guint32 result = magnitude < 0x38800000 ? subnormal : normal;

  result = magnitude >= 0x477ff000 ? 0x7c00 : result;
  result = magnitude > 0x7f800000 ? nan : result;
  return (guint16) (sign | result);
}

static inline float
bf16_to_f32 (guint16 h)
{
  return float_from_bits ((guint32) h << 16);
}

static inline guint16
f32_to_bf16 (float f)
{
  const guint32 bits = bits_from_float (f);
  const guint32 rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const guint32 nan = bits >> 16 | 0x40;

  return (guint16) ((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

float
owl_f16_to_f32 (guint16 h)
{
  return f16_to_f32 (h);
}

guint16
owl_f32_to_f16 (float f)
{
  return f32_to_f16 (f);
}

float
owl_bf16_to_f32 (guint16 h)
{
  return bf16_to_f32 (h);
}

guint16
owl_f32_to_bf16 (float f)
{
  return f32_to_bf16 (f);
}

/* Checkpoints hold tensors at any byte: a safetensors header can have an odd length. */
static guint16
load_half (const void *values, gsize i)
{
  guint16 half;

  memcpy (&half, (const guint8 *) values + i * sizeof half, sizeof half);
  return half;
}

void
owl_type_to_f32 (OwlType type, const void *src, float *dst, gsize n)
{
  if (type == OWL_TYPE_F32) {
    memcpy (dst, src, n * sizeof *dst);
  } else if (type == OWL_TYPE_F16) {
    for (gsize i = 0; i < n; i++)
      dst[i] = f16_to_f32 (load_half (src, i));
  } else if (type == OWL_TYPE_BF16) {
    for (gsize i = 0; i < n; i++)
      dst[i] = bf16_to_f32 (load_half (src, i));
  } else {
    owl_dequantise (type, src, dst, n);
  }
}

void
owl_type_from_f32 (OwlType type, const float *src, void *dst, gsize n)
{
  if (type == OWL_TYPE_F32) {
    memcpy (dst, src, n * sizeof *src);
  } else if (type == OWL_TYPE_F16) {
    guint16 *half = dst;
    for (gsize i = 0; i < n; i++)
      half[i] = f32_to_f16 (src[i]);
  } else if (type == OWL_TYPE_BF16) {
    guint16 *half = dst;
    for (gsize i = 0; i < n; i++)
      half[i] = f32_to_bf16 (src[i]);
  } else {
    owl_quantise (type, src, dst, n);
  }
}

gint64
owl_tensor_n_values (const OwlTensor *tensor)
{
  return tensor->ne[0] * owl_tensor_n_rows (tensor);
}

gint64
owl_tensor_n_rows (const OwlTensor *tensor)
{
  return tensor->ne[1] * tensor->ne[2] * tensor->ne[3];
}

void
owl_tensor_row_f32 (const OwlTensor *tensor, gint64 row, float *dst)
{
  const gsize row_size = owl_type_row_size (tensor->type, tensor->ne[0]);

  if (tensor->packed) {
    owl_packed_row_f32 (tensor->type, tensor->data, (gsize) row, dst, (gsize) tensor->ne[0]);
    return;
  }
  owl_type_to_f32 (tensor->type, (const guint8 *) tensor->data + (gsize) row * row_size, dst, (gsize) tensor->ne[0]);
}
