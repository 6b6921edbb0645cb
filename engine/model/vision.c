/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/vision.h"

#include "image/tiles.h"

/* Limits against hostile files: far above any published encoder. */
#define MAX_LAYERS 256
#define MAX_WIDTH 32768
#define MAX_IMAGE_SIZE 4096
#define MAX_CROP_POSITIONS 1024

static void
load_vit (OwlVision *vision, OwlWeights *w)
{
  const char *const stats[] = { "clip.vision.image_mean", "clip.vision.image_std" };

  vision->image_size = owl_weights_int (w, 1, MAX_IMAGE_SIZE, "clip.vision.image_size");
  vision->patch_size = owl_weights_int (w, 1, MAX (vision->image_size, 1), "clip.vision.patch_size");
  vision->width = owl_weights_int (w, 1, MAX_WIDTH, "clip.vision.embedding_length");
  vision->ffn_width = owl_weights_int (w, 1, MAX_WIDTH * 4, "clip.vision.feed_forward_length");
  vision->n_layers = owl_weights_int (w, 0, MAX_LAYERS, "clip.vision.block_count");
  vision->n_heads = owl_weights_int (w, 1, 256, "clip.vision.attention.head_count");
  vision->eps = owl_weights_float (w, "clip.vision.attention.layer_norm_epsilon");
  if (w->failed)
    return;
  for (int i = 0; i < 2; i++)
    if (!owl_gguf_get_array_f32 (w->file, stats[i], i == 0 ? vision->mean : vision->std, 3)) {
      g_set_error (w->error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: key %s: expected three numbers", owl_gguf_get_path (w->file),
                   stats[i]);
      w->failed = TRUE;
      return;
    }
  if (vision->width % vision->n_heads != 0 || vision->std[0] == 0 || vision->std[1] == 0 || vision->std[2] == 0) {
    g_set_error (w->error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: %d heads do not divide a width of %d, or a deviation is zero",
                 owl_gguf_get_path (w->file), vision->n_heads, vision->width);
    w->failed = TRUE;
    return;
  }

  int side = vision->image_size / vision->patch_size;
  int width = vision->width, ffn = vision->ffn_width;

  vision->n_patches = side * side;
  vision->class_embedding = owl_weights_values (w, width, 1, "v.class_embd");
  vision->position_embedding = owl_weights_values (w, width, vision->n_patches + 1, "v.position_embd.weight");
  owl_weights_layer_norm (w, width, &vision->pre_norm, "v.pre_ln");
  owl_weights_layer_norm (w, width, &vision->post_norm, "v.post_ln");
  vision->layers = g_new0 (OwlVitLayer, vision->n_layers);
  for (int i = 0; i < vision->n_layers && !w->failed; i++) {
    OwlVitLayer *layer = &vision->layers[i];

    owl_weights_layer_norm (w, width, &layer->ln1, "v.blk.%d.ln1", i);
    owl_weights_linear (w, width, width, TRUE, &layer->q, "v.blk.%d.attn_q", i);
    owl_weights_linear (w, width, width, TRUE, &layer->k, "v.blk.%d.attn_k", i);
    owl_weights_linear (w, width, width, TRUE, &layer->v, "v.blk.%d.attn_v", i);
    owl_weights_linear (w, width, width, TRUE, &layer->out, "v.blk.%d.attn_out", i);
    owl_weights_layer_norm (w, width, &layer->ln2, "v.blk.%d.ln2", i);
    owl_weights_linear (w, width, ffn, TRUE, &layer->up, "v.blk.%d.ffn_up", i);
    owl_weights_linear (w, ffn, width, TRUE, &layer->down, "v.blk.%d.ffn_down", i);
  }
}

/* The convolution's weight is stored as [width, 3, patch, patch]; as a linear layer it is [width, 3 · patch²]. */
static void
load_patch_embedding (OwlVision *vision, OwlWeights *w)
{
  const OwlTensor *tensor;
  gint64 p = vision->patch_size;

  if (w->failed)
    return;
  tensor = owl_gguf_find_tensor (w->file, "v.patch_embd.weight");
  if (!tensor || tensor->n_dims != 4 || tensor->ne[0] != p || tensor->ne[1] != p || tensor->ne[2] != 3 ||
      tensor->ne[3] != vision->width || owl_type_is_quantised (tensor->type)) {
    g_set_error (w->error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: tensor v.patch_embd.weight: expected unquantised values of %d x %d x 3 x %d",
                 owl_gguf_get_path (w->file), vision->patch_size, vision->patch_size, vision->width);
    w->failed = TRUE;
    return;
  }
  vision->patch.weight = *tensor;
  vision->patch.weight.n_dims = 2;
  vision->patch.weight.ne[0] = 3 * p * p;
  vision->patch.weight.ne[1] = vision->width;
  vision->patch.weight.ne[2] = vision->patch.weight.ne[3] = 1;
}

/* UReader's tables: their presence tells its weights from plain ones. */
static void
load_crop_positions (OwlVision *vision, OwlWeights *w)
{
  const OwlTensor *rows = w->failed ? NULL : owl_gguf_find_tensor (w->file, "v.proj_crop_row.weight");

  if (!rows)
    return;
  if (rows->ne[1] <= OWL_OVERVIEW_POSITION || rows->ne[1] > MAX_CROP_POSITIONS) {
    g_set_error (w->error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor v.proj_crop_row.weight: %" G_GINT64_FORMAT " crop positions are not %d to %d",
                 owl_gguf_get_path (w->file), rows->ne[1], OWL_OVERVIEW_POSITION + 1, MAX_CROP_POSITIONS);
    w->failed = TRUE;
    return;
  }
  vision->n_crop_positions = (int) rows->ne[1];
  vision->crop_rows = owl_weights_values (w, vision->width, vision->n_crop_positions, "v.proj_crop_row.weight");
  vision->crop_columns = owl_weights_values (w, vision->width, vision->n_crop_positions, "v.proj_crop_col.weight");
}

static void
load_abstractor (OwlVision *vision, OwlWeights *w)
{
  const char *kind = owl_gguf_get_string (w->file, "clip.projector_type");
  int width = vision->width;

  if (w->failed)
    return;
  if (g_strcmp0 (kind, "mplug_owl") != 0) {
    g_set_error (w->error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: projector %s is not mPLUG-Owl's",
                 owl_gguf_get_path (w->file), kind ? kind : "(none)");
    w->failed = TRUE;
    return;
  }
  vision->n_queries = owl_weights_int (w, 1, 4096, "clip.vision.projector.query_count");
  vision->n_abstractor_layers = owl_weights_int (w, 0, MAX_LAYERS, "clip.vision.projector.block_count");
  vision->n_abstractor_heads = owl_weights_int (w, 1, 256, "clip.vision.projector.head_count");
  vision->abstractor_eps = owl_weights_float (w, "clip.vision.projector.layer_norm_epsilon");
  if (!w->failed && width % vision->n_abstractor_heads != 0) {
    g_set_error (w->error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: %d abstractor heads do not divide a width of %d",
                 owl_gguf_get_path (w->file), vision->n_abstractor_heads, width);
    w->failed = TRUE;
  }
  vision->queries = owl_weights_values (w, width, vision->n_queries, "v.proj_query");
  vision->abstractor = g_new0 (OwlAbstractorLayer, vision->n_abstractor_layers);
  for (int i = 0; i < vision->n_abstractor_layers && !w->failed; i++) {
    OwlAbstractorLayer *layer = &vision->abstractor[i];

    owl_weights_layer_norm (w, width, &layer->norm, "v.proj_blk.%d.cross_attn_norm", i);
    owl_weights_layer_norm (w, width, &layer->kv_norm, "v.proj_blk.%d.cross_attn_kv_norm", i);
    owl_weights_linear (w, width, width, TRUE, &layer->q, "v.proj_blk.%d.cross_attn_q", i);
    owl_weights_linear (w, width, width, TRUE, &layer->k, "v.proj_blk.%d.cross_attn_k", i);
    owl_weights_linear (w, width, width, TRUE, &layer->v, "v.proj_blk.%d.cross_attn_v", i);
    owl_weights_linear (w, width, width, TRUE, &layer->out, "v.proj_blk.%d.cross_attn_out", i);
    owl_weights_layer_norm (w, width, &layer->ffn_norm, "v.proj_blk.%d.ffn_norm", i);

    /* The width of the feed-forward part is the tensor's: the published configuration does not say it right. */
    owl_weights_linear (w, width, 0, TRUE, &layer->gate, "v.proj_blk.%d.ffn_gate", i);
    gint64 ffn = w->failed ? 1 : layer->gate.weight.ne[1];
    owl_weights_linear (w, width, ffn, TRUE, &layer->up, "v.proj_blk.%d.ffn_up", i);
    owl_weights_layer_norm (w, ffn, &layer->ffn_sub_norm, "v.proj_blk.%d.ffn_sub_norm", i);
    owl_weights_linear (w, ffn, width, TRUE, &layer->down, "v.proj_blk.%d.ffn_down", i);
  }
  load_crop_positions (vision, w);
  owl_weights_linear (w, width, 0, TRUE, &vision->project, "v.proj_linear");
  vision->out_width = w->failed ? 0 : (int) MIN (vision->project.weight.ne[1], MAX_WIDTH);
  vision->image_end = owl_weights_values (w, vision->out_width, 1, "v.token_embd.img_end");
}

OwlVision *
owl_vision_open (const char *path, GError **error)
{
  g_autoptr (OwlVision) vision = g_new0 (OwlVision, 1);
  OwlWeights weights = { .error = error };

  vision->file = owl_gguf_open (path, error);
  if (!vision->file)
    return NULL;
  vision->owned = g_ptr_array_new_with_free_func (g_free);
  if (g_strcmp0 (owl_gguf_get_string (vision->file, "general.architecture"), "clip") != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: not a vision file (general.architecture is not \"clip\")", path);
    return NULL;
  }
  weights.file = vision->file;
  weights.owned = vision->owned;
  load_vit (vision, &weights);
  load_patch_embedding (vision, &weights);
  load_abstractor (vision, &weights);
  return weights.failed ? NULL : g_steal_pointer (&vision);
}

static gboolean
check_replacement (const OwlVision *vision, const OwlVision *base, const char *path, GError **error)
{
  if (vision->n_queries == base->n_queries && vision->out_width == base->out_width && !vision->crop_rows == !base->crop_rows)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
               "%s: this abstractor belongs to another model: %d queries of %d values%s, the model has %d of %d%s", path, vision->n_queries,
               vision->out_width, vision->crop_rows ? " and crop positions" : "", base->n_queries, base->out_width,
               base->crop_rows ? " and crop positions" : "");
  return FALSE;
}

OwlVision *
owl_vision_open_abstractor (const OwlVision *base, const char *path, GError **error)
{
  g_autoptr (OwlVision) vision = g_memdup2 (base, sizeof *base);
  OwlWeights weights = { .error = error };

  vision->borrows_encoder = TRUE;
  vision->abstractor = NULL;
  vision->crop_rows = vision->crop_columns = NULL;
  vision->n_crop_positions = 0;
  vision->owned = g_ptr_array_new_with_free_func (g_free);
  vision->file = owl_gguf_open (path, error);
  if (!vision->file)
    return NULL;
  weights.file = vision->file;
  weights.owned = vision->owned;
  load_abstractor (vision, &weights);
  return !weights.failed && check_replacement (vision, base, path, error) ? g_steal_pointer (&vision) : NULL;
}

void
owl_vision_free (OwlVision *vision)
{
  if (!vision)
    return;
  g_clear_pointer (&vision->owned, g_ptr_array_unref);
  g_clear_pointer (&vision->file, owl_gguf_unref);
  if (!vision->borrows_encoder)
    g_free (vision->layers);
  g_free (vision->abstractor);
  g_free (vision);
}

int
owl_vision_get_n_tokens (const OwlVision *vision)
{
  return vision->n_queries + 1;
}

gboolean
owl_vision_has_crop_positions (const OwlVision *vision)
{
  return vision->crop_rows != NULL;
}
