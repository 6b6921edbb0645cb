/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/chat/engine-model.h"

#include "app/chat/system-memory.h"
#include "app/models/model-memory.h"
#include "app/models/tyto-models.h"

#include <glib/gi18n.h>

/* Refuses a model that would push the computer into swapping. `returned`: bytes that come back when the present model goes. */
static gboolean
check_memory (const OwlModelInfo *info, OwlKvType kv, guint64 returned, GError **error)
{
  guint64 needed = tyto_model_memory_needed (info, kv), available = tyto_system_get_available_memory ();
  g_autofree char *needed_text = NULL, *free_text = NULL;

  if (available == 0 || needed <= available + returned)
    return TRUE;
  needed_text = g_format_size (needed);
  free_text = g_format_size (available + returned);
  g_set_error (error, OWL_ERROR, OWL_ERROR_MEMORY,
               _("This model needs %s of memory, but only %s are free. Close other programs or choose a smaller model."), needed_text, free_text);
  return FALSE;
}

static gboolean
load_weights (EngineModel *self, const TytoEngineSetup *setup, OwlProgress progress, gpointer user_data, EngineModelChange *change,
              GCancellable *cancellable, GError **error)
{
  OwlModelInfo info, present;
  guint64 returned = 0;

  if (!owl_model_read_info (setup->model, &info, error))
    return FALSE;
  if (self->model && owl_model_read_info (self->setup->model, &present, NULL))
    returned = tyto_model_memory_needed (&present, self->setup->kv);
  if (!check_memory (&info, setup->kv, returned, error))
    return FALSE;
  *change = ENGINE_MODEL_NEW;
  engine_model_clear (self);
  self->model = owl_model_open (setup->model, setup->n_threads, progress, user_data, cancellable, error);
  if (!self->model)
    return FALSE;
  /* One name for it everywhere. */
  if (tyto_models_is_starter (setup->model))
    self->name = g_strdup (_("Starter model"));
  else
    self->name = *info.name ? g_strdup (info.name) : g_path_get_basename (setup->model);
  return TRUE;
}

/* With the model in place. */
static gboolean
open_session (EngineModel *self, const TytoEngineSetup *setup, GError **error)
{
  g_clear_pointer (&self->session, owl_session_free);
  g_clear_pointer (&self->adapter, owl_adapter_unref);
  if (setup->adapter && setup->strength != 0.0) {
    self->adapter = owl_adapter_open (self->model, setup->adapter, (float) setup->strength, error);
    if (!self->adapter)
      return FALSE;
  }
  owl_model_use_abstractor (self->model, &self->adapter, self->adapter ? 1 : 0);
  self->session = owl_session_new (self->model, &self->adapter, self->adapter ? 1 : 0, 0, setup->kv, error);
  return self->session != NULL;
}

gboolean
engine_model_ensure (EngineModel *self, const TytoEngineSetup *setup, OwlProgress progress, gpointer user_data, EngineModelChange *change,
                     GCancellable *cancellable, GError **error)
{
  gboolean same;

  *change = ENGINE_MODEL_SAME;
  if (self->model && tyto_engine_setup_equal (self->setup, setup))
    return TRUE;
  same = self->model && g_strcmp0 (self->setup->model, setup->model) == 0 && self->setup->n_threads == setup->n_threads;
  if (!same && !load_weights (self, setup, progress, user_data, change, cancellable, error))
    return FALSE;
  if (same)
    *change = ENGINE_MODEL_NEW_SESSION;
  if (!open_session (self, setup, error)) {
    *change = ENGINE_MODEL_NEW;
    engine_model_clear (self);
    return FALSE;
  }
  tyto_engine_setup_free (self->setup);
  self->setup = tyto_engine_setup_copy (setup);
  return TRUE;
}

void
engine_model_clear (EngineModel *self)
{
  g_clear_pointer (&self->session, owl_session_free);
  g_clear_pointer (&self->adapter, owl_adapter_unref);
  g_clear_pointer (&self->model, owl_model_unref);
  g_clear_pointer (&self->setup, tyto_engine_setup_free);
  g_clear_pointer (&self->name, g_free);
}
