/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The trainer against the reference data of the official implementation, through the `owl` program. */
#include "golden-util.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

typedef struct {
  char *scratch, *model, *bloom;
} Fixture;

static Fixture fixture;

static char *
scratch_path (const char *name)
{
  return g_build_filename (fixture.scratch, name, NULL);
}

/* Writes a configuration; `extra` are further members. */
static char *
write_config (const char *name, const char *model, const char *stage, const char *extra)
{
  g_autofree char *file = g_strconcat (name, ".json", NULL), *data = golden_path ("training/batch.jsonl"), *images = golden_path ("images");
  g_autofree char *text = g_strdup_printf ("{\"model\": \"%s\", \"output\": \"%s/%s\", \"stage\": %s, \"data\": [{\"file\": \"%s\", \"weight\": 1}],"
                                           " \"images\": \"%s\", \"batch\": 2, \"max_length\": 127, \"learning_rate\": 1e-3, \"betas\": [0.9, 0.999],"
                                           " \"eps\": 1e-8, \"weight_decay\": 0.01, \"clip\": 1.0, \"dropout\": 0, \"checkpoint_every\": 0, %s}",
                                           model, fixture.scratch, name, stage, data, images, extra);
  char *path = scratch_path (file);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
assert_relative (double value, double expected, double limit)
{
  if (fabs (value - expected) > limit * fabs (expected))
    g_error ("%.9g instead of %.9g", value, expected);
}

/* The largest difference beside the largest element of the reference. */
static void
compare_tensor (const char *name, const char *path, const char *expected_path, double limit)
{
  g_autoptr (Array) a = array_read (path), b = array_read (expected_path);
  double difference = 0.0, largest = 0.0;

  g_assert_cmpint (a->n_dims, ==, b->n_dims);
  for (int i = 0; i < a->n_dims; i++)
    g_assert_cmpuint (a->shape[i], ==, b->shape[i]);
  for (gsize i = 0; i < a->n; i++) {
    difference = MAX (difference, fabs (a->values[i] - b->values[i]));
    largest = MAX (largest, fabs (b->values[i]));
  }
  /* The gradient of a key bias is zero in exact arithmetic: both hold rounding noise. */
  if (strstr (name, "key.bias"))
    g_assert_cmpfloat (difference, <, 1e-6);
  else if (!(difference <= limit * largest))
    g_error ("%s: differs by %g of its largest element", name, difference / largest);
}

static void
compare_gradients (const char *config, const char *expected_folder, const char *expected_json, const char *stage, guint n_expected)
{
  g_autofree char *dir = scratch_path ("gradients"), *folder = golden_path (expected_folder), *json_path = golden_path (expected_json);
  json_t *printed, *expected = json_load_file (json_path, 0, NULL), *part = json_object_get (expected, stage);
  g_autoptr (GDir) list = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  remove_tree (dir);
  printed = owl_run_json ("train", config, "--dump-gradients", dir, NULL);
  assert_relative (json_number_value (json_object_get (printed, "loss")), json_number_value (json_object_get (part ? part : expected, "loss_before")),
                   1e-5);
  assert_relative (json_number_value (json_object_get (printed, "grad_norm")),
                   json_number_value (json_object_get (part ? part : expected, "grad_norm")), 1e-4);
  while ((name = g_dir_read_name (list))) {
    g_autofree char *path = g_build_filename (dir, name, NULL), *expected_path = g_build_filename (folder, name, NULL);

    compare_tensor (name, path, expected_path, 1e-4);
    n++;
  }
  g_assert_cmpuint (n, ==, n_expected);
  json_decref (printed);
  json_decref (expected);
}

static void
test_gradients (void)
{
  g_autofree char *one = write_config ("g1", fixture.model, "1", "\"steps\": 5");
  g_autofree char *again = write_config ("g1r", fixture.model, "1", "\"steps\": 5, \"recompute\": 1");
  g_autofree char *two = write_config ("g2", fixture.model, "2", "\"steps\": 5, \"adapter\": \"tiny\"");
  g_autofree char *bloom = write_config ("gb", fixture.bloom, "2", "\"steps\": 5, \"adapter\": \"tiny\"");

  compare_gradients (one, "training/grads_stage1", "training/expected.json", "stage1", 91);
  compare_gradients (again, "training/grads_stage1", "training/expected.json", "stage1", 91);
  compare_gradients (two, "training/grads_stage2", "training/expected.json", "stage2", 60);
  compare_gradients (bloom, "training-bloom/grads_stage2", "training-bloom/expected.json", "stage2", 7);
}

/* The lines that `owl train --json` printed. */
static GPtrArray *
run_training (const char *config)
{
  g_autofree char *out = owl_run ("train", config, "--json", NULL);
  g_auto (GStrv) lines = g_strsplit (out, "\n", -1);
  GPtrArray *steps = g_ptr_array_new_with_free_func ((GDestroyNotify) json_decref);

  for (gsize i = 0; lines[i] && *lines[i]; i++) {
    json_t *step = json_loads (lines[i], 0, NULL);

    g_assert_nonnull (step);
    g_assert_cmpint (json_integer_value (json_object_get (step, "step")), ==, (int) i + 1);
    g_ptr_array_add (steps, step);
  }
  return steps;
}

static void
compare_losses (const char *config, const char *stage, const char *key)
{
  g_autofree char *json_path = golden_path ("training/expected.json");
  g_autoptr (GPtrArray) steps = run_training (config);
  json_t *expected = json_load_file (json_path, 0, NULL), *losses = json_object_get (json_object_get (expected, stage), key);

  g_assert_cmpuint (steps->len, ==, 5);
  for (guint i = 0; i < steps->len; i++)
    assert_relative (json_number_value (json_object_get (g_ptr_array_index (steps, i), "loss")), json_number_value (json_array_get (losses, i)),
                     i == 0 ? 2e-5 : 1e-3);
  json_decref (expected);
}

static void
test_losses (void)
{
  g_autofree char *one = write_config ("l1", fixture.model, "1", "\"steps\": 5, \"decay_norms\": true");
  g_autofree char *bare = write_config ("l1n", fixture.model, "1", "\"steps\": 5, \"decay_norms\": false");
  g_autofree char *two = write_config ("l2", fixture.model, "2", "\"steps\": 5, \"decay_norms\": true, \"adapter\": \"tiny\"");

  compare_losses (one, "stage1", "losses_uniform_decay");
  compare_losses (bare, "stage1", "losses_no_decay_on_norm_and_bias");
  compare_losses (two, "stage2", "losses_uniform_decay");
}

/* Tensors after one step, under their official names. */
static void
test_after_one_step (void)
{
  static const struct {
    const char *stage, *folder, *extra;
  } cases[] = { { "1", "training/after1_stage1", "" }, { "2", "training/after1_stage2", ", \"adapter\": \"tiny\"" } };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autofree char *extra = g_strdup_printf ("\"steps\": 1, \"decay_norms\": true, \"dump_values\": true%s", cases[c].extra);
    g_autofree char *name = g_strdup_printf ("after%s", cases[c].stage), *config = write_config (name, fixture.model, cases[c].stage, extra);
    g_autofree char *folder = golden_path (cases[c].folder), *values = g_build_filename (fixture.scratch, name, "values", NULL);
    g_autoptr (GPtrArray) steps = run_training (config);
    g_autoptr (GDir) list = g_dir_open (folder, 0, NULL);
    const char *file;
    guint n = 0;

    while ((file = g_dir_read_name (list))) {
      g_autofree char *path = g_build_filename (values, file, NULL), *expected_path = g_build_filename (folder, file, NULL);
      g_autoptr (Array) a = array_read (path), b = array_read (expected_path);
      gsize n_off = 0;

      g_assert_cmpuint (a->n, ==, b->n);
      for (gsize i = 0; i < a->n; i++) {
        double difference = fabs (a->values[i] - b->values[i]);

        n_off += difference > 1e-5;
        g_assert_cmpfloat (difference, <=, 2.1e-3);
      }
      if (n_off * 1000 > a->n + 999)
        g_error ("%s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " elements differ", file, n_off, a->n);
      n++;
    }
    g_assert_cmpuint (n, >=, 9);
  }
}

static char *
read_file (const char *folder, const char *name, gsize *size)
{
  g_autofree char *path = g_build_filename (fixture.scratch, folder, name, NULL);
  char *data;

  g_assert_true (g_file_get_contents (path, &data, size, NULL));
  return data;
}

static void
assert_same_file (const char *a, const char *b, const char *name)
{
  gsize size_a, size_b;
  g_autofree char *data_a = read_file (a, name, &size_a), *data_b = read_file (b, name, &size_b);

  if (size_a != size_b || memcmp (data_a, data_b, size_a) != 0)
    g_error ("%s differs between %s and %s", name, a, b);
}

/* A run that is killed in the middle and resumed leaves the same bytes as one that was not. */
static void
test_resume (void)
{
  static const char extra[] = "\"steps\": 40, \"decay_norms\": true, \"checkpoint_every\": 5, \"threads\": 2, \"seed\": 7, \"dropout\": 0.1,"
                              " \"adapter\": \"tiny\"";
  g_autofree char *whole = write_config ("whole", fixture.model, "2", extra), *cut = write_config ("cut", fixture.model, "2", extra);
  g_autofree char *state = g_build_filename (fixture.scratch, "cut", "checkpoint", "state", NULL);
  const char *const argv[] = { g_getenv ("OWL_PROGRAM"), "train", cut, "--json", NULL };
  g_autofree char *out = owl_run ("train", whole, "--json", NULL), *rest = NULL;
  GPid child;
  int status;

  g_assert_true (g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &child, NULL));
  for (int i = 0; i < 6000 && !g_file_test (state, G_FILE_TEST_EXISTS); i++)
    g_usleep (5000);
  kill (child, SIGKILL);
  waitpid (child, &status, 0);
  g_assert_true (g_file_test (state, G_FILE_TEST_EXISTS));
  rest = owl_run ("train", cut, "--resume", "--json", NULL);
  g_assert_cmpint (strlen (rest), <=, strlen (out));
  assert_same_file ("whole", "cut", "checkpoint/state");
  {
    g_autofree char *lora_a = g_build_filename (fixture.scratch, "whole", "whole.lora.gguf", NULL);
    g_autofree char *lora_b = g_build_filename (fixture.scratch, "cut", "cut.lora.gguf", NULL), *a = NULL, *b = NULL;
    gsize size_a, size_b;

    g_assert_true (g_file_get_contents (lora_a, &a, &size_a, NULL));
    g_assert_true (g_file_get_contents (lora_b, &b, &size_b, NULL));
    g_assert_cmpmem (a, size_a, b, size_b);
  }
}

/* A new model on two conversations; `extra` ends the configuration. */
static char *
write_fresh (const char *name, const char *extra)
{
  g_autofree char *file = g_strconcat (name, ".json", NULL), *config = scratch_path (file), *data = golden_path ("training/batch.jsonl");
  g_autofree char *images = golden_path ("images"), *tokenizer = golden_path ("llama-tiny-f32/tokenizer.model"), *output = scratch_path (name);
  g_autofree char *text = g_strdup_printf (
      "{\"model\": {\"tokenizer\": \"%s\", \"shape\": {\"text_config\": {\"hidden_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
      " \"intermediate_size\": 128, \"max_position_embeddings\": 256}, \"vision_config\": {\"hidden_size\": 32, \"num_hidden_layers\": 1,"
      " \"num_attention_heads\": 2, \"intermediate_size\": 64, \"image_size\": 28, \"patch_size\": 14}, \"visual_abstractor_config\":"
      " {\"num_hidden_layers\": 1, \"num_attention_heads\": 2, \"intermediate_size\": 64}, \"num_query_tokens\": 4}}, \"output\": \"%s\","
      " \"stage\": \"joint\", \"data\": [{\"file\": \"%s\"}], \"images\": \"%s\", \"max_length\": 127, \"learning_rate\": 5e-3, \"warmup\": 10,"
      " \"schedule\": \"cosine\", \"checkpoint_every\": 0, %s}",
      tokenizer, output, data, images, extra);

  g_assert_true (g_file_set_contents (config, text, -1, NULL));
  return g_steal_pointer (&config);
}

static double
loss_of (const GPtrArray *steps, guint i)
{
  return json_number_value (json_object_get (g_ptr_array_index (steps, i), "loss"));
}

/* With the sanitisers a few steps do: they take all the paths, and each takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
#define LEARNS FALSE
#else
#define LEARNS TRUE
#endif

typedef struct {
  const char *name;
  int n_steps;
  const char *extra;
} Overfit;

/* A tiny model learns two conversations by heart, from random weights: on the float32 path, and with rounded products while each thread takes records
 * of its own. */
static void
test_overfit (gconstpointer data)
{
  const Overfit *variant = data;
  g_autofree char *extra = g_strdup_printf ("\"steps\": %d, %s", LEARNS ? variant->n_steps : 12, variant->extra);
  g_autofree char *config = write_fresh (variant->name, extra), *output = scratch_path (variant->name);
  g_autofree char *answer = NULL, *picture = golden_path ("images/scene_420.jpg");
  g_autoptr (GPtrArray) steps = run_training (config);

  g_assert_cmpfloat (loss_of (steps, 0), >, 4.0);
  g_assert_cmpfloat (loss_of (steps, steps->len - 1), <, LEARNS ? 0.05 : loss_of (steps, 0));
  /* What it leaves is a model folder that answers. */
  answer = owl_run ("chat", "-m", output, "-i", picture, "-p", "What is in the image?", NULL);
  if (LEARNS)
    g_assert_nonnull (strstr (answer, "A small dog and a man."));
}

static const Overfit whole_batches = { "fresh", 250, "\"batch\": 2" };
static const Overfit rounded = { "rounded", 120, "\"batch\": 8, \"threads\": 2, \"precision\": \"bf16\"" };

/* Records dealt out to threads give the loss and the gradient of the whole batch. */
static void
test_shared_records (void)
{
  g_autofree char *one = write_fresh ("one", "\"steps\": 4, \"batch\": 12, \"threads\": 1");
  g_autofree char *three = write_fresh ("three", "\"steps\": 4, \"batch\": 12, \"threads\": 3");
  g_autoptr (GPtrArray) a = run_training (one), b = run_training (three);

  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    double norm_a = json_number_value (json_object_get (g_ptr_array_index (a, i), "grad_norm"));
    double norm_b = json_number_value (json_object_get (g_ptr_array_index (b, i), "grad_norm"));

    g_assert_cmpfloat_with_epsilon (loss_of (a, i), loss_of (b, i), 1e-3 * loss_of (a, i));
    g_assert_cmpfloat_with_epsilon (norm_a, norm_b, 1e-2 * norm_a);
  }
}

/* Each preset begins at its source's rate and trains what the source trains. */
static void
test_presets (void)
{
  static const struct {
    const char *name;
    double first_rate; /* of the source, over its steps of warm-up */
    gboolean vision, abstractor, lora;
  } presets[] = {
    { "paper-stage1", 1e-4 / 2000, TRUE, FALSE, FALSE },
    { "paper-appendix-stage1", 2e-4 / 375, TRUE, FALSE, FALSE },
    { "paper-stage2", 2e-5 / 50, FALSE, TRUE, TRUE },
    { "published-script", 2e-5 / 50, FALSE, FALSE, TRUE },
  };
  g_autofree char *data = golden_path ("training/batch.jsonl"), *images = golden_path ("images");

  for (gsize i = 0; i < G_N_ELEMENTS (presets); i++) {
    const char *name = presets[i].name;
    g_autofree char *file = g_strconcat (name, ".json", NULL), *config = scratch_path (file), *output = scratch_path (name);
    g_autofree char *lora_name = g_strconcat (name, ".lora.gguf", NULL), *lora = g_build_filename (output, lora_name, NULL);
    g_autofree char *abstractor_name = g_strconcat (name, ".abstractor.gguf", NULL), *abstractor = g_build_filename (output, abstractor_name, NULL);
    g_autofree char *vision = g_build_filename (output, "vision.gguf", NULL);
    g_autofree char *text = g_strdup_printf ("{\"preset\": \"%s\", \"model\": \"%s\", \"output\": \"%s\", \"data\": [\"%s\"], \"images\": \"%s\","
                                             " \"steps\": 1, \"batch\": 2, \"max_length\": 127, \"checkpoint_every\": 0}",
                                             name, fixture.model, output, data, images);
    g_autoptr (GPtrArray) steps = NULL;

    g_assert_true (g_file_set_contents (config, text, -1, NULL));
    steps = run_training (config);
    g_assert_cmpuint (steps->len, ==, 1);
    assert_relative (json_number_value (json_object_get (g_ptr_array_index (steps, 0), "learning_rate")), presets[i].first_rate, 1e-6);
    g_assert_cmpint (g_file_test (vision, G_FILE_TEST_EXISTS), ==, presets[i].vision);
    g_assert_cmpint (g_file_test (lora, G_FILE_TEST_EXISTS), ==, presets[i].lora);
    g_assert_cmpint (g_file_test (abstractor, G_FILE_TEST_EXISTS), ==, presets[i].abstractor);
  }
}

static char *
copy_to (const char *from, const char *name)
{
  char *to = scratch_path (name);
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (from, &data, &size, NULL));
  g_assert_true (g_file_set_contents (to, data, (gssize) size, NULL));
  return to;
}

static Array *
probe_with (const char *adapter, const char *tensor)
{
  g_autofree char *picture = golden_path ("images/alpha_rgba.png"), *to = scratch_path ("seen.npy"), *out = NULL;

  out = adapter ? owl_run ("probe", "-m", fixture.model, "-a", adapter, "-i", picture, "--tensor", tensor, "-o", to, NULL)
                : owl_run ("probe", "-m", fixture.model, "-i", picture, "--tensor", tensor, "-o", to, NULL);
  return array_read (to);
}

static gboolean
equal (const Array *a, const Array *b)
{
  return a->n == b->n && memcmp (a->values, b->values, a->n * sizeof (float)) == 0;
}

/* The abstractor that stage 2 leaves beside its adapter is used with it; what lies there for another model is refused. */
static void
test_abstractor_is_used (void)
{
  g_autofree char *trained = scratch_path ("paper-stage2/paper-stage2.lora.gguf"), *vision = scratch_path ("model/vision.gguf");
  g_autofree char *same = copy_to (trained, "same.lora.gguf"), *same_abstractor = copy_to (vision, "same.abstractor.gguf");
  g_autofree char *wrong = copy_to (trained, "wrong.lora.gguf"), *language = scratch_path ("model/language.gguf");
  g_autofree char *wrong_abstractor = copy_to (language, "wrong.abstractor.gguf"), *err = NULL, *out = NULL;
  const char *const args[] = { "chat", "-m", fixture.model, "-a", wrong, "-p", "Hello", "-n", "2", NULL };
  g_autoptr (Array) plain = probe_with (NULL, "visual_tokens"), with_own = probe_with (same, "visual_tokens");
  g_autoptr (Array) with_trained = probe_with (trained, "visual_tokens");
  g_autoptr (Array) encoded = probe_with (NULL, "vit.output"), encoded_too = probe_with (trained, "vit.output");

  g_assert_true (equal (with_own, plain));
  g_assert_cmpuint (with_trained->n, ==, plain->n);
  g_assert_false (equal (with_trained, plain));
  g_assert_true (equal (encoded_too, encoded));
  out = owl_run_status (1, &err, args);
  g_assert_nonnull (strstr (err, "wrong.abstractor.gguf"));
}

/* Records that cannot be used are counted and skipped; when none is left the error says why. */
static void
test_bad_records (void)
{
  static const char records[] =
      "{\"image\": [\"nowhere.png\"], \"text\": \"A\\nHuman: <image>\\nHuman: B\\nAI: C\"}\n"
      "{\"text\": \"No answer at all\\nHuman: B\"}\n"
      "not json\n"
      "{\"text\": \"The following is fine.\\nHuman: Hi\\nAI: Hello.\"}\n";
  g_autofree char *data = scratch_path ("bad.jsonl"), *config = scratch_path ("bad.json"), *only = scratch_path ("only.jsonl"), *err = NULL, *out = NULL;
  g_autofree char *text = g_strdup_printf ("{\"model\": \"%s\", \"output\": \"%s/bad\", \"stage\": \"decoder\", \"data\": [{\"file\": \"bad.jsonl\"}],"
                                           " \"images\": \".\", \"steps\": 3, \"batch\": 2, \"max_length\": 60}",
                                           fixture.model, fixture.scratch);
  g_autofree char *worse = g_strdup_printf ("{\"model\": \"%s\", \"output\": \"%s/bad2\", \"stage\": \"decoder\", \"data\": [\"only.jsonl\"],"
                                            " \"steps\": 3}",
                                            fixture.model, fixture.scratch);
  const char *const args[] = { "train", config, NULL };

  g_assert_true (g_file_set_contents (data, records, -1, NULL));
  g_assert_true (g_file_set_contents (only, "{\"text\": \"No answer\"}\n", -1, NULL));
  g_assert_true (g_file_set_contents (config, text, -1, NULL));
  out = owl_run_status (0, &err, args);
  g_assert_nonnull (strstr (err, "without their pictures"));
  g_clear_pointer (&err, g_free);
  g_clear_pointer (&out, g_free);
  g_assert_true (g_file_set_contents (config, worse, -1, NULL));
  out = owl_run_status (1, &err, args);
  g_assert_nonnull (strstr (err, "no usable record"));
}

int
main (int argc, char **argv)
{
  g_autofree char *llama = NULL, *bloom = NULL, *lora = NULL, *bloom_lora = NULL, *to = NULL, *to_bloom = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  fixture.scratch = make_scratch ();
  fixture.model = scratch_path ("model");
  fixture.bloom = scratch_path ("bloom");
  llama = golden_path ("llama-tiny-f32");
  lora = golden_path ("llama-tiny-lora");
  bloom = golden_path ("bloom-tiny");
  bloom_lora = golden_path ("bloom-tiny-lora");
  to = scratch_path ("model/tiny.lora.gguf");
  to_bloom = scratch_path ("bloom/tiny.lora.gguf");
  g_free (owl_run ("convert", llama, fixture.model, NULL));
  g_free (owl_run ("convert", lora, to, "--base", fixture.model, NULL));
  g_free (owl_run ("convert", bloom, fixture.bloom, "--type", "f32", NULL));
  g_free (owl_run ("convert", bloom_lora, to_bloom, "--base", fixture.bloom, NULL));
  g_test_add_func ("/train/gradients", test_gradients);
  g_test_add_func ("/train/losses", test_losses);
  g_test_add_func ("/train/after-one-step", test_after_one_step);
  g_test_add_func ("/train/resume", test_resume);
  g_test_add_data_func ("/train/overfit", &whole_batches, test_overfit);
  g_test_add_data_func ("/train/overfit-bf16", &rounded, test_overfit);
  g_test_add_func ("/train/shared-records", test_shared_records);
  g_test_add_func ("/train/presets", test_presets);
  g_test_add_func ("/train/abstractor", test_abstractor_is_used);
  g_test_add_func ("/train/bad-records", test_bad_records);
  status = g_test_run ();
  remove_tree (fixture.scratch);
  return status;
}
