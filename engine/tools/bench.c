/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench.h"

#include "image/tiles.h"
#include "tools/tools.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* Each part is repeated and the best kept: other programs only ever slow it down. */
#define N_ROUNDS 3

typedef struct {
  OwlModel *model;
  OwlPool *pool;
  OwlBenchLimits limits;
  int n_prompt, n_decode;

  double load_ms, encode_ms, prefill_tok_s, decode_tok_s;
  double peak_rss_mb;
  const char *weights; /* in what memory */
} Bench;

static double
ms_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / 1000.0;
}

static void
fill (float *values, gsize n)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (rand, -1.0, 1.0);
}

static void
measure_encode (Bench *b, float *pixels, float *tokens)
{
  gint64 start = g_get_monotonic_time ();

  owl_vision_encode (b->model->vision, b->pool, pixels, OWL_OVERVIEW_POSITION, OWL_OVERVIEW_POSITION, tokens, NULL, NULL, NULL, NULL);
  b->encode_ms = MIN (b->encode_ms, ms_since (start));
}

/* What the decoder works on. */
typedef struct {
  OwlKvCache cache;
  OwlLanguageBuffers buffers;
  float *rows, *x, *logits; /* [n_prompt, width] twice, [n_vocabulary] */
} Timeline;

static gboolean
timeline_init (Timeline *t, const Bench *b, GError **error)
{
  const OwlLanguage *l = b->model->language;
  OwlType kv = owl_type_is_quantised (l->layers[0].out.weight.type) ? OWL_TYPE_F16 : OWL_TYPE_F32;
  gsize n_values = (gsize) b->n_prompt * l->width;

  if (!owl_kv_cache_init (&t->cache, kv, l->n_layers, l->n_kv_heads, b->n_prompt + b->n_decode, l->head_dim, error))
    return FALSE;
  owl_language_buffers_init (&t->buffers, l, b->n_prompt);
  t->rows = g_new (float, n_values);
  t->x = g_new (float, n_values);
  t->logits = g_new (float, l->n_vocabulary);
  fill (t->rows, n_values);
  return TRUE;
}

static void
timeline_clear (Timeline *t)
{
  owl_language_buffers_clear (&t->buffers);
  owl_kv_cache_clear (&t->cache);
  g_free (t->rows);
  g_free (t->x);
  g_free (t->logits);
}

/* Evaluates `n` rows from `position`, with the logits of the last. */
static void
step (Bench *b, Timeline *t, gsize n, int position)
{
  const OwlLanguage *l = b->model->language;

  owl_language_forward (l, b->pool, NULL, &t->cache, &t->buffers, t->x, n, position, NULL, NULL);
  owl_language_logits (l, b->pool, t->x + (n - 1) * l->width, 1, t->logits, NULL);
}

static void
measure_language (Bench *b, Timeline *t)
{
  const OwlLanguage *l = b->model->language;
  gint64 start = g_get_monotonic_time ();

  memcpy (t->x, t->rows, (gsize) b->n_prompt * l->width * sizeof *t->x);
  step (b, t, b->n_prompt, 0);
  b->prefill_tok_s = MAX (b->prefill_tok_s, b->n_prompt * 1000.0 / ms_since (start));

  start = g_get_monotonic_time ();
  for (int i = 0; i < b->n_decode; i++) {
    owl_language_embed (l, (gint32) (i * 97 % l->n_vocabulary), t->x);
    step (b, t, 1, b->n_prompt + i);
  }
  b->decode_tok_s = MAX (b->decode_tok_s, b->n_decode * 1000.0 / ms_since (start));
}

/* Limits and the model's parts in turn, so that whatever else runs on the computer slows both. */
static gboolean
measure (Bench *b, GError **error)
{
  const OwlVision *v = b->model->vision;
  gsize n_pixels = v ? 3 * (gsize) v->image_size * v->image_size : 0;
  g_autofree float *pixels = g_new (float, n_pixels);
  g_autofree float *tokens = v ? g_new (float, (gsize) owl_vision_get_n_tokens (v) * v->out_width) : NULL;
  struct rusage usage;
  Timeline timeline;

  if (!timeline_init (&timeline, b, error))
    return FALSE;
  b->encode_ms = INFINITY;
  fill (pixels, n_pixels);
  for (int round = 0; round < N_ROUNDS; round++) {
    if (v)
      measure_encode (b, pixels, tokens);
    measure_language (b, &timeline);
    if (round == 0) {
      /* Before the limits take memory of their own. */
      getrusage (RUSAGE_SELF, &usage);
      b->peak_rss_mb = (double) usage.ru_maxrss / 1024.0;
    }
    owl_bench_limits (b->pool, &b->limits);
  }
  timeline_clear (&timeline);
  return TRUE;
}

/* Where the weights lie. */
static void
describe_memory (Bench *b)
{
  gsize size = 0, huge = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (b->model->packings); i++)
    if (b->model->packings[i]) {
      size += owl_packing_get_size (b->model->packings[i]);
      huge += owl_packing_get_huge (b->model->packings[i]);
    }
  b->weights = size == 0 ? "mapped" : huge > size / 2 ? "packed, huge pages" : "packed";
}

static void
add_linear (const OwlLinear *linear, double *values, double *bytes)
{
  if (!linear->weight.data)
    return;
  *values += (double) owl_tensor_n_values (&linear->weight);
  *bytes += (double) linear->weight.size;
}

/* Weights that one token passes: their number and their bytes. The output layer counts for bytes, and for products only once a prompt. */
static void
count_language (const OwlLanguage *l, double *layer_values, double *output_values, double *bytes)
{
  *layer_values = *output_values = *bytes = 0.0;
  for (int i = 0; i < l->n_layers; i++) {
    const OwlLanguageLayer *layer = &l->layers[i];
    const OwlLinear *const linears[] = { &layer->q, &layer->k, &layer->v, &layer->out, &layer->gate, &layer->up, &layer->down };

    for (gsize j = 0; j < G_N_ELEMENTS (linears); j++)
      add_linear (linears[j], layer_values, bytes);
  }
  add_linear (&l->output, output_values, bytes);
}

/* Multiply-adds of one picture: products with weights and the two products of attention. */
static double
count_vision (const OwlVision *v)
{
  double n = v->n_patches + 1.0, nq = v->n_queries, kv = n + nq, work = 0.0, ignored = 0.0;
  double patch = 0.0, layer = 0.0, project = 0.0;

  add_linear (&v->patch, &patch, &ignored);
  add_linear (&v->project, &project, &ignored);
  work = patch * v->n_patches + project * nq;
  for (int i = 0; i < v->n_layers; i++) {
    const OwlVitLayer *l = &v->layers[i];
    const OwlLinear *const linears[] = { &l->q, &l->k, &l->v, &l->out, &l->up, &l->down };

    layer = 0.0;
    for (gsize j = 0; j < G_N_ELEMENTS (linears); j++)
      add_linear (linears[j], &layer, &ignored);
    work += layer * n + 2.0 * n * n * v->width;
  }
  for (int i = 0; i < v->n_abstractor_layers; i++) {
    const OwlAbstractorLayer *l = &v->abstractor[i];
    double queries = 0.0, keys = 0.0;

    add_linear (&l->k, &keys, &ignored);
    add_linear (&l->v, &keys, &ignored);
    add_linear (&l->q, &queries, &ignored);
    add_linear (&l->out, &queries, &ignored);
    add_linear (&l->gate, &queries, &ignored);
    add_linear (&l->up, &queries, &ignored);
    add_linear (&l->down, &queries, &ignored);
    work += queries * nq + keys * kv + 2.0 * nq * kv * v->width;
  }
  return work;
}

static char *
cpu_name (void)
{
  g_autofree char *text = NULL;
  const char *at, *end;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL) || !(at = strstr (text, "model name")) || !(at = strchr (at, ':')))
    return g_strdup ("unknown");
  at += 2;
  end = strchr (at, '\n');
  return g_strndup (at, end ? (gsize) (end - at) : strlen (at));
}

static json_t *
describe (const Bench *b)
{
  const OwlLanguage *l = b->model->language;
  OwlType type = l->layers[0].out.weight.type;
  g_autofree char *cpu = cpu_name ();
  double values, output, bytes, prefill_work, prefill_limit;
  json_t *object;

  count_language (l, &values, &output, &bytes);
  prefill_work = 2.0e-9 * (values + output / b->n_prompt);
  prefill_limit = owl_type_is_quantised (type) ? b->limits.int8_gop_s : b->limits.sgemm_gflop_s;
  object = json_pack ("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:s, s:s, s:s, s:s}",
                      "prefill_tok_s", b->prefill_tok_s, "decode_tok_s", b->decode_tok_s, "load_ms", b->load_ms,
                      "peak_rss_mb", b->peak_rss_mb, "read_gb_s", b->limits.read_gb_s, "read_small_pages_gb_s", b->limits.read_small_gb_s,
                      "sgemm_gflop_s", b->limits.sgemm_gflop_s, "int8_gop_s", b->limits.int8_gop_s,
                      "prefill_limit_fraction", b->prefill_tok_s * prefill_work / prefill_limit,
                      "decode_limit_fraction", b->decode_tok_s * bytes * 1e-9 / b->limits.read_gb_s,
                      "threads", owl_pool_get_n_threads (b->pool), "cpu", cpu, "type", owl_type_name (type),
                      "level", owl_cpu_level_name (owl_cpu_get_level ()), "weights", b->weights);
  if (b->model->vision) {
    gboolean quantised = owl_type_is_quantised (b->model->vision->project.weight.type);
    double limit = quantised ? b->limits.int8_gop_s : b->limits.sgemm_gflop_s;
    double least_ms = 2.0e-6 * count_vision (b->model->vision) / limit;

    json_object_set_new (object, "encode_ms", json_real (b->encode_ms));
    json_object_set_new (object, "encode_limit_fraction", json_real (least_ms / b->encode_ms));
  } else {
    json_object_set_new (object, "encode_ms", json_null ());
    json_object_set_new (object, "encode_limit_fraction", json_null ());
  }
  return object;
}

static void
print_text (json_t *object)
{
  const char *key;
  json_t *value;

  json_object_foreach (object, key, value)
    if (json_is_real (value))
      printf ("%-24s %10.2f\n", key, json_real_value (value));
    else if (json_is_integer (value))
      printf ("%-24s %10lld\n", key, (long long) json_integer_value (value));
    else
      printf ("%-24s %s\n", key, json_is_string (value) ? json_string_value (value) : "-");
}

int
owl_tool_bench (int argc, char **argv)
{
  g_autofree char *path = NULL, *shape = NULL, *type = NULL, *vision_type = NULL;
  int threads = 0;
  gboolean json = FALSE;
  Bench b = { .n_prompt = 128, .n_decode = 32 };
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &path, "Model folder, or one language file", "MODEL" },
    { "shape", 0, 0, G_OPTION_ARG_STRING, &shape, "Random weights: mplug-owl-7b, mplug-owl-bloomz-7b or llama-1b", "SHAPE" },
    { "type", 0, 0, G_OPTION_ARG_STRING, &type, "Type of the random weights, such as q4_0", "TYPE" },
    { "vision-type", 0, 0, G_OPTION_ARG_STRING, &vision_type, "Type of the random encoder (f16)", "TYPE" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &threads, "Threads (one a core)", "N" },
    { "prompt", 'p', 0, G_OPTION_ARG_INT, &b.n_prompt, "Positions of the prompt (128)", "N" },
    { "tokens", 'n', 0, G_OPTION_ARG_INT, &b.n_decode, "Tokens to generate (32)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object", NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  json_t *object;
  gint64 start;

  if (!owl_tool_parse (&argc, &argv, entries, NULL, "Measures a model, and the machine's limits in the same run."))
    return OWL_EXIT_USAGE;
  if (argc > 1 || !path == !shape || (shape && !type) || b.n_prompt < 1 || b.n_prompt > 2048 || b.n_decode < 1 || b.n_decode > 2048)
    return owl_tool_usage ("bench", "give either -m MODEL or --shape SHAPE --type TYPE; -p and -n are 1 to 2048");

  start = g_get_monotonic_time ();
  if (shape) {
    OwlPool *pool = owl_pool_new (threads);

    b.model = owl_bench_shape (shape, type, vision_type, pool, &error);
    if (!b.model)
      owl_pool_free (pool);
  } else {
    b.model = owl_model_open (path, threads, NULL, NULL, NULL, &error);
  }
  if (shape && b.model) {
    start = g_get_monotonic_time ();
    if (!owl_model_pack (b.model, NULL, NULL, NULL, &error))
      g_clear_pointer (&b.model, owl_model_unref);
  }
  if (!b.model)
    return owl_tool_fail ("bench", error);
  b.load_ms = ms_since (start);
  describe_memory (&b);
  b.pool = b.model->pool;
  if (!measure (&b, &error)) {
    owl_model_unref (b.model);
    return owl_tool_fail ("bench", error);
  }

  object = describe (&b);
  if (json) {
    json_dumpf (object, stdout, JSON_COMPACT);
    putchar ('\n');
  } else {
    print_text (object);
  }
  json_decref (object);
  owl_model_unref (b.model);
  return OWL_EXIT_OK;
}
