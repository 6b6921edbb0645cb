/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/sampler.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
  float logit;
  gint32 id;
} Candidate;

struct _OwlSampler {
  OwlSampling sampling;
  gsize n;
  guint8 *unsampled; /* by id: never chosen */
  Candidate *candidates;
  guint64 state;
};

/* SplitMix64 (public domain, S. Vigna): one multiply-xorshift chain, the same on every machine. */
static double
next_uniform (OwlSampler *sampler)
{
  guint64 z = sampler->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  z ^= z >> 31;
  return (double) (z >> 11) * 0x1.0p-53;
}

OwlSampler *
owl_sampler_new (const OwlTokenizer *tokenizer, gsize n_vocabulary, const OwlSampling *sampling)
{
  OwlSampler *sampler = g_new0 (OwlSampler, 1);

  sampler->sampling = *sampling;
  sampler->n = n_vocabulary;
  sampler->state = sampling->seed;
  sampler->unsampled = g_new0 (guint8, n_vocabulary);
  for (gsize id = 0; id < n_vocabulary; id++)
    sampler->unsampled[id] =
        id >= owl_tokenizer_get_n_tokens (tokenizer) || owl_tokenizer_is_unsampled (tokenizer, (gint32) id);
  if (sampling->temperature > 0.0f)
    sampler->candidates = g_new (Candidate, n_vocabulary);
  return sampler;
}

void
owl_sampler_free (OwlSampler *sampler)
{
  if (!sampler)
    return;
  g_free (sampler->unsampled);
  g_free (sampler->candidates);
  g_free (sampler);
}

/* Source: arXiv 1909.05858: divide positive logits, multiply negative ones; each id once. */
static void
penalise (const OwlSampler *sampler, float *logits, const gint32 *recent, gsize n_recent)
{
  float penalty = sampler->sampling.repeat_penalty;

  if (penalty == 1.0f || penalty <= 0.0f)
    return;
  for (gsize i = 0; i < n_recent; i++) {
    gint32 id = recent[i];
    gboolean seen = FALSE;

    if (id < 0 || (gsize) id >= sampler->n)
      continue;
    for (gsize j = 0; j < i && !seen; j++)
      seen = recent[j] == id;
    if (!seen)
      logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
  }
}

static gint32
choose_best (const OwlSampler *sampler, const float *logits)
{
  gint32 best = 0;
  float best_logit = -INFINITY;

  for (gsize id = 0; id < sampler->n; id++)
    if (!sampler->unsampled[id] && logits[id] > best_logit) {
      best_logit = logits[id];
      best = (gint32) id;
    }
  return best;
}

static int
compare_candidates (const void *a, const void *b)
{
  const Candidate *x = a, *y = b;

  if (x->logit != y->logit)
    return x->logit < y->logit ? 1 : -1;
  return (x->id > y->id) - (x->id < y->id);
}

/* How many of the sorted candidates with probabilities `p` (relative to the best) stay. */
static gsize
truncate_tail (const OwlSampling *s, const Candidate *candidates, gsize n)
{
  double sum = 0.0, reached = 0.0;
  gsize kept = n;

  for (gsize i = 0; i < n; i++)
    sum += exp ((double) (candidates[i].logit - candidates[0].logit));
  if (s->top_p > 0.0f && s->top_p < 1.0f)
    for (gsize i = 0; i < n; i++) {
      reached += exp ((double) (candidates[i].logit - candidates[0].logit));
      if (reached >= (double) s->top_p * sum) {
        kept = i + 1;
        break;
      }
    }
  if (s->min_p > 0.0f)
    for (gsize i = 1; i < kept; i++)
      if (exp ((double) (candidates[i].logit - candidates[0].logit)) < (double) s->min_p) {
        kept = i;
        break;
      }
  return kept;
}

static gint32
draw (OwlSampler *sampler, const float *logits)
{
  const OwlSampling *s = &sampler->sampling;
  Candidate *c = sampler->candidates;
  gsize n = 0;
  double sum = 0.0, at;

  for (gsize id = 0; id < sampler->n; id++)
    if (!sampler->unsampled[id])
      c[n++] = (Candidate){ logits[id] / s->temperature, (gint32) id };
  if (n == 0)
    return choose_best (sampler, logits);
  qsort (c, n, sizeof *c, compare_candidates);
  if (s->top_k > 0)
    n = MIN (n, (gsize) s->top_k);
  n = truncate_tail (s, c, n);

  for (gsize i = 0; i < n; i++)
    sum += exp ((double) (c[i].logit - c[0].logit));
  at = next_uniform (sampler) * sum;
  for (gsize i = 0; i < n; i++) {
    at -= exp ((double) (c[i].logit - c[0].logit));
    if (at < 0.0)
      return c[i].id;
  }
  return c[n - 1].id;
}

gint32
owl_sampler_choose (OwlSampler *sampler, float *logits, const gint32 *recent, gsize n_recent)
{
  penalise (sampler, logits, recent, n_recent);
  return sampler->sampling.temperature > 0.0f ? draw (sampler, logits) : choose_best (sampler, logits);
}
