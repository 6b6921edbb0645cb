/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/mix.h"

#include <string.h>

/* File type numbers of the GGUF world. */
static const struct {
  OwlMix mix;
  const char *name;
  OwlType base;
  guint32 file_type;
} mixes[] = {
  { OWL_MIX_F32, "f32", OWL_TYPE_F32, 0 },          { OWL_MIX_F16, "f16", OWL_TYPE_F16, 1 },
  { OWL_MIX_BF16, "bf16", OWL_TYPE_BF16, 32 },      { OWL_MIX_Q8_0, "q8_0", OWL_TYPE_Q8_0, 7 },
  { OWL_MIX_Q4_0, "q4_0", OWL_TYPE_Q4_0, 2 },       { OWL_MIX_Q4_K_M, "q4_k_m", OWL_TYPE_Q4_K, 15 },
  { OWL_MIX_Q5_K_M, "q5_k_m", OWL_TYPE_Q5_K, 17 },  { OWL_MIX_Q6_K, "q6_k", OWL_TYPE_Q6_K, 18 },
};

gboolean
owl_mix_from_name (const char *name, OwlMix *mix)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mixes); i++)
    if (g_ascii_strcasecmp (mixes[i].name, name) == 0) {
      *mix = mixes[i].mix;
      return TRUE;
    }
  return FALSE;
}

const char *
owl_mix_get_name (OwlMix mix)
{
  return mix == OWL_MIX_AS_STORED ? "as stored" : mixes[mix - OWL_MIX_F32].name;
}

gboolean
owl_mix_is_quantised (OwlMix mix)
{
  return mix != OWL_MIX_AS_STORED && owl_type_is_quantised (mixes[mix - OWL_MIX_F32].base);
}

guint32
owl_mix_get_file_type (OwlMix mix)
{
  return mix == OWL_MIX_AS_STORED ? 0 : mixes[mix - OWL_MIX_F32].file_type;
}

OwlMix
owl_mix_from_file_type (gint64 file_type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mixes); i++)
    if (mixes[i].file_type == file_type)
      return mixes[i].mix;
  return OWL_MIX_AS_STORED;
}

OwlMix
owl_mix_from_type (OwlType type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mixes); i++)
    if (mixes[i].base == type)
      return mixes[i].mix;
  return OWL_MIX_AS_STORED;
}

/* The _M mixes store values and the second half of the feed-forward part better in the first and last eighth of the layers, and in every third
 * one between. */
static gboolean
takes_more_bits (const char *name, int n_blocks)
{
  const char *part = strstr (name, "blk.");
  int eighth = n_blocks / 8;
  gint64 block;

  if (!part || !(strstr (part, ".attn_v.") || strstr (part, ".attn_qkv.") || strstr (part, ".cross_attn_v.") || strstr (part, ".ffn_down.")))
    return FALSE;
  block = g_ascii_strtoll (part + strlen ("blk."), NULL, 10);
  return block < eighth || block >= 7 * n_blocks / 8 || (block - eighth) % 3 == 2;
}

OwlType
owl_mix_choose (OwlMix mix, const char *name, int n_blocks, gboolean tied, gint64 row_length, OwlType *wanted)
{
  OwlType type = mixes[mix - OWL_MIX_F32].base;

  /* The output layer decides between words: it is never below six bits. */
  if (owl_mix_is_quantised (mix) && mix != OWL_MIX_Q8_0 &&
      (strcmp (name, "output.weight") == 0 || (tied && strcmp (name, "token_embd.weight") == 0)))
    type = OWL_TYPE_Q6_K;
  if ((mix == OWL_MIX_Q4_K_M || mix == OWL_MIX_Q5_K_M) && takes_more_bits (name, n_blocks))
    type = OWL_TYPE_Q6_K;
  if (wanted)
    *wanted = type;
  if (owl_type_row_size (type, row_length) == 0)
    type = OWL_TYPE_Q8_0;
  if (owl_type_row_size (type, row_length) == 0)
    type = OWL_TYPE_F16;
  return type;
}

gboolean
owl_mix_applies (const char *name, int n_dims)
{
  return n_dims == 2 && g_str_has_suffix (name, ".weight") && !strstr (name, "norm") && !strstr (name, "position_embd") &&
         !strstr (name, "proj_crop_");
}
