/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tensor/types.h"

G_BEGIN_DECLS

/* TRUE if owl_quantise writes this type. */
gboolean owl_quantise_is_supported (OwlType type);

/* Rounds `n` finite float32 values (a multiple of the block length) to blocks of `type`: Q8_0, Q4_0, Q4_K, Q5_K or Q6_K. The first two by the
 * rules of the GGUF reference (Q8_0: d = max|x| / 127, q = round(x / d). Q4_0: d = x_max / -8 for the value of largest magnitude,
 * q = min(15, trunc(x / d + 8.5))); the K types by a search for the scales that leave the least error, see quantise-k.c. */
void owl_quantise (OwlType type, const float *src, void *dst, gsize n);

G_END_DECLS
