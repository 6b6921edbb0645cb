/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-search.h"

#include <glib/gi18n.h>

static void
files_chosen (GtkNativeDialog *dialog, int response, TytoWindow *self)
{
  if (response == GTK_RESPONSE_ACCEPT) {
    g_autoptr (GListModel) files = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (dialog));

    for (guint i = 0; i < g_list_model_get_n_items (files); i++) {
      g_autoptr (GFile) file = g_list_model_get_item (files, i);

      tyto_composer_attach_file (TYTO_COMPOSER (self->composer), file);
    }
  }
  g_object_unref (dialog);
}

static void
attach_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (_("Attach pictures or PDF pages"), GTK_WINDOW (widget),
                                                              GTK_FILE_CHOOSER_ACTION_OPEN, _("_Attach"), _("_Cancel"));
  GtkFileFilter *filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("Pictures and PDF documents"));
  gtk_file_filter_add_mime_type (filter, "image/*");
  gtk_file_filter_add_mime_type (filter, "application/pdf");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  g_object_unref (filter);
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (dialog), TRUE);
  g_signal_connect (dialog, "response", G_CALLBACK (files_chosen), widget);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
screenshot_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  _tyto_window_take_screenshot (TYTO_WINDOW (widget));
}

static void
search_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  TytoWindow *self = TYTO_WINDOW (widget);

  adw_flap_set_reveal_flap (ADW_FLAP (self->flap), TRUE);
  tyto_search_begin (TYTO_SEARCH (self->search));
}

static void
new_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  _tyto_window_new_chat (TYTO_WINDOW (widget));
}

static void
stop_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  TytoWindow *self = TYTO_WINDOW (widget);

  /* What lies on top goes first. */
  if (adw_flap_get_folded (ADW_FLAP (self->flap)) && adw_flap_get_reveal_flap (ADW_FLAP (self->flap)))
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
  else if (self->edited)
    _tyto_window_cancel_editing (self);
  else
    _tyto_window_stop (self);
}

static void
side_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  AdwFlap *flap = ADW_FLAP (TYTO_WINDOW (widget)->flap);

  adw_flap_set_reveal_flap (flap, !adw_flap_get_reveal_flap (flap));
}

void
_tyto_window_install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "win.attach", NULL, attach_action);
  gtk_widget_class_install_action (widget_class, "win.search", NULL, search_action);
  gtk_widget_class_install_action (widget_class, "win.screenshot", NULL, screenshot_action);
  gtk_widget_class_install_action (widget_class, "win.new-chat", NULL, new_action);
  gtk_widget_class_install_action (widget_class, "win.stop", NULL, stop_action);
  /* No key of the application: those come before what has the keyboard, and a field that is left by Escape comes first. */
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "win.stop", NULL);
  gtk_widget_class_install_action (widget_class, "win.side-pane", NULL, side_action);
}
