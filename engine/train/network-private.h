/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "train/network.h"

G_BEGIN_DECLS

void _owl_network_lora_free (gpointer data);
void _owl_fact_group_free (gpointer data);

/* The loss of the facts that are read off `x`: [pictures · queries, width], [pictures · (patches + 1), width of the encoder], or rows of the decoder, where place i
 * of sequence s is row first[s] + i (`first` NULL with pictures). */
void _owl_network_run_facts (OwlNetwork *network, OwlTape *tape, OwlFactSource source, OwlNode *x, const OwlSequence *sequences, gsize n, const gsize *first,
                             OwlFactTally *tallies);

/* Where the queries of one layer should look. */
typedef struct {
  OwlTapeLook *looks;
  guint *groups; /* of each look */
  gsize n;
} OwlLayerLooks;

/* Looks of the decoder or searches of the abstractor in each of `n_layers` layers, in the arena; NULL where there are no such groups. A picture is a span; its keys are
 * the queries, the class token and the patches. A sequence is a span after that of the `shared` first places, if there are any; its queries begin after those. */
OwlLayerLooks *_owl_network_find_looks (const OwlNetwork *network, OwlTape *tape, OwlFactSource source, int n_layers, const OwlSequence *sequences, gsize n, gsize shared);
void _owl_network_tally_looks (const OwlLayerLooks *layers, int n_layers, OwlFactTally *tallies);

G_END_DECLS
