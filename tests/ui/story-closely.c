/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looking closely at pictures: a part that is asked about, where the model looked, what it saw, and two pictures side by side. */
#include "driver.h"

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
  wait_for ("push button", "Answer again");
}

/* A box is drawn over the picture in the viewer; its question is asked at once, and the part is a picture of its own. */
static void
ask_about_part (void)
{
  g_autoptr (AtspiAccessible) picture = NULL;

  driver_press ("View picture 1");
  driver_arrange_window ("Picture 1", 980, 700);
  driver_press ("Ask about a part");
  wait_for ("label", "Drag a box over what you want to ask about");
  picture = driver_wait ("image", "Picture 1, enlarged");
  driver_drag_in (picture, 0.40, 0.30, 0.62, 0.66);
  wait_for ("label", "The part goes along as a picture of its own");
  driver_enter ("Question about this part", "What is this?");
  driver_shoot ("Picture 1", "closely-1-box", 980, 700);
  driver_press_last ("Ask");
  driver_wait_gone ("frame", "Picture 1");
  wait_for ("image", "Picture 3, a part");
  wait_for ("push button", "Where it looked");
  driver_arrange ();
  driver_shoot ("Tyto", "closely-2-part", 900, 800);
}

/* For all of the answer, as strongly as one likes, and for words of it that are selected. */
static void
look (void)
{
  g_autoptr (AtspiAccessible) picture = NULL, answer = NULL, strength = NULL;
  g_autofree char *content = NULL, *strong = NULL;

  driver_press ("Where it looked");
  driver_arrange_window ("Picture 1", 980, 700);
  wait_for ("push button", "Look closer at this part");
  wait_for ("label", "it is no proof");
  driver_shoot ("Picture 1", "closely-3-look", 980, 700);

  picture = driver_wait ("image", "Picture 1, enlarged");
  strong = driver_look_at (picture);
  strength = driver_wait ("slider", "Strength");
  driver_drag_in (strength, 0.7, 0.5, 0.02, 0.5);
  driver_wait_other_look (picture, strong);

  answer = driver_wait ("text", "The answer; select words of it");
  content = driver_get_content (answer);
  g_assert_cmpstr (content, ==, "A horse.");
  driver_click (answer);
  driver_key_here ("ctrl+Home ctrl+Right Right shift+ctrl+Right");
  wait_for ("label", "For the words “horse”.");
  driver_screenshot ("closely-3-words");
  driver_press ("Look closer at this part");
  driver_wait_gone ("frame", "Picture 1");
  wait_for ("image", "Picture 2, a part");
}

static void
see (void)
{
  driver_press_last ("What the model saw");
  driver_arrange_window ("What the model saw", 720, 640);
  wait_for ("label", "tokens that the model can hold");
  wait_for ("label", "which wrote the answer");
  wait_for ("label", "one view of the whole, 168 × 168 pixels");
  wait_for ("label", "The following is a conversation between a curious human");
  driver_shoot ("What the model saw", "closely-4-seen", 720, 640);
  driver_key ("Escape");
  driver_wait_gone ("frame", "What the model saw");
}

/* Without the link the other picture stays as it is. */
static void
go_apart (AtspiAccessible *left, AtspiAccessible *right)
{
  g_autoptr (AtspiAccessible) link = driver_wait ("push button", "Zoom and move both together");
  g_autofree char *left_before = NULL, *right_before = NULL, *right_after = NULL, *left_after = NULL;

  driver_click (link);
  left_before = driver_look_at (left);
  right_before = driver_look_at (right);
  driver_screenshot ("closely-5-apart-before");
  driver_wheel (left, 3);
  driver_wait_other_look (left, left_before);
  right_after = driver_look_at (right);
  driver_screenshot ("closely-5-apart");
  g_assert_cmpstr (right_after, ==, right_before);

  /* Keys are for the picture that has the keyboard. */
  g_free (left_before);
  driver_click (right);
  left_before = driver_look_at (left);
  driver_key_here ("plus");
  driver_wait_other_look (right, right_before);
  left_after = driver_look_at (left);
  g_assert_cmpstr (left_after, ==, left_before);
}

/* Two pictures are zoomed together; one question goes to both. */
static void
compare (void)
{
  g_autoptr (AtspiAccessible) left = NULL, right = NULL;
  g_autofree char *left_before = NULL, *right_before = NULL;

  driver_press ("View picture 1");
  driver_arrange_window ("Picture 1", 980, 700);
  driver_press ("Compare with another picture");
  driver_wait_gone ("image", "Picture 1, enlarged");
  driver_arrange_window ("Compare", 1040, 680);
  left = driver_wait ("image", "Picture 1 in the comparison");
  right = driver_wait ("image", "Picture 2 in the comparison");
  left_before = driver_look_at (left);
  right_before = driver_look_at (right);
  driver_wheel (left, 3);
  driver_wait_other_look (left, left_before);
  driver_wait_other_look (right, right_before);
  go_apart (left, right);
  driver_enter ("Question about both", "Is there a horse in both pictures?");
  driver_shoot ("Compare", "closely-5-compare", 1040, 680);
  driver_press_last ("Ask");
  driver_wait_gone ("frame", "Compare");
  wait_for ("label", "Is there a horse in both pictures?");
  wait_for ("image", "Picture 5");
}

static void
test_closely (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);
  g_autofree char *horse = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", "13.png", NULL);
  const char *const files[] = { horse, NULL };

  g_assert_no_error (error);
  driver_start (home, NULL, files);
  wait_for ("push button", "View picture 1");
  driver_arrange ();
  ask ("What is this?");
  look ();
  ask_about_part ();
  see ();
  compare ();
  driver_quit ();
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/closely", test_closely);
  return g_test_run ();
}
