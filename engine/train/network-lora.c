/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/network-private.h"

#include <math.h>
#include <string.h>

typedef struct {
  OwlTapeLora tape;
  char *gguf; /* "blk.0.attn_q.weight" */
  OwlLayout layout;
  int n_heads;
} LoraTarget;

void
_owl_network_lora_free (gpointer data)
{
  LoraTarget *target = data;

  g_free (target->gguf);
  g_free (target);
}

/* The layers of a decoder that an adapter may change, in the order of OwlTrainDecoderLayer.lora. */
static const struct {
  const char *module, *gguf;
  OwlLayout layout;
} llama_modules[] = {
  { "self_attn.q_proj", "attn_q", OWL_LAYOUT_ROTARY }, { "self_attn.k_proj", "attn_k", OWL_LAYOUT_ROTARY },
  { "self_attn.v_proj", "attn_v", OWL_LAYOUT_SAME },   { "self_attn.o_proj", "attn_output", OWL_LAYOUT_SAME },
  { "mlp.gate_proj", "ffn_gate", OWL_LAYOUT_SAME },    { "mlp.up_proj", "ffn_up", OWL_LAYOUT_SAME },
  { "mlp.down_proj", "ffn_down", OWL_LAYOUT_SAME },
}, bloom_modules[] = {
  { "self_attention.query_key_value", "attn_qkv", OWL_LAYOUT_QKV }, { NULL, NULL, OWL_LAYOUT_SAME }, { NULL, NULL, OWL_LAYOUT_SAME },
  { "self_attention.dense", "attn_output", OWL_LAYOUT_SAME },       { NULL, NULL, OWL_LAYOUT_SAME },
  { "mlp.dense_h_to_4h", "ffn_up", OWL_LAYOUT_SAME },               { "mlp.dense_4h_to_h", "ffn_down", OWL_LAYOUT_SAME },
};
G_STATIC_ASSERT (sizeof llama_modules == sizeof bloom_modules);

static const OwlTrainLinear *
linear_of (const OwlTrainDecoderLayer *l, gsize module)
{
  const OwlTrainLinear *linears[] = { &l->q, &l->k, &l->v, &l->out, &l->gate, &l->up, &l->down };

  return linears[module];
}

/* As PEFT reads it: a regular expression for the whole name, or a list of endings. */
static gboolean
is_target (const char *targets, const char *name, GError **error)
{
  g_autofree char *pattern = NULL;
  g_autoptr (GRegex) regex = NULL;

  if (!strpbrk (targets, ".*\\()|")) {
    g_auto (GStrv) ends = g_strsplit (targets, ",", -1);

    for (gsize i = 0; ends[i]; i++)
      if (g_str_has_suffix (name, g_strstrip (ends[i])) && *ends[i])
        return TRUE;
    return FALSE;
  }
  pattern = g_strdup_printf ("^(?:%s)$", targets);
  regex = g_regex_new (pattern, 0, 0, error);
  return regex && g_regex_match (regex, name, 0, NULL);
}

static OwlParameter *
add_half (OwlNetwork *n, const char *name, const char *half, gsize rows, gsize cols)
{
  g_autofree char *full = g_strdup_printf ("base_model.model.%s.%s.weight", name, half);

  return owl_parameters_add (n->parameters, full, 2, (gsize[]){ rows, cols });
}

/* Uniform in ±1/√in, as PEFT begins (Kaiming with a = √5); B stays zero, so that a new adapter changes nothing. */
static void
draw (OwlParameter *a, GRand *rand)
{
  double bound = 1.0 / sqrt ((double) a->cols);

  for (gsize i = 0; i < owl_parameter_size (a); i++)
    a->value[i] = (float) g_rand_double_range (rand, -bound, bound);
}

static LoraTarget *
add_target (OwlNetwork *n, int layer, gsize module, const char *name, int rank)
{
  const OwlTrainLinear *linear = linear_of (&n->decoder[layer], module);
  LoraTarget *target = g_new0 (LoraTarget, 1);

  target->gguf = g_strdup_printf ("blk.%d.%s.weight", layer, n->bloom ? bloom_modules[module].gguf : llama_modules[module].gguf);
  target->layout = n->bloom ? bloom_modules[module].layout : llama_modules[module].layout;
  target->n_heads = n->n_heads;
  target->tape.a = add_half (n, name, "lora_A", (gsize) rank, linear->w->cols);
  target->tape.b = add_half (n, name, "lora_B", linear->w->rows, (gsize) rank);
  g_ptr_array_add (n->loras, target);
  n->decoder[layer].lora[module] = &target->tape;
  return target;
}

static gboolean
load_target (LoraTarget *target, const OwlGguf *file, GError **error)
{
  g_autofree char *name_a = g_strconcat (target->gguf, ".lora_a", NULL), *name_b = g_strconcat (target->gguf, ".lora_b", NULL);
  const OwlTensor *a =
      owl_gguf_require_tensor (file, name_a, (gint64) target->tape.a->cols, (gint64) target->tape.a->rows, error);
  const OwlTensor *b =
      a ? owl_gguf_require_tensor (file, name_b, (gint64) target->tape.b->cols, (gint64) target->tape.b->rows, error) : NULL;
  const OwlBinding plain = { .parameter = target->tape.a, .layout = OWL_LAYOUT_SAME };
  const OwlBinding moved = { .parameter = target->tape.b, .layout = target->layout, .n_heads = target->n_heads, .part = -1 };

  if (!b)
    return FALSE;
  owl_binding_load (&plain, a);
  owl_binding_load (&moved, b);
  return TRUE;
}

/* The rank of a layer in the file; 0: the file does not change it. */
static int
file_rank (const OwlNetwork *n, const OwlGguf *file, int layer, gsize module)
{
  const char *gguf = n->bloom ? bloom_modules[module].gguf : llama_modules[module].gguf;
  g_autofree char *name = g_strdup_printf ("blk.%d.%s.weight.lora_a", layer, gguf);
  const OwlTensor *a = owl_gguf_find_tensor (file, name);

  return a && a->ne[1] <= 4096 ? (int) a->ne[1] : 0;
}

gboolean
owl_network_add_lora (OwlNetwork *n, const char *path, const char *targets, int rank, double alpha, guint64 seed, GError **error)
{
  g_autoptr (OwlGguf) file = path ? owl_gguf_open (path, error) : NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed_array ((const guint32[]){ (guint32) seed, (guint32) (seed >> 32), 17 }, 3);
  GError *bad = NULL;

  if (path && !file)
    return FALSE;
  if (file && !owl_gguf_get_float (file, "adapter.lora.alpha", &alpha)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: not a LoRA adapter", path);
    return FALSE;
  }
  if (!targets)
    targets = n->bloom ? ".*language_model.*\\.query_key_value" : ".*language_model.*\\.(q_proj|v_proj)";
  n->lora_alpha = alpha;
  for (int i = 0; i < n->n_layers; i++)
    for (gsize m = 0; m < G_N_ELEMENTS (llama_modules); m++) {
      const char *module = n->bloom ? bloom_modules[m].module : llama_modules[m].module;
      g_autofree char *name = g_strdup_printf ("language_model.%s.%d.%s", n->bloom ? "transformer.h" : "model.layers", i, module ? module : "");
      int r = file && module ? file_rank (n, file, i, m) : rank;
      LoraTarget *target;

      if (!module || r == 0 || (!file && !is_target (targets, name, &bad)))
        continue;
      target = add_target (n, i, m, name, r);
      target->tape.scale = (float) (alpha / r);
      n->lora_rank = r;
      if (file && !load_target (target, file, error))
        return FALSE;
      if (!file)
        draw (target->tape.a, rand);
    }
  if (bad) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "lora_targets: %s", bad->message);
    g_error_free (bad);
    return FALSE;
  }
  if (n->loras->len == 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: no layer of the model fits", path ? path : targets);
    return FALSE;
  }
  return TRUE;
}

void
owl_network_set_dropout (OwlNetwork *n, float dropout, guint64 seed)
{
  for (guint i = 0; i < n->loras->len; i++) {
    LoraTarget *target = g_ptr_array_index (n->loras, i);

    target->tape.dropout = dropout;
    target->tape.seed = seed * G_GUINT64_CONSTANT (0x2545f4914f6cdd1d) + i;
  }
}

gboolean
owl_network_write_lora (OwlNetwork *n, const char *out, GError **error)
{
  g_autoptr (OwlGgufWriter) writer = owl_gguf_writer_new (out, error);

  if (!writer)
    return FALSE;
  owl_gguf_writer_set_string (writer, "general.architecture", n->bloom ? "bloom" : "llama");
  owl_gguf_writer_set_string (writer, "general.type", "adapter");
  owl_gguf_writer_set_string (writer, "adapter.type", "lora");
  owl_gguf_writer_set_f32 (writer, "adapter.lora.alpha", (float) n->lora_alpha);
  owl_gguf_writer_set_u32 (writer, "general.quantization_version", 2);
  for (guint i = 0; i < n->loras->len; i++) {
    const LoraTarget *t = g_ptr_array_index (n->loras, i);
    g_autofree char *a = g_strconcat (t->gguf, ".lora_a", NULL), *b = g_strconcat (t->gguf, ".lora_b", NULL);

    owl_gguf_writer_add_tensor (writer, a, OWL_TYPE_F32, 2, (gint64[]){ (gint64) t->tape.a->cols, (gint64) t->tape.a->rows });
    owl_gguf_writer_add_tensor (writer, b, OWL_TYPE_F32, 2, (gint64[]){ (gint64) t->tape.b->cols, (gint64) t->tape.b->rows });
  }
  if (!owl_gguf_writer_begin (writer, error))
    return FALSE;
  for (guint i = 0; i < n->loras->len; i++) {
    const LoraTarget *t = g_ptr_array_index (n->loras, i);
    const OwlBinding moved = { .parameter = t->tape.b, .layout = t->layout, .n_heads = t->n_heads, .part = -1 };
    g_autofree float *row = g_new (float, t->tape.b->cols);

    if (!owl_gguf_writer_write (writer, t->tape.a->value, owl_parameter_size (t->tape.a) * sizeof (float), error))
      return FALSE;
    for (gsize r = 0; r < t->tape.b->rows; r++) {
      owl_binding_row (&moved, r, t->tape.b->cols, row);
      if (!owl_gguf_writer_write (writer, row, t->tape.b->cols * sizeof (float), error))
        return FALSE;
    }
  }
  return owl_gguf_writer_finish (writer, error);
}
