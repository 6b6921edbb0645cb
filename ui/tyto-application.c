/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-application"

#include "ui/tyto-application.h"

#include "app/tyto-services.h"
#include "ui/tyto-preferences.h"
#include "ui/tyto-settings.h"
#ifdef TYTO_WITH_WATCHDOG
#include "ui/tyto-watchdog.h"
#endif
#include "ui/tyto-window.h"

#include <glib/gi18n.h>

struct _TytoApplication {
  AdwApplication parent_instance;

  TytoServices *services;
};

G_DEFINE_FINAL_TYPE (TytoApplication, tyto_application, ADW_TYPE_APPLICATION)

static TytoWindow *
require_window (TytoApplication *self)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));

  while (window && !TYTO_IS_WINDOW (window))
    window = gtk_window_get_transient_for (window);
  if (!window)
    window = GTK_WINDOW (tyto_window_new (GTK_APPLICATION (self), self->services));
  gtk_window_present (window);
  return TYTO_WINDOW (window);
}

static void
about (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GtkWindow *window = gtk_application_get_active_window (user_data);

  adw_show_about_window (window, "application-name", _("Tyto"), "application-icon", "io.github.tyto_app.Tyto", "version", TYTO_VERSION,
                         "comments", _("Talk across your own pictures and pages. Everything stays on this computer."), "license-type",
                         GTK_LICENSE_GPL_3_0, "developer-name", _("The Tyto developers"), NULL);
}

static GtkShortcutsWindow *
build_shortcuts (void)
{
  static const struct {
    const char *title, *keys;
  } shortcuts[] = {
    { N_("Send"), "Return" },
    { N_("New line"), "<Shift>Return" },
    { N_("Stop the answer"), "Escape" },
    { N_("Edit the last question"), "Up" },
    { N_("Attach pictures or PDF pages"), "<Control>o" },
    { N_("New chat"), "<Control>n" },
    { N_("Search the chats"), "<Control>f" },
    { N_("Show or hide the chats"), "F9" },
    { N_("Move an attachment"), "<Alt>Left <Alt>Right" },
    { N_("Remove an attachment"), "Delete" },
    { N_("Main menu"), "F10" },
    { N_("Preferences"), "<Control>comma" },
    { N_("Close the window"), "<Control>w" },
    { N_("Quit"), "<Control>q" },
  };
  GString *ui = g_string_new ("<interface><object class='GtkShortcutsWindow' id='window'><property name='modal'>1</property><child>"
                              "<object class='GtkShortcutsSection'><property name='section-name'>all</property><child>"
                              "<object class='GtkShortcutsGroup'>");
  g_autoptr (GtkBuilder) builder = NULL;
  GtkShortcutsWindow *window;

  for (gsize i = 0; i < G_N_ELEMENTS (shortcuts); i++) {
    g_autofree char *entry = g_markup_printf_escaped ("<child><object class='GtkShortcutsShortcut'><property name='title'>%s</property>"
                                                      "<property name='accelerator'>%s</property></object></child>",
                                                      _(shortcuts[i].title), shortcuts[i].keys);

    g_string_append (ui, entry);
  }
  g_string_append (ui, "</object></child></object></child></object></interface>");
  builder = gtk_builder_new_from_string (ui->str, (gssize) ui->len);
  g_string_free (ui, TRUE);
  window = GTK_SHORTCUTS_WINDOW (gtk_builder_get_object (builder, "window"));
  return g_object_ref (window);
}

static void
show_shortcuts (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autoptr (GtkShortcutsWindow) window = build_shortcuts ();

  gtk_window_set_transient_for (GTK_WINDOW (window), gtk_application_get_active_window (user_data));
  gtk_window_present (GTK_WINDOW (window));
}

static void
show_preferences (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  TytoApplication *self = user_data;

  gtk_window_present (GTK_WINDOW (tyto_preferences_new (gtk_application_get_active_window (user_data), self->services)));
}

static void
quit (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GList *windows;

#ifdef TYTO_WITH_WATCHDOG
  tyto_watchdog_stop ();
#endif
  /* Windows save what they hold when they go. */
  while ((windows = gtk_application_get_windows (user_data)))
    gtk_window_destroy (windows->data);
}

static void
tyto_application_startup (GApplication *application)
{
  TytoApplication *self = TYTO_APPLICATION (application);
  static const GActionEntry actions[] = {
    { .name = "about", .activate = about },
    { .name = "preferences", .activate = show_preferences },
    { .name = "shortcuts", .activate = show_shortcuts },
    { .name = "quit", .activate = quit },
  };
  static const struct {
    const char *action, *keys[3];
  } accels[] = {
    { "app.quit", { "<Control>q" } },        { "app.shortcuts", { "<Control>question" } }, { "window.close", { "<Control>w" } },
    { "win.new-chat", { "<Control>n" } },    { "win.attach", { "<Control>o" } },           { "win.side-pane", { "F9" } },        { "win.search", { "<Control>f" } },
    { "win.stop", { "Escape" } },            { "app.preferences", { "<Control>comma" } },
  };

  G_APPLICATION_CLASS (tyto_application_parent_class)->startup (application);
#ifdef TYTO_WITH_WATCHDOG
  tyto_watchdog_watch_windows ();
#endif
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  for (gsize i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), accels[i].action, (const char **) accels[i].keys);
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "preferences")), tyto_settings_get () != NULL);
  self->services = tyto_services_new ();
  tyto_services_start (self->services);
}

static void
tyto_application_activate (GApplication *application)
{
  require_window (TYTO_APPLICATION (application));
}

static void
tyto_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  tyto_window_attach (require_window (TYTO_APPLICATION (application)), files, n_files);
}

static void
tyto_application_shutdown (GApplication *application)
{
  TytoApplication *self = TYTO_APPLICATION (application);

  quit (NULL, NULL, application);
  if (self->services)
    tyto_services_close (self->services);
  g_clear_object (&self->services);
  G_APPLICATION_CLASS (tyto_application_parent_class)->shutdown (application);
}

static void
tyto_application_class_init (TytoApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = tyto_application_startup;
  application_class->activate = tyto_application_activate;
  application_class->open = tyto_application_open;
  application_class->shutdown = tyto_application_shutdown;
}

static void
tyto_application_init (TytoApplication *self)
{
}

TytoApplication *
tyto_application_new (void)
{
  return g_object_new (TYTO_TYPE_APPLICATION, "application-id", "io.github.tyto_app.Tyto", "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/io/github/tyto_app/Tyto", NULL);
}
