/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "engine/owl.h"

G_BEGIN_DECLS

/* What the engine answers with: a model, an adapter on it, and how it is run. Plain data that crosses threads as a copy. */
typedef struct {
  char *model;     /* path */
  char *adapter;   /* path of a .lora.gguf file, or NULL */
  double strength; /* of the adapter; 1: as it was trained */
  int n_threads;   /* 0: one for each core */
  OwlKvType kv;
} TytoEngineSetup;

/* `adapter` may be NULL or "". */
TytoEngineSetup *tyto_engine_setup_new (const char *model, const char *adapter, double strength, int n_threads, OwlKvType kv);
/* NULL gives NULL. */
TytoEngineSetup *tyto_engine_setup_copy (const TytoEngineSetup *setup);
void tyto_engine_setup_free (TytoEngineSetup *setup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TytoEngineSetup, tyto_engine_setup_free)

/* How people know it: `model_name`, with the adapter's name behind it where there is one. The caller frees. */
char *tyto_engine_setup_describe (const TytoEngineSetup *setup, const char *model_name);

gboolean tyto_engine_setup_equal (const TytoEngineSetup *a, const TytoEngineSetup *b);

G_END_DECLS
