/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

#include <jansson.h>

G_BEGIN_DECLS

/* A new LLaMA-based model with random weights. `shape` has the form of an official config.json: "text_config" (hidden_size, num_hidden_layers,
 * num_attention_heads, intermediate_size, max_position_embeddings) and, for a model that sees, "vision_config" (hidden_size, num_hidden_layers,
 * num_attention_heads, intermediate_size, image_size, patch_size), "visual_abstractor_config" (num_hidden_layers, num_attention_heads,
 * intermediate_size) and "num_query_tokens". `tokenizer`: a SentencePiece model. DEST becomes a model folder. */
gboolean owl_new_model_make (json_t *shape, const char *tokenizer, guint64 seed, const char *dest, GError **error);

G_END_DECLS
