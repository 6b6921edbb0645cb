/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Pictures and documents through the separate decoder program. */

#include "test-png.h"
#include "test-util.h"

#include "decode/decoder-client.h"

#include <string.h>

static const char *const golden[] = {
  "scene_420.jpg",        "scene_progressive.jpg", "scene_gray.jpg",    "scene_cmyk.jpg", "scene_ycck.jpg",
  "scene_exif6.jpg",      "scene_palette.png",     "rgb16.png",         "gray16.png",     "alpha_rgba.png",
  "scene_interlaced.png", "gray1_interlaced.png",  "palette4_trns.png", "column_1x9.png", "wide_541x13.jpg",
};

/* Kinds of pictures that the decoder may be built without. */
static gboolean
is_optional (const char *mime_type)
{
  return !g_str_equal (mime_type, "image/png") && !g_str_equal (mime_type, "image/jpeg");
}

static int
largest_difference (const guint8 *a, const guint8 *b, gsize n)
{
  int most = 0;

  for (gsize i = 0; i < n; i++)
    most = MAX (most, ABS (a[i] - b[i]));
  return most;
}

/* Compares the picture in `name`, of type `mime_type`, with the reference pixels of `stem`. */
static void
check_pixels_within (const char *name, const char *stem, const char *mime_type, int most)
{
  g_autofree char *expected_name = g_strdup_printf ("golden/images/expected/rgb_%s.npy", stem);
  g_autofree char *path = test_data_path (name);
  gsize n, shape[4];
  g_autofree guint8 *expected = test_read_npy (expected_name, "|u1", &n, shape);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = owl_decoder_open_path (path, NULL, &error);
  g_autoptr (OwlPicture) picture = NULL;
  double width, height;

  if (g_error_matches (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED) && is_optional (mime_type)) {
    g_autofree char *reason = g_strconcat ("built without ", mime_type, NULL);

    g_test_skip (reason);
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpint (owl_decoder_get_kind (decoder), ==, OWL_DOCUMENT_PICTURE);
  g_assert_cmpint (owl_decoder_get_n_pages (decoder), ==, 1);
  g_assert_cmpstr (owl_decoder_get_mime_type (decoder), ==, mime_type);
  owl_decoder_get_page_size (decoder, 0, &width, &height, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (width, ==, (double) shape[1]);
  g_assert_cmpfloat (height, ==, (double) shape[0]);
  picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (owl_picture_get_width (picture), ==, shape[1]);
  g_assert_cmpuint (owl_picture_get_height (picture), ==, shape[0]);
  g_assert_cmpint (largest_difference (owl_picture_get_pixels (picture), expected, n), <=, most);
}

static void
check_pixels (const char *name, const char *stem, const char *mime_type)
{
  check_pixels_within (name, stem, mime_type, 0);
}

static void
test_golden (gconstpointer data)
{
  const char *file = data;
  g_autofree char *stem = g_strndup (file, strlen (file) - 4);
  g_autofree char *name = g_build_filename ("golden/images", file, NULL);

  check_pixels (name, stem, g_str_has_suffix (file, "png") ? "image/png" : "image/jpeg");
}

/* The same pictures without loss as WebP; of an animation the first frame. */
static void
test_webp (void)
{
  check_pixels ("pictures/scene_palette.webp", "scene_palette", "image/webp");
  check_pixels ("pictures/alpha_rgba.webp", "alpha_rgba", "image/webp");
  check_pixels ("pictures/scene_animated.webp", "scene_palette", "image/webp");
}

static void
test_gif (void)
{
  check_pixels ("pictures/scene_palette.gif", "scene_palette", "image/gif");
  check_pixels ("pictures/scene_interlaced.gif", "scene_palette", "image/gif");
  check_pixels ("pictures/scene_animated.gif", "scene_palette", "image/gif");
}

/* A frame that is smaller than the picture, with a colour that stands for nothing: white in both places. */
static void
test_gif_frame (void)
{
  static const char gif[] = "GIF89a\4\0\3\0\x80\0\0\xff\0\0\0\0\xff"
                            "!\xf9\4\1\0\0\1\0"                       /* colour 1 is transparent */
                            ",\1\0\1\0\2\0\1\0\0\2\2\x44\x0a\0;"; /* 2 x 1 at (1, 1): colours 0, 1 */
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = test_open_bytes (gif, sizeof gif - 1, &error);
  g_autoptr (OwlPicture) picture = NULL;
  const guint8 *pixels;

  if (g_error_matches (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED)) {
    g_test_skip ("built without GIF");
    return;
  }
  g_assert_no_error (error);
  picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_picture_get_width (picture), ==, 4);
  g_assert_cmpint (owl_picture_get_height (picture), ==, 3);
  pixels = owl_picture_get_pixels (picture);
  for (int i = 0; i < 12; i++) {
    g_assert_cmpint (pixels[3 * i], ==, 255);
    g_assert_cmpint (pixels[3 * i + 1], ==, i == 5 ? 0 : 255);
    g_assert_cmpint (pixels[3 * i + 2], ==, i == 5 ? 0 : 255);
  }
}

/* Strips and tiles; alpha (which the library rounds in its own way); stored lying on its side. */
static void
test_tiff (void)
{
  check_pixels ("pictures/scene_palette.tiff", "scene_palette", "image/tiff");
  check_pixels ("pictures/scene_tiled.tiff", "scene_interlaced", "image/tiff");
  check_pixels ("pictures/scene_turned.tiff", "scene_palette", "image/tiff");
  check_pixels_within ("pictures/alpha_rgba.tiff", "alpha_rgba", "image/tiff", 1);
}

static void
test_heif (void)
{
  check_pixels_within ("pictures/scene_palette.heic", "scene_palette", "image/heic", 2);
  check_pixels_within ("pictures/scene_palette.avif", "scene_palette", "image/avif", 2);
  check_pixels_within ("pictures/alpha_rgba.avif", "alpha_rgba", "image/avif", 2);
}

#define BLOCK 20

/* What a stored picture of 3 x 2 blocks looks like after each orientation (EXIF 2.3, tag 0x0112), row by row.
 */
static const struct {
  int width, height;
  const char *blocks;
} oriented[] = {
  { 3, 2, "abcdef" }, { 3, 2, "cbafed" }, { 3, 2, "fedcba" }, { 3, 2, "defabc" },
  { 2, 3, "adbecf" }, { 2, 3, "daebfc" }, { 2, 3, "fcebda" }, { 2, 3, "cfbead" },
};

static guint8 *
draw_blocks (const char *blocks, int width, int height)
{
  guint8 *pixels = g_malloc ((gsize) (width * height) * BLOCK * BLOCK * 3);
  guint8 *p = pixels;

  for (int y = 0; y < height * BLOCK; y++) {
    for (int x = 0; x < width * BLOCK; x++) {
      int block = blocks[y / BLOCK * width + x / BLOCK];

      *p++ = (guint8) (block * 2);
      *p++ = (guint8) (block * 5);
      *p++ = (guint8) (255 - block);
    }
  }
  return pixels;
}

static void
test_orientation (void)
{
  g_autofree guint8 *stored = draw_blocks ("abcdef", 3, 2);

  for (int i = 0; i < 16; i++) {
    int orientation = i % 8 + 1, width = oriented[i % 8].width, height = oriented[i % 8].height;
    g_autoptr (GByteArray) png = test_make_png (stored, 3 * BLOCK, 2 * BLOCK, i >= 8, orientation);
    g_autofree guint8 *expected = draw_blocks (oriented[i % 8].blocks, width, height);
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlDecoder) decoder = test_open_bytes (png->data, png->len, &error);
    g_autoptr (OwlPicture) picture = NULL;
    gsize n = 6 * BLOCK * BLOCK * 3;

    g_assert_no_error (error);
    picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (owl_picture_get_width (picture), ==, width * BLOCK);
    g_assert_cmpmem (owl_picture_get_pixels (picture), n, expected, n);
  }
}

static double
mean_difference (const OwlPicture *a, const OwlPicture *b)
{
  gsize n = g_bytes_get_size (owl_picture_get_bytes (a));
  double sum = 0;

  g_assert_cmpuint (g_bytes_get_size (owl_picture_get_bytes (b)), ==, n);
  for (gsize i = 0; i < n; i++)
    sum += ABS (owl_picture_get_pixels (a)[i] - owl_picture_get_pixels (b)[i]);
  return sum / (double) n;
}

static void
test_box (void)
{
  static const struct {
    const char *file;
    int max_width, max_height, width, height;
  } boxes[] = {
    { "scene_420.jpg", 0, 0, 97, 65 },          { "scene_420.jpg", 1000, 1000, 97, 65 },
    { "scene_420.jpg", 24, 24, 24, 16 },        { "scene_420.jpg", 0, 13, 19, 13 },
    { "scene_420.jpg", 50, 0, 50, 34 },         { "scene_exif6.jpg", 10, 10, 7, 10 },
    { "scene_interlaced.png", 30, 40, 30, 30 }, { "wide_541x13.jpg", 20, 20, 20, 1 },
    { "wide_541x13.jpg", 1, 1, 1, 1 },          { "scene_cmyk.jpg", 20, 20, 20, 19 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (boxes); i++) {
    g_autofree char *name = g_build_filename ("golden/images", boxes[i].file, NULL);
    g_autofree char *path = test_data_path (name);
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlDecoder) decoder = owl_decoder_open_path (path, NULL, &error);
    g_autoptr (OwlPicture) full = NULL, small = NULL, expected = NULL;

    g_assert_no_error (error);
    full = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
    g_assert_no_error (error);
    small = owl_decoder_render (decoder, 0, boxes[i].max_width, boxes[i].max_height, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (owl_picture_get_width (small), ==, boxes[i].width);
    g_assert_cmpint (owl_picture_get_height (small), ==, boxes[i].height);
    /* A reduced JPEG may leave out fine detail before the resize, which shows in these tiny noisy pictures,
     * but must look the same. */
    expected = owl_picture_scale (full, boxes[i].width, boxes[i].height);
    g_assert_cmpfloat (mean_difference (small, expected), <, 8.0);
  }
}

static void
test_no_such_page (void)
{
  g_autofree char *path = test_data_path ("golden/images/scene_420.jpg");
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = owl_decoder_open_path (path, NULL, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_null (owl_decoder_render (decoder, 1, 0, 0, NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_LIMIT);
  g_clear_error (&error);
  /* That was a mistake of the caller; the decoder goes on. */
  text = owl_decoder_get_page_text (decoder, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "");
}

static gpointer
open_and_render (gpointer path)
{
  g_autoptr (OwlDecoder) decoder = owl_decoder_open_path (path, NULL, NULL);

  return decoder ? owl_decoder_render (decoder, 0, 0, 0, NULL, NULL) : NULL;
}

static void
test_many_at_once (void)
{
  g_autofree char *path = test_data_path ("golden/images/scene_progressive.jpg");
  GThread *threads[30];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("open", open_and_render, path);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++) {
    g_autoptr (OwlPicture) picture = g_thread_join (threads[i]);

    g_assert_nonnull (picture);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (golden); i++) {
    g_autofree char *path = g_strconcat ("/decoder/golden/", golden[i], NULL);

    g_test_add_data_func (path, golden[i], test_golden);
  }
  g_test_add_func ("/decoder/webp", test_webp);
  g_test_add_func ("/decoder/gif", test_gif);
  g_test_add_func ("/decoder/gif-frame", test_gif_frame);
  g_test_add_func ("/decoder/tiff", test_tiff);
  g_test_add_func ("/decoder/heif", test_heif);
  g_test_add_func ("/decoder/orientation", test_orientation);
  g_test_add_func ("/decoder/box", test_box);
  g_test_add_func ("/decoder/no-such-page", test_no_such_page);
  g_test_add_func ("/decoder/many-at-once", test_many_at_once);
  return g_test_run ();
}
