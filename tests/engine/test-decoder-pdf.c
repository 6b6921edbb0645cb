/* SPDX-License-Identifier: GPL-3.0-or-later */

/* PDF documents: drawn with cairo, and by hand where cairo would not make such a thing. */

#include "../app/make-locked-pdf.h"
#include "test-util.h"

#include <cairo-pdf.h>
#include <string.h>
#include <unistd.h>

#define N_PAGES 3

#ifndef __SANITIZE_ADDRESS__
#define SPARSE 1
#else
#define SPARSE 4 /* each damaged file takes ten times as long */

/* What fontconfig keeps to the end is not ours. */
const char *__lsan_default_suppressions (void);

const char *
__lsan_default_suppressions (void)
{
  return "leak:libfontconfig";
}
#endif

static cairo_status_t
on_write (void *bytes, const unsigned char *data, unsigned length)
{
  g_byte_array_append (bytes, data, length);
  return CAIRO_STATUS_SUCCESS;
}

/* Pages of 200 x 100, 100 x 200 and 300 x 300 points, labelled i, ii and 1; a red square of 50 points at the
 * top left, and text. */
static GByteArray *
make_pdf (void)
{
  static const double sizes[N_PAGES][2] = { { 200, 100 }, { 100, 200 }, { 300, 300 } };
  static const char *const labels[N_PAGES] = { "i", "ii", "1" };
  GByteArray *bytes = g_byte_array_new ();
  cairo_surface_t *surface = cairo_pdf_surface_create_for_stream (on_write, bytes, 200, 100);
  cairo_t *cr = cairo_create (surface);

  for (int page = 0; page < N_PAGES; page++) {
    g_autofree char *text = g_strdup_printf ("Grüße %d", page + 1);

    cairo_pdf_surface_set_size (surface, sizes[page][0], sizes[page][1]);
    cairo_pdf_surface_set_page_label (surface, labels[page]);
    cairo_set_source_rgb (cr, 1, 0, 0);
    cairo_rectangle (cr, 0, 0, 50, 50);
    cairo_fill (cr);
    if (page < 2) {
      cairo_set_source_rgb (cr, 0, 0, 0);
      cairo_set_font_size (cr, 12);
      cairo_move_to (cr, 10, 80);
      cairo_show_text (cr, text);
    }
    cairo_show_page (cr);
  }
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return bytes;
}

/* One empty page, with the given page size and more entries in the trailer. Without a cross-reference table,
 * which readers rebuild. */
static char *
make_plain_pdf (const char *media_box, const char *trailer)
{
  return g_strdup_printf (
      "%%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count "
      "1>>\nendobj\n"
      "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[%s]>>\nendobj\ntrailer\n<</Root 1 0 R %s>>\n%%%%EOF\n",
      media_box, trailer);
}

static OwlDecoder *
open_pdf (void)
{
  g_autoptr (GByteArray) bytes = make_pdf ();
  g_autoptr (GError) error = NULL;
  OwlDecoder *decoder = test_open_bytes (bytes->data, bytes->len, &error);

  g_assert_no_error (error);
  return decoder;
}

static void
assert_pixel (const OwlPicture *picture, int x, int y, guint32 rgb)
{
  const guint8 *p = owl_picture_get_pixels (picture)
                    + ((gsize) y * (gsize) owl_picture_get_width (picture) + (gsize) x) * 3;

  g_assert_cmphex ((guint32) p[0] << 16 | (guint32) p[1] << 8 | p[2], ==, rgb);
}

static void
test_pages (void)
{
  static const double sizes[N_PAGES][2] = { { 200, 100 }, { 100, 200 }, { 300, 300 } };
  static const char *const labels[N_PAGES] = { "i", "ii", "1" };
  g_autoptr (OwlDecoder) decoder = open_pdf ();

  g_assert_cmpint (owl_decoder_get_kind (decoder), ==, OWL_DOCUMENT_PDF);
  g_assert_cmpstr (owl_decoder_get_mime_type (decoder), ==, "application/pdf");
  g_assert_cmpint (owl_decoder_get_n_pages (decoder), ==, N_PAGES);
  for (int page = 0; page < N_PAGES; page++) {
    g_autofree char *label = NULL;
    g_autoptr (GError) error = NULL;
    double width, height;

    owl_decoder_get_page_size (decoder, page, &width, &height, &label, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat_with_epsilon (width, sizes[page][0], 0.01);
    g_assert_cmpfloat_with_epsilon (height, sizes[page][1], 0.01);
    g_assert_cmpstr (label, ==, labels[page]);
  }
}

static void
test_text (void)
{
  g_autoptr (OwlDecoder) decoder = open_pdf ();

  for (int page = N_PAGES - 1; page >= 0; page--) {
    g_autofree char *expected = g_strdup_printf ("Grüße %d", page + 1);
    g_autoptr (GError) error = NULL;
    g_autofree char *text = owl_decoder_get_page_text (decoder, page, NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (g_strstrip (text), ==, page < 2 ? expected : "");
  }
}

static void
test_render (void)
{
  static const struct {
    int page, max_width, max_height, width, height;
  } boxes[] = {
    { 0, 0, 0, 417, 208 },   { 1, 400, 400, 200, 400 }, { 2, 600, 0, 600, 600 },
    { 0, 0, 300, 600, 300 }, { 1, 1, 1, 1, 1 },         { 0, 448, 448, 448, 224 },
  };
  g_autoptr (OwlDecoder) decoder = open_pdf ();

  for (gsize i = 0; i < G_N_ELEMENTS (boxes); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlPicture) picture =
        owl_decoder_render (decoder, boxes[i].page, boxes[i].max_width, boxes[i].max_height, NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpint (owl_picture_get_width (picture), ==, boxes[i].width);
    g_assert_cmpint (owl_picture_get_height (picture), ==, boxes[i].height);
    if (boxes[i].width == 1)
      continue;
    assert_pixel (picture, 0, 0, 0xff0000);
    assert_pixel (picture, boxes[i].width / 8, boxes[i].height / 8, 0xff0000);
    assert_pixel (picture, boxes[i].width - 1, boxes[i].height - 1, 0xffffff);
  }
}

static void
test_enormous_page (void)
{
  static const char *const boxes[] = { "0 0 1000000 1000000", "0 0 5000000 2", "0 0 20000 3" };

  for (gsize i = 0; i < G_N_ELEMENTS (boxes); i++) {
    g_autofree char *pdf = make_plain_pdf (boxes[i], "");
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlDecoder) decoder = test_open_bytes (pdf, strlen (pdf), &error);
    g_autoptr (OwlPicture) picture = NULL;

    g_assert_no_error (error);
    picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (owl_picture_get_width (picture) * owl_picture_get_height (picture), <=, 16100000);
    assert_pixel (picture, 0, 0, 0xffffff);
  }
}

static void
test_empty_page (void)
{
  g_autofree char *pdf = make_plain_pdf ("0 0 0 0", "");
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = test_open_bytes (pdf, strlen (pdf), &error);
  g_autoptr (OwlPicture) picture = decoder ? owl_decoder_render (decoder, 0, 100, 100, NULL, &error) : NULL;

  /* Readers may fall back to a standard page. */
  g_assert_true (picture != NULL || g_error_matches (error, OWL_ERROR, OWL_ERROR_FORMAT));
}

static OwlDecoder *
open_locked (const char *password, GError **error)
{
  g_autoptr (GByteArray) pdf = make_locked_pdf (3, "open sesame");
  int fd = test_memory_file (pdf->data, pdf->len);
  OwlDecoder *decoder = owl_decoder_open_protected (fd, "locked.pdf", password, NULL, error);

  close (fd);
  return decoder;
}

static void
test_password (void)
{
  g_autofree char *long_one = g_strnfill (300, 'x'), *text = NULL;
  const char *const wrong[] = { NULL, "", "Open sesame", long_one };
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_assert_null (open_locked (wrong[i], &error));
    g_assert_error (error, OWL_ERROR, OWL_ERROR_PASSWORD);
    g_assert_nonnull (strstr (error->message, i < 2 ? "locked.pdf is protected by a password" : "locked.pdf does not open with this password"));
    g_clear_error (&error);
  }
  decoder = open_locked ("open sesame", &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_decoder_get_n_pages (decoder), ==, 3);
  text = owl_decoder_get_page_text (decoder, 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "Secret page 2"));
}

static void
test_broken (void)
{
  static const char broken[] = "%PDF-1.7\nThis is not a document.\n%%EOF\n";
  g_autoptr (GByteArray) bytes = make_pdf ();
  g_autoptr (GError) error = NULL;

  g_assert_null (test_open_bytes (broken, strlen (broken), &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "damaged"));
  g_clear_error (&error);

  g_assert_null (test_open_bytes (bytes->data, 100, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "cut off"));
}

static void
test_truncated (void)
{
  g_autoptr (GByteArray) bytes = make_pdf ();

  for (guint length = 1; length < bytes->len; length += SPARSE * bytes->len / 40) {
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlDecoder) decoder = test_open_bytes (bytes->data, length, &error);

    /* Poppler saves what it can; the pages that it finds must answer. */
    g_assert_true (decoder != NULL || g_error_matches (error, OWL_ERROR, OWL_ERROR_FORMAT));
    for (int page = 0; decoder && page < owl_decoder_get_n_pages (decoder); page++) {
      g_autoptr (GError) page_error = NULL;
      g_autoptr (OwlPicture) picture = owl_decoder_render (decoder, page, 100, 100, NULL, &page_error);

      g_assert_true (picture != NULL || g_error_matches (page_error, OWL_ERROR, OWL_ERROR_FORMAT));
      g_assert_true (page_error == NULL || strstr (page_error->message, "fail") == NULL);
    }
  }
}

static void
test_flips (void)
{
  g_autoptr (GByteArray) bytes = make_pdf ();
  g_autoptr (GRand) random = g_rand_new_with_seed (20240917);

  for (int round = 0; round < 100 / SPARSE; round++) {
    g_autofree guint8 *copy = g_memdup2 (bytes->data, bytes->len);
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlDecoder) decoder = NULL;
    g_autoptr (OwlPicture) picture = NULL;
    g_autofree char *text = NULL;

    for (int i = g_rand_int_range (random, 1, 20); i > 0; i--)
      copy[g_rand_int_range (random, 0, (int) bytes->len)] = (guint8) g_rand_int_range (random, 0, 256);
    decoder = test_open_bytes (copy, bytes->len, &error);
    picture = decoder ? owl_decoder_render (decoder, 0, 200, 200, NULL, &error) : NULL;
    text = picture ? owl_decoder_get_page_text (decoder, 0, NULL, &error) : NULL;
    g_assert_true ((error == NULL) == (text != NULL));
    g_assert_true (error == NULL || (error->domain == OWL_ERROR && strstr (error->message, "fail") == NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decoder-pdf/pages", test_pages);
  g_test_add_func ("/decoder-pdf/text", test_text);
  g_test_add_func ("/decoder-pdf/render", test_render);
  g_test_add_func ("/decoder-pdf/enormous-page", test_enormous_page);
  g_test_add_func ("/decoder-pdf/empty-page", test_empty_page);
  g_test_add_func ("/decoder-pdf/password", test_password);
  g_test_add_func ("/decoder-pdf/broken", test_broken);
  g_test_add_func ("/decoder-pdf/truncated", test_truncated);
  g_test_add_func ("/decoder-pdf/flips", test_flips);
  return g_test_run ();
}
