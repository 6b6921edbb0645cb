/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/trainer.h"

#include "convert/convert.h"
#include "files/npy.h"
#include "train/log.h"
#include "train/new-model.h"
#include "train/training-state.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Activations up to this size are kept; beyond, they are computed again. */
#define KEPT_BYTES 3e9
#define VALIDATION_RECORDS 128
#define LIMIT_SIZE 1024
/* Threads take records of their own from so many records a thread on, while the further gradients are not larger than this. */
#define REPLICA_RECORDS 4
#define REPLICA_BYTES ((gsize) 256 << 20)

struct _OwlTrainer {
  const OwlTrainConfig *config;
  char *model; /* the folder that is read */
  OwlNetwork *network;
  OwlGguf *language;
  OwlTokenizer *tokenizer;
  OwlPool *pool;
  OwlTape tape;
  OwlTape *replicas; /* a small model: a tape for each further thread, which takes records of its own */
  guint n_replicas;
  OwlDataset *data, *validation;
  OwlDataFile validation_file;
  OwlTrainLog *log;
  gint64 step;
  double seconds, samples;
  OwlFactTally *tallies; /* [thread, group], since they were told last */
};

static char *
output_path (const OwlTrainer *t, const char *format, const char *name)
{
  g_autofree char *file = g_strdup_printf ("%s%s", name, format);

  return g_build_filename (t->config->output, file, NULL);
}

static char *
state_path (const OwlTrainer *t)
{
  return g_build_filename (t->config->output, "checkpoint", "state", NULL);
}

/* A name for the adapter that this run leaves: that of the output folder. */
static char *
adapter_name (const OwlTrainer *t)
{
  return g_path_get_basename (t->config->output);
}

static gboolean
make_folder (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0755) == 0)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

/* The adapter as a .lora.gguf file: given as one, as a name in the model folder, or as a PEFT folder, which is converted first. */
static char *
find_adapter (OwlTrainer *t, GError **error)
{
  g_autofree char *given = g_canonicalize_filename (t->config->adapter, t->config->folder);
  g_autofree char *named = g_strdup_printf ("%s.lora.gguf", t->config->adapter), *in_model = g_build_filename (t->model, named, NULL);
  g_autofree char *converted = g_build_filename (t->config->output, "checkpoint", "initial.lora.gguf", NULL);

  if (g_file_test (given, G_FILE_TEST_IS_DIR))
    return owl_convert_adapter (given, converted, t->model, NULL, error) ? g_steal_pointer (&converted) : NULL;
  return g_strdup (g_file_test (given, G_FILE_TEST_EXISTS) ? given : in_model);
}

static gboolean
add_lora (OwlTrainer *t, GError **error)
{
  const OwlTrainConfig *c = t->config;
  g_autofree char *adapter = NULL;

  if (!(owl_train_config_get_parts (c) & OWL_TRAIN_LORA) && !c->adapter)
    return TRUE;
  if (c->adapter && !(adapter = find_adapter (t, error)))
    return FALSE;
  return owl_network_add_lora (t->network, adapter, c->lora_targets, c->lora_rank, c->lora_alpha, c->seed, error);
}

static gboolean
open_model (OwlTrainer *t, GError **error)
{
  const OwlTrainConfig *c = t->config;
  g_autofree char *language = NULL, *checkpoint = g_build_filename (c->output, "checkpoint", NULL);

  if (!make_folder (checkpoint, error))
    return FALSE;
  /* A new model is made once; a resumed run finds it. */
  t->model = c->model ? g_strdup (c->model) : g_build_filename (checkpoint, "initial", NULL);
  language = g_file_test (t->model, G_FILE_TEST_IS_DIR) || !c->model ? g_build_filename (t->model, "language.gguf", NULL) : g_strdup (t->model);
  if (!c->model && !g_file_test (language, G_FILE_TEST_EXISTS) && !owl_new_model_make (c->shape, c->tokenizer, c->seed, t->model, error))
    return FALSE;
  t->network = owl_network_open (t->model, error);
  t->language = t->network ? owl_gguf_open (language, error) : NULL;
  t->tokenizer = t->language ? owl_tokenizer_new_from_gguf (t->language, error) : NULL;
  if (!t->tokenizer || !add_lora (t, error))
    return FALSE;
  if ((owl_train_config_get_parts (c) & (OWL_TRAIN_VISION | OWL_TRAIN_ABSTRACTOR)) && !t->network->has_vision) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: stage %s needs a model that sees", t->model, owl_train_config_get_stage_name (c));
    return FALSE;
  }
  if (c->image_size > 0 && !owl_network_set_image_size (t->network, c->image_size, error))
    return FALSE;
  if (c->fact_classes) {
    g_autofree char *facts = g_build_filename (t->model, "facts.gguf", NULL);

    if (!owl_network_add_facts (t->network, c->fact_classes, facts, error))
      return FALSE;
  }
  owl_network_train (t->network, owl_train_config_get_parts (c));
  return TRUE;
}

static gboolean
open_data (OwlTrainer *t, GError **error)
{
  const OwlTrainConfig *c = t->config;
  OwlDatasetOptions options = { .files = (const OwlDataFile *) (const void *) c->files->data, .n_files = c->files->len, .images = c->images,
                                .max_length = (gsize) c->max_length, .augment = c->augment, .spelled = (const char *const *) c->spelled,
                                .seed = c->seed };

  t->data = owl_dataset_open (&options, t->tokenizer, t->network, error);
  if (!t->data || !c->validation)
    return t->data != NULL;
  t->validation_file = (OwlDataFile){ .path = c->validation, .weight = 1.0 };
  options.files = &t->validation_file;
  options.n_files = 1;
  options.augment = FALSE;
  /* Pictures of a pack beside the file, where there is one. */
  if (g_str_has_suffix (c->validation, ".jsonl")) {
    g_autofree char *stem = g_strndup (c->validation, strlen (c->validation) - strlen (".jsonl"));
    g_autofree char *pack = g_strconcat (stem, ".pack", NULL);

    if (g_file_test (pack, G_FILE_TEST_EXISTS))
      t->validation_file.images = g_steal_pointer (&pack);
  }
  t->validation = owl_dataset_open (&options, t->tokenizer, t->network, error);
  return t->validation != NULL;
}

static void
decide_recompute (OwlTrainer *t)
{
  const OwlNetwork *n = t->network;
  double rows = (double) (t->config->batch * t->config->max_length), ffn = (double) n->decoder[0].up.w->rows;
  double bytes = rows * n->n_layers * (24.0 * n->width + 8.0 * ffn + 2.0 * (double) t->config->max_length * n->n_heads) * sizeof (float);

  t->network->recompute = t->config->recompute >= 0 ? t->config->recompute != 0 : bytes > KEPT_BYTES;
}

static gboolean
resume_state (OwlTrainer *t, GError **error)
{
  g_autofree char *path = state_path (t);
  OwlTrainingState state = { 0 };
  gboolean ok;

  if (!owl_training_state_load (path, &state, t->network->parameters, error))
    return FALSE;
  t->step = state.step;
  ok = owl_dataset_seek (t->data, (const guint64 *) (const void *) state.position->data, state.position->len);
  g_array_unref (state.position);
  if (!ok)
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: belongs to other data", path);
  return ok;
}

/* Threads that divide every operation wait for each other some hundred times a step, which is most of the time in a small model. There each thread
 * takes records of its own instead, and the gradients are added once. */
static void
add_replicas (OwlTrainer *t)
{
  gsize trained = 0, n_threads = (gsize) owl_pool_get_n_threads (t->pool);

  for (guint i = 0; i < t->network->parameters->list->len; i++) {
    const OwlParameter *p = g_ptr_array_index (t->network->parameters->list, i);

    trained += p->grad ? owl_parameter_size (p) : 0;
  }
  if (n_threads < 2 || (gsize) t->config->batch < n_threads * REPLICA_RECORDS || trained * (n_threads - 1) * sizeof (float) > REPLICA_BYTES)
    return;
  t->n_replicas = (guint) n_threads - 1;
  t->replicas = g_new0 (OwlTape, t->n_replicas);
  for (guint i = 0; i < t->n_replicas; i++) {
    owl_tape_init (&t->replicas[i], NULL);
    t->replicas[i].bf16 = t->config->bf16;
    t->replicas[i].replica = i + 1;
  }
  owl_parameters_add_replicas (t->network->parameters, t->n_replicas);
}

OwlTrainer *
owl_trainer_open (const OwlTrainConfig *config, gboolean resume, GError **error)
{
  g_autoptr (OwlTrainer) t = g_new0 (OwlTrainer, 1);

  t->config = config;
  t->pool = owl_pool_new (config->threads);
  owl_tape_init (&t->tape, t->pool);
  if (!open_model (t, error) || !open_data (t, error) || (resume && !resume_state (t, error)))
    return NULL;
  decide_recompute (t);
  t->tape.bf16 = config->bf16;
  add_replicas (t);
  t->tallies = g_new0 (OwlFactTally, (t->n_replicas + 1) * MAX (t->network->facts->len, 1));
  t->log = owl_train_log_open (config->output, t->step);
  return g_steal_pointer (&t);
}

void
owl_trainer_free (OwlTrainer *t)
{
  if (!t)
    return;
  g_clear_pointer (&t->log, owl_train_log_free);
  g_clear_pointer (&t->data, owl_dataset_free);
  g_clear_pointer (&t->validation, owl_dataset_free);
  g_free (t->tallies);
  g_free (t->validation_file.images);
  for (guint i = 0; i < t->n_replicas; i++)
    owl_tape_clear (&t->replicas[i]);
  g_free (t->replicas);
  owl_tape_clear (&t->tape);
  g_clear_pointer (&t->tokenizer, owl_tokenizer_free);
  g_clear_pointer (&t->language, owl_gguf_unref);
  g_clear_pointer (&t->network, owl_network_free);
  g_clear_pointer (&t->pool, owl_pool_free);
  g_free (t->model);
  g_free (t);
}

typedef struct {
  OwlTrainer *t;
  const GPtrArray *batches;
  double scale, *losses; /* [thread, batch] */
} Share;

static void
run_share (gsize task, int thread, gpointer data)
{
  const Share *share = data;
  OwlTrainer *t = share->t;
  OwlTape *tape = task == 0 ? &t->tape : &t->replicas[task - 1];

  for (guint i = 0; i < share->batches->len; i++) {
    const OwlBatch *batch = g_ptr_array_index (share->batches, i);
    gsize n = batch->sequences->len, begin = n * task / (t->n_replicas + 1), end = n * (task + 1) / (t->n_replicas + 1);

    owl_tape_reset (tape);
    owl_network_run (t->network, tape, &g_array_index (batch->sequences, OwlSequence, begin), end - begin, share->scale,
                     &share->losses[task * share->batches->len + i], NULL, t->tallies + task * t->network->facts->len);
  }
}

/* All batches of a step, each dealt out to the threads, which meet at the end. */
static double
run_shared (OwlTrainer *t, const GPtrArray *batches, double scale)
{
  gsize n_losses = (t->n_replicas + 1) * batches->len;
  g_autofree double *losses = g_new0 (double, n_losses);
  Share share = { t, batches, scale, losses };
  OwlPool *pool = t->tape.pool;
  double loss = 0.0;

  t->tape.pool = NULL;
  owl_pool_run (pool, t->n_replicas + 1, run_share, &share, NULL);
  t->tape.pool = pool;
  owl_optimiser_gather (&t->tape, t->network->parameters, t->n_replicas);
  for (gsize i = 0; i < n_losses; i++)
    loss += losses[i];
  return loss;
}

/* Each group's loss is the mean over its facts in a step. */
static void
set_fact_scales (OwlTrainer *t, const GPtrArray *batches)
{
  OwlNetwork *n = t->network;

  for (guint g = 0; g < n->facts->len; g++) {
    json_t *weight = json_object_get (t->config->fact_weights, ((const OwlFactGroup *) g_ptr_array_index (n->facts, g))->name);
    gsize count = 0;

    for (guint b = 0; b < batches->len; b++) {
      const OwlBatch *batch = g_ptr_array_index (batches, b);

      for (guint s = 0; s < batch->sequences->len; s++) {
        const OwlSequence *sequence = &g_array_index (batch->sequences, OwlSequence, s);

        for (gsize i = 0; i < sequence->n_facts; i++)
          count += sequence->facts[i].group == g && owl_fact_begins (n, sequence->facts, i);
      }
    }
    n->fact_scales[g] = t->config->fact_weight * (weight ? json_number_value (weight) : 1.0) / (double) MAX (count, 1);
  }
}

/* Gradients of the batches of one step; the loss is the mean over all of their targets. */
static gboolean
run_batches (OwlTrainer *t, gsize n_batches, gboolean ordered, double *loss, gsize *n_samples, GError **error)
{
  g_autoptr (GPtrArray) batches = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_batch_free);
  gsize n_targets = 0;

  *n_samples = 0;
  for (gsize i = 0; i < n_batches; i++) {
    OwlBatch *batch = owl_dataset_next (t->data, (gsize) t->config->batch, ordered, error);

    if (!batch)
      return FALSE;
    g_ptr_array_add (batches, batch);
    n_targets += batch->n_targets;
    *n_samples += batch->sequences->len;
  }
  set_fact_scales (t, batches);
  *loss = t->n_replicas > 0 ? run_shared (t, batches, 1.0 / (double) n_targets) : 0.0;
  for (guint i = 0; i < batches->len && t->n_replicas == 0; i++) {
    const OwlBatch *batch = g_ptr_array_index (batches, i);
    double part;

    owl_tape_reset (&t->tape);
    owl_network_run (t->network, &t->tape, (const OwlSequence *) (const void *) batch->sequences->data, batch->sequences->len,
                     1.0 / (double) n_targets, &part, NULL, t->tallies);
    *loss += part;
  }
  return TRUE;
}

/* The loss over the first records of the validation file, without dropout. */
static double
validate (OwlTrainer *t)
{
  GPtrArray *recorded = t->tape.nodes;
  double total = 0.0;
  gsize n_targets = 0, n_records = MIN (owl_dataset_get_n_records (t->validation), VALIDATION_RECORDS), done = 0;
  const guint64 start[9] = { 0 };

  owl_dataset_seek (t->validation, start, 9);
  owl_network_set_dropout (t->network, 0.0f, 0);
  t->tape.nodes = NULL;
  while (done < n_records) {
    g_autoptr (OwlBatch) batch = owl_dataset_next (t->validation, MIN ((gsize) t->config->batch, n_records - done), TRUE, NULL);
    double part;

    if (!batch)
      break;
    owl_arena_reset (&t->tape.main);
    owl_arena_reset (&t->tape.scratch);
    owl_network_run (t->network, &t->tape, (const OwlSequence *) (const void *) batch->sequences->data, batch->sequences->len, 1.0, &part, NULL, NULL);
    total += part;
    n_targets += batch->n_targets;
    done += batch->sequences->len;
  }
  t->tape.nodes = recorded;
  return n_targets ? total / (double) n_targets : NAN;
}

static gboolean
save_state (OwlTrainer *t, GError **error)
{
  g_autofree char *path = state_path (t);
  OwlTrainingState state = { t->step, owl_dataset_tell (t->data) };
  gboolean ok = owl_training_state_save (path, &state, t->network->parameters, error);

  g_array_unref (state.position);
  return ok;
}

/* A file of the model that was not trained: linked, or copied where that cannot be. */
static gboolean
take_over (const char *source, const char *dest, GError **error)
{
  g_autoptr (GFile) from = g_file_new_for_path (source), to = g_file_new_for_path (dest);
  g_autofree char *link_name = g_strconcat (dest, ".link", NULL);

  if (g_file_equal (from, to))
    return TRUE;
  g_unlink (link_name);
  if (link (source, link_name) == 0) {
    if (g_rename (link_name, dest) == 0) {
      /* Two names of one file already: the rename does nothing. */
      g_unlink (link_name);
      return TRUE;
    }
    g_unlink (link_name);
  }
  return g_file_copy (from, to, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error);
}

static gboolean
write_part (OwlTrainer *t, const char *name, GPtrArray *bindings, gboolean trained, GError **error)
{
  g_autofree char *source = g_build_filename (t->model, name, NULL), *dest = g_build_filename (t->config->output, name, NULL);

  if (!g_file_test (source, G_FILE_TEST_EXISTS))
    return TRUE;
  return trained ? owl_network_write (t->network, bindings, source, dest, error) : take_over (source, dest, error);
}

/* What the run leaves. */
static gboolean
write_output (OwlTrainer *t, GError **error)
{
  OwlTrainParts parts = owl_train_config_get_parts (t->config);
  g_autofree char *name = adapter_name (t), *lora = output_path (t, ".lora.gguf", name), *abstractor = output_path (t, ".abstractor.gguf", name);
  g_autofree char *vision = g_build_filename (t->model, "vision.gguf", NULL);

  if (parts & OWL_TRAIN_LORA)
    return owl_network_write_lora (t->network, lora, error) &&
           (!(parts & OWL_TRAIN_ABSTRACTOR) || owl_network_write_abstractor (t->network, vision, abstractor, error));
  if (t->network->facts->len > 0) {
    g_autofree char *facts = output_path (t, ".gguf", "facts");

    if (!owl_network_write_facts (t->network, facts, error))
      return FALSE;
  }
  return write_part (t, "language.gguf", t->network->language_bindings, (parts & OWL_TRAIN_DECODER) != 0, error) &&
         write_part (t, "vision.gguf", t->network->vision_bindings, (parts & (OWL_TRAIN_VISION | OWL_TRAIN_ABSTRACTOR)) != 0, error);
}

/* Every trained tensor, or its gradient, under its official name. */
static gboolean
dump_tensors (OwlTrainer *t, const char *dir, gboolean gradients, GError **error)
{
  for (guint i = 0; i < t->network->parameters->list->len; i++) {
    const OwlParameter *p = g_ptr_array_index (t->network->parameters->list, i);
    g_autofree char *name = g_strconcat (p->name, ".npy", NULL), *path = g_build_filename (dir, name, NULL);

    if (p->grad && !owl_npy_write_f32 (path, gradients ? p->grad : p->value, p->dims, p->n_dims, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
train_step (OwlTrainer *t, OwlTrainStep *info, GError **error)
{
  const OwlTrainConfig *c = t->config;
  gint64 start = g_get_monotonic_time ();
  gsize n_samples;

  owl_network_set_dropout (t->network, (float) c->dropout, c->seed * 1000003 + (guint64) t->step);
  if (!run_batches (t, (gsize) c->accumulate, FALSE, &info->loss, &n_samples, error))
    return FALSE;
  info->grad_norm = owl_optimiser_norm (&t->tape, t->network->parameters);
  info->learning_rate = owl_schedule_rate (c->schedule, c->learning_rate, t->step, c->warmup, c->steps);
  if (!isfinite (info->loss) || !isfinite (info->grad_norm)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "step %" G_GINT64_FORMAT ": the loss is no number any more; lower the learning rate",
                 t->step + 1);
    return FALSE;
  }
  t->step++;
  owl_optimiser_step (&t->tape, t->network->parameters, &c->adam, info->learning_rate, t->step, info->grad_norm);
  t->seconds += (double) (g_get_monotonic_time () - start) / 1e6;
  t->samples += (double) n_samples;
  info->step = t->step;
  info->n_steps = c->steps;
  info->validation = NAN;
  info->samples_per_second = t->samples / MAX (t->seconds, 1e-9);
  info->seconds_left = (double) (c->steps - t->step) * (double) (c->batch * c->accumulate) / info->samples_per_second;
  return TRUE;
}

gboolean
owl_trainer_run (OwlTrainer *t, OwlTrainFunc func, gpointer user_data, GCancellable *cancellable, GError **error)
{
  const OwlTrainConfig *c = t->config;

  owl_optimiser_zero (t->network->parameters);
  while (t->step < c->steps && !(cancellable && g_cancellable_is_cancelled (cancellable))) {
    OwlTrainStep info;
    gboolean checkpoint;

    if (!train_step (t, &info, error))
      return FALSE;
    checkpoint = c->checkpoint_every > 0 && t->step % c->checkpoint_every == 0;
    if (t->validation && (checkpoint || t->step == c->steps))
      info.validation = validate (t);
    owl_train_log_add (t->log, &info);
    if (func)
      func (&info, user_data);
    if (checkpoint && t->step < c->steps && (!save_state (t, error) || !write_output (t, error)))
      return FALSE;
  }
  if (c->dump_values) {
    g_autofree char *dir = g_build_filename (c->output, "values", NULL);

    if (!make_folder (dir, error) || !dump_tensors (t, dir, FALSE, error))
      return FALSE;
  }
  return save_state (t, error) && write_output (t, error) && owl_train_log_finish (t->log, error);
}

gboolean
owl_trainer_dump_gradients (OwlTrainer *t, const char *dir, double *loss, double *grad_norm, GError **error)
{
  gsize n_samples;

  owl_optimiser_zero (t->network->parameters);
  owl_network_set_dropout (t->network, 0.0f, 0);
  if (!make_folder (dir, error) || !run_batches (t, 1, TRUE, loss, &n_samples, error))
    return FALSE;
  *grad_norm = owl_optimiser_norm (&t->tape, t->network->parameters);
  return dump_tensors (t, dir, TRUE, error);
}

char *
owl_trainer_take_facts (OwlTrainer *t)
{
  static const char *const prefixes[OWL_N_FACT_SOURCES] = { [OWL_FACTS_TOKENS] = "", "patch ", "", "", "", "look for ", "search for " };
  guint n_groups = t->network->facts->len;
  GString *text;

  if (n_groups == 0)
    return NULL;
  text = g_string_new (NULL);
  for (guint g = 0; g < n_groups; g++) {
    const OwlFactGroup *group = g_ptr_array_index (t->network->facts, g);
    gsize n = 0, n_correct = 0;

    for (guint i = 0; i <= t->n_replicas; i++) {
      n += t->tallies[i * n_groups + g].n;
      n_correct += t->tallies[i * n_groups + g].n_correct;
    }
    if (n > 0)
      g_string_append_printf (text, "%s%s%s %.3f", text->len ? ", " : "", prefixes[group->source], group->name, (double) n_correct / (double) n);
  }
  memset (t->tallies, 0, (t->n_replicas + 1) * n_groups * sizeof *t->tallies);
  return g_string_free (text, FALSE);
}

/* GFLOP/s of a large square product, best of three. */
static double
measure_limit (OwlTrainer *t)
{
  gsize n = LIMIT_SIZE;
  g_autofree float *a = g_new0 (float, n * n), *b = g_new0 (float, n * n), *c = g_new0 (float, n * n);
  double best = 0.0;

  for (int i = 0; i < 3; i++) {
    gint64 start = g_get_monotonic_time ();

    owl_tape_gemm (&t->tape, FALSE, TRUE, n, n, n, 1.0f, a, n, b, n, 0.0f, c, n);
    best = MAX (best, 2.0 * (double) (n * n * n) / ((double) (g_get_monotonic_time () - start) * 1000.0));
  }
  return best;
}

char *
owl_trainer_describe (OwlTrainer *t)
{
  const OwlDatasetCounts *counts = owl_dataset_get_counts (t->data);
  GString *text = g_string_new (NULL);
  double flops = t->tape.flops, speed, limit = t->seconds > 0.0 ? measure_limit (t) : 0.0;

  for (guint i = 0; i < t->n_replicas; i++)
    flops += t->replicas[i].flops;
  speed = t->seconds > 0.0 ? flops / t->seconds / 1e9 : 0.0;

  g_string_append_printf (text, "%" G_GUINT64_FORMAT " records used", counts->n_used);
  if (counts->n_no_picture + counts->n_no_answer + counts->n_too_long + counts->n_damaged > 0)
    g_string_append_printf (text,
                            "; skipped: %" G_GUINT64_FORMAT " without their pictures, %" G_GUINT64_FORMAT " without an answer, %" G_GUINT64_FORMAT
                            " too long, %" G_GUINT64_FORMAT " damaged",
                            counts->n_no_picture, counts->n_no_answer, counts->n_too_long, counts->n_damaged);
  if (limit > 0.0)
    g_string_append_printf (text, "; %.1f samples/s; matrix products at %.0f GFLOP/s over the whole time, %.0f %% of this machine's %.0f",
                            t->samples / t->seconds, speed, 100.0 * speed / limit, limit);
  return g_string_free (text, FALSE);
}
