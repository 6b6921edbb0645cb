/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-folder"

#include "ui/tyto-folder.h"

#include <adwaita.h>
#include <glib/gi18n.h>

/* A folder on its way to be shown. */
typedef struct {
  GtkWindow *parent; /* NULL once it is gone */
  char *folder;
} Showing;

static void
say_where (GtkWindow *parent, const char *folder)
{
  g_autofree char *name = g_filename_display_name (folder);
  GtkWidget *dialog = adw_message_dialog_new (parent, _("No program here shows folders"), NULL), *where = gtk_label_new (name);

  gtk_label_set_wrap (GTK_LABEL (where), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (where), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (where), TRUE);
  adw_message_dialog_set_body (ADW_MESSAGE_DIALOG (dialog), _("This is where the folder is:"));
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), where);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_OK"));
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
shown (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Showing *showing = user_data;
  g_autoptr (GError) error = NULL;

  if (!gtk_show_uri_full_finish (object ? GTK_WINDOW (object) : NULL, result, &error) && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_debug ("%s: %s", showing->folder, error->message);
    say_where (showing->parent, showing->folder);
  }
  g_clear_weak_pointer (&showing->parent);
  g_free (showing->folder);
  g_free (showing);
}

void
tyto_folder_show (GtkWindow *parent, const char *folder)
{
  g_autofree char *uri = g_filename_to_uri (folder, NULL, NULL);
  Showing *showing;

  if (!uri)
    return;
  showing = g_new0 (Showing, 1);
  g_set_weak_pointer (&showing->parent, parent);
  showing->folder = g_strdup (folder);
  gtk_show_uri_full (parent, uri, GDK_CURRENT_TIME, NULL, shown, showing);
}
