/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "files/mapped-file.h"
#include "tensor/types.h"

#include <jansson.h>

G_BEGIN_DECLS

/* The tensors of a Hugging Face folder: `pytorch_model*.bin` (torch.save's zip + pickle) or `*.safetensors`, one file or shards with an
 * index; also `adapter_model.*` of a PEFT folder. Files are mapped; nothing is copied. */
typedef struct _OwlCheckpoint OwlCheckpoint;

typedef struct {
  char *name;
  OwlType type; /* F32, F16 or BF16 */
  int n_dims;
  gint64 shape[OWL_MAX_DIMS]; /* outermost dimension first, as in PyTorch; unused ones are 1 */
  const guint8 *data;         /* contiguous */
  gsize size;
  OwlMappedFile *file; /* borrowed */
} OwlCheckpointTensor;

/* Opens all files and checks that every tensor lies inside its file. Tensors of integer types are left out. */
OwlCheckpoint *owl_checkpoint_open (const char *folder, GError **error);
void owl_checkpoint_free (OwlCheckpoint *checkpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlCheckpoint, owl_checkpoint_free)

const char *owl_checkpoint_get_folder (const OwlCheckpoint *checkpoint);
gsize owl_checkpoint_get_n_tensors (const OwlCheckpoint *checkpoint);
const OwlCheckpointTensor *owl_checkpoint_get_tensor (const OwlCheckpoint *checkpoint, gsize index);
const OwlCheckpointTensor *owl_checkpoint_find (const OwlCheckpoint *checkpoint, const char *name);

/* Parses FOLDER/NAME (an object, 16 MiB at most). NULL and `error` on failure. */
json_t *owl_checkpoint_read_json (const char *folder, const char *name, GError **error);

/* For the readers of one file: adds a tensor, whose bytes are checked to be `type` × shape. Takes `name`. FALSE on a duplicate. */
gboolean owl_checkpoint_add (OwlCheckpoint *checkpoint, OwlMappedFile *file, char *name, OwlType type, int n_dims, const gint64 *shape,
                             const guint8 *data, gsize size, GError **error);
gboolean owl_torch_file_read (OwlCheckpoint *checkpoint, OwlMappedFile *file, GError **error);
gboolean owl_safetensors_read (OwlCheckpoint *checkpoint, OwlMappedFile *file, GError **error);

G_END_DECLS
