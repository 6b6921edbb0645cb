/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/merge.h"

#include "convert/peft.h"

#include <math.h>
#include <string.h>

typedef struct {
  char *name;
  gsize in, out, rank;
  float scale;
  float *a; /* [rank, in] */
  float *b; /* [out, rank], rows in the order of the model file */
} Layer;

struct _OwlMerge {
  char *path;
  GHashTable *layers; /* name → Layer */
};

static void
layer_free (gpointer data)
{
  Layer *layer = data;

  g_free (layer->name);
  g_free (layer->a);
  g_free (layer->b);
  g_free (layer);
}

static void
take_peft (OwlMerge *merge, const OwlPeft *peft)
{
  for (guint i = 0; i < peft->layers->len; i++) {
    const OwlPeftLayer *source = g_ptr_array_index (peft->layers, i);
    Layer *layer = g_new0 (Layer, 1);
    gsize item = owl_type_block_size (source->b->type);

    layer->name = g_strdup (source->target);
    layer->rank = (gsize) source->a->shape[0];
    layer->in = (gsize) source->a->shape[1];
    layer->out = (gsize) source->b->shape[0];
    layer->scale = (float) (peft->alpha / (double) layer->rank);
    layer->a = g_new (float, layer->rank * layer->in);
    layer->b = g_new (float, layer->out * layer->rank);
    owl_type_to_f32 (source->a->type, source->a->data, layer->a, layer->rank * layer->in);
    for (gsize row = 0; row < layer->out; row++)
      owl_type_to_f32 (source->b->type, source->b->data + owl_row_map (&source->rows, row) * layer->rank * item,
                       layer->b + row * layer->rank, layer->rank);
    g_hash_table_insert (merge->layers, layer->name, layer);
  }
}

static float *
widen (const OwlTensor *tensor)
{
  gsize n = (gsize) owl_tensor_n_values (tensor);
  float *values = g_new (float, n);

  owl_type_to_f32 (tensor->type, tensor->data, values, n);
  return values;
}

static gboolean
take_gguf (OwlMerge *merge, const OwlGguf *file, gboolean bloom, GError **error)
{
  double alpha;

  if (g_strcmp0 (owl_gguf_get_string (file, "adapter.type"), "lora") != 0 ||
      g_strcmp0 (owl_gguf_get_string (file, "general.architecture"), bloom ? "bloom" : "llama") != 0 ||
      !owl_gguf_get_float (file, "adapter.lora.alpha", &alpha) || !isfinite (alpha)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: not a LoRA adapter for this kind of model", merge->path);
    return FALSE;
  }
  for (gsize i = 0; i < owl_gguf_get_n_tensors (file); i++) {
    const OwlTensor *a = owl_gguf_get_tensor (file, i), *b;
    g_autofree char *stem = NULL, *other = NULL;
    Layer *layer;

    if (g_str_has_suffix (a->name, ".lora_b"))
      continue;
    stem = g_strndup (a->name, strlen (a->name) - MIN (strlen (a->name), strlen (".lora_a")));
    other = g_strconcat (stem, ".lora_b", NULL);
    b = owl_gguf_find_tensor (file, other);
    if (!g_str_has_suffix (a->name, ".lora_a") || !b || a->ne[1] != b->ne[0] || owl_tensor_n_rows (a) != a->ne[1] ||
        owl_tensor_n_rows (b) != b->ne[1]) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s: its other half is missing or of another rank", merge->path, a->name);
      return FALSE;
    }
    layer = g_new0 (Layer, 1);
    layer->name = g_steal_pointer (&stem);
    layer->rank = (gsize) a->ne[1];
    layer->in = (gsize) a->ne[0];
    layer->out = (gsize) b->ne[1];
    layer->scale = (float) (alpha / (double) layer->rank);
    layer->a = widen (a);
    layer->b = widen (b);
    g_hash_table_insert (merge->layers, layer->name, layer);
  }
  return TRUE;
}

OwlMerge *
owl_merge_open (const char *path, gboolean bloom, int n_heads, int n_kv_heads, GError **error)
{
  g_autoptr (OwlMerge) merge = g_new0 (OwlMerge, 1);

  merge->path = g_strdup (path);
  merge->layers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, layer_free);
  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_autoptr (OwlPeft) peft = owl_peft_open (path, bloom, n_heads, n_kv_heads, error);

    if (!peft)
      return NULL;
    take_peft (merge, peft);
  } else {
    g_autoptr (OwlGguf) file = owl_gguf_open (path, error);

    if (!file || !take_gguf (merge, file, bloom, error))
      return NULL;
  }
  return g_steal_pointer (&merge);
}

void
owl_merge_free (OwlMerge *merge)
{
  if (!merge)
    return;
  g_clear_pointer (&merge->layers, g_hash_table_unref);
  g_free (merge->path);
  g_free (merge);
}

void
owl_merge_add (const OwlMerge *merge, const char *name, gsize row, gsize n, gsize in, float *values)
{
  const Layer *layer = g_hash_table_lookup (merge->layers, name);

  if (!layer)
    return;
  for (gsize i = 0; i < n; i++)
    for (gsize r = 0; r < layer->rank; r++) {
      const float *a = layer->a + r * in;
      float factor = layer->scale * layer->b[(row + i) * layer->rank + r];

      for (gsize j = 0; j < in; j++)
        values[i * in + j] += factor * a[j];
    }
}

gboolean
owl_merge_check (const OwlMerge *merge, gboolean (*shape) (const char *name, gsize *in, gsize *out, gpointer data), gpointer data,
                 GError **error)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, merge->layers);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Layer *layer = value;
    gsize in, out;

    if (!shape (layer->name, &in, &out, data) || in != layer->in || out != layer->out) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: the adapter's layer %s does not fit the checkpoint", merge->path, layer->name);
      return FALSE;
    }
  }
  return TRUE;
}
