/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/convert-private.h"

#include <string.h>

/* CLIP's, which mPLUG-Owl uses; preprocessor_config.json may say otherwise. */
static const float clip_mean[3] = { 0.48145466f, 0.4578275f, 0.40821073f };
static const float clip_std[3] = { 0.26862954f, 0.26130258f, 0.27577711f };

static const OwlRowMap same = { OWL_ROWS_SAME, 0, 0, -1 };

typedef struct {
  gint64 width, n_heads, n_layers, ffn_width, image_size, patch_size, n_queries, abstractor_layers, abstractor_heads, abstractor_ffn,
      out_width;
  double eps, abstractor_eps;
} VisionConfig;

static gint64
dimension (const OwlPlan *plan, const char *name, int dim)
{
  const OwlCheckpointTensor *tensor = owl_checkpoint_find (plan->checkpoint, name);

  return tensor && dim < tensor->n_dims ? tensor->shape[dim] : 0;
}

static gint64
count_blocks (const OwlPlan *plan, const char *format_head, const char *format_tail)
{
  for (gint64 n = 0;; n++) {
    g_autofree char *name = g_strdup_printf ("%s.%" G_GINT64_FORMAT ".%s", format_head, n, format_tail);

    if (!owl_checkpoint_find (plan->checkpoint, name))
      return n;
  }
}

/* The side of the square pictures that the position embedding has rows for (one a patch, and one for the class token). */
static gint64
image_size_of_positions (const OwlPlan *plan, gint64 patch_size)
{
  const OwlCheckpointTensor *positions = owl_checkpoint_find (plan->checkpoint, "vision_model.embeddings.position_embedding");
  gint64 n = positions && positions->n_dims >= 2 ? positions->shape[positions->n_dims - 2] - 1 : 0, side = 0;

  while ((side + 1) * (side + 1) <= MIN (n, 1 << 20))
    side++;
  return side * side == n && n > 0 ? side * patch_size : 224;
}

/* Sizes come from the tensors where they can be read off them; heads and epsilons only the configuration knows. */
static void
read_config (const OwlPlan *plan, json_t *config, VisionConfig *c)
{
  json_t *vision = json_object_get (config, "vision_config"), *abstractor = json_object_get (config, "visual_abstractor_config");
  const OwlCheckpointTensor *queries = owl_checkpoint_find (plan->checkpoint, "query_tokens");

  c->width = dimension (plan, "vision_model.embeddings.patch_embed.weight", 0);
  c->patch_size = dimension (plan, "vision_model.embeddings.patch_embed.weight", 3);
  c->image_size = owl_config_int (vision, "image_size", image_size_of_positions (plan, CLAMP (c->patch_size, 0, 65536)));
  c->n_heads = owl_config_int (vision, "num_attention_heads", 16);
  c->n_layers = count_blocks (plan, "vision_model.encoder.layers", "input_layernorm.weight");
  c->ffn_width = dimension (plan, "vision_model.encoder.layers.0.mlp.fc1.weight", 0);
  c->eps = owl_config_number (vision, "layer_norm_eps", 1e-6);
  c->n_queries = queries && queries->n_dims >= 2 ? queries->shape[queries->n_dims - 2] : 0;
  c->abstractor_layers = count_blocks (plan, "abstractor.encoder.layers", "crossattention.norm1.weight");
  c->abstractor_heads = owl_config_int (abstractor, "num_attention_heads", 16);
  c->abstractor_ffn = dimension (plan, "abstractor.encoder.layers.0.crossattention.output.mlp.w1.weight", 0);
  c->abstractor_eps = owl_config_number (abstractor, "layer_norm_eps", 1e-6);
  c->out_width = dimension (plan, "abstractor.visual_fc.weight", 0);
}

/* A linear layer with bias and a layer norm, from `source` to `target`. */
static void
linear (OwlPlan *plan, const char *target, const char *source, gint64 out, gint64 in, OwlRowMap map)
{
  g_autofree char *sw = g_strconcat (source, ".weight", NULL), *sb = g_strconcat (source, ".bias", NULL);
  g_autofree char *tw = g_strconcat (target, ".weight", NULL), *tb = g_strconcat (target, ".bias", NULL);

  owl_plan_matrix (plan, tw, sw, out, in, map);
  owl_plan_vector (plan, tb, sb, out, map);
}

static void
norm (OwlPlan *plan, const char *target, const char *source, gint64 n)
{
  g_autofree char *sw = g_strconcat (source, ".weight", NULL), *sb = g_strconcat (source, ".bias", NULL);
  g_autofree char *tw = g_strconcat (target, ".weight", NULL), *tb = g_strconcat (target, ".bias", NULL);

  owl_plan_vector (plan, tw, sw, n, same);
  owl_plan_vector (plan, tb, sb, n, same);
}

static void
plan_encoder_layer (OwlPlan *plan, const VisionConfig *c, int i)
{
  const char *const parts[] = { "attn_q", "attn_k", "attn_v" };
  g_autofree char *s = g_strdup_printf ("vision_model.encoder.layers.%d", i), *t = g_strdup_printf ("v.blk.%d", i);
  g_autofree char *s1 = g_strconcat (s, ".input_layernorm", NULL), *t1 = g_strconcat (t, ".ln1", NULL);
  g_autofree char *s2 = g_strconcat (s, ".self_attn.query_key_value", NULL);
  g_autofree char *s3 = g_strconcat (s, ".self_attn.dense", NULL), *t3 = g_strconcat (t, ".attn_out", NULL);
  g_autofree char *s4 = g_strconcat (s, ".post_attention_layernorm", NULL), *t4 = g_strconcat (t, ".ln2", NULL);
  g_autofree char *s5 = g_strconcat (s, ".mlp.fc1", NULL), *t5 = g_strconcat (t, ".ffn_up", NULL);
  g_autofree char *s6 = g_strconcat (s, ".mlp.fc2", NULL), *t6 = g_strconcat (t, ".ffn_down", NULL);

  norm (plan, t1, s1, c->width);
  for (int part = 0; part < 3; part++) {
    g_autofree char *t2 = g_strconcat (t, ".", parts[part], NULL);

    linear (plan, t2, s2, c->width, c->width, (OwlRowMap){ OWL_ROWS_QKV, (int) c->n_heads, (int) (c->width / c->n_heads), part });
  }
  linear (plan, t3, s3, c->width, c->width, same);
  norm (plan, t4, s4, c->width);
  linear (plan, t5, s5, c->ffn_width, c->width, same);
  linear (plan, t6, s6, c->width, c->ffn_width, same);
}

static void
plan_abstractor_layer (OwlPlan *plan, const VisionConfig *c, int i)
{
  static const struct {
    const char *source, *target;
    enum { NORM, SQUARE, WIDEN, NARROW, SUB_NORM } kind;
  } parts[] = {
    { "norm1", "cross_attn_norm", NORM },      { "normk", "cross_attn_kv_norm", NORM },
    { "attention.query", "cross_attn_q", SQUARE }, { "attention.key", "cross_attn_k", SQUARE },
    { "attention.value", "cross_attn_v", SQUARE }, { "output.out_proj", "cross_attn_out", SQUARE },
    { "output.norm2", "ffn_norm", NORM },      { "output.mlp.w1", "ffn_gate", WIDEN },
    { "output.mlp.w3", "ffn_up", WIDEN },      { "output.mlp.ffn_ln", "ffn_sub_norm", SUB_NORM },
    { "output.mlp.w2", "ffn_down", NARROW },
  };

  for (gsize p = 0; p < G_N_ELEMENTS (parts) && !plan->failed; p++) {
    g_autofree char *s = g_strdup_printf ("abstractor.encoder.layers.%d.crossattention.%s", i, parts[p].source);
    g_autofree char *t = g_strdup_printf ("v.proj_blk.%d.%s", i, parts[p].target);

    switch (parts[p].kind) {
    case NORM:
      norm (plan, t, s, c->width);
      break;
    case SUB_NORM:
      norm (plan, t, s, c->abstractor_ffn);
      break;
    case SQUARE:
      linear (plan, t, s, c->width, c->width, same);
      break;
    case WIDEN:
      linear (plan, t, s, c->abstractor_ffn, c->width, same);
      break;
    case NARROW:
    default:
      linear (plan, t, s, c->width, c->abstractor_ffn, same);
      break;
    }
  }
}

/* UReader's tables of crop positions; plain mPLUG-Owl has none. */
static void
plan_crop_positions (OwlPlan *plan, gint64 width)
{
  const char *const sources[] = { "abstractor.cut_patch_embedding_h.weight", "abstractor.cut_patch_embedding_w.weight" };
  const char *const targets[] = { "v.proj_crop_row.weight", "v.proj_crop_col.weight" };
  gint64 n = dimension (plan, sources[0], 0);

  if (n < 1)
    return;
  for (int i = 0; i < 2; i++)
    owl_plan_tensor (plan, targets[i], sources[i], 2, (gint64[]){ width, n }, TRUE);
}

/* A checkpoint that lacks its last layers has fewer than its configuration says. */
static gboolean
check_layers (OwlPlan *plan, json_t *config, const char *part, const char *what, gint64 found)
{
  gint64 said = owl_config_int (json_object_get (config, part), "num_hidden_layers", found);

  return said == found || owl_plan_fail (plan, OWL_ERROR_FORMAT, "%s: %" G_GINT64_FORMAT " layers found, config.json says %" G_GINT64_FORMAT, what,
                                         found, said);
}

void
owl_convert_plan_vision (OwlPlan *plan, json_t *config)
{
  VisionConfig c;
  gint64 side, p;

  read_config (plan, config, &c);
  p = c.patch_size;
  if (!check_layers (plan, config, "vision_config", "vision_model.encoder", c.n_layers) ||
      !check_layers (plan, config, "visual_abstractor_config", "abstractor.encoder", c.abstractor_layers))
    return;
  if (c.width < 1 || p < 1 || c.n_heads < 1 || c.width % c.n_heads != 0 || c.image_size < p || c.n_queries < 1 || c.abstractor_heads < 1 ||
      c.width % c.abstractor_heads != 0 || c.image_size > 65536) {
    owl_plan_fail (plan, OWL_ERROR_FORMAT, "the vision part of config.json does not fit the weights");
    return;
  }
  side = c.image_size / p;
  owl_plan_tensor (plan, "v.class_embd", "vision_model.embeddings.cls_token", 1, &c.width, TRUE);
  owl_plan_tensor (plan, "v.patch_embd.weight", "vision_model.embeddings.patch_embed.weight", 4, (gint64[]){ p, p, 3, c.width }, FALSE);
  owl_plan_tensor (plan, "v.position_embd.weight", "vision_model.embeddings.position_embedding", 2,
                   (gint64[]){ c.width, side * side + 1 }, TRUE);
  norm (plan, "v.pre_ln", "vision_model.embeddings.pre_layernorm", c.width);
  plan->n_blocks = (int) c.n_layers;
  for (int i = 0; i < c.n_layers && !plan->failed; i++)
    plan_encoder_layer (plan, &c, i);
  norm (plan, "v.post_ln", "vision_model.post_layernorm", c.width);

  owl_plan_tensor (plan, "v.proj_query", "query_tokens", 2, (gint64[]){ c.width, c.n_queries }, TRUE);
  plan->n_blocks = (int) c.abstractor_layers;
  for (int i = 0; i < c.abstractor_layers && !plan->failed; i++)
    plan_abstractor_layer (plan, &c, i);
  plan_crop_positions (plan, c.width);
  linear (plan, "v.proj_linear", "abstractor.visual_fc", c.out_width, c.width, same);
  owl_plan_vector (plan, "v.token_embd.img_end", "abstractor.vit_eos", c.out_width, same);
}

/* Three numbers of preprocessor_config.json, or CLIP's. */
static void
read_statistic (json_t *preprocessor, const char *key, const float fallback[3], float values[3])
{
  json_t *list = json_object_get (preprocessor, key);

  memcpy (values, fallback, 3 * sizeof *values);
  if (json_array_size (list) != 3)
    return;
  for (int i = 0; i < 3; i++)
    if (json_is_number (json_array_get (list, i)))
      values[i] = (float) json_number_value (json_array_get (list, i));
}

gboolean
owl_convert_vision_metadata (OwlGgufWriter *writer, const OwlPlan *plan, json_t *config, const char *name, GError **error)
{
  const char *folder = owl_checkpoint_get_folder (plan->checkpoint);
  g_autofree char *path = g_build_filename (folder, "preprocessor_config.json", NULL);
  json_t *preprocessor = NULL;
  VisionConfig c;
  float mean[3], std[3];

  /* Without the file CLIP's numbers hold; a damaged one is not to be guessed at. */
  if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    preprocessor = owl_checkpoint_read_json (folder, "preprocessor_config.json", error);
    if (!preprocessor)
      return FALSE;
  }
  read_config (plan, config, &c);
  read_statistic (preprocessor, "image_mean", clip_mean, mean);
  read_statistic (preprocessor, "image_std", clip_std, std);
  json_decref (preprocessor);
  owl_gguf_writer_set_string (writer, "general.architecture", "clip");
  owl_gguf_writer_set_string (writer, "general.type", "mmproj");
  owl_gguf_writer_set_string (writer, "general.name", name);
  owl_gguf_writer_set_u32 (writer, "general.file_type", owl_plan_get_file_type (plan));
  owl_gguf_writer_set_u32 (writer, "general.quantization_version", 2);
  owl_gguf_writer_set_bool (writer, "clip.has_vision_encoder", TRUE);
  owl_gguf_writer_set_string (writer, "clip.projector_type", "mplug_owl");
  owl_gguf_writer_set_u32 (writer, "clip.vision.image_size", (guint32) c.image_size);
  owl_gguf_writer_set_u32 (writer, "clip.vision.patch_size", (guint32) c.patch_size);
  owl_gguf_writer_set_u32 (writer, "clip.vision.embedding_length", (guint32) c.width);
  owl_gguf_writer_set_u32 (writer, "clip.vision.feed_forward_length", (guint32) c.ffn_width);
  owl_gguf_writer_set_u32 (writer, "clip.vision.block_count", (guint32) c.n_layers);
  owl_gguf_writer_set_u32 (writer, "clip.vision.projection_dim", (guint32) c.out_width);
  owl_gguf_writer_set_u32 (writer, "clip.vision.attention.head_count", (guint32) c.n_heads);
  owl_gguf_writer_set_u32 (writer, "clip.vision.projector.query_count", (guint32) c.n_queries);
  owl_gguf_writer_set_u32 (writer, "clip.vision.projector.block_count", (guint32) c.abstractor_layers);
  owl_gguf_writer_set_u32 (writer, "clip.vision.projector.head_count", (guint32) c.abstractor_heads);
  owl_gguf_writer_set_u32 (writer, "clip.vision.projector.feed_forward_length", (guint32) c.abstractor_ffn);
  owl_gguf_writer_set_f32 (writer, "clip.vision.attention.layer_norm_epsilon", (float) c.eps);
  owl_gguf_writer_set_f32 (writer, "clip.vision.projector.layer_norm_epsilon", (float) c.abstractor_eps);
  owl_gguf_writer_set_array_f32 (writer, "clip.vision.image_mean", mean, 3);
  owl_gguf_writer_set_array_f32 (writer, "clip.vision.image_std", std, 3);
  return TRUE;
}
