/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Pictures and documents through the separate decoder program. */

#include "test-util.h"

#include "decode/decoder-client.h"

#include <string.h>

static const char *const golden[] = {
  "scene_420.jpg", "scene_progressive.jpg", "scene_gray.jpg", "scene_cmyk.jpg", "scene_ycck.jpg",
  "scene_exif6.jpg", "scene_palette.png", "rgb16.png", "gray16.png", "alpha_rgba.png",
  "scene_interlaced.png", "gray1_interlaced.png", "palette4_trns.png", "column_1x9.png", "wide_541x13.jpg",
};

static void
test_golden (gconstpointer data)
{
  const char *file = data;
  g_autofree char *stem = g_strndup (file, strlen (file) - 4);
  g_autofree char *expected_name = g_strdup_printf ("golden/images/expected/rgb_%s.npy", stem);
  g_autofree char *name = g_build_filename ("golden/images", file, NULL);
  g_autofree char *path = test_data_path (name);
  gsize n, shape[4];
  g_autofree guint8 *expected = test_read_npy (expected_name, "|u1", &n, shape);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = owl_decoder_open_path (path, NULL, &error);
  g_autoptr (OwlPicture) picture = NULL;
  double width, height;

  g_assert_no_error (error);
  g_assert_cmpint (owl_decoder_get_kind (decoder), ==, OWL_DOCUMENT_PICTURE);
  g_assert_cmpint (owl_decoder_get_n_pages (decoder), ==, 1);
  g_assert_cmpstr (owl_decoder_get_mime_type (decoder), ==, g_str_has_suffix (file, "png") ? "image/png" : "image/jpeg");
  owl_decoder_get_page_size (decoder, 0, &width, &height, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (width, ==, (double) shape[1]);
  g_assert_cmpfloat (height, ==, (double) shape[0]);
  picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (owl_picture_get_width (picture), ==, shape[1]);
  g_assert_cmpuint (owl_picture_get_height (picture), ==, shape[0]);
  g_assert_cmpmem (owl_picture_get_pixels (picture), n, expected, n);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (golden); i++) {
    g_autofree char *path = g_strconcat ("/decoder/golden/", golden[i], NULL);

    g_test_add_data_func (path, golden[i], test_golden);
  }
  return g_test_run ();
}
