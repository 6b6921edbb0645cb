/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Pictures in memory: resize and preparation for the encoder against the reference, and the odd sizes. */

#include "test-util.h"

#include "image/preprocess.h"
#include "image/resize.h"

#include <math.h>
#include <string.h>

static const char *const golden[] = {
  "scene_420",        "scene_progressive", "scene_gray",    "scene_cmyk", "scene_ycck",
  "scene_exif6",      "scene_palette",     "rgb16",         "gray16",     "alpha_rgba",
  "scene_interlaced", "gray1_interlaced",  "palette4_trns", "column_1x9", "wide_541x13",
};

static OwlPicture *
read_golden (const char *stem)
{
  g_autofree char *name = g_strdup_printf ("golden/images/expected/rgb_%s.npy", stem);
  gsize n, shape[4];
  guint8 *pixels = test_read_npy (name, "|u1", &n, shape);
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, n);

  return owl_picture_new ((int) shape[1], (int) shape[0], bytes);
}

static OwlPicture *
new_filled (int width, int height, guint8 value)
{
  gsize n = (gsize) width * (gsize) height * 3;
  guint8 *pixels = g_malloc (n);
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, n);

  memset (pixels, value, n);
  return owl_picture_new (width, height, bytes);
}

static void
test_pixel_values (gconstpointer data)
{
  static const float mean[3] = { 0.48145466f, 0.4578275f, 0.40821073f };
  static const float std[3] = { 0.26862954f, 0.26130258f, 0.27577711f };
  g_autofree char *name = g_strdup_printf ("golden/images/expected/pixel_values_%s.npy", (const char *) data);
  g_autoptr (OwlPicture) picture = read_golden (data);
  gsize n, shape[4];
  g_autofree float *expected = test_read_npy (name, "<f4", &n, shape);
  g_autofree float *values = g_new (float, n);

  g_assert_cmpuint (shape[0], ==, 3);
  g_assert_cmpuint (shape[1], ==, shape[2]);
  owl_preprocess (picture, (int) shape[1], mean, std, values);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (values[i], expected[i], 1e-6);
}

static void
test_new_checks_size (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("123456789012", 12);
  OwlPicture *picture = owl_picture_new (2, 2, bytes);

  g_assert_nonnull (picture);
  owl_picture_unref (picture);
  g_assert_null (owl_picture_new (2, 3, bytes));
  g_assert_null (owl_picture_new (4, 0, bytes));
  g_assert_null (owl_picture_new (-2, -2, bytes));
  /* 3 * width * height overflows 32 and 64 bits to 12. */
  g_assert_null (owl_picture_new (G_MAXINT, G_MAXINT, bytes));
}

static void
test_hash (void)
{
  /* sha256 of 02 00 00 00 01 00 00 00 'a' 'b' 'c' 'd' 'e' 'f', by coreutils. */
  static const char expected[] = "53824dfd8b336bda54d7727bee1059d96a5567aa755193c97ed1f79ffcd74f76";
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abcdef", 6);
  g_autoptr (OwlPicture) wide = owl_picture_new (2, 1, bytes);
  g_autoptr (OwlPicture) high = owl_picture_new (1, 2, bytes);
  g_autoptr (GString) hex = g_string_new (NULL);

  for (int i = 0; i < 32; i++)
    g_string_append_printf (hex, "%02x", owl_picture_get_hash (wide)[i]);
  g_assert_cmpstr (hex->str, ==, expected);
  g_assert_true (memcmp (owl_picture_get_hash (wide), owl_picture_get_hash (high), 32) != 0);
}

static void
test_crop (void)
{
  g_autoptr (OwlPicture) picture = read_golden ("scene_420");
  g_autoptr (OwlPicture) part = owl_picture_crop (picture, 90, 3, 7, 62);
  int width = owl_picture_get_width (picture);

  g_assert_cmpint (owl_picture_get_width (part), ==, 7);
  g_assert_cmpint (owl_picture_get_height (part), ==, 62);
  for (int y = 0; y < 62; y++)
    g_assert_cmpmem (owl_picture_get_pixels (part) + (gsize) y * 21, 21,
                     owl_picture_get_pixels (picture) + ((gsize) (y + 3) * (gsize) width + 90) * 3, 21);
}

/* A uniform picture stays uniform whatever the sizes are: weights add up to one, nothing is read outside. */
static void
test_sizes (void)
{
  static const struct {
    int width, height, to_width, to_height;
  } sizes[] = {
    { 1, 1, 224, 224 },     { 1, 9, 56, 56 },         { 9, 1, 1, 9 },     { 224, 224, 1, 1 },
    { 40000, 1, 224, 224 }, { 1, 40000, 224, 7 },     { 3, 2, 3, 200 },   { 200, 3, 200, 2 },
    { 2, 3, 1000, 3 },      { 1009, 757, 1008, 756 }, { 30000, 2, 1, 1 }, { 5, 5, 5, 5 },
  };
  static const guint8 grays[] = { 0, 1, 127, 255 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (gsize g = 0; g < G_N_ELEMENTS (grays); g++) {
      g_autoptr (OwlPicture) picture = new_filled (sizes[i].width, sizes[i].height, grays[g]);
      g_autoptr (OwlPicture) scaled = owl_picture_scale (picture, sizes[i].to_width, sizes[i].to_height);
      gsize n = (gsize) sizes[i].to_width * (gsize) sizes[i].to_height * 3;

      g_assert_cmpuint (g_bytes_get_size (owl_picture_get_bytes (scaled)), ==, n);
      for (gsize p = 0; p < n; p++)
        g_assert_cmpuint (owl_picture_get_pixels (scaled)[p], ==, grays[g]);
    }
  }
}

static double
cubic (double x)
{
  x = fabs (x);
  return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

/* Random rows against the definition in floating point: at most one step apart, since only roundings differ.
 */
static void
test_against_definition (void)
{
  static const int widths[][2] = { { 1000, 3 }, { 3000, 7 }, { 17, 100 }, { 100, 99 }, { 2, 5 } };

  for (gsize i = 0; i < G_N_ELEMENTS (widths); i++) {
    int n_src = widths[i][0], n_dst = widths[i][1];
    double scale = (double) n_src / n_dst, widen = MAX (scale, 1);
    g_autofree guint8 *src = g_malloc_n ((gsize) n_src, 3);
    g_autofree guint8 *dst = g_malloc_n ((gsize) n_dst, 3);
    g_autofree guint8 *column = g_malloc_n ((gsize) n_dst, 3);

    for (int x = 0; x < n_src * 3; x++)
      src[x] = (guint8) (g_test_rand_bit () ? g_test_rand_int_range (0, 256) : 255 * g_test_rand_bit ());
    owl_resize (src, n_src, 1, dst, n_dst, 1);
    owl_resize (src, 1, n_src, column, 1, n_dst);
    g_assert_cmpmem (column, n_dst * 3, dst, n_dst * 3);
    for (int x = 0; x < n_dst * 3; x++) {
      double centre = (x / 3 + 0.5) * scale, sum = 0, norm = 0;
      int first = MAX (0, (int) (centre - 2 * widen + 0.5)),
          end = MIN (n_src, (int) (centre + 2 * widen + 0.5));

      for (int t = first; t < end; t++) {
        sum += src[t * 3 + x % 3] * cubic ((t - centre + 0.5) / widen);
        norm += cubic ((t - centre + 0.5) / widen);
      }
      g_assert_cmpfloat_with_epsilon (dst[x], CLAMP (sum / norm, 0, 255), 0.51);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (golden); i++) {
    g_autofree char *path = g_strconcat ("/image/pixel-values/", golden[i], NULL);

    g_test_add_data_func (path, golden[i], test_pixel_values);
  }
  g_test_add_func ("/image/new-checks-size", test_new_checks_size);
  g_test_add_func ("/image/hash", test_hash);
  g_test_add_func ("/image/crop", test_crop);
  g_test_add_func ("/image/sizes", test_sizes);
  g_test_add_func ("/image/against-definition", test_against_definition);
  return g_test_run ();
}
