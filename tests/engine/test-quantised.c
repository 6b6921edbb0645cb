/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What quantised weights, keys and values cost in quality, with the bundled model: visual tokens, the perplexity of its sample conversations, and
 * that no processor level answers differently from another. */
#include "golden-util.h"

#include "chat/session-private.h"
#include "owl.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static const char *const types[] = { "q8_0", "q4_0", "q4_k_m", "q6_k" };
static char *scratch;

/* Questions and answers of the samples, one below the other. */
static char *
sample_text (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", "samples.jsonl", NULL);
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;
  GString *text = g_string_new ("The following is a conversation.");

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", -1);
  for (gsize i = 0; lines[i] && text->len < 2000; i++) {
    json_t *sample = json_loads (lines[i], 0, NULL);

    if (sample)
      g_string_append_printf (text, "\nHuman: %s\nAI: %s", json_string_value (json_object_get (sample, "question")),
                              json_string_value (json_object_get (sample, "answer")));
    json_decref (sample);
  }
  return g_string_free (text, FALSE);
}

/* Perplexity of ids 1 … n - 1 by logits [n, n_vocabulary]. */
static double
perplexity (const float *logits, gsize n, gsize n_vocabulary, const gint32 *ids)
{
  double sum = 0.0;

  for (gsize i = 0; i + 1 < n; i++, logits += n_vocabulary) {
    double max = -INFINITY, total = 0.0;

    for (gsize j = 0; j < n_vocabulary; j++)
      max = MAX (max, (double) logits[j]);
    for (gsize j = 0; j < n_vocabulary; j++)
      total += exp ((double) logits[j] - max);
    sum += max + log (total) - (double) logits[ids[i + 1]];
  }
  return exp (sum / (double) (n - 1));
}

/* A folder with the bundled model, one file of it as `type`. */
static char *
make_model (const char *file, const char *type)
{
  g_autofree char *name = g_strdup_printf ("%s-%s", file, type);
  char *folder = g_build_filename (scratch, name, NULL);
  const char *const files[] = { "language.gguf", "vision.gguf" };

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *source = g_build_filename (g_getenv ("OWL_STARTER"), files[i], NULL);
    g_autofree char *dest = g_build_filename (folder, files[i], NULL);
    g_autoptr (GFile) from = g_file_new_for_path (source), to = g_file_new_for_path (dest);

    if (strcmp (files[i], file) == 0)
      g_free (owl_run ("quantize", source, dest, type, NULL));
    else
      g_assert_true (g_file_copy (from, to, 0, NULL, NULL, NULL, NULL));
  }
  return folder;
}

static double
cosine (const float *a, const float *b, gsize n)
{
  double product = 0.0, aa = 0.0, bb = 0.0;

  for (gsize i = 0; i < n; i++) {
    product += (double) a[i] * (double) b[i];
    aa += (double) a[i] * (double) a[i];
    bb += (double) b[i] * (double) b[i];
  }
  return product / sqrt (aa * bb);
}

static Array *
visual_tokens (const char *model, const char *image)
{
  g_autofree char *output = g_build_filename (scratch, "visual.npy", NULL);

  g_free (owl_run ("probe", "-m", model, "-i", image, "--tensor", "visual_tokens", "-o", output, NULL));
  return array_read (output);
}

/* An encoder of 8 bits gives the visual tokens of the unquantised one, within a cosine of 0.9995, for every golden picture. */
static void
test_vision (void)
{
  g_autofree char *folder = golden_path ("images"), *quantised = make_model ("vision.gguf", "q8_0");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  double worst = 1.0;
  int n = 0;

  while ((name = g_dir_read_name (dir))) {
    g_autofree char *image = g_build_filename (folder, name, NULL);
    g_autoptr (Array) expected = NULL, got = NULL;

    if (!g_str_has_suffix (name, ".png") && !g_str_has_suffix (name, ".jpg"))
      continue;
    expected = visual_tokens (g_getenv ("OWL_STARTER"), image);
    got = visual_tokens (quantised, image);
    g_assert_cmpuint (got->n, ==, expected->n);
    worst = MIN (worst, cosine (got->values, expected->values, got->n));
    n++;
  }
  g_test_message ("visual tokens of %d pictures: cosine %.6f or more", n, worst);
  g_assert_cmpint (n, >=, 12);
  g_assert_cmpfloat (worst, >=, 0.9995);
}

/* The first sample conversations with a picture, each with its answer. */
typedef struct {
  char *image, *text_file;
  GArray *ids;
  gsize first; /* the id before the answer: the model was trained on answers alone */
} Sample;

static Sample *
read_samples (const char *model, gsize n)
{
  g_autofree char *folder = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", NULL);
  g_autofree char *path = g_build_filename (folder, "samples.jsonl", NULL), *contents = NULL;
  g_autofree char *prompt_file = g_build_filename (scratch, "prompt.txt", NULL);
  g_auto (GStrv) lines = NULL;
  Sample *samples = g_new0 (Sample, n);

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", -1);
  for (gsize i = 0, line = 0; i < n; line++) {
    json_t *json = json_loads (lines[line], 0, NULL), *tokens, *value;
    g_autofree char *name = g_strdup_printf ("sample-%" G_GSIZE_FORMAT ".txt", i), *text = NULL;
    size_t j;

    g_assert_nonnull (json);
    /* The model does not read: a sum is no answer of its, and how unlikely it finds one hangs on every rounding. */
    if (strcmp (json_string_value (json_object_get (json, "task")), "total") == 0) {
      json_decref (json);
      continue;
    }
    /* Two blanks: answers are tokenised on their own and begin with one. */
    text = g_strdup_printf (OWL_SYSTEM_TEXT "\nHuman: <image>\nHuman: %s\nAI:  %s", json_string_value (json_object_get (json, "question")),
                            json_string_value (json_object_get (json, "answer")));
    samples[i].image = g_build_filename (folder, json_string_value (json_array_get (json_object_get (json, "images"), 0)), NULL);
    samples[i].text_file = g_build_filename (scratch, name, NULL);
    g_assert_true (g_file_set_contents (samples[i].text_file, text, -1, NULL));
    json_decref (json);

    tokens = owl_run_json ("tokenize", "-m", model, "--raw", samples[i].text_file, "--json", NULL);
    samples[i].ids = g_array_new (FALSE, FALSE, sizeof (gint32));
    json_array_foreach (json_object_get (tokens, "ids"), j, value) {
      gint32 id = (gint32) json_integer_value (value);

      g_array_append_val (samples[i].ids, id);
    }
    json_decref (tokens);
    strstr (text, "\nAI: ")[strlen ("\nAI: ")] = '\0';
    g_assert_true (g_file_set_contents (prompt_file, text, -1, NULL));
    tokens = owl_run_json ("tokenize", "-m", model, "--raw", prompt_file, "--json", NULL);
    samples[i].first = json_array_size (json_object_get (tokens, "ids")) - 1;
    g_assert_cmpuint (samples[i].first + 1, <, samples[i].ids->len);
    json_decref (tokens);
    i++;
  }
  return samples;
}

static void
free_samples (Sample *samples, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    g_free (samples[i].image);
    g_free (samples[i].text_file);
    g_array_unref (samples[i].ids);
  }
  g_free (samples);
}

#define N_SAMPLES 3

/* Logits of the samples at one level of the processor, and the perplexity of what is said about the pictures. */
static double
run_level (const char *model, const Sample *samples, const char *level, Array *logits[N_SAMPLES])
{
  g_autofree char *output = g_build_filename (scratch, "logits.npy", NULL);
  double sum = 0.0;
  gsize n = 0;

  g_setenv ("OWL_CPU", level, TRUE);
  for (gsize i = 0; i < N_SAMPLES; i++) {
    const Sample *s = &samples[i];
    gsize count = s->ids->len - s->first;

    g_free (owl_run ("probe", "-m", model, "-i", s->image, "--raw", s->text_file, "--tensor", "logits", "-o", output, NULL));
    logits[i] = array_read (output);
    g_assert_cmpuint (logits[i]->shape[0], ==, s->ids->len);
    sum += log (perplexity (logits[i]->values + s->first * logits[i]->shape[1], count, logits[i]->shape[1],
                            &g_array_index (s->ids, gint32, s->first))) * (double) (count - 1);
    n += count - 1;
  }
  g_unsetenv ("OWL_CPU");
  return exp (sum / (double) n);
}

static double
relative_distance (Array *const a[N_SAMPLES], Array *const b[N_SAMPLES])
{
  double distance = 0.0, size = 0.0;

  for (gsize i = 0; i < N_SAMPLES; i++)
    for (gsize j = 0; j < b[i]->n; j++) {
      distance += pow ((double) a[i]->values[j] - (double) b[i]->values[j], 2.0);
      size += pow ((double) b[i]->values[j], 2.0);
    }
  return sqrt (distance / size);
}

/* Products have the same bits at every level, and the rest differs by rounding: perplexities agree in three digits, up to the
 * rounding of the third. Logits differ where such a difference makes an activation round to another of its 8 bits. */
static void
test_levels (void)
{
  static const char *const levels[] = { "scalar", "avx2", "avxvnni", "avx512" };
  Sample *samples = read_samples (g_getenv ("OWL_STARTER"), N_SAMPLES);

  for (gsize t = 0; t < G_N_ELEMENTS (types); t++) {
    g_autofree char *model = make_model ("language.gguf", types[t]);
    Array *scalar[N_SAMPLES] = { NULL }, *logits[N_SAMPLES];
    double expected = 0.0;

    for (gsize l = 0; l < G_N_ELEMENTS (levels); l++) {
      double got = run_level (model, samples, levels[l], l == 0 ? scalar : logits), distance = 0.0;

      if (l == 0)
        expected = got;
      else
        distance = relative_distance (logits, scalar);
      g_test_message ("%s: perplexity %.5f at %s; logits differ by %.2g", types[t], got, levels[l], distance);
      g_assert_cmpfloat (fabs (got / expected - 1.0), <, 2.5e-3);
      g_assert_cmpfloat (distance, <, 1e-2);
      for (gsize i = 0; l > 0 && i < N_SAMPLES; i++)
        array_free (logits[i]);
    }
    for (gsize i = 0; i < N_SAMPLES; i++)
      array_free (scalar[i]);
  }
  free_samples (samples, N_SAMPLES);
}

typedef struct {
  OwlTrace trace;
  const OwlPrompt *prompt;
  double perplexity;
} Catch;

static gboolean
wants_logits (OwlTrace *trace, const char *name)
{
  return strcmp (name, "logits") == 0;
}

static void
take_logits (OwlTrace *trace, const char *name, const float *values, const gsize *shape, int n_dims)
{
  Catch *c = (Catch *) trace;
  gsize n;
  const gint32 *ids = owl_prompt_get_ids (c->prompt, &n);

  if (!wants_logits (trace, name))
    return;
  g_assert_cmpuint (n, ==, shape[0]);
  c->perplexity = perplexity (values, n, shape[1], ids);
}

/* Keys and values in 16 or 8 bits against float32 ones. */
static void
test_kv (void)
{
  static const struct {
    OwlKvType type;
    const char *name;
    double limit;
  } kinds[] = { { OWL_KV_F32, "f32", 1e-9 }, { OWL_KV_F16, "f16", 5e-4 }, { OWL_KV_Q8_0, "q8_0", 5e-3 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlModel) model = owl_model_open (g_getenv ("OWL_STARTER"), 2, NULL, NULL, NULL, &error);
  g_autofree char *text = sample_text ();
  g_autoptr (OwlPrompt) prompt = NULL;
  double expected = 0.0;

  g_assert_no_error (error);
  prompt = owl_prompt_new_from_raw (model, text, strlen (text), NULL, 0, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (OwlSession) session = owl_session_new (model, NULL, 0, 0, kinds[i].type, &error);
    Catch c = { { wants_logits, take_logits }, prompt, 0.0 };

    g_assert_no_error (error);
    owl_session_probe (session, prompt, &c.trace, NULL, &error);
    g_assert_no_error (error);
    if (i == 0)
      expected = c.perplexity;
    g_test_message ("keys and values as %s: perplexity %.5f (%+.3f %%)", kinds[i].name, c.perplexity, 100.0 * (c.perplexity / expected - 1.0));
    g_assert_cmpfloat (fabs (c.perplexity / expected - 1.0), <=, kinds[i].limit);
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  scratch = make_scratch ();
  g_test_add_func ("/quantised/vision", test_vision);
  g_test_add_func ("/quantised/levels", test_levels);
  g_test_add_func ("/quantised/kv", test_kv);
  status = g_test_run ();
  remove_tree (scratch);
  g_free (scratch);
  return status;
}
