/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "train/dataset.h"
#include "train/optimiser.h"

#include <jansson.h>

G_BEGIN_DECLS

/* What `owl train` is told: a JSON file. Paths are relative to it. A "preset" fills what the file leaves out with the hyper-parameters of one source:
 *   "paper-stage1", "paper-appendix-stage1"  arXiv 2304.14178, main text and appendix: f_V and f_K on captions
 *   "paper-stage2"                            arXiv 2304.14178: f_K and LoRA on instructions
 *   "published-script"                        the released train_it.sh: LoRA alone
 * "precision": "bf16" rounds the factors of matrix products to bfloat16 (weights, sums, moments and everything else stay float32): three times the
 * products a second where the processor has them, and losses that differ in the third digit. "f32" is the reference and the default.
 * "facts": {"weight": 0.5, "classes": {"tokens": {…}, "patches": {…}, "replies": {…}, "differences": {…}, "answers": {…}, "looks": {…},
 * "searches": {…}}} adds a loss on what records say
 * that visual tokens, patches and the places where replies begin should tell, and where heads should look (dataset.h): the mean over the facts of a group, summed over the groups, times
 * the weight, and times that of the group where "weights": {GROUP: 3.0, …} has one. "spell": ["word", …]: replies of these task types are taken one
 * character at a time. "image_size": pictures of another size than the model's.
 * Batches of the sources are far beyond one computer; they are named, and `batch` and `accumulate` are yours. */
typedef enum { OWL_STAGE_1 = 1, OWL_STAGE_2, OWL_STAGE_LORA, OWL_STAGE_DECODER, OWL_STAGE_JOINT } OwlStage;

typedef struct {
  char *folder; /* of the file */
  char *model;  /* a model folder; NULL: a new one */
  json_t *shape; /* of a new one, borrowed from `json` */
  char *tokenizer, *adapter, *output, *images, *validation, *lora_targets;
  OwlStage stage;
  GArray *files; /* OwlDataFile */
  gint64 steps, batch, accumulate, max_length, warmup, checkpoint_every;
  double learning_rate, dropout, lora_alpha, fact_weight;
  json_t *fact_classes; /* borrowed from `json`; NULL: facts are not read */
  json_t *fact_weights; /* of groups, times fact_weight; borrowed; NULL: all are alike */
  GStrv spelled;        /* may be NULL */
  int image_size;       /* 0: the model's */
  OwlSchedule schedule;
  OwlAdamW adam;
  gboolean augment;
  gboolean bf16; /* "precision": "bf16"; matrix products of numbers rounded to bfloat16. Default "f32" */
  gboolean dump_values; /* at the end every trained tensor as OUTPUT/values/<official name>.npy */
  guint64 seed;
  int threads, lora_rank, recompute; /* -1: decided by the memory that is free */
  json_t *json;
} OwlTrainConfig;

OwlTrainConfig *owl_train_config_read (const char *path, GError **error);
void owl_train_config_free (OwlTrainConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlTrainConfig, owl_train_config_free)

/* What the stage trains. */
OwlTrainParts owl_train_config_get_parts (const OwlTrainConfig *config);
const char *owl_train_config_get_stage_name (const OwlTrainConfig *config);

G_END_DECLS
