/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-texture.h"

GdkTexture *
tyto_texture_new (OwlPicture *picture)
{
  int width = owl_picture_get_width (picture);

  return gdk_memory_texture_new (width, owl_picture_get_height (picture), GDK_MEMORY_R8G8B8, owl_picture_get_bytes (picture),
                                 (gsize) width * 3);
}

GdkTexture *
tyto_texture_new_packed (OwlPicture *picture)
{
  int width = owl_picture_get_width (picture), height = owl_picture_get_height (picture);
  gsize n = (gsize) width * (gsize) height;
  const guint8 *rgb = owl_picture_get_pixels (picture);
  guint32 *packed = g_try_new (guint32, n);
  g_autoptr (GBytes) bytes = NULL;

  if (!packed)
    return tyto_texture_new (picture);
  for (gsize i = 0; i < n; i++)
    packed[i] = 0xff000000u | (guint32) rgb[3 * i] << 16 | (guint32) rgb[3 * i + 1] << 8 | rgb[3 * i + 2];
  bytes = g_bytes_new_take (packed, n * sizeof (guint32));
  /* GDK_MEMORY_DEFAULT is a native 32-bit ARGB word. */
  return gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, (gsize) width * sizeof (guint32));
}

static void
release (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_object_unref (data);
}

void
tyto_texture_release (GdkTexture *texture)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, texture, NULL);
  g_task_run_in_thread (task, release);
}
