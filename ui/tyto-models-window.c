/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-models-window"

#include "ui/tyto-models-window.h"

#include "ui/tyto-button.h"
#include "ui/tyto-import-page.h"
#include "ui/tyto-model-button.h"
#include "ui/tyto-model-guide.h"
#include "ui/tyto-model-row.h"
#include "ui/tyto-model-text.h"
#include "ui/tyto-present.h"
#include "ui/tyto-row-layout.h"
#include "ui/tyto-steps.h"
#include "ui/tyto-toast.h"

#include <glib/gi18n.h>

#define UNDO_SECONDS 10
#define WIDTH 640
#define MIN_WIDTH 340

struct _TytoModelsWindow {
  AdwWindow parent_instance;

  TytoServices *services;
  GtkWidget *leaflet, *toasts, *list_page, *import_page, *guide_page; /* the last two: NULL until they are wanted */
  GtkWidget *page, *installed, *more, *running, *progress, *progress_text;
  GPtrArray *rows;  /* of `installed` */
  gboolean listing; /* more of them are coming */
};

G_DEFINE_FINAL_TYPE (TytoModelsWindow, tyto_models_window, ADW_TYPE_WINDOW)

static void
toast (TytoModelsWindow *self, const char *text)
{
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), tyto_toast_new (text));
}

static void
go_back (TytoModelsWindow *self)
{
  /* Keys must not go to a page that is no longer to be seen. */
  gtk_window_set_focus (GTK_WINDOW (self), NULL);
  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->list_page);
}

/* A model or adapter that was deleted, until its toast goes. */
typedef struct {
  TytoModelLibrary *library;
  TytoModel *model;
  char *adapter;
  gboolean undone;
} Deletion;

static void
undo_clicked (AdwToast *undo, Deletion *deletion)
{
  if (deletion->undone)
    return;
  deletion->undone = TRUE;
  tyto_model_library_delete_undo (deletion->library, deletion->model, deletion->adapter);
}

static void
deletion_free (gpointer data, GClosure *closure)
{
  Deletion *deletion = data;

  if (!deletion->undone)
    tyto_model_library_delete_finish (deletion->library, deletion->model, deletion->adapter);
  g_object_unref (deletion->library);
  g_object_unref (deletion->model);
  g_free (deletion->adapter);
  g_free (deletion);
}

static void
row_delete (TytoModelsWindow *self, const char *adapter, TytoModelRow *row)
{
  TytoModel *model = tyto_model_row_get_model (row);
  Deletion *deletion = g_new0 (Deletion, 1);
  g_autofree char *text = NULL;
  AdwToast *undo;

  if (adapter)
    text = g_strdup_printf (_("Adapter %s deleted"), adapter);
  else if (tyto_model_get_origin (model) == TYTO_MODEL_IN_PLACE)
    text = g_strdup_printf (_("%s removed from the list"), tyto_model_get_name (model));
  else
    text = g_strdup_printf (_("%s deleted"), tyto_model_get_name (model));
  deletion->library = g_object_ref (tyto_services_get_library (self->services));
  deletion->model = g_object_ref (model);
  deletion->adapter = g_strdup (adapter);
  undo = tyto_toast_new (text);
  adw_toast_set_button_label (undo, _("_Undo"));
  adw_toast_set_timeout (undo, UNDO_SECONDS);
  g_signal_connect_data (undo, "button-clicked", G_CALLBACK (undo_clicked), deletion, deletion_free, 0);
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), undo);
  tyto_model_library_delete_begin (deletion->library, deletion->model, adapter);
}

static void
row_use (TytoModelsWindow *self, TytoModelRow *row)
{
  tyto_model_choose (self->services, tyto_model_get_path (tyto_model_row_get_model (row)), "");
}

static gboolean
list_one (GtkWidget *widget, guint n)
{
  TytoModelsWindow *self = TYTO_MODELS_WINDOW (widget);
  GListModel *models = tyto_model_library_get_models (tyto_services_get_library (self->services));
  g_autoptr (TytoModel) model = g_list_model_get_item (models, self->rows->len);
  GtkWidget *row;

  self->listing = model != NULL;
  if (!model)
    return FALSE;
  row = tyto_model_row_new (self->services, model);
  g_signal_connect_swapped (row, "use", G_CALLBACK (row_use), self);
  g_signal_connect_swapped (row, "delete", G_CALLBACK (row_delete), self);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->installed), row);
  g_ptr_array_add (self->rows, row);
  return TRUE;
}

static void
list_models (TytoModelsWindow *self)
{
  GListModel *models = tyto_model_library_get_models (tyto_services_get_library (self->services));

  if (!self->installed)
    return;
  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self->installed), g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (self->installed),
                                         g_list_model_get_n_items (models) == 0 ? _("None yet.") : NULL);
  if (!self->listing)
    tyto_steps_run (GTK_WIDGET (self), list_one);
  self->listing = TRUE;
}

static void
show_used (TytoModelsWindow *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    tyto_model_row_update (TYTO_MODEL_ROW (g_ptr_array_index (self->rows, i)));
}

static void
show_progress (TytoModelsWindow *self)
{
  TytoModelImport *import = tyto_services_get_import (self->services);
  gboolean running = tyto_model_import_get_running (import);
  double rate = tyto_model_import_get_rate (import), left = tyto_model_import_get_seconds_left (import), fraction = tyto_model_import_get_fraction (import);
  g_autofree char *text = NULL, *rate_text = NULL, *left_text = NULL;

  if (!self->running)
    return;
  gtk_widget_set_visible (self->running, running);
  if (!running)
    return;
  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self->running), _("Importing"));
  if (rate > 0.0) {
    rate_text = g_format_size ((guint64) rate);
    left_text = tyto_model_text_time (left);
    text = g_strdup_printf (_("%s: %.0f %%, %s/s, %s"), tyto_model_import_get_name (import), fraction * 100.0, rate_text, left_text);
  } else {
    text = g_strdup_printf (_("%s: preparing"), tyto_model_import_get_name (import));
  }
  gtk_label_set_text (GTK_LABEL (self->progress_text), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->progress), fraction);
}

/* The toast about an import offers to use it. */
static void
use_imported (AdwToast *done, TytoModelsWindow *self)
{
  tyto_model_choose (self->services, g_object_get_data (G_OBJECT (done), "path"), "");
}

static void
import_ended (TytoModelsWindow *self, const char *path, const char *error)
{
  if (path) {
    g_autofree char *name = g_filename_display_basename (path), *text = g_strdup_printf (_("%s is ready"), name);
    AdwToast *done = tyto_toast_new (text);

    g_object_set_data_full (G_OBJECT (done), "path", g_strdup (path), g_free);
    adw_toast_set_button_label (done, _("_Use it"));
    g_signal_connect_object (done, "button-clicked", G_CALLBACK (use_imported), self, 0);
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), done);
  } else if (error) {
    GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("The import did not succeed"), error);

    adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_OK"));
    gtk_window_present (GTK_WINDOW (dialog));
  } else {
    toast (self, _("Import cancelled; nothing was kept."));
  }
}

static void
import_started (TytoModelsWindow *self)
{
  go_back (self);
  show_progress (self);
}

static void
choose_folder (TytoModelsWindow *self);

void
tyto_models_window_import (TytoModelsWindow *self, const char *path)
{
  if (!self->import_page) {
    self->import_page = tyto_import_page_new (self->services);
    g_signal_connect_swapped (self->import_page, "back", G_CALLBACK (go_back), self);
    g_signal_connect_swapped (self->import_page, "started", G_CALLBACK (import_started), self);
    adw_leaflet_append (ADW_LEAFLET (self->leaflet), self->import_page);
  }
  tyto_import_page_look_at (TYTO_IMPORT_PAGE (self->import_page), path);
  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->import_page);
}

void
tyto_models_window_show_guide (TytoModelsWindow *self)
{
  if (!self->guide_page) {
    self->guide_page = tyto_model_guide_new ();
    g_signal_connect_swapped (self->guide_page, "back", G_CALLBACK (go_back), self);
    g_signal_connect_swapped (self->guide_page, "import", G_CALLBACK (choose_folder), self);
    adw_leaflet_append (ADW_LEAFLET (self->leaflet), self->guide_page);
  }
  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->guide_page);
}

static void
file_chosen (GtkNativeDialog *dialog, int response, TytoModelsWindow *self)
{
  g_autoptr (GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;
  g_autofree char *path = file ? g_file_get_path (file) : NULL;

  if (path)
    tyto_models_window_import (self, path);
  else if (file)
    toast (self, _("A model must lie on this computer."));
  g_object_unref (dialog);
}

static void
choose (TytoModelsWindow *self, GtkFileChooserAction action)
{
  gboolean folder = action == GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER;
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (folder ? _("Import a folder") : _("Import a GGUF file"), GTK_WINDOW (self), action,
                                                              _("_Import…"), _("_Cancel"));

  if (!folder) {
    g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

    gtk_file_filter_set_name (filter, _("GGUF files"));
    gtk_file_filter_add_pattern (filter, "*.gguf");
    gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  }
  g_signal_connect (dialog, "response", G_CALLBACK (file_chosen), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
choose_folder (TytoModelsWindow *self)
{
  choose (self, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER);
}

static void
choose_file (TytoModelsWindow *self)
{
  choose (self, GTK_FILE_CHOOSER_ACTION_OPEN);
}

static gboolean
dropped (GtkDropTarget *target, const GValue *value, double x, double y, TytoModelsWindow *self)
{
  GSList *files = gdk_file_list_get_files (g_value_get_boxed (value));
  g_autofree char *path = files ? g_file_get_path (files->data) : NULL;

  if (!path)
    return FALSE;
  tyto_models_window_import (self, path);
  return TRUE;
}

static void
cancel_import (TytoModelsWindow *self)
{
  tyto_model_import_cancel (tyto_services_get_import (self->services));
}

static void
tyto_models_window_dispose (GObject *object)
{
  TytoModelsWindow *self = TYTO_MODELS_WINDOW (object);

  if (self->services) {
    g_signal_handlers_disconnect_by_data (self->services, self);
    g_signal_handlers_disconnect_by_data (tyto_services_get_library (self->services), self);
    g_signal_handlers_disconnect_by_data (tyto_services_get_import (self->services), self);
  }
  g_clear_object (&self->services);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  G_OBJECT_CLASS (tyto_models_window_parent_class)->dispose (object);
}

static void
tyto_models_window_class_init (TytoModelsWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_models_window_dispose;
}

static void
tyto_models_window_init (TytoModelsWindow *self)
{
  self->rows = g_ptr_array_new ();
}

static GtkWidget *
build_running (TytoModelsWindow *self)
{
  GtkWidget *group = adw_preferences_group_new (), *row = adw_preferences_row_new (), *box = tyto_row_new (12);
  GtkWidget *middle = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8), *cancel = tyto_button_new (_("_Cancel"));

  self->progress_text = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->progress_text), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (self->progress_text), TRUE);
  self->progress = gtk_progress_bar_new ();
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Progress of the import"), -1);
  gtk_box_append (GTK_BOX (middle), self->progress_text);
  gtk_box_append (GTK_BOX (middle), self->progress);
  gtk_widget_set_hexpand (middle, TRUE);
  gtk_widget_set_valign (cancel, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (cancel), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Cancel the import"), -1);
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (cancel_import), self);
  gtk_box_append (GTK_BOX (box), middle);
  gtk_box_append (GTK_BOX (box), cancel);
  gtk_widget_add_css_class (box, "import-progress");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  return group;
}

static void
add_link (GtkWidget *group, const char *icon, const char *title, const char *subtitle, GCallback activated, gpointer data)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), gtk_image_new_from_icon_name (icon));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), gtk_image_new_from_icon_name ("go-next-symbolic"));
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_signal_connect_swapped (row, "activated", activated, data);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
}

static GtkWidget *
add_group (TytoModelsWindow *self, GtkWidget *group)
{
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (self->page), ADW_PREFERENCES_GROUP (group));
  return group;
}

static gboolean
fill (GtkWidget *widget, guint n)
{
  TytoModelsWindow *self = TYTO_MODELS_WINDOW (widget);

  switch (n) {
  case 0:
    self->page = adw_preferences_page_new ();
    adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts), self->page);
    return TRUE;
  case 1:
    self->running = add_group (self, build_running (self));
    show_progress (self);
    return TRUE;
  case 2:
    self->installed = add_group (self, adw_preferences_group_new ());
    adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self->installed), _("Installed"));
    list_models (self);
    return TRUE;
  case 3:
    self->more = add_group (self, adw_preferences_group_new ());
    adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self->more), _("More models"));
    add_link (self->more, "folder-open-symbolic", _("Import a folder"), _("A downloaded model, a ready GGUF model, or an adapter"),
              G_CALLBACK (choose_folder), self);
    return TRUE;
  case 4:
    add_link (self->more, "document-open-symbolic", _("Import a GGUF file"), _("A language model without pictures, or an adapter"),
              G_CALLBACK (choose_file), self);
    return TRUE;
  default:
    add_link (self->more, "help-about-symbolic", _("How to get mPLUG-Owl 7B"), _("For photographs and real documents, step by step"),
              G_CALLBACK (tyto_models_window_show_guide), self);
    return FALSE;
  }
}

static GtkWidget *
build_list_page (TytoModelsWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new ();

  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("Models"), NULL));
  self->toasts = adw_toast_overlay_new ();
  gtk_widget_set_vexpand (self->toasts, TRUE);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), self->toasts);
  return box;
}

static gboolean
escape_pressed (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  TytoModelsWindow *self = TYTO_MODELS_WINDOW (widget);

  if (adw_leaflet_get_visible_child (ADW_LEAFLET (self->leaflet)) == self->list_page)
    gtk_window_close (GTK_WINDOW (self));
  else
    go_back (self);
  return GDK_EVENT_STOP;
}

static void
build (TytoModelsWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);
  GtkEventController *keys = gtk_shortcut_controller_new ();

  self->leaflet = adw_leaflet_new ();
  adw_leaflet_set_can_unfold (ADW_LEAFLET (self->leaflet), FALSE);
  adw_leaflet_set_homogeneous (ADW_LEAFLET (self->leaflet), FALSE);
  adw_leaflet_set_can_navigate_back (ADW_LEAFLET (self->leaflet), TRUE);
  self->list_page = build_list_page (self);
  adw_leaflet_append (ADW_LEAFLET (self->leaflet), self->list_page);
  g_signal_connect (target, "drop", G_CALLBACK (dropped), self);
  gtk_widget_add_controller (self->leaflet, GTK_EVENT_CONTROLLER (target));
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0), gtk_callback_action_new (escape_pressed, NULL, NULL)));
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  adw_window_set_content (ADW_WINDOW (self), self->leaflet);
}

static GtkWidget *
create (GtkWindow *parent, TytoServices *services)
{
  TytoModelsWindow *self = g_object_new (TYTO_TYPE_MODELS_WINDOW, "transient-for", parent, "modal", parent != NULL, "title", _("Models"),
                                         "default-width", parent ? CLAMP (gtk_widget_get_width (GTK_WIDGET (parent)), MIN_WIDTH, WIDTH) : WIDTH,
                                         "default-height", 640, "width-request", MIN_WIDTH, "height-request", 294, NULL);
  TytoModelImport *import = tyto_services_get_import (services);

  self->services = g_object_ref (services);
  build (self);
  g_signal_connect_swapped (services, "notify::model-path", G_CALLBACK (show_used), self);
  g_signal_connect_swapped (tyto_services_get_library (services), "changed", G_CALLBACK (list_models), self);
  g_signal_connect_swapped (tyto_services_get_library (services), "trouble", G_CALLBACK (toast), self);
  g_signal_connect_swapped (import, "notify::fraction", G_CALLBACK (show_progress), self);
  g_signal_connect_swapped (import, "notify::running", G_CALLBACK (show_progress), self);
  g_signal_connect_swapped (import, "ended", G_CALLBACK (import_ended), self);
  tyto_steps_run (GTK_WIDGET (self), fill);
  tyto_model_library_scan (tyto_services_get_library (services));
  return GTK_WIDGET (self);
}

/* The one that is open, or NULL. */
static GtkWidget *
find_open (void)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++) {
    g_autoptr (GtkWidget) window = g_list_model_get_item (windows, i);

    if (TYTO_IS_MODELS_WINDOW (window) && gtk_widget_get_visible (window))
      return window; /* the toolkit keeps it */
  }
  return NULL;
}

GtkWidget *
tyto_models_window_show (GtkWindow *parent, TytoServices *services)
{
  GtkWidget *window = find_open ();

  if (!window) {
    window = create (parent, services);
    tyto_present (GTK_WINDOW (window));
    return window;
  }
  if (parent && GTK_WIDGET (parent) != window)
    gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  gtk_window_present (GTK_WINDOW (window));
  return window;
}
