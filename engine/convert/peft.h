/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "convert/plan.h"

G_BEGIN_DECLS

/* A PEFT adapter folder (adapter_config.json, adapter_model.bin or .safetensors), its layers under their GGUF names. */
typedef struct {
  char *target; /* "blk.0.attn_q.weight" */
  const OwlCheckpointTensor *a, *b; /* [rank, in], [out, rank] */
  OwlRowMap rows;                   /* output row of the model file → row of b */
} OwlPeftLayer;

typedef struct {
  OwlCheckpoint *checkpoint;
  double alpha;
  GPtrArray *layers; /* OwlPeftLayer */
} OwlPeft;

/* `bloom`, heads: of the base the adapter is for. */
OwlPeft *owl_peft_open (const char *folder, gboolean bloom, int n_heads, int n_kv_heads, GError **error);
void owl_peft_free (OwlPeft *peft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlPeft, owl_peft_free)

G_END_DECLS
