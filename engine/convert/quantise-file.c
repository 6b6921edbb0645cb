/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/convert.h"

#include "convert/plan.h"

#include <string.h>

static gboolean
refuse (const OwlGguf *file, const char *why, GError **error)
{
  g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: %s", owl_gguf_get_path (file), why);
  return FALSE;
}

/* Layers whose tensors begin with `prefix` ("blk."). */
static int
count_blocks (const OwlGguf *file, const char *prefix)
{
  gint64 n = 0;

  for (gsize i = 0; i < owl_gguf_get_n_tensors (file); i++) {
    const char *name = owl_gguf_get_tensor (file, i)->name;

    if (g_str_has_prefix (name, prefix))
      n = MAX (n, g_ascii_strtoll (name + strlen (prefix), NULL, 10) + 1);
  }
  return (int) CLAMP (n, 0, 65536);
}

static OwlPlanned
plan_tensor (OwlPlan *plan, const OwlTensor *tensor, OwlCheckpointTensor *source)
{
  OwlPlanned p = { .source = source, .map = { .order = OWL_ROWS_SAME }, .type = tensor->type, .n_dims = tensor->n_dims };

  p.name = g_strdup (tensor->name);
  memcpy (p.ne, tensor->ne, sizeof p.ne);
  p.row_length = (gsize) p.ne[0];
  p.n_rows = (gsize) owl_tensor_n_rows (tensor);
  if (owl_mix_applies (p.name, p.n_dims))
    p.type = owl_plan_choose_type (plan, p.name, tensor->type, p.ne[0]);
  return p;
}

/* The tensors of `file` as a plan; `sources` [n_tensors] describe them as a checkpoint's. */
static void
plan_file (OwlPlan *plan, const OwlGguf *file, OwlCheckpointTensor *sources)
{
  const struct {
    const char *prefix;
    int n_blocks;
  } kinds[] = { { "v.proj_blk.", count_blocks (file, "v.proj_blk.") },
                { "v.blk.", count_blocks (file, "v.blk.") },
                { "blk.", count_blocks (file, "blk.") } };

  plan->tied = !owl_gguf_find_tensor (file, "output.weight");
  for (gsize i = 0; i < owl_gguf_get_n_tensors (file); i++) {
    const OwlTensor *tensor = owl_gguf_get_tensor (file, i);
    OwlPlanned planned;

    plan->n_blocks = 0;
    for (gsize k = 0; k < G_N_ELEMENTS (kinds) && plan->n_blocks == 0; k++)
      if (g_str_has_prefix (tensor->name, kinds[k].prefix))
        plan->n_blocks = kinds[k].n_blocks;
    sources[i] = (OwlCheckpointTensor){
      .name = (char *) tensor->name, .type = tensor->type, .data = tensor->data, .size = tensor->size, .file = owl_gguf_get_file (file)
    };
    planned = plan_tensor (plan, tensor, &sources[i]);
    g_array_append_val (plan->tensors, planned);
  }
}

/* Rounding twice adds up: worth a word. */
static void
warn_twice (const OwlPlan *plan, const OwlConvertOptions *options)
{
  for (guint i = 0; options->note && i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    if (p->type == p->source->type || !owl_type_is_quantised (p->source->type))
      continue;
    options->note ("the file is quantised already; a file made from the unquantised model would be more accurate", options->user_data);
    return;
  }
}

static gboolean
write_file (OwlPlan *plan, const OwlGguf *file, const char *dest, const OwlConvertOptions *options, GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlGgufWriter) writer = owl_gguf_writer_new (dest, error);
  g_autoptr (OwlPool) pool = NULL;
  OwlPlanRun run = { .options = options, .total = owl_plan_get_size (plan), .cancellable = cancellable };

  if (!writer)
    return FALSE;
  owl_gguf_writer_set_u32 (writer, "general.file_type", owl_plan_get_file_type (plan));
  owl_gguf_writer_set_u32 (writer, "general.quantization_version", 2);
  owl_gguf_writer_copy_metadata (writer, file);
  owl_plan_declare (plan, writer);
  run.pool = pool = owl_pool_new (options->n_threads);
  return owl_gguf_writer_begin (writer, error) && owl_plan_write (plan, writer, NULL, &run, error) && owl_gguf_writer_finish (writer, error);
}

gboolean
owl_quantise_file (const char *source, const char *dest, const OwlConvertOptions *options, GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlGguf) file = owl_gguf_open (source, error);
  g_autofree OwlCheckpointTensor *sources = NULL;
  OwlPlan plan;
  gboolean done;

  if (!file)
    return FALSE;
  if (g_strcmp0 (owl_gguf_get_string (file, "general.type"), "adapter") == 0)
    return refuse (file, "an adapter; adapters are small and stay as they are", error);
  if (owl_gguf_get_n_tensors (file) == 0)
    return refuse (file, "it holds no tensors", error);
  sources = g_new0 (OwlCheckpointTensor, owl_gguf_get_n_tensors (file));
  owl_plan_init (&plan, NULL, options->type, error);
  plan_file (&plan, file, sources);
  owl_plan_say_notes (&plan, options);
  warn_twice (&plan, options);
  done = write_file (&plan, file, dest, options, cancellable, error);
  owl_plan_clear (&plan);
  return done;
}
