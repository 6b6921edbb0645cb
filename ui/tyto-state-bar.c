/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-state-bar"

#include "ui/tyto-state-bar.h"

#include "ui/tyto-beside-layout.h"
#include "ui/tyto-button.h"
#include "ui/tyto-row-layout.h"

#include <glib/gi18n.h>

/* Small models load before anybody could read about it. */
#define PATIENCE_MS 700

struct _TytoStateBar {
  GtkWidget parent_instance;

  TytoServices *services;
  GtkWidget *revealer, *box, *icon, *label, *buttons[2], *progress;
  TytoStateAction actions[2];
  guint patience; /* runs since a loading began */
  gboolean patient;
};

G_DEFINE_FINAL_TYPE (TytoStateBar, tyto_state_bar, GTK_TYPE_WIDGET)

enum { SIGNAL_SHOW_MODELS, SIGNAL_OPEN_FOLDER, N_SIGNALS };
static guint signals[N_SIGNALS];

static void update (TytoStateBar *self);

static gboolean
patience_over (gpointer data)
{
  TytoStateBar *self = data;

  self->patience = 0;
  self->patient = FALSE;
  update (self);
  return G_SOURCE_REMOVE;
}

/* TRUE while a loading is too young to be shown. */
static gboolean
wait_for_loading (TytoStateBar *self, TytoStateKind kind)
{
  if (kind != TYTO_STATE_MODEL_LOADING) {
    g_clear_handle_id (&self->patience, g_source_remove);
    self->patient = TRUE;
    return FALSE;
  }
  if (self->patient && self->patience == 0)
    self->patience = g_timeout_add (PATIENCE_MS, patience_over, self);
  return self->patient;
}

static void
show_action (TytoStateBar *self, int i, TytoStateAction action)
{
  self->actions[i] = action;
  tyto_button_set_text (GTK_BUTTON (self->buttons[i]), tyto_state_action_get_label (action));
  gtk_widget_set_visible (self->buttons[i], action != TYTO_ACTION_NONE);
}

static void
update (TytoStateBar *self)
{
  g_auto (TytoState) state = { 0 };
  gboolean loading, quiet;

  tyto_services_get_state (self->services, &state);
  loading = state.kind == TYTO_STATE_MODEL_LOADING;
  if (wait_for_loading (self, state.kind) || state.kind == TYTO_STATE_FINE) {
    gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), FALSE);
    return;
  }
  quiet = loading || state.kind == TYTO_STATE_HISTORY_MOVED || state.kind == TYTO_STATE_MODEL_CANCELLED || state.kind == TYTO_STATE_NO_MODEL;
  gtk_label_set_text (GTK_LABEL (self->label), state.text);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->icon), quiet ? "dialog-information-symbolic" : "dialog-warning-symbolic");
  gtk_widget_set_visible (self->icon, !loading);
  if (quiet)
    gtk_widget_remove_css_class (self->box, "warning-bar");
  else
    gtk_widget_add_css_class (self->box, "warning-bar");
  for (int i = 0; i < 2; i++)
    show_action (self, i, state.actions[i]);
  gtk_widget_set_visible (self->progress, loading);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->progress), state.fraction);
  gtk_widget_set_visible (self->box, TRUE);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), TRUE);
}

static void
clicked (GtkButton *button, TytoStateBar *self)
{
  TytoStateAction action = self->actions[GTK_WIDGET (button) == self->buttons[1]];

  if (action == TYTO_ACTION_SHOW_MODELS)
    g_signal_emit (self, signals[SIGNAL_SHOW_MODELS], 0);
  else if (action == TYTO_ACTION_OPEN_FOLDER)
    g_signal_emit (self, signals[SIGNAL_OPEN_FOLDER], 0);
  else
    tyto_services_act (self->services, action);
}

static void
tyto_state_bar_dispose (GObject *object)
{
  TytoStateBar *self = TYTO_STATE_BAR (object);

  g_clear_handle_id (&self->patience, g_source_remove);
  if (self->services)
    g_signal_handlers_disconnect_by_data (self->services, self);
  g_clear_object (&self->services);
  g_clear_pointer (&self->revealer, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_state_bar_parent_class)->dispose (object);
}

static void
tyto_state_bar_class_init (TytoStateBarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_state_bar_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_SHOW_MODELS] =
      g_signal_new ("show-models", TYTO_TYPE_STATE_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_OPEN_FOLDER] =
      g_signal_new ("open-folder", TYTO_TYPE_STATE_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

/* What slid out of sight is not read to anybody. */
static void
revealed (TytoStateBar *self)
{
  if (!gtk_revealer_get_child_revealed (GTK_REVEALER (self->revealer)) && !gtk_revealer_get_reveal_child (GTK_REVEALER (self->revealer)))
    gtk_widget_set_visible (self->box, FALSE);
}

static void
tyto_state_bar_init (TytoStateBar *self)
{
  GtkWidget *row = tyto_row_new (10), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8), *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  self->patient = TRUE;
  self->icon = gtk_image_new ();
  gtk_widget_set_valign (self->icon, GTK_ALIGN_START);
  self->label = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (self->label), 0.0f);
  gtk_widget_set_hexpand (self->label, TRUE);
  gtk_box_append (GTK_BOX (row), self->icon);
  gtk_box_append (GTK_BOX (row), self->label);
  gtk_widget_set_halign (line, GTK_ALIGN_END);
  gtk_widget_set_valign (line, GTK_ALIGN_CENTER);
  for (int i = 0; i < 2; i++) {
    self->buttons[i] = tyto_button_new ("");
    g_signal_connect (self->buttons[i], "clicked", G_CALLBACK (clicked), self);
    gtk_box_append (GTK_BOX (line), self->buttons[i]);
  }
  self->progress = gtk_progress_bar_new ();
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Loading the model"), -1);
  gtk_widget_add_css_class (self->progress, "osd");
  gtk_box_append (GTK_BOX (column), row);
  gtk_box_append (GTK_BOX (column), self->progress);
  gtk_widget_set_valign (column, GTK_ALIGN_CENTER);
  self->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_layout_manager (self->box, tyto_beside_layout_new (2.0, 16, 6));
  gtk_widget_add_css_class (self->box, "state-bar");
  gtk_box_append (GTK_BOX (self->box), column);
  gtk_box_append (GTK_BOX (self->box), line);
  self->revealer = gtk_revealer_new ();
  gtk_revealer_set_child (GTK_REVEALER (self->revealer), self->box);
  g_signal_connect_swapped (self->revealer, "notify::child-revealed", G_CALLBACK (revealed), self);
  gtk_widget_set_visible (self->box, FALSE);
  gtk_widget_set_parent (self->revealer, GTK_WIDGET (self));
}

GtkWidget *
tyto_state_bar_new (TytoServices *services)
{
  TytoStateBar *self = g_object_new (TYTO_TYPE_STATE_BAR, NULL);

  self->services = g_object_ref (services);
  g_signal_connect_swapped (services, "state-changed", G_CALLBACK (update), self);
  update (self);
  return GTK_WIDGET (self);
}
