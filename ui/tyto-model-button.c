/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-model-button"

#include "ui/tyto-model-button.h"

#include "app/models/tyto-models.h"
#include "ui/tyto-button.h"
#include "ui/tyto-choice.h"
#include "ui/tyto-model-text.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>
#include <math.h>

/* A strength counts once the slider rests. */
#define STRENGTH_DELAY_MS 400

struct _TytoModelButton {
  GtkWidget parent_instance;

  TytoServices *services;
  GtkWidget *box, *title, *button, *name, *popover, *list;
  GtkWidget *strength; /* NULL while no adapter is chosen */
  guint strength_timer;
};

G_DEFINE_FINAL_TYPE (TytoModelButton, tyto_model_button, GTK_TYPE_WIDGET)

void
tyto_model_choose (TytoServices *services, const char *path, const char *adapter)
{
  GSettings *settings = tyto_settings_get ();
  /* What was given may belong to the services, which let go of it when they take up the choice. */
  g_autofree char *model = g_strdup (path), *chosen = g_strdup (adapter);

  tyto_services_choose_model (services, model, chosen);
  if (!settings)
    return;
  g_settings_set_string (settings, "adapter", chosen);
  g_settings_set_string (settings, "model", tyto_models_is_starter (model) ? "" : model);
}

static void
update_name (TytoModelButton *self)
{
  TytoEngine *engine = tyto_services_get_engine (self->services);
  const char *path = tyto_services_get_model_path (self->services);
  g_autofree char *text = NULL, *adapter = NULL, *base = NULL, *hint = NULL;
  TytoModel *model = path ? tyto_model_library_find (tyto_services_get_library (self->services), path) : NULL;
  const char *name = NULL;
  double strength;

  if (model)
    name = tyto_model_get_name (model);
  else if (path && tyto_models_is_starter (path))
    name = _("Starter model");
  else if (path && tyto_engine_get_state (engine) == TYTO_ENGINE_READY)
    name = tyto_engine_get_model_name (engine);
  else if (path)
    name = base = g_filename_display_basename (path);
  tyto_adapter_spec_parse (tyto_services_get_adapter (self->services), &adapter, &strength);
  if (!name || tyto_engine_get_state (engine) == TYTO_ENGINE_FAILED)
    text = g_strdup (_("No model"));
  else if (tyto_engine_get_state (engine) == TYTO_ENGINE_LOADING)
    text = g_strdup_printf (_("Loading the model, %.0f %%"), tyto_engine_get_progress (engine) * 100.0);
  else if (adapter)
    text = g_strdup_printf ("%s · %s", name, adapter);
  else
    text = g_strdup (name);
  gtk_label_set_text (GTK_LABEL (self->name), text);
  hint = g_strdup_printf (_("Model of this chat: %s"), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, hint, -1);
}

static void
model_toggled (GtkCheckButton *check, TytoModelButton *self)
{
  const char *path = g_object_get_data (G_OBJECT (check), "path");

  if (!gtk_check_button_get_active (check) || g_strcmp0 (path, tyto_services_get_model_path (self->services)) == 0)
    return;
  gtk_menu_button_popdown (GTK_MENU_BUTTON (self->button));
  tyto_model_choose (self->services, path, "");
}

static void
adapter_toggled (GtkCheckButton *check, TytoModelButton *self)
{
  g_autofree char *spec = NULL;

  if (!gtk_check_button_get_active (check))
    return;
  spec = tyto_adapter_spec_make (g_object_get_data (G_OBJECT (check), "adapter"), 1.0);
  gtk_menu_button_popdown (GTK_MENU_BUTTON (self->button));
  tyto_model_choose (self->services, tyto_services_get_model_path (self->services), spec);
}

static gboolean
strength_rests (gpointer data)
{
  TytoModelButton *self = data;
  g_autofree char *name = NULL, *spec = NULL;
  double old;

  self->strength_timer = 0;
  tyto_adapter_spec_parse (tyto_services_get_adapter (self->services), &name, &old);
  if (!name || !self->strength)
    return G_SOURCE_REMOVE;
  spec = tyto_adapter_spec_make (name, gtk_range_get_value (GTK_RANGE (self->strength)));
  tyto_model_choose (self->services, tyto_services_get_model_path (self->services), spec);
  return G_SOURCE_REMOVE;
}

static void
strength_moved (TytoModelButton *self)
{
  g_clear_handle_id (&self->strength_timer, g_source_remove);
  self->strength_timer = g_timeout_add (STRENGTH_DELAY_MS, strength_rests, self);
}

static GtkWidget *
heading (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, "menu-heading");
  return label;
}

static GtkWidget *
choice (GtkWidget *list, GtkWidget *group, const char *text, const char *note, gboolean active)
{
  GtkWidget *check = tyto_choice_new (group, text, note);

  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), active);
  gtk_box_append (GTK_BOX (list), check);
  return check;
}

static void
add_strength (TytoModelButton *self, double strength)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6), *label = gtk_label_new (_("Strength"));

  self->strength = gtk_scale_new_with_range (GTK_ORIENTATION_HORIZONTAL, 0.0, 1.5, 0.05);
  gtk_range_set_value (GTK_RANGE (self->strength), strength);
  gtk_scale_set_draw_value (GTK_SCALE (self->strength), TRUE);
  gtk_scale_set_value_pos (GTK_SCALE (self->strength), GTK_POS_RIGHT);
  gtk_scale_set_digits (GTK_SCALE (self->strength), 2);
  /* On both sides, so that the slider stays in the middle, in line with the texts beside it. */
  gtk_scale_add_mark (GTK_SCALE (self->strength), 1.0, GTK_POS_TOP, NULL);
  gtk_scale_add_mark (GTK_SCALE (self->strength), 1.0, GTK_POS_BOTTOM, NULL);
  gtk_widget_set_hexpand (self->strength, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->strength), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Strength of the adapter"), -1);
  g_signal_connect_swapped (self->strength, "value-changed", G_CALLBACK (strength_moved), self);
  gtk_widget_add_css_class (row, "model-strength");
  gtk_box_append (GTK_BOX (row), label);
  gtk_box_append (GTK_BOX (row), self->strength);
  gtk_box_append (GTK_BOX (self->list), row);
}

static void
add_adapters (TytoModelButton *self, TytoModel *model)
{
  TytoModelLibrary *library = tyto_services_get_library (self->services);
  GPtrArray *adapters = tyto_model_get_adapters (model);
  g_autofree char *chosen = NULL;
  GtkWidget *group;
  double strength;

  if (adapters->len == 0)
    return;
  tyto_adapter_spec_parse (tyto_services_get_adapter (self->services), &chosen, &strength);
  gtk_box_append (GTK_BOX (self->list), heading (_("Adapter")));
  group = choice (self->list, NULL, _("None"), NULL, chosen == NULL);
  g_signal_connect (group, "toggled", G_CALLBACK (adapter_toggled), self);
  for (guint i = 0; i < adapters->len; i++) {
    const TytoAdapter *adapter = g_ptr_array_index (adapters, i);
    GtkWidget *check;

    if (tyto_model_library_is_deleted (library, model, adapter->name))
      continue;
    check = choice (self->list, group, adapter->name, NULL, g_strcmp0 (chosen, adapter->name) == 0);
    g_object_set_data_full (G_OBJECT (check), "adapter", g_strdup (adapter->name), g_free);
    g_signal_connect (check, "toggled", G_CALLBACK (adapter_toggled), self);
  }
  if (chosen)
    add_strength (self, strength);
}

static void
add_models (TytoModelButton *self)
{
  GListModel *models = tyto_model_library_get_models (tyto_services_get_library (self->services));
  const char *path = tyto_services_get_model_path (self->services);
  GtkWidget *group = NULL;

  gtk_box_append (GTK_BOX (self->list), heading (_("Model")));
  for (guint i = 0; i < g_list_model_get_n_items (models); i++) {
    g_autoptr (TytoModel) model = g_list_model_get_item (models, i);
    g_autofree char *kind = tyto_model_text_kind (model);
    gboolean active = g_strcmp0 (path, tyto_model_get_path (model)) == 0;
    GtkWidget *check = choice (self->list, group, tyto_model_get_name (model), kind, active);

    gtk_widget_set_sensitive (check, tyto_model_get_problem (model) == NULL);
    g_object_set_data_full (G_OBJECT (check), "path", g_strdup (tyto_model_get_path (model)), g_free);
    g_signal_connect (check, "toggled", G_CALLBACK (model_toggled), self);
    group = group ? group : check;
  }
}

static void
rebuild (TytoModelButton *self)
{
  const char *path = tyto_services_get_model_path (self->services);
  TytoModel *model = path ? tyto_model_library_find (tyto_services_get_library (self->services), path) : NULL;
  GtkWidget *child, *more = tyto_button_new (_("Manage _models…"));

  self->strength = NULL;
  while ((child = gtk_widget_get_first_child (self->list)))
    gtk_box_remove (GTK_BOX (self->list), child);
  add_models (self);
  if (model)
    add_adapters (self, model);
  gtk_box_append (GTK_BOX (self->list), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_widget_add_css_class (more, "flat");
  gtk_widget_add_css_class (more, "menu-item");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (more), "app.models");
  g_signal_connect_swapped (more, "clicked", G_CALLBACK (gtk_menu_button_popdown), self->button);
  gtk_box_append (GTK_BOX (self->list), more);
}

/* Before the popover is shown, which gives the keyboard to what is in it. */
static void
about_to_show (GtkMenuButton *button, gpointer user_data)
{
  rebuild (user_data);
}

static void
tyto_model_button_dispose (GObject *object)
{
  TytoModelButton *self = TYTO_MODEL_BUTTON (object);

  g_clear_handle_id (&self->strength_timer, g_source_remove);
  if (self->services) {
    g_signal_handlers_disconnect_by_data (self->services, self);
    g_signal_handlers_disconnect_by_data (tyto_services_get_engine (self->services), self);
    g_signal_handlers_disconnect_by_data (tyto_services_get_library (self->services), self);
  }
  g_clear_object (&self->services);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_model_button_parent_class)->dispose (object);
}

static void
tyto_model_button_class_init (TytoModelButtonClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_model_button_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
tyto_model_button_init (TytoModelButton *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2), *scroller = gtk_scrolled_window_new ();

  self->title = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->title), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (self->title, "title");
  self->name = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->name), PANGO_ELLIPSIZE_END);
  gtk_box_append (GTK_BOX (line), self->name);
  gtk_box_append (GTK_BOX (line), gtk_image_new_from_icon_name ("pan-down-symbolic"));
  self->list = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_propagate_natural_width (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scroller), 480);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->list);
  self->popover = gtk_popover_new ();
  gtk_popover_set_child (GTK_POPOVER (self->popover), scroller);
  self->button = gtk_menu_button_new ();
  gtk_menu_button_set_child (GTK_MENU_BUTTON (self->button), line);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (self->button), self->popover);
  gtk_widget_set_halign (self->button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->button, "flat");
  gtk_widget_add_css_class (self->button, "model-button");
  tyto_tooltip_set (self->button, _("Choose a model"));
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (self->button), about_to_show, self, NULL);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_valign (self->box, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (self->box), self->title);
  gtk_box_append (GTK_BOX (self->box), self->button);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

void
tyto_model_button_set_title (TytoModelButton *self, const char *title)
{
  gtk_label_set_text (GTK_LABEL (self->title), title);
}

GtkWidget *
tyto_model_button_new (TytoServices *services)
{
  TytoModelButton *self = g_object_new (TYTO_TYPE_MODEL_BUTTON, NULL);

  self->services = g_object_ref (services);
  g_signal_connect_swapped (services, "notify::model-path", G_CALLBACK (update_name), self);
  g_signal_connect_swapped (tyto_services_get_engine (services), "notify::state", G_CALLBACK (update_name), self);
  g_signal_connect_swapped (tyto_services_get_engine (services), "notify::progress", G_CALLBACK (update_name), self);
  g_signal_connect_swapped (tyto_services_get_library (services), "changed", G_CALLBACK (update_name), self);
  update_name (self);
  return GTK_WIDGET (self);
}
