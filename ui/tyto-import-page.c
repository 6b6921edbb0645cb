/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-import-page"

#include "ui/tyto-import-page.h"

#include "ui/tyto-button.h"
#include "ui/tyto-model-text.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

struct _TytoImportPage {
  GtkWidget parent_instance;

  TytoServices *services;
  GCancellable *looking;
  TytoImportSource *source;

  GtkWidget *box, *stack, *spinner_page, *problem_page, *scroller, *import;
  GtkWidget *content; /* of the scroller: made anew for each source */
  GtkWidget *name, *in_place, *base, *problem;
  const char *type; /* chosen; NULL: as stored */
  GPtrArray *bases; /* char *: paths of the models in `base` */
};

G_DEFINE_FINAL_TYPE (TytoImportPage, tyto_import_page, GTK_TYPE_WIDGET)

enum { SIGNAL_BACK, SIGNAL_STARTED, N_SIGNALS };
static guint signals[N_SIGNALS];

static gboolean
is_adapter (const TytoImportSource *source)
{
  return source->kind == TYTO_SOURCE_PEFT || source->kind == TYTO_SOURCE_ADAPTER_FILE;
}

static void
back (TytoImportPage *self)
{
  if (self->looking)
    g_cancellable_cancel (self->looking);
  g_signal_emit (self, signals[SIGNAL_BACK], 0);
}

static void
start (TytoImportPage *self)
{
  const char *base = NULL;
  g_autoptr (GError) error = NULL;
  gboolean in_place = self->in_place && gtk_switch_get_active (GTK_SWITCH (self->in_place));

  if (is_adapter (self->source)) {
    guint index = adw_combo_row_get_selected (ADW_COMBO_ROW (self->base));

    base = index < self->bases->len ? g_ptr_array_index (self->bases, index) : NULL;
  }
  if (tyto_model_import_start (tyto_services_get_import (self->services), self->source, gtk_editable_get_text (GTK_EDITABLE (self->name)), self->type,
                               in_place, base, &error)) {
    g_signal_emit (self, signals[SIGNAL_STARTED], 0);
    return;
  }
  gtk_label_set_text (GTK_LABEL (self->problem), error->message);
  gtk_widget_set_visible (self->problem, TRUE);
}

static GtkWidget *
add_group (TytoImportPage *self, const char *title)
{
  GtkWidget *group = adw_preferences_group_new ();

  if (title)
    adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  gtk_box_append (GTK_BOX (self->content), group);
  return group;
}

/* What was found, in a line or two. */
static char *
describe (const TytoImportSource *source)
{
  g_autofree char *size = g_format_size (source->bytes);
  const char *family = g_strcmp0 (source->architecture, "bloom") == 0 ? "BLOOM" : "LLaMA";

  switch (source->kind) {
  case TYTO_SOURCE_PEFT:
  case TYTO_SOURCE_ADAPTER_FILE:
    return g_strdup_printf (_("An adapter, %s. It changes how a model answers and is stored beside it."), size);
  case TYTO_SOURCE_MODEL_FILE:
    return g_strdup_printf (_("A %s language model, %s, without pictures."), family, size);
  case TYTO_SOURCE_MODEL_FOLDER:
    return source->has_vision ? g_strdup_printf (_("mPLUG-Owl with a %s language model, %s, ready to use."), family, size)
                              : g_strdup_printf (_("A %s language model, %s, without pictures."), family, size);
  case TYTO_SOURCE_CHECKPOINT:
  default:
    if (source->n_parameters >= 100000000u)
      return g_strdup_printf (_("mPLUG-Owl with a %s language model, %.1f billion numbers, %s as it was published."), family,
                              (double) source->n_parameters / 1e9, size);
    return g_strdup_printf (_("mPLUG-Owl with a %s language model, %s as it was published."), family, size);
  }
}

static void
add_what (TytoImportPage *self)
{
  GtkWidget *group = add_group (self, is_adapter (self->source) ? _("Adapter") : _("Model"));
  g_autofree char *text = describe (self->source), *escaped = g_markup_escape_text (text, -1);

  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (group), escaped);
  self->name = adw_entry_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->name), _("Name"));
  gtk_editable_set_text (GTK_EDITABLE (self->name), self->source->name);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->name);
}

static void
type_toggled (GtkCheckButton *check, TytoImportPage *self)
{
  if (gtk_check_button_get_active (check))
    self->type = g_object_get_data (G_OBJECT (check), "type");
}

static void
add_choices (TytoImportPage *self)
{
  GtkWidget *group = add_group (self, _("How to store it")), *first = NULL;

  for (guint i = 0; i < self->source->choices->len; i++) {
    const TytoImportChoice *choice = &g_array_index (self->source->choices, TytoImportChoice, i);
    GtkWidget *row = adw_action_row_new (), *check = gtk_check_button_new ();
    g_autofree char *size = g_format_size (choice->bytes), *memory = tyto_model_text_memory (choice->memory, NULL), *subtitle = NULL;
    g_autofree char *size_text = g_strdup_printf (_("%s on the disk."), size);
    const char *title = tyto_import_type_title (choice->type);

    subtitle = g_strdup_printf ("%s %s %s.", tyto_import_type_explanation (choice->type), size_text, memory);
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
    adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
    gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
    gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, title, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, subtitle, -1);
    gtk_check_button_set_group (GTK_CHECK_BUTTON (check), GTK_CHECK_BUTTON (first));
    first = first ? first : check;
    g_object_set_data (G_OBJECT (check), "type", (gpointer) choice->type);
    g_signal_connect (check, "toggled", G_CALLBACK (type_toggled), self);
    adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
    adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), check);
    if (i == self->source->recommended) {
      GtkWidget *mark = gtk_label_new (_("Recommended"));

      gtk_widget_add_css_class (mark, "accent");
      gtk_widget_add_css_class (mark, "caption-heading");
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), mark);
      gtk_check_button_set_active (GTK_CHECK_BUTTON (check), TRUE);
    }
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  }
}

static void
add_place (TytoImportPage *self)
{
  GtkWidget *group = add_group (self, NULL), *row = adw_action_row_new ();

  self->in_place = gtk_switch_new ();
  gtk_widget_set_valign (self->in_place, GTK_ALIGN_CENTER);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _("Use it where it lies"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _("Nothing is copied. The model is gone when the folder is moved or deleted."));
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->in_place), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Use it where it lies"), -1);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), self->in_place);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), self->in_place);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
}

static void
add_base (TytoImportPage *self)
{
  GtkWidget *group = add_group (self, NULL);
  GListModel *models = tyto_model_library_get_models (tyto_services_get_library (self->services));
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  const char *present = tyto_services_get_model_path (self->services);
  guint selected = 0;

  g_ptr_array_set_size (self->bases, 0);
  for (guint i = 0; i < g_list_model_get_n_items (models); i++) {
    g_autoptr (TytoModel) model = g_list_model_get_item (models, i);

    if (tyto_model_get_problem (model))
      continue;
    if (g_strcmp0 (present, tyto_model_get_path (model)) == 0)
      selected = self->bases->len;
    g_ptr_array_add (self->bases, g_strdup (tyto_model_get_path (model)));
    gtk_string_list_append (names, tyto_model_get_name (model));
  }
  self->base = adw_combo_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->base), _("For the model"));
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self->base), FALSE);
  /* Below the title a name has room, also in a narrow window. */
  adw_combo_row_set_use_subtitle (ADW_COMBO_ROW (self->base), TRUE);
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (group), _("An adapter fits only the model that it was made for"));
  adw_combo_row_set_model (ADW_COMBO_ROW (self->base), G_LIST_MODEL (names));
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->base), selected);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->base);
}

static void
show_source (TytoImportPage *self)
{
  self->content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  self->in_place = self->base = NULL;
  self->type = NULL;
  gtk_widget_add_css_class (self->content, "import-content");
  add_what (self);
  if (self->source->kind == TYTO_SOURCE_CHECKPOINT)
    add_choices (self);
  else if (is_adapter (self->source))
    add_base (self);
  else
    add_place (self);
  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->problem), 0.0f);
  gtk_widget_add_css_class (self->problem, "error-text");
  gtk_widget_set_visible (self->problem, FALSE);
  gtk_box_append (GTK_BOX (self->content), self->problem);
  {
    GtkWidget *clamp = adw_clamp_new ();

    adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 600);
    adw_clamp_set_child (ADW_CLAMP (clamp), self->content);
    gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), clamp);
  }
  gtk_widget_set_visible (self->import, TRUE);
  gtk_stack_set_visible_child (GTK_STACK (self->stack), self->scroller);
  gtk_widget_grab_focus (self->import);
}

/* The list of models came after the adapter was looked at. */
static void
models_changed (TytoImportPage *self)
{
  if (self->source && self->base && self->bases->len == 0)
    show_source (self);
}

static void
looked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoImportPage) self = user_data;
  g_autoptr (GError) error = NULL;
  TytoImportSource *source = tyto_model_import_probe_finish (TYTO_MODEL_IMPORT (object), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || !self->services) {
    tyto_import_source_free (source);
    return;
  }
  g_clear_pointer (&self->source, tyto_import_source_free);
  self->source = source;
  if (source) {
    show_source (self);
  } else {
    g_autofree char *escaped = g_markup_escape_text (error->message, -1);

    adw_status_page_set_description (ADW_STATUS_PAGE (self->problem_page), escaped);
    gtk_stack_set_visible_child (GTK_STACK (self->stack), self->problem_page);
  }
}

void
tyto_import_page_look_at (TytoImportPage *self, const char *path)
{
  if (self->looking)
    g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  self->looking = g_cancellable_new ();
  gtk_widget_set_visible (self->import, FALSE);
  gtk_stack_set_visible_child (GTK_STACK (self->stack), self->spinner_page);
  tyto_model_import_probe_async (tyto_services_get_import (self->services), path, self->looking, looked, g_object_ref (self));
}

static void
tyto_import_page_dispose (GObject *object)
{
  TytoImportPage *self = TYTO_IMPORT_PAGE (object);

  if (self->looking)
    g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  if (self->services)
    g_signal_handlers_disconnect_by_data (tyto_services_get_library (self->services), self);
  g_clear_object (&self->services);
  g_clear_pointer (&self->source, tyto_import_source_free);
  g_clear_pointer (&self->bases, g_ptr_array_unref);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_import_page_parent_class)->dispose (object);
}

static void
tyto_import_page_class_init (TytoImportPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_import_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_BACK] = g_signal_new ("back", TYTO_TYPE_IMPORT_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_STARTED] = g_signal_new ("started", TYTO_TYPE_IMPORT_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static GtkWidget *
build_spinner (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12), *spinner = gtk_spinner_new ();

  gtk_spinner_start (GTK_SPINNER (spinner));
  gtk_widget_set_size_request (spinner, 32, 32);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), spinner);
  gtk_box_append (GTK_BOX (box), gtk_label_new (_("Looking at the files")));
  return box;
}

static void
tyto_import_page_init (TytoImportPage *self)
{
  GtkWidget *header = adw_header_bar_new (), *button = gtk_button_new_from_icon_name ("go-previous-symbolic");

  self->bases = g_ptr_array_new_with_free_func (g_free);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("Import"), NULL));
  tyto_tooltip_set (button, _("Back"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Back"), -1);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (back), self);
  self->import = tyto_button_new (_("_Import"));
  gtk_widget_add_css_class (self->import, "suggested-action");
  g_signal_connect_swapped (self->import, "clicked", G_CALLBACK (start), self);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), button);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->import);
  self->spinner_page = build_spinner ();
  self->problem_page = adw_status_page_new ();
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (self->problem_page), "dialog-warning-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (self->problem_page), _("This cannot be imported"));
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_stack_add_child (GTK_STACK (self->stack), self->spinner_page);
  gtk_stack_add_child (GTK_STACK (self->stack), self->problem_page);
  gtk_stack_add_child (GTK_STACK (self->stack), self->scroller);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), header);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
tyto_import_page_new (TytoServices *services)
{
  TytoImportPage *self = g_object_new (TYTO_TYPE_IMPORT_PAGE, NULL);

  self->services = g_object_ref (services);
  g_signal_connect_swapped (tyto_services_get_library (services), "changed", G_CALLBACK (models_changed), self);
  return GTK_WIDGET (self);
}
