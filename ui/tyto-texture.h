/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "owl.h"

#include <gdk/gdk.h>

G_BEGIN_DECLS

/* The pixels of a picture as a texture, without copying. */
GdkTexture *tyto_texture_new (OwlPicture *picture);

/* The same in the form that is quickest to show, copied; for large pictures, on a thread that may take its time. */
GdkTexture *tyto_texture_new_packed (OwlPicture *picture);

/* Lets go of a large texture on another thread: to give back its pages of memory takes milliseconds. Takes the reference. */
void tyto_texture_release (GdkTexture *texture);

G_END_DECLS
