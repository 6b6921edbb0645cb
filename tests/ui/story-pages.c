/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Pages of a document: found by their text and by a question, with the labels that they carry, sent with their text; and chats found by a word. */
#include "driver.h"

#include <cairo-pdf.h>

#define N_PAGES 40

static void
write_document (const char *path)
{
  cairo_surface_t *surface = cairo_pdf_surface_create (path, 420.0, 595.0);
  cairo_t *cr = cairo_create (surface);

  for (int page = 0; page < N_PAGES; page++) {
    g_autofree char *label = page < 4 ? g_strdup_printf ("%.*s", page + 1, "iiii") : g_strdup_printf ("%d", page - 3);

    cairo_pdf_surface_set_page_label (surface, label);
    cairo_set_font_size (cr, 14.0);
    cairo_move_to (cr, 40.0, 80.0);
    cairo_show_text (cr, page == 21 ? "The lighthouse keeper is called Amalia." : "Nothing but sand and wind on this page.");
    cairo_move_to (cr, 40.0, 110.0);
    cairo_show_text (cr, page % 13 == 5 ? "A heron stands in the water." : "The tide comes and goes.");
    cairo_show_page (cr);
  }
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy (surface);
}

static void
wait_for (const char *role, const char *name)
{
  g_object_unref (driver_wait (role, name));
}

static void
test_pages (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *document = g_build_filename (home, "coast.pdf", NULL);
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home);
  const char *const files[] = { document, NULL };

  g_assert_no_error (error);
  write_document (document);
  driver_start (home, NULL, files);
  wait_for ("label", "40 pages");
  wait_for (NULL, "Page iii");

  /* A word marks its pages, and Enter chooses them. */
  driver_key ("ctrl+f");
  driver_enter ("Find words, or ask for pages", "heron");
  wait_for ("label", "Found on 3 pages");
  wait_for (NULL, "Page 2, found");
  driver_screenshot ("pages-1-found");
  driver_key ("Return");
  wait_for ("push button", "Attach 3 pages");

  /* A question picks the page that answers it. */
  driver_enter ("Find words, or ask for pages", "What is the name of the lighthouse keeper?");
  wait_for ("label", "Not found");
  driver_key ("Return");
  wait_for ("label", "18 (22)");
  wait_for (NULL, "Page 18, found");
  driver_screenshot ("pages-2-question");
  driver_press_last ("Attach ");
  wait_for (NULL, "coast.pdf, page 18");

  /* It goes along as picture and text; what is sent can be chosen. */
  driver_arrange ();
  driver_open_menu ("How coast.pdf is sent");
  wait_for ("check box", "Text alone");
  wait_for ("check box", "In 2 × 3 tiles");
  driver_wait_last_inside ("label", "helps it more", "filler", "GtkPopoverContent");
  driver_screenshot ("pages-3-sent-as");
  driver_key ("Escape");
  driver_type ("Who keeps the lighthouse?");
  driver_press ("Send");
  wait_for ("push button", "Answer again");
  driver_screenshot ("pages-4-answer");

  /* The chat is found by a word of it. */
  driver_key ("ctrl+n");
  driver_key ("ctrl+f");
  driver_enter ("Search chats", "lightho");
  wait_for ("list item", "Who keeps the lighthouse?");
  driver_screenshot ("pages-5-search");
  driver_key ("Return");
  wait_for (NULL, "coast.pdf, page 18");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/pages", test_pages);
  return g_test_run ();
}
