/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/engine-setup.h"

G_BEGIN_DECLS

/* The model that is loaded, with its adapter and the session that answers. For the engine thread. */
typedef struct {
  OwlModel *model; /* NULL: none; then all the rest is NULL too */
  OwlAdapter *adapter;
  OwlSession *session;
  TytoEngineSetup *setup; /* as loaded */
  char *name;
} EngineModel;

/* What changed by engine_model_ensure. */
typedef enum {
  ENGINE_MODEL_SAME,
  ENGINE_MODEL_NEW_SESSION, /* the adapter or the KV cache: what the session held is gone, visual tokens stay */
  ENGINE_MODEL_NEW,         /* another model */
} EngineModelChange;

/* Loads what `setup` asks for unless it is there already. Whatever can be refused is refused before the present model goes: a folder that is no model,
 * a model that needs more memory than there is. After a failure later on there may be no model (`*change` tells). `progress` is called only while
 * weights are loaded. */
gboolean engine_model_ensure (EngineModel *self, const TytoEngineSetup *setup, OwlProgress progress, gpointer user_data, EngineModelChange *change,
                              GCancellable *cancellable, GError **error);

/* Lets go of everything. */
void engine_model_clear (EngineModel *self);

G_END_DECLS
