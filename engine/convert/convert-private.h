/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "convert/plan.h"

G_BEGIN_DECLS

/* The numbers of a decoder that a checkpoint's configuration gives. */
typedef struct {
  gboolean bloom;
  int width, n_layers, n_heads, n_kv_heads, ffn_width, context_length;
  double eps, rope_base;
} OwlDecoderConfig;

/* Integer and number of a JSON object under the first of the names that is there ("n_head|num_attention_heads"). */
gint64 owl_config_int (json_t *object, const char *names, gint64 fallback);
double owl_config_number (json_t *object, const char *names, double fallback);

/* Reads text_config (or a configuration that is a decoder's own), filling gaps from the tensors. */
gboolean owl_decoder_config_read (OwlDecoderConfig *decoder, json_t *config, const OwlCheckpoint *checkpoint, GError **error);

/* Where the decoder's tensors are: "language_model." or "". */
const char *owl_decoder_prefix (const OwlCheckpoint *checkpoint);

/* Plans all tensors of language.gguf, and sets its metadata (tokenizer included). */
void owl_convert_plan_language (OwlPlan *plan, const OwlDecoderConfig *decoder);
gboolean owl_convert_language_metadata (OwlGgufWriter *writer, const OwlPlan *plan, const OwlDecoderConfig *decoder, const char *name,
                                        GError **error);

/* The same for vision.gguf. */
void owl_convert_plan_vision (OwlPlan *plan, json_t *config);
gboolean owl_convert_vision_metadata (OwlGgufWriter *writer, const OwlPlan *plan, json_t *config, const char *name, GError **error);

G_END_DECLS
