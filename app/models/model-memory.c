/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/models/model-memory.h"

/* What the app itself and the decoding of a picture need beside the model. */
#define EXTRA_BYTES (G_GUINT64_CONSTANT (400) << 20)
/* A block of 32 values in q8_0: a half-precision scale and 32 bytes. */
#define Q8_BYTES 34
#define Q8_VALUES 32

guint64
tyto_model_memory_needed (const OwlModelInfo *info, OwlKvType kv)
{
  /* info->kv_bytes is for the type that the model takes by itself: float32 for unquantised weights, float16 for others. */
  gboolean wide = g_str_equal (info->type, "f32") || g_str_equal (info->type, "f16") || g_str_equal (info->type, "bf16");
  guint64 values = info->kv_bytes / (wide ? 4 : 2), kv_bytes = info->kv_bytes;

  if (kv == OWL_KV_F32)
    kv_bytes = values * 4;
  else if (kv == OWL_KV_F16)
    kv_bytes = values * 2;
  else if (kv == OWL_KV_Q8_0)
    kv_bytes = values / Q8_VALUES * Q8_BYTES;
  return info->weight_bytes + kv_bytes + EXTRA_BYTES;
}
