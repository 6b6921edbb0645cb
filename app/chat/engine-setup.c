/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/chat/engine-setup.h"

#include <string.h>

TytoEngineSetup *
tyto_engine_setup_new (const char *model, const char *adapter, double strength, int n_threads, OwlKvType kv)
{
  TytoEngineSetup *setup = g_new0 (TytoEngineSetup, 1);

  setup->model = g_strdup (model);
  setup->adapter = adapter && *adapter ? g_strdup (adapter) : NULL;
  setup->strength = setup->adapter ? strength : 1.0;
  setup->n_threads = n_threads;
  setup->kv = kv;
  return setup;
}

TytoEngineSetup *
tyto_engine_setup_copy (const TytoEngineSetup *setup)
{
  return setup ? tyto_engine_setup_new (setup->model, setup->adapter, setup->strength, setup->n_threads, setup->kv) : NULL;
}

void
tyto_engine_setup_free (TytoEngineSetup *setup)
{
  if (!setup)
    return;
  g_free (setup->model);
  g_free (setup->adapter);
  g_free (setup);
}

char *
tyto_engine_setup_describe (const TytoEngineSetup *setup, const char *model_name)
{
  g_autofree char *adapter = setup->adapter ? g_path_get_basename (setup->adapter) : NULL;

  if (!adapter)
    return g_strdup (model_name);
  if (g_str_has_suffix (adapter, ".lora.gguf"))
    adapter[strlen (adapter) - strlen (".lora.gguf")] = '\0';
  return g_strdup_printf ("%s · %s", model_name, adapter);
}

gboolean
tyto_engine_setup_equal (const TytoEngineSetup *a, const TytoEngineSetup *b)
{
  if (!a || !b)
    return a == b;
  return g_strcmp0 (a->model, b->model) == 0 && g_strcmp0 (a->adapter, b->adapter) == 0 && ABS (a->strength - b->strength) < 1e-6 &&
         a->n_threads == b->n_threads && a->kv == b->kv;
}
