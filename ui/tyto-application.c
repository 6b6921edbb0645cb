/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-application"

#include "ui/tyto-application.h"

#include "app/tyto-services.h"
#include "ui/tyto-about.h"
#include "ui/tyto-folder.h"
#include "ui/tyto-models-window.h"
#include "ui/tyto-preferences.h"
#include "ui/tyto-present.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-shortcuts.h"
#ifdef TYTO_WITH_WATCHDOG
#include "ui/tyto-watchdog.h"
#endif
#include "ui/tyto-warm-up.h"
#include "ui/tyto-window.h"

/* A window that does not come to the screen (another work space) keeps the model waiting no longer than this. */
#define LONGEST_HOLD_MS 2000

struct _TytoApplication {
  AdwApplication parent_instance;

  TytoServices *services;
  guint hold_timer; /* until the model may be loaded; 0: it may */
};

G_DEFINE_FINAL_TYPE (TytoApplication, tyto_application, ADW_TYPE_APPLICATION)

static gboolean
release_engine (gpointer data)
{
  TytoApplication *self = data;

  self->hold_timer = 0;
  tyto_engine_hold (tyto_services_get_engine (self->services), FALSE);
  return G_SOURCE_REMOVE;
}

static void
painted (GdkFrameClock *clock, TytoApplication *self)
{
  g_signal_handlers_disconnect_by_func (clock, painted, self);
  tyto_warm_up ();
  if (self->hold_timer == 0)
    return;
  g_clear_handle_id (&self->hold_timer, g_source_remove);
  release_engine (self);
}

static void
watch_first_frame (TytoApplication *self, GtkWidget *window)
{
  if (self->hold_timer != 0)
    g_signal_connect_object (gtk_widget_get_frame_clock (window), "after-paint", G_CALLBACK (painted), self, 0);
}

static TytoWindow *
require_window (TytoApplication *self)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));

  while (window && !TYTO_IS_WINDOW (window))
    window = gtk_window_get_transient_for (window);
  if (!window)
    window = GTK_WINDOW (tyto_window_new (GTK_APPLICATION (self), self->services));
  if (!gtk_widget_get_realized (GTK_WIDGET (window)))
    g_signal_connect_object (window, "realize", G_CALLBACK (watch_first_frame), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  gtk_window_present (window);
  return TYTO_WINDOW (window);
}

static void
about (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  tyto_about_show (gtk_application_get_active_window (user_data));
}

static void
show_shortcuts (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  tyto_shortcuts_show (gtk_application_get_active_window (user_data));
}

static void
show_models (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  TytoApplication *self = user_data;

  tyto_models_window_show (gtk_application_get_active_window (user_data), self->services);
}

static void
open_data_folder (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  TytoApplication *self = user_data;

  tyto_folder_show (gtk_application_get_active_window (user_data), tyto_store_get_folder (tyto_services_get_store (self->services)));
}

static void
show_preferences (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  TytoApplication *self = user_data;

  tyto_present (GTK_WINDOW (tyto_preferences_new (gtk_application_get_active_window (user_data), self->services)));
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

/* What the user chose about models counts at once. */
static void
apply_settings (TytoApplication *self)
{
  GSettings *settings = tyto_settings_get ();
  g_autofree char *model = settings ? g_settings_get_string (settings, "model") : NULL;
  g_autofree char *adapter = settings ? g_settings_get_string (settings, "adapter") : NULL;

  tyto_services_set_defaults (self->services, model, adapter, tyto_settings_get_threads (), tyto_settings_get_kv ());
}

static void
follow_settings (TytoApplication *self)
{
  static const char *const signals[] = { "changed::model", "changed::adapter", "changed::threads", "changed::kv" };

  apply_settings (self);
  for (gsize i = 0; tyto_settings_get () && i < G_N_ELEMENTS (signals); i++)
    g_signal_connect_object (tyto_settings_get (), signals[i], G_CALLBACK (apply_settings), self, G_CONNECT_SWAPPED);
}

static void
tyto_application_startup (GApplication *application)
{
  TytoApplication *self = TYTO_APPLICATION (application);
  static const GActionEntry actions[] = {
    { .name = "about", .activate = about },
    { .name = "models", .activate = show_models },
    { .name = "data-folder", .activate = open_data_folder },
    { .name = "preferences", .activate = show_preferences },
    { .name = "shortcuts", .activate = show_shortcuts },
    { .name = "quit", .activate = quit },
  };
  static const struct {
    const char *action, *keys[3];
  } accels[] = {
    { "app.quit", { "<Control>q" } },        { "app.shortcuts", { "<Control>question" } }, { "window.close", { "<Control>w" } },
    { "win.new-chat", { "<Control>n" } },    { "win.attach", { "<Control>o" } },           { "win.side-pane", { "F9" } },        { "win.search", { "<Control>f" } },
    { "app.preferences", { "<Control>comma" } }, { "app.models", { "<Control>m" } },
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
  follow_settings (self);
  tyto_engine_hold (tyto_services_get_engine (self->services), TRUE);
  self->hold_timer = g_timeout_add (LONGEST_HOLD_MS, release_engine, self);
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
  g_clear_handle_id (&self->hold_timer, g_source_remove);
  if (self->services)
    tyto_services_close (self->services);
  if (tyto_settings_get ())
    g_signal_handlers_disconnect_by_data (tyto_settings_get (), self);
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
