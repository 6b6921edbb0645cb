/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/picture.h"

#include "image/resize.h"

#include <string.h>

struct _OwlPicture {
  gatomicrefcount ref_count;
  int width;
  int height;
  GBytes *bytes;
  gsize hash_known; /* for g_once_init_enter */
  guint8 hash[32];
};

OwlPicture *
owl_picture_new (int width, int height, GBytes *bytes)
{
  OwlPicture *picture;

  g_return_val_if_fail (bytes != NULL, NULL);
  if (width < 1 || height < 1 || g_bytes_get_size (bytes) / 3 / (gsize) width != (gsize) height
      || g_bytes_get_size (bytes) != (gsize) width * (gsize) height * 3)
    return NULL;

  picture = g_new0 (OwlPicture, 1);
  g_atomic_ref_count_init (&picture->ref_count);
  picture->width = width;
  picture->height = height;
  picture->bytes = g_bytes_ref (bytes);
  return picture;
}

OwlPicture *
owl_picture_ref (OwlPicture *picture)
{
  g_atomic_ref_count_inc (&picture->ref_count);
  return picture;
}

void
owl_picture_unref (OwlPicture *picture)
{
  if (!picture || !g_atomic_ref_count_dec (&picture->ref_count))
    return;
  g_bytes_unref (picture->bytes);
  g_free (picture);
}

int
owl_picture_get_width (const OwlPicture *picture)
{
  return picture->width;
}

int
owl_picture_get_height (const OwlPicture *picture)
{
  return picture->height;
}

const guint8 *
owl_picture_get_pixels (const OwlPicture *picture)
{
  return g_bytes_get_data (picture->bytes, NULL);
}

GBytes *
owl_picture_get_bytes (const OwlPicture *picture)
{
  return picture->bytes;
}

const guint8 *
owl_picture_get_hash (OwlPicture *picture)
{
  if (g_once_init_enter (&picture->hash_known)) {
    g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
    guint32 size[2] = { GUINT32_TO_LE (picture->width), GUINT32_TO_LE (picture->height) };
    gsize length = sizeof picture->hash;

    g_checksum_update (checksum, (const guchar *) size, sizeof size);
    g_checksum_update (checksum, owl_picture_get_pixels (picture),
                       (gssize) g_bytes_get_size (picture->bytes));
    g_checksum_get_digest (checksum, picture->hash, &length);
    g_once_init_leave (&picture->hash_known, 1);
  }
  return picture->hash;
}

OwlPicture *
owl_picture_scale (const OwlPicture *picture, int width, int height)
{
  g_autoptr (GBytes) bytes = NULL;
  guint8 *pixels;

  g_return_val_if_fail (width > 0 && height > 0, NULL);
  if (width == picture->width && height == picture->height)
    return owl_picture_new (width, height, picture->bytes);

  pixels = g_malloc_n ((gsize) width * 3, height);
  owl_resize (owl_picture_get_pixels (picture), picture->width, picture->height, pixels, width, height);
  bytes = g_bytes_new_take (pixels, (gsize) width * (gsize) height * 3);
  return owl_picture_new (width, height, bytes);
}

OwlPicture *
owl_picture_crop (const OwlPicture *picture, int x, int y, int width, int height)
{
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *src;
  guint8 *pixels;

  g_return_val_if_fail (x >= 0 && y >= 0 && width > 0 && height > 0, NULL);
  g_return_val_if_fail (width <= picture->width - x && height <= picture->height - y, NULL);

  pixels = g_malloc_n ((gsize) width * 3, height);
  src = owl_picture_get_pixels (picture);
  for (int row = 0; row < height; row++)
    memcpy (pixels + (gsize) row * (gsize) width * 3,
            src + ((gsize) (y + row) * (gsize) picture->width + (gsize) x) * 3, (gsize) width * 3);
  bytes = g_bytes_new_take (pixels, (gsize) width * (gsize) height * 3);
  return owl_picture_new (width, height, bytes);
}
