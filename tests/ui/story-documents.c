/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Documents that are read: the question picks their pages, the viewer leafs, finds and shows the text, what does not fit is made to, and files that
 * cannot be read say why. */
#include "../app/make-locked-pdf.h"
#include "driver.h"

#include <cairo-pdf.h>
#include <string.h>

#define N_PAGES 300
#define MANY_PAGES 500
#define FACT_PAGE 211
#define FACT "The keeper of the lighthouse is called Amalia."
/* Where that line stands, from the top of its page. */
#define FACT_HEIGHT 0.85
/* What 500 pages may take beyond the app with its model; megabytes. */
#define MOST_MEMORY 300.0

static void
wait_for (const char *role, const char *name)
{
  g_object_unref (driver_wait (role, name));
}

static void
write_line (cairo_t *cr, int line, const char *text)
{
  cairo_move_to (cr, 40.0, 60.0 + 15.0 * line);
  cairo_show_text (cr, text);
}

/* Pages with a table of contents; one of them tells who keeps the lighthouse. */
static void
write_book (const char *path, int n_pages)
{
  cairo_surface_t *surface = cairo_pdf_surface_create (path, 420.0, 595.0);
  cairo_t *cr = cairo_create (surface);

  cairo_set_font_size (cr, 11.0);
  for (int page = 0; page < n_pages; page++) {
    g_autofree char *chapter = g_strdup_printf ("Chapter %d", page / 50 + 1), *link = g_strdup_printf ("page=%d", page + 1);

    if (page % 50 == 0) {
      cairo_pdf_surface_add_outline (surface, CAIRO_PDF_OUTLINE_ROOT, chapter, link, CAIRO_PDF_OUTLINE_FLAG_OPEN);
      write_line (cr, 0, chapter);
    }
    for (int line = 1; line < 30; line++)
      write_line (cr, line, line % 3 == page % 3 ? "The tide comes and goes, and the sand moves with it." : "Nothing but wind over the dunes on this day.");
    if (page == FACT_PAGE)
      write_line (cr, 30, FACT);
    cairo_show_page (cr);
  }
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy (surface);
}

/* The question picks the page that answers it, says which, and leads to it. */
static void
pick (void)
{
  wait_for ("label", "300 pages");
  driver_arrange_window ("book.pdf", 820, 600);
  driver_shoot ("book.pdf", "documents-0-picker", 820, 600);
  driver_press_last ("Let the question choose");
  wait_for ("label", "Your question picks the pages that go along");
  driver_arrange ();
  driver_type ("Who is the keeper of the lighthouse?");
  wait_for ("label", "This page fits your question best");
  wait_for ("push button", "Look at page 212");
  driver_shoot ("Tyto", "documents-1-picked", 900, 800);
}

/* After a crash the document, its pages and the question are there again. */
static void
restart (const char *home)
{
  wait_for ("image", "book.pdf, page 212");
  g_usleep (G_USEC_PER_SEC);
  driver_kill ();
  driver_start (home, NULL, NULL);
  wait_for ("push button", "Put the document away");
  wait_for ("push button", "Look at page 212");
  wait_for ("image", "book.pdf, page 212");
  driver_wait_text ("Who is the keeper of the lighthouse?");
  driver_arrange ();
}

/* A chapter of the table of contents leads to its first page. */
static void
go_by_contents (void)
{
  g_autoptr (AtspiAccessible) tab = driver_wait ("page tab", "Contents"), chapter = NULL;

  driver_click (tab);
  wait_for ("label", "Page 212 of 300");
  chapter = driver_wait (NULL, "Chapter 3");
  driver_click (chapter);
  wait_for ("label", "Page 101 of 300");
  wait_for ("label", "book.pdf, page 101");
  driver_screenshot ("documents-2-contents");
}

/* Text that is selected on the page and copied is found again. */
static void
read_closely (void)
{
  g_autoptr (AtspiAccessible) page = NULL, field = NULL;
  g_autofree char *pasted = NULL;

  driver_press ("Look at page 212");
  driver_arrange_window ("Picture", 980, 700);
  wait_for ("label", "book.pdf, page 212");
  driver_click_when_sensitive (NULL, "Select text");
  page = driver_wait ("image", ", enlarged");
  /* Far beyond the end of the line. */
  driver_drag_in (page, 0.2, FACT_HEIGHT, 0.95, FACT_HEIGHT);
  driver_press ("Copy the selected text");
  driver_key ("ctrl+f");
  driver_wait_focus ("Find in the document");
  driver_key_here ("ctrl+v");
  wait_for ("label", "1 place");
  field = driver_wait (NULL, "Find in the document");
  pasted = driver_get_content (field);
  g_assert_cmpstr (pasted, ==, FACT);
  driver_shoot ("Picture", "documents-2-found", 980, 700);
  go_by_contents ();
  driver_key ("Escape");
  driver_key ("Escape");
  driver_wait_gone ("frame", "Picture");
}

/* Three pages with all their text are too much for the model; one press makes them fit. */
static void
fit (void)
{
  driver_arrange ();
  driver_press ("Choose pages");
  wait_for ("label", "300 pages");
  driver_enter ("Pages", "1-2, 212");
  driver_press_last ("Attach 3 pages");
  wait_for ("push button", "Make it fit");
  driver_arrange ();
  driver_shoot ("Tyto", "documents-3-too-long", 900, 800);
  driver_press ("Make it fit");
  wait_for ("label", "Made to fit");
  driver_wait_gone ("push button", "Make it fit");
}

static void
test_book (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *book = g_build_filename (home, "book.pdf", NULL);
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home);
  const char *const files[] = { book, NULL };

  g_assert_no_error (error);
  write_book (book, N_PAGES);
  driver_start (home, NULL, files);
  pick ();
  restart (home);
  read_closely ();
  fit ();
  driver_press ("Send");
  wait_for ("push button", "Answer again");
  wait_for ("image", "book.pdf, page 212");
  /* The document stays for the next question. */
  wait_for ("label", "Your question picks the pages that go along");
  driver_screenshot ("documents-4-answer");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

/* What the app itself measured from the moment that the document was given. */
static void
print_first_pages (const char *report)
{
  g_autofree char *text = NULL;
  const char *note;

  g_assert_true (g_file_get_contents (report, &text, NULL, NULL));
  note = strstr (text, "first pages in the picker");
  g_assert_nonnull (note);
  g_test_message ("%.*s", (int) strcspn (note, "}"), note);
}

/* Five hundred pages: how soon the picker is there is said, and what it takes of memory is bounded. */
static void
test_many (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);
  g_autofree char *book = g_build_filename (home, "many.pdf", NULL), *report = g_build_filename (home, "watchdog.json", NULL);
  double before, after;

  g_assert_no_error (error);
  write_book (book, MANY_PAGES);
  g_setenv ("TYTO_WATCHDOG", report, TRUE);
  driver_start (home, NULL, NULL);
  wait_for ("label", "Starter model");
  before = driver_get_memory ();
  driver_open (book);
  wait_for ("label", "500 pages");
  wait_for ("label", "text of");
  driver_arrange_window ("many.pdf", 640, 560);
  driver_scroll ("many.pdf", 40);
  after = driver_get_memory ();
  g_test_message ("500 pages take %.0f MB beside the %.0f MB of app and model", after - before, before);
  g_assert_cmpfloat (after - before, <, MOST_MEMORY);
  driver_key ("Escape");
  driver_quit ();
  g_unsetenv ("TYTO_WATCHDOG");
  print_first_pages (report);
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

/* A document with a password: a wrong one is asked for again, the right one leads to its pages, and it is written down nowhere. */
static void
unlock (const char *home)
{
  g_autofree char *search = g_strdup_printf ("grep -rq 'open sesame' %s --include=*.db* --include=*.ini --include=*.json", home);
  int status;

  wait_for ("label", "locked.pdf is protected");
  driver_enter ("Password of locked.pdf", "open barley");
  driver_key ("Return");
  wait_for ("label", "This password does not open locked.pdf. You can try again twice.");
  driver_screenshot ("documents-6-password");
  driver_enter ("Password of locked.pdf", "open sesame");
  driver_key ("Return");
  wait_for ("label", "3 pages");
  driver_enter ("Pages", "2");
  driver_press_last ("Attach ");
  wait_for ("image", "locked.pdf, page 2");
  g_assert_true (g_spawn_command_line_sync (search, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, !=, 0);
}

/* The password is gone with the program. The page that was attached says so, and is read as soon as the password is given again. */
static void
unlock_again (const char *home, const char *locked)
{
  g_usleep (G_USEC_PER_SEC);
  driver_kill ();
  driver_start (home, NULL, NULL);
  wait_for ("label", "locked.pdf is protected by a password. Attach it again to enter the password.");
  driver_open (locked);
  wait_for ("label", "locked.pdf is protected. Its password");
  driver_enter ("Password of locked.pdf", "open sesame");
  driver_key ("Return");
  wait_for ("label", "3 pages");
  driver_key ("Escape");
  driver_wait_gone ("label", "3 pages");
  driver_wait_gone ("label", "locked.pdf is protected by a password. Attach it again to enter the password.");
}

/* A page that is nothing but a picture of text. */
static void
write_scan (const char *path)
{
  cairo_surface_t *surface = cairo_pdf_surface_create (path, 420.0, 200.0), *scan = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1400, 666);
  cairo_t *cr = cairo_create (scan);

  cairo_set_source_rgb (cr, 1.0, 1.0, 1.0);
  cairo_paint (cr);
  cairo_set_source_rgb (cr, 0.0, 0.0, 0.0);
  cairo_select_font_face (cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (cr, 60.0);
  cairo_move_to (cr, 80.0, 300.0);
  cairo_show_text (cr, "The heron fishes at dawn.");
  cairo_destroy (cr);
  cr = cairo_create (surface);
  cairo_scale (cr, 0.3, 0.3);
  cairo_set_source_surface (cr, scan, 0.0, 0.0);
  cairo_paint (cr);
  cairo_show_page (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (scan);
  cairo_surface_destroy (surface);
}

/* A scanned page says that it has no text; where Tesseract is there, it is recognised at a press, and marked as that. */
static void
recognise (void)
{
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  g_autoptr (AtspiAccessible) done = NULL, missing = NULL;

  driver_open_menu ("How scan.pdf is sent");
  wait_for ("label", "A picture: this page has no text layer.");
  driver_press ("Recognise its text");
  while (!(done = driver_find ("label", "The text was recognised from the picture and can hold mistakes.")) &&
         !(missing = driver_find ("label", "scan.pdf has no text of its own, and"))) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (100000);
  }
  driver_screenshot ("documents-5-recognised");
  if (missing)
    g_test_message ("not tried: no Tesseract, or no language for it");
  driver_key_here ("Escape");
  driver_wait_gone ("label", done ? "The text was recognised from the picture" : "scan.pdf has no text of its own, and");
}

/* Files that cannot be read say so beside their place, and the rest goes on. */
static void
test_trouble (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);
  g_autofree char *locked = g_build_filename (home, "locked.pdf", NULL);
  g_autofree char *broken = g_build_filename (home, "broken.pdf", NULL), *huge = g_build_filename (home, "huge.pdf", NULL);
  g_autoptr (GByteArray) pdf = NULL;
  g_autofree char *scan = g_build_filename (home, "scan.pdf", NULL);
  const char *const files[] = { broken, huge, scan, NULL };
  cairo_surface_t *surface;
  cairo_t *cr;

  g_assert_no_error (error);
  pdf = make_locked_pdf (3, "open sesame");
  g_file_set_contents (locked, (const char *) pdf->data, pdf->len, &error);
  g_assert_no_error (error);
  g_file_set_contents (broken, "%PDF-1.7\nnot a document at all", -1, &error);
  g_assert_no_error (error);
  surface = cairo_pdf_surface_create (huge, 20000.0, 20000.0);
  cr = cairo_create (surface);
  cairo_set_font_size (cr, 900.0);
  cairo_move_to (cr, 1000.0, 9000.0);
  cairo_show_text (cr, "A very large page");
  cairo_show_page (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  write_scan (scan);
  driver_start (home, NULL, files);
  wait_for ("label", "broken.pdf");
  wait_for ("push button", "View picture");
  driver_arrange ();
  driver_screenshot ("documents-5-trouble");
  recognise ();
  driver_open (locked);
  unlock (home);
  unlock_again (home, locked);
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/documents/book", test_book);
  g_test_add_func ("/story/documents/many", test_many);
  g_test_add_func ("/story/documents/trouble", test_trouble);
  return g_test_run ();
}
