/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-unlock"

#include "ui/tyto-unlock.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_TRIES 3

typedef struct {
  GtkWindow *parent; /* weak */
  TytoDocuments *documents;
  TytoImport *import;
  TytoUnlockFunc func;
  GObject *data; /* weak */
  GtkWidget *entry;
  int n_tries;
} Unlock;

static void ask (Unlock *unlock);

static void
finish (Unlock *unlock, const TytoImport *import, const char *problem)
{
  if (unlock->data)
    unlock->func (unlock->data, import, problem);
  g_clear_weak_pointer (&unlock->parent);
  g_clear_weak_pointer (&unlock->data);
  g_object_unref (unlock->documents);
  tyto_import_free (unlock->import);
  g_free (unlock);
}

static void
unlocked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Unlock *unlock = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImport) import = tyto_documents_import_finish (TYTO_DOCUMENTS (object), result, &error);
  g_autofree char *problem = NULL;

  /* A window that went away meanwhile has nobody to ask. */
  if (g_error_matches (error, OWL_ERROR, OWL_ERROR_PASSWORD) && unlock->parent && ++unlock->n_tries < MAX_TRIES) {
    ask (unlock);
    return;
  }
  if (g_error_matches (error, OWL_ERROR, OWL_ERROR_PASSWORD))
    problem = g_strdup_printf (_("%s was not opened: the password was wrong three times."), unlock->import->name);
  finish (unlock, import, problem ? problem : error ? error->message : NULL);
}

static void
answered (AdwMessageDialog *dialog, const char *response, Unlock *unlock)
{
  const char *typed = gtk_editable_get_text (GTK_EDITABLE (unlock->entry));

  if (!g_str_equal (response, "open")) {
    finish (unlock, NULL, NULL);
    return;
  }
  tyto_documents_unlock_async (unlock->documents, unlock->import, typed, NULL, unlocked, unlock);
  gtk_editable_set_text (GTK_EDITABLE (unlock->entry), "");
}

static void
password_changed (GtkEditable *entry, AdwMessageDialog *dialog)
{
  adw_message_dialog_set_response_enabled (dialog, "open", *gtk_editable_get_text (entry) != '\0');
}

/* GtkPasswordEntry of GTK 4.8 is called back after its end when its window closes while it has the keyboard. */
static GtkWidget *
build_entry (const char *label)
{
  g_autoptr (GtkEntryBuffer) buffer = gtk_password_entry_buffer_new ();
  GtkWidget *entry = gtk_entry_new_with_buffer (buffer);

  gtk_entry_set_visibility (GTK_ENTRY (entry), FALSE);
  gtk_entry_set_input_purpose (GTK_ENTRY (entry), GTK_INPUT_PURPOSE_PASSWORD);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return entry;
}

static GtkWidget *
build_box (GtkWidget *entry)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *show = gtk_check_button_new_with_label (_("Show the password"));

  g_object_bind_property (show, "active", entry, "visibility", G_BINDING_DEFAULT);
  gtk_box_append (GTK_BOX (box), entry);
  gtk_box_append (GTK_BOX (box), show);
  return box;
}

static void
ask (Unlock *unlock)
{
  int n_left = MAX_TRIES - unlock->n_tries;
  g_autofree char *first = g_strdup_printf (_("%s is protected. Its password is used until Tyto is closed and never saved."), unlock->import->name);
  g_autofree char *again = g_strdup_printf (ngettext ("This password does not open %s. You can try once more.",
                                                      "This password does not open %s. You can try again twice.", (gulong) n_left), unlock->import->name);
  g_autofree char *label = g_strdup_printf (_("Password of %s"), unlock->import->name);
  GtkWidget *dialog = adw_message_dialog_new (unlock->parent, _("Password needed"), unlock->n_tries == 0 ? first : again);
  AdwMessageDialog *message = ADW_MESSAGE_DIALOG (dialog);

  unlock->entry = build_entry (label);
  adw_message_dialog_set_extra_child (message, build_box (unlock->entry));
  adw_message_dialog_add_responses (message, "cancel", _("_Cancel"), "open", _("_Open"), NULL);
  adw_message_dialog_set_response_appearance (message, "open", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_response_enabled (message, "open", FALSE);
  adw_message_dialog_set_default_response (message, "open");
  adw_message_dialog_set_close_response (message, "cancel");
  g_signal_connect (unlock->entry, "changed", G_CALLBACK (password_changed), dialog);
  g_signal_connect (dialog, "response", G_CALLBACK (answered), unlock);
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (unlock->entry);
}

void
tyto_unlock (GtkWindow *parent, TytoDocuments *documents, const TytoImport *import, TytoUnlockFunc func, GObject *data)
{
  Unlock *unlock = g_new0 (Unlock, 1);

  g_set_weak_pointer (&unlock->parent, parent);
  g_set_weak_pointer (&unlock->data, data);
  unlock->documents = g_object_ref (documents);
  unlock->import = tyto_import_copy (import);
  unlock->func = func;
  ask (unlock);
}
