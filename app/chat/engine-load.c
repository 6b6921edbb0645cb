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
  done = engine_model_ensure (&self->loaded, setup, say_loading, &loading, &change, cancellable, &failure);
  if (change != ENGINE_MODEL_SAME)
    self->conversation = 0;
  if (change == ENGINE_MODEL_NEW) {
    engine_pictures_set_model (self->pictures, self->loaded.model);
    if (self->loaded.model)
      tyto_store_get_speed (self->store, setup->model, &self->speed);
  }
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
