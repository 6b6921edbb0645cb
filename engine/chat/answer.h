/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/tokenizer.h"

G_BEGIN_DECLS

/* The growing text of one answer: turns ids into text that can be shown at once, holding back what may become a stop sequence, and
 * cutting the answer there. */
typedef struct _OwlAnswer OwlAnswer;

/* `stops` NULL-terminated, borrowed; may be NULL. */
OwlAnswer *owl_answer_new (const OwlTokenizer *tokenizer, const char *const *stops);
void owl_answer_free (OwlAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlAnswer, owl_answer_free)

/* Adds an id; `shown` (emptied first) receives the text that may be shown now. TRUE when a stop sequence was found: the answer is over. */
gboolean owl_answer_push (OwlAnswer *answer, gint32 id, GString *shown);

/* Ends the answer: `shown` (emptied first) receives what was held back. */
void owl_answer_finish (OwlAnswer *answer, GString *shown);

/* The whole text shown so far, and the ids that belong to it. */
const GString *owl_answer_get_text (const OwlAnswer *answer);
const GArray *owl_answer_get_ids (const OwlAnswer *answer);

G_END_DECLS
