/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a person does with attachments and messages: puts pictures in another order, takes one out and back, sees what asking costs, ends the
 * program in the middle of a thought, attaches a picture of the chat once more, edits, deletes and takes that back. */
#include "driver.h"

#include <string.h>

static char *
sample (const char *name)
{
  return g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", name, NULL);
}

static void
wait_for (const char *role, const char *name)
{
  g_object_unref (driver_wait (role, name));
}

static void
arrange_attachments (const char *home)
{
  g_autofree char *horse = sample ("13.png"), *second = sample ("00.png"), *third = sample ("07.png");
  const char *const files[] = { horse, second, third, NULL };

  driver_start (home, NULL, files);
  wait_for ("label", "Starter model");
  wait_for (NULL, "Picture 1: 13.png");
  wait_for (NULL, "Picture 3: 07.png");
  driver_arrange ();
  wait_for ("label", "3 pictures");
  driver_screenshot ("attach-1-three");

  /* The keyboard moves a picture. */
  driver_type (" ");
  driver_key ("shift+Tab shift+Tab shift+Tab shift+Tab shift+Tab shift+Tab shift+Tab shift+Tab shift+Tab");
  driver_key ("alt+Right");
  wait_for (NULL, "Picture 2: 13.png");
  wait_for (NULL, "Picture 1: 00.png");

  /* The pointer does it, too. */
  driver_drag ("View picture 3", "View picture 1");
  wait_for (NULL, "Picture 1: 07.png");
  driver_screenshot ("attach-2-moved");

  /* Taken out and put back at its place. */
  driver_press ("Remove 00.png");
  wait_for ("label", "00.png removed");
  driver_wait_gone (NULL, "Picture 2: 00.png");
  driver_press ("Undo");
  wait_for (NULL, "Picture 2: 00.png");
  driver_press ("Remove 07.png");
  driver_press ("Remove 00.png");
  wait_for (NULL, "Picture 1: 13.png");
  wait_for ("label", "1 picture · ");

  /* A thought that is not finished survives a crash. */
  driver_type ("What is");
  g_usleep (2 * G_USEC_PER_SEC);
  driver_kill ();
  driver_start (home, NULL, NULL);
  wait_for (NULL, "Picture 1: 13.png");
  driver_wait_text ("What is");
  driver_set_text ("What is this?");
  driver_screenshot ("attach-3-draft");
  driver_press ("Send");
  wait_for ("label", "A horse.");
  driver_quit ();
}

static void
edit_and_delete (const char *home)
{
  driver_start (home, NULL, NULL);
  wait_for ("label", "Starter model");
  driver_arrange ();
  driver_open_conversation (0);
  wait_for ("label", "A horse.");

  /* The picture of the first question once more. */
  driver_open_menu ("Attach");
  wait_for ("label", "From this chat");
  driver_screenshot ("attach-4-menu");
  driver_press_last ("View picture 1");
  wait_for (NULL, "Picture 2: 13.png");
  driver_type ("Was ist das?");
  driver_press ("Send");
  wait_for ("label", "Pferd");

  /* Editing the last question makes a second version. */
  driver_key ("Up");
  wait_for ("label", "Editing an earlier question");
  driver_set_text ("What is this?");
  driver_press ("Send");
  wait_for ("label", "2 / 2");
  driver_press ("Previous version");
  wait_for ("label", "1 / 2");
  wait_for ("label", "Pferd");

  /* Deleting takes what follows along, and Undo brings it back. */
  driver_press_last ("Delete");
  wait_for ("label", "Message deleted");
  driver_press ("Undo");
  wait_for ("label", "Pferd");
  driver_screenshot ("attach-5-undone");
  driver_quit ();
}

/* A sample asks at a click. What cannot be read says why, and takes no number; pictures beside it are asked about as soon as they are read. */
static void
ask_at_once (const char *home)
{
  g_autofree char *horse = sample ("13.png"), *letter = g_build_filename (home, "letter.jpg", NULL);
  const char *const files[] = { letter, horse, NULL };
  g_autoptr (GError) error = NULL;

  g_file_set_contents (letter, "Dear reader, this is no picture.", -1, &error);
  g_assert_no_error (error);
  driver_start (home, NULL, NULL);
  wait_for ("label", "Starter model");
  driver_press ("Try: What colour is the triangle?");
  wait_for ("push button", "Answer again");
  driver_key ("ctrl+n");
  driver_wait_gone ("push button", "Answer again");

  driver_drag_files (files);
  wait_for ("label", "letter.jpg is not a picture");
  wait_for (NULL, "Picture 1: 13.png");
  driver_type ("What is this?");
  driver_key ("Return");
  wait_for ("label", "A horse.");
  driver_screenshot ("attach-6-at-once");
  driver_quit ();
}

static void
test_story (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error);
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home);

  g_assert_no_error (error);
  arrange_attachments (home);
  edit_and_delete (home);
  ask_at_once (home);
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/attach", test_story);
  return g_test_run ();
}
