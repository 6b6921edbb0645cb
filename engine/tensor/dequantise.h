/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tensor/types.h"

G_BEGIN_DECLS

/* Widens `n` values of a quantised type (a multiple of its block length) to float32, in the operations and the order of the
 * GGUF reference, so that results are equal to the last bit. Source: ggml-quants.c, dequantize_row_*. */
void owl_dequantise (OwlType type, const void *src, float *dst, gsize n);

G_END_DECLS
