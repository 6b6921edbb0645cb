/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Text of pages: reading order, tables, places of words, search, outline and labels, parts of pages, and recognised text. */

#include "test-util.h"

#include <cairo-pdf.h>
#include <math.h>
#include <string.h>

#define WIDTH 595.0
#define HEIGHT 842.0

#ifdef __SANITIZE_ADDRESS__
/* What fontconfig keeps to the end is not ours. */
const char *__lsan_default_suppressions (void);

const char *
__lsan_default_suppressions (void)
{
  return "leak:libfontconfig";
}
#endif

typedef struct {
  GByteArray *bytes;
  cairo_surface_t *surface;
  cairo_t *cr;
} Pdf;

static cairo_status_t
on_write (void *bytes, const unsigned char *data, unsigned length)
{
  g_byte_array_append (bytes, data, length);
  return CAIRO_STATUS_SUCCESS;
}

static void
pdf_begin (Pdf *pdf)
{
  cairo_text_extents_t extents;

  pdf->bytes = g_byte_array_new ();
  pdf->surface = cairo_pdf_surface_create_for_stream (on_write, pdf->bytes, WIDTH, HEIGHT);
  pdf->cr = cairo_create (pdf->surface);
  cairo_select_font_face (pdf->cr, "serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (pdf->cr, 100);
  /* Some 11 points: lines are as long, whatever font is at hand. */
  cairo_text_extents (pdf->cr, "left line 00 of the first long column goes here", &extents);
  cairo_set_font_size (pdf->cr, 100 * 225 / extents.width);
}

static OwlDecoder *
pdf_end (Pdf *pdf)
{
  g_autoptr (GByteArray) bytes = pdf->bytes;
  g_autoptr (GError) error = NULL;
  OwlDecoder *decoder;

  cairo_destroy (pdf->cr);
  cairo_surface_finish (pdf->surface);
  cairo_surface_destroy (pdf->surface);
  decoder = test_open_bytes (bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  return decoder;
}

static void
put (Pdf *pdf, double x, double y, const char *text)
{
  cairo_move_to (pdf->cr, x, y);
  cairo_show_text (pdf->cr, text);
}

static OwlPageText *
read_page (OwlDecoder *decoder, int page)
{
  g_autoptr (GError) error = NULL;
  OwlPageText *text = owl_decoder_read_page (decoder, page, NULL, &error);

  g_assert_no_error (error);
  g_assert_false (owl_page_text_is_recognised (text));
  return text;
}

/* The strings stand in the text one after the other. */
static void
assert_order (const char *text, const char *const *strings)
{
  const char *at = text;

  for (; *strings; strings++) {
    const char *found = strstr (at, *strings);

    if (!found)
      g_error ("\"%s\" is missing, or stands too early, in:\n%s", *strings, text);
    at = found + strlen (*strings);
  }
}

/* Two columns of running text under a title, whose lines are `offset` points apart. */
static char *
read_columns (double offset)
{
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL;
  g_autoptr (OwlPageText) page = NULL;

  pdf_begin (&pdf);
  put (&pdf, 120, 60, "A title that runs across the whole page from one side to the other side");
  for (int i = 0; i < 30; i++) {
    g_autofree char *left = g_strdup_printf ("left line %02d of the first long column goes here", i);
    g_autofree char *right = g_strdup_printf ("right line %02d of the second long column goes on", i);

    put (&pdf, 60, 100 + 14 * i, left);
    put (&pdf, 320, 100 + offset + 14 * i, right);
  }
  put (&pdf, 60, 600, "After the columns there is one more line that runs across the whole of the page again.");
  decoder = pdf_end (&pdf);
  page = read_page (decoder, 0);
  return g_strdup (owl_page_text_get_text (page));
}

static void
test_two_columns (void)
{
  const char *const order[] = { "A title",       "left line 00 of the first long column goes here\nleft line 01",
                                "left line 29",  "right line 00 of the second long column goes on\nright line 01",
                                "right line 29", "After the columns", NULL };

  for (double offset = 0.0; offset < 14.0; offset += 3.5) {
    g_autofree char *text = read_columns (offset);

    assert_order (text, order);
    g_assert_null (strstr (text, "|"));
  }
}

static void
test_table (void)
{
  static const char *const cells[][4] = { { "Item", "Number", "Price", "Total" },
                                          { "Coffee beans, dark roast", "2", "7.50", "15.00" },
                                          { "Milk", "1", "", "1.20" },
                                          { "Bread", "3", "2.10", "6.30" } };
  static const double columns[] = { 60, 260, 340, 420 };
  const char *const order[] = { "Thank you for your order.", "Item | Number | Price | Total\n",
                                "Coffee beans, dark roast | 2 | 7.50 | 15.00\n", "Milk | 1 |  | 1.20\n", "Bread | 3 | 2.10 | 6.30",
                                "Please pay within thirty days", NULL };
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL;
  g_autoptr (OwlPageText) page = NULL;

  pdf_begin (&pdf);
  put (&pdf, 60, 80, "Thank you for your order. It was packed with care and sent to you on the same day by post.");
  for (int row = 0; row < 4; row++)
    for (int column = 0; column < 4; column++)
      put (&pdf, columns[column], 130 + 20 * row, cells[row][column]);
  put (&pdf, 60, 240, "Please pay within thirty days to the account that is named at the foot of this page, thank you.");
  decoder = pdf_end (&pdf);
  page = read_page (decoder, 0);
  assert_order (owl_page_text_get_text (page), order);
}

/* Numbers of a list are no column of a table. */
static void
test_list (void)
{
  const char *const order[] = { "1. First we take the long road over the hill", "2. Then we rest a while beside the river", NULL };
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL;
  g_autoptr (OwlPageText) page = NULL;

  pdf_begin (&pdf);
  put (&pdf, 60, 100, "1.");
  put (&pdf, 85, 100, "First we take the long road over the hill");
  put (&pdf, 60, 116, "2.");
  put (&pdf, 85, 116, "Then we rest a while beside the river");
  decoder = pdf_end (&pdf);
  page = read_page (decoder, 0);
  assert_order (owl_page_text_get_text (page), order);
}

static void
test_places (void)
{
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL;
  g_autoptr (OwlPageText) page = NULL;
  g_autoptr (GArray) matches = NULL, none = NULL;
  const OwlTextMatch *match;
  const OwlTextWord *words;
  g_autofree char *selected = NULL;
  gsize n;

  pdf_begin (&pdf);
  put (&pdf, 100, 200, "Die Prüfung des");
  put (&pdf, 100, 216, "Straßenbelags war GUT");
  decoder = pdf_end (&pdf);
  page = read_page (decoder, 0);
  words = owl_page_text_get_words (page, &n);
  g_assert_cmpuint (n, ==, 6);
  g_assert_cmpstr (owl_page_text_get_text (page), ==, "Die Prüfung des\nStraßenbelags war GUT");
  g_assert_cmpmem (owl_page_text_get_text (page) + words[1].start, words[1].length, "Prüfung", strlen ("Prüfung"));
  g_assert_cmpfloat_with_epsilon (words[0].x, 100 / WIDTH, 0.005);
  g_assert_cmpfloat (words[0].y, <, 200 / HEIGHT);
  g_assert_cmpfloat (words[0].y + words[0].height, >, 200 / HEIGHT);
  g_assert_cmpfloat (words[0].height, <, 20 / HEIGHT);

  /* Case, accents and the end of the line do not matter. */
  matches = owl_page_text_find (page, " prufung  DES strassen");
  g_assert_cmpuint (matches->len, ==, 0);
  g_array_unref (matches);
  matches = owl_page_text_find (page, "prufung  DES straße");
  g_assert_cmpuint (matches->len, ==, 1);
  match = &g_array_index (matches, OwlTextMatch, 0);
  g_assert_cmpuint (match->first_word, ==, 1);
  g_assert_cmpuint (match->n_words, ==, 3);
  none = owl_page_text_find (page, "  ");
  g_assert_cmpuint (none->len, ==, 0);

  selected = owl_page_text_select (page, 0.0, 204 / HEIGHT, 1.0, 0.05);
  g_assert_cmpstr (selected, ==, "Straßenbelags war GUT");
}

static void
test_contents (void)
{
  static const char *const labels[] = { "i", "ii", "1", "2" };
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL;
  g_autoptr (OwlContents) contents = NULL;
  g_autoptr (GError) error = NULL;
  const OwlOutlineItem *items;
  gsize n;
  int chapter = 0;

  pdf_begin (&pdf);
  for (int page = 0; page < 4; page++) {
    g_autofree char *title = g_strdup_printf ("Part %d", page);
    g_autofree char *target = g_strdup_printf ("page=%d", page + 1);

    cairo_pdf_surface_set_page_label (pdf.surface, labels[page]);
    put (&pdf, 100, 100, title);
    if (page % 2 == 0)
      chapter = cairo_pdf_surface_add_outline (pdf.surface, CAIRO_PDF_OUTLINE_ROOT, title, target, CAIRO_PDF_OUTLINE_FLAG_OPEN);
    else
      cairo_pdf_surface_add_outline (pdf.surface, chapter, title, target, 0);
    cairo_show_page (pdf.cr);
  }
  decoder = pdf_end (&pdf);
  contents = owl_decoder_read_contents (decoder, NULL, &error);
  g_assert_no_error (error);
  items = owl_contents_get_outline (contents, &n);
  g_assert_cmpuint (n, ==, 4);
  for (int i = 0; i < 4; i++) {
    g_autofree char *title = g_strdup_printf ("Part %d", i);

    g_assert_cmpstr (items[i].title, ==, title);
    g_assert_cmpint (items[i].page, ==, i);
    g_assert_cmpint (items[i].depth, ==, i % 2);
    g_assert_cmpstr (owl_contents_get_label (contents, i), ==, labels[i]);
  }
  g_assert_null (owl_contents_get_label (contents, 4));
}

static void
test_region (void)
{
  const OwlRegion corner = { 0.5, 0.5, 0.25, 0.25 }, outside = { 0.5, 0.5, 0.6, 0.1 };
  g_autofree char *photo = test_data_path ("golden/images/scene_interlaced.png");
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL, picture = NULL;
  g_autoptr (OwlPicture) part = NULL, whole = NULL, cut = NULL, expected = NULL;
  g_autoptr (GError) error = NULL;

  pdf_begin (&pdf);
  cairo_set_source_rgb (pdf.cr, 1, 0, 0);
  cairo_rectangle (pdf.cr, WIDTH * 0.5, HEIGHT * 0.5, WIDTH * 0.25, HEIGHT * 0.25);
  cairo_fill (pdf.cr);
  decoder = pdf_end (&pdf);
  part = owl_decoder_render_region (decoder, 0, &corner, 1000, 1000, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_picture_get_height (part), ==, 1000);
  for (gsize i = 0; i < 3; i++)
    g_assert_cmpint (owl_picture_get_pixels (part)[(500 * (gsize) owl_picture_get_width (part) + 10) * 3 + i], ==, i == 0 ? 255 : 0);
  g_assert_null (owl_decoder_render_region (decoder, 0, &outside, 0, 0, NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_LIMIT);
  g_clear_error (&error);

  picture = owl_decoder_open_path (photo, NULL, &error);
  g_assert_no_error (error);
  whole = owl_decoder_render (picture, 0, 0, 0, NULL, &error);
  cut = owl_decoder_render_region (picture, 0, &(OwlRegion){ 0.2, 0.4, 0.4, 0.2 }, 0, 0, NULL, &error);
  g_assert_no_error (error);
  expected = owl_picture_crop (whole, 15, 30, 30, 15);
  g_assert_true (g_bytes_equal (owl_picture_get_bytes (cut), owl_picture_get_bytes (expected)));
}

/* A page that is a picture of text has none of its own; what recognition reads is marked. */
static void
test_scan (void)
{
  cairo_surface_t *scan = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1240, 1754);
  cairo_t *cr = cairo_create (scan);
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL;
  g_autoptr (OwlPageText) own = NULL, page = NULL;
  g_autoptr (GError) error = NULL;
  const OwlTextWord *words;
  gsize n;

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  cairo_set_source_rgb (cr, 0, 0, 0);
  cairo_select_font_face (cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (cr, 36);
  cairo_move_to (cr, 150, 300);
  cairo_show_text (cr, "The meeting starts at nine in the garden");
  cairo_destroy (cr);
  pdf_begin (&pdf);
  cairo_scale (pdf.cr, WIDTH / 1240, HEIGHT / 1754);
  cairo_set_source_surface (pdf.cr, scan, 0, 0);
  cairo_paint (pdf.cr);
  cairo_surface_destroy (scan);
  decoder = pdf_end (&pdf);
  own = read_page (decoder, 0);
  g_assert_cmpstr (owl_page_text_get_text (own), ==, "");

  page = owl_decoder_recognise_page (decoder, 0, NULL, &error);
  if (g_error_matches (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED)) {
    g_test_skip (error->message);
    return;
  }
  g_assert_no_error (error);
  g_assert_true (owl_page_text_is_recognised (page));
  g_assert_cmpstr (owl_page_text_get_text (page), ==, "The meeting starts at nine in the garden");
  words = owl_page_text_get_words (page, &n);
  g_assert_cmpuint (n, ==, 8);
  g_assert_cmpfloat_with_epsilon (words[0].x, 150.0 / 1240, 0.01);
  g_assert_cmpfloat_with_epsilon (words[0].y + words[0].height, 300.0 / 1754, 0.01);
}

/* A page with thousands of scattered words, and one whose words all lie on each other, take no long time. */
static void
test_many_words (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  Pdf pdf;
  g_autoptr (OwlDecoder) decoder = NULL;

  pdf_begin (&pdf);
  cairo_set_font_size (pdf.cr, 1);
  for (int i = 0; i < 8000; i++)
    put (&pdf, g_rand_double_range (random, 0, WIDTH), g_rand_double_range (random, 0, HEIGHT), "ab cd");
  cairo_show_page (pdf.cr);
  for (int i = 0; i < 5000; i++)
    put (&pdf, 100, 100, "ab cd");
  cairo_show_page (pdf.cr);
  decoder = pdf_end (&pdf);
  for (int i = 0; i < 2; i++) {
    g_autoptr (OwlPageText) page = read_page (decoder, i);

    g_assert_cmpuint (strlen (owl_page_text_get_text (page)), >, 0);
  }
}

/* Records that do not fit the text that comes with them. */
static void
test_wrong_records (void)
{
  static const struct {
    OwlRecordsHeader header;
    OwlTextWord words[2];
    const char *text;
    gboolean right;
  } replies[] = {
    { { 2, 0 }, { { 0, 2, 0, 0, 0.1f, 0.1f }, { 3, 1, 0, 0, 0.1f, 0.1f } }, "ab c", TRUE },
    { { 2, 0 }, { { 0, 2, 0, 0, 0.1f, 0.1f }, { 3, 2, 0, 0, 0.1f, 0.1f } }, "ab c", FALSE },
    { { 2, 0 }, { { 3, 1, 0, 0, 0.1f, 0.1f }, { 0, 2, 0, 0, 0.1f, 0.1f } }, "ab c", FALSE },
    { { 2, 0 }, { { 0, 1, 0, 0, 0.1f, 0.1f }, { G_MAXUINT32, 2, 0, 0, 0.1f, 0.1f } }, "ab c", FALSE },
    { { 2, 0 }, { { 0, 1, 0, 0, 0.1f, 0.1f }, { 1, G_MAXUINT32, 0, 0, 0.1f, 0.1f } }, "ab c", FALSE },
    { { 2, 0 }, { { 0, 1, 0, 0, 0.1f, 0.1f }, { 1, 1, 0, 0, 0.1f, 0.1f } }, "a\xc3\xbc", FALSE },
    { { 2, 0 }, { { 0, 1, 0, 0, 0.1f, 0.1f }, { 1, 1, 0, 0, 0.1f, (float) NAN } }, "ab c", FALSE },
    { { 2, 0 }, { { 0, 1, 0, 0, 0.1f, 0.1f }, { 1, 1, 0, 0, 0.1f, 0.1f } }, "a\xff", FALSE },
    { { 1000, 0 }, { { 0, 1, 0, 0, 0.1f, 0.1f }, { 1, 1, 0, 0, 0.1f, 0.1f } }, "ab", FALSE },
    { { G_MAXUINT32, 3 }, { { 0, 1, 0, 0, 0.1f, 0.1f }, { 1, 1, 0, 0, 0.1f, 0.1f } }, "ab", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (replies); i++) {
    g_autoptr (GByteArray) data = g_byte_array_new ();
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (OwlPageText) page = NULL;

    g_byte_array_append (data, (const guint8 *) &replies[i].header, sizeof replies[i].header);
    g_byte_array_append (data, (const guint8 *) replies[i].words, sizeof replies[i].words);
    g_byte_array_append (data, (const guint8 *) replies[i].text, (guint) strlen (replies[i].text));
    bytes = g_bytes_new (data->data, data->len);
    page = owl_page_text_new_from_reply (bytes, FALSE);
    g_assert_true ((page != NULL) == replies[i].right);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/page-text/two-columns", test_two_columns);
  g_test_add_func ("/page-text/table", test_table);
  g_test_add_func ("/page-text/list", test_list);
  g_test_add_func ("/page-text/places", test_places);
  g_test_add_func ("/page-text/contents", test_contents);
  g_test_add_func ("/page-text/region", test_region);
  g_test_add_func ("/page-text/scan", test_scan);
  g_test_add_func ("/page-text/wrong-records", test_wrong_records);
  g_test_add_func ("/page-text/many-words", test_many_words);
  return g_test_run ();
}
