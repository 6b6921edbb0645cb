/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-preferences"

#include "ui/tyto-preferences.h"

#include "ui/tyto-settings.h"

#include <glib/gi18n.h>

struct _TytoPreferences {
  AdwPreferencesWindow parent_instance;
};

G_DEFINE_FINAL_TYPE (TytoPreferences, tyto_preferences, ADW_TYPE_PREFERENCES_WINDOW)

static void
open_folder (TytoPreferences *self)
{
  g_autofree char *folder = g_build_filename (g_get_user_data_dir (), "tyto", NULL);
  g_autofree char *uri = g_filename_to_uri (folder, NULL, NULL);

  if (uri)
    gtk_show_uri (GTK_WINDOW (self), uri, GDK_CURRENT_TIME);
}

static void
tyto_preferences_class_init (TytoPreferencesClass *klass)
{
}

static GtkWidget *
build_answers (void)
{
  GtkWidget *group = adw_preferences_group_new (), *varied = adw_action_row_new (), *instructions = adw_entry_row_new ();
  GtkWidget *toggle = gtk_switch_new ();
  GSettings *settings = tyto_settings_get ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), _("Answers"));
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (varied), _("Varied answers"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (varied), _("Choose among the likely words instead of always taking the likeliest"));
  gtk_widget_set_valign (toggle, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (varied), toggle);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (varied), toggle);
  gtk_accessible_update_property (GTK_ACCESSIBLE (toggle), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Varied answers"), -1);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (instructions), _("Your instructions to the model"));
  if (settings) {
    g_settings_bind (settings, "varied", toggle, "active", G_SETTINGS_BIND_DEFAULT);
    g_settings_bind (settings, "instructions", instructions, "text", G_SETTINGS_BIND_DEFAULT);
  }
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), varied);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), instructions);
  return group;
}

static GtkWidget *
build_data (TytoPreferences *self)
{
  GtkWidget *group = adw_preferences_group_new (), *row = adw_action_row_new (), *button = gtk_button_new_with_mnemonic (_("_Open"));

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), _("Data"));
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _("Folder of data"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _("Your chats, and copies of the pictures and documents in them"));
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (open_folder), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  return group;
}

static void
tyto_preferences_init (TytoPreferences *self)
{
  GtkWidget *page = adw_preferences_page_new ();

  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), ADW_PREFERENCES_GROUP (build_answers ()));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), ADW_PREFERENCES_GROUP (build_data (self)));
  adw_preferences_window_add (ADW_PREFERENCES_WINDOW (self), ADW_PREFERENCES_PAGE (page));
}

GtkWidget *
tyto_preferences_new (GtkWindow *parent)
{
  return g_object_new (TYTO_TYPE_PREFERENCES, "transient-for", parent, "modal", parent != NULL, "search-enabled", FALSE,
                       "default-width", 560, "default-height", 420, NULL);
}
