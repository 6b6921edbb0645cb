/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/engine-private.h"

#include <glib/gi18n.h>

/* For whom a model is loaded: `request` is NULL when nobody asked yet. */
typedef struct {
  TytoEngine *self;
  AnswerRequest *request;
  gint64 said;
} Loading;

static void
say_loading (double fraction, gpointer user_data)
{
  Loading *loading = user_data;
  gint64 now = g_get_monotonic_time ();

  if (now - loading->said < G_USEC_PER_SEC / 20)
    return;
  loading->said = now;
  engine_say_state (loading->self, TYTO_ENGINE_LOADING, fraction, NULL, NULL);
  if (loading->request) {
    g_autofree char *stage = g_strdup_printf (_("Loading the model, %.0f %%"), fraction * 100.0);

    answer_request_say_stage (loading->request, stage);
  }
}

static void
set_shared (TytoEngine *self, OwlModel *model)
{
  OwlModel *old;

  g_mutex_lock (&self->lock);
  old = self->shared_model;
  self->shared_model = model ? owl_model_ref (model) : NULL;
  self->shared_speed = self->speed;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, owl_model_unref);
}

void
engine_share (TytoEngine *self)
{
  set_shared (self, self->loaded.model);
}

OwlModel *
engine_ref_model (TytoEngine *self, TytoSpeed *speed)
{
  OwlModel *model;

  g_mutex_lock (&self->lock);
  model = self->shared_model ? owl_model_ref (self->shared_model) : NULL;
  if (speed)
    *speed = self->shared_speed;
  g_mutex_unlock (&self->lock);
  return model;
}

gboolean
engine_ensure_model (TytoEngine *self, const TytoEngineSetup *setup, AnswerRequest *request, GCancellable *cancellable, GError **error)
{
  Loading loading = { .self = self, .request = request && request->message ? request : NULL };
  EngineModelChange change;
  g_autoptr (GError) failure = NULL;
  gboolean done;

  if (!setup) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, _("No model is loaded."));
    return FALSE;
  }
  if (!self->loaded.model || g_strcmp0 (self->loaded.setup->model, setup->model) != 0)
    engine_say_state (self, TYTO_ENGINE_LOADING, 0.0, NULL, NULL);
  /* The memory of the old model is needed for the new one. */
  if (!self->loaded.model || !tyto_engine_setup_equal (self->loaded.setup, setup))
    set_shared (self, NULL);
  done = engine_model_ensure (&self->loaded, setup, say_loading, &loading, &change, cancellable, &failure);
  if (change != ENGINE_MODEL_SAME)
    self->conversation = 0;
  if (change == ENGINE_MODEL_NEW) {
    engine_pictures_set_model (self->pictures, self->loaded.model);
    if (self->loaded.model)
      tyto_store_get_speed (self->store, setup->model, &self->speed);
  }
  engine_share (self);
  if (done && (change != ENGINE_MODEL_SAME || !request))
    engine_say_state (self, TYTO_ENGINE_READY, 1.0, NULL, self->loaded.name);
  else if (!done)
    engine_say_state (self, TYTO_ENGINE_FAILED, 0.0, failure, NULL);
  if (failure)
    g_propagate_error (error, g_steal_pointer (&failure));
  return done;
}

void
engine_run_load (TytoEngine *self, const Job *job, GCancellable *cancellable)
{
  engine_ensure_model (self, job->setup, NULL, cancellable, NULL);
}
