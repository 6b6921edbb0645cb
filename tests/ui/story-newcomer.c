/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What one notices in the first minutes: where things stand, where the keyboard is, what happens at the edges. */
#include "driver.h"

#include <gio/gio.h>

/* Enough for a chat that is longer than its window. */
#define N_QUESTIONS 5

static void
wait_for (const char *role, const char *name)
{
  g_object_unref (driver_wait (role, name));
}

static void
ask (const char *question)
{
  driver_type (question);
  driver_press ("Send");
  wait_for ("label", question);
  wait_for ("push button", "Answer again");
  driver_wait_gone ("push button", "Stop");
}

/* What stands under an answer comes once it is complete, and makes it higher: the view goes along. */
static void
test_end_of_chat (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);

  g_assert_no_error (error);
  driver_start (home, NULL, NULL);
  driver_press ("Try: What is this?");
  wait_for ("push button", "Answer again");
  driver_arrange_window ("Tyto", 900, 560);
  for (int i = 0; i < N_QUESTIONS; i++)
    ask ("What colour is it?");
  driver_screenshot ("newcomer-1-end");
  driver_wait_last_inside ("push button", "Delete", "scroll pane", "Conversation");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

/* More pictures than the composer is wide: the last one that was attached is in sight, and the wheel leads back to the first ones. */
static void
test_many_pictures (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);
  g_autofree char *horse = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", "13.png", NULL);
  const char *const files[] = { horse, horse, horse, horse, horse, horse, horse, horse, horse, horse, horse, horse, NULL };
  g_autoptr (AtspiAccessible) strip = NULL;

  g_assert_no_error (error);
  driver_start (home, NULL, files);
  driver_arrange ();
  wait_for ("push button", "View picture 12");
  driver_wait_last_inside ("push button", "View picture 12", "scroll pane", "Attached pictures");
  driver_screenshot ("newcomer-2-many");
  strip = driver_wait ("scroll pane", "Attached pictures");
  driver_wheel (strip, 12);
  driver_wait_last_inside ("push button", "View picture 3", "scroll pane", "Attached pictures");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

/* A text alone that is too long: only its writer can shorten it. */
static void
test_long_text (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_no_error (error);
  for (int i = 0; i < 3000; i++)
    g_string_append (text, "word ");
  driver_start (home, NULL, NULL);
  driver_type (text->str);
  wait_for ("label", "This question takes");
  driver_screenshot ("newcomer-3-long");
  g_assert_null (driver_find ("push button", "Make it fit"));
  driver_set_text ("Hello");
  driver_wait_gone ("label", "This question takes");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

/* Escape in the search leads back to the chats and to the composer. */
static void
test_escape (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);

  g_assert_no_error (error);
  driver_start (home, NULL, NULL);
  driver_arrange ();
  ask ("Hello");
  driver_key ("ctrl+f");
  driver_wait_focus ("Search chats");
  driver_type_keys ("nowhere");
  wait_for ("label", "Nothing was found.");
  driver_key_here ("Escape");
  wait_for ("list item", "Hello");
  driver_wait_focus ("Your question");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

/* In a narrow window, by keyboard: the pane comes with the search, what was found is gone through by arrows, and the pane goes. */
static void
test_narrow_search (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);

  g_assert_no_error (error);
  driver_start (home, NULL, NULL);
  ask ("Hello");
  driver_arrange_window ("Tyto", 400, 640);
  driver_wait_focus ("Your question");
  driver_key ("ctrl+f");
  driver_wait_focus ("Search chats");
  driver_type_keys ("Hello");
  wait_for ("list item", "Hello: Hello");
  driver_key_here ("Down");
  driver_wait_focus ("Hello");
  driver_key_here ("Down");
  driver_wait_focus ("Hello: Hello");
  driver_key_here ("Up");
  driver_key_here ("Up");
  driver_wait_focus ("Search chats");
  driver_screenshot ("newcomer-5-search");
  driver_key_here ("Return");
  driver_wait_focus ("Your question");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

/* Where no program shows folders, it is said where the folder is. */
static void
test_folder (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);
  g_autofree char *before = g_strdup (g_getenv ("XDG_DATA_DIRS"));
  const char *const kept[] = { "glib-2.0", "icons", "mime" };

  g_assert_no_error (error);
  /* All but the programs that are installed. */
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++) {
    g_autofree char *link = g_build_filename (home, kept[i], NULL), *shared = g_build_filename ("/usr/share", kept[i], NULL);
    g_autoptr (GFile) file = g_file_new_for_path (link);

    g_assert_true (g_file_make_symbolic_link (file, shared, NULL, NULL));
  }
  g_setenv ("XDG_DATA_DIRS", home, TRUE);
  driver_start (home, NULL, NULL);
  driver_arrange ();
  driver_key ("ctrl+comma");
  driver_press ("Folder of data");
  wait_for ("label", home);
  driver_screenshot ("newcomer-4-folder");
  driver_press ("OK");
  driver_wait_gone ("label", home);
  driver_key ("Escape");
  driver_quit ();
  if (before)
    g_setenv ("XDG_DATA_DIRS", before, TRUE);
  else
    g_unsetenv ("XDG_DATA_DIRS");
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/newcomer/end-of-chat", test_end_of_chat);
  g_test_add_func ("/story/newcomer/many-pictures", test_many_pictures);
  g_test_add_func ("/story/newcomer/long-text", test_long_text);
  g_test_add_func ("/story/newcomer/escape", test_escape);
  g_test_add_func ("/story/newcomer/narrow-search", test_narrow_search);
  g_test_add_func ("/story/newcomer/folder", test_folder);
  return g_test_run ();
}
