/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-services"

#include "app/models/tyto-models.h"
#include "app/tyto-services-private.h"

#include <glib/gi18n.h>

void
tyto_state_clear (TytoState *state)
{
  g_clear_pointer (&state->text, g_free);
}

const char *
tyto_state_action_get_label (TytoStateAction action)
{
  switch (action) {
  case TYTO_ACTION_TRY_AGAIN:
    return _("_Try again");
  case TYTO_ACTION_NEW_HISTORY:
    return _("_Begin a new history");
  case TYTO_ACTION_USE_STARTER:
    return _("_Use the starter model");
  case TYTO_ACTION_CANCEL_LOADING:
    return _("_Cancel");
  case TYTO_ACTION_DISMISS:
    return _("_Dismiss");
  case TYTO_ACTION_SHOW_MODELS:
    return _("_Models…");
  case TYTO_ACTION_OPEN_FOLDER:
    return _("_Open the folder");
  case TYTO_ACTION_NONE:
  default:
    return "";
  }
}

static void
fill (TytoState *state, TytoStateKind kind, char *text, TytoStateAction first, TytoStateAction second)
{
  state->kind = kind;
  state->text = text;
  state->actions[0] = first;
  state->actions[1] = second;
}

static void
fill_history (TytoServices *self, TytoState *state)
{
  if (self->problem_code == TYTO_STORE_ERROR_NEWER)
    fill (state, TYTO_STATE_HISTORY_NEWER, g_strdup (self->problem), TYTO_ACTION_NEW_HISTORY, TYTO_ACTION_OPEN_FOLDER);
  else if (self->problem_code == TYTO_STORE_ERROR_UNWRITABLE)
    fill (state, TYTO_STATE_HISTORY_UNWRITABLE, g_strdup (self->problem), TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_NONE);
  else if (self->problem_code == TYTO_STORE_ERROR_FULL)
    fill (state, TYTO_STATE_DISK_FULL, g_strdup (self->problem), TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_OPEN_FOLDER);
  else
    fill (state, TYTO_STATE_HISTORY_FAILED, g_strdup (self->problem), TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_OPEN_FOLDER);
}

static void
fill_failure (TytoServices *self, TytoState *state)
{
  const char *error = tyto_engine_get_error (self->engine);

  switch (tyto_engine_get_error_code (self->engine)) {
  case OWL_ERROR_MEMORY:
    fill (state, TYTO_STATE_MODEL_MEMORY, g_strdup (error), TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_SHOW_MODELS);
    break;
  case OWL_ERROR_CANCELLED:
    fill (state, TYTO_STATE_MODEL_CANCELLED, g_strdup (_("No model is loaded: loading was cancelled.")), TYTO_ACTION_TRY_AGAIN,
          TYTO_ACTION_SHOW_MODELS);
    break;
  case OWL_ERROR_FORMAT:
  case OWL_ERROR_LIMIT:
  case OWL_ERROR_UNSUPPORTED:
  case OWL_ERROR_IO:
  case OWL_ERROR_PASSWORD:
  default:
    fill (state, TYTO_STATE_MODEL_FAILED, g_strdup_printf (_("The model could not be loaded: %s"), error), TYTO_ACTION_TRY_AGAIN,
          TYTO_ACTION_SHOW_MODELS);
  }
}

void
tyto_services_get_state (TytoServices *self, TytoState *state)
{
  g_autofree char *starter = tyto_models_get_starter ();
  const char *moved = tyto_store_get_moved (self->store);

  *state = (TytoState){ .kind = TYTO_STATE_FINE };
  if (self->problem) {
    fill_history (self, state);
  } else if (self->disk_full) {
    fill (state, TYTO_STATE_DISK_FULL, g_strdup (_("The disk is full. Free some space, then try again. Until then what is on screen is not saved.")),
          TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_OPEN_FOLDER);
  } else if (self->missing) {
    fill (state, TYTO_STATE_MODEL_MISSING, g_strdup_printf (_("The model of this chat is not there any more: %s"), self->missing),
          tyto_models_is_model (starter) ? TYTO_ACTION_USE_STARTER : TYTO_ACTION_NONE, TYTO_ACTION_SHOW_MODELS);
  } else if (self->started && !self->model_path) {
    fill (state, TYTO_STATE_NO_MODEL, g_strdup (_("There is no model yet. Import one to get answers.")), TYTO_ACTION_SHOW_MODELS, TYTO_ACTION_NONE);
  } else if (tyto_engine_get_state (self->engine) == TYTO_ENGINE_FAILED) {
    fill_failure (self, state);
  } else if (moved && !self->moved_seen) {
    fill (state, TYTO_STATE_HISTORY_MOVED,
          g_strdup_printf (_("The history file was damaged, so a new history was begun. The old file is kept as %s."), moved),
          TYTO_ACTION_OPEN_FOLDER, TYTO_ACTION_DISMISS);
  } else if (tyto_engine_get_state (self->engine) == TYTO_ENGINE_LOADING) {
    state->fraction = tyto_engine_get_progress (self->engine);
    fill (state, TYTO_STATE_MODEL_LOADING, g_strdup_printf (_("Loading the model, %.0f %%"), state->fraction * 100.0), TYTO_ACTION_CANCEL_LOADING,
          TYTO_ACTION_NONE);
  }
}

static void
try_again (TytoServices *self)
{
  if (self->problem) {
    _tyto_services_open (self);
  } else if (self->disk_full) {
    self->disk_full = FALSE;
    _tyto_services_save_again (self);
  } else {
    tyto_engine_load_again (self->engine);
  }
}

void
tyto_services_act (TytoServices *self, TytoStateAction action)
{
  g_autofree char *starter = NULL;

  switch (action) {
  case TYTO_ACTION_TRY_AGAIN:
    try_again (self);
    break;
  case TYTO_ACTION_NEW_HISTORY:
    _tyto_services_renew (self, "newer");
    break;
  case TYTO_ACTION_USE_STARTER:
    starter = tyto_models_get_starter ();
    tyto_services_choose_model (self, starter, "");
    break;
  case TYTO_ACTION_CANCEL_LOADING:
    tyto_engine_cancel_loading (self->engine);
    break;
  case TYTO_ACTION_DISMISS:
    self->moved_seen = TRUE;
    break;
  case TYTO_ACTION_SHOW_MODELS:
  case TYTO_ACTION_OPEN_FOLDER:
  case TYTO_ACTION_NONE:
  default:
    return;
  }
  _tyto_services_state_changed (self);
}
