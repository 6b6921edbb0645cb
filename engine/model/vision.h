/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "model/trace.h"
#include "model/weights.h"

G_BEGIN_DECLS

/* f_V and f_K: the ViT encoder and the visual abstractor, from `vision.gguf`.
 * Sources: arXiv 2304.14178 section 3; modeling_mplug_owl.py of the published code. */

typedef struct {
  OwlNorm ln1, ln2;
  OwlLinear q, k, v, out, up, down;
} OwlVitLayer;

typedef struct {
  OwlNorm norm, kv_norm;        /* norm1, normk */
  OwlLinear q, k, v, out;       /* cross attention */
  OwlNorm ffn_norm;             /* norm2 */
  OwlLinear gate, up;           /* w1, w3 */
  OwlNorm ffn_sub_norm;         /* ffn_ln */
  OwlLinear down;               /* w2 */
} OwlAbstractorLayer;

typedef struct {
  OwlGguf *file;
  GPtrArray *owned;
  gboolean borrows_encoder; /* the layers are another's: see owl_vision_open_abstractor */

  int image_size, patch_size, n_patches; /* n_patches: in all */
  int width, n_heads, n_layers, ffn_width;
  float eps;
  float mean[3], std[3];
  const float *class_embedding;    /* [width] */
  const float *position_embedding; /* [n_patches + 1, width] */
  OwlLinear patch;                 /* [width, 3 · patch²] */
  OwlNorm pre_norm, post_norm;
  OwlVitLayer *layers;

  int n_queries, n_abstractor_heads, n_abstractor_layers;
  float abstractor_eps; /* of ffn_sub_norm */
  const float *queries; /* [n_queries, width] */
  OwlAbstractorLayer *abstractor;
  const float *crop_rows, *crop_columns; /* UReader: what a tile's place adds, [n_crop_positions, width]; else NULL */
  int n_crop_positions;
  OwlLinear project;     /* visual_fc: [out_width, width] */
  const float *image_end; /* vit_eos [out_width] */
  int out_width;         /* the decoder's width */
} OwlVision;

/* Opens and checks; the caller frees. */
OwlVision *owl_vision_open (const char *path, GError **error);
/* The encoder of `base` with the abstractor of another file, which holds the `v.proj*` tensors and `v.token_embd.img_end`: what stage 2 trains
 * beside an adapter. It must have as many queries and the same width as the one of `base`, which must outlive it. The caller frees. */
OwlVision *owl_vision_open_abstractor (const OwlVision *base, const char *path, GError **error);
void owl_vision_free (OwlVision *vision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlVision, owl_vision_free)

/* Rows of visual tokens of one picture: n_queries + 1. */
int owl_vision_get_n_tokens (const OwlVision *vision);

/* Whether the weights were trained on pages in tiles, and so tell their places apart. */
gboolean owl_vision_has_crop_positions (const OwlVision *vision);

/* pixel_values [3, image_size, image_size] → tokens [n_queries + 1, out_width]. `row` and `column` are the tile's place, or
 * OWL_OVERVIEW_POSITION for a whole picture; weights without crop positions ignore them. `progress` (may be NULL) is called with 0..1 after each layer.
 * FALSE when cancelled. Scratch for activations comes from the heap once per call. */
gboolean owl_vision_encode (const OwlVision *vision, OwlPool *pool, const float *pixel_values, int row, int column, float *tokens,
                            OwlTrace *trace, void (*progress) (double fraction, gpointer data), gpointer data,
                            GCancellable *cancellable);

G_END_DECLS
