/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/pdf-text.h"

#include "base/error.h"
#include "decode/page-layout.h"

#include <math.h>
#include <string.h>

#define MAX_OUTLINE_DEPTH 32
#define MAX_LETTER_GAP 0.3 /* of the height of a letter's box; letters that are further apart belong to two words */

static gboolean
has_place (const PopplerRectangle *r)
{
  return isfinite (r->x1) && isfinite (r->y1) && isfinite (r->x2) && isfinite (r->y2) && fabs (r->x1) < 1e9 && fabs (r->y1) < 1e9 &&
         fabs (r->x2) < 1e9 && fabs (r->y2) < 1e9;
}

static void
extend (OwlTextWord *word, const PopplerRectangle *r)
{
  float left = (float) MIN (r->x1, r->x2), top = (float) MIN (r->y1, r->y2);
  float right = (float) MAX (r->x1, r->x2), bottom = (float) MAX (r->y1, r->y2);

  if (word->length > 0) {
    right = MAX (right, word->x + word->width);
    bottom = MAX (bottom, word->y + word->height);
    left = MIN (left, word->x);
    top = MIN (top, word->y);
  }
  word->x = left;
  word->y = top;
  word->width = right - left;
  word->height = bottom - top;
}

/* Poppler puts no space between words that stand far apart, such as the cells of a table. */
static gboolean
are_apart (const PopplerRectangle *a, const PopplerRectangle *b)
{
  double size = MAX (MAX (a->x2 - a->x1, a->y2 - a->y1), MAX (b->x2 - b->x1, b->y2 - b->y1));
  double across = MAX (b->x1 - a->x2, a->x1 - b->x2), down = MAX (b->y1 - a->y2, a->y1 - b->y2);

  return MAX (across, down) > MAX_LETTER_GAP * size;
}

/* Words between white space or wide gaps, with the boxes of their characters joined, in points. */
static GArray *
list_words (const char *text, const PopplerRectangle *boxes)
{
  GArray *words = g_array_new (FALSE, FALSE, sizeof (OwlTextWord));
  OwlTextWord word = { 0 };

  for (const char *p = text;; p = g_utf8_next_char (p), boxes++) {
    gunichar c = *p ? g_utf8_get_char (p) : ' ';

    if (word.length > 0 && *p && are_apart (boxes - 1, boxes)) {
      g_array_append_val (words, word);
      word.length = 0;
    }
    if (!g_unichar_isspace (c) && has_place (boxes)) {
      if (word.length == 0)
        word.start = (guint32) (p - text);
      extend (&word, boxes);
      word.length = (guint32) (g_utf8_next_char (p) - text) - word.start;
    } else if (word.length > 0) {
      g_array_append_val (words, word);
      word.length = 0;
    }
    if (!*p)
      return words;
  }
}

gboolean
owl_pdf_read_text (PopplerPage *page, int index, double width, double height, OwlRecords *records, GError **error)
{
  g_autofree char *text = poppler_page_get_text (page);
  g_autofree PopplerRectangle *boxes = NULL;
  g_autoptr (GArray) words = NULL;
  guint n_boxes = 0;

  if (!text || !*text)
    return TRUE;
  if (strlen (text) > OWL_DECODER_MAX_TEXT / 2) /* the layout adds to it */ {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "has too much text on page %d", index + 1);
    return FALSE;
  }
  if (!g_utf8_validate (text, -1, NULL) || !poppler_page_get_text_layout (page, &boxes, &n_boxes) ||
      n_boxes < (guint) g_utf8_strlen (text, -1)) {
    /* Without places the text is still worth having. */
    g_autofree char *valid = g_utf8_make_valid (text, -1);

    g_string_append (records->text, valid);
    return TRUE;
  }
  words = list_words (text, boxes);
  if (words->len > OWL_DECODER_MAX_WORDS) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "has too many words on page %d", index + 1);
    return FALSE;
  }
  owl_page_layout (text, words, records->text, records->words);
  for (guint i = 0; i < records->words->len; i++) {
    OwlTextWord *w = &g_array_index (records->words, OwlTextWord, i);

    w->x /= (float) width;
    w->y /= (float) height;
    w->width /= (float) width;
    w->height /= (float) height;
  }
  return TRUE;
}

/* The page that an entry leads to, or -1. */
static int
find_target (PopplerDocument *document, const PopplerAction *action)
{
  const PopplerDest *dest = action->type == POPPLER_ACTION_GOTO_DEST ? action->goto_dest.dest : NULL;
  PopplerDest *named = NULL;
  int page = -1;

  if (dest && dest->type == POPPLER_DEST_NAMED)
    dest = named = poppler_document_find_dest (document, dest->named_dest);
  if (dest && dest->page_num >= 1 && dest->page_num <= poppler_document_get_n_pages (document))
    page = dest->page_num - 1;
  if (named)
    poppler_dest_free (named);
  return page;
}

static void
add_outline (PopplerDocument *document, PopplerIndexIter *iter, int depth, OwlRecords *records)
{
  do {
    PopplerAction *action = poppler_index_iter_get_action (iter);
    PopplerIndexIter *child;

    if (records->entries->len >= OWL_DECODER_MAX_OUTLINE)
      return;
    if (!action)
      continue;
    if (action->any.title) {
      g_autofree char *title = g_utf8_make_valid (action->any.title, -1);

      owl_records_add_entry (records, title, find_target (document, action), depth);
    }
    poppler_action_free (action);
    child = depth < MAX_OUTLINE_DEPTH ? poppler_index_iter_get_child (iter) : NULL;
    if (child) {
      add_outline (document, child, depth + 1, records);
      poppler_index_iter_free (child);
    }
  } while (poppler_index_iter_next (iter));
}

void
owl_pdf_read_contents (PopplerDocument *document, OwlRecords *records)
{
  PopplerIndexIter *iter = poppler_index_iter_new (document);
  int n_pages = poppler_document_get_n_pages (document);

  if (iter) {
    add_outline (document, iter, 0, records);
    poppler_index_iter_free (iter);
  }
  records->n_outline = records->entries->len;
  for (int i = 0; i < n_pages && records->text->len < OWL_DECODER_MAX_TEXT / 2; i++) {
    PopplerPage *page = poppler_document_get_page (document, i);
    g_autofree char *label = page ? poppler_page_get_label (page) : NULL;

    if (label && g_utf8_validate (label, -1, NULL))
      owl_records_add_entry (records, label, i, 0);
    g_clear_object (&page);
  }
}
