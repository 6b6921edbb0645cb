/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-preferences.h"
#include "ui/tyto-settings.h"

#define N_NUMBERS 7

/* The first widget of the type inside. */
static GtkWidget *
find (GtkWidget *widget, GType type)
{
  GtkWidget *found = g_type_is_a (G_OBJECT_TYPE (widget), type) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child && !found; child = gtk_widget_get_next_sibling (child))
    found = find (child, type);
  return found;
}

static guint
count (GtkWidget *widget, GType type)
{
  guint n = g_type_is_a (G_OBJECT_TYPE (widget), type);

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child))
    n += count (child, type);
  return n;
}

static void
assert_instructions (const char *expected)
{
  g_autofree char *instructions = NULL;
  TytoAnswerOptions options;

  tyto_settings_get_answer_options (&options, &instructions);
  g_assert_cmpstr (instructions, ==, expected);
  g_assert_cmpstr (options.instructions, ==, expected);
}

static double
temperature (void)
{
  g_autofree char *instructions = NULL;
  TytoAnswerOptions options;

  tyto_settings_get_answer_options (&options, &instructions);
  return options.temperature;
}

static void
test_preferences (void)
{
  GtkWidget *window;

  g_assert_nonnull (tyto_settings_get ());
  g_assert_cmpfloat (temperature (), ==, 0.0);
  assert_instructions (NULL);

  window = tyto_preferences_new (NULL, NULL);
  /* It is filled step by step. */
  while (!find (window, ADW_TYPE_EXPANDER_ROW))
    g_main_context_iteration (NULL, TRUE);
  gtk_switch_set_active (GTK_SWITCH (find (window, GTK_TYPE_SWITCH)), TRUE);
  g_assert_cmpfloat (temperature (), ==, 0.7);
  /* The numbers come when they are asked for; the first one is the temperature. */
  gtk_window_present (GTK_WINDOW (window));
  adw_expander_row_set_expanded (ADW_EXPANDER_ROW (find (window, ADW_TYPE_EXPANDER_ROW)), TRUE);
  while (count (window, GTK_TYPE_SPIN_BUTTON) < N_NUMBERS)
    g_main_context_iteration (NULL, TRUE);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (find (window, GTK_TYPE_SPIN_BUTTON)), 1.25);
  g_assert_cmpfloat (temperature (), ==, 1.25);
  gtk_editable_set_text (GTK_EDITABLE (find (window, ADW_TYPE_ENTRY_ROW)), "  Answer in verse. ");
  assert_instructions ("Answer in verse.");
  adw_combo_row_set_selected (ADW_COMBO_ROW (find (window, ADW_TYPE_COMBO_ROW)), 2);
  assert_instructions ("Answer in verse. Answer in German.");
  gtk_editable_set_text (GTK_EDITABLE (find (window, ADW_TYPE_ENTRY_ROW)), "   ");
  assert_instructions ("Answer in German.");
  adw_combo_row_set_selected (ADW_COMBO_ROW (find (window, ADW_TYPE_COMBO_ROW)), 0);
  assert_instructions (NULL);
  gtk_window_destroy (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/preferences/bound", test_preferences);
  return g_test_run ();
}
