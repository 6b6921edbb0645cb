/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "owl.h"

#include <gdk/gdk.h>

G_BEGIN_DECLS

/* The pixels of a picture as a texture, without copying. */
GdkTexture *tyto_texture_new (OwlPicture *picture);

G_END_DECLS
