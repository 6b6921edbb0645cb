/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "model/model.h"
#include "tensor/types.h"

G_BEGIN_DECLS

/* Hugging Face folders to model folders, and PEFT adapters to `.lora.gguf` files. */

typedef struct {
  gboolean has_type, has_vision_type;
  OwlType type, vision_type; /* of matrices; without: as stored */
  const char *merge;         /* PEFT folder or .lora.gguf to bake in, or NULL */
  void (*note) (const char *message, gpointer user_data); /* something the user should know; may be NULL */
  OwlProgress progress;                                   /* may be NULL */
  gpointer user_data;
} OwlConvertOptions;

/* Writes DEST/language.gguf and, when the checkpoint has them, DEST/vision.gguf with encoder and abstractor. Both appear under their names once
 * both are complete; other files in DEST stay. Works in blocks of rows: memory does not grow with the checkpoint. */
gboolean owl_convert_checkpoint (const char *source, const char *dest, const OwlConvertOptions *options, GCancellable *cancellable,
                                 GError **error);

/* Writes the adapter in the PEFT folder SOURCE as a `.lora.gguf` file for the model BASE. */
gboolean owl_convert_adapter (const char *source, const char *dest, const char *base, GError **error);

/* TRUE if SOURCE holds a PEFT adapter. */
gboolean owl_convert_is_adapter (const char *source);

G_END_DECLS
