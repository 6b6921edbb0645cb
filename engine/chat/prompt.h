/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "model/model.h"

G_BEGIN_DECLS

/* What is put before the decoder: token ids, with each picture as one run of positions.
 *
 * The template and its rules are in DESIGN terms: the system sentence; for each turn "\nHuman: <image>" per picture,
 * "\nHuman: TEXT" when there is text, "\nAI: " and the answer; BOS first; the text is cut at pictures and each piece is tokenised on its own.
 * Source: the official prompt processor of mPLUG-Owl. */
typedef struct _OwlPrompt OwlPrompt;

#define OWL_SYSTEM_TEXT                                                                                                 \
  "The following is a conversation between a curious human and AI assistant. The assistant gives helpful, detailed, "   \
  "and polite answers to the user's questions."

/* One exchange. The last turn of a conversation has no answer yet (answer and answer_ids NULL). */
typedef struct {
  OwlVisual *const *visuals; /* borrowed, in order */
  gsize n_visuals;
  const int *visual_positions; /* for counting, in place of `visuals`: positions of each */
  const char *question;     /* may be NULL or "" */
  const char *answer;       /* a past answer as text, used when there are no ids */
  const gint32 *answer_ids; /* the generated ids of a past answer, without the end mark; preferred over the text */
  gsize n_answer_ids;
} OwlTurn;

/* Renders a conversation. `instructions` (may be NULL) is the user's own sentence, put after the system sentence.
 * `model` gives tokenizer and visual length. */
OwlPrompt *owl_prompt_new_from_turns (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns,
                                      gsize n_turns);

/* The official prompt rule on a whole text with `<image>` marks; visuals fill the marks in order. Error when the number of marks and
 * of visuals differ. */
OwlPrompt *owl_prompt_new_from_raw (OwlModel *model, const char *text, gsize length, OwlVisual *const *visuals, gsize n_visuals,
                                    GError **error);
void owl_prompt_free (OwlPrompt *prompt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlPrompt, owl_prompt_free)

/* All positions: token ids, -1 for each position of a picture. Borrowed. */
const gint32 *owl_prompt_get_ids (const OwlPrompt *prompt, gsize *n);

/* How many positions owl_prompt_new_from_turns would give; `visual_positions` may stand for the visuals. */
gsize owl_prompt_count (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns, gsize n_turns);

/* What a prompt is made of, for showing it: pieces of text and pictures in order. */
typedef struct {
  char *text;     /* as its tokens decode; NULL: a picture */
  gsize n_tokens; /* positions; the first piece of text has the begin mark with it */
} OwlPromptPart;
void owl_prompt_part_free (OwlPromptPart *part);

/* The parts (transfer full) of the prompt that owl_prompt_new_from_turns would give; `visual_positions` may stand for the visuals. */
GPtrArray *owl_prompt_list_parts (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns, gsize n_turns);

/* Plans what fits: `context` positions in all, of which min(512, context/4) are kept for the answer. Returns how many of the oldest turns must
 * leave (0 when everything fits); when some must, so many leave that at most 60 % is filled. -1 and OWL_ERROR_LIMIT when the
 * last turn alone does not fit. `n_positions` (may be NULL) gets the length of the prompt that is left. */
int owl_prompt_plan (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns, gsize n_turns,
                     int context, gsize *n_positions, GError **error);

G_END_DECLS
