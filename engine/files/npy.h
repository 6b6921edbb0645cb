/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* Writes float32 values [shape[0], …] as a NumPy file (format 1.0, little endian, C order), atomically. `n_dims` may be 0. */
gboolean owl_npy_write_f32 (const char *path, const float *values, const gsize *shape, int n_dims, GError **error);

G_END_DECLS
