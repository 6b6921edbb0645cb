/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/prompt-rule.h"

#include <string.h>

void
owl_prompt_rule_append_picture (GArray *ids, int visual_length)
{
  const gint32 id = OWL_IMAGE_ID;

  for (int i = 0; i < visual_length; i++)
    g_array_append_val (ids, id);
}

gsize
owl_prompt_rule_encode (const OwlTokenizer *tokenizer, const char *text, gsize length, int visual_length, const int *lengths,
                        gsize n_lengths, GArray *ids)
{
  gint32 bos = owl_tokenizer_get_bos (tokenizer);
  const char *end = text + length;
  gsize n_marks = 0;

  if (bos >= 0)
    g_array_append_val (ids, bos);
  while (text < end) {
    const char *mark = memmem (text, end - text, OWL_IMAGE_MARK, strlen (OWL_IMAGE_MARK));
    const char *piece_end = mark ? mark : end;

    if (piece_end > text)
      owl_tokenizer_encode (tokenizer, text, piece_end - text, ids);
    if (!mark)
      break;
    owl_prompt_rule_append_picture (ids, n_marks < n_lengths ? lengths[n_marks] : visual_length);
    n_marks++;
    text = mark + strlen (OWL_IMAGE_MARK);
  }
  return n_marks;
}
