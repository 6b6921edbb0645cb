/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/tape.h"

#include "tensor/kernels.h"
#include "tensor/training.h"

#include <math.h>
#include <string.h>

#define SURE 1e-6 /* a weight this near to none or all counts as that far from it */

typedef struct {
  OwlNode *node;
  OwlTapeHeads q, k, v;
  float *dq, *dk, *dv;
  int n_heads, head_dim;
  const OwlTapeSpan *spans;
  gsize n_spans;
  gsize *offsets; /* of the probabilities of each span, for all of its heads */
  float *probabilities;
  float *scratch; /* for the gradient of the scores: one piece for each span and head */
  gboolean causal, bf16;
  const float *alibi;
  float scale;
  OwlTapeLook *looks;
  gsize n_looks;
  float *pulls; /* [looks, heads]: gradient of the loss of a look by each probability of its keys */
} Attention;

static float *
head_of (const OwlTapeHeads *h, float *base, gsize row, int head)
{
  return base + row * h->node->cols + h->start + (gsize) head * h->stride;
}

static void
softmax_rows (const Attention *c, const OwlTapeSpan *span, int head, float *p)
{
  const OwlKernels *kernels = owl_kernels ();

  for (gsize i = 0; i < span->n_q; i++) {
    float *row = p + i * span->n_k;
    /* A query sees itself and what came before. */
    gsize seen = c->causal ? span->n_k - span->n_q + i + 1 : span->n_k;

    for (gsize j = 0; j < seen && c->alibi; j++)
      row[j] += c->alibi[head] * (float) j;
    kernels->softmax (row, seen);
    memset (row + seen, 0, (span->n_k - seen) * sizeof (float));
  }
}

static void
forward_heads (gsize begin, gsize end, int part, gpointer data)
{
  const Attention *c = data;

  for (gsize task = begin; task < end; task++) {
    gsize s = task / (gsize) c->n_heads, hd = (gsize) c->head_dim;
    int head = (int) (task % (gsize) c->n_heads);
    const OwlTapeSpan *span = &c->spans[s];
    float *p = c->probabilities + c->offsets[s] + (gsize) head * span->n_q * span->n_k;

    owl_tape_multiply (c->bf16, FALSE, TRUE, span->n_q, span->n_k, hd, c->scale, head_of (&c->q, c->q.node->value, span->q_row, head), c->q.node->cols,
              head_of (&c->k, c->k.node->value, span->k_row, head), c->k.node->cols, 0.0f, p, span->n_k);
    softmax_rows (c, span, head, p);
    owl_tape_multiply (c->bf16, FALSE, FALSE, span->n_q, hd, span->n_k, 1.0f, p, span->n_k, head_of (&c->v, c->v.node->value, span->k_row, head), c->v.node->cols,
              0.0f, c->node->value + span->q_row * c->node->cols + (gsize) head * hd, c->node->cols);
  }
}

/* The losses of all looks, and what they will give back. */
static void
judge_looks (const Attention *c)
{
  for (gsize i = 0; i < c->n_looks; i++) {
    OwlTapeLook *look = &c->looks[i];
    const OwlTapeSpan *span = &c->spans[look->span];
    double best = 0.0, missed = 1.0;
    float *pulls = c->pulls + i * (gsize) c->n_heads;

    for (int head = 0; head < c->n_heads; head++) {
      const float *p = c->probabilities + c->offsets[look->span] + ((gsize) head * span->n_q + look->query) * span->n_k;
      double weight = 0.0;

      for (gsize j = 0; j < look->n_keys; j++)
        weight += p[look->keys[j]];
      weight = MIN (weight, 1.0 - SURE);
      best = MAX (best, weight);
      missed *= 1.0 - weight;
      pulls[head] = (float) (1.0 - weight);
    }
    look->right = best > 0.5;
    look->loss = -log (MAX (1.0 - missed, SURE)) * look->scale;
    for (int head = 0; head < c->n_heads; head++)
      pulls[head] = (float) (-look->scale * missed / pulls[head] / MAX (1.0 - missed, SURE));
  }
}

static void
pull_looks (const Attention *c, gsize s, int head, float *ds)
{
  for (gsize i = 0; i < c->n_looks; i++) {
    const OwlTapeLook *look = &c->looks[i];

    for (gsize j = 0; j < look->n_keys && look->span == s; j++)
      ds[look->query * c->spans[s].n_k + (gsize) look->keys[j]] += c->pulls[i * (gsize) c->n_heads + (gsize) head];
  }
}

static void
backward_heads (gsize begin, gsize end, int part, gpointer data)
{
  const OwlTrainingKernels *kernels = owl_training_kernels ();
  const Attention *c = data;

  for (gsize task = begin; task < end; task++) {
    gsize s = task / (gsize) c->n_heads, hd = (gsize) c->head_dim;
    int head = (int) (task % (gsize) c->n_heads);
    const OwlTapeSpan *span = &c->spans[s];
    gsize at = c->offsets[s] + (gsize) head * span->n_q * span->n_k;
    const float *p = c->probabilities + at, *dy = c->node->grad + span->q_row * c->node->cols + (gsize) head * hd;
    float *ds = c->scratch + at;

    if (c->dv)
      owl_tape_multiply (c->bf16, TRUE, FALSE, span->n_k, hd, span->n_q, 1.0f, p, span->n_k, dy, c->node->cols, 1.0f, head_of (&c->v, c->dv, span->k_row, head),
                c->v.node->cols);
    owl_tape_multiply (c->bf16, FALSE, TRUE, span->n_q, span->n_k, hd, 1.0f, dy, c->node->cols, head_of (&c->v, c->v.node->value, span->k_row, head),
              c->v.node->cols, 0.0f, ds, span->n_k);
    pull_looks (c, s, head, ds);
    for (gsize i = 0; i < span->n_q; i++)
      kernels->softmax_back (p + i * span->n_k, ds + i * span->n_k, span->n_k, c->scale);
    if (c->dq)
      owl_tape_multiply (c->bf16, FALSE, FALSE, span->n_q, hd, span->n_k, 1.0f, ds, span->n_k, head_of (&c->k, c->k.node->value, span->k_row, head),
                c->k.node->cols, 1.0f, head_of (&c->q, c->dq, span->q_row, head), c->q.node->cols);
    if (c->dk)
      owl_tape_multiply (c->bf16, TRUE, FALSE, span->n_k, hd, span->n_q, 1.0f, ds, span->n_k, head_of (&c->q, c->q.node->value, span->q_row, head),
                c->q.node->cols, 1.0f, head_of (&c->k, c->dk, span->k_row, head), c->k.node->cols);
  }
}

static gsize
count_probabilities (Attention *c, OwlTape *tape)
{
  gsize total = 0;

  c->offsets = owl_arena_alloc (tape->arena, MAX (c->n_spans, 1) * sizeof (gsize));
  for (gsize s = 0; s < c->n_spans; s++) {
    c->offsets[s] = total;
    total += (gsize) c->n_heads * c->spans[s].n_q * c->spans[s].n_k;
  }
  return total;
}

static void
attention_backward (OwlTape *tape, OwlNode *node)
{
  Attention *c = node->aux;
  const OwlTapeSpan *last = &c->spans[c->n_spans - 1];

  c->scratch = owl_arena_floats (tape->arena, c->offsets[c->n_spans - 1] + (gsize) c->n_heads * last->n_q * last->n_k);
  c->dq = c->q.node->needs_grad ? owl_node_grad (tape, c->q.node) : NULL;
  c->dk = c->k.node->needs_grad ? owl_node_grad (tape, c->k.node) : NULL;
  c->dv = c->v.node->needs_grad ? owl_node_grad (tape, c->v.node) : NULL;
  owl_tape_parts (tape, c->n_spans * (gsize) c->n_heads, backward_heads, c);
}

OwlNode *
owl_tape_attention (OwlTape *tape, OwlTapeHeads q, OwlTapeHeads k, OwlTapeHeads v, int n_heads, int head_dim, const OwlTapeSpan *spans,
                    gsize n_spans, gboolean causal, const float *alibi, OwlTapeLook *looks, gsize n_looks)
{
  OwlNode *node = owl_tape_node (tape, q.node->rows, (gsize) n_heads * (gsize) head_dim, attention_backward, q.node, k.node, v.node, NULL, NULL);
  Attention *c = owl_arena_alloc (tape->arena, sizeof (Attention));

  *c = (Attention){ .node = node, .q = q, .k = k, .v = v, .n_heads = n_heads, .head_dim = head_dim, .spans = spans, .n_spans = n_spans,
                    .looks = looks, .n_looks = n_looks, .causal = causal, .bf16 = tape->bf16, .alibi = alibi, .scale = 1.0f / sqrtf ((float) head_dim) };
  c->probabilities = owl_arena_floats (tape->arena, count_probabilities (c, tape));
  c->pulls = owl_arena_floats (tape->arena, MAX (n_looks, 1) * (gsize) n_heads);
  node->aux = c;
  owl_tape_parts (tape, n_spans * (gsize) n_heads, forward_heads, c);
  judge_looks (c);
  return node;
}
