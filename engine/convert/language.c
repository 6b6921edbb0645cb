/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/convert-private.h"

#include "text/vocabulary.h"

#include <math.h>
#include <string.h>

/* What a published configuration leaves to the library's defaults (transformers 4.28, LlamaConfig and BloomConfig). */
#define DEFAULT_CONTEXT 2048
#define DEFAULT_HEAD_DIM 128

gint64
owl_config_int (json_t *object, const char *names, gint64 fallback)
{
  g_auto (GStrv) list = g_strsplit (names, "|", -1);

  for (gsize i = 0; list[i]; i++) {
    json_t *value = json_object_get (object, list[i]);

    /* The official code writes names of other fields as strings into some of its files; only numbers count. */
    if (json_is_integer (value))
      return json_integer_value (value);
  }
  return fallback;
}

double
owl_config_number (json_t *object, const char *names, double fallback)
{
  g_auto (GStrv) list = g_strsplit (names, "|", -1);

  for (gsize i = 0; list[i]; i++) {
    json_t *value = json_object_get (object, list[i]);

    if (json_is_number (value))
      return json_number_value (value);
  }
  return fallback;
}

const char *
owl_decoder_prefix (const OwlCheckpoint *checkpoint)
{
  for (gsize i = 0; i < owl_checkpoint_get_n_tensors (checkpoint); i++)
    if (g_str_has_prefix (owl_checkpoint_get_tensor (checkpoint, i)->name, "language_model."))
      return "language_model.";
  return "";
}

static const OwlCheckpointTensor *
find (const OwlCheckpoint *checkpoint, const char *name)
{
  g_autofree char *full = g_strconcat (owl_decoder_prefix (checkpoint), name, NULL);

  return owl_checkpoint_find (checkpoint, full);
}

static int
count_layers (const OwlCheckpoint *checkpoint, const char *format)
{
  for (int n = 0;; n++) {
    g_autofree char *name = g_strdup_printf ("%s.%d.input_layernorm.weight", format, n);

    if (!find (checkpoint, name))
      return n;
  }
}

gboolean
owl_decoder_config_read (OwlDecoderConfig *d, json_t *config, const OwlCheckpoint *checkpoint, GError **error)
{
  json_t *text = json_object_get (config, "text_config");
  const OwlCheckpointTensor *llama = find (checkpoint, "model.embed_tokens.weight");
  const OwlCheckpointTensor *bloom = find (checkpoint, "transformer.word_embeddings.weight");
  const OwlCheckpointTensor *embedding = llama ? llama : bloom, *gate;
  int counted;

  if (!text)
    text = config;
  if (!embedding || embedding->n_dims != 2) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED,
                 "%s: no LLaMA or BLOOM decoder found (neither model.embed_tokens.weight nor transformer.word_embeddings.weight)",
                 owl_checkpoint_get_folder (checkpoint));
    return FALSE;
  }
  memset (d, 0, sizeof *d);
  d->bloom = llama == NULL;
  d->width = (int) MIN (embedding->shape[1], G_MAXINT / 8);
  counted = count_layers (checkpoint, d->bloom ? "transformer.h" : "model.layers");
  d->n_layers = counted;
  d->n_heads = (int) owl_config_int (text, "num_attention_heads|n_head", MAX (d->width / DEFAULT_HEAD_DIM, 1));
  d->n_kv_heads = (int) owl_config_int (text, "num_key_value_heads", d->n_heads);
  gate = find (checkpoint, "model.layers.0.mlp.gate_proj.weight");
  d->ffn_width = (int) owl_config_int (text, "intermediate_size", gate ? MIN (gate->shape[0], G_MAXINT / 8) : 4 * (gint64) d->width);
  d->context_length = (int) owl_config_int (text, "max_position_embeddings|seq_length", DEFAULT_CONTEXT);
  d->eps = owl_config_number (text, "rms_norm_eps|layer_norm_epsilon", d->bloom ? 1e-5 : 1e-6);
  d->rope_base = owl_config_number (text, "rope_theta", 10000.0);
  if (d->bloom)
    d->ffn_width = 4 * d->width;
  if (owl_config_int (text, "num_hidden_layers|n_layer", counted) != counted || counted == 0 || d->n_heads < 1 || d->n_kv_heads < 1 ||
      d->width % d->n_heads != 0 || d->n_heads % d->n_kv_heads != 0 || d->context_length < 1) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: config.json does not fit the weights (%d layers of width %d found, %d heads and %d layers said)",
                 owl_checkpoint_get_folder (checkpoint), counted, d->width, d->n_heads,
                 (int) owl_config_int (text, "num_hidden_layers|n_layer", counted));
    return FALSE;
  }
  return TRUE;
}

/* One matrix and one vector of layer N, from `module` of the checkpoint to `target` of the file. */
static void
layer_matrix (OwlPlan *plan, int layer, const char *blocks, const char *module, const char *target, gint64 out, gint64 in, OwlRowMap map)
{
  g_autofree char *source = g_strdup_printf ("%s%s.%d.%s.weight", owl_decoder_prefix (plan->checkpoint), blocks, layer, module);
  g_autofree char *name = g_strdup_printf ("blk.%d.%s.weight", layer, target);

  owl_plan_matrix (plan, name, source, out, in, map);
}

static void
layer_vector (OwlPlan *plan, int layer, const char *blocks, const char *module, const char *target, const char *kind, gint64 n, OwlRowMap map)
{
  g_autofree char *source = g_strdup_printf ("%s%s.%d.%s.%s", owl_decoder_prefix (plan->checkpoint), blocks, layer, module, kind);
  g_autofree char *name = g_strdup_printf ("blk.%d.%s.%s", layer, target, kind);

  owl_plan_vector (plan, name, source, n, map);
}

static void
plan_llama (OwlPlan *plan, const OwlDecoderConfig *d)
{
  const OwlRowMap same = { OWL_ROWS_SAME, 0, 0, -1 };
  int head_dim = d->width / d->n_heads;
  const OwlRowMap q = { OWL_ROWS_ROTARY, d->n_heads, head_dim, -1 }, k = { OWL_ROWS_ROTARY, d->n_kv_heads, head_dim, -1 };
  gint64 w = d->width, kv = (gint64) d->n_kv_heads * head_dim, f = d->ffn_width;
  const char *b = "model.layers";

  if (head_dim % 2 != 0) {
    owl_plan_fail (plan, OWL_ERROR_FORMAT, "heads of %d values cannot be rotated", head_dim);
    return;
  }
  for (int i = 0; i < d->n_layers && !plan->failed; i++) {
    layer_vector (plan, i, b, "input_layernorm", "attn_norm", "weight", w, same);
    layer_matrix (plan, i, b, "self_attn.q_proj", "attn_q", w, w, q);
    layer_matrix (plan, i, b, "self_attn.k_proj", "attn_k", kv, w, k);
    layer_matrix (plan, i, b, "self_attn.v_proj", "attn_v", kv, w, same);
    layer_matrix (plan, i, b, "self_attn.o_proj", "attn_output", w, w, same);
    layer_vector (plan, i, b, "post_attention_layernorm", "ffn_norm", "weight", w, same);
    layer_matrix (plan, i, b, "mlp.gate_proj", "ffn_gate", f, w, same);
    layer_matrix (plan, i, b, "mlp.up_proj", "ffn_up", f, w, same);
    layer_matrix (plan, i, b, "mlp.down_proj", "ffn_down", w, f, same);
  }
}

static void
plan_bloom (OwlPlan *plan, const OwlDecoderConfig *d)
{
  const OwlRowMap same = { OWL_ROWS_SAME, 0, 0, -1 }, qkv = { OWL_ROWS_QKV, d->n_heads, d->width / d->n_heads, -1 };
  gint64 w = d->width, f = d->ffn_width;
  const char *b = "transformer.h";
  static const struct {
    const char *module, *target;
  } norms[] = { { "input_layernorm", "attn_norm" }, { "post_attention_layernorm", "ffn_norm" } };

  for (int i = 0; i < d->n_layers && !plan->failed; i++) {
    for (gsize n = 0; n < G_N_ELEMENTS (norms); n++) {
      layer_vector (plan, i, b, norms[n].module, norms[n].target, "weight", w, same);
      layer_vector (plan, i, b, norms[n].module, norms[n].target, "bias", w, same);
    }
    layer_matrix (plan, i, b, "self_attention.query_key_value", "attn_qkv", 3 * w, w, qkv);
    layer_vector (plan, i, b, "self_attention.query_key_value", "attn_qkv", "bias", 3 * w, qkv);
    layer_matrix (plan, i, b, "self_attention.dense", "attn_output", w, w, same);
    layer_vector (plan, i, b, "self_attention.dense", "attn_output", "bias", w, same);
    layer_matrix (plan, i, b, "mlp.dense_h_to_4h", "ffn_up", f, w, same);
    layer_vector (plan, i, b, "mlp.dense_h_to_4h", "ffn_up", "bias", f, same);
    layer_matrix (plan, i, b, "mlp.dense_4h_to_h", "ffn_down", w, f, same);
    layer_vector (plan, i, b, "mlp.dense_4h_to_h", "ffn_down", "bias", w, same);
  }
}

static void
top_tensor (OwlPlan *plan, const char *module, const char *target, gint64 out, gint64 in)
{
  const OwlRowMap same = { OWL_ROWS_SAME, 0, 0, -1 };
  g_autofree char *source = g_strconcat (owl_decoder_prefix (plan->checkpoint), module, NULL);

  if (out)
    owl_plan_matrix (plan, target, source, out, in, same);
  else
    owl_plan_vector (plan, target, source, in, same);
}

/* Bytes compared, and let go of, at a time. */
#define COMPARE_STEP ((gsize) 32 << 20)

static gboolean
same_values (const OwlCheckpointTensor *a, const OwlCheckpointTensor *b)
{
  gboolean same = a->type == b->type && a->size == b->size;

  if (a->data == b->data)
    return same;
  for (gsize at = 0; same && at < a->size; at += COMPARE_STEP) {
    gsize n = MIN (COMPARE_STEP, a->size - at);

    same = memcmp (a->data + at, b->data + at, n) == 0;
    owl_mapped_file_drop (a->file, a->data + at, n);
    owl_mapped_file_drop (b->file, b->data + at, n);
  }
  return same;
}

/* The output layer is left out where it is the embedding again, by sharing its storage or by holding the same values. */
static gboolean
is_tied (const OwlPlan *plan, const OwlCheckpointTensor *embedding)
{
  const OwlCheckpointTensor *head = find (plan->checkpoint, "lm_head.weight");

  return !head || same_values (embedding, head);
}

void
owl_convert_plan_language (OwlPlan *plan, const OwlDecoderConfig *d)
{
  const OwlCheckpointTensor *embedding =
      find (plan->checkpoint, d->bloom ? "transformer.word_embeddings.weight" : "model.embed_tokens.weight");
  gint64 rows = embedding->shape[0];

  plan->n_blocks = d->n_layers;
  plan->tied = is_tied (plan, embedding);
  top_tensor (plan, d->bloom ? "transformer.word_embeddings.weight" : "model.embed_tokens.weight", "token_embd.weight", rows, d->width);
  if (d->bloom) {
    top_tensor (plan, "transformer.word_embeddings_layernorm.weight", "token_embd_norm.weight", 0, d->width);
    top_tensor (plan, "transformer.word_embeddings_layernorm.bias", "token_embd_norm.bias", 0, d->width);
    plan_bloom (plan, d);
    top_tensor (plan, "transformer.ln_f.weight", "output_norm.weight", 0, d->width);
    top_tensor (plan, "transformer.ln_f.bias", "output_norm.bias", 0, d->width);
  } else {
    plan_llama (plan, d);
    top_tensor (plan, "model.norm.weight", "output_norm.weight", 0, d->width);
  }
  if (!plan->tied)
    top_tensor (plan, "lm_head.weight", "output.weight", rows, d->width);
}

/* The entries of a tokenizer as they are written: one for each row of the embedding, padded with unused ones. */
typedef struct {
  gsize n;
  const char **texts;
  gsize *lengths;
  gint32 *kinds;
  GPtrArray *owned;
} TokenList;

static void
token_list_init (TokenList *list, gsize n_rows)
{
  list->n = n_rows;
  list->texts = g_new0 (const char *, n_rows);
  list->lengths = g_new0 (gsize, n_rows);
  list->kinds = g_new0 (gint32, n_rows);
  list->owned = g_ptr_array_new_with_free_func (g_free);
}

static void
token_list_clear (TokenList *list)
{
  g_free (list->texts);
  g_free (list->lengths);
  g_free (list->kinds);
  g_ptr_array_unref (list->owned);
}

static void
token_list_pad (TokenList *list)
{
  for (gsize i = 0; i < list->n; i++) {
    char *name;

    if (list->texts[i])
      continue;
    name = g_strdup_printf ("[PAD%" G_GSIZE_FORMAT "]", i);
    g_ptr_array_add (list->owned, name);
    list->texts[i] = name;
    list->lengths[i] = strlen (name);
    list->kinds[i] = OWL_TOKEN_UNUSED;
  }
}

static void
token_list_write (const TokenList *list, OwlGgufWriter *writer)
{
  owl_gguf_writer_set_array_string (writer, "tokenizer.ggml.tokens", list->texts, list->lengths, list->n);
  owl_gguf_writer_set_array_i32 (writer, "tokenizer.ggml.token_type", list->kinds, list->n);
}

static void
set_id (OwlGgufWriter *writer, const char *key, gint32 id)
{
  if (id >= 0)
    owl_gguf_writer_set_u32 (writer, key, (guint32) id);
}

static gboolean
set_sentencepiece (OwlGgufWriter *writer, const OwlPlan *plan, gsize n_rows, GError **error)
{
  g_autofree char *path = g_build_filename (owl_checkpoint_get_folder (plan->checkpoint), "tokenizer.model", NULL);
  g_autoptr (OwlVocabulary) v = owl_vocabulary_new_from_sentencepiece (path, error);
  g_autofree float *scores = NULL;
  TokenList list;

  if (!v)
    return FALSE;
  if (v->n > n_rows) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: %" G_GSIZE_FORMAT " entries, but the embedding has %" G_GSIZE_FORMAT " rows", path,
                 v->n, n_rows);
    return FALSE;
  }
  token_list_init (&list, n_rows);
  scores = g_new (float, n_rows);
  for (gsize i = 0; i < n_rows; i++) {
    scores[i] = i < v->n ? v->tokens[i].score : -10000.0f;
    if (i < v->n) {
      list.texts[i] = v->tokens[i].text;
      list.lengths[i] = v->tokens[i].length;
      list.kinds[i] = v->tokens[i].kind;
    }
  }
  token_list_pad (&list);
  owl_gguf_writer_set_string (writer, "tokenizer.ggml.model", "llama");
  owl_gguf_writer_set_string (writer, "tokenizer.ggml.pre", "default");
  token_list_write (&list, writer);
  owl_gguf_writer_set_array_f32 (writer, "tokenizer.ggml.scores", scores, n_rows);
  set_id (writer, "tokenizer.ggml.bos_token_id", v->bos);
  set_id (writer, "tokenizer.ggml.eos_token_id", v->eos);
  set_id (writer, "tokenizer.ggml.unknown_token_id", v->unknown);
  owl_gguf_writer_set_bool (writer, "tokenizer.ggml.add_bos_token", TRUE);
  owl_gguf_writer_set_bool (writer, "tokenizer.ggml.add_eos_token", FALSE);
  owl_gguf_writer_set_bool (writer, "tokenizer.ggml.add_space_prefix", TRUE);
  token_list_clear (&list);
  return TRUE;
}

/* One entry of tokenizer.json under its id; FALSE when the id is impossible or taken by another text. */
static gboolean
take_entry (TokenList *list, const char *text, json_t *id, OwlTokenKind kind)
{
  json_int_t i = json_is_integer (id) ? json_integer_value (id) : -1;

  if (i < 0 || (guint64) i >= list->n || (list->texts[i] && strcmp (list->texts[i], text) != 0))
    return FALSE;
  list->texts[i] = text;
  list->lengths[i] = strlen (text);
  if (list->kinds[i] != OWL_TOKEN_CONTROL)
    list->kinds[i] = kind;
  return TRUE;
}

static gboolean
take_entries (TokenList *list, json_t *root)
{
  json_t *vocabulary = json_object_get (json_object_get (root, "model"), "vocab"), *added = json_object_get (root, "added_tokens");
  json_t *id, *entry;
  const char *text;
  size_t i;

  if (!json_is_object (vocabulary))
    return FALSE;
  json_object_foreach (vocabulary, text, id)
    if (!take_entry (list, text, id, OWL_TOKEN_NORMAL))
      return FALSE;
  json_array_foreach (added, i, entry) {
    const char *content = json_string_value (json_object_get (entry, "content"));
    OwlTokenKind kind = json_is_true (json_object_get (entry, "special")) ? OWL_TOKEN_CONTROL : OWL_TOKEN_USER_DEFINED;

    if (!content || !take_entry (list, content, json_object_get (entry, "id"), kind))
      return FALSE;
  }
  return TRUE;
}

/* Merges as "LEFT RIGHT"; newer files hold pairs. NULL when they are neither. */
static GPtrArray *
read_merges (json_t *root)
{
  json_t *list = json_object_get (json_object_get (root, "model"), "merges"), *merge;
  g_autoptr (GPtrArray) merges = g_ptr_array_new_with_free_func (g_free);
  size_t i;

  if (!json_is_array (list))
    return NULL;
  json_array_foreach (list, i, merge) {
    const char *left = json_string_value (json_array_get (merge, 0)), *right = json_string_value (json_array_get (merge, 1));

    if (json_is_string (merge))
      g_ptr_array_add (merges, g_strdup (json_string_value (merge)));
    else if (left && right)
      g_ptr_array_add (merges, g_strdup_printf ("%s %s", left, right));
    else
      return NULL;
  }
  return g_steal_pointer (&merges);
}

static gint32
find_entry (const TokenList *list, const char *text)
{
  for (gsize i = 0; i < list->n; i++)
    if (list->texts[i] && strcmp (list->texts[i], text) == 0)
      return (gint32) i;
  return -1;
}

static gboolean
set_byte_bpe (OwlGgufWriter *writer, const OwlPlan *plan, gsize n_rows, GError **error)
{
  const char *folder = owl_checkpoint_get_folder (plan->checkpoint);
  json_t *root = owl_checkpoint_read_json (folder, "tokenizer.json", error);
  g_autoptr (GPtrArray) merges = NULL;
  TokenList list;
  gboolean done;

  if (!root)
    return FALSE;
  token_list_init (&list, n_rows);
  merges = read_merges (root);
  done = merges && g_strcmp0 (json_string_value (json_object_get (json_object_get (root, "model"), "type")), "BPE") == 0 &&
         take_entries (&list, root);
  if (done) {
    owl_gguf_writer_set_string (writer, "tokenizer.ggml.model", "gpt2");
    owl_gguf_writer_set_string (writer, "tokenizer.ggml.pre", "bloom");
    set_id (writer, "tokenizer.ggml.bos_token_id", find_entry (&list, "<s>"));
    set_id (writer, "tokenizer.ggml.eos_token_id", find_entry (&list, "</s>"));
    set_id (writer, "tokenizer.ggml.unknown_token_id", find_entry (&list, "<unk>"));
    set_id (writer, "tokenizer.ggml.padding_token_id", find_entry (&list, "<pad>"));
    token_list_pad (&list);
    token_list_write (&list, writer);
    owl_gguf_writer_set_array_string (writer, "tokenizer.ggml.merges", (const char *const *) merges->pdata, NULL, merges->len);
    owl_gguf_writer_set_bool (writer, "tokenizer.ggml.add_bos_token", TRUE);
    owl_gguf_writer_set_bool (writer, "tokenizer.ggml.add_eos_token", FALSE);
  } else {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s/tokenizer.json: not a byte-level BPE tokenizer for %" G_GSIZE_FORMAT " rows", folder,
                 n_rows);
  }
  token_list_clear (&list);
  json_decref (root);
  return done;
}

static void
set_number (OwlGgufWriter *writer, const char *arch, const char *key, gint64 value)
{
  g_autofree char *full = g_strconcat (arch, ".", key, NULL);

  owl_gguf_writer_set_u32 (writer, full, (guint32) value);
}

gboolean
owl_convert_language_metadata (OwlGgufWriter *writer, const OwlPlan *plan, const OwlDecoderConfig *d, const char *name, GError **error)
{
  const char *arch = d->bloom ? "bloom" : "llama";
  const OwlPlanned *embedding = &g_array_index (plan->tensors, OwlPlanned, 0);

  owl_gguf_writer_set_string (writer, "general.architecture", arch);
  owl_gguf_writer_set_string (writer, "general.type", "model");
  owl_gguf_writer_set_string (writer, "general.name", name);
  owl_gguf_writer_set_u32 (writer, "general.file_type", owl_plan_get_file_type (plan));
  owl_gguf_writer_set_u32 (writer, "general.quantization_version", 2);
  set_number (writer, arch, "context_length", d->context_length);
  set_number (writer, arch, "embedding_length", d->width);
  set_number (writer, arch, "block_count", d->n_layers);
  set_number (writer, arch, "feed_forward_length", d->ffn_width);
  set_number (writer, arch, "attention.head_count", d->n_heads);
  set_number (writer, arch, "attention.head_count_kv", d->n_kv_heads);
  if (d->bloom) {
    owl_gguf_writer_set_f32 (writer, "bloom.attention.layer_norm_epsilon", (float) d->eps);
    return set_byte_bpe (writer, plan, (gsize) embedding->ne[1], error);
  }
  set_number (writer, arch, "vocab_size", embedding->ne[1]);
  set_number (writer, arch, "rope.dimension_count", d->width / d->n_heads);
  owl_gguf_writer_set_f32 (writer, "llama.rope.freq_base", (float) d->rope_base);
  owl_gguf_writer_set_f32 (writer, "llama.attention.layer_norm_rms_epsilon", (float) d->eps);
  return set_sentencepiece (writer, plan, (gsize) embedding->ne[1], error);
}
