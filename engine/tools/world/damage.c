/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to a picture after it was drawn: blur, noise, light, JPEG. */
#include "tools/world/paint-private.h"

#include "image/resize.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

/* Mean over 2 * radius + 1 neighbours, along rows (`step` 3) or columns. */
static void
blur_line (guint8 *line, gsize step, int n, int radius, guint8 *copy)
{
  for (int i = 0; i < n; i++)
    copy[i] = line[i * step];
  for (int i = 0; i < n; i++) {
    int sum = 0;

    for (int j = -radius; j <= radius; j++)
      sum += copy[CLAMP (i + j, 0, n - 1)];
    line[i * step] = (guint8) (sum / (2 * radius + 1));
  }
}

static void
blur (guint8 *pixels, int width, int height, int radius)
{
  g_autofree guint8 *copy = g_malloc (MAX (width, height));

  for (int c = 0; c < 3; c++) {
    for (int y = 0; y < height; y++)
      blur_line (pixels + (gsize) y * width * 3 + c, 3, width, radius, copy);
    for (int x = 0; x < width; x++)
      blur_line (pixels + x * 3 + c, (gsize) width * 3, height, radius, copy);
  }
}

static void
add_noise (guint8 *pixels, gsize n, int strength, gboolean grey, WorldRandom *random)
{
  guint64 bits = 0;

  for (gsize i = 0; i < n; i++) {
    int value;

    if (i % 3 == 0)
      bits = world_random_next (random);
    if (!grey && i % 3)
      bits = bits >> 16;
    /* The mean of two bytes: a triangle, near enough to what sensors do. */
    value = (int) (bits & 255) + (int) (bits >> 8 & 255) - 255;
    pixels[i] = (guint8) CLAMP (pixels[i] + value * strength / 256, 0, 255);
  }
}

static void
change_light (guint8 *pixels, gsize n, WorldRandom *random)
{
  double contrast = world_random_real (random, 0.7, 1.15), brightness = world_random_real (random, -22, 22);
  guint8 table[256];

  for (int i = 0; i < 256; i++)
    table[i] = (guint8) CLAMP ((i - 128) * contrast + 128 + brightness, 0, 255);
  for (gsize i = 0; i < n; i++)
    pixels[i] = table[pixels[i]];
}

static void
pass_through_jpeg (guint8 *pixels, int width, int height, int quality)
{
  struct jpeg_compress_struct out;
  struct jpeg_decompress_struct in;
  struct jpeg_error_mgr errors;
  unsigned char *data = NULL;
  unsigned long size = 0;

  memset (&out, 0, sizeof out);
  out.err = jpeg_std_error (&errors);
  jpeg_create_compress (&out);
  jpeg_mem_dest (&out, &data, &size);
  out.image_width = (JDIMENSION) width;
  out.image_height = (JDIMENSION) height;
  out.input_components = 3;
  out.in_color_space = JCS_RGB;
  jpeg_set_defaults (&out);
  jpeg_set_quality (&out, quality, TRUE);
  jpeg_start_compress (&out, TRUE);
  while (out.next_scanline < out.image_height) {
    JSAMPROW row = pixels + (gsize) out.next_scanline * width * 3;

    jpeg_write_scanlines (&out, &row, 1);
  }
  jpeg_finish_compress (&out);
  jpeg_destroy_compress (&out);

  memset (&in, 0, sizeof in);
  in.err = jpeg_std_error (&errors);
  jpeg_create_decompress (&in);
  jpeg_mem_src (&in, data, size);
  jpeg_read_header (&in, TRUE);
  in.out_color_space = JCS_RGB;
  jpeg_start_decompress (&in);
  while (in.output_scanline < in.output_height) {
    JSAMPROW row = pixels + (gsize) in.output_scanline * width * 3;

    jpeg_read_scanlines (&in, &row, 1);
  }
  jpeg_finish_decompress (&in);
  jpeg_destroy_decompress (&in);
  free (data);
}

static void
coarsen (guint8 *pixels, int width, int height, double factor)
{
  int w = MAX (1, (int) (width * factor)), h = MAX (1, (int) (height * factor));
  g_autofree guint8 *small = g_malloc ((gsize) w * h * 3);

  owl_resize (pixels, width, height, small, w, h);
  owl_resize (small, w, h, pixels, width, height);
}

void
world_damage (guint8 *pixels, int width, int height, gboolean gentle, WorldRandom *random)
{
  gsize n = (gsize) width * height * 3;
  int side = MIN (width, height);

  if (side > 120 && world_random_chance (random, gentle ? 0.06 : 0.12))
    blur (pixels, width, height, side > 260 && !gentle ? world_random_int (random, 1, 2) : 1);
  else if (side > 150 && world_random_chance (random, 0.06))
    coarsen (pixels, width, height, MAX (world_random_real (random, 0.4, 0.8), 112.0 / side));
  if (world_random_chance (random, 0.25))
    change_light (pixels, n, random);
  if (world_random_chance (random, 0.3))
    add_noise (pixels, n, world_random_int (random, 4, gentle ? 28 : 60), world_random_chance (random, 0.4), random);
  if (world_random_chance (random, 0.3))
    pass_through_jpeg (pixels, width, height, world_random_int (random, gentle ? 45 : 22, 95));
}
