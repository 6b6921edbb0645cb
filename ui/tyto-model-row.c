/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-model-row"

#include "ui/tyto-model-row.h"

#include "ui/tyto-beside-layout.h"
#include "ui/tyto-model-text.h"
#include "ui/tyto-row-layout.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

struct _TytoModelRow {
  AdwPreferencesRow parent_instance;

  TytoServices *services;
  TytoModel *model;
  GtkWidget *use, *used;
};

G_DEFINE_FINAL_TYPE (TytoModelRow, tyto_model_row, ADW_TYPE_PREFERENCES_ROW)

enum { SIGNAL_USE, SIGNAL_DELETE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
use_clicked (TytoModelRow *self)
{
  g_signal_emit (self, signals[SIGNAL_USE], 0);
}

static void
delete_clicked (GtkButton *button, TytoModelRow *self)
{
  g_autofree char *adapter = g_strdup (g_object_get_data (G_OBJECT (button), "adapter"));

  g_signal_emit (self, signals[SIGNAL_DELETE], 0, adapter);
}

void
tyto_model_row_update (TytoModelRow *self)
{
  gboolean in_use = g_strcmp0 (tyto_services_get_model_path (self->services), tyto_model_get_path (self->model)) == 0;

  gtk_widget_set_visible (self->used, in_use);
  gtk_widget_set_visible (self->use, !in_use);
}

TytoModel *
tyto_model_row_get_model (TytoModelRow *self)
{
  return self->model;
}

static void
tyto_model_row_dispose (GObject *object)
{
  TytoModelRow *self = TYTO_MODEL_ROW (object);

  g_clear_object (&self->services);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (tyto_model_row_parent_class)->dispose (object);
}

static void
tyto_model_row_class_init (TytoModelRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_model_row_dispose;
  signals[SIGNAL_USE] = g_signal_new ("use", TYTO_TYPE_MODEL_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_DELETE] =
      g_signal_new ("delete", TYTO_TYPE_MODEL_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tyto_model_row_init (TytoModelRow *self)
{
}

static GtkWidget *
line (GtkWidget *box, const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  if (css_class)
    gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

static GtkWidget *
delete_button (TytoModelRow *self, const char *adapter, const char *label)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("user-trash-symbolic");

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  tyto_tooltip_set (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_object_set_data_full (G_OBJECT (button), "adapter", g_strdup (adapter), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (delete_clicked), self);
  return button;
}

static void
add_facts (TytoModelRow *self, GtkWidget *box)
{
  OwlKvType kv = tyto_settings_get_kv ();
  g_autofree char *kind = tyto_model_text_kind (self->model), *size = NULL, *memory = NULL;
  TytoFit fit;

  line (box, tyto_model_get_name (self->model), "heading");
  if (tyto_model_get_problem (self->model)) {
    line (box, tyto_model_get_problem (self->model), "error-text");
    gtk_widget_set_sensitive (self->use, FALSE);
    return;
  }
  size = tyto_model_text_size (self->model);
  memory = tyto_model_text_memory (tyto_model_get_memory (self->model, kv), &fit);
  line (box, kind, "quiet");
  line (box, size, "quiet");
  line (box, memory, fit == TYTO_FIT_GOOD ? "quiet" : fit == TYTO_FIT_TIGHT ? "warning-text" : "error-text");
  if (tyto_model_get_origin (self->model) == TYTO_MODEL_IN_PLACE) {
    g_autofree char *path = g_filename_display_name (tyto_model_get_path (self->model)), *text = g_strdup_printf (_("Used where it lies: %s"), path);

    line (box, text, "quiet");
  }
  gtk_widget_set_sensitive (self->use, fit != TYTO_FIT_NEVER);
}

static void
add_adapters (TytoModelRow *self, GtkWidget *box)
{
  GPtrArray *adapters = tyto_model_get_adapters (self->model);

  for (guint i = 0; i < adapters->len; i++) {
    const TytoAdapter *adapter = g_ptr_array_index (adapters, i);
    GtkWidget *row = tyto_row_new (6), *label;
    g_autofree char *size = g_format_size (adapter->size), *text = g_strdup_printf (_("Adapter %s, %s"), adapter->name, size);
    g_autofree char *hint = g_strdup_printf (_("Delete the adapter %s"), adapter->name);

    if (tyto_model_library_is_deleted (tyto_services_get_library (self->services), self->model, adapter->name))
      continue;
    gtk_widget_add_css_class (row, "adapter");
    label = line (row, text, NULL);
    gtk_widget_set_hexpand (label, TRUE);
    if (adapter->can_delete)
      gtk_box_append (GTK_BOX (row), delete_button (self, adapter->name, hint));
    gtk_box_append (GTK_BOX (box), row);
  }
}

GtkWidget *
tyto_model_row_new (TytoServices *services, TytoModel *model)
{
  TytoModelRow *self = g_object_new (TYTO_TYPE_MODEL_ROW, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *facts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2), *end = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  gboolean in_place = tyto_model_get_origin (model) == TYTO_MODEL_IN_PLACE;
  g_autofree char *use_hint = g_strdup_printf (_("Use %s"), tyto_model_get_name (model));
  g_autofree char *delete_hint = g_strdup_printf (in_place ? _("Remove %s from the list") : _("Delete %s"), tyto_model_get_name (model));

  self->services = g_object_ref (services);
  self->model = g_object_ref (model);
  self->use = gtk_button_new_with_label (_("Use"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->use), GTK_ACCESSIBLE_PROPERTY_LABEL, use_hint, -1);
  gtk_widget_set_valign (self->use, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (self->use, "clicked", G_CALLBACK (use_clicked), self);
  self->used = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  gtk_box_append (GTK_BOX (self->used), gtk_image_new_from_icon_name ("object-select-symbolic"));
  gtk_box_append (GTK_BOX (self->used), gtk_label_new (_("In use")));
  gtk_widget_set_valign (self->used, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->used, "in-use");
  add_facts (self, facts);
  gtk_widget_set_layout_manager (row, tyto_beside_layout_new (1.5, 8, 4));
  gtk_widget_set_halign (end, GTK_ALIGN_END);
  gtk_box_append (GTK_BOX (end), self->used);
  gtk_box_append (GTK_BOX (end), self->use);
  if (tyto_model_get_origin (model) != TYTO_MODEL_BUNDLED)
    gtk_box_append (GTK_BOX (end), delete_button (self, NULL, delete_hint));
  gtk_box_append (GTK_BOX (row), facts);
  gtk_box_append (GTK_BOX (row), end);
  gtk_box_append (GTK_BOX (box), row);
  add_adapters (self, box);
  gtk_widget_add_css_class (box, "model-row");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self), FALSE);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), tyto_model_get_name (model));
  tyto_model_row_update (self);
  return GTK_WIDGET (self);
}
