/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tensor/types.h"

G_BEGIN_DECLS

/* What a whole file is stored as. A mix gives most matrices one type and the few that errors hurt most a better one, by the rules of llama.cpp
 * for the mix of that name. */
typedef enum {
  OWL_MIX_AS_STORED,
  OWL_MIX_F32,
  OWL_MIX_F16,
  OWL_MIX_BF16,
  OWL_MIX_Q8_0,
  OWL_MIX_Q4_0,
  OWL_MIX_Q4_K_M,
  OWL_MIX_Q5_K_M,
  OWL_MIX_Q6_K,
} OwlMix;

/* The names that `owl convert --type` and `owl quantize` take, for messages. */
#define OWL_MIX_NAMES "f32, f16, bf16, q8_0, q6_k, q5_k_m, q4_k_m, q4_0"

/* FALSE when `name` is none of these. */
gboolean owl_mix_from_name (const char *name, OwlMix *mix);
/* "q4_k_m"; "as stored" for OWL_MIX_AS_STORED. */
const char *owl_mix_get_name (OwlMix mix);
gboolean owl_mix_is_quantised (OwlMix mix);

/* Type of the matrix `name` ("blk.3.attn_v.weight") with rows of `row_length` values, of a file with `n_blocks` layers of that kind; `tied`: there is
 * no output.weight, the embedding stands for it. Rows that do not fill the blocks of a type take a better one: Q8_0 instead of a K type, F16
 * instead of that. Not for OWL_MIX_AS_STORED. `wanted` (may be NULL) gets the type without regard to the row's length. */
OwlType owl_mix_choose (OwlMix mix, const char *name, int n_blocks, gboolean tied, gint64 row_length, OwlType *wanted);

/* The number in `general.file_type`, and the mix that it stands for (OWL_MIX_AS_STORED when unknown). */
guint32 owl_mix_get_file_type (OwlMix mix);
OwlMix owl_mix_from_file_type (gint64 file_type);
/* The mix of a file all of whose matrices have one type. */
OwlMix owl_mix_from_type (OwlType type);

/* TRUE for a matrix of a linear layer or an embedding, which the mix decides about; everything else (norms, biases, positions, queries,
 * the patch convolution) keeps its type. */
gboolean owl_mix_applies (const char *name, int n_dims);

G_END_DECLS
