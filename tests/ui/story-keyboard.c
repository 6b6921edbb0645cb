/* SPDX-License-Identifier: GPL-3.0-or-later */

/* By keyboard alone, and as a screen reader meets it: everything that is operated has a name, the keyboard reaches every part, an input method that
 * is at work keeps its Enter. */
#include "driver.h"

#include <string.h>

#define MAX_STOPS 60

static void
wait_for (const char *role, const char *name)
{
  g_object_unref (driver_wait (role, name));
}

/* Goes from stop to stop until the keyboard is at `name`; every stop says what it is. */
static void
go_to (const char *key, const char *name)
{
  for (int i = 0; i < MAX_STOPS; i++) {
    g_autofree char *focused = NULL;

    driver_key (key);
    /* A slow program has nothing focused for a moment. */
    for (int tries = 0; tries < MAX_STOPS && !focused; tries++) {
      g_usleep (100000);
      focused = driver_get_focused ();
    }
    g_assert_nonnull (focused);
    g_assert_cmpstr (focused, !=, "");
    if (g_str_has_prefix (focused, name))
      return;
  }
  g_error ("the keyboard does not reach \"%s\"", name);
}

static void
test_story (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *picture = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", "13.png", NULL);
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home);
  const char *const files[] = { picture, NULL };

  g_assert_no_error (error);
  driver_start (home, NULL, files);
  driver_arrange ();
  wait_for ("label", "Starter model");
  wait_for ("push button", "View picture 1");
  driver_check_names ();

  /* A character by its number: Enter ends that, and does not send. */
  driver_key ("ctrl+shift+u 2 0 a c Return");
  driver_wait_text ("€");
  wait_for ("push button", "Send");
  driver_set_text ("What is this?");
  driver_key ("Return");
  wait_for ("label", "A horse.");
  driver_check_names ();
  driver_screenshot ("keyboard-1-answer");

  /* Back to the buttons of the answer, which show themselves, and to another version of it. */
  go_to ("shift+Tab", "Answer again");
  driver_screenshot ("keyboard-2-buttons");
  driver_key ("space");
  wait_for ("label", "2 / 2");
  go_to ("Tab", "Your question");

  /* Up edits the last question, Escape leaves it. */
  driver_key ("Up");
  wait_for ("label", "Editing an earlier question");
  driver_check_names ();
  driver_key ("Escape");
  driver_wait_gone ("label", "Editing an earlier question");

  /* To the chats, a new title for one, and back. */
  driver_key ("ctrl+n");
  go_to ("shift+Tab", "What is this?");
  driver_key ("F2");
  wait_for (NULL, "Title of the chat");
  driver_key ("ctrl+a");
  driver_enter ("Title of the chat", "A horse on a meadow");
  driver_key ("Return");
  wait_for ("label", "A horse on a meadow");
  /* The keyboard is still at that chat. Deleted by its key it goes, and the keyboard is somewhere else, so that the next keys arrive. */
  driver_wait_focus ("A horse on a meadow");
  /* Escape leaves the field as it was. */
  driver_key ("F2");
  driver_enter ("Title of the chat", "A cow");
  driver_key_here ("Escape");
  driver_wait_focus ("A horse on a meadow");
  g_assert_null (driver_find ("label", "A cow"));
  driver_key ("Delete");
  wait_for ("label", "Chat deleted");
  driver_wait_gone ("label", "A horse on a meadow");
  go_to ("Tab", "Your question");
  driver_screenshot ("keyboard-3-renamed");
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/keyboard", test_story);
  return g_test_run ();
}
