/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tensor/types.h"

G_BEGIN_DECLS

/* One block of 256 float32 values as Q4_K (144 bytes), Q5_K (176) or Q6_K (210): the layouts that dequantise.c reads. Values must be finite. */
void owl_quantise_q4_k (const float *x, guint8 *block);
void owl_quantise_q5_k (const float *x, guint8 *block);
void owl_quantise_q6_k (const float *x, guint8 *block);

G_END_DECLS
