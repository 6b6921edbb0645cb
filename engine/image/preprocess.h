/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "image/picture.h"

G_BEGIN_DECLS

/* Changes whenever the same picture would give other values: part of the identity of cached visual tokens. */
#define OWL_PREPROCESS_VERSION 1

/* The official preparation of a picture for the encoder: resize to size x size without regard to aspect ratio
 * (bicubic, a = -0.5, antialiased, in Pillow's fixed point), scale to 0..1, subtract mean, divide by std.
 * `values` [3, size, size] float32. Source: mPLUG-Owl's image processor (CLIPImageProcessor semantics). */
void owl_preprocess (const OwlPicture *picture, int size, const float mean[3], const float std[3],
                     float *values);

G_END_DECLS
