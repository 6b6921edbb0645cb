/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Quantised types, what a model folder says of itself, and how a conversion is watched and ended. */
#include "convert/convert.h"
#include "files/gguf.h"
#include "golden-util.h"
#include "owl.h"
#include "tensor/quantise.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *folder, *model;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *source = golden_path ("bloom-tiny");

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

static double
draw (GRand *rand)
{
  return sqrt (-2.0 * log (1.0 - g_rand_double (rand))) * cos (2.0 * G_PI * g_rand_double (rand));
}

/* Error of `type` on `values`, relative to their size (root mean squares). */
static double
relative_error (OwlType type, const float *values, gsize n)
{
  g_autofree guint8 *blocks = g_malloc (owl_type_row_size (type, (gint64) n));
  g_autofree float *back = g_new (float, n);
  double error = 0.0, size = 0.0;

  owl_type_from_f32 (type, values, blocks, n);
  owl_type_to_f32 (type, blocks, back, n);
  for (gsize i = 0; i < n; i++) {
    error += pow ((double) back[i] - (double) values[i], 2.0);
    size += pow ((double) values[i], 2.0);
  }
  return sqrt (error / size);
}

/* On normal data, against what llama.cpp's own quantisers leave on such data (measured with its libggml-base on two million values). */
static void
test_error (void)
{
  static const struct {
    OwlType type;
    double reference;
  } types[] = { { OWL_TYPE_Q8_0, 0.00535 }, { OWL_TYPE_Q6_K, 0.01777 }, { OWL_TYPE_Q5_K, 0.03613 },
                { OWL_TYPE_Q4_K, 0.07137 }, { OWL_TYPE_Q4_0, 0.08601 } };
  const gsize n = 1 << 17;
  g_autofree float *values = g_new (float, n);
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) (0.02 * draw (rand));
  for (gsize t = 0; t < G_N_ELEMENTS (types); t++) {
    double error = relative_error (types[t].type, values, n);

    g_test_message ("%s: %.5f, llama.cpp %.5f", owl_type_name (types[t].type), error, types[t].reference);
    g_assert_cmpfloat (error, <, 1.01 * types[t].reference);
    g_assert_cmpfloat (error, >, 0.9 * types[t].reference);
  }
}

/* Blocks that leave a search nothing to hold on to. */
static void
test_odd_blocks (void)
{
  static const OwlType types[] = { OWL_TYPE_Q8_0, OWL_TYPE_Q4_0, OWL_TYPE_Q4_K, OWL_TYPE_Q5_K, OWL_TYPE_Q6_K };
  enum { ZEROS, ONES, MINUS_ONES, TINY, HUGE_VALUES, ONE_SPIKE, POSITIVE, N_KINDS };
  float values[256], back[256];
  guint8 block[512];

  for (int kind = 0; kind < N_KINDS; kind++) {
    float largest = 0.0f;

    for (int i = 0; i < 256; i++) {
      const float kinds[N_KINDS] = { 0.0f,     1.0f, -1.0f, (float) i * 1e-30f, (float) (i - 128) * 100.0f, i == 77 ? -3.0f : 0.0f,
                                     1.0f + (float) i / 256.0f };
      values[i] = kinds[kind];
      largest = fmaxf (largest, fabsf (values[i]));
    }
    for (gsize t = 0; t < G_N_ELEMENTS (types); t++) {
      owl_type_from_f32 (types[t], values, block, 256);
      owl_type_to_f32 (types[t], block, back, 256);
      for (int i = 0; i < 256; i++) {
        g_assert_true (isfinite (back[i]));
        g_assert_cmpfloat (fabsf (back[i] - values[i]), <=, largest / 7.0f + 1e-20f);
      }
    }
  }
}

static void
test_info (Fixture *f, gconstpointer data)
{
  g_autofree char *adapter = golden_path ("bloom-tiny-lora"), *second = g_build_filename (f->model, "second.lora.gguf", NULL);
  g_autofree char *first = g_build_filename (f->model, "first.lora.gguf", NULL), *language = g_build_filename (f->model, "language.gguf", NULL);
  g_autofree char *nowhere = g_build_filename (f->folder, "nowhere", NULL);
  g_auto (GStrv) names = NULL, none = owl_model_list_adapters (nowhere);
  g_autoptr (GError) error = NULL;
  OwlModelInfo info;

  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_free (owl_run ("convert", adapter, second, "--base", f->model, NULL));
  g_free (owl_run ("convert", adapter, first, "--base", f->model, NULL));
  names = owl_model_list_adapters (f->model);
  g_assert_cmpstr (names[0], ==, "first");
  g_assert_cmpstr (names[1], ==, "second");
  g_assert_null (names[2]);

  g_assert_true (owl_model_read_info (f->model, &info, &error));
  g_assert_cmpstr (info.architecture, ==, "bloom");
  g_assert_cmpstr (info.type, ==, "f16");
  g_assert_cmpstr (info.vision_type, ==, "f16");
  g_assert_true (info.has_vision);
  g_assert_cmpint (info.n_adapters, ==, 2);
  g_assert_cmpint (info.context_length, ==, 2048);
  /* 704 x 96 of the embedding, and the layers: well known from the configuration. */
  g_assert_cmpuint (info.n_parameters, >, 704 * 96 + 2 * 12 * 96 * 96);
  g_assert_cmpuint (info.disk_bytes, >, info.weight_bytes);
  g_assert_cmpuint (info.memory_bytes, >, info.weight_bytes + info.kv_bytes);
  /* Unquantised: the cache is float32, 2 layers x 2048 positions x 96 values, keys and values. */
  g_assert_cmpuint (info.kv_bytes, ==, 2 * 4 * 2 * 2048 * 96);

  g_assert_true (owl_model_read_info (language, &info, &error));
  g_assert_false (info.has_vision);
  g_assert_cmpint (info.n_adapters, ==, 0);
  g_assert_false (owl_model_read_info (nowhere, &info, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_IO);
}

/* A file of one type, and of a mix, says so and still answers as the unquantised one does. */
static void
test_quantize (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *type, *info, *output;
    double limit;
  } types[] = { { "f32", "f32", "f32", 1e-6 },   { "bf16", "bf16", "bf16", 0.05 },   { "q8_0", "q8_0", "q8_0", 0.05 },
                { "q6_k", "q6_k", "q6_k", 0.1 }, { "q4_k_m", "q4_k_m", "q6_k", 0.4 }, { "q5_k_m", "q5_k_m", "q6_k", 0.2 },
                { "q4_0", "q4_0", "q6_k", 0.4 } };
  g_autofree char *starter = g_build_filename (g_getenv ("OWL_STARTER"), "language.gguf", NULL);
  g_autofree char *a = g_build_filename (f->folder, "a.npy", NULL), *b = g_build_filename (f->folder, "b.npy", NULL);

  g_free (owl_run ("probe", "-m", starter, "--text", "How many red birds?", "--tensor", "logits", "-o", a, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autofree char *name = g_strconcat (types[i].type, ".gguf", NULL), *path = g_build_filename (f->folder, name, NULL);
    g_autoptr (OwlGguf) file = NULL;
    g_autoptr (GError) error = NULL;
    const OwlTensor *output;
    OwlModelInfo info;

    g_free (owl_run ("quantize", starter, path, types[i].type, NULL));
    g_assert_true (owl_model_read_info (path, &info, &error));
    file = owl_gguf_open (path, &error);
    g_assert_no_error (error);
    output = owl_gguf_find_tensor (file, "output.weight");
    output = output ? output : owl_gguf_find_tensor (file, "token_embd.weight");
    g_assert_cmpstr (owl_type_name (output->type), ==, types[i].output);
    g_assert_cmpstr (info.type, ==, types[i].info);
    g_free (owl_run ("probe", "-m", path, "--text", "How many red birds?", "--tensor", "logits", "-o", b, NULL));
    assert_close (types[i].type, b, a, types[i].limit);
  }
}

static void
cancel_when_half_done (guint64 done, guint64 total, gpointer user_data)
{
  if (done * 2 > total)
    g_cancellable_cancel (user_data);
}

static void
test_cancel (Fixture *f, gconstpointer data)
{
  g_autofree char *source = golden_path ("bloom-tiny"), *dest = g_build_filename (f->folder, "dest", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  OwlConvertOptions options = { .type = OWL_MIX_F32, .progress = cancel_when_half_done, .user_data = cancellable };
  g_autoptr (GError) error = NULL;

  g_assert_false (owl_convert_checkpoint (source, dest, &options, cancellable, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_CANCELLED);
  g_assert_false (g_file_test (dest, G_FILE_TEST_EXISTS));
  /* Into a folder that is there: what was there stays. */
  g_clear_error (&error);
  g_assert_false (owl_convert_checkpoint (source, f->model, &options, cancellable, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_CANCELLED);
  g_assert_cmpuint (count_entries (f->model), ==, 2);
}

/* A LLaMA of one layer with an embedding of 200 million zeros, which takes no room on the disk. */
static char *
make_large_checkpoint (const Fixture *f)
{
  char *folder = g_build_filename (f->folder, "large", NULL);
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL), *config = g_build_filename (folder, "config.json", NULL);
  g_autofree char *from = golden_path ("llama-tiny/tokenizer.model"), *to = g_build_filename (folder, "tokenizer.model", NULL);
  g_autofree char *contents = NULL;
  const struct {
    const char *name;
    gint64 rows, width; /* rows 0: a vector */
  } tensors[] = { { "model.embed_tokens.weight", 800000, 256 },
                  { "model.layers.0.input_layernorm.weight", 0, 256 },
                  { "model.layers.0.self_attn.q_proj.weight", 256, 256 },
                  { "model.layers.0.self_attn.k_proj.weight", 256, 256 },
                  { "model.layers.0.self_attn.v_proj.weight", 256, 256 },
                  { "model.layers.0.self_attn.o_proj.weight", 256, 256 },
                  { "model.layers.0.post_attention_layernorm.weight", 0, 256 },
                  { "model.layers.0.mlp.gate_proj.weight", 256, 256 },
                  { "model.layers.0.mlp.up_proj.weight", 256, 256 },
                  { "model.layers.0.mlp.down_proj.weight", 256, 256 },
                  { "model.norm.weight", 0, 256 } };
  g_autoptr (GString) header = g_string_new ("{");
  guint64 at = 0, length;
  gsize size;
  FILE *file;

  g_mkdir (folder, 0700);
  g_assert_true (g_file_set_contents (
      config, "{\"num_attention_heads\": 2, \"intermediate_size\": 256, \"num_hidden_layers\": 1}", -1, NULL));
  g_assert_true (g_file_get_contents (from, &contents, &size, NULL) && g_file_set_contents (to, contents, (gssize) size, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (tensors); i++) {
    guint64 bytes = (guint64) MAX (tensors[i].rows, 1) * (guint64) tensors[i].width * 2;
    g_autofree char *rows = tensors[i].rows ? g_strdup_printf ("%" G_GINT64_FORMAT ", ", tensors[i].rows) : g_strdup ("");

    g_string_append_printf (header, "%s\"%s\": {\"dtype\": \"F16\", \"shape\": [%s%" G_GINT64_FORMAT "], \"data_offsets\": [%" G_GUINT64_FORMAT
                            ", %" G_GUINT64_FORMAT "]}", i ? ", " : "", tensors[i].name, rows, tensors[i].width, at, at + bytes);
    at += bytes;
  }
  g_string_append_c (header, '}');
  file = fopen (path, "wb");
  g_assert_nonnull (file);
  length = GUINT64_TO_LE ((guint64) header->len);
  g_assert_cmpuint (fwrite (&length, 8, 1, file), ==, 1);
  g_assert_cmpuint (fwrite (header->str, header->len, 1, file), ==, 1);
  g_assert_cmpint (ftruncate (fileno (file), (off_t) (8 + header->len + at)), ==, 0);
  fclose (file);
  return folder;
}

/* A parent reads the progress and ends the conversion by SIGTERM: one line on stderr, exit status 1, and nothing is left. SIGKILL leaves nothing either
 * where files can be nameless. */
static void
test_signal (Fixture *f, gconstpointer data)
{
  static const int signals[] = { SIGTERM, SIGINT };
  g_autofree char *source = make_large_checkpoint (f), *dest = g_build_filename (f->folder, "dest", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSubprocess) process =
        g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error, g_getenv ("OWL_PROGRAM"), "convert",
                          source, dest, "--type", "q6_k", "--json", NULL);
    g_autoptr (GDataInputStream) out = NULL;
    g_autofree char *err = NULL;
    gboolean planned = FALSE, progressed = FALSE;

    g_assert_no_error (error);
    out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
    while (!progressed) {
      g_autofree char *line = g_data_input_stream_read_line (out, NULL, NULL, &error);
      json_t *object = json_loads (line ? line : "", 0, NULL);
      const char *event = json_string_value (json_object_get (object, "event"));

      if (!event) {
        g_autoptr (GDataInputStream) lines = g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
        g_autofree char *why = g_data_input_stream_read_upto (lines, "", 0, NULL, NULL, NULL);

        g_error ("no progress was said: %s", why);
      }
      g_assert_cmpstr (event, !=, "done");
      planned |= strcmp (event, "plan") == 0;
      progressed = strcmp (event, "progress") == 0;
      json_decref (object);
    }
    g_assert_true (planned);
    g_subprocess_send_signal (process, signals[i]);
    {
      g_autoptr (GDataInputStream) lines = g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
      g_autofree char *second = NULL;

      err = g_data_input_stream_read_line (lines, NULL, NULL, &error);
      second = g_data_input_stream_read_line (lines, NULL, NULL, &error);
      g_assert_null (second);
    }
    g_assert_nonnull (strstr (err, "cancelled"));
    g_assert_true (g_subprocess_wait (process, NULL, &error));
    g_assert_true (g_subprocess_get_if_exited (process));
    g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
    g_assert_false (g_file_test (dest, G_FILE_TEST_EXISTS));
  }
}

static void
test_json (Fixture *f, gconstpointer data)
{
  g_autofree char *source = golden_path ("bloom-tiny"), *dest = g_build_filename (f->folder, "dest", NULL);
  g_autofree char *text = owl_run ("convert", source, dest, "--type", "q8_0", "--json", NULL), *check = NULL;
  g_auto (GStrv) lines = g_strsplit (g_strchomp (text), "\n", -1);
  json_t *plan = NULL, *last = NULL;
  OwlModelInfo info;
  GStatBuf status;
  g_autofree char *language = g_build_filename (dest, "language.gguf", NULL), *other = g_build_filename (f->folder, "other", NULL);

  for (gsize i = 0; lines[i]; i++) {
    json_t *object = json_loads (lines[i], 0, NULL);

    g_assert_nonnull (object);
    if (g_strcmp0 (json_string_value (json_object_get (object, "event")), "plan") == 0)
      plan = json_incref (object);
    json_decref (last);
    last = object;
  }
  g_assert_cmpstr (json_string_value (json_object_get (last, "event")), ==, "done");
  g_assert_true (owl_model_read_info (dest, &info, NULL));
  g_assert_cmpint (json_integer_value (json_object_get (plan, "parameters")), ==, info.n_parameters);
  g_assert_cmpint (json_integer_value (json_object_get (plan, "bytes")), ==, info.weight_bytes);
  g_assert_cmpint (json_integer_value (json_object_get (plan, "memory_bytes")), ==, info.memory_bytes);
  g_assert_cmpint (g_stat (language, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0644);
  json_decref (plan);
  json_decref (last);

  /* A check says the same and writes nothing. */
  check = owl_run ("convert", source, other, "--type", "q8_0", "--check", "--json", NULL);
  g_assert_nonnull (strstr (check, "\"plan\""));
  g_assert_null (strstr (check, "\"done\""));
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/models/error", test_error);
  g_test_add_func ("/models/odd-blocks", test_odd_blocks);
  g_test_add ("/models/info", Fixture, NULL, set_up, test_info, tear_down);
  g_test_add ("/models/quantize", Fixture, NULL, set_up, test_quantize, tear_down);
  g_test_add ("/models/cancel", Fixture, NULL, set_up, test_cancel, tear_down);
  g_test_add ("/models/signal", Fixture, NULL, set_up, test_signal, tear_down);
  g_test_add ("/models/json", Fixture, NULL, set_up, test_json, tear_down);
  return g_test_run ();
}
