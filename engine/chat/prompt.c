/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/prompt-private.h"

#include "text/prompt-rule.h"

#include <string.h>

/* Room that is kept for the answer: this many positions, or a quarter of a small context. */
#define ANSWER_ROOM 512
/* When turns must leave, so many do that at most this share of the context is filled: a cut costs a full prefill, so it has to last. */
#define FILL_AFTER_CUT 0.6

static OwlPrompt *
prompt_new (void)
{
  OwlPrompt *prompt = g_new0 (OwlPrompt, 1);

  prompt->ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  prompt->visuals = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_visual_unref);
  return prompt;
}

void
owl_prompt_free (OwlPrompt *prompt)
{
  if (!prompt)
    return;
  g_array_unref (prompt->ids);
  g_ptr_array_unref (prompt->visuals);
  g_free (prompt);
}

const gint32 *
owl_prompt_get_ids (const OwlPrompt *prompt, gsize *n)
{
  if (n)
    *n = prompt->ids->len;
  return (const gint32 *) (const void *) prompt->ids->data;
}

/* Tokenises the text gathered so far as one piece. */
static void
flush (const OwlTokenizer *tokenizer, GString *text, GArray *ids)
{
  if (text->len > 0)
    owl_tokenizer_encode (tokenizer, text->str, text->len, ids);
  g_string_truncate (text, 0);
}

static void
append_system (GString *text, const char *system_text, const char *instructions)
{
  g_string_append (text, system_text ? system_text : OWL_SYSTEM_TEXT);
  if (instructions && *instructions)
    g_string_append_printf (text, " %s", instructions);
}

/* `visuals` NULL: only the positions are counted. */
static void
append_turn (OwlModel *model, const OwlTurn *turn, gboolean last, GString *text, GArray *ids, GPtrArray *visuals)
{
  const OwlTokenizer *tokenizer = owl_model_get_tokenizer (model);

  for (gsize i = 0; i < turn->n_visuals; i++) {
    g_string_append (text, "\nHuman: ");
    flush (tokenizer, text, ids);
    owl_prompt_rule_append_picture (ids, turn->visuals ? owl_visual_get_n_positions (turn->visuals[i]) : turn->visual_positions[i]);
    if (visuals)
      g_ptr_array_add (visuals, owl_visual_ref (turn->visuals[i]));
  }
  if (turn->question && *turn->question)
    g_string_append_printf (text, "\nHuman: %s", turn->question);
  g_string_append (text, "\nAI: ");
  if (last)
    return;
  /* Generated ids are put back as they were, so that a follow-up evaluates only its own tokens. */
  if (turn->answer_ids && turn->n_answer_ids > 0) {
    flush (tokenizer, text, ids);
    g_array_append_vals (ids, turn->answer_ids, (guint) turn->n_answer_ids);
  } else if (turn->answer) {
    g_string_append (text, turn->answer);
  }
}

static void
append_bos (OwlModel *model, GArray *ids)
{
  gint32 bos = owl_tokenizer_get_bos (owl_model_get_tokenizer (model));

  if (bos >= 0)
    g_array_append_val (ids, bos);
}

OwlPrompt *
owl_prompt_new_from_turns (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns,
                           gsize n_turns)
{
  OwlPrompt *prompt = prompt_new ();
  g_autoptr (GString) text = g_string_new (NULL);

  append_bos (model, prompt->ids);
  append_system (text, system_text, instructions);
  for (gsize i = 0; i < n_turns; i++)
    append_turn (model, &turns[i], i == n_turns - 1, text, prompt->ids, prompt->visuals);
  flush (owl_model_get_tokenizer (model), text, prompt->ids);
  return prompt;
}

OwlPrompt *
owl_prompt_new_from_raw (OwlModel *model, const char *text, gsize length, OwlVisual *const *visuals, gsize n_visuals,
                         GError **error)
{
  g_autoptr (OwlPrompt) prompt = prompt_new ();
  g_autofree int *lengths = g_new (int, n_visuals + 1);
  gsize n_marks;

  for (gsize i = 0; i < n_visuals; i++)
    lengths[i] = owl_visual_get_n_positions (visuals[i]);
  n_marks = owl_prompt_rule_encode (owl_model_get_tokenizer (model), text, length, owl_model_get_visual_length (model), lengths,
                                    n_visuals, prompt->ids);

  if (n_marks != n_visuals) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "the prompt has %" G_GSIZE_FORMAT " <image> marks, but %" G_GSIZE_FORMAT " pictures were given", n_marks,
                 n_visuals);
    return NULL;
  }
  for (gsize i = 0; i < n_visuals; i++)
    g_ptr_array_add (prompt->visuals, owl_visual_ref (visuals[i]));
  return g_steal_pointer (&prompt);
}

/* Positions of BOS and system text, and of each turn, tokenised as owl_prompt_new_from_turns does it up to the joints between turns, where
 * a piece can be a token or two longer when it stands alone. */
static gsize *
measure_turns (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns, gsize n_turns)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GString) text = g_string_new (NULL);
  gsize *lengths = g_new (gsize, n_turns + 1);
  gsize before;

  append_bos (model, ids);
  append_system (text, system_text, instructions);
  flush (owl_model_get_tokenizer (model), text, ids);
  lengths[0] = before = ids->len;
  for (gsize i = 0; i < n_turns; i++) {
    append_turn (model, &turns[i], i == n_turns - 1, text, ids, NULL);
    flush (owl_model_get_tokenizer (model), text, ids);
    lengths[i + 1] = ids->len - before;
    before = ids->len;
  }
  return lengths;
}

gsize
owl_prompt_count (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns, gsize n_turns)
{
  g_autofree gsize *lengths = measure_turns (model, system_text, instructions, turns, n_turns);
  gsize n = 0;

  for (gsize i = 0; i <= n_turns; i++)
    n += lengths[i];
  return n;
}

void
owl_prompt_part_free (OwlPromptPart *part)
{
  g_free (part->text);
  g_free (part);
}

/* The text before a picture ("\nHuman: ") parts pictures from each other, so a run of picture positions is one picture. */
GPtrArray *
owl_prompt_list_parts (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns, gsize n_turns)
{
  const OwlTokenizer *tokenizer = owl_model_get_tokenizer (model);
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GString) text = g_string_new (NULL);
  GPtrArray *parts = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_prompt_part_free);
  const gint32 *ids;

  append_bos (model, list);
  append_system (text, system_text, instructions);
  for (gsize i = 0; i < n_turns; i++)
    append_turn (model, &turns[i], i == n_turns - 1, text, list, NULL);
  flush (tokenizer, text, list);
  ids = (const gint32 *) (const void *) list->data;
  for (gsize start = 0, end = 0; start < list->len; start = end) {
    OwlPromptPart *part = g_new0 (OwlPromptPart, 1);
    gboolean picture = ids[start] == OWL_IMAGE_ID;

    while (end < list->len && (ids[end] == OWL_IMAGE_ID) == picture)
      end++;
    part->n_tokens = end - start;
    part->text = picture ? NULL : owl_tokenizer_decode (tokenizer, ids + start, part->n_tokens, NULL);
    g_ptr_array_add (parts, part);
  }
  return parts;
}

int
owl_prompt_plan (OwlModel *model, const char *system_text, const char *instructions, const OwlTurn *turns, gsize n_turns,
                 int context, gsize *n_positions, GError **error)
{
  g_autofree gsize *lengths = NULL;
  gsize limit, used = 0, n_dropped = 0;

  g_return_val_if_fail (n_turns > 0, -1);
  context = context > 0 ? MIN (context, owl_model_get_context_length (model)) : owl_model_get_context_length (model);
  limit = (gsize) (context - MIN (ANSWER_ROOM, context / 4));
  lengths = measure_turns (model, system_text, instructions, turns, n_turns);
  for (gsize i = 0; i <= n_turns; i++)
    used += lengths[i];

  if (used > limit) {
    gsize target = MIN (limit, (gsize) (context * FILL_AFTER_CUT));

    while (n_dropped < n_turns - 1 && used > target)
      used -= lengths[++n_dropped];
    if (used > limit) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT,
                   "the message takes %" G_GSIZE_FORMAT " positions, but only %" G_GSIZE_FORMAT
                   " fit; send fewer pictures or pages, or a shorter text",
                   used, limit);
      return -1;
    }
  }
  if (n_positions)
    *n_positions = used;
  return (int) n_dropped;
}
