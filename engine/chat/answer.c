/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/answer.h"

#include <string.h>

/* What is taken at once, so that an ordinary answer takes no memory while it grows. */
#define EXPECTED_IDS 512
#define EXPECTED_BYTES 4096

struct _OwlAnswer {
  OwlDetokenizer *detokenizer;
  const char *const *stops;
  GString *text;   /* all that was decoded, cut at a stop sequence */
  gsize n_shown;   /* bytes of `text` handed out */
  GArray *ids;     /* gint32 */
  GArray *ends;    /* gsize: length of `text` before each id */
  gboolean stopped;
};

OwlAnswer *
owl_answer_new (const OwlTokenizer *tokenizer, const char *const *stops)
{
  OwlAnswer *answer = g_new0 (OwlAnswer, 1);

  answer->detokenizer = owl_detokenizer_new (tokenizer);
  answer->stops = stops;
  answer->text = g_string_sized_new (EXPECTED_BYTES);
  answer->ids = g_array_sized_new (FALSE, FALSE, sizeof (gint32), EXPECTED_IDS);
  answer->ends = g_array_sized_new (FALSE, FALSE, sizeof (gsize), EXPECTED_IDS);
  return answer;
}

void
owl_answer_free (OwlAnswer *answer)
{
  if (!answer)
    return;
  owl_detokenizer_free (answer->detokenizer);
  g_string_free (answer->text, TRUE);
  g_array_unref (answer->ids);
  g_array_unref (answer->ends);
  g_free (answer);
}

/* Cuts text and ids at `offset`. */
static void
cut (OwlAnswer *answer, gsize offset)
{
  g_string_truncate (answer->text, offset);
  while (answer->ids->len > 0 && g_array_index (answer->ends, gsize, answer->ids->len - 1) >= offset) {
    g_array_set_size (answer->ids, answer->ids->len - 1);
    g_array_set_size (answer->ends, answer->ends->len - 1);
  }
  answer->stopped = TRUE;
}

/* Looks for a stop sequence in what was not shown yet; returns how many bytes may be shown. */
static gsize
find_stop (OwlAnswer *answer)
{
  const char *from = answer->text->str + answer->n_shown;
  gsize left = answer->text->len - answer->n_shown, held = 0, first = left;

  for (gsize s = 0; answer->stops && answer->stops[s]; s++) {
    gsize length = strlen (answer->stops[s]);
    const char *found = memmem (from, left, answer->stops[s], length);

    if (found)
      first = MIN (first, (gsize) (found - from));
    for (gsize n = MIN (length - 1, left); n > held; n--)
      if (memcmp (from + left - n, answer->stops[s], n) == 0)
        held = n;
  }
  if (first < left) {
    cut (answer, answer->n_shown + first);
    return first;
  }
  return left - held;
}

gboolean
owl_answer_push (OwlAnswer *answer, gint32 id, GString *shown)
{
  gsize before = answer->text->len, n;

  g_string_truncate (shown, 0);
  owl_detokenizer_push (answer->detokenizer, id, answer->text);
  g_array_append_val (answer->ids, id);
  g_array_append_val (answer->ends, before);
  n = find_stop (answer);
  g_string_append_len (shown, answer->text->str + answer->n_shown, n);
  answer->n_shown += n;
  return answer->stopped;
}

void
owl_answer_finish (OwlAnswer *answer, GString *shown)
{
  gsize n;

  g_string_truncate (shown, 0);
  if (answer->stopped)
    return;
  owl_detokenizer_finish (answer->detokenizer, answer->text);
  find_stop (answer);
  n = answer->text->len - answer->n_shown;
  g_string_append_len (shown, answer->text->str + answer->n_shown, n);
  answer->n_shown += n;
}

const GString *
owl_answer_get_text (const OwlAnswer *answer)
{
  return answer->text;
}

const GArray *
owl_answer_get_ids (const OwlAnswer *answer)
{
  return answer->ids;
}
