/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tensor/types.h"

G_BEGIN_DECLS

/* TRUE if owl_quantise writes this type. */
gboolean owl_quantise_is_supported (OwlType type);

/* Rounds `n` float32 values (a multiple of the block length) to blocks of `type` (Q8_0 or Q4_0), by the rules of the GGUF reference:
 * Q8_0: d = max|x| / 127, q = round(x / d). Q4_0: d = x_max / -8 for the value of largest magnitude, q = min(15, trunc(x / d + 8.5)). */
void owl_quantise (OwlType type, const float *src, void *dst, gsize n);

G_END_DECLS
