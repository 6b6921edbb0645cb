/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/peft.h"

#include <math.h>
#include <string.h>

static void
layer_free (gpointer data)
{
  OwlPeftLayer *layer = data;

  g_free (layer->target);
  g_free (layer);
}

void
owl_peft_free (OwlPeft *peft)
{
  if (!peft)
    return;
  g_clear_pointer (&peft->layers, g_ptr_array_unref);
  g_clear_pointer (&peft->checkpoint, owl_checkpoint_free);
  g_free (peft);
}

static gboolean
fail (const OwlPeft *peft, const char *tensor, GError **error, const char *why)
{
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s: %s", owl_checkpoint_get_folder (peft->checkpoint), tensor, why);
  return FALSE;
}

/* "base_model.model.language_model.model.layers.3.self_attn.q_proj.lora_A.weight" → "blk.3.attn_q.weight" and which half it is.
 * NULL when it names no layer that adapters may change. */
static char *
target_name (const char *name, gboolean *is_a)
{
  static const struct {
    const char *module, *target;
  } modules[] = {
    { "self_attn.q_proj", "attn_q" },       { "self_attn.k_proj", "attn_k" },
    { "self_attn.v_proj", "attn_v" },       { "self_attn.o_proj", "attn_output" },
    { "mlp.gate_proj", "ffn_gate" },        { "mlp.up_proj", "ffn_up" },
    { "mlp.down_proj", "ffn_down" },        { "self_attention.query_key_value", "attn_qkv" },
    { "self_attention.dense", "attn_output" }, { "mlp.dense_h_to_4h", "ffn_up" },
    { "mlp.dense_4h_to_h", "ffn_down" },
  };
  const char *layer = strstr (name, ".layers."), *lora = strstr (name, ".lora_");
  char *end;
  guint64 number;

  if (!layer && (layer = strstr (name, ".h.")))
    layer += strlen (".h.");
  else if (layer)
    layer += strlen (".layers.");
  if (!layer || !lora || lora < layer || !g_ascii_isdigit (*layer))
    return NULL;
  if (strcmp (lora, ".lora_A.weight") == 0 || strcmp (lora, ".lora_A.default.weight") == 0)
    *is_a = TRUE;
  else if (strcmp (lora, ".lora_B.weight") == 0 || strcmp (lora, ".lora_B.default.weight") == 0)
    *is_a = FALSE;
  else
    return NULL;
  number = g_ascii_strtoull (layer, &end, 10);
  if (*end != '.' || number > 10000)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (modules); i++)
    if ((gsize) (lora - end - 1) == strlen (modules[i].module) && strncmp (end + 1, modules[i].module, lora - end - 1) == 0)
      return g_strdup_printf ("blk.%d.%s.weight", (int) number, modules[i].target);
  return NULL;
}

static OwlPeftLayer *
find_layer (const OwlPeft *peft, const char *target)
{
  OwlPeftLayer *layer;

  for (guint i = 0; i < peft->layers->len; i++) {
    layer = g_ptr_array_index (peft->layers, i);
    if (strcmp (layer->target, target) == 0)
      return layer;
  }
  layer = g_new0 (OwlPeftLayer, 1);
  layer->target = g_strdup (target);
  g_ptr_array_add (peft->layers, layer);
  return layer;
}

static gboolean
read_config (OwlPeft *peft, const char *folder, GError **error)
{
  json_t *config = owl_checkpoint_read_json (folder, "adapter_config.json", error);
  json_t *alpha;
  gboolean ok = FALSE;

  if (!config)
    return FALSE;
  alpha = json_object_get (config, "lora_alpha");
  if (g_strcmp0 (json_string_value (json_object_get (config, "peft_type")), "LORA") != 0)
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: not a LoRA adapter (peft_type)", folder);
  else if (json_is_true (json_object_get (config, "fan_in_fan_out")))
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: fan_in_fan_out adapters are not supported", folder);
  else if (!json_is_number (alpha) || !isfinite (json_number_value (alpha)))
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: lora_alpha is missing from adapter_config.json", folder);
  else
    ok = TRUE;
  peft->alpha = ok ? json_number_value (alpha) : 0.0;
  json_decref (config);
  return ok;
}

/* How rows of B are ordered in the model file, by the layer's name. */
static gboolean
set_rows (OwlPeftLayer *layer, gboolean bloom, int n_heads, int n_kv_heads)
{
  gint64 out = layer->b->shape[0];
  gboolean q = g_str_has_suffix (layer->target, "attn_q.weight"), k = g_str_has_suffix (layer->target, "attn_k.weight");

  layer->rows.order = OWL_ROWS_SAME;
  if (bloom && g_str_has_suffix (layer->target, "attn_qkv.weight")) {
    if (out % (3 * n_heads) != 0)
      return FALSE;
    layer->rows = (OwlRowMap){ OWL_ROWS_QKV, n_heads, (int) (out / 3 / n_heads), -1 };
  } else if (!bloom && (q || k)) {
    int heads = q ? n_heads : n_kv_heads;

    if (out % (2 * heads) != 0)
      return FALSE;
    layer->rows = (OwlRowMap){ OWL_ROWS_ROTARY, heads, (int) (out / heads), -1 };
  }
  return TRUE;
}

OwlPeft *
owl_peft_open (const char *folder, gboolean bloom, int n_heads, int n_kv_heads, GError **error)
{
  g_autoptr (OwlPeft) peft = g_new0 (OwlPeft, 1);

  peft->checkpoint = owl_checkpoint_open (folder, error);
  if (!peft->checkpoint || !read_config (peft, folder, error))
    return NULL;
  peft->layers = g_ptr_array_new_with_free_func (layer_free);
  for (gsize i = 0; i < owl_checkpoint_get_n_tensors (peft->checkpoint); i++) {
    const OwlCheckpointTensor *tensor = owl_checkpoint_get_tensor (peft->checkpoint, i);
    gboolean is_a;
    g_autofree char *target = target_name (tensor->name, &is_a);
    OwlPeftLayer *layer;

    if (!target || tensor->n_dims != 2) {
      fail (peft, tensor->name, error, "not a LoRA matrix of a decoder layer");
      return NULL;
    }
    layer = find_layer (peft, target);
    if (is_a ? layer->a != NULL : layer->b != NULL) {
      fail (peft, tensor->name, error, "it occurs twice");
      return NULL;
    }
    *(is_a ? &layer->a : &layer->b) = tensor;
  }
  for (guint i = 0; i < peft->layers->len; i++) {
    OwlPeftLayer *layer = g_ptr_array_index (peft->layers, i);

    if (!layer->a || !layer->b || layer->a->shape[0] != layer->b->shape[1]) {
      fail (peft, (layer->a ? layer->a : layer->b)->name, error, "its other half is missing or of another rank");
      return NULL;
    }
    if (!set_rows (layer, bloom, n_heads, n_kv_heads)) {
      fail (peft, layer->b->name, error, "its rows do not divide among the heads of the base");
      return NULL;
    }
  }
  return g_steal_pointer (&peft);
}
