/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-conversation-row.h"

static void
count (gpointer row, int *n)
{
  (*n)++;
}

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
begin_renaming (GtkWidget *row, GtkWidget *entry)
{
  gtk_widget_activate_action (row, "row.rename", NULL);
  for (int turns = 0; !gtk_widget_get_visible (entry) && turns < 100; turns++)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_rename (void)
{
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (1);
  GtkWidget *row, *title, *entry;
  int n = 0;

  tyto_conversation_set_title (conversation, "Cat");
  row = g_object_ref_sink (tyto_conversation_row_new (conversation));
  title = find (row, GTK_TYPE_LABEL);
  entry = find (row, GTK_TYPE_ENTRY);
  g_signal_connect (row, "changed", G_CALLBACK (count), &n);
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (title)), ==, "Cat");

  begin_renaming (row, entry);
  g_assert_true (gtk_widget_get_visible (entry));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "Cat");
  gtk_editable_set_text (GTK_EDITABLE (entry), "  Cat by the window ");
  g_signal_emit_by_name (entry, "activate");
  g_assert_false (gtk_widget_get_visible (entry));
  g_assert_cmpstr (tyto_conversation_get_title (conversation), ==, "Cat by the window");
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (title)), ==, "Cat by the window");
  g_assert_cmpint (n, ==, 1);

  /* An empty title, or the same, changes nothing. */
  begin_renaming (row, entry);
  gtk_editable_set_text (GTK_EDITABLE (entry), " ");
  g_signal_emit_by_name (entry, "activate");
  g_assert_cmpstr (tyto_conversation_get_title (conversation), ==, "Cat by the window");
  g_assert_cmpint (n, ==, 1);
  g_assert_finalize_object (row);
}

static void
test_pin_delete (void)
{
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (1);
  GtkWidget *row = g_object_ref_sink (tyto_conversation_row_new (conversation));
  int n_changed = 0, n_deleted = 0;

  g_signal_connect (row, "changed", G_CALLBACK (count), &n_changed);
  g_signal_connect (row, "deleted", G_CALLBACK (count), &n_deleted);
  gtk_widget_activate_action (row, "row.pin", NULL);
  g_assert_true (tyto_conversation_get_pinned (conversation));
  gtk_widget_activate_action (row, "row.pin", NULL);
  g_assert_false (tyto_conversation_get_pinned (conversation));
  g_assert_cmpint (n_changed, ==, 2);
  gtk_widget_activate_action (row, "row.delete", NULL);
  g_assert_cmpint (n_deleted, ==, 1);
  g_assert_finalize_object (row);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conversation-row/rename", test_rename);
  g_test_add_func ("/conversation-row/pin-delete", test_pin_delete);
  return g_test_run ();
}
