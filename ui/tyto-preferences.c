/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-preferences"

#include "ui/tyto-preferences.h"

#include "ui/tyto-button.h"
#include "ui/tyto-folder.h"
#include "ui/tyto-models-window.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-steps.h"
#include "ui/tyto-toast.h"

#include <glib/gi18n.h>

/* A window of its own rather than AdwPreferencesWindow, which takes long to make: search and further pages are not needed. */
struct _TytoPreferences {
  AdwWindow parent_instance;

  TytoServices *services;
  GtkWidget *toasts, *page, *answers, *data;
};

G_DEFINE_FINAL_TYPE (TytoPreferences, tyto_preferences, ADW_TYPE_WINDOW)

static void
open_folder (TytoPreferences *self)
{
  g_autofree char *folder =
      self->services ? g_strdup (tyto_store_get_folder (tyto_services_get_store (self->services))) : g_build_filename (g_get_user_data_dir (), "tyto", NULL);

  tyto_folder_show (GTK_WINDOW (self), folder);
}

static void
say (TytoPreferences *self, const char *text)
{
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), tyto_toast_new (text));
}

static void
all_deleted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoPreferences) self = user_data;
  g_autoptr (GError) error = NULL;

  say (self, tyto_services_delete_all_finish (TYTO_SERVICES (object), result, &error) ? _("Everything was deleted.") : error->message);
}

/* Every choice goes back to what it was at first. */
static void
reset_settings (void)
{
  GSettings *settings = tyto_settings_get ();
  g_autoptr (GSettingsSchema) schema = NULL;
  g_auto (GStrv) keys = NULL;

  if (!settings)
    return;
  g_object_get (settings, "settings-schema", &schema, NULL);
  keys = g_settings_schema_list_keys (schema);
  for (gsize i = 0; keys[i]; i++)
    g_settings_reset (settings, keys[i]);
}

static void
delete_answered (AdwMessageDialog *dialog, const char *response, TytoPreferences *self)
{
  GtkWidget *models = adw_message_dialog_get_extra_child (dialog);

  if (!g_str_equal (response, "delete"))
    return;
  reset_settings ();
  tyto_services_delete_all_async (self->services, models && gtk_check_button_get_active (GTK_CHECK_BUTTON (models)), all_deleted, g_object_ref (self));
}

/* There is no undo for this, so it asks. */
static void
delete_all (TytoPreferences *self)
{
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Delete everything?"),
                                              _("All chats are deleted for good, with the copies of pictures and documents in them, older copies of the "
                                                "history, and your preferences. Your own files stay where they are."));
  guint64 size = tyto_model_library_get_imported_size (tyto_services_get_library (self->services));

  if (size > 0) {
    g_autofree char *size_text = g_format_size (size), *text = g_strdup_printf (_("Imported models too (%s)"), size_text);
    GtkWidget *models = gtk_check_button_new_with_label (text);

    gtk_check_button_set_active (GTK_CHECK_BUTTON (models), TRUE);
    gtk_widget_set_halign (models, GTK_ALIGN_CENTER);
    adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), models);
  }
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "delete", _("_Delete everything"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "delete", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (delete_answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
tyto_preferences_dispose (GObject *object)
{
  TytoPreferences *self = TYTO_PREFERENCES (object);

  g_clear_object (&self->services);
  G_OBJECT_CLASS (tyto_preferences_parent_class)->dispose (object);
}

static void
tyto_preferences_class_init (TytoPreferencesClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_preferences_dispose;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
tyto_preferences_init (TytoPreferences *self)
{
}

/* A row with `widget` at its end, bound to a setting. */
static GtkWidget *
add_row (GtkWidget *parent, const char *title, const char *subtitle, GtkWidget *widget)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (subtitle)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), widget);
  /* Which also names it by the title of the row. */
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), widget);
  if (ADW_IS_EXPANDER_ROW (parent))
    adw_expander_row_add_row (ADW_EXPANDER_ROW (parent), row);
  else
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (parent), row);
  return row;
}

static void
add_number (GtkWidget *parent, const char *title, const char *subtitle, const char *key, double min, double max, double step, guint digits)
{
  GtkWidget *spin = gtk_spin_button_new_with_range (min, max, step);

  gtk_spin_button_set_digits (GTK_SPIN_BUTTON (spin), digits);
  gtk_spin_button_set_update_policy (GTK_SPIN_BUTTON (spin), GTK_UPDATE_IF_VALID);
  g_settings_bind (tyto_settings_get (), key, spin, "value", G_SETTINGS_BIND_DEFAULT);
  add_row (parent, title, subtitle, spin);
}

/* The language's code in the settings, its place in the list of the row: 0 is "as asked". */
static gboolean
language_to_index (GValue *value, GVariant *variant, gpointer user_data)
{
  guint index = 0;

  for (guint i = 0; tyto_languages[i].code; i++)
    if (g_str_equal (tyto_languages[i].code, g_variant_get_string (variant, NULL)))
      index = i + 1;
  g_value_set_uint (value, index);
  return TRUE;
}

static GVariant *
index_to_language (const GValue *value, const GVariantType *type, gpointer user_data)
{
  guint index = g_value_get_uint (value);

  return g_variant_new_string (index == 0 || index == GTK_INVALID_LIST_POSITION ? "" : tyto_languages[index - 1].code);
}

static GtkWidget *
build_language (void)
{
  GtkWidget *row = adw_combo_row_new ();
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  gtk_string_list_append (names, _("As the question"));
  for (const TytoLanguage *l = tyto_languages; l->code; l++)
    gtk_string_list_append (names, l->name);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _("Language"));
  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (names));
  g_settings_bind_with_mapping (tyto_settings_get (), "reply-language", row, "selected", G_SETTINGS_BIND_DEFAULT, language_to_index,
                                index_to_language, NULL, NULL);
  return row;
}

/* What the numbers of the setting "kv" stand for. */
static GtkWidget *
build_kv (void)
{
  const char *const names[] = { _("As fits the model"), _("Exact (32 bits)"), _("Half (16 bits)"), _("Small (8 bits)"), NULL };
  g_autoptr (GtkStringList) list = gtk_string_list_new (names);
  GtkWidget *row = adw_combo_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _("Memory of the chat"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _("How exactly the model keeps what was said: smaller needs less memory"));
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (list));
  g_settings_bind (tyto_settings_get (), "kv", row, "selected", G_SETTINGS_BIND_DEFAULT);
  return row;
}

static void
show_models (TytoPreferences *self)
{
  tyto_models_window_show (GTK_WINDOW (self), self->services);
}

/* Which model new chats begin with, and the way to all of them. */
static void
add_model (TytoPreferences *self, GtkWidget *group)
{
  GtkWidget *button = tyto_button_new (_("_Models…")), *row;
  const char *path = tyto_services_get_model_path (self->services);
  TytoModel *model = path ? tyto_model_library_find (tyto_services_get_library (self->services), path) : NULL;
  g_autofree char *name = model ? g_markup_escape_text (tyto_model_get_name (model), -1) : NULL;

  g_signal_connect_swapped (button, "clicked", G_CALLBACK (show_models), self);
  row = add_row (group, _("Model"), name ? name : _("None"), button);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Models"), -1);
}

/* Rows of numbers are large things: they are made when somebody wants to see them, one in each frame. */
static gboolean
make_advanced (GtkWidget *advanced, GdkFrameClock *clock, gpointer user_data)
{
  static const struct {
    const char *title, *subtitle, *key;
    double lower, upper, step;
    guint digits;
  } numbers[] = {
    { N_("Temperature"), N_("Of varied answers: higher is more surprising"), "temperature", 0.05, 2.0, 0.05, 2 },
    { N_("Words to choose among (top-k)"), N_("Of varied answers; 0: all words"), "top-k", 0.0, 1000.0, 1.0, 0 },
    { N_("Share of likely words (top-p)"), N_("Of varied answers; 1: all words"), "top-p", 0.05, 1.0, 0.05, 2 },
    { N_("Least likely words (min-p)"), N_("Of varied answers; 0: all words"), "min-p", 0.0, 1.0, 0.05, 2 },
    { N_("Holding back repetitions"), N_("1: not at all"), "repeat-penalty", 1.0, 2.0, 0.05, 2 },
    { N_("Longest answer in tokens"), NULL, "max-tokens", 16.0, 4096.0, 16.0, 0 },
    { N_("Threads"), N_("0: one for each core"), "threads", 0.0, 256.0, 1.0, 0 },
  };
  guint n = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (advanced), "n-made"));

  if (n == G_N_ELEMENTS (numbers)) {
    adw_expander_row_add_row (ADW_EXPANDER_ROW (advanced), build_kv ());
    return G_SOURCE_REMOVE;
  }
  add_number (advanced, _(numbers[n].title), numbers[n].subtitle ? _(numbers[n].subtitle) : NULL, numbers[n].key, numbers[n].lower, numbers[n].upper,
              numbers[n].step, numbers[n].digits);
  g_object_set_data (G_OBJECT (advanced), "n-made", GUINT_TO_POINTER (n + 1));
  return G_SOURCE_CONTINUE;
}

static void
advanced_expanded (GtkWidget *advanced)
{
  g_signal_handlers_disconnect_by_func (advanced, advanced_expanded, NULL);
  gtk_widget_add_tick_callback (advanced, make_advanced, NULL, NULL);
}

static GtkWidget *
build_instructions (void)
{
  GtkWidget *row = adw_entry_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _("Your instructions to the model"));
  g_settings_bind (tyto_settings_get (), "instructions", row, "text", G_SETTINGS_BIND_DEFAULT);
  return row;
}

static GtkWidget *
build_advanced (void)
{
  GtkWidget *row = adw_expander_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _("Advanced"));
  g_signal_connect (row, "notify::expanded", G_CALLBACK (advanced_expanded), NULL);
  return row;
}

static GtkWidget *
add_group (TytoPreferences *self, const char *title)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (self->page), ADW_PREFERENCES_GROUP (group));
  return group;
}

static void
add_varied (GtkWidget *group)
{
  GtkWidget *toggle = gtk_switch_new ();

  add_row (group, _("Varied answers"), _("Choose among the likely words instead of always taking the likeliest"), toggle);
  g_settings_bind (tyto_settings_get (), "varied", toggle, "active", G_SETTINGS_BIND_DEFAULT);
}

static void
add_folder (TytoPreferences *self, GtkWidget *group)
{
  GtkWidget *open = tyto_button_new (_("_Open"));

  g_signal_connect_swapped (open, "clicked", G_CALLBACK (open_folder), self);
  add_row (group, _("Folder of data"), _("Your chats, and copies of the pictures and documents in them"), open);
}

static void
add_delete (TytoPreferences *self, GtkWidget *group)
{
  GtkWidget *delete = tyto_button_new (_("_Delete…"));

  g_signal_connect_swapped (delete, "clicked", G_CALLBACK (delete_all), self);
  gtk_widget_add_css_class (delete, "destructive-action");
  add_row (group, _("Delete everything"), _("Chats, copies, preferences, and imported models if you like"), delete);
}

static gboolean
fill (GtkWidget *widget, guint n)
{
  TytoPreferences *self = TYTO_PREFERENCES (widget);

  switch (n) {
  case 0:
    self->page = adw_preferences_page_new ();
    adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts), self->page);
    return TRUE;
  case 1:
    self->answers = add_group (self, _("Answers"));
    if (self->services)
      add_model (self, self->answers);
    return TRUE;
  case 2:
    add_varied (self->answers);
    return TRUE;
  case 3:
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->answers), build_language ());
    return TRUE;
  case 4:
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->answers), build_instructions ());
    return TRUE;
  case 5:
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->answers), build_advanced ());
    return TRUE;
  case 6:
    self->data = add_group (self, _("Data"));
    add_folder (self, self->data);
    return TRUE;
  default:
    if (self->services)
      add_delete (self, self->data);
    return FALSE;
  }
}

GtkWidget *
tyto_preferences_new (GtkWindow *parent, TytoServices *services)
{
  TytoPreferences *self = g_object_new (TYTO_TYPE_PREFERENCES, "transient-for", parent, "modal", parent != NULL, "title", _("Preferences"),
                                        "default-width", 600, "default-height", 620, "width-request", 340, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->services = services ? g_object_ref (services) : NULL;
  self->toasts = adw_toast_overlay_new ();
  gtk_widget_set_vexpand (self->toasts, TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), self->toasts);
  adw_window_set_content (ADW_WINDOW (self), box);
  tyto_steps_run (GTK_WIDGET (self), fill);
  return GTK_WIDGET (self);
}
