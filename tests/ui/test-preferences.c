/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-preferences.h"
#include "ui/tyto-settings.h"

/* The first widget of the type inside. */
static GtkWidget *
find (GtkWidget *widget, GType type)
{
  GtkWidget *found = g_type_is_a (G_OBJECT_TYPE (widget), type) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child && !found; child = gtk_widget_get_next_sibling (child))
    found = find (child, type);
  return found;
}

static void
test_preferences (void)
{
  GtkWidget *window;
  g_autofree char *instructions = NULL;

  g_assert_nonnull (tyto_settings_get ());
  g_assert_false (tyto_settings_get_varied ());
  g_assert_null (tyto_settings_get_instructions ());

  window = tyto_preferences_new (NULL);
  gtk_switch_set_active (GTK_SWITCH (find (window, GTK_TYPE_SWITCH)), TRUE);
  g_assert_true (tyto_settings_get_varied ());
  gtk_editable_set_text (GTK_EDITABLE (find (window, ADW_TYPE_ENTRY_ROW)), "  Answer in verse. ");
  instructions = tyto_settings_get_instructions ();
  g_assert_cmpstr (instructions, ==, "Answer in verse.");
  gtk_editable_set_text (GTK_EDITABLE (find (window, ADW_TYPE_ENTRY_ROW)), "   ");
  g_assert_null (tyto_settings_get_instructions ());
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
