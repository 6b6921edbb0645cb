/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-copy.h"

static void
note_gone (gpointer data, GObject *object)
{
  *(gboolean *) data = TRUE;
}

static void
got_text (GObject *object, GAsyncResult *result, gpointer user_data)
{
  *(char **) user_data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (object), result, NULL);
}

/* Twice: what it looks like afterwards is what it looked like before the first time. */
static void
test_icon (void)
{
  GtkWidget *window = gtk_window_new (), *button = gtk_button_new_from_icon_name ("edit-copy-symbolic");
  g_autofree char *text = NULL;

  gtk_window_set_child (GTK_WINDOW (window), button);
  tyto_copy_text (GTK_BUTTON (button), "first");
  tyto_copy_text (GTK_BUTTON (button), "second");
  g_assert_cmpstr (gtk_button_get_icon_name (GTK_BUTTON (button)), ==, "object-select-symbolic");
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (button), NULL, got_text, &text);
  while (!text)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (text, ==, "second");
  while (g_str_equal (gtk_button_get_icon_name (GTK_BUTTON (button)), "object-select-symbolic"))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (gtk_button_get_icon_name (GTK_BUTTON (button)), ==, "edit-copy-symbolic");
  gtk_window_destroy (GTK_WINDOW (window));
}

/* A button that goes meanwhile. */
static void
test_gone (void)
{
  GtkWidget *window = gtk_window_new (), *button = gtk_button_new_from_icon_name ("edit-copy-symbolic");
  gboolean gone = FALSE;

  gtk_window_set_child (GTK_WINDOW (window), button);
  g_object_weak_ref (G_OBJECT (button), note_gone, &gone);
  tyto_copy_text (GTK_BUTTON (button), "text");
  gtk_window_destroy (GTK_WINDOW (window));
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_true (gone);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/copy/icon", test_icon);
  g_test_add_func ("/copy/gone", test_gone);
  return g_test_run ();
}
