/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Files that are cut off, damaged, oversized or something else: each gets its message, and the decoder never
 * dies of one. */

#include "test-png.h"
#include "test-util.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

/* With the sanitisers each file takes ten times as long, so every SPARSE-th is tried. */
#ifdef __SANITIZE_ADDRESS__
#define SPARSE 4
#else
#define SPARSE 1
#endif

/* Opens and renders; NULL if both work. */
static GError *
try_bytes (const void *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = test_open_bytes (data, size, &error);
  g_autoptr (OwlPicture) picture = decoder ? owl_decoder_render (decoder, 0, 0, 0, NULL, &error) : NULL;
  g_autofree char *text = picture ? owl_decoder_get_page_text (decoder, 0, NULL, &error) : NULL;

  g_assert_true ((error == NULL) == (text != NULL));
  if (error) {
    g_assert_cmpint (error->domain, ==, OWL_ERROR);
    g_assert_true (g_str_has_prefix (error->message, "test file "));
    /* The client's words for a decoder that died or was killed. */
    g_assert_null (strstr (error->message, "fail"));
    g_assert_null (strstr (error->message, "wrong"));
    g_assert_null (strstr (error->message, "takes too long"));
  }
  return g_steal_pointer (&error);
}

static char *
read_file (const char *name, gsize *size)
{
  g_autofree char *path = test_data_path (name);
  g_autoptr (GError) error = NULL;
  char *data;

  g_file_get_contents (path, &data, size, &error);
  g_assert_no_error (error);
  return data;
}

/* Whether the decoder is built with the library that `name` needs. */
static gboolean
reads (const char *name)
{
  g_autofree char *path = test_data_path (name);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = owl_decoder_open_path (path, NULL, &error);

  if (!decoder)
    g_assert_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED);
  return decoder != NULL;
}

static void
assert_cut_off (const void *data, gsize size)
{
  g_autoptr (GError) error = try_bytes (data, size);

  g_assert_error (error, OWL_ERROR, OWL_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "is cut off"));
}

static void
check_truncation (const char *name, gsize step)
{
  gsize size;
  g_autofree char *data = read_file (name, &size);

  for (gsize length = 1; length < size; length += step * SPARSE)
    assert_cut_off (data, length);
  assert_cut_off (data, size - 1);
}

static void
test_truncated (void)
{
  check_truncation ("golden/images/column_1x9.png", 1);
  check_truncation ("golden/images/rgb16.png", 397);
  check_truncation ("golden/images/scene_interlaced.png", 499);
  check_truncation ("golden/images/scene_420.jpg", 97);
  check_truncation ("golden/images/scene_progressive.jpg", 97);
}

/* Kinds that are optional parts of the decoder, from the bytes on that it takes to recognise them. What stands behind the last row of
 * a GIF or the directory of a TIFF is not missed. */
static void
test_truncated_optional (void)
{
  static const struct {
    const char *name;
    gsize start, step, spare;
  } files[] = {
    { "pictures/scene_palette.webp", 12, 97, 1 }, { "pictures/scene_palette.gif", 4, 53, 3 },
    { "pictures/scene_palette.tiff", 4, 97, 280 }, { "pictures/scene_palette.heic", 12, 97, 1 },
    { "pictures/scene_palette.avif", 12, 97, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    gsize size;
    g_autofree char *data = read_file (files[i].name, &size);

    if (!reads (files[i].name))
      continue;
    for (gsize length = files[i].start; length < size - files[i].spare; length += files[i].step * SPARSE)
      assert_cut_off (data, length);
    assert_cut_off (data, size - files[i].spare);
  }
}

static void
test_bomb (void)
{
  g_autoptr (GByteArray) png = test_make_black_png (30000, 30000);
  g_autoptr (GError) error = NULL;

  /* Small as a file, 2.7 GB as pixels. */
  g_assert_cmpuint (png->len, <, 1024 * 1024);
  g_assert_null (test_open_bytes (png->data, png->len, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_LIMIT);
  g_assert_nonnull (strstr (error->message, "30000 x 30000"));
  g_assert_nonnull (strstr (error->message, "250 megapixels"));
}

static void
test_large_but_allowed (void)
{
  g_autoptr (GByteArray) png = test_make_black_png (6000, 4000);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = test_open_bytes (png->data, png->len, &error);
  g_autoptr (OwlPicture) picture = NULL;

  g_assert_no_error (error);
  picture = owl_decoder_render (decoder, 0, 60, 60, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_picture_get_width (picture), ==, 60);
  g_assert_cmpint (owl_picture_get_height (picture), ==, 40);
}

static void
test_other_kinds (void)
{
  static const struct {
    const char *bytes;
    gsize length;
    int code;
    const char *words;
  } files[] = {
    { "", 0, OWL_ERROR_FORMAT, "is empty" },
    { "Dear diary", 10, OWL_ERROR_FORMAT, "is not a picture or PDF" },
    { "\x7f"
      "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
      16, OWL_ERROR_FORMAT, "is not a picture or PDF" },
    { "\xff\x0a\0\0\0\0\0\0", 8, OWL_ERROR_UNSUPPORTED, "JPEG XL" },
    { "\0\0\0\x0cjP  \x0d\x0a\x87\x0a", 12, OWL_ERROR_UNSUPPORTED, "JPEG 2000" },
    { "\x89PNG\r\n\x1a\n"
      "0123456789012345",
      24, OWL_ERROR_FORMAT, "is damaged" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = try_bytes (files[i].bytes, files[i].length);

    g_assert_error (error, OWL_ERROR, files[i].code);
    g_assert_nonnull (strstr (error->message, files[i].words));
  }
}

static void
test_named_wrongly (void)
{
  g_autofree char *folder = g_dir_make_tmp ("owl-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "holiday.jpg", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "Shopping list\n", -1, NULL));
  g_assert_null (owl_decoder_open_path (path, NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_FORMAT);
  g_assert_cmpstr (error->message, ==, "holiday.jpg is not a picture or PDF");
  g_clear_error (&error);

  g_assert_null (owl_decoder_open_path (folder, NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "is a folder"));
  g_clear_error (&error);

  g_remove (path);
  g_assert_null (owl_decoder_open_path (path, NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_IO);
  g_rmdir (folder);
}

/* A few bytes changed at random, many times over. */
static void
check_flips (const char *name, int n_rounds)
{
  gsize size;
  g_autofree char *data = read_file (name, &size);
  g_autoptr (GRand) random = g_rand_new_with_seed (20240917);

  for (int round = 0; round < n_rounds / SPARSE; round++) {
    g_autofree char *copy = g_memdup2 (data, size);
    g_autoptr (GError) error = NULL;
    int n_flips = g_rand_int_range (random, 1, 8);

    for (int i = 0; i < n_flips; i++)
      copy[g_rand_int_range (random, 0, (int) size)] = (char) g_rand_int_range (random, 0, 256);
    error = try_bytes (copy, size);
  }
}

static void
test_flips (void)
{
  static const char *const optional[] = {
    "pictures/alpha_rgba.webp",   "pictures/scene_animated.webp", "pictures/scene_interlaced.gif", "pictures/scene_palette.tiff",
    "pictures/scene_tiled.tiff",  "pictures/scene_palette.heic",  "pictures/scene_palette.avif",
  };

  check_flips ("golden/images/scene_420.jpg", 20);
  check_flips ("golden/images/scene_progressive.jpg", 20);
  check_flips ("golden/images/scene_exif6.jpg", 15);
  check_flips ("golden/images/scene_ycck.jpg", 20);
  check_flips ("golden/images/palette4_trns.png", 20);
  check_flips ("golden/images/gray1_interlaced.png", 20);
  for (gsize i = 0; i < G_N_ELEMENTS (optional); i++)
    if (reads (optional[i]))
      check_flips (optional[i], 15);
}

static void
test_nothing_left (void)
{
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
  /* Standard streams, the folder being read, and what GLib and the test harness keep. */
  g_assert_cmpint (test_count_descriptors (), <, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decoder-damaged/truncated", test_truncated);
  g_test_add_func ("/decoder-damaged/truncated-optional", test_truncated_optional);
  g_test_add_func ("/decoder-damaged/bomb", test_bomb);
  g_test_add_func ("/decoder-damaged/large-but-allowed", test_large_but_allowed);
  g_test_add_func ("/decoder-damaged/other-kinds", test_other_kinds);
  g_test_add_func ("/decoder-damaged/named-wrongly", test_named_wrongly);
  g_test_add_func ("/decoder-damaged/flips", test_flips);
  g_test_add_func ("/decoder-damaged/nothing-left", test_nothing_left);
  return g_test_run ();
}
