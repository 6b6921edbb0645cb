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

G_END_DECLS
