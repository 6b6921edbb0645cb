/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Resizes 8-bit RGB, rows without padding: `src` [src_height, src_width, 3] to `dst` [dst_height, dst_width,
 * 3].
 *
 * Bicubic (a = -0.5), with the kernel widened by the scale factor when shrinking, in the fixed point of the
 * Pillow library, whose results mPLUG-Owl was trained with: weights rounded to 22 fractional bits; the
 * horizontal pass first, rounded and clipped to 8 bits; then the vertical pass. A pass whose size does not
 * change is skipped. All sizes are at least 1. */
void owl_resize (const guint8 *src, int src_width, int src_height, guint8 *dst, int dst_width,
                 int dst_height);

G_END_DECLS
