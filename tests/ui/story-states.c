/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What can go wrong, in the window: each state says what to do, and its button does it. */
#include "driver.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
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
  driver_shoot ("Tyto", "states-no-model", 900, 800);
  driver_press ("Models");
  wait_label ("None yet.");
  driver_shoot ("Models", "states-no-model-list", 720, 640);
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
  driver_shoot ("Tyto", "states-damaged", 900, 800);
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
  driver_shoot ("Tyto", "states-unwritable", 900, 800);
  g_assert_cmpint (g_unlink (folder), ==, 0);
  driver_press ("Try again");
  driver_wait_gone ("label", "Tyto cannot write to the folder");
  ask ("Hello");
  driver_quit ();
  remove_home (home);
}

/* A history of a later version is put aside, not touched. */
static void
test_newer (void)
{
  g_autofree char *home = new_home (), *folder = g_build_filename (home, "tyto", NULL), *path = g_build_filename (folder, "history.db", NULL);
  g_autoptr (GDir) dir = NULL;
  guint n_kept = 0;
  sqlite3 *db;

  g_mkdir_with_parents (folder, 0700);
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "CREATE TABLE later (id); PRAGMA user_version = 9999", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  driver_start (home, NULL, NULL);
  wait_label ("Update Tyto");
  driver_shoot ("Tyto", "states-newer", 900, 800);
  driver_press ("Begin a new history");
  driver_wait_gone ("label", "Update Tyto");
  ask ("Hello");
  driver_quit ();
  dir = g_dir_open (folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name (dir));)
    n_kept += g_str_has_prefix (name, "history-newer") && g_str_has_suffix (name, ".db");
  g_assert_cmpuint (n_kept, ==, 1);
  remove_home (home);
}

/* On a disk of two megabytes (tests/app/with-small-disk): what could not be saved is saved once there is room. */
static void
test_full (void)
{
  const char *disk = g_getenv ("TYTO_SMALL_DISK");
  g_autofree char *filler = disk ? g_build_filename (disk, "filler", NULL) : NULL, *block = g_malloc0 (4096);
  FILE *file;

  if (!disk) {
    g_test_skip ("no small disk can be made here");
    return;
  }
  driver_start (disk, NULL, NULL);
  wait_label ("Starter model");
  ask ("Hello");
  file = g_fopen (filler, "wb");
  while (fwrite (block, 1, 4096, file) == 4096 && fflush (file) == 0)
    ;
  fclose (file);
  driver_type ("Is there any room?");
  driver_press ("Send");
  wait_label ("The disk is full. Free some space");
  driver_shoot ("Tyto", "states-full", 900, 800);
  g_assert_cmpint (g_unlink (filler), ==, 0);
  driver_press ("Try again");
  driver_wait_gone ("label", "The disk is full. Free some space");
  driver_quit ();

  driver_start (disk, NULL, NULL);
  driver_arrange ();
  driver_open_conversation (0);
  wait_label ("Is there any room?");
  driver_quit ();
}

static void
write_in_place (const char *path, const char *text)
{
  FILE *file = g_fopen (path, "w");

  g_assert_nonnull (file);
  fputs (text, file);
  fclose (file);
}

/* A computer without enough memory (tests/app/with-small-disk): said before anything is loaded; once there is some, a button loads it. */
static void
test_memory (void)
{
  const char *meminfo = g_getenv ("TYTO_MEMINFO");
  g_autofree char *home = new_home (), *before = NULL;

  if (!meminfo) {
    g_test_skip ("/proc/meminfo cannot be replaced here");
    return;
  }
  g_assert_true (g_file_get_contents (meminfo, &before, NULL, NULL));
  write_in_place (meminfo, "MemTotal: 300000 kB\nMemAvailable: 20000 kB\n");
  driver_start (home, NULL, NULL);
  wait_label ("of memory, but only");
  wait_label ("No model");
  driver_shoot ("Tyto", "states-memory", 900, 800);
  write_in_place (meminfo, before);
  driver_press ("Try again");
  driver_wait_gone ("label", "of memory, but only");
  ask ("Hello");
  driver_quit ();
  remove_home (home);
}

/* Loading that takes long can be cancelled, and taken up again. */
static void
test_cancel (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = new_home (), *slow = g_build_filename (home, "slow-model", NULL);
  g_autofree char *gguf = g_build_filename (g_getenv ("TYTO_DATA_DIR"), "models", "starter", "language.gguf", NULL);
  const char *const make[] = { g_getenv ("TYTO_MAKE_SLOW_MODEL"), gguf, slow, NULL };
  int status = 0;

  g_spawn_sync (NULL, (char **) make, NULL, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  driver_spawn (home, slow, NULL);
  g_object_unref (driver_wait ("frame", ""));
  driver_slow_work (TRUE);
  g_object_unref (driver_wait ("push button", "Cancel"));
  wait_label ("Loading the model, ");
  driver_shoot ("Tyto", "states-loading", 900, 800);
  driver_press ("Cancel");
  driver_slow_work (FALSE);
  wait_label ("loading was cancelled");
  wait_label ("No model");
  driver_shoot ("Tyto", "states-cancelled", 900, 800);
  driver_press ("Try again");
  driver_wait_gone ("label", "loading was cancelled");
  wait_label ("Slow");
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
  g_test_add_func ("/story/states/newer", test_newer);
  g_test_add_func ("/story/states/full", test_full);
  g_test_add_func ("/story/states/memory", test_memory);
  g_test_add_func ("/story/states/cancel", test_cancel);
  return g_test_run ();
}
