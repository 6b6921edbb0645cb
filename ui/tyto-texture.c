/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-texture.h"

GdkTexture *
tyto_texture_new (OwlPicture *picture)
{
  int width = owl_picture_get_width (picture);

  return gdk_memory_texture_new (width, owl_picture_get_height (picture), GDK_MEMORY_R8G8B8, owl_picture_get_bytes (picture),
                                 (gsize) width * 3);
}
