/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* Reads the pickle of a `torch.save` file to plain values: an allow-list of opcodes, and of the few names that a dictionary of tensors
 * needs. Nothing is ever called or imported. Everything is bounded, so that a hostile file is refused, not obeyed.
 * Sources: Python's pickletools (opcodes), torch/_weights_only_unpickler.py (which of them checkpoints use). */

/* One tensor of the dictionary. Sizes are in elements of the storage's type. */
typedef struct {
  char *name;
  char *storage_type; /* "FloatStorage", "HalfStorage", … */
  char *storage_key;  /* entry "data/KEY" */
  gint64 storage_length;
  gint64 offset;
  int n_dims;
  gint64 shape[8], stride[8];
} OwlPickledTensor;

/* All tensors in file order (OwlPickledTensor, freed with the array). `path` is used in messages. */
GPtrArray *owl_pickle_read_tensors (const char *path, const guint8 *data, gsize size, GError **error);

G_END_DECLS
