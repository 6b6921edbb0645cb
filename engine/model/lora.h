/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "model/weights.h"

G_BEGIN_DECLS

/* Low-rank adapters, kept apart from the weights: y = Wx + strength · α/r · B(Ax). Source: arXiv 2106.09685; file layout of the
 * GGUF world (`adapter.type` = "lora"). */
typedef struct {
  OwlTensor a, b; /* {in, rank}, {rank, out}; a.data NULL: the layer is not changed */
  float scale;    /* α/r */
} OwlLoraPair;

typedef struct {
  OwlGguf *file;
  OwlLoraPair *pairs; /* by slot */
  int n_slots;
  int max_rank;
} OwlLora;

/* The adapters of a session with their strengths; entries are borrowed. */
typedef struct {
  gsize n;
  const OwlLora *const *loras;
  const float *strengths;
} OwlAdapterSet;

struct _OwlLoraTarget {
  const char *name; /* "blk.3.attn_q.weight" */
  const OwlLinear *linear;
};
typedef struct _OwlLoraTarget OwlLoraTarget;

/* Opens an adapter for a base whose changeable layers are `targets`; `architecture` is compared. A tensor that names no target or does
 * not fit it is an error that names the tensor. */
OwlLora *owl_lora_open (const char *path, const char *architecture, const OwlLoraTarget *targets, gsize n_targets, int n_slots,
                        GError **error);
void owl_lora_free (OwlLora *lora);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlLora, owl_lora_free)

/* Highest rank in the set; 0 when empty. */
int owl_adapter_set_max_rank (const OwlAdapterSet *set);

/* y = x Wᵀ + bias + Σ strength · scale · (x Aᵀ) Bᵀ. `scratch` [n, max rank]. */
gboolean owl_lora_linear (OwlPool *pool, const OwlLinear *linear, const OwlAdapterSet *set, const float *x, gsize n, float *y,
                          float *scratch, GCancellable *cancellable);

G_END_DECLS
