/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/dataset.h"

#include "text/prompt-rule.h"

#include <string.h>

static const char reply_mark[] = "AI: ", question_mark[] = "\nHuman: ";

/* Strings that the published tokenizers take for one id even inside a text. */
static const struct {
  const char *text;
  gint32 id;
} specials[] = { { "<unk>", 0 }, { "<s>", 1 }, { "</s>", 2 } };

/* One row being filled. */
typedef struct {
  GArray *ids, *targets; /* gint32; guint8: whether the id is to be learnt */
  gsize limit;
  gboolean full;
} Row;

static void
encode (const OwlTokenizer *tokenizer, const char *text, gsize length, GArray *ids)
{
  while (length > 0) {
    const char *first = NULL;
    gsize which = 0, before;

    for (gsize i = 0; i < G_N_ELEMENTS (specials); i++) {
      const char *found = memmem (text, length, specials[i].text, strlen (specials[i].text));

      if (found && (!first || found < first)) {
        first = found;
        which = i;
      }
    }
    before = first ? (gsize) (first - text) : length;
    if (before > 0)
      owl_tokenizer_encode (tokenizer, text, before, ids);
    if (!first)
      return;
    g_array_append_val (ids, specials[which].id);
    before += strlen (specials[which].text);
    text += before;
    length -= before;
  }
}

static void
append (Row *row, gint32 id, gboolean target)
{
  guint8 flag = target;

  g_array_append_val (row->ids, id);
  g_array_append_val (row->targets, flag);
}

/* A piece of text; what does not fit is cut, a reply so that its end mark still fits. */
static void
append_piece (Row *row, const OwlTokenizer *tokenizer, const char *text, gsize length, gboolean reply, gboolean spelled)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  gint32 eos = owl_tokenizer_get_eos (tokenizer);
  gsize room = row->limit - row->ids->len, n;

  if (spelled)
    owl_tokenizer_spell (tokenizer, text, length, ids);
  else
    encode (tokenizer, text, length, ids);
  if (reply)
    g_array_append_val (ids, eos);
  n = ids->len;
  if (n >= room) {
    if (reply && n > room && room > 0)
      g_array_index (ids, gint32, room - 1) = eos;
    n = room;
    row->full = TRUE;
  }
  for (gsize i = 0; i < n; i++)
    append (row, g_array_index (ids, gint32, i), reply);
}

/* The next separator at or after `text`, or NULL. */
static const char *
find_separator (const char *text, const char *end, gboolean with_pictures, gsize *length)
{
  const char *const marks[] = { reply_mark, question_mark, OWL_IMAGE_MARK };
  const char *first = NULL;

  for (gsize i = 0; i < (with_pictures ? 3 : 2); i++) {
    const char *found = memmem (text, (gsize) (end - text), marks[i], strlen (marks[i]));

    if (found && (!first || found < first)) {
      first = found;
      *length = strlen (marks[i]);
    }
  }
  return first;
}

gboolean
owl_dataset_tokenise (const OwlTokenizer *tokenizer, const char *text, gsize length, int visual_length, gsize max_length,
                      guint64 spelled, GArray *ids, GArray *labels, gsize *n_pictures)
{
  gboolean with_pictures = memmem (text, length, OWL_IMAGE_MARK, strlen (OWL_IMAGE_MARK)) != NULL;
  g_autoptr (GArray) targets = g_array_new (FALSE, FALSE, sizeof (guint8));
  Row row = { .ids = ids, .targets = targets, .limit = max_length + 1 };
  const char *end = text + length;
  gboolean first = TRUE, after_reply_mark = FALSE;
  guint n_replies = 0;
  gint32 bos = owl_tokenizer_get_bos (tokenizer);

  *n_pictures = 0;
  if (bos >= 0)
    append (&row, bos, FALSE);
  /* Text and separators alternate; text may be empty. */
  while (!row.full) {
    gsize mark_length = 0;
    const char *mark = find_separator (text, end, with_pictures, &mark_length), *piece_end = mark ? mark : end;
    gboolean empty = piece_end == text;

    /* A conversation that begins with a separator has it as its first piece, which is plain text. */
    if (first && empty && mark) {
      append_piece (&row, tokenizer, mark, mark_length, FALSE, FALSE);
      after_reply_mark = FALSE;
      if (strncmp (mark, reply_mark, mark_length) == 0)
        after_reply_mark = TRUE;
      first = FALSE;
      text = mark + mark_length;
      continue;
    }
    if (!empty || !with_pictures) {
      append_piece (&row, tokenizer, text, (gsize) (piece_end - text), after_reply_mark, after_reply_mark && n_replies < 64 && (spelled >> n_replies & 1));
      n_replies += after_reply_mark;
      if (first && row.full && piece_end < end)
        return FALSE;
    }
    if (!empty || !with_pictures || mark)
      after_reply_mark = FALSE;
    first = FALSE;
    if (!mark || row.full)
      break;
    if (mark_length == strlen (OWL_IMAGE_MARK) && memcmp (mark, OWL_IMAGE_MARK, mark_length) == 0) {
      if (row.ids->len + (gsize) visual_length > row.limit)
        break;
      for (int i = 0; i < visual_length; i++)
        append (&row, OWL_IMAGE_ID, FALSE);
      ++*n_pictures;
    } else {
      append_piece (&row, tokenizer, mark, mark_length, FALSE, FALSE);
      after_reply_mark = memcmp (mark, reply_mark, strlen (reply_mark)) == 0;
    }
    text = mark + mark_length;
  }

  /* Position t must say the id at t + 1, where that one is to be learnt. */
  for (guint t = 0; t < ids->len; t++) {
    gint32 label = t + 1 < ids->len && g_array_index (targets, guint8, t + 1) ? g_array_index (ids, gint32, t + 1) : -100;

    g_array_append_val (labels, label);
  }
  return TRUE;
}
