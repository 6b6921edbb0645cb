/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/network.h"

#include "model/language.h"
#include "model/vision.h"
#include "train/network-private.h"

#include <string.h>

static void
binding_free (gpointer data)
{
  OwlBinding *binding = data;

  g_free (binding->gguf);
  g_free (binding);
}

/* The official row of a file's row. */
static gsize
official_row (const OwlBinding *b, gsize n_rows, gsize row)
{
  gsize heads = (gsize) b->n_heads, head_dim, head, i;

  switch (b->layout) {
  case OWL_LAYOUT_ROTARY:
    head_dim = n_rows / heads;
    head = row / head_dim;
    i = row % head_dim;
    return head * head_dim + i / 2 + (i % 2) * (head_dim / 2);
  case OWL_LAYOUT_QKV:
    if (b->part >= 0) {
      head_dim = n_rows / heads;
      return (row / head_dim * 3 + (gsize) b->part) * head_dim + row % head_dim;
    }
    head_dim = n_rows / heads / 3;
    i = row % (heads * head_dim);
    return (i / head_dim * 3 + row / (heads * head_dim)) * head_dim + i % head_dim;
  case OWL_LAYOUT_SAME:
  default:
    return row;
  }
}

/* A tensor of the file as rows: a bias whose elements are moved counts each as a row. */
static void
rows_of (const OwlBinding *b, const OwlTensor *t, gsize *n_rows, gsize *cols)
{
  gsize n = (gsize) owl_tensor_n_values (t);

  if (b->layout == OWL_LAYOUT_SAME)
    *cols = b->parameter->cols;
  else
    *cols = t->ne[1] == 1 && b->parameter->rows == 1 ? 1 : (gsize) t->ne[0];
  *n_rows = n / *cols;
}

void
owl_binding_load (const OwlBinding *b, const OwlTensor *t)
{
  gsize n = (gsize) owl_tensor_n_values (t), n_rows, cols;
  g_autofree float *values = g_new (float, n);

  rows_of (b, t, &n_rows, &cols);
  owl_type_to_f32 (t->type, t->data, values, n);
  for (gsize r = 0; r < n_rows; r++)
    memcpy (b->parameter->value + official_row (b, n_rows, r) * cols, values + r * cols, cols * sizeof (float));
}

/* Values of the file's tensor `t` from the parameter. */
static void
binding_store (const OwlBinding *b, const OwlTensor *t, float *values)
{
  gsize n_rows, cols;

  rows_of (b, t, &n_rows, &cols);
  for (gsize r = 0; r < n_rows; r++)
    memcpy (values + r * cols, b->parameter->value + official_row (b, n_rows, r) * cols, cols * sizeof (float));
}

void
owl_binding_row (const OwlBinding *b, gsize row, gsize cols, float *values)
{
  memcpy (values, b->parameter->value + official_row (b, b->parameter->rows, row) * cols, cols * sizeof (float));
}

static OwlParameter *
bind (OwlNetwork *network, GPtrArray *bindings, OwlParameter *parameter, OwlLayout layout, int n_heads, int part, const char *gguf)
{
  OwlBinding *b = g_new0 (OwlBinding, 1);

  b->gguf = g_strdup (gguf);
  b->parameter = parameter;
  b->layout = layout;
  b->n_heads = n_heads;
  b->part = part;
  g_ptr_array_add (bindings, b);
  return parameter;
}

/* Adds a parameter that one tensor of the file holds; the shape is the file's. */
static OwlParameter *
add (OwlNetwork *network, GPtrArray *bindings, const OwlGguf *file, OwlLayout layout, int n_heads, int part, const char *name,
     const char *gguf)
{
  const OwlTensor *t = owl_gguf_find_tensor (file, gguf);
  gsize dims[2];
  int n_dims = 0;

  if (!t)
    return NULL;
  if (t->ne[1] > 1 || t->n_dims > 1)
    dims[n_dims++] = (gsize) t->ne[1];
  dims[n_dims++] = (gsize) t->ne[0];
  return bind (network, bindings, owl_parameters_add (network->parameters, name, n_dims, dims), layout, n_heads, part, gguf);
}

/* "NAME.weight" and, where the file has it, "NAME.bias". */
static OwlTrainLinear
add_pair (OwlNetwork *network, GPtrArray *bindings, const OwlGguf *file, OwlLayout layout, int part, const char *name, const char *gguf)
{
  g_autofree char *nw = g_strconcat (name, ".weight", NULL), *nb = g_strconcat (name, ".bias", NULL);
  g_autofree char *gw = g_strconcat (gguf, ".weight", NULL), *gb = g_strconcat (gguf, ".bias", NULL);
  OwlTrainLinear pair;

  pair.w = add (network, bindings, file, layout, network->n_heads, part, nw, gw);
  pair.b = add (network, bindings, file, layout, network->n_heads, part, nb, gb);
  return pair;
}

static OwlTrainLinear
add_layer_pair (OwlNetwork *network, const OwlGguf *file, OwlLayout layout, int part, const char *official, const char *gguf, int i)
{
  g_autofree char *name = g_strdup_printf ("language_model.%s.%d.%s", network->bloom ? "transformer.h" : "model.layers", i, official);
  g_autofree char *target = g_strdup_printf ("blk.%d.%s", i, gguf);

  return add_pair (network, network->language_bindings, file, layout, part, name, target);
}

static void
add_decoder (OwlNetwork *n, const OwlGguf *file)
{
  const OwlLayout same = OWL_LAYOUT_SAME;

  n->embedding = add_pair (n, n->language_bindings, file, same, 0,
                           n->bloom ? "language_model.transformer.word_embeddings" : "language_model.model.embed_tokens", "token_embd").w;
  if (n->bloom)
    n->embedding_norm =
        add_pair (n, n->language_bindings, file, same, 0, "language_model.transformer.word_embeddings_layernorm", "token_embd_norm");
  n->decoder = g_new0 (OwlTrainDecoderLayer, n->n_layers);
  for (int i = 0; i < n->n_layers; i++) {
    OwlTrainDecoderLayer *l = &n->decoder[i];

    l->attn_norm = add_layer_pair (n, file, same, 0, "input_layernorm", "attn_norm", i);
    if (n->bloom) {
      l->q = add_layer_pair (n, file, OWL_LAYOUT_QKV, -1, "self_attention.query_key_value", "attn_qkv", i);
      l->out = add_layer_pair (n, file, same, 0, "self_attention.dense", "attn_output", i);
      l->up = add_layer_pair (n, file, same, 0, "mlp.dense_h_to_4h", "ffn_up", i);
      l->down = add_layer_pair (n, file, same, 0, "mlp.dense_4h_to_h", "ffn_down", i);
    } else {
      l->q = add_layer_pair (n, file, OWL_LAYOUT_ROTARY, 0, "self_attn.q_proj", "attn_q", i);
      l->k = add_layer_pair (n, file, OWL_LAYOUT_ROTARY, 0, "self_attn.k_proj", "attn_k", i);
      l->v = add_layer_pair (n, file, same, 0, "self_attn.v_proj", "attn_v", i);
      l->out = add_layer_pair (n, file, same, 0, "self_attn.o_proj", "attn_output", i);
      l->gate = add_layer_pair (n, file, same, 0, "mlp.gate_proj", "ffn_gate", i);
      l->up = add_layer_pair (n, file, same, 0, "mlp.up_proj", "ffn_up", i);
      l->down = add_layer_pair (n, file, same, 0, "mlp.down_proj", "ffn_down", i);
    }
    l->ffn_norm = add_layer_pair (n, file, same, 0, "post_attention_layernorm", "ffn_norm", i);
  }
  n->output_norm = add_pair (n, n->language_bindings, file, same, 0, n->bloom ? "language_model.transformer.ln_f" : "language_model.model.norm",
                             "output_norm");
  n->output = n->bloom ? NULL : add_pair (n, n->language_bindings, file, same, 0, "language_model.lm_head", "output").w;
  /* BLOOM's is tied to the embedding; a copy of it in the file follows. */
  if (!n->output) {
    n->output = n->embedding;
    if (owl_gguf_find_tensor (file, "output.weight"))
      bind (n, n->language_bindings, n->embedding, same, 0, 0, "output.weight");
  }
}

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: %s", path, why);
  return FALSE;
}

static gboolean
open_language (OwlNetwork *n, const char *path, GError **error)
{
  g_autoptr (OwlLanguage) l = owl_language_open (path, error);

  if (!l)
    return FALSE;
  n->bloom = l->architecture == OWL_ARCH_BLOOM;
  if (l->n_kv_heads != l->n_heads)
    return refuse (error, path, "a decoder with shared key heads cannot be trained");
  if (!n->bloom && (l->rope_dims != l->head_dim || owl_gguf_find_tensor (l->file, "rope_freqs.weight")))
    return refuse (error, path, "this kind of rotary embedding cannot be trained");
  n->width = l->width;
  n->n_layers = l->n_layers;
  n->n_heads = l->n_heads;
  n->head_dim = l->head_dim;
  n->vocabulary = (gsize) l->n_vocabulary;
  n->eps = l->eps;
  n->rope_base = 10000.0;
  owl_gguf_get_float (l->file, "llama.rope.freq_base", &n->rope_base);
  n->alibi = l->alibi ? g_memdup2 (l->alibi, (gsize) l->n_heads * sizeof (float)) : NULL;
  add_decoder (n, l->file);
  for (guint i = 0; i < n->language_bindings->len; i++) {
    const OwlBinding *b = g_ptr_array_index (n->language_bindings, i);

    owl_binding_load (b, owl_gguf_find_tensor (l->file, b->gguf));
  }
  return TRUE;
}

/* A parameter of the encoder that the file holds under another shape. */
static OwlParameter *
add_shaped (OwlNetwork *n, const char *name, const char *gguf, int n_dims, const gsize *dims)
{
  return bind (n, n->vision_bindings, owl_parameters_add (n->parameters, name, n_dims, dims), OWL_LAYOUT_SAME, 0, 0, gguf);
}

/* The fused matrix that the file holds in three pieces. */
static OwlTrainLinear
add_qkv (OwlNetwork *n, int layer)
{
  static const char *const parts[] = { "attn_q", "attn_k", "attn_v" };
  g_autofree char *name = g_strdup_printf ("vision_model.encoder.layers.%d.self_attn.query_key_value", layer);
  g_autofree char *nw = g_strconcat (name, ".weight", NULL), *nb = g_strconcat (name, ".bias", NULL);
  gsize width = (gsize) n->vision_width;
  OwlTrainLinear pair = { owl_parameters_add (n->parameters, nw, 2, (gsize[]){ 3 * width, width }),
                          owl_parameters_add (n->parameters, nb, 1, (gsize[]){ 3 * width }) };

  for (int part = 0; part < 3; part++) {
    g_autofree char *gw = g_strdup_printf ("v.blk.%d.%s.weight", layer, parts[part]);
    g_autofree char *gb = g_strdup_printf ("v.blk.%d.%s.bias", layer, parts[part]);

    bind (n, n->vision_bindings, pair.w, OWL_LAYOUT_QKV, n->vision_heads, part, gw);
    bind (n, n->vision_bindings, pair.b, OWL_LAYOUT_QKV, n->vision_heads, part, gb);
  }
  return pair;
}

static OwlTrainLinear
add_vision_pair (OwlNetwork *n, const OwlGguf *file, const char *prefix, int i, const char *official, const char *gguf_prefix,
                 const char *gguf)
{
  g_autofree char *name = g_strdup_printf ("%s.%d.%s", prefix, i, official), *target = g_strdup_printf ("%s.%d.%s", gguf_prefix, i, gguf);

  return add_pair (n, n->vision_bindings, file, OWL_LAYOUT_SAME, 0, name, target);
}

static void
add_vision (OwlNetwork *n, const OwlGguf *file)
{
  const char *vit = "vision_model.encoder.layers", *blk = "v.blk", *layers = "abstractor.encoder.layers", *proj = "v.proj_blk";
  gsize width = (gsize) n->vision_width, p = (gsize) n->patch_size;
  const OwlLayout same = OWL_LAYOUT_SAME;

  n->class_embedding = add_shaped (n, "vision_model.embeddings.cls_token", "v.class_embd", 3, (gsize[]){ 1, 1, width });
  n->patch = add_shaped (n, "vision_model.embeddings.patch_embed.weight", "v.patch_embd.weight", 4, (gsize[]){ width, 3, p, p });
  n->position_embedding = add_shaped (n, "vision_model.embeddings.position_embedding", "v.position_embd.weight", 3,
                                      (gsize[]){ 1, (gsize) n->n_patches + 1, width });
  n->pre_norm = add_pair (n, n->vision_bindings, file, same, 0, "vision_model.embeddings.pre_layernorm", "v.pre_ln");
  n->vit = g_new0 (OwlTrainVitLayer, MAX (n->vision_layers, 1));
  for (int i = 0; i < n->vision_layers; i++) {
    OwlTrainVitLayer *l = &n->vit[i];

    l->ln1 = add_vision_pair (n, file, vit, i, "input_layernorm", blk, "ln1");
    l->qkv = add_qkv (n, i);
    l->out = add_vision_pair (n, file, vit, i, "self_attn.dense", blk, "attn_out");
    l->ln2 = add_vision_pair (n, file, vit, i, "post_attention_layernorm", blk, "ln2");
    l->up = add_vision_pair (n, file, vit, i, "mlp.fc1", blk, "ffn_up");
    l->down = add_vision_pair (n, file, vit, i, "mlp.fc2", blk, "ffn_down");
  }
  n->post_norm = add_pair (n, n->vision_bindings, file, same, 0, "vision_model.post_layernorm", "v.post_ln");

  n->queries = add_shaped (n, "query_tokens", "v.proj_query", 3, (gsize[]){ 1, (gsize) n->n_queries, width });
  n->abstractor = g_new0 (OwlTrainAbstractorLayer, MAX (n->abstractor_layers, 1));
  for (int i = 0; i < n->abstractor_layers; i++) {
    OwlTrainAbstractorLayer *l = &n->abstractor[i];

    l->norm = add_vision_pair (n, file, layers, i, "crossattention.norm1", proj, "cross_attn_norm");
    l->kv_norm = add_vision_pair (n, file, layers, i, "crossattention.normk", proj, "cross_attn_kv_norm");
    l->q = add_vision_pair (n, file, layers, i, "crossattention.attention.query", proj, "cross_attn_q");
    l->k = add_vision_pair (n, file, layers, i, "crossattention.attention.key", proj, "cross_attn_k");
    l->v = add_vision_pair (n, file, layers, i, "crossattention.attention.value", proj, "cross_attn_v");
    l->out = add_vision_pair (n, file, layers, i, "crossattention.output.out_proj", proj, "cross_attn_out");
    l->ffn_norm = add_vision_pair (n, file, layers, i, "crossattention.output.norm2", proj, "ffn_norm");
    l->gate = add_vision_pair (n, file, layers, i, "crossattention.output.mlp.w1", proj, "ffn_gate");
    l->up = add_vision_pair (n, file, layers, i, "crossattention.output.mlp.w3", proj, "ffn_up");
    l->sub_norm = add_vision_pair (n, file, layers, i, "crossattention.output.mlp.ffn_ln", proj, "ffn_sub_norm");
    l->down = add_vision_pair (n, file, layers, i, "crossattention.output.mlp.w2", proj, "ffn_down");
  }
  n->project = add_pair (n, n->vision_bindings, file, same, 0, "abstractor.visual_fc", "v.proj_linear");
  n->image_end = add_shaped (n, "abstractor.vit_eos", "v.token_embd.img_end", 3, (gsize[]){ 1, 1, (gsize) n->width });
}

static gboolean
open_vision (OwlNetwork *n, const char *path, GError **error)
{
  g_autoptr (OwlVision) v = owl_vision_open (path, error);

  if (!v)
    return FALSE;
  if (owl_vision_has_crop_positions (v))
    return refuse (error, path, "an encoder with crop positions cannot be trained");
  if (v->out_width != n->width)
    return refuse (error, path, "the encoder's visual tokens do not have the decoder's width");
  n->has_vision = TRUE;
  n->image_size = v->image_size;
  n->patch_size = v->patch_size;
  n->n_patches = v->n_patches;
  n->vision_width = v->width;
  n->vision_heads = v->n_heads;
  n->vision_layers = v->n_layers;
  n->n_queries = v->n_queries;
  n->abstractor_heads = v->n_abstractor_heads;
  n->abstractor_layers = v->n_abstractor_layers;
  n->vision_eps = v->eps;
  n->abstractor_eps = v->abstractor_eps;
  memcpy (n->mean, v->mean, sizeof n->mean);
  memcpy (n->std, v->std, sizeof n->std);
  add_vision (n, v->file);
  for (guint i = 0; i < n->vision_bindings->len; i++) {
    const OwlBinding *b = g_ptr_array_index (n->vision_bindings, i);

    owl_binding_load (b, owl_gguf_find_tensor (v->file, b->gguf));
  }
  return TRUE;
}

OwlNetwork *
owl_network_open (const char *path, GError **error)
{
  g_autoptr (OwlNetwork) n = g_new0 (OwlNetwork, 1);
  gboolean is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autofree char *language = is_folder ? g_build_filename (path, "language.gguf", NULL) : g_strdup (path);
  g_autofree char *vision = is_folder ? g_build_filename (path, "vision.gguf", NULL) : NULL;

  n->parameters = owl_parameters_new ();
  n->language_bindings = g_ptr_array_new_with_free_func (binding_free);
  n->vision_bindings = g_ptr_array_new_with_free_func (binding_free);
  n->loras = g_ptr_array_new_with_free_func (_owl_network_lora_free);
  n->facts = g_ptr_array_new_with_free_func (_owl_fact_group_free);
  if (!open_language (n, language, error))
    return NULL;
  if (vision && g_file_test (vision, G_FILE_TEST_EXISTS) && !open_vision (n, vision, error))
    return NULL;
  return g_steal_pointer (&n);
}

void
owl_network_free (OwlNetwork *n)
{
  if (!n)
    return;
  g_ptr_array_unref (n->loras);
  g_ptr_array_unref (n->facts);
  g_free (n->fact_scales);
  g_ptr_array_unref (n->language_bindings);
  g_ptr_array_unref (n->vision_bindings);
  owl_parameters_free (n->parameters);
  g_free (n->alibi);
  g_free (n->decoder);
  g_free (n->vit);
  g_free (n->abstractor);
  g_free (n);
}

void
owl_network_train (OwlNetwork *n, OwlTrainParts parts)
{
  for (guint i = 0; i < n->parameters->list->len; i++) {
    OwlParameter *p = g_ptr_array_index (n->parameters->list, i);
    gboolean lora = strstr (p->name, ".lora_") != NULL;

    if ((!lora && (parts & OWL_TRAIN_DECODER) && g_str_has_prefix (p->name, "language_model.")) || (lora && (parts & OWL_TRAIN_LORA)) ||
        ((parts & OWL_TRAIN_VISION) && (g_str_has_prefix (p->name, "vision_model.") || g_str_has_prefix (p->name, "facts."))) ||
        ((parts & OWL_TRAIN_ABSTRACTOR) && (g_str_has_prefix (p->name, "abstractor.") || strcmp (p->name, "query_tokens") == 0)))
      owl_parameter_train (p);
  }
}

static gboolean
refuse_size (const OwlNetwork *n, int image_size, GError **error)
{
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "image_size %d: expected a multiple of the encoder's patch size, %d", image_size, n->patch_size);
  return FALSE;
}

gboolean
owl_network_set_image_size (OwlNetwork *n, int image_size, GError **error)
{
  OwlParameter *p = n->position_embedding;
  int side = image_size / MAX (n->patch_size, 1), old = n->image_size / MAX (n->patch_size, 1);
  gsize width = (gsize) n->vision_width;
  float *values;

  if (!n->has_vision || image_size <= 0 || image_size % n->patch_size != 0)
    return refuse_size (n, image_size, error);
  if (side == old)
    return TRUE;
  values = owl_arena_zeros (p->memory, (gsize) (side * side + 1) * width);
  memcpy (values, p->value, width * sizeof (float));
  for (int i = 0; i < side * side; i++) {
    float y = CLAMP ((float) (i / side + 0.5f) * old / side - 0.5f, 0.0f, old - 1.0f), x = CLAMP ((float) (i % side + 0.5f) * old / side - 0.5f, 0.0f, old - 1.0f);
    int y0 = (int) y, x0 = (int) x, y1 = MIN (y0 + 1, old - 1), x1 = MIN (x0 + 1, old - 1);
    float fy = y - y0, fx = x - x0;

    for (gsize c = 0; c < width; c++) {
      const float *v = p->value + width + c;

      values[(gsize) (i + 1) * width + c] = (1 - fy) * ((1 - fx) * v[(gsize) (y0 * old + x0) * width] + fx * v[(gsize) (y0 * old + x1) * width]) +
                                            fy * ((1 - fx) * v[(gsize) (y1 * old + x0) * width] + fx * v[(gsize) (y1 * old + x1) * width]);
    }
  }
  p->value = values;
  n->image_size = image_size;
  n->n_patches = side * side;
  p->rows = p->dims[1] = (gsize) n->n_patches + 1;
  return TRUE;
}

static const OwlBinding *
find_binding (GPtrArray *bindings, const char *gguf)
{
  for (guint i = 0; i < bindings->len; i++)
    if (strcmp (((OwlBinding *) g_ptr_array_index (bindings, i))->gguf, gguf) == 0)
      return g_ptr_array_index (bindings, i);
  return NULL;
}

static gboolean
is_abstractor (const char *gguf)
{
  return g_str_has_prefix (gguf, "v.proj") || strcmp (gguf, "v.token_embd.img_end") == 0;
}

static gboolean
write_file (OwlNetwork *n, GPtrArray *bindings, const char *source_path, const char *out, gboolean only_abstractor, GError **error)
{
  g_autoptr (OwlGguf) source = owl_gguf_open (source_path, error);
  g_autoptr (OwlGgufWriter) writer = source ? owl_gguf_writer_new (out, error) : NULL;

  if (!writer)
    return FALSE;
  if (bindings == n->vision_bindings)
    owl_gguf_writer_set_u32 (writer, "clip.vision.image_size", (guint32) n->image_size);
  owl_gguf_writer_copy_metadata (writer, source);
  for (gsize i = 0; i < owl_gguf_get_n_tensors (source); i++) {
    const OwlTensor *t = owl_gguf_get_tensor (source, i);
    const OwlBinding *b = find_binding (bindings, t->name);

    if (!only_abstractor || is_abstractor (t->name)) {
      /* Another size of pictures has other positions. */
      const gint64 ne[OWL_MAX_DIMS] = { t->ne[0], b && b->parameter == n->position_embedding ? n->n_patches + 1 : t->ne[1], t->ne[2], t->ne[3] };

      owl_gguf_writer_add_tensor (writer, t->name, b && b->parameter->grad ? OWL_TYPE_F32 : t->type, t->n_dims, ne);
    }
  }
  if (!owl_gguf_writer_begin (writer, error))
    return FALSE;
  for (gsize i = 0; i < owl_gguf_get_n_tensors (source); i++) {
    const OwlTensor *t = owl_gguf_get_tensor (source, i);
    const OwlBinding *b = find_binding (bindings, t->name);

    if (only_abstractor && !is_abstractor (t->name))
      continue;
    if (b && b->parameter->grad) {
      gboolean positions = b->parameter == n->position_embedding;
      gsize count = positions ? owl_parameter_size (b->parameter) : (gsize) owl_tensor_n_values (t);
      g_autofree float *values = g_new (float, count);

      if (positions)
        memcpy (values, b->parameter->value, count * sizeof (float));
      else
        binding_store (b, t, values);
      if (!owl_gguf_writer_write (writer, values, count * sizeof (float), error))
        return FALSE;
    } else if (!owl_gguf_writer_write (writer, t->data, t->size, error)) {
      return FALSE;
    }
  }
  return owl_gguf_writer_finish (writer, error);
}

gboolean
owl_network_write (OwlNetwork *n, GPtrArray *bindings, const char *source, const char *out, GError **error)
{
  return write_file (n, bindings, source, out, FALSE, error);
}

gboolean
owl_network_write_abstractor (OwlNetwork *n, const char *source, const char *out, GError **error)
{
  return write_file (n, n->vision_bindings, source, out, TRUE, error);
}
