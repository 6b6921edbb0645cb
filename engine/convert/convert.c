/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/convert.h"

#include "convert/convert-private.h"
#include "convert/peft.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* One of the two files on its way. */
typedef struct {
  OwlPlan plan;
  OwlGgufWriter *writer;
} Output;

typedef struct {
  const OwlConvertOptions *options;
  OwlCheckpoint *checkpoint;
  json_t *config;
  OwlDecoderConfig decoder;
  OwlMerge *merge;
  char *name;
  Output language, vision;
} Conversion;

static void
conversion_clear (Conversion *c)
{
  owl_plan_clear (&c->language.plan);
  owl_plan_clear (&c->vision.plan);
  g_clear_pointer (&c->language.writer, owl_gguf_writer_free);
  g_clear_pointer (&c->vision.writer, owl_gguf_writer_free);
  g_clear_pointer (&c->merge, owl_merge_free);
  g_clear_pointer (&c->checkpoint, owl_checkpoint_free);
  json_decref (c->config);
  g_free (c->name);
}

/* Shape of a planned decoder layer, for owl_merge_check. */
static gboolean
planned_shape (const char *name, gsize *in, gsize *out, gpointer data)
{
  const OwlPlan *plan = data;

  for (guint i = 0; i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    if (p->n_dims == 2 && strcmp (p->name, name) == 0) {
      *in = p->row_length;
      *out = p->n_rows;
      return TRUE;
    }
  }
  return FALSE;
}

/* The folder's own name says best what the model is. */
static char *
model_name (const char *source)
{
  g_autofree char *absolute = g_canonicalize_filename (source, NULL);
  g_autofree char *base = g_path_get_basename (absolute);

  return g_utf8_make_valid (base, -1);
}

static gboolean
has_vision (const Conversion *c)
{
  return owl_checkpoint_find (c->checkpoint, "vision_model.embeddings.patch_embed.weight") != NULL;
}

static gboolean
plan_everything (Conversion *c, GError **error)
{
  const OwlConvertOptions *o = c->options;
  OwlMix vision = o->vision_type;

  if (vision == OWL_MIX_AS_STORED && owl_mix_is_quantised (o->type))
    vision = OWL_MIX_F16;
  if (!owl_decoder_config_read (&c->decoder, c->config, c->checkpoint, error))
    return FALSE;
  if (o->merge) {
    c->merge = owl_merge_open (o->merge, c->decoder.bloom, c->decoder.n_heads, c->decoder.n_kv_heads, error);
    if (!c->merge)
      return FALSE;
  }
  owl_plan_init (&c->language.plan, c->checkpoint, o->type, error);
  owl_convert_plan_language (&c->language.plan, &c->decoder);
  if (c->language.plan.failed || (c->merge && !owl_merge_check (c->merge, planned_shape, &c->language.plan, error)))
    return FALSE;
  owl_plan_say_notes (&c->language.plan, o);
  if (has_vision (c)) {
    owl_plan_init (&c->vision.plan, c->checkpoint, vision, error);
    owl_convert_plan_vision (&c->vision.plan, c->config);
    if (c->vision.plan.failed)
      return FALSE;
    owl_plan_say_notes (&c->vision.plan, o);
  }
  return TRUE;
}

static guint64
total_size (const Conversion *c)
{
  return owl_plan_get_size (&c->language.plan) + (has_vision (c) ? owl_plan_get_size (&c->vision.plan) : 0);
}

static void
tell_plan (const Conversion *c)
{
  const OwlDecoderConfig *d = &c->decoder;
  OwlConvertFacts facts = { .architecture = d->bloom ? "bloom" : "llama", .has_vision = has_vision (c), .context_length = d->context_length };
  gboolean quantised = owl_mix_is_quantised (c->options->type);

  facts.n_parameters = owl_plan_count_values (&c->language.plan) + (has_vision (c) ? owl_plan_count_values (&c->vision.plan) : 0);
  facts.bytes = total_size (c);
  facts.memory_bytes = owl_model_estimate_memory (
      facts.bytes, owl_model_estimate_kv (quantised, d->n_layers, d->context_length, d->n_kv_heads * (d->width / d->n_heads)));
  c->options->planned (&facts, c->options->user_data);
}

static gboolean
open_output (Output *o, const char *dest, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (dest, name, NULL);

  o->writer = owl_gguf_writer_new (path, error);
  return o->writer != NULL;
}

static gboolean
open_outputs (Conversion *c, const char *dest, GError **error)
{
  if (!open_output (&c->language, dest, "language.gguf", error) ||
      !owl_convert_language_metadata (c->language.writer, &c->language.plan, &c->decoder, c->name, error))
    return FALSE;
  owl_plan_declare (&c->language.plan, c->language.writer);
  if (has_vision (c)) {
    if (!open_output (&c->vision, dest, "vision.gguf", error) ||
        !owl_convert_vision_metadata (c->vision.writer, &c->vision.plan, c->config, c->name, error))
      return FALSE;
    owl_plan_declare (&c->vision.plan, c->vision.writer);
  }
  return TRUE;
}

static gboolean
write_outputs (Conversion *c, GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlPool) pool = owl_pool_new (c->options->n_threads);
  OwlPlanRun run = { .pool = pool, .options = c->options, .total = total_size (c), .cancellable = cancellable };

  /* Each file checks its own size when it begins; only here the sum is known. */
  if (!owl_gguf_writer_require_space (c->language.writer, run.total, error) || !owl_gguf_writer_begin (c->language.writer, error) ||
      !owl_plan_write (&c->language.plan, c->language.writer, c->merge, &run, error))
    return FALSE;
  if (c->vision.writer &&
      (!owl_gguf_writer_begin (c->vision.writer, error) || !owl_plan_write (&c->vision.plan, c->vision.writer, NULL, &run, error)))
    return FALSE;
  /* Both are complete; now both get their names. */
  return (!c->vision.writer || owl_gguf_writer_finish (c->vision.writer, error)) && owl_gguf_writer_finish (c->language.writer, error);
}

static gboolean
write_folder (Conversion *c, const char *dest, GCancellable *cancellable, GError **error)
{
  gboolean existed = g_file_test (dest, G_FILE_TEST_IS_DIR), done;

  if (g_mkdir_with_parents (dest, 0755) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", dest, g_strerror (errno));
    return FALSE;
  }
  done = open_outputs (c, dest, error) && write_outputs (c, cancellable, error);
  g_clear_pointer (&c->language.writer, owl_gguf_writer_free);
  g_clear_pointer (&c->vision.writer, owl_gguf_writer_free);
  /* A folder made for a conversion that failed goes again; with anything in it, it stays. */
  if (!done && !existed)
    g_rmdir (dest);
  return done;
}

gboolean
owl_convert_checkpoint (const char *source, const char *dest, const OwlConvertOptions *options, GCancellable *cancellable, GError **error)
{
  Conversion c = { .options = options };
  gboolean done = FALSE;

  c.checkpoint = owl_checkpoint_open (source, error);
  if (c.checkpoint)
    c.config = owl_checkpoint_read_json (source, "config.json", error);
  if (c.config && plan_everything (&c, error)) {
    c.name = model_name (source);
    if (options->planned)
      tell_plan (&c);
    done = options->only_check || write_folder (&c, dest, cancellable, error);
  }
  conversion_clear (&c);
  return done;
}

gboolean
owl_convert_is_adapter (const char *source)
{
  g_autofree char *config = g_build_filename (source, "adapter_config.json", NULL);

  return g_file_test (config, G_FILE_TEST_EXISTS);
}
