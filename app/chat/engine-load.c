/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/engine-private.h"

#include "app/chat/system-memory.h"

#include <glib/gi18n.h>

/* What the app itself and the decoding of a picture need beside the model. */
#define EXTRA_BYTES (G_GUINT64_CONSTANT (400) << 20)

static void
say_loading (double fraction, gpointer user_data)
{
  TytoEngine *self = user_data;
  static gint64 said;
  gint64 now = g_get_monotonic_time ();

  if (now - said < G_USEC_PER_SEC / 20)
    return;
  said = now;
  engine_say_state (self, TYTO_ENGINE_LOADING, fraction, NULL, NULL);
}

/* Refuses a model that would push the computer into swapping. */
static gboolean
check_memory (const OwlModelInfo *info, GError **error)
{
  guint64 needed = info->weight_bytes + info->kv_bytes + EXTRA_BYTES, available = tyto_system_get_available_memory ();

  if (available == 0 || needed <= available)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_MEMORY,
               _("This model needs %.1f GB of memory, but only %.1f GB are free. Close other programs or choose a smaller model."),
               (double) needed / 1e9, (double) available / 1e9);
  return FALSE;
}

static gboolean
load_model (TytoEngine *self, const Job *job, GCancellable *cancellable, char **name, GError **error)
{
  OwlModelInfo info;

  g_clear_pointer (&self->session, owl_session_free);
  engine_pictures_set_model (self->pictures, NULL);
  g_clear_pointer (&self->model, owl_model_unref);
  self->conversation = 0;
  if (!owl_model_read_info (job->path, &info, error) || !check_memory (&info, error))
    return FALSE;
  *name = *info.name ? g_strdup (info.name) : g_path_get_basename (job->path);
  self->model = owl_model_open (job->path, job->n_threads, say_loading, self, cancellable, error);
  if (!self->model)
    return FALSE;
  self->session = owl_session_new (self->model, NULL, 0, 0, OWL_KV_DEFAULT, error);
  if (!self->session) {
    g_clear_pointer (&self->model, owl_model_unref);
    return FALSE;
  }
  engine_pictures_set_model (self->pictures, self->model);
  g_free (self->path);
  self->path = g_strdup (job->path);
  tyto_store_get_speed (self->store, self->path, &self->speed);
  return TRUE;
}

void
engine_run_load (TytoEngine *self, const Job *job, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  engine_say_state (self, TYTO_ENGINE_LOADING, 0.0, NULL, NULL);
  if (load_model (self, job, cancellable, &name, &error))
    engine_say_state (self, TYTO_ENGINE_READY, 1.0, NULL, name);
  else
    engine_say_state (self, TYTO_ENGINE_FAILED, 0.0, error->message, NULL);
}
