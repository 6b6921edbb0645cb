/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "image/picture.h"
#include "text/tokenizer.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* A model folder in memory: decoder, and encoder with abstractor where `vision.gguf` is present.
 * Weights are views into read-only mappings; immutable after opening, so any number of sessions on any threads may share it. */
typedef struct _OwlModel OwlModel;

/* `fraction` 0..1. Called on the thread that makes the call. */
typedef void (*OwlProgress) (double fraction, gpointer user_data);

/* Opens a model folder, or one language GGUF alone (then without pictures).
 * `n_threads` 0 takes the number of physical cores. `progress` and `cancellable` may be NULL. */
OwlModel *owl_model_open (const char *path, int n_threads, OwlProgress progress, gpointer user_data,
                          GCancellable *cancellable, GError **error);
OwlModel *owl_model_ref (OwlModel *model);
void owl_model_unref (OwlModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlModel, owl_model_unref)

/* What a model is and what opening it would need, read from the headers alone: some milliseconds whatever the size. */
typedef struct {
  guint64 weight_bytes;  /* of all tensors */
  guint64 kv_bytes;      /* of the KV cache at the full context, in its default type */
  guint64 memory_bytes;  /* that a conversation takes at most: both, and working memory */
  guint64 disk_bytes;    /* of the model's files, adapters included */
  guint64 n_parameters;  /* vision included */
  int context_length;
  char architecture[16]; /* "llama" or "bloom" */
  char type[16];         /* what the decoder is stored as: a mix such as "q4_k_m", else the type of the largest tensor */
  char vision_type[16];  /* the same of the encoder, or "" */
  char name[128];        /* general.name, or "" */
  gboolean has_vision;
  int n_adapters;        /* *.lora.gguf files in the folder */
} OwlModelInfo;
gboolean owl_model_read_info (const char *path, OwlModelInfo *info, GError **error);

/* Names of the adapters in a model folder, sorted, as owl_adapter_open takes them: NAME of each NAME.lora.gguf. Empty without any.
 * Free with g_strfreev. */
char **owl_model_list_adapters (const char *path);

/* The same estimates for a model that is not there yet. `kv_width`: values in a row of keys. */
guint64 owl_model_estimate_kv (gboolean quantised, int n_layers, int context_length, int kv_width);
guint64 owl_model_estimate_memory (guint64 weight_bytes, guint64 kv_bytes);

const OwlTokenizer *owl_model_get_tokenizer (const OwlModel *model);
gboolean owl_model_has_vision (const OwlModel *model);
int owl_model_get_context_length (const OwlModel *model);
/* Decoder positions that one picture in overview takes (queries + 1); 0 without vision. */
int owl_model_get_visual_length (const OwlModel *model);

/* How closely a picture is looked at: as a whole, or as a whole and in tiles (image/tiles.h), each of which takes as many positions.
 * By default weights that were trained on tiles (UReader) use them, others do not. */
typedef enum { OWL_DETAIL_DEFAULT, OWL_DETAIL_OVERVIEW, OWL_DETAIL_FINE } OwlDetail;

/* Whether the weights were trained on pages in tiles. */
gboolean owl_model_knows_tiles (const OwlModel *model);
/* Decoder positions that a picture of this size takes; `rows` and `columns` (may be NULL) get its grid, 0 x 0 for an overview alone. */
int owl_model_count_positions (const OwlModel *model, int width, int height, OwlDetail detail, int *rows, int *columns);
/* The squares that the encoder gets of `picture`, as pixels before they are normalised: the overview, then the tiles row by row (OwlPicture;
 * transfer full). `rows` and `columns` as above. NULL without vision. */
GPtrArray *owl_model_cut_tiles (const OwlModel *model, const OwlPicture *picture, OwlDetail detail, int *rows, int *columns);
int owl_model_get_threads (const OwlModel *model);

/* Adapters (LoRA) of the model: each stays apart from the weights, y = Wx + strength·α/r·B(Ax), so switching is free.
 * `spec` is a path of a `.lora.gguf` file, or a name that stands for NAME.lora.gguf in the model folder. A list of adapters
 * is chosen per session. An adapter that does not fit the base is an error that names the tensor. */
typedef struct _OwlAdapter OwlAdapter;
OwlAdapter *owl_adapter_open (OwlModel *model, const char *spec, float strength, GError **error);
OwlAdapter *owl_adapter_ref (OwlAdapter *adapter);
/* From now on pictures are encoded with the abstractor that was trained beside one of the adapters (the last that has one), else with the model's
 * own. An adapter FILE.lora.gguf has one where FILE.abstractor.gguf stands beside it. Call it on the thread that encodes; an adapter that is freed is no
 * longer used. */
void owl_model_use_abstractor (OwlModel *model, OwlAdapter *const *adapters, gsize n_adapters);
void owl_adapter_unref (OwlAdapter *adapter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlAdapter, owl_adapter_unref)

/* Visual tokens of one picture: values [n_positions, width], n_positions = (queries + 1) · tiles, width = the decoder's. Immutable, counted. */
typedef struct _OwlVisual OwlVisual;

/* Runs encoder and abstractor; stops within 200 ms of a cancel. Serialised inside the model's thread pool. */
OwlVisual *owl_model_encode (OwlModel *model, OwlPicture *picture, OwlDetail detail, OwlProgress progress, gpointer user_data,
                             GCancellable *cancellable, GError **error);
/* The identity under which the visual tokens of `picture` may be cached: SHA-256 of pixels, detail, preprocessing version, vision
 * file and the abstractor in use. 32 bytes into `key`. */
void owl_model_get_visual_key (OwlModel *model, OwlPicture *picture, OwlDetail detail, guint8 key[32]);
/* Visual tokens from a cache: `values` must hold whole tiles of (queries + 1) · width float32 for this model, else OWL_ERROR_FORMAT. */
OwlVisual *owl_visual_new_from_bytes (OwlModel *model, const guint8 key[32], GBytes *values, GError **error);
GBytes *owl_visual_get_bytes (const OwlVisual *visual); /* borrowed, float32 little endian */
int owl_visual_get_n_positions (const OwlVisual *visual);
const guint8 *owl_visual_get_key (const OwlVisual *visual);
OwlVisual *owl_visual_ref (OwlVisual *visual);
void owl_visual_unref (OwlVisual *visual);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlVisual, owl_visual_unref)

G_END_DECLS
