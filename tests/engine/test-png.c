/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-png.h"

#include <png.h>
#include <string.h>
#include <zlib.h>

static void
on_write (png_structp png, png_bytep data, size_t length)
{
  g_byte_array_append (png_get_io_ptr (png), data, (guint) length);
}

GByteArray *
test_make_png (const guint8 *pixels, int width, int height, gboolean interlaced, int orientation)
{
  GByteArray *bytes = g_byte_array_new ();
  png_structp png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct (png);
  g_autofree png_bytep *rows = g_new (png_bytep, height);
  /* Big endian TIFF: one entry, tag 0x0112, a SHORT. */
  guint8 exif[] = { 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (guint8) orientation,
                    0,   0,   0, 0,  0, 0 };

  for (int y = 0; y < height; y++)
    rows[y] = (png_bytep) pixels + (gsize) y * (gsize) width * 3;
  png_set_write_fn (png, bytes, on_write, NULL);
  png_set_IHDR (png, info, (png_uint_32) width, (png_uint_32) height, 8, PNG_COLOR_TYPE_RGB,
                interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                PNG_FILTER_TYPE_DEFAULT);
  if (orientation != 0)
    png_set_eXIf_1 (png, info, sizeof exif, exif);
  png_write_info (png, info);
  png_write_image (png, rows);
  png_write_end (png, info);
  png_destroy_write_struct (&png, &info);
  return bytes;
}

static void
append_u32 (GByteArray *bytes, guint32 value)
{
  value = GUINT32_TO_BE (value);
  g_byte_array_append (bytes, (const guint8 *) &value, sizeof value);
}

static void
append_chunk (GByteArray *bytes, const char *name, const guint8 *data, gsize length)
{
  guint start;

  append_u32 (bytes, (guint32) length);
  start = bytes->len;
  g_byte_array_append (bytes, (const guint8 *) name, 4);
  g_byte_array_append (bytes, data, (guint) length);
  append_u32 (bytes, (guint32) crc32 (0, bytes->data + start, bytes->len - start));
}

GByteArray *
test_make_black_png (guint32 width, guint32 height)
{
  static const guint8 signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
  static guint8 zeros[65536];
  static guint8 packed[65536];
  guint64 left = ((guint64) (width + 7) / 8 + 1) * height;
  GByteArray *bytes = g_byte_array_new ();
  guint8 header[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 1 };
  z_stream stream = { 0 };
  int result = Z_OK;

  width = GUINT32_TO_BE (width);
  height = GUINT32_TO_BE (height);
  memcpy (header, &width, 4);
  memcpy (header + 4, &height, 4);
  g_byte_array_append (bytes, signature, sizeof signature);
  append_chunk (bytes, "IHDR", header, sizeof header);

  g_assert_cmpint (deflateInit (&stream, Z_BEST_SPEED), ==, Z_OK);
  while (result != Z_STREAM_END) {
    if (stream.avail_in == 0 && left > 0) {
      stream.next_in = zeros;
      stream.avail_in = (uInt) MIN (left, sizeof zeros);
      left -= stream.avail_in;
    }
    stream.next_out = packed;
    stream.avail_out = sizeof packed;
    result = deflate (&stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
    if (stream.next_out > packed)
      append_chunk (bytes, "IDAT", packed, (gsize) (stream.next_out - packed));
  }
  deflateEnd (&stream);
  append_chunk (bytes, "IEND", NULL, 0);
  return bytes;
}
