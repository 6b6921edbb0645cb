/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-services"

#include "app/models/tyto-models.h"
#include "app/tyto-services-private.h"

#include <string.h>

/* How a conversation remembers the bundled model, wherever that is installed. */
#define STARTER "starter"

static char *
resolve (TytoServices *self, const char *remembered)
{
  const char *chosen = g_getenv ("TYTO_MODEL");

  if (g_strcmp0 (remembered, STARTER) == 0)
    return tyto_models_get_starter ();
  if (remembered && *remembered)
    return g_strdup (remembered);
  if (chosen && *chosen)
    return g_canonicalize_filename (chosen, NULL);
  /* A usual model that is gone makes way for the bundled one, silently: no chat was held with it. */
  return self->default_model && tyto_models_is_model (self->default_model) ? g_strdup (self->default_model) : tyto_models_get_starter ();
}

static const char *
remember (const char *path)
{
  return tyto_models_is_starter (path) ? STARTER : path;
}

void
_tyto_services_want (TytoServices *self)
{
  g_autoptr (TytoEngineSetup) setup = NULL;
  g_autofree char *name = NULL, *file = NULL;
  double strength;

  if (self->model_path) {
    tyto_adapter_spec_parse (self->adapter, &name, &strength);
    /* An adapter that is gone is an error that names it, not another answer. */
    if (name && !(file = tyto_models_find_adapter (tyto_model_library_get_user_dir (self->library), self->model_path, name)))
      file = g_strdup (name);
    setup = tyto_engine_setup_new (self->model_path, file, strength, self->n_threads, self->kv);
  }
  tyto_engine_want (self->engine, setup);
  _tyto_services_notify_model (self);
  _tyto_services_state_changed (self);
}

/* The adapter for new chats belongs to the model for new chats. */
static const char *
usual_adapter (TytoServices *self, const char *path)
{
  gboolean usual = self->default_model && *self->default_model ? g_str_equal (self->default_model, path) : tyto_models_is_starter (path);

  return usual ? self->default_adapter : "";
}

/* What the conversation in sight is held with. */
static void
read_choice (TytoServices *self)
{
  const char *remembered = self->used ? tyto_conversation_get_model (self->used) : "";
  g_autofree char *path = resolve (self, remembered);

  g_clear_pointer (&self->model_path, g_free);
  g_clear_pointer (&self->missing, g_free);
  g_free (self->adapter);
  self->adapter = g_strdup (*remembered ? tyto_conversation_get_adapter (self->used) : usual_adapter (self, path));
  if (tyto_models_is_model (path))
    self->model_path = g_steal_pointer (&path);
  else if (*remembered)
    self->missing = g_steal_pointer (&path);
}

void
tyto_services_use (TytoServices *self, TytoConversation *conversation)
{
  g_set_object (&self->used, conversation);
  read_choice (self);
  if (self->started)
    _tyto_services_want (self);
}

gboolean
_tyto_services_pin_model (TytoServices *self, TytoConversation *conversation)
{
  if (*tyto_conversation_get_model (conversation) || !self->model_path)
    return FALSE;
  tyto_conversation_set_model (conversation, remember (self->model_path), self->adapter);
  return TRUE;
}

void
tyto_services_choose_model (TytoServices *self, const char *path, const char *adapter)
{
  g_free (self->model_path);
  g_clear_pointer (&self->missing, g_free);
  self->model_path = g_strdup (path);
  g_free (self->adapter);
  self->adapter = g_strdup (adapter ? adapter : "");
  if (self->used) {
    guint position;

    tyto_conversation_set_model (self->used, remember (path), self->adapter);
    /* One that has not begun is saved with its first question. */
    if (g_list_store_find (self->conversations, self->used, &position))
      tyto_store_save_conversation (self->store, self->used);
  }
  _tyto_services_want (self);
}

const char *
tyto_services_get_adapter (TytoServices *self)
{
  return self->adapter ? self->adapter : "";
}

void
tyto_services_set_defaults (TytoServices *self, const char *model, const char *adapter, int n_threads, OwlKvType kv)
{
  g_free (self->default_model);
  g_free (self->default_adapter);
  self->default_model = g_strdup (g_strcmp0 (model, STARTER) == 0 ? "" : model);
  self->default_adapter = g_strdup (adapter ? adapter : "");
  self->n_threads = n_threads;
  self->kv = kv;
  if (!self->started)
    return;
  if (!self->used || !*tyto_conversation_get_model (self->used))
    read_choice (self);
  _tyto_services_want (self);
}
