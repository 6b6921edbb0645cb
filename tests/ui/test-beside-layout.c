/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-beside-layout.h"

#define GAP 10
#define LINE_GAP 4

typedef struct {
  GtkWidget *box, *text, *buttons;
  int line, text_width, buttons_width, buttons_height; /* of the text in one line, and of the buttons */
} Fixture;

static void
setup (Fixture *fixture, gconstpointer data)
{
  fixture->text = gtk_label_new ("What is not as it should be, in some words that say what can be done about it.");
  gtk_label_set_wrap (GTK_LABEL (fixture->text), TRUE);
  fixture->buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_size_request (fixture->buttons, 120, 30);
  fixture->box = g_object_ref_sink (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0));
  gtk_widget_set_layout_manager (fixture->box, tyto_beside_layout_new (2.0, GAP, LINE_GAP));
  gtk_box_append (GTK_BOX (fixture->box), fixture->text);
  gtk_box_append (GTK_BOX (fixture->box), fixture->buttons);
  gtk_widget_measure (fixture->text, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &fixture->text_width, NULL, NULL);
  gtk_widget_measure (fixture->text, GTK_ORIENTATION_VERTICAL, fixture->text_width, NULL, &fixture->line, NULL, NULL);
  fixture->buttons_width = 120;
  fixture->buttons_height = 30;
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->box);
}

/* Gives the box a width and the height that it asks for then; returns that height. */
static int
give (Fixture *fixture, int width)
{
  int height, least;

  gtk_widget_measure (fixture->box, GTK_ORIENTATION_VERTICAL, width, &least, &height, NULL, NULL);
  g_assert_cmpint (least, ==, height);
  gtk_widget_size_allocate (fixture->box, &(GtkAllocation) { 0, 0, width, height }, -1);
  return height;
}

static graphene_rect_t
get_place (Fixture *fixture, GtkWidget *child)
{
  graphene_rect_t rect;

  g_assert_true (gtk_widget_compute_bounds (child, fixture->box, &rect));
  return rect;
}

static void
test_beside (Fixture *fixture, gconstpointer data)
{
  const int width = fixture->text_width + GAP + fixture->buttons_width;
  int least, natural;

  gtk_widget_measure (fixture->box, GTK_ORIENTATION_HORIZONTAL, -1, &least, &natural, NULL, NULL);
  g_assert_cmpint (natural, ==, width);
  g_assert_cmpint (least, <, natural);
  g_assert_cmpint (give (fixture, width), ==, MAX (fixture->line, fixture->buttons_height));
  g_assert_cmpfloat (get_place (fixture, fixture->buttons).origin.x, ==, (float) (fixture->text_width + GAP));
  /* In the other reading direction at the other end. */
  gtk_widget_set_direction (fixture->box, GTK_TEXT_DIR_RTL);
  give (fixture, width);
  g_assert_cmpfloat (get_place (fixture, fixture->buttons).origin.x, ==, 0.0f);
}

/* What would be three lines of text beside the buttons stands above them. */
static void
test_below (Fixture *fixture, gconstpointer data)
{
  const int width = fixture->text_width / 2 - 1 + GAP + fixture->buttons_width;
  int text;

  gtk_widget_measure (fixture->text, GTK_ORIENTATION_VERTICAL, width, NULL, &text, NULL, NULL);
  g_assert_cmpint (give (fixture, width), ==, text + LINE_GAP + fixture->buttons_height);
  g_assert_cmpfloat (get_place (fixture, fixture->buttons).origin.y, ==, (float) (text + LINE_GAP));
  give (fixture, width + 2);
  g_assert_cmpfloat (get_place (fixture, fixture->buttons).origin.y, ==, 0.0f);
}

/* Buttons that are hidden take no room. */
static void
test_alone (Fixture *fixture, gconstpointer data)
{
  gtk_widget_set_visible (fixture->buttons, FALSE);
  g_assert_cmpint (give (fixture, fixture->text_width), ==, fixture->line);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add ("/beside-layout/beside", Fixture, NULL, setup, test_beside, teardown);
  g_test_add ("/beside-layout/below", Fixture, NULL, setup, test_below, teardown);
  g_test_add ("/beside-layout/alone", Fixture, NULL, setup, test_alone, teardown);
  return g_test_run ();
}
