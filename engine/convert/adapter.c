/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/convert.h"

#include "convert/peft.h"
#include "model/model-private.h"

#include <string.h>

/* One half of a pair: stored as it is where that is F32 or F16, else as F32. */
static void
plan_half (GArray *planned, const OwlPeftLayer *layer, const char *suffix, const OwlCheckpointTensor *source, OwlRowMap rows)
{
  OwlPlanned p = { .source = source, .map = rows, .n_dims = 2, .type = source->type == OWL_TYPE_F16 ? OWL_TYPE_F16 : OWL_TYPE_F32 };

  p.name = g_strconcat (layer->target, suffix, NULL);
  p.ne[0] = source->shape[1];
  p.ne[1] = source->shape[0];
  p.ne[2] = p.ne[3] = 1;
  p.row_length = (gsize) p.ne[0];
  p.n_rows = (gsize) p.ne[1];
  g_array_append_val (planned, p);
}

static gboolean
check_layer (const OwlLanguage *base, const char *folder, const OwlPeftLayer *layer, GError **error)
{
  const OwlTensor *w = owl_gguf_find_tensor (base->file, layer->target);

  if (w && w->ne[0] == layer->a->shape[1] && w->ne[1] == layer->b->shape[0])
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s: %s", folder, layer->a->name,
               w ? "its shape does not fit the base model" : "the base model has no such layer");
  return FALSE;
}

gboolean
owl_convert_adapter (const char *source, const char *dest, const char *base_path, GCancellable *cancellable, GError **error)
{
  g_autofree char *in_folder = g_build_filename (base_path, "language.gguf", NULL);
  g_autoptr (OwlLanguage) base = owl_language_open (g_file_test (base_path, G_FILE_TEST_IS_DIR) ? in_folder : base_path, error);
  g_autoptr (OwlPeft) peft = NULL;
  g_autoptr (OwlGgufWriter) writer = NULL;
  OwlConvertOptions options = { 0 };
  OwlPlan plan;
  OwlPlanRun run = { .options = &options, .cancellable = cancellable };
  gboolean bloom, done;

  if (!base)
    return FALSE;
  bloom = base->architecture == OWL_ARCH_BLOOM;
  peft = owl_peft_open (source, bloom, base->n_heads, base->n_kv_heads, error);
  if (!peft)
    return FALSE;
  for (guint i = 0; i < peft->layers->len; i++)
    if (!check_layer (base, source, g_ptr_array_index (peft->layers, i), error))
      return FALSE;

  owl_plan_init (&plan, peft->checkpoint, OWL_MIX_AS_STORED, error);
  for (guint i = 0; i < peft->layers->len; i++) {
    const OwlPeftLayer *layer = g_ptr_array_index (peft->layers, i);

    plan_half (plan.tensors, layer, ".lora_a", layer->a, (OwlRowMap){ OWL_ROWS_SAME, 0, 0, -1 });
    plan_half (plan.tensors, layer, ".lora_b", layer->b, layer->rows);
  }
  writer = owl_gguf_writer_new (dest, error);
  done = writer != NULL;
  if (done) {
    owl_gguf_writer_set_string (writer, "general.architecture", bloom ? "bloom" : "llama");
    owl_gguf_writer_set_string (writer, "general.type", "adapter");
    owl_gguf_writer_set_string (writer, "adapter.type", "lora");
    owl_gguf_writer_set_f32 (writer, "adapter.lora.alpha", (float) peft->alpha);
    owl_gguf_writer_set_u32 (writer, "general.quantization_version", 2);
    owl_plan_declare (&plan, writer);
    run.pool = owl_pool_new (1);
    run.total = owl_plan_get_size (&plan);
    done = owl_gguf_writer_begin (writer, error) && owl_plan_write (&plan, writer, NULL, &run, error) &&
           owl_gguf_writer_finish (writer, error);
    owl_pool_free (run.pool);
  }
  owl_plan_clear (&plan);
  return done;
}
