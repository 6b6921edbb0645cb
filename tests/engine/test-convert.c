/* SPDX-License-Identifier: GPL-3.0-or-later */

/* `owl convert`: what it makes, what it refuses, and that nothing half-written is left behind. */
#include "golden-util.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  char *folder, *model;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *source = golden_path ("llama-tiny-f32");

  f->folder = make_scratch ();
  f->model = g_build_filename (f->folder, "model", NULL);
  g_free (owl_run ("convert", source, f->model, NULL));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_tree (f->folder);
  g_free (f->folder);
  g_free (f->model);
}

static guint
count_entries (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

/* Expects the command to fail with one line that holds `word`. */
static void
assert_fails (int status, const char *word, const char *const *args)
{
  g_autofree char *err = NULL, *out = owl_run_status (status, &err, args);

  g_assert_cmpstr (out, ==, "");
  g_assert_nonnull (strstr (err, word));
  g_assert_cmpuint (strlen (err), >, 1);
  g_assert_true (strchr (err, '\n') == err + strlen (err) - 1);
}

/* A copy of a checkpoint folder that can be damaged. */
static char *
copy_checkpoint (Fixture *f, const char *name)
{
  g_autofree char *source = golden_path (name);
  char *copy = g_build_filename (f->folder, "checkpoint", NULL);
  g_autoptr (GDir) dir = g_dir_open (source, 0, NULL);
  const char *entry;

  g_mkdir (copy, 0700);
  while ((entry = g_dir_read_name (dir))) {
    g_autofree char *from = g_build_filename (source, entry, NULL), *to = g_build_filename (copy, entry, NULL), *contents = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (from, &contents, &size, NULL) && g_file_set_contents (to, contents, (gssize) size, NULL));
  }
  return copy;
}

static void
test_merge (Fixture *f, gconstpointer data)
{
  g_autofree char *source = golden_path ("llama-tiny-f32"), *adapter = golden_path ("llama-tiny-lora");
  g_autofree char *merged = g_build_filename (f->folder, "merged", NULL), *merged_gguf = g_build_filename (f->folder, "merged-gguf", NULL);
  g_autofree char *lora = g_build_filename (f->model, "polite.lora.gguf", NULL), *a = g_build_filename (f->folder, "a.npy", NULL);
  g_autofree char *b = g_build_filename (f->folder, "b.npy", NULL), *c = g_build_filename (f->folder, "c.npy", NULL);

  g_free (owl_run ("convert", source, merged, "--merge", adapter, NULL));
  g_free (owl_run ("convert", adapter, lora, "--base", f->model, NULL));
  g_free (owl_run ("convert", source, merged_gguf, "--merge", lora, NULL));
  /* By its name the adapter is found in the model folder. */
  g_free (owl_run ("probe", "-m", f->model, "-a", "polite", "--text", "How many birds?", "--tensor", "logits", "-o", a, NULL));
  g_free (owl_run ("probe", "-m", merged, "--text", "How many birds?", "--tensor", "logits", "-o", b, NULL));
  g_free (owl_run ("probe", "-m", merged_gguf, "--text", "How many birds?", "--tensor", "logits", "-o", c, NULL));
  assert_close ("merged", b, a, 1e-5);
  assert_close ("merged from gguf", c, a, 1e-5);
  /* Strength 0 is the base. */
  g_free (owl_run ("probe", "-m", f->model, "-a", "polite:0", "--text", "How many birds?", "--tensor", "logits", "-o", a, NULL));
  g_free (owl_run ("probe", "-m", f->model, "--text", "How many birds?", "--tensor", "logits", "-o", b, NULL));
  assert_close ("strength 0", a, b, 1e-7);
}

static void
test_types (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *type;
    double limit;
  } types[] = { { "f32", 1e-7 }, { "f16", 2e-2 }, { "bf16", 1e-1 }, { "q8_0", 1e-1 } };
  g_autofree char *source = golden_path ("llama-tiny-f32"), *a = g_build_filename (f->folder, "a.npy", NULL);
  g_autofree char *b = g_build_filename (f->folder, "b.npy", NULL);

  g_free (owl_run ("probe", "-m", f->model, "--text", "How many birds?", "--tensor", "logits", "-o", a, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autofree char *dest = g_build_filename (f->folder, types[i].type, NULL);

    g_free (owl_run ("convert", source, dest, "--type", types[i].type, NULL));
    g_free (owl_run ("probe", "-m", dest, "--text", "How many birds?", "--tensor", "logits", "-o", b, NULL));
    assert_close (types[i].type, b, a, types[i].limit);
  }
}

static void
test_refusals (Fixture *f, gconstpointer data)
{
  g_autofree char *copy = copy_checkpoint (f, "llama-tiny"), *dest = g_build_filename (f->folder, "dest", NULL);
  g_autofree char *shard = g_build_filename (copy, "pytorch_model-00002-of-00002.bin", NULL), *contents = NULL;
  g_autofree char *config = g_build_filename (copy, "config.json", NULL), *adapter = golden_path ("llama-tiny-lora");
  g_autofree char *nowhere = g_build_filename (f->folder, "nowhere", NULL);
  gsize size;

  assert_fails (2, "SOURCE", (const char *[]){ "convert", copy, NULL });
  assert_fails (2, "type", (const char *[]){ "convert", copy, dest, "--type", "q9", NULL });
  assert_fails (2, "--base", (const char *[]){ "convert", adapter, dest, NULL });
  assert_fails (1, "nowhere", (const char *[]){ "convert", nowhere, dest, NULL });
  assert_fails (1, "language.gguf", (const char *[]){ "chat", "-m", copy, "-p", "Hello", NULL });

  g_assert_true (g_file_get_contents (shard, &contents, &size, NULL));
  g_assert_true (g_file_set_contents (shard, contents, (gssize) size / 2, NULL));
  assert_fails (1, "pytorch_model-00002-of-00002.bin", (const char *[]){ "convert", copy, dest, NULL });
  g_assert_false (g_file_test (dest, G_FILE_TEST_EXISTS));
  g_unlink (shard);
  assert_fails (1, "pytorch_model-00002-of-00002.bin", (const char *[]){ "convert", copy, dest, NULL });
  g_assert_true (g_file_set_contents (shard, contents, (gssize) size, NULL));
  g_assert_true (g_file_set_contents (config, "{\"text_config\": {\"num_attention_heads\": 7}}", -1, NULL));
  assert_fails (1, "config.json", (const char *[]){ "convert", copy, dest, NULL });
  g_assert_false (g_file_test (dest, G_FILE_TEST_EXISTS));

  /* A model that is there already stays as it was. */
  {
    g_autofree char *file = g_build_filename (f->model, "language.gguf", NULL), *before = NULL, *after = NULL;
    gsize n_before, n_after;

    g_assert_true (g_file_get_contents (file, &before, &n_before, NULL));
    assert_fails (1, "config.json", (const char *[]){ "convert", copy, f->model, NULL });
    g_assert_true (g_file_get_contents (file, &after, &n_after, NULL));
    g_assert_cmpmem (before, n_before, after, n_after);
    g_assert_cmpuint (count_entries (f->model), ==, 2);
  }
}

static void
assert_same_file (const char *a_folder, const char *b_folder, const char *name)
{
  g_autofree char *a = g_build_filename (a_folder, name, NULL), *b = g_build_filename (b_folder, name, NULL), *x = NULL, *y = NULL;
  gsize n_x, n_y;

  g_assert_true (g_file_get_contents (a, &x, &n_x, NULL) && g_file_get_contents (b, &y, &n_y, NULL));
  g_assert_cmpuint (n_x, ==, n_y);
  g_assert_cmpint (memcmp (x, y, n_x), ==, 0);
}

/* Configurations with fewer fields: what the tensors say need not be said again; what they contradict is refused. */
static void
test_configurations (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *part, *field;
  } optional[] = { { "vision_config", "image_size" },      { "vision_config", "intermediate_size" }, { "vision_config", "num_hidden_layers" },
                   { "text_config", "intermediate_size" }, { "text_config", "num_hidden_layers" },
                   { "visual_abstractor_config", "num_hidden_layers" } };
  static const char *const counted[] = { "text_config", "vision_config", "visual_abstractor_config" };
  g_autofree char *copy = copy_checkpoint (f, "llama-tiny"), *path = g_build_filename (copy, "config.json", NULL);
  g_autofree char *whole = g_build_filename (f->folder, "whole", NULL), *same = g_build_filename (f->folder, "same", NULL);
  g_autofree char *dest = g_build_filename (f->folder, "dest", NULL);
  json_t *config = json_load_file (path, 0, NULL);

  g_free (owl_run ("convert", copy, whole, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (optional); i++)
    g_assert_cmpint (json_object_del (json_object_get (config, optional[i].part), optional[i].field), ==, 0);
  g_assert_cmpint (json_dump_file (config, path, 0), ==, 0);
  g_free (owl_run ("convert", copy, same, NULL));
  assert_same_file (whole, same, "language.gguf");
  assert_same_file (whole, same, "vision.gguf");

  for (gsize i = 0; i < G_N_ELEMENTS (counted); i++) {
    json_object_set_new (json_object_get (config, counted[i]), "num_hidden_layers", json_integer (4));
    g_assert_cmpint (json_dump_file (config, path, 0), ==, 0);
    assert_fails (1, "layers", (const char *[]){ "convert", copy, dest, NULL });
    json_object_del (json_object_get (config, counted[i]), "num_hidden_layers");
  }
  json_decref (config);
}

/* An adapter for another model is refused with the tensor that does not fit. */
static void
test_other_adapter (Fixture *f, gconstpointer data)
{
  g_autofree char *adapter = golden_path ("llama-tiny-lora"), *starter = g_strdup (g_getenv ("OWL_STARTER"));
  g_autofree char *lora = g_build_filename (f->folder, "x.lora.gguf", NULL);

  assert_fails (1, "q_proj", (const char *[]){ "convert", adapter, lora, "--base", starter, NULL });
  g_assert_false (g_file_test (lora, G_FILE_TEST_EXISTS));
  g_free (owl_run ("convert", adapter, lora, "--base", f->model, NULL));
  assert_fails (1, "attn_q", (const char *[]){ "chat", "-m", starter, "-a", lora, "-p", "Hello", NULL });
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/convert/merge", Fixture, NULL, set_up, test_merge, tear_down);
  g_test_add ("/convert/types", Fixture, NULL, set_up, test_types, tear_down);
  g_test_add ("/convert/refusals", Fixture, NULL, set_up, test_refusals, tear_down);
  g_test_add ("/convert/configurations", Fixture, NULL, set_up, test_configurations, tear_down);
  g_test_add ("/convert/other-adapter", Fixture, NULL, set_up, test_other_adapter, tear_down);
  return g_test_run ();
}
