/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "app/models/import-source.h"
#include "app/models/tyto-models.h"
#include "ui/tyto-empty.h"
#include "ui/tyto-folder.h"
#include "ui/tyto-models-window.h"
#include "ui/tyto-state-bar.h"

#include <glib/gi18n.h>

static void
show_models (TytoWindow *self)
{
  tyto_models_window_show (GTK_WINDOW (self), self->services);
}

static void
open_folder (TytoWindow *self)
{
  tyto_folder_show (GTK_WINDOW (self), tyto_store_get_folder (tyto_services_get_store (self->services)));
}

GtkWidget *
_tyto_window_build_state_bar (TytoWindow *self)
{
  GtkWidget *bar = tyto_state_bar_new (self->services);

  g_signal_connect_swapped (bar, "show-models", G_CALLBACK (show_models), self);
  g_signal_connect_swapped (bar, "open-folder", G_CALLBACK (open_folder), self);
  return bar;
}

void
_tyto_window_use_model (TytoWindow *self)
{
  tyto_services_use (self->services, self->chat ? tyto_chat_get_conversation (self->chat) : NULL);
}

gboolean
_tyto_window_import_model (TytoWindow *self, GFile *file)
{
  g_autofree char *path = g_file_get_path (file);
  GtkWidget *window;

  if (!path || !tyto_import_source_seems_likely (path))
    return FALSE;
  window = tyto_models_window_show (GTK_WINDOW (self), self->services);
  tyto_models_window_import (TYTO_MODELS_WINDOW (window), path);
  return TRUE;
}

void
_tyto_window_save_again (TytoWindow *self)
{
  for (guint i = 0; i < self->running->len; i++)
    tyto_chat_save_all (g_ptr_array_index (self->running, i));
  if (self->chat) {
    tyto_chat_save_all (self->chat);
    _tyto_window_keep_draft (self);
  }
}

void
_tyto_window_update_note (TytoWindow *self)
{
  const char *path = tyto_services_get_model_path (self->services);
  TytoModel *model = path ? tyto_model_library_find (tyto_services_get_library (self->services), path) : NULL;
  const char *note = NULL;

  if (!path)
    note = _("There is no model yet. Choose “Models” in the main menu to import one.");
  else if (tyto_models_is_starter (path))
    note = _("The starter model knows simple drawn pictures: objects, colours, shapes and small numbers. "
             "It is often wrong, and cannot see photographs or read words.");
  else if (model && !tyto_model_get_has_vision (model))
    note = _("This model cannot see pictures.");
  tyto_empty_set_note (TYTO_EMPTY (self->empty), note);
}
