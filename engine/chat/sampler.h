/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "chat/session.h"

G_BEGIN_DECLS

/* Chooses the next id from logits. The order of steps is: repetition penalty, temperature, top-k, top-p, min-p. */
typedef struct _OwlSampler OwlSampler;

OwlSampler *owl_sampler_new (const OwlTokenizer *tokenizer, gsize n_vocabulary, const OwlSampling *sampling);
void owl_sampler_free (OwlSampler *sampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlSampler, owl_sampler_free)

/* `logits` [n_vocabulary] is changed. `recent` holds the ids that the repetition penalty looks at. */
gint32 owl_sampler_choose (OwlSampler *sampler, float *logits, const gint32 *recent, gsize n_recent);

G_END_DECLS
