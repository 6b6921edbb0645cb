/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A window of another program, from which something can be dragged and which has the same on the clipboard:
 *   drag-source FILE…            files, as from a file manager
 *   drag-source --texture FILE   a picture, as from a browser or a tool for screenshots
 *   drag-source --text TEXT      words or addresses */
#include <gtk/gtk.h>

static GdkContentProvider *
prepare (GtkDragSource *source, double x, double y, gpointer provider)
{
  return g_object_ref (provider);
}

static void
activate (GtkApplication *application, gpointer provider)
{
  GtkWidget *window = gtk_application_window_new (application), *label = gtk_label_new ("drag me");
  GtkDragSource *source = gtk_drag_source_new ();

  g_signal_connect (source, "prepare", G_CALLBACK (prepare), provider);
  gtk_widget_add_controller (label, GTK_EVENT_CONTROLLER (source));
  gtk_window_set_title (GTK_WINDOW (window), "tyto-drag-source");
  gtk_window_set_default_size (GTK_WINDOW (window), 200, 160);
  gtk_window_set_child (GTK_WINDOW (window), label);
  gtk_window_present (GTK_WINDOW (window));
  gdk_clipboard_set_content (gtk_widget_get_clipboard (window), provider);
}

static GdkContentProvider *
make_provider (int argc, char **argv)
{
  GSList *list = NULL;

  if (g_strcmp0 (argv[1], "--text") == 0)
    return gdk_content_provider_new_typed (G_TYPE_STRING, argv[2]);
  if (g_strcmp0 (argv[1], "--texture") == 0)
    return gdk_content_provider_new_typed (GDK_TYPE_TEXTURE, gdk_texture_new_from_filename (argv[2], NULL));
  for (int i = argc - 1; i > 0; i--)
    list = g_slist_prepend (list, g_file_new_for_path (argv[i]));
  return gdk_content_provider_new_typed (GDK_TYPE_FILE_LIST, gdk_file_list_new_from_list (list));
}

int
main (int argc, char **argv)
{
  GtkApplication *application;

  gtk_init ();
  application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_signal_connect (application, "activate", G_CALLBACK (activate), make_provider (argc, argv));
  return g_application_run (G_APPLICATION (application), 1, argv);
}
