/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One whole story: start, drop a picture with a real drag from another window, ask, read the answer, ask again, watch an answer grow, stop it,
 * end the program (once as a person does, once as a crash), and find everything. */
#include "driver.h"

#include <glib/gstdio.h>
#include <string.h>


static void
wait_model (void)
{
  g_object_unref (driver_wait ("label", "Starter model"));
}

/* Watches the answer that is growing, known by its caret, until it has grown `times` times and holds at least `length` bytes. */
static void
watch_growth (int times, gsize length)
{
  g_autoptr (AtspiAccessible) node = driver_wait ("label", "▍");
  gint64 end = driver_get_deadline ();
  gsize last = 0;

  for (int n_grown = 0; n_grown < times || last < length;) {
    g_autofree char *text = driver_get_text (node);
    gsize now = text ? strlen (text) : 0;

    if (g_get_monotonic_time () > end)
      g_error ("the answer does not grow: %" G_GSIZE_FORMAT " bytes", now);
    if (now > last)
      n_grown++;
    last = MAX (last, now);
    g_usleep (40000);
  }
}

static void
drop_and_ask (const char *home)
{
  g_autofree char *picture = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", "13.png", NULL);
  const char *const files[] = { picture, NULL };

  driver_start (home, NULL, NULL);
  wait_model ();
  driver_screenshot ("1-empty");
  driver_drag_files (files);
  g_object_unref (driver_wait (NULL, "Picture 1: 13.png"));
  driver_type ("What is this?");
  driver_press ("Send");
  g_object_unref (driver_wait ("label", "A horse."));
  driver_screenshot ("2-answer");

  driver_type ("And in German?");
  driver_key ("Return");
  g_object_unref (driver_wait ("label", "Pferd."));
  driver_screenshot ("3-follow-up");
  driver_quit ();
}

/* Opens a conversation of the list by a click. */
static void
open_conversation (const char *title)
{
  g_autoptr (AtspiAccessible) row = driver_wait ("label", title);

  driver_click (row);
}

static void
grow_and_stop (const char *home, const char *slow_model)
{
  driver_start (home, slow_model, NULL);
  g_object_unref (driver_wait ("label", "Slow"));
  driver_type ("Tell me a long story.");
  driver_press ("Send");
  g_object_unref (driver_wait ("push button", "Stop"));
  watch_growth (4, 20);
  driver_screenshot ("4-growing");
  driver_key ("Escape");
  g_object_unref (driver_wait ("label", "Stopped."));
  g_object_unref (driver_wait ("push button", "Send"));
  driver_wait_gone ("label", "▍");
  driver_screenshot ("5-stopped");

  /* Asked again, and the program dies in the middle of the answer. */
  driver_type ("And another one.");
  driver_press ("Send");
  watch_growth (2, 100);
  /* Looking at another conversation does not disturb it. */
  driver_arrange ();
  open_conversation ("And in German?");
  g_object_unref (driver_wait ("label", "A horse."));
  open_conversation ("Tell me a long story.");
  watch_growth (2, 150);
  g_usleep (G_USEC_PER_SEC); /* what is shown now must be saved within a second */
  driver_kill ();
}

static void
find_everything (const char *home)
{
  driver_start (home, NULL, NULL);
  wait_model ();
  driver_arrange ();
  /* By its second line: a sample asks the same question. */
  open_conversation ("And in German?");
  g_object_unref (driver_wait (NULL, "Picture 1: 13.png"));
  g_object_unref (driver_wait ("label", "A horse."));
  g_object_unref (driver_wait ("label", "Pferd."));
  driver_screenshot ("6-found");

  /* The answer that the crash cut off is there, and says so. */
  open_conversation ("Tell me a long story.");
  g_object_unref (driver_wait ("label", "Tyto closed before this answer was finished."));
  g_object_unref (driver_wait ("label", "Stopped."));
  driver_screenshot ("7-interrupted");
  driver_quit ();
}

static void
test_story (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error);
  g_autofree char *slow = g_build_filename (home, "slow-model", NULL);
  g_autofree char *gguf = g_build_filename (g_getenv ("TYTO_DATA_DIR"), "models", "starter", "language.gguf", NULL);
  const char *const make[] = { g_getenv ("TYTO_MAKE_SLOW_MODEL"), gguf, slow, NULL };
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home);
  int status = 0;

  g_assert_no_error (error);
  g_spawn_sync (NULL, (char **) make, NULL, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);

  drop_and_ask (home);
  grow_and_stop (home, slow);
  find_everything (home);
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/first-light", test_story);
  return g_test_run ();
}
