/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/network-private.h"

#include <string.h>

#define ABSTRACTOR_NORM_EPS 1e-5f

/* What the layers of one run share. */
typedef struct {
  OwlNetwork *n;
  const OwlTapeSpan *spans;
  gsize n_spans;
  const int *positions; /* of the decoder's rows */
  /* Keys and values where they are not the rows of the queries: [norm1(q) ; normk(e)] of every picture; the shared beginning and the rest of every
   * sequence. */
  const guint8 *kv_from;
  const gint32 *kv_row;
  gsize n_kv; /* 0: the same rows */
  const OwlLayerLooks *looks; /* of each layer; NULL: none */
} Shared;

typedef struct {
  const Shared *shared;
  int layer;
} LayerRef;

static OwlNode *
linear (OwlTape *t, OwlNode *x, const OwlTrainLinear *l)
{
  return owl_tape_linear (t, x, l->w, l->b, NULL);
}

static OwlNode *
layer_norm (OwlTape *t, OwlNode *x, const OwlTrainNorm *norm, float eps)
{
  return owl_tape_layer_norm (t, x, norm->w, norm->b, eps);
}

static OwlNode *
attend (OwlTape *t, const LayerRef *ref, OwlTapeHeads q, OwlTapeHeads k, OwlTapeHeads v, int n_heads, int head_dim, gboolean causal, const float *alibi)
{
  const Shared *s = ref->shared;
  const OwlLayerLooks *layer = s->looks ? &s->looks[ref->layer] : NULL;

  return owl_tape_attention (t, q, k, v, n_heads, head_dim, s->spans, s->n_spans, causal, alibi, layer ? layer->looks : NULL, layer ? layer->n : 0);
}

/* One layer, kept or computed again according to the network. */
static OwlNode *
run_layer (OwlTape *t, OwlSegment func, OwlNode *const *in, int n_in, const Shared *shared, int layer)
{
  LayerRef *ref = owl_arena_alloc (t->arena, sizeof (LayerRef));

  *ref = (LayerRef){ shared, layer };
  return shared->n->recompute ? owl_tape_checkpoint (t, func, in, n_in, ref) : func (t, in, ref);
}

static OwlNode *
vit_layer (OwlTape *t, OwlNode *const *in, gconstpointer data)
{
  const LayerRef *ref = data;
  const OwlNetwork *n = ref->shared->n;
  const OwlTrainVitLayer *l = &n->vit[ref->layer];
  gsize head_dim = (gsize) (n->vision_width / n->vision_heads);
  OwlNode *x = in[0], *qkv = linear (t, layer_norm (t, x, &l->ln1, n->vision_eps), &l->qkv), *a;
  OwlTapeHeads q = { qkv, 0, 3 * head_dim }, k = { qkv, head_dim, 3 * head_dim }, v = { qkv, 2 * head_dim, 3 * head_dim };

  a = attend (t, ref, q, k, v, n->vision_heads, (int) head_dim, FALSE, NULL);
  x = owl_tape_add (t, x, linear (t, a, &l->out));
  a = owl_tape_quick_gelu (t, linear (t, layer_norm (t, x, &l->ln2, n->vision_eps), &l->up));
  return owl_tape_add (t, x, linear (t, a, &l->down));
}

/* in[0]: the queries of all pictures, in[1]: the encoder's output. */
static OwlNode *
abstractor_layer (OwlTape *t, OwlNode *const *in, gconstpointer data)
{
  const LayerRef *ref = data;
  const Shared *s = ref->shared;
  const OwlNetwork *n = s->n;
  const OwlTrainAbstractorLayer *l = &n->abstractor[ref->layer];
  gsize head_dim = (gsize) (n->vision_width / n->abstractor_heads);
  OwlNode *h = layer_norm (t, in[0], &l->norm, ABSTRACTOR_NORM_EPS), *e = layer_norm (t, in[1], &l->kv_norm, ABSTRACTOR_NORM_EPS);
  OwlNode *kv = owl_tape_rows (t, h, e, NULL, NULL, s->n_kv, (gsize) n->vision_width, s->kv_from, s->kv_row), *x, *m;
  OwlTapeHeads q = { linear (t, h, &l->q), 0, head_dim }, k = { linear (t, kv, &l->k), 0, head_dim }, v = { linear (t, kv, &l->v), 0, head_dim };

  x = attend (t, ref, q, k, v, n->abstractor_heads, (int) head_dim, FALSE, NULL);
  /* The residual is the normed h, as published. */
  x = owl_tape_add (t, h, linear (t, x, &l->out));
  m = layer_norm (t, x, &l->ffn_norm, ABSTRACTOR_NORM_EPS);
  m = owl_tape_silu_multiply (t, linear (t, m, &l->gate), linear (t, m, &l->up));
  m = layer_norm (t, m, &l->sub_norm, n->abstractor_eps);
  return owl_tape_add (t, x, linear (t, m, &l->down));
}

/* Keys or values of the decoder: those of the shared beginning before those of each sequence. */
static OwlNode *
gather_keys (OwlTape *t, const Shared *s, OwlNode *x)
{
  return s->n_kv > 0 ? owl_tape_rows (t, x, NULL, NULL, NULL, s->n_kv, x->cols, s->kv_from, s->kv_row) : x;
}

static OwlNode *
llama_layer (OwlTape *t, OwlNode *const *in, gconstpointer data)
{
  const LayerRef *ref = data;
  const Shared *s = ref->shared;
  const OwlNetwork *n = s->n;
  const OwlTrainDecoderLayer *l = &n->decoder[ref->layer];
  gsize head_dim = (gsize) n->head_dim;
  OwlNode *x = in[0], *h = owl_tape_rms_norm (t, x, l->attn_norm.w, n->eps), *a, *gate, *up;
  OwlTapeHeads q, k, v;

  q = (OwlTapeHeads){ owl_tape_rotate (t, owl_tape_linear (t, h, l->q.w, NULL, l->lora[0]), n->n_heads, n->rope_base, s->positions), 0, head_dim };
  k = (OwlTapeHeads){ owl_tape_rotate (t, owl_tape_linear (t, h, l->k.w, NULL, l->lora[1]), n->n_heads, n->rope_base, s->positions), 0, head_dim };
  v = (OwlTapeHeads){ owl_tape_linear (t, h, l->v.w, NULL, l->lora[2]), 0, head_dim };
  k.node = gather_keys (t, s, k.node);
  v.node = gather_keys (t, s, v.node);
  a = attend (t, ref, q, k, v, n->n_heads, n->head_dim, TRUE, NULL);
  x = owl_tape_add (t, x, owl_tape_linear (t, a, l->out.w, NULL, l->lora[3]));
  h = owl_tape_rms_norm (t, x, l->ffn_norm.w, n->eps);
  gate = owl_tape_linear (t, h, l->gate.w, NULL, l->lora[4]);
  up = owl_tape_linear (t, h, l->up.w, NULL, l->lora[5]);
  return owl_tape_add (t, x, owl_tape_linear (t, owl_tape_silu_multiply (t, gate, up), l->down.w, NULL, l->lora[6]));
}

static OwlNode *
bloom_layer (OwlTape *t, OwlNode *const *in, gconstpointer data)
{
  const LayerRef *ref = data;
  const Shared *s = ref->shared;
  const OwlNetwork *n = s->n;
  const OwlTrainDecoderLayer *l = &n->decoder[ref->layer];
  gsize head_dim = (gsize) n->head_dim;
  OwlNode *x = in[0], *qkv = owl_tape_linear (t, layer_norm (t, x, &l->attn_norm, n->eps), l->q.w, l->q.b, l->lora[0]), *a;
  OwlNode *kv = gather_keys (t, s, qkv);
  OwlTapeHeads q = { qkv, 0, 3 * head_dim }, k = { kv, head_dim, 3 * head_dim }, v = { kv, 2 * head_dim, 3 * head_dim };

  a = attend (t, ref, q, k, v, n->n_heads, n->head_dim, TRUE, n->alibi);
  x = owl_tape_add (t, x, owl_tape_linear (t, a, l->out.w, l->out.b, l->lora[3]));
  a = owl_tape_tanh_gelu (t, owl_tape_linear (t, layer_norm (t, x, &l->ffn_norm, n->eps), l->up.w, l->up.b, l->lora[5]));
  return owl_tape_add (t, x, owl_tape_linear (t, a, l->down.w, l->down.b, l->lora[6]));
}

/* Equal spans one after the other. */
static const OwlTapeSpan *
equal_spans (OwlTape *t, gsize n, gsize n_q, gsize n_k)
{
  OwlTapeSpan *spans = owl_arena_alloc (t->arena, MAX (n, 1) * sizeof (OwlTapeSpan));

  for (gsize i = 0; i < n; i++)
    spans[i] = (OwlTapeSpan){ i * n_q, n_q, i * n_k, n_k };
  return spans;
}

/* The pieces of all pictures as rows [3 · patch²]. */
static OwlNode *
cut_patches (OwlNetwork *n, OwlTape *t, const float *const *pictures, gsize n_pictures)
{
  gsize p = (gsize) n->patch_size, size = (gsize) n->image_size, side = size / p, cols = 3 * p * p;
  float *rows = owl_arena_floats (t->arena, n_pictures * side * side * cols), *to = rows;

  for (gsize i = 0; i < n_pictures; i++)
    for (gsize py = 0; py < side; py++)
      for (gsize px = 0; px < side; px++)
        for (gsize c = 0; c < 3; c++)
          for (gsize y = 0; y < p; y++, to += p)
            memcpy (to, pictures[i] + (c * size + py * p + y) * size + px * p, p * sizeof (float));
  return owl_tape_constant (t, n_pictures * side * side, cols, rows);
}

/* All pictures → visual tokens [n_pictures · n_queries, width of the decoder], without the end mark. */
static OwlNode *
run_vision (OwlNetwork *n, OwlTape *t, const float *const *pictures, gsize n_pictures, const OwlLayerLooks *searches, OwlNode **patches)
{
  gsize np = (gsize) n->n_patches, rows = n_pictures * (np + 1), width = (gsize) n->vision_width, nq = (gsize) n->n_queries, n_kv = nq + np + 1;
  guint8 *from = owl_arena_alloc (t->arena, rows), *kv_from = owl_arena_alloc (t->arena, n_pictures * n_kv);
  gint32 *row = owl_arena_alloc (t->arena, rows * sizeof (gint32)), *kv_row = owl_arena_alloc (t->arena, n_pictures * n_kv * sizeof (gint32));
  guint8 *query_from = owl_arena_alloc (t->arena, n_pictures * nq);
  gint32 *query_row = owl_arena_alloc (t->arena, n_pictures * nq * sizeof (gint32));
  Shared *vit = owl_arena_alloc (t->arena, sizeof (Shared)), *abstractor = owl_arena_alloc (t->arena, sizeof (Shared));
  OwlNode *x = owl_tape_linear (t, cut_patches (n, t, pictures, n_pictures), n->patch, NULL, NULL), *in[2];

  for (gsize i = 0, at = 0; i < n_pictures; i++) {
    from[at] = OWL_ROW_PARAMETER0;
    row[at++] = 0;
    for (gsize p = 0; p < np; p++) {
      from[at] = OWL_ROW_IN0;
      row[at++] = (gint32) (i * np + p);
    }
    for (gsize j = 0; j < n_kv; j++) {
      kv_from[i * n_kv + j] = j < nq ? OWL_ROW_IN0 : OWL_ROW_IN1;
      kv_row[i * n_kv + j] = (gint32) (j < nq ? i * nq + j : i * (np + 1) + j - nq);
    }
    for (gsize q = 0; q < nq; q++) {
      query_from[i * nq + q] = OWL_ROW_PARAMETER0;
      query_row[i * nq + q] = (gint32) q;
    }
  }
  x = owl_tape_rows (t, x, NULL, n->class_embedding, NULL, rows, width, from, row);
  x = layer_norm (t, owl_tape_add_repeated (t, x, n->position_embedding), &n->pre_norm, n->vision_eps);
  *vit = (Shared){ .n = n, .spans = equal_spans (t, n_pictures, np + 1, np + 1), .n_spans = n_pictures };
  for (int i = 0; i < n->vision_layers; i++)
    x = run_layer (t, vit_layer, &x, 1, vit, i);
  in[1] = layer_norm (t, x, &n->post_norm, n->vision_eps);
  *patches = in[1];

  *abstractor = (Shared){ .n = n, .spans = equal_spans (t, n_pictures, nq, n_kv), .n_spans = n_pictures, .kv_from = kv_from,
                          .kv_row = kv_row, .n_kv = n_pictures * n_kv, .looks = searches };
  in[0] = owl_tape_rows (t, NULL, NULL, n->queries, NULL, n_pictures * nq, width, query_from, query_row);
  for (int i = 0; i < n->abstractor_layers; i++)
    in[0] = run_layer (t, abstractor_layer, in, 2, abstractor, i);
  return linear (t, in[0], &n->project);
}

/* Where each row of the decoder's input comes from. */
typedef struct {
  gsize n, n_text;
  guint8 *from, *text_from;
  gint32 *row, *text_row;
  int *positions;
  OwlTapeSpan *spans;
  gsize n_spans;
  guint8 *kv_from; /* with a shared beginning */
  gint32 *kv_row;
  gsize n_kv;
  guint8 *target_from;
  gint32 *target_row, *targets;
  gsize n_targets;
  gsize shared; /* places of the shared beginning */
  gsize *first; /* [sequences]: its place i is row first + i, after the shared beginning */
} Layout;

/* How many ids all sequences begin with, before any picture or target: the system sentence, mostly. It is computed once for all of them; being causal,
 * it is the same in each. */
static gsize
common_beginning (const OwlSequence *sequences, gsize n_sequences)
{
  gsize n = n_sequences > 1 ? sequences[0].n : 0;

  for (gsize s = 0; s < n_sequences && n > 0; s++) {
    const OwlSequence *q = &sequences[s];
    gsize i = 0;

    while (i < n && i + 1 < q->n && q->ids[i] == sequences[0].ids[i] && q->ids[i] >= 0 && q->labels[i] < 0)
      i++;
    n = i;
  }
  return n;
}

static void
allocate_layout (Layout *l, OwlTape *t, gsize n_sequences, gsize shared)
{
  l->from = owl_arena_alloc (t->arena, l->n);
  l->row = owl_arena_alloc (t->arena, l->n * sizeof (gint32));
  l->text_from = owl_arena_alloc (t->arena, l->n);
  l->text_row = owl_arena_alloc (t->arena, l->n * sizeof (gint32));
  l->positions = owl_arena_alloc (t->arena, l->n * sizeof (int));
  l->spans = owl_arena_alloc (t->arena, (n_sequences + 1) * sizeof (OwlTapeSpan));
  l->target_from = owl_arena_alloc (t->arena, l->n);
  l->target_row = owl_arena_alloc (t->arena, l->n * sizeof (gint32));
  l->targets = owl_arena_alloc (t->arena, l->n * sizeof (gint32));
  l->first = owl_arena_alloc (t->arena, n_sequences * sizeof (gsize));
  l->kv_from = owl_arena_alloc (t->arena, l->n + (n_sequences + 1) * shared);
  l->kv_row = owl_arena_alloc (t->arena, (l->n + (n_sequences + 1) * shared) * sizeof (gint32));
  l->n_text = l->n_targets = l->n_spans = l->n_kv = 0;
}

static void
lay_out (OwlNetwork *n, OwlTape *t, const OwlSequence *sequences, gsize n_sequences, gboolean separate_text, Layout *l)
{
  gsize nq = (gsize) n->n_queries, visual = 0, at = 0, shared = common_beginning (sequences, n_sequences);

  l->n = l->shared = shared;
  for (gsize s = 0; s < n_sequences; s++)
    l->n += sequences[s].n - shared;
  allocate_layout (l, t, n_sequences, shared);
  if (shared > 0)
    l->spans[l->n_spans++] = (OwlTapeSpan){ 0, shared, 0, shared };
  /* Spans write the gradients of their keys at the same time, so the beginning has keys of its own too. */
  for (gsize i = 0; i < shared; i++) {
    l->kv_from[l->n_kv] = OWL_ROW_IN0;
    l->kv_row[l->n_kv++] = (gint32) i;
  }
  for (gsize s = 0; s < n_sequences; s++) {
    const OwlSequence *q = &sequences[s];
    /* The first sequence brings the beginning with it. */
    gsize begin = s > 0 ? shared : 0, in_picture = 0, first = at + shared - begin;

    /* Whole rows before the sequence's own: never negative, since the beginning itself is in the first. */
    l->first[s] = first - shared;
    l->spans[l->n_spans++] = (OwlTapeSpan){ first, q->n - shared, shared > 0 ? l->n_kv : first, q->n };
    for (gsize i = 0; i < q->n && shared > 0; i++) {
      l->kv_from[l->n_kv] = OWL_ROW_IN0;
      l->kv_row[l->n_kv++] = (gint32) (i < shared ? i : first + i - shared);
    }
    for (gsize i = begin; i < q->n; i++, at++) {
      l->positions[at] = (int) i;
      if (q->ids[i] < 0) {
        /* The last position of a picture is the end mark. */
        l->from[at] = in_picture < nq ? OWL_ROW_IN0 : OWL_ROW_PARAMETER1;
        l->row[at] = in_picture < nq ? (gint32) visual++ : 0;
        in_picture = in_picture < nq ? in_picture + 1 : 0;
      } else {
        gint32 id = (gsize) q->ids[i] < n->vocabulary ? q->ids[i] : 0;

        l->from[at] = separate_text ? OWL_ROW_IN1 : OWL_ROW_PARAMETER0;
        l->row[at] = separate_text ? (gint32) l->n_text : id;
        l->text_from[l->n_text] = OWL_ROW_PARAMETER0;
        l->text_row[l->n_text++] = id;
      }
      if (q->labels[i] >= 0) {
        l->target_from[l->n_targets] = OWL_ROW_IN0;
        l->target_row[l->n_targets] = (gint32) at;
        l->targets[l->n_targets++] = q->labels[i];
      }
    }
  }
}

static OwlNode *
run_pictures (OwlNetwork *n, OwlTape *t, const OwlSequence *sequences, gsize n_sequences, OwlFactTally *tallies)
{
  OwlNode *visual, *patches;
  OwlLayerLooks *searches = n->has_vision ? _owl_network_find_looks (n, t, OWL_FACTS_SEARCHES, n->abstractor_layers, sequences, n_sequences, 0) : NULL;
  g_autoptr (GPtrArray) pictures = g_ptr_array_new ();

  for (gsize s = 0; s < n_sequences; s++)
    for (gsize i = 0; i < sequences[s].n_pictures; i++)
      g_ptr_array_add (pictures, (gpointer) sequences[s].pictures[i]);
  if (pictures->len == 0)
    return NULL;
  visual = run_vision (n, t, (const float *const *) pictures->pdata, pictures->len, searches, &patches);
  if (n->facts->len > 0) {
    _owl_network_run_facts (n, t, OWL_FACTS_TOKENS, visual, sequences, n_sequences, NULL, tallies);
    _owl_network_run_facts (n, t, OWL_FACTS_PATCHES, patches, sequences, n_sequences, NULL, tallies);
    _owl_network_tally_looks (searches, n->abstractor_layers, tallies);
  }
  return visual;
}

gboolean
owl_network_run (OwlNetwork *n, OwlTape *t, const OwlSequence *sequences, gsize n_sequences, double scale, double *loss, gsize *n_correct, OwlFactTally *tallies)
{
  OwlNode *visual = run_pictures (n, t, sequences, n_sequences, tallies), *text = NULL, *x;
  Shared *shared = owl_arena_alloc (t->arena, sizeof (Shared));
  gsize width = (gsize) n->width;
  OwlLayerLooks *looks;
  Layout l;

  lay_out (n, t, sequences, n_sequences, n->bloom, &l);
  if (n->bloom && l.n_text > 0) {
    /* Text passes the embedding's norm, visual tokens do not. */
    text = owl_tape_rows (t, NULL, NULL, n->embedding, NULL, l.n_text, width, l.text_from, l.text_row);
    text = layer_norm (t, text, &n->embedding_norm, n->eps);
  }
  x = owl_tape_rows (t, visual, text, n->bloom ? NULL : n->embedding, n->image_end, l.n, width, l.from, l.row);
  looks = _owl_network_find_looks (n, t, OWL_FACTS_LOOKS, n->n_layers, sequences, n_sequences, l.shared);
  *shared = (Shared){ .n = n, .spans = l.spans, .n_spans = l.n_spans, .positions = l.positions, .kv_from = l.kv_from, .kv_row = l.kv_row, .n_kv = l.n_kv, .looks = looks };
  for (int i = 0; i < n->n_layers; i++) {
    if (t->cancellable && g_cancellable_is_cancelled (t->cancellable))
      return FALSE;
    x = run_layer (t, n->bloom ? bloom_layer : llama_layer, &x, 1, shared, i);
    if (n->facts->len > 0 && i + 1 == (n->n_layers + 1) / 2) {
      _owl_network_run_facts (n, t, OWL_FACTS_REPLIES, x, sequences, n_sequences, l.first, tallies);
      _owl_network_run_facts (n, t, OWL_FACTS_DIFFERENCES, x, sequences, n_sequences, l.first, tallies);
    }
    if (n->facts->len > 0 && i + 1 == MAX (n->n_layers - 1, 1))
      _owl_network_run_facts (n, t, OWL_FACTS_ANSWERS, x, sequences, n_sequences, l.first, tallies);
  }
  _owl_network_tally_looks (looks, n->n_layers, tallies);
  /* Only rows that have a target go on. */
  x = owl_tape_rows (t, x, NULL, NULL, NULL, l.n_targets, width, l.target_from, l.target_row);
  x = n->bloom ? layer_norm (t, x, &n->output_norm, n->eps) : owl_tape_rms_norm (t, x, n->output_norm.w, n->eps);
  *loss = owl_tape_cross_entropy (t, x, n->output, l.targets, scale, n_correct);
  if (t->nodes)
    owl_tape_backward (t);
  return TRUE;
}
