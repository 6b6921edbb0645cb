/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* Decoded pixels: 8-bit RGB, row major, no padding: pixels[(y * width + x) * 3 + channel]. Immutable,
 * reference counted atomically; any thread may hold it. */
typedef struct _OwlPicture OwlPicture;

/* A box of a picture or page, as fractions of its width and height, from the top left. */
typedef struct {
  double x, y, width, height;
} OwlRegion;

/* `bytes` holds exactly width * height * 3 bytes; takes a reference to it. Returns NULL on a size that does
 * not match. */
OwlPicture *owl_picture_new (int width, int height, GBytes *bytes);
OwlPicture *owl_picture_ref (OwlPicture *picture);
void owl_picture_unref (OwlPicture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlPicture, owl_picture_unref)

int owl_picture_get_width (const OwlPicture *picture);
int owl_picture_get_height (const OwlPicture *picture);
const guint8 *owl_picture_get_pixels (const OwlPicture *picture);
GBytes *owl_picture_get_bytes (const OwlPicture *picture); /* borrowed */

/* SHA-256 over width, height (as little-endian u32) and pixels; computed once. 32 bytes, borrowed. */
const guint8 *owl_picture_get_hash (OwlPicture *picture);

/* A new picture of width x height pixels by the official resize (image/resize.h). */
OwlPicture *owl_picture_scale (const OwlPicture *picture, int width, int height);
/* A copy of the box, which must lie inside. */
OwlPicture *owl_picture_crop (const OwlPicture *picture, int x, int y, int width, int height);

G_END_DECLS
