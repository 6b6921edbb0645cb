/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What can go wrong, in the window: each state says what to do, and its button does it. */
#include "driver.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static void
wait_label (const char *text)
{
  g_object_unref (driver_wait ("label", text));
}

static void
ask (const char *question)
{
  driver_type (question);
  driver_press ("Send");
  g_object_unref (driver_wait ("push button", "Copy"));
}

static char *
new_home (void)
{
  g_autoptr (GError) error = NULL;
  char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error);

  g_assert_no_error (error);
  return home;
}

static void
remove_home (const char *home)
{
  g_autofree char *command = g_strdup_printf ("rm -rf %s", home);

  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
}

/* No model at all: said above and in the middle, with the way to the models. */
static void
test_no_model (void)
{
  g_autofree char *home = new_home (), *data = g_strdup (g_getenv ("TYTO_DATA_DIR"));

  g_setenv ("TYTO_DATA_DIR", home, TRUE);
  driver_start (home, NULL, NULL);
  wait_label ("There is no model yet. Import one");
  wait_label ("No model");
  driver_screenshot ("states-no-model");
  driver_press ("Models");
  wait_label ("None yet.");
  driver_screenshot ("states-no-model-list");
  driver_key ("Escape");
  driver_wait_gone ("label", "None yet.");
  driver_quit ();
  g_setenv ("TYTO_DATA_DIR", data, TRUE);
  remove_home (home);
}

/* A damaged history is moved away, which is said until it is read. */
static void
test_damaged (void)
{
  g_autofree char *home = new_home (), *folder = g_build_filename (home, "tyto", NULL), *path = g_build_filename (folder, "history.db", NULL);

  g_mkdir_with_parents (folder, 0700);
  g_assert_true (g_file_set_contents (path, "this is no database, and longer than its head would be ....................................................", -1, NULL));
  driver_start (home, NULL, NULL);
  wait_label ("The history file was damaged");
  driver_screenshot ("states-damaged");
  driver_press ("Dismiss");
  driver_wait_gone ("label", "The history file was damaged");
  ask ("Hello");
  driver_quit ();
  remove_home (home);
}

/* A file stands where the folder should be; nothing can be sent until it is gone. */
static void
test_unwritable (void)
{
  g_autofree char *home = new_home (), *folder = g_build_filename (home, "tyto", NULL);

  g_assert_true (g_file_set_contents (folder, "in the way", -1, NULL));
  driver_start (home, NULL, NULL);
  wait_label ("Tyto cannot write to the folder");
  driver_screenshot ("states-unwritable");
  g_assert_cmpint (g_unlink (folder), ==, 0);
  driver_press ("Try again");
  driver_wait_gone ("label", "Tyto cannot write to the folder");
  ask ("Hello");
  driver_quit ();
  remove_home (home);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/states/no-model", test_no_model);
  g_test_add_func ("/story/states/damaged", test_damaged);
  g_test_add_func ("/story/states/unwritable", test_unwritable);
  return g_test_run ();
}
