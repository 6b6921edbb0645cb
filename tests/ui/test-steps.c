/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-steps.h"

#define N_STEPS 4

static guint n_done;

static gboolean
count (GtkWidget *widget, guint n)
{
  g_assert_cmpuint (n, ==, n_done);
  n_done++;
  return n_done < N_STEPS;
}

/* Not at once, one in each turn of the loop, and none after the last. */
static void
test_turns (void)
{
  GtkWidget *window = gtk_window_new ();
  guint turns = 0;

  n_done = 0;
  tyto_steps_run (window, count);
  g_assert_cmpuint (n_done, ==, 0);
  while (n_done < N_STEPS) {
    guint before = n_done;

    g_main_context_iteration (NULL, TRUE);
    turns++;
    g_assert_cmpuint (n_done - before, <=, 1);
  }
  g_assert_cmpuint (turns, >=, N_STEPS);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (n_done, ==, N_STEPS);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
note_gone (gpointer data, GObject *object)
{
  *(gboolean *) data = TRUE;
}

/* A window that is closed half-filled is let go of. */
static void
test_closed (void)
{
  GtkWidget *window = gtk_window_new ();
  gboolean gone = FALSE;

  n_done = 0;
  g_object_weak_ref (G_OBJECT (window), note_gone, &gone);
  tyto_steps_run (window, count);
  while (n_done < 2)
    g_main_context_iteration (NULL, TRUE);
  gtk_window_destroy (GTK_WINDOW (window));
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (n_done, ==, 2);
  g_assert_true (gone);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/steps/turns", test_turns);
  g_test_add_func ("/steps/closed", test_closed);
  return g_test_run ();
}
