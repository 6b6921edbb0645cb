/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/model-private.h"

#include "files/file-hash.h"

#include <math.h>
#include <string.h>

#define ADAPTER_SUFFIX ".lora.gguf"

static void
add_target (GArray *targets, GPtrArray *names, const OwlLinear *linear, const char *stem, int layer)
{
  OwlLoraTarget target;

  if (linear->slot < 0)
    return;
  target.name = g_strdup_printf ("blk.%d.%s.weight", layer, stem);
  target.linear = linear;
  g_ptr_array_add (names, (gpointer) target.name);
  g_array_append_val (targets, target);
}

static GArray *
list_targets (const OwlLanguage *l, GPtrArray *names)
{
  GArray *targets = g_array_new (FALSE, FALSE, sizeof (OwlLoraTarget));
  gboolean bloom = l->architecture == OWL_ARCH_BLOOM;

  for (int i = 0; i < l->n_layers; i++) {
    const OwlLanguageLayer *layer = &l->layers[i];

    add_target (targets, names, &layer->q, bloom ? "attn_qkv" : "attn_q", i);
    add_target (targets, names, &layer->k, "attn_k", i);
    add_target (targets, names, &layer->v, "attn_v", i);
    add_target (targets, names, &layer->out, "attn_output", i);
    add_target (targets, names, &layer->gate, "ffn_gate", i);
    add_target (targets, names, &layer->up, "ffn_up", i);
    add_target (targets, names, &layer->down, "ffn_down", i);
  }
  return targets;
}

/* A path, or NAME for NAME.lora.gguf in the model folder. */
static char *
find_adapter (const OwlModel *model, const char *spec)
{
  g_autofree char *base = g_strconcat (spec, ADAPTER_SUFFIX, NULL);
  g_autofree char *named = g_build_filename (model->folder, base, NULL);

  if (!g_file_test (spec, G_FILE_TEST_IS_REGULAR) && g_file_test (named, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer (&named);
  return g_strdup (spec);
}

/* What stage 2 trained beside the adapter, where it is there and the model sees. */
static gboolean
open_abstractor (OwlAdapter *adapter, const char *path, GError **error)
{
  const OwlVision *base = adapter->model->vision;
  g_autofree char *stem = g_str_has_suffix (path, ADAPTER_SUFFIX) ? g_strndup (path, strlen (path) - strlen (ADAPTER_SUFFIX)) : NULL;
  g_autofree char *abstractor = stem ? g_strconcat (stem, ".abstractor.gguf", NULL) : NULL;

  if (!base || !abstractor || !g_file_test (abstractor, G_FILE_TEST_EXISTS))
    return TRUE;
  adapter->vision = owl_vision_open_abstractor (base, abstractor, error);
  return adapter->vision && owl_file_hash (abstractor, adapter->vision_hash, error);
}

OwlAdapter *
owl_adapter_open (OwlModel *model, const char *spec, float strength, GError **error)
{
  g_autofree char *path = find_adapter (model, spec);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) targets = list_targets (model->language, names);
  const char *architecture = model->language->architecture == OWL_ARCH_BLOOM ? "bloom" : "llama";
  OwlAdapter *adapter;
  OwlLora *lora;

  if (!isfinite (strength)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "%s: the strength is not a number", spec);
    return NULL;
  }
  lora = owl_lora_open (path, architecture, (const OwlLoraTarget *) (const void *) targets->data, targets->len,
                        model->language->n_layers * OWL_N_SLOTS, error);
  if (!lora)
    return NULL;
  adapter = g_new0 (OwlAdapter, 1);
  g_atomic_ref_count_init (&adapter->references);
  adapter->model = owl_model_ref (model);
  adapter->lora = lora;
  adapter->strength = strength;
  if (!open_abstractor (adapter, path, error))
    g_clear_pointer (&adapter, owl_adapter_unref);
  return adapter;
}

void
owl_model_use_abstractor (OwlModel *model, OwlAdapter *const *adapters, gsize n_adapters)
{
  model->seeing = NULL;
  for (gsize i = 0; i < n_adapters; i++)
    if (adapters[i]->vision)
      model->seeing = adapters[i];
}

OwlAdapter *
owl_adapter_ref (OwlAdapter *adapter)
{
  g_atomic_ref_count_inc (&adapter->references);
  return adapter;
}

void
owl_adapter_unref (OwlAdapter *adapter)
{
  if (!adapter || !g_atomic_ref_count_dec (&adapter->references))
    return;
  if (adapter->model->seeing == adapter)
    adapter->model->seeing = NULL;
  g_clear_pointer (&adapter->vision, owl_vision_free);
  owl_lora_free (adapter->lora);
  owl_model_unref (adapter->model);
  g_free (adapter);
}
