/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A PNG of RGB `pixels` [height, width, 3], with an EXIF orientation unless 0. */
GByteArray *test_make_png (const guint8 *pixels, int width, int height, gboolean interlaced, int orientation);

/* A 1-bit gray PNG of zeros whatever its size, written with zlib alone. */
GByteArray *test_make_black_png (guint32 width, guint32 height);

G_END_DECLS
