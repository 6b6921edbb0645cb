/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-model-button.h"
#include "ui/tyto-settings.h"

#include <glib/gi18n.h>

#define FOLD_WIDTH 700

G_DEFINE_FINAL_TYPE (TytoWindow, tyto_window, ADW_TYPE_APPLICATION_WINDOW)

void
_tyto_window_update_title (TytoWindow *self)
{
  const char *title = self->chat ? tyto_conversation_get_title (tyto_chat_get_conversation (self->chat)) : "";

  tyto_model_button_set_title (TYTO_MODEL_BUTTON (self->title), *title ? title : _("New chat"));
}

static void
engine_changed (TytoWindow *self)
{
  _tyto_window_measure_soon (self, TRUE);
}

void
_tyto_window_update_page (TytoWindow *self)
{
  gboolean empty = !self->chat || g_list_model_get_n_items (tyto_chat_get_messages (self->chat)) == 0;

  gtk_stack_set_visible_child (GTK_STACK (self->stack), empty ? self->empty : self->view);
  tyto_composer_set_first_number (TYTO_COMPOSER (self->composer), self->chat ? tyto_chat_get_next_number (self->chat, self->edited) : 1);
}

/* The side pane folds when the window is narrow. Done after the allocation, which must not change what it allocates. */
static gboolean
fold (gpointer data)
{
  TytoWindow *self = data;
  gboolean narrow = gtk_widget_get_width (GTK_WIDGET (self)) < FOLD_WIDTH;
  AdwFlapFoldPolicy policy = narrow ? ADW_FLAP_FOLD_POLICY_ALWAYS : ADW_FLAP_FOLD_POLICY_NEVER;

  if (adw_flap_get_fold_policy (ADW_FLAP (self->flap)) != policy) {
    adw_flap_set_fold_policy (ADW_FLAP (self->flap), policy);
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), !narrow);
  }
  return G_SOURCE_REMOVE;
}

static void
tyto_window_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  TytoWindow *self = TYTO_WINDOW (widget);
  AdwFlapFoldPolicy policy = width < FOLD_WIDTH ? ADW_FLAP_FOLD_POLICY_ALWAYS : ADW_FLAP_FOLD_POLICY_NEVER;

  GTK_WIDGET_CLASS (tyto_window_parent_class)->size_allocate (widget, width, height, baseline);
  if (self->flap && adw_flap_get_fold_policy (ADW_FLAP (self->flap)) != policy)
    g_idle_add_full (G_PRIORITY_HIGH_IDLE, fold, g_object_ref (self), g_object_unref);
}

static void
tyto_window_dispose (GObject *object)
{
  TytoWindow *self = TYTO_WINDOW (object);

  if (self->services) {
    _tyto_window_close_chat (self);
    g_clear_handle_id (&self->cost_timer, g_source_remove);
    for (guint i = 0; i < self->running->len; i++) {
      g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->running, i), self);
      tyto_chat_close (g_ptr_array_index (self->running, i));
    }
    g_ptr_array_set_size (self->running, 0);
    g_signal_handlers_disconnect_by_data (tyto_services_get_engine (self->services), self);
    g_signal_handlers_disconnect_by_data (tyto_services_get_library (self->services), self);
    g_signal_handlers_disconnect_by_data (self->services, self);
  }
  self->flap = NULL;
  g_clear_object (&self->edited);
  g_clear_object (&self->services);
  g_clear_pointer (&self->fitting, g_ptr_array_unref);
  g_clear_pointer (&self->samples, g_ptr_array_unref);
  g_clear_pointer (&self->running, g_ptr_array_unref);
  G_OBJECT_CLASS (tyto_window_parent_class)->dispose (object);
}

static void
tyto_window_class_init (TytoWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_window_dispose;
  widget_class->size_allocate = tyto_window_size_allocate;
  _tyto_window_install_actions (widget_class);
}

static void
tyto_window_init (TytoWindow *self)
{
  self->running = g_ptr_array_new_with_free_func (g_object_unref);
}

static gboolean
is_nowhere (TytoWindow *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  return !focus || !gtk_widget_get_mapped (focus);
}

static gboolean
find_focus (gpointer data)
{
  TytoWindow *self = data;

  if (self->services && is_nowhere (self))
    tyto_composer_focus (TYTO_COMPOSER (self->composer));
  return G_SOURCE_REMOVE;
}

/* What had the keyboard is gone (a chat or a message was deleted). Without any focus not even shortcuts would work. */
static void
focus_changed (TytoWindow *self)
{
  if (is_nowhere (self))
    g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, find_focus, g_object_ref (self), g_object_unref);
}

/* The window opens as large as it was. */
static void
remember_size (TytoWindow *self)
{
  GSettings *settings = tyto_settings_get ();

  if (!settings)
    return;
  g_settings_bind (settings, "window-width", self, "default-width", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-height", self, "default-height", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-maximized", self, "maximized", G_SETTINGS_BIND_DEFAULT);
}

/* The history is open: what was typed for the next chat before the last end is there again, unless something was typed meanwhile. */
static void
draft_listed (TytoWindow *self)
{
  g_autofree char *text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  g_autoptr (GPtrArray) attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));

  if (self->chat && !tyto_chat_is_begun (self->chat) && !*text && attachments->len == 0)
    _tyto_window_show_draft (self);
}

TytoWindow *
tyto_window_new (GtkApplication *application, TytoServices *services)
{
  TytoWindow *self = g_object_new (TYTO_TYPE_WINDOW, "application", application, "title", _("Tyto"), "default-width", 1180,
                                   "default-height", 780, "width-request", 360, "height-request", 294, NULL);

  self->services = g_object_ref (services);
  remember_size (self);
  _tyto_window_build (self);
  g_signal_connect_swapped (tyto_services_get_engine (services), "notify::state", G_CALLBACK (engine_changed), self);
  g_signal_connect_swapped (services, "notify::model-path", G_CALLBACK (_tyto_window_update_note), self);
  g_signal_connect_swapped (tyto_services_get_library (services), "changed", G_CALLBACK (_tyto_window_update_note), self);
  g_signal_connect_swapped (services, "save-again", G_CALLBACK (_tyto_window_save_again), self);
  g_signal_connect_swapped (services, "emptied", G_CALLBACK (_tyto_window_emptied), self);
  g_signal_connect_swapped (services, "notify::listed", G_CALLBACK (draft_listed), self);
  g_signal_connect_swapped (services, "trouble", G_CALLBACK (_tyto_window_toast), self);
  g_signal_connect (self, "notify::focus-widget", G_CALLBACK (focus_changed), NULL);
  _tyto_window_find_screenshot (self);
  _tyto_window_new_chat (self);
  _tyto_window_update_note (self);
  return self;
}
