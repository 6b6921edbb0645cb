/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "convert/mix.h"
#include "model/model.h"

G_BEGIN_DECLS

/* Hugging Face folders to model folders, and PEFT adapters to `.lora.gguf` files. */

/* What a checkpoint becomes, known before anything is written. */
typedef struct {
  const char *architecture; /* "llama" or "bloom" */
  gboolean has_vision;
  int context_length;
  guint64 n_parameters;
  guint64 bytes;        /* of the files that are written */
  guint64 memory_bytes; /* that the result needs to run, as OwlModelInfo */
} OwlConvertFacts;

typedef struct {
  OwlMix type, vision_type; /* of matrices; vision as the type says, but F16 where that is quantised, unless chosen */
  const char *merge;        /* PEFT folder or .lora.gguf to bake in, or NULL */
  int n_threads;            /* 0: one a physical core */
  gboolean only_check;      /* read and check everything, call `planned`, write nothing */
  /* All may be NULL; called on the thread that makes the call. */
  void (*planned) (const OwlConvertFacts *facts, gpointer user_data);
  void (*note) (const char *message, gpointer user_data); /* something the user should know */
  void (*progress) (guint64 done, guint64 total, gpointer user_data); /* bytes written */
  gpointer user_data;
} OwlConvertOptions;

/* Writes DEST/language.gguf and, when the checkpoint has them, DEST/vision.gguf with encoder and abstractor. Both appear under their names once
 * both are complete; other files in DEST stay. Works in blocks of rows: memory does not grow with the checkpoint. Free space is checked before
 * anything is written; after a failure or a cancel (within a block of rows) nothing new is left. */
gboolean owl_convert_checkpoint (const char *source, const char *dest, const OwlConvertOptions *options, GCancellable *cancellable,
                                 GError **error);

/* Writes the adapter in the PEFT folder SOURCE as a `.lora.gguf` file for the model BASE. */
gboolean owl_convert_adapter (const char *source, const char *dest, const char *base, GCancellable *cancellable, GError **error);

/* TRUE if SOURCE holds a PEFT adapter. */
gboolean owl_convert_is_adapter (const char *source);

/* Stores the GGUF file SOURCE (language or vision) with the types of options->type; other metadata and tensors stay as they are. */
gboolean owl_quantise_file (const char *source, const char *dest, const OwlConvertOptions *options, GCancellable *cancellable,
                            GError **error);

G_END_DECLS
