/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "files/gguf.h"
#include "train/tape.h"

#include <jansson.h>

G_BEGIN_DECLS

/* The whole model as it is trained: every tensor in float32 under its official name. */

/* How rows of a model file stand in the official tensor. */
typedef enum { OWL_LAYOUT_SAME, OWL_LAYOUT_ROTARY, OWL_LAYOUT_QKV } OwlLayout;

/* Which tensor of a model file holds (a part of) which parameter. */
typedef struct {
  char *gguf;
  OwlParameter *parameter;
  OwlLayout layout;
  int n_heads, part; /* OWL_LAYOUT_QKV: 0 q, 1 k, 2 v, -1 all three one after the other */
} OwlBinding;

typedef struct {
  OwlParameter *w, *b;
} OwlTrainNorm, OwlTrainLinear;

typedef struct {
  OwlTrainNorm attn_norm, ffn_norm;
  OwlTrainLinear q, k, v, out, gate, up, down; /* BLOOM: q is the fused query_key_value, and there is no gate */
  const OwlTapeLora *lora[7];                  /* in that order; NULL: none */
} OwlTrainDecoderLayer;

typedef struct {
  OwlTrainNorm ln1, ln2;
  OwlTrainLinear qkv, out, up, down;
} OwlTrainVitLayer;

typedef struct {
  OwlTrainNorm norm, kv_norm, ffn_norm, sub_norm;
  OwlTrainLinear q, k, v, out, gate, up, down;
} OwlTrainAbstractorLayer;

/* Classes that are read by one linear layer, each with a loss beside that of the words: off visual tokens, off the encoder's patches, off the middle of the
 * decoder where a reply begins; differences there too, each with two classes (see owl_tape_signed_cross_entropy); and answers there, before the last layer.
 * Looks and searches have no classes: they say where one head of the decoder, or of the abstractor, should look in one layer (see OwlTapeLook). */
typedef enum { OWL_FACTS_TOKENS, OWL_FACTS_PATCHES, OWL_FACTS_REPLIES, OWL_FACTS_DIFFERENCES, OWL_FACTS_ANSWERS, OWL_FACTS_LOOKS, OWL_FACTS_SEARCHES, OWL_N_FACT_SOURCES } OwlFactSource;
extern const char *const owl_fact_source_names[OWL_N_FACT_SOURCES]; /* "tokens", "patches", "replies", "differences", "answers", "looks", "searches" */

typedef struct {
  char *name;
  OwlFactSource source;
  OwlParameter *w; /* [classes, width of what they are read off]; NULL: looks and searches */
  int layer;       /* of looks and searches, counted from the last one, which is 1 */
} OwlFactGroup;

typedef struct {
  OwlParameters *parameters;
  GPtrArray *language_bindings, *vision_bindings; /* OwlBinding */
  GPtrArray *loras;                               /* LoraTarget, see network-lora.c */

  gboolean bloom;
  int width, n_layers, n_heads, head_dim;
  gsize vocabulary;
  float eps;
  double rope_base;
  float *alibi;
  OwlParameter *embedding, *output;
  OwlTrainNorm embedding_norm, output_norm;
  OwlTrainDecoderLayer *decoder;

  gboolean has_vision;
  int image_size, patch_size, n_patches, vision_width, vision_heads, vision_layers;
  int n_queries, abstractor_heads, abstractor_layers;
  float vision_eps, abstractor_eps, mean[3], std[3];
  OwlParameter *class_embedding, *position_embedding, *patch, *queries, *image_end;
  OwlTrainNorm pre_norm, post_norm;
  OwlTrainVitLayer *vit;
  OwlTrainAbstractorLayer *abstractor;
  OwlTrainLinear project;

  GPtrArray *facts;    /* OwlFactGroup */
  double *fact_scales; /* of the loss, a fact of each group */

  double lora_alpha;
  int lora_rank;
  gboolean recompute; /* activations inside a layer are computed again instead of kept */
} OwlNetwork;

/* Reads a model folder (or a language GGUF alone). Models that this trainer does not know are refused: shared key heads, partial or scaled rotary
 * embedding, crop positions. */
OwlNetwork *owl_network_open (const char *path, GError **error);
void owl_network_free (OwlNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlNetwork, owl_network_free)

/* Adds an adapter: that of a .lora.gguf file, or with `path` NULL a new one on the modules that `targets` names (a regular expression on the whole
 * name as PEFT takes it, or endings such as "q_proj,v_proj"; NULL: the published ones), A drawn from `seed`, B zero. */
gboolean owl_network_add_lora (OwlNetwork *network, const char *path, const char *targets, int rank, double alpha, guint64 seed,
                               GError **error);
/* Dropout for the coming forward pass. */
void owl_network_set_dropout (OwlNetwork *network, float dropout, guint64 seed);

/* Adds groups of facts: `classes` is {"tokens": {GROUP: number of classes}, "patches": {…}, …}, see owl_fact_source_names; of looks and searches the layer that is
 * taught, counted from the last one, which is 1. Their layers start from `path`, a
 * file that owl_network_write_facts left, where it exists and has them, else from zero. */
gboolean owl_network_add_facts (OwlNetwork *network, json_t *classes, const char *path, GError **error);
gboolean owl_network_write_facts (OwlNetwork *network, const char *path, GError **error);

/* Takes pictures of another size from now on: the encoder's positions are interpolated. Before anything is trained. */
gboolean owl_network_set_image_size (OwlNetwork *network, int image_size, GError **error);

/* What a stage trains. */
typedef enum {
  OWL_TRAIN_VISION = 1 << 0,     /* f_V */
  OWL_TRAIN_ABSTRACTOR = 1 << 1, /* f_K, with the query tokens */
  OWL_TRAIN_DECODER = 1 << 2,
  OWL_TRAIN_LORA = 1 << 3,
} OwlTrainParts;
void owl_network_train (OwlNetwork *network, OwlTrainParts parts);

/* Token or patch `row` of a picture, or the place `row` of the sequence, is of this class; or it should look at the place `class` of the sequence, or search the
 * patch `class`. Facts of looks that follow each other and have one row are one look at several places. */
typedef struct {
  guint16 picture, group;
  gint32 row, class, against; /* `against`: the other class of a difference */
} OwlFact;
/* FALSE: fact `i` goes on with the look before it. */
gboolean owl_fact_begins (const OwlNetwork *network, const OwlFact *facts, gsize i);

/* One sequence: ids with -1 for the positions of pictures, in order; labels[i] is the id that position i must say next, or -100. */
typedef struct {
  const gint32 *ids, *labels;
  gsize n;
  const float *const *pictures; /* pixel values [3, image_size, image_size] each */
  gsize n_pictures;
  const OwlFact *facts; /* of its pictures */
  gsize n_facts;
} OwlSequence;

/* How the facts of a group went. */
typedef struct {
  gsize n, n_correct;
  double loss; /* sum */
} OwlFactTally;

/* The loss over some sequences, times `scale` a target; with a recording tape the gradients are carried to all trained parameters.
 * FALSE when cancelled. `n_correct` may be NULL. Facts have a loss of their own, each
 * times the scale of its group; `tallies` [groups] (may be NULL) are added to. */
gboolean owl_network_run (OwlNetwork *network, OwlTape *tape, const OwlSequence *sequences, gsize n, double scale, double *loss,
                          gsize *n_correct, OwlFactTally *tallies);

/* Writes OUT with everything of `source` (a language or vision GGUF) but the values of trained parameters, as float32. FALSE and no file on failure. */
gboolean owl_network_write (OwlNetwork *network, GPtrArray *bindings, const char *source, const char *out, GError **error);
/* What stage 2 leaves beside an adapter: abstractor and end mark. */
gboolean owl_network_write_abstractor (OwlNetwork *network, const char *source, const char *out, GError **error);
gboolean owl_network_write_lora (OwlNetwork *network, const char *out, GError **error);

/* For network-lora.c: rows of a file's tensor into the parameter and back. */
void owl_binding_load (const OwlBinding *binding, const OwlTensor *tensor);
void owl_binding_row (const OwlBinding *binding, gsize row, gsize cols, float *values);

G_END_DECLS
