/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* Adapters that are baked into the weights while they are converted: W + α/r · B A. */
typedef struct _OwlMerge OwlMerge;

/* `path`: a PEFT folder or a .lora.gguf file. `n_heads`, `n_kv_heads`: of a LLaMA base, 0 for BLOOM (`bloom_heads` then). */
OwlMerge *owl_merge_open (const char *path, gboolean bloom, int n_heads, int n_kv_heads, GError **error);
void owl_merge_free (OwlMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlMerge, owl_merge_free)

/* Adds the change of output rows [row, row + n) of `name` ("blk.0.attn_q.weight") to `values` [n, in]; nothing if it has none. */
void owl_merge_add (const OwlMerge *merge, const char *name, gsize row, gsize n, gsize in, float *values);

/* An error that names a layer of the adapter that was not in the checkpoint or has another shape; `shape` looks up {in, out} of a layer. */
gboolean owl_merge_check (const OwlMerge *merge, gboolean (*shape) (const char *name, gsize *in, gsize *out, gpointer data), gpointer data,
                          GError **error);

G_END_DECLS
