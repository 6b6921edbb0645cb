/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/tokenizer.h"

G_BEGIN_DECLS

/* The mark of a picture in a prompt text, and its positions in a list of ids. */
#define OWL_IMAGE_MARK "<image>"
#define OWL_IMAGE_ID (-1)

/* The official prompt rule: BOS, then the text cut at `<image>`; empty pieces are dropped, every other piece is tokenised on its own,
 * each mark becomes `visual_length` times -1, or where `lengths` has a number for it (one for each of the first `n_lengths` marks; may be NULL)
 * as often as that says. Appends to `ids` (gint32); returns the number of marks.
 * Source: mPLUG-Owl's prompt processor. */
gsize owl_prompt_rule_encode (const OwlTokenizer *tokenizer, const char *text, gsize length, int visual_length, const int *lengths,
                              gsize n_lengths, GArray *ids);

/* The positions of one picture. */
void owl_prompt_rule_append_picture (GArray *ids, int visual_length);

G_END_DECLS
