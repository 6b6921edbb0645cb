/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/lora.h"

#include "tensor/matmul.h"

#include <math.h>
#include <string.h>

#define MAX_RANK 4096

static gboolean
fail (GError **error, const char *path, const char *tensor, const char *why)
{
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s: %s", path, tensor, why);
  return FALSE;
}

static const OwlLoraTarget *
find_target (const OwlLoraTarget *targets, gsize n_targets, const char *name, gsize length)
{
  for (gsize i = 0; i < n_targets; i++)
    if (strlen (targets[i].name) == length && memcmp (targets[i].name, name, length) == 0)
      return &targets[i];
  return NULL;
}

static gboolean
take_tensor (OwlLora *lora, const char *path, const OwlTensor *tensor, const OwlLoraTarget *targets, gsize n_targets,
             GError **error)
{
  gboolean is_a = g_str_has_suffix (tensor->name, ".lora_a");
  const OwlLoraTarget *target;
  const OwlTensor *w;
  OwlLoraPair *pair;

  if (!is_a && !g_str_has_suffix (tensor->name, ".lora_b"))
    return fail (error, path, tensor->name, "neither .lora_a nor .lora_b");
  target = find_target (targets, n_targets, tensor->name, strlen (tensor->name) - strlen (".lora_a"));
  if (!target)
    return fail (error, path, tensor->name, "the model has no such layer; the adapter belongs to another model");

  w = &target->linear->weight;
  pair = &lora->pairs[target->linear->slot];
  if (tensor->ne[2] != 1 || tensor->ne[3] != 1 || tensor->ne[is_a ? 0 : 1] != w->ne[is_a ? 0 : 1]) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: tensor %s: %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " does not fit the layer of %" G_GINT64_FORMAT
                 " x %" G_GINT64_FORMAT,
                 path, tensor->name, tensor->ne[0], tensor->ne[1], w->ne[0], w->ne[1]);
    return FALSE;
  }
  if (is_a)
    pair->a = *tensor;
  else
    pair->b = *tensor;
  return TRUE;
}

static gboolean
check_pairs (OwlLora *lora, const char *path, double alpha, const OwlLoraTarget *targets, gsize n_targets, GError **error)
{
  int n_found = 0;

  for (gsize i = 0; i < n_targets; i++) {
    OwlLoraPair *pair = &lora->pairs[targets[i].linear->slot];

    if (!pair->a.data && !pair->b.data)
      continue;
    if (!pair->a.data || !pair->b.data)
      return fail (error, path, targets[i].name, "one half of the pair .lora_a, .lora_b is missing");
    if (pair->a.ne[1] != pair->b.ne[0] || pair->a.ne[1] < 1 || pair->a.ne[1] > MAX_RANK)
      return fail (error, path, targets[i].name, "the ranks of .lora_a and .lora_b differ or are out of range");
    pair->scale = (float) (alpha / (double) pair->a.ne[1]);
    lora->max_rank = MAX (lora->max_rank, (int) pair->a.ne[1]);
    n_found++;
  }
  if (n_found == 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: the adapter holds no layers", path);
    return FALSE;
  }
  return TRUE;
}

OwlLora *
owl_lora_open (const char *path, const char *architecture, const OwlLoraTarget *targets, gsize n_targets, int n_slots,
               GError **error)
{
  g_autoptr (OwlLora) lora = g_new0 (OwlLora, 1);
  double alpha;

  lora->file = owl_gguf_open (path, error);
  if (!lora->file)
    return NULL;
  if (g_strcmp0 (owl_gguf_get_string (lora->file, "general.type"), "adapter") != 0 ||
      g_strcmp0 (owl_gguf_get_string (lora->file, "adapter.type"), "lora") != 0 ||
      !owl_gguf_get_float (lora->file, "adapter.lora.alpha", &alpha) || !isfinite (alpha)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: not a LoRA adapter", path);
    return NULL;
  }
  if (g_strcmp0 (owl_gguf_get_string (lora->file, "general.architecture"), architecture) != 0) {
    const char *other = owl_gguf_get_string (lora->file, "general.architecture");

    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: the adapter is for a %s model, this one is %s", path,
                 other ? other : "nameless", architecture);
    return NULL;
  }
  lora->pairs = g_new0 (OwlLoraPair, n_slots);
  lora->n_slots = n_slots;
  for (gsize i = 0; i < owl_gguf_get_n_tensors (lora->file); i++)
    if (!take_tensor (lora, path, owl_gguf_get_tensor (lora->file, i), targets, n_targets, error))
      return NULL;
  if (!check_pairs (lora, path, alpha, targets, n_targets, error))
    return NULL;
  return g_steal_pointer (&lora);
}

void
owl_lora_free (OwlLora *lora)
{
  if (!lora)
    return;
  g_clear_pointer (&lora->file, owl_gguf_unref);
  g_free (lora->pairs);
  g_free (lora);
}

int
owl_adapter_set_max_rank (const OwlAdapterSet *set)
{
  int rank = 0;

  for (gsize i = 0; set && i < set->n; i++)
    rank = MAX (rank, set->loras[i]->max_rank);
  return rank;
}

gboolean
owl_lora_linear (OwlPool *pool, const OwlLinear *linear, const OwlAdapterSet *set, const float *x, gsize n, float *y,
                 float *scratch, GCancellable *cancellable)
{
  if (!owl_matmul (pool, &linear->weight, linear->bias, x, n, y, cancellable))
    return FALSE;
  for (gsize i = 0; set && linear->slot >= 0 && i < set->n; i++) {
    const OwlLoraPair *pair = &set->loras[i]->pairs[linear->slot];

    if (!pair->a.data)
      continue;
    if (!owl_matmul (pool, &pair->a, NULL, x, n, scratch, cancellable) ||
        !owl_matmul_add (pool, &pair->b, pair->scale * set->strengths[i], scratch, n, y, cancellable))
      return FALSE;
  }
  return TRUE;
}
