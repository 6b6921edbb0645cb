/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/pool.h"
#include "model/language.h"
#include "model/model.h"
#include "model/packing.h"
#include "model/vision.h"

G_BEGIN_DECLS

struct _OwlModel {
  gatomicrefcount references;
  char *path;   /* as opened */
  char *folder; /* where named adapters are looked for */
  OwlPool *pool;
  OwlTokenizer *tokenizer;
  OwlLanguage *language;
  OwlVision *vision;     /* NULL: text only */
  OwlPacking *packings[2]; /* their matrices; NULL: still in the files */
  guint8 vision_hash[32]; /* content of vision.gguf */
  const OwlAdapter *seeing; /* whose abstractor is used; borrowed; NULL: the model's own */
};

struct _OwlAdapter {
  gatomicrefcount references;
  OwlModel *model;
  OwlLora *lora;
  float strength;
  OwlVision *vision;      /* with the abstractor that was trained beside it; NULL: none */
  guint8 vision_hash[32]; /* content of its file */
};

/* Encoder and abstractor in use; NULL: text only. */
const OwlVision *owl_model_get_vision (const OwlModel *model);


struct _OwlVisual {
  gatomicrefcount references;
  guint8 key[32];
  GBytes *values; /* [n_positions, width] float32 */
  int n_positions;
};

/* `path` is a folder or one file; `folder` gets where it lies, `vision` NULL where there is none. */
gboolean owl_model_find_files (const char *path, char **folder, char **language, char **vision, GError **error);

const float *owl_visual_get_values (const OwlVisual *visual);

/* Packs the matrices of decoder and encoder, once. FALSE when cancelled. */
gboolean owl_model_pack (OwlModel *model, OwlProgress progress, gpointer user_data, GCancellable *cancellable, GError **error);

/* owl_model_encode with a look at the intermediate tensors. */
OwlVisual *owl_model_encode_traced (OwlModel *model, OwlPicture *picture, OwlDetail detail, OwlTrace *trace, OwlProgress progress,
                                    gpointer user_data, GCancellable *cancellable, GError **error);

G_END_DECLS
