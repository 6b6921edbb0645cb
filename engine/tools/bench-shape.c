/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench.h"

#include <math.h>
#include <string.h>

typedef struct {
  const char *name;
  OwlArchitecture architecture;
  int width, n_layers, n_heads, n_kv_heads, ffn_width, n_vocabulary;
  gboolean has_vision;
} Shape;

static const Shape shapes[] = {
  { "mplug-owl-7b", OWL_ARCH_LLAMA, 4096, 32, 32, 32, 11008, 32000, TRUE },
  { "mplug-owl-bloomz-7b", OWL_ARCH_BLOOM, 4096, 30, 32, 32, 16384, 250880, TRUE },
  { "llama-1b", OWL_ARCH_LLAMA, 2048, 22, 32, 4, 5632, 32000, FALSE },
};

/* Fills blocks with random integers and small scales. */
typedef struct {
  GRand *rand;
  GPtrArray *owned;
  OwlType type;      /* of matrices */
  gboolean mixed;    /* q4_k_m: some matrices are Q6_K */
  OwlTensor drawn[2]; /* matrices that others of their type share; packing gives each its own copy */
} Maker;

/* Where the float16 scales of a block lie. */
static void
set_scales (OwlType type, guint8 *block)
{
  const guint16 scale = owl_f32_to_f16 (type == OWL_TYPE_Q8_0 ? 0.0002f : type == OWL_TYPE_Q6_K ? 0.00002f : 0.004f);
  const guint16 k_scale = owl_f32_to_f16 (0.00008f);

  switch (type) {
  case OWL_TYPE_Q4_1:
  case OWL_TYPE_Q5_1:
    memcpy (block, &scale, 2);
    memcpy (block + 2, &scale, 2);
    break;
  case OWL_TYPE_Q4_K:
  case OWL_TYPE_Q5_K:
    memcpy (block, &k_scale, 2);
    memcpy (block + 2, &k_scale, 2);
    break;
  case OWL_TYPE_Q6_K:
    memcpy (block + 208, &scale, 2);
    break;
  case OWL_TYPE_F32:
  case OWL_TYPE_F16:
  case OWL_TYPE_BF16:
    break;
  case OWL_TYPE_Q4_0:
  case OWL_TYPE_Q5_0:
  case OWL_TYPE_Q8_0:
  default:
    memcpy (block, &scale, 2);
    break;
  }
}

/* Some blocks are drawn, the rest repeats them. */
static void *
make_values (Maker *m, OwlType type, gsize n)
{
  gsize block_size = owl_type_block_size (type), size = n / owl_type_block_length (type) * block_size;
  gsize drawn = MIN (size, 4096 * block_size);
  guint8 *data = g_malloc (size);

  if (owl_type_is_quantised (type)) {
    for (gsize i = 0; i < drawn; i++)
      data[i] = (guint8) g_rand_int (m->rand);
    for (gsize i = 0; i < drawn; i += block_size)
      set_scales (type, data + i);
  } else {
    for (gsize i = 0; i < drawn / block_size; i++) {
      float value = (float) g_rand_double_range (m->rand, -0.03, 0.03);

      owl_type_from_f32 (type, &value, data + i * block_size, 1);
    }
  }
  for (gsize at = drawn; at < size; at += drawn)
    memcpy (data + at, data, MIN (drawn, size - at));
  g_ptr_array_add (m->owned, data);
  return data;
}

static OwlTensor
make_matrix (Maker *m, OwlType type, int in, int out)
{
  gsize size = owl_type_row_size (type, in) * (gsize) out;
  OwlTensor *drawn = &m->drawn[type == OWL_TYPE_Q6_K];

  if (!drawn->data || drawn->type != type || drawn->size < size)
    *drawn = (OwlTensor){ .name = "random", .type = type, .data = make_values (m, type, (gsize) in * out), .size = size };
  return (OwlTensor){ .name = "random", .type = type, .n_dims = 2, .ne = { in, out, 1, 1 }, .data = drawn->data, .size = size };
}

static OwlLinear
make_linear_of (Maker *m, OwlType type, int in, int out, gboolean bias)
{
  return (OwlLinear){ .weight = make_matrix (m, type, in, out), .bias = bias ? make_values (m, OWL_TYPE_F32, out) : NULL, .slot = -1 };
}

static OwlLinear
make_linear (Maker *m, int in, int out, gboolean bias)
{
  return make_linear_of (m, m->type, in, out, bias);
}

static OwlNorm
make_norm (Maker *m, int width, gboolean bias)
{
  float *weight = make_values (m, OWL_TYPE_F32, width);

  for (int i = 0; i < width; i++)
    weight[i] += 1.0f;
  return (OwlNorm){ weight, bias ? make_values (m, OWL_TYPE_F32, width) : NULL };
}

/* The layers whose value and down matrices llama.cpp's Q4_K_M keeps in Q6_K. */
static OwlType
mixed_type (const Maker *m, int layer, int n_layers)
{
  gboolean more = layer < n_layers / 8 || layer >= 7 * n_layers / 8 || (layer - n_layers / 8) % 3 == 2;

  return m->mixed && more ? OWL_TYPE_Q6_K : m->type;
}

static void
make_layer (Maker *m, const Shape *s, int index, OwlLanguageLayer *layer)
{
  gboolean bloom = s->architecture == OWL_ARCH_BLOOM;
  int kv = s->width / s->n_heads * s->n_kv_heads;
  OwlType more = mixed_type (m, index, s->n_layers);

  layer->attn_norm = make_norm (m, s->width, bloom);
  layer->ffn_norm = make_norm (m, s->width, bloom);
  layer->q = make_linear (m, s->width, bloom ? 3 * s->width : s->width, bloom);
  if (!bloom) {
    layer->k = make_linear (m, s->width, kv, FALSE);
    layer->v = make_linear_of (m, more, s->width, kv, FALSE);
    layer->gate = make_linear (m, s->width, s->ffn_width, FALSE);
  }
  layer->out = make_linear (m, s->width, s->width, bloom);
  layer->up = make_linear (m, s->width, s->ffn_width, bloom);
  layer->down = make_linear_of (m, more, s->ffn_width, s->width, bloom);
}

static OwlLanguage *
make_language (Maker *m, const Shape *s)
{
  OwlLanguage *l = g_new0 (OwlLanguage, 1);

  l->owned = m->owned = g_ptr_array_new_with_free_func (g_free);
  l->architecture = s->architecture;
  l->width = s->width;
  l->n_layers = s->n_layers;
  l->n_heads = s->n_heads;
  l->n_kv_heads = s->n_kv_heads;
  l->head_dim = s->width / s->n_heads;
  l->ffn_width = s->ffn_width;
  l->context_length = 2048;
  l->n_vocabulary = s->n_vocabulary;
  l->eps = 1e-5f;
  l->rope_base = 10000.0f;
  l->rope_dims = l->head_dim;
  l->rope_inverse = g_new (float, l->head_dim / 2);
  for (int i = 0; i < l->head_dim / 2; i++)
    l->rope_inverse[i] = (float) pow (10000.0, -2.0 * i / l->head_dim);
  if (s->architecture == OWL_ARCH_BLOOM) {
    l->alibi = g_new (float, l->n_heads);
    for (int i = 0; i < l->n_heads; i++)
      l->alibi[i] = (float) exp2 (-8.0 * (i + 1) / l->n_heads);
    l->embedding_norm = make_norm (m, s->width, TRUE);
  }
  /* The largest first, so that all others of its type fit into what was drawn. */
  l->output = make_linear_of (m, m->mixed ? OWL_TYPE_Q6_K : m->type, s->width, s->n_vocabulary, FALSE);
  l->embedding = l->output.weight;
  l->layers = g_new0 (OwlLanguageLayer, s->n_layers);
  for (int i = 0; i < s->n_layers; i++)
    make_layer (m, s, i, &l->layers[i]);
  l->output_norm = make_norm (m, s->width, s->architecture == OWL_ARCH_BLOOM);
  return l;
}

/* ViT-L/14 with the published abstractor. */
static OwlVision *
make_vision (Maker *m, int out_width)
{
  OwlVision *v = g_new0 (OwlVision, 1);
  const int width = 1024, ffn = 4096, abstractor_ffn = 2816;

  v->owned = m->owned = g_ptr_array_new_with_free_func (g_free);
  v->image_size = 224;
  v->patch_size = 14;
  v->n_patches = 256;
  v->width = width;
  v->n_heads = 16;
  v->n_layers = 24;
  v->ffn_width = ffn;
  v->eps = 1e-6f;
  v->class_embedding = make_values (m, OWL_TYPE_F32, width);
  v->position_embedding = make_values (m, OWL_TYPE_F32, (gsize) width * (v->n_patches + 1));
  v->patch = make_linear_of (m, OWL_TYPE_F16, 3 * 14 * 14, width, FALSE);
  v->pre_norm = make_norm (m, width, TRUE);
  v->post_norm = make_norm (m, width, TRUE);
  v->layers = g_new0 (OwlVitLayer, v->n_layers);
  for (int i = 0; i < v->n_layers; i++)
    v->layers[i] = (OwlVitLayer){
      make_norm (m, width, TRUE),          make_norm (m, width, TRUE),          make_linear (m, width, width, TRUE),
      make_linear (m, width, width, TRUE), make_linear (m, width, width, TRUE), make_linear (m, width, width, TRUE),
      make_linear (m, width, ffn, TRUE),   make_linear (m, ffn, width, TRUE),
    };
  v->n_queries = 64;
  v->n_abstractor_heads = 16;
  v->n_abstractor_layers = 6;
  v->abstractor_eps = 1e-6f;
  v->queries = make_values (m, OWL_TYPE_F32, (gsize) width * v->n_queries);
  v->abstractor = g_new0 (OwlAbstractorLayer, v->n_abstractor_layers);
  for (int i = 0; i < v->n_abstractor_layers; i++)
    v->abstractor[i] = (OwlAbstractorLayer){
      make_norm (m, width, TRUE),          make_norm (m, width, TRUE),
      make_linear (m, width, width, TRUE), make_linear (m, width, width, TRUE),
      make_linear (m, width, width, TRUE), make_linear (m, width, width, TRUE),
      make_norm (m, width, TRUE),          make_linear (m, width, abstractor_ffn, TRUE),
      make_linear (m, width, abstractor_ffn, TRUE), make_norm (m, abstractor_ffn, TRUE),
      make_linear (m, abstractor_ffn, width, TRUE),
    };
  v->project = make_linear (m, width, out_width, TRUE);
  v->image_end = make_values (m, OWL_TYPE_F32, out_width);
  v->out_width = out_width;
  return v;
}

static gboolean
parse_type (const char *name, OwlType *type, gboolean *mixed, GError **error)
{
  *mixed = g_strcmp0 (name, "q4_k_m") == 0;
  if (owl_type_from_name (*mixed ? "q4_k" : name, type))
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: there is no such type", name);
  return FALSE;
}

OwlModel *
owl_bench_shape (const char *shape, const char *type, const char *vision_type, OwlPool *pool, GError **error)
{
  Maker language = { 0 }, vision = { 0 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  const Shape *s = NULL;
  OwlModel *model;

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    if (strcmp (shapes[i].name, shape) == 0)
      s = &shapes[i];
  if (!s) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: there is no such shape", shape);
    return NULL;
  }
  if (!parse_type (type, &language.type, &language.mixed, error) ||
      !parse_type (vision_type ? vision_type : "f16", &vision.type, &vision.mixed, error))
    return NULL;

  language.rand = vision.rand = rand;
  model = g_new0 (OwlModel, 1);
  g_atomic_ref_count_init (&model->references);
  model->pool = pool;
  model->language = make_language (&language, s);
  if (s->has_vision)
    model->vision = make_vision (&vision, s->width);
  return model;
}
