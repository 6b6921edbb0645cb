/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps the window busy in every way that a person does - a streamed answer, thirty dropped pictures, a document of five hundred pages - and lets
 * the watchdog report how long the main loop was away. Times are reported, not judged: the machine may be busy with other things. */
#include "driver.h"

#include <cairo-pdf.h>
#include <string.h>

#define N_PICTURES 30
#define N_PAGES 500

static void
write_document (const char *path)
{
  cairo_surface_t *surface = cairo_pdf_surface_create (path, 595.0, 842.0);
  cairo_t *cr = cairo_create (surface);

  for (int page = 0; page < N_PAGES; page++) {
    g_autofree char *title = g_strdup_printf ("Chapter %d", page + 1);

    cairo_set_font_size (cr, 28.0);
    cairo_move_to (cr, 60.0, 80.0);
    cairo_show_text (cr, title);
    cairo_set_font_size (cr, 11.0);
    for (int line = 0; line < 40; line++) {
      cairo_move_to (cr, 60.0, 120.0 + line * 16.0);
      cairo_show_text (cr, "Owls turn their heads far, hear in the dark, and fly without a sound over the fields at night.");
    }
    cairo_show_page (cr);
  }
  cairo_destroy (cr);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
}

static void
print_report (const char *path)
{
  g_autofree char *report = NULL;

  g_assert_true (g_file_get_contents (path, &report, NULL, NULL));
  for (char *line = strtok (report, "\n"); line; line = strtok (NULL, "\n"))
    g_test_message ("%.900s", line);
}

static void
drop_pictures (void)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *last = g_strdup_printf ("Picture %d:", N_PICTURES);

  for (int i = 0; i < N_PICTURES; i++) {
    g_autofree char *name = g_strdup_printf ("%02d.png", i);

    g_ptr_array_add (files, g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", name, NULL));
  }
  g_ptr_array_add (files, NULL);
  driver_drag_files ((const char *const *) files->pdata);
  g_object_unref (driver_wait (NULL, last));
  g_object_unref (driver_wait ("push button", "View picture 30"));
  driver_screenshot ("smooth-1-thirty");
}

static void
test_smooth (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error);
  g_autofree char *document = g_build_filename (home, "long.pdf", NULL), *slow = g_build_filename (home, "slow-model", NULL);
  g_autofree char *report = g_build_filename (home, "watchdog.json", NULL);
  g_autofree char *gguf = g_build_filename (g_getenv ("TYTO_DATA_DIR"), "models", "starter", "language.gguf", NULL);
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home);
  const char *const make[] = { g_getenv ("TYTO_MAKE_SLOW_MODEL"), gguf, slow, NULL };
  const char *const files[] = { document, NULL };
  int status = 0;

  g_assert_no_error (error);
  write_document (document);
  g_spawn_sync (NULL, (char **) make, NULL, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_setenv ("TYTO_WATCHDOG", report, TRUE);
  /* Filling all memory that is freed would be measured, too. */
  g_unsetenv ("MALLOC_PERTURB_");

  driver_start (home, slow, NULL);
  g_object_unref (driver_wait ("label", "Slow"));
  driver_type ("Tell me a long story.");
  driver_press ("Send");
  g_object_unref (driver_wait ("label", "▍"));
  g_usleep (3 * G_USEC_PER_SEC);
  driver_key ("Escape");
  g_object_unref (driver_wait ("label", "Stopped."));
  driver_key ("ctrl+n");
  drop_pictures ();
  driver_quit ();
  print_report (report);

  driver_start (home, NULL, files);
  g_object_unref (driver_wait ("label", "500 pages"));
  driver_scroll ("long.pdf", 60);
  driver_screenshot ("smooth-2-pages");
  driver_key ("Escape");
  driver_quit ();
  print_report (report);
  g_unsetenv ("TYTO_WATCHDOG");
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/smooth", test_smooth);
  return g_test_run ();
}
