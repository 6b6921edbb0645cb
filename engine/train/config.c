/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/config.h"

#include <math.h>
#include <string.h>

/* Sources: arXiv 2304.14178, main text and appendix; scripts/train_it.sh of the published code. */
static const struct {
  const char *name, *values;
} presets[] = {
  { "paper-stage1", "{\"stage\": 1, \"steps\": 50000, \"warmup\": 2000, \"learning_rate\": 1e-4, \"schedule\": \"cosine\", \"betas\": [0.9, 0.98],"
                    " \"weight_decay\": 0.1, \"clip\": 1.0}" },
  { "paper-appendix-stage1", "{\"stage\": 1, \"steps\": 50000, \"warmup\": 375, \"learning_rate\": 2e-4, \"schedule\": \"cosine\","
                             " \"betas\": [0.9, 0.98], \"eps\": 1e-6, \"weight_decay\": 0.01, \"clip\": 1.0, \"max_length\": 512}" },
  { "paper-stage2", "{\"stage\": 2, \"steps\": 2000, \"warmup\": 50, \"learning_rate\": 2e-5, \"schedule\": \"cosine\", \"betas\": [0.9, 0.999],"
                    " \"weight_decay\": 1e-4, \"clip\": 1.0, \"max_length\": 1024, \"lora_rank\": 8, \"lora_alpha\": 32, \"dropout\": 0.05}" },
  { "published-script", "{\"stage\": \"lora\", \"steps\": 4236, \"warmup\": 50, \"learning_rate\": 2e-5, \"schedule\": \"linear\","
                        " \"betas\": [0.9, 0.999], \"weight_decay\": 1e-4, \"clip\": 1.0, \"max_length\": 2048, \"lora_rank\": 8,"
                        " \"lora_alpha\": 32, \"dropout\": 0.05}" },
};

/* Keys with numbers, and what they must lie in. */
typedef struct {
  OwlTrainConfig *config;
  const char *path;
  GError **error;
  gboolean failed;
} Reader;

static void
fail (Reader *r, const char *key, const char *what)
{
  if (!r->failed)
    g_set_error (r->error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: \"%s\": %s", r->path, key, what);
  r->failed = TRUE;
}

static double
number (Reader *r, const char *key, double fallback, double min, double max)
{
  json_t *value = json_object_get (r->config->json, key);
  double n = json_is_number (value) ? json_number_value (value) : json_is_boolean (value) ? json_is_true (value) : fallback;

  if (value && !json_is_number (value) && !json_is_boolean (value) && !json_is_null (value))
    fail (r, key, "expected a number");
  else if (!(n >= min && n <= max))
    fail (r, key, "out of range");
  return n;
}

static gint64
integer (Reader *r, const char *key, gint64 fallback, gint64 min, gint64 max)
{
  double n = number (r, key, (double) fallback, (double) min, (double) max);

  if (!r->failed && n != floor (n))
    fail (r, key, "expected a whole number");
  return r->failed ? fallback : (gint64) n;
}

static char *
string (Reader *r, const char *key)
{
  json_t *value = json_object_get (r->config->json, key);

  if (value && !json_is_string (value) && !json_is_null (value))
    fail (r, key, "expected a text");
  return g_strdup (json_string_value (value));
}

static char *
resolve (Reader *r, const char *path)
{
  return path ? g_canonicalize_filename (path, r->config->folder) : NULL;
}

static char *
path_key (Reader *r, const char *key)
{
  g_autofree char *path = string (r, key);

  return resolve (r, path);
}

static void
read_model (Reader *r)
{
  OwlTrainConfig *c = r->config;
  json_t *model = json_object_get (c->json, "model");

  if (json_is_object (model)) {
    c->shape = json_object_get (model, "shape");
    c->tokenizer = resolve (r, json_string_value (json_object_get (model, "tokenizer")));
    if (!json_is_object (c->shape) || !c->tokenizer)
      fail (r, "model", "a new model needs \"shape\" and \"tokenizer\"");
  } else if (json_is_string (model)) {
    c->model = resolve (r, json_string_value (model));
  } else {
    fail (r, "model", "expected a folder, or the shape of a new model");
  }
}

static void
read_stage (Reader *r)
{
  json_t *stage = json_object_get (r->config->json, "stage");
  const char *name = json_string_value (stage);

  if (json_is_integer (stage) && (json_integer_value (stage) == 1 || json_integer_value (stage) == 2))
    r->config->stage = (OwlStage) json_integer_value (stage);
  else if (g_strcmp0 (name, "1") == 0)
    r->config->stage = OWL_STAGE_1;
  else if (g_strcmp0 (name, "2") == 0)
    r->config->stage = OWL_STAGE_2;
  else if (g_strcmp0 (name, "lora") == 0)
    r->config->stage = OWL_STAGE_LORA;
  else if (g_strcmp0 (name, "decoder") == 0)
    r->config->stage = OWL_STAGE_DECODER;
  else if (g_strcmp0 (name, "joint") == 0)
    r->config->stage = OWL_STAGE_JOINT;
  else
    fail (r, "stage", "expected 1, 2, \"lora\", \"decoder\" or \"joint\"");
}

static void
read_files (Reader *r)
{
  json_t *data = json_object_get (r->config->json, "data"), *entry;
  size_t i;

  json_array_foreach (data, i, entry) {
    OwlDataFile file = { .weight = 1.0 };
    json_t *weight = json_object_get (entry, "weight");

    file.path = resolve (r, json_is_string (entry) ? json_string_value (entry) : json_string_value (json_object_get (entry, "file")));
    file.images = resolve (r, json_string_value (json_object_get (entry, "images")));
    if (json_is_number (weight))
      file.weight = json_number_value (weight);
    if (!file.path || !(file.weight >= 0.0)) {
      g_free (file.path);
      g_free (file.images);
      fail (r, "data", "expected a list of {\"file\", \"weight\"}");
      return;
    }
    g_array_append_val (r->config->files, file);
  }
  if (r->config->files->len == 0)
    fail (r, "data", "expected a list of {\"file\", \"weight\"}");
}

static void
read_precision (Reader *r)
{
  g_autofree char *name = string (r, "precision");

  r->config->bf16 = g_strcmp0 (name, "bf16") == 0;
  if (name && !r->config->bf16 && strcmp (name, "f32") != 0)
    fail (r, "precision", "expected \"f32\" or \"bf16\"");
}

static void
read_schedule (Reader *r)
{
  g_autofree char *name = string (r, "schedule");

  if (!name || strcmp (name, "constant") == 0)
    r->config->schedule = OWL_SCHEDULE_CONSTANT;
  else if (strcmp (name, "linear") == 0)
    r->config->schedule = OWL_SCHEDULE_LINEAR;
  else if (strcmp (name, "cosine") == 0)
    r->config->schedule = OWL_SCHEDULE_COSINE;
  else
    fail (r, "schedule", "expected \"constant\", \"linear\" or \"cosine\"");
}

static void
read_adam (Reader *r)
{
  json_t *betas = json_object_get (r->config->json, "betas");
  OwlAdamW *adam = &r->config->adam;

  *adam = (OwlAdamW){ .beta1 = 0.9, .beta2 = 0.999 };
  if (json_is_array (betas) && json_array_size (betas) == 2) {
    adam->beta1 = json_number_value (json_array_get (betas, 0));
    adam->beta2 = json_number_value (json_array_get (betas, 1));
  } else if (betas) {
    fail (r, "betas", "expected two numbers");
  }
  if (!(adam->beta1 >= 0.0 && adam->beta1 < 1.0 && adam->beta2 >= 0.0 && adam->beta2 < 1.0))
    fail (r, "betas", "out of range");
  adam->eps = number (r, "eps", 1e-8, 0.0, 1.0);
  adam->weight_decay = number (r, "weight_decay", 0.0, 0.0, 10.0);
  adam->decay_norms = number (r, "decay_norms", 0.0, 0.0, 1.0) != 0.0;
  adam->clip = number (r, "clip", 1.0, 0.0, 1e9);
}

static void
read_facts (Reader *r)
{
  OwlTrainConfig *c = r->config;
  json_t *facts = json_object_get (c->json, "facts"), *weight = json_object_get (facts, "weight"), *value;
  const char *key;

  if (!facts)
    return;
  c->fact_classes = json_object_get (facts, "classes");
  c->fact_weight = weight ? json_number_value (weight) : 1.0;
  c->fact_weights = json_object_get (facts, "weights");
  if (c->fact_weights && !json_is_object (c->fact_weights))
    fail (r, "weights", "expected {GROUP: weight, …}");
  json_object_foreach (c->fact_weights, key, value)
    if (!json_is_number (value) || !(json_number_value (value) >= 0.0 && json_number_value (value) <= 1e6))
      fail (r, key, "expected the weight of a group of facts");
  if (!json_is_object (c->fact_classes) || !(c->fact_weight >= 0.0 && c->fact_weight <= 1e6))
    fail (r, "facts", "expected {\"weight\", \"classes\"}");
}

static void
read_spelled (Reader *r)
{
  json_t *list = json_object_get (r->config->json, "spell"), *entry;
  g_autoptr (GPtrArray) names = NULL;
  size_t i;

  if (!list)
    return;
  names = g_ptr_array_new ();
  json_array_foreach (list, i, entry)
    if (json_is_string (entry))
      g_ptr_array_add (names, g_strdup (json_string_value (entry)));
    else
      fail (r, "spell", "expected a list of task types");
  g_ptr_array_add (names, NULL);
  r->config->spelled = (GStrv) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

/* A regular expression, or a list of endings. */
static char *
read_targets (Reader *r)
{
  json_t *targets = json_object_get (r->config->json, "lora_targets"), *entry;
  GString *list;
  size_t i;

  if (!json_is_array (targets))
    return string (r, "lora_targets");
  list = g_string_new (NULL);
  json_array_foreach (targets, i, entry)
    if (json_is_string (entry))
      g_string_append_printf (list, "%s%s", list->len ? "," : "", json_string_value (entry));
  return g_string_free (list, FALSE);
}

static void
apply_preset (Reader *r)
{
  g_autofree char *name = string (r, "preset");

  if (!name || r->failed)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (presets); i++)
    if (strcmp (presets[i].name, name) == 0) {
      json_t *values = json_loads (presets[i].values, 0, NULL);

      json_object_update_missing (r->config->json, values);
      json_decref (values);
      return;
    }
  fail (r, "preset", "expected paper-stage1, paper-appendix-stage1, paper-stage2 or published-script");
}

OwlTrainConfig *
owl_train_config_read (const char *path, GError **error)
{
  g_autoptr (OwlTrainConfig) c = g_new0 (OwlTrainConfig, 1);
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  Reader r = { c, path, error, FALSE };
  json_error_t bad;

  c->files = g_array_new (FALSE, FALSE, sizeof (OwlDataFile));
  c->folder = g_path_get_dirname (absolute);
  c->json = json_load_file (path, 0, &bad);
  if (!json_is_object (c->json)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: line %d: %s", path, bad.line, *bad.text ? bad.text : "expected an object");
    return NULL;
  }
  apply_preset (&r);
  read_model (&r);
  read_stage (&r);
  read_files (&r);
  read_schedule (&r);
  read_precision (&r);
  read_adam (&r);
  read_facts (&r);
  read_spelled (&r);
  c->adapter = string (&r, "adapter");
  c->output = path_key (&r, "output");
  c->images = path_key (&r, "images");
  c->validation = path_key (&r, "validation");
  c->lora_targets = read_targets (&r);
  if (!c->output)
    fail (&r, "output", "expected a folder");
  c->steps = integer (&r, "steps", 1000, 0, G_MAXINT32);
  c->batch = integer (&r, "batch", 8, 1, 65536);
  c->accumulate = integer (&r, "accumulate", 1, 1, 65536);
  c->max_length = integer (&r, "max_length", 512, 4, 1 << 17);
  c->warmup = integer (&r, "warmup", 0, 0, G_MAXINT32);
  c->checkpoint_every = integer (&r, "checkpoint_every", 500, 0, G_MAXINT32);
  c->learning_rate = number (&r, "learning_rate", 1e-4, 0.0, 10.0);
  c->dropout = number (&r, "dropout", c->stage == OWL_STAGE_2 || c->stage == OWL_STAGE_LORA ? 0.05 : 0.0, 0.0, 0.99);
  c->augment = number (&r, "augment", 0.0, 0.0, 1.0) != 0.0;
  c->dump_values = number (&r, "dump_values", 0.0, 0.0, 1.0) != 0.0;
  c->seed = (guint64) integer (&r, "seed", 1, 0, G_MAXINT64 / 2);
  c->threads = (int) integer (&r, "threads", 0, 0, 1024);
  c->lora_rank = (int) integer (&r, "lora_rank", 8, 1, 4096);
  c->lora_alpha = number (&r, "lora_alpha", 32.0, 0.0, 1e6);
  c->image_size = (int) integer (&r, "image_size", 0, 0, 4096);
  c->recompute = (int) integer (&r, "recompute", -1, -1, 1);
  return r.failed ? NULL : g_steal_pointer (&c);
}

void
owl_train_config_free (OwlTrainConfig *c)
{
  if (!c)
    return;
  for (guint i = 0; i < c->files->len; i++) {
    g_free (g_array_index (c->files, OwlDataFile, i).path);
    g_free (g_array_index (c->files, OwlDataFile, i).images);
  }
  g_array_unref (c->files);
  g_free (c->folder);
  g_free (c->model);
  g_free (c->tokenizer);
  g_free (c->adapter);
  g_free (c->output);
  g_free (c->images);
  g_free (c->validation);
  g_free (c->lora_targets);
  g_strfreev (c->spelled);
  json_decref (c->json);
  g_free (c);
}

OwlTrainParts
owl_train_config_get_parts (const OwlTrainConfig *c)
{
  switch (c->stage) {
  case OWL_STAGE_1:
    return OWL_TRAIN_VISION | OWL_TRAIN_ABSTRACTOR;
  case OWL_STAGE_2:
    return OWL_TRAIN_ABSTRACTOR | OWL_TRAIN_LORA;
  case OWL_STAGE_LORA:
    return OWL_TRAIN_LORA;
  case OWL_STAGE_DECODER:
    return OWL_TRAIN_DECODER;
  case OWL_STAGE_JOINT:
  default:
    return OWL_TRAIN_VISION | OWL_TRAIN_ABSTRACTOR | OWL_TRAIN_DECODER;
  }
}

const char *
owl_train_config_get_stage_name (const OwlTrainConfig *c)
{
  static const char *const names[] = { [OWL_STAGE_1] = "1", [OWL_STAGE_2] = "2", [OWL_STAGE_LORA] = "lora", [OWL_STAGE_DECODER] = "decoder",
                                       [OWL_STAGE_JOINT] = "joint" };

  return names[c->stage];
}
