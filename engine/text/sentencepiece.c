/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/sentencepiece.h"

#include "text/utf8.h"

#include <string.h>

#define SPACE "\xe2\x96\x81" /* U+2581 */

/* A piece of the text on its way to becoming an entry: a node of a doubly linked list. */
typedef struct {
  int previous, next; /* -1: none */
  const char *text;
  gsize length; /* 0: merged into its left neighbour */
} Symbol;

/* A pair that could be joined; `length` tells whether it is still the pair it was. */
typedef struct {
  float score;
  int left, right;
  gsize length;
} Pair;

typedef struct {
  const OwlVocabulary *vocabulary;
  GArray *symbols;
  GArray *heap; /* Pair, best first */
} Merger;

/* The best pair has the highest score, and is the leftmost of equals. */
static gboolean
is_better (const Pair *a, const Pair *b)
{
  return a->score > b->score || (a->score == b->score && a->left < b->left);
}

static void
heap_push (GArray *heap, Pair pair)
{
  guint i = heap->len;

  g_array_append_val (heap, pair);
  while (i > 0) {
    guint parent = (i - 1) / 2;

    if (!is_better (&pair, &g_array_index (heap, Pair, parent)))
      break;
    g_array_index (heap, Pair, i) = g_array_index (heap, Pair, parent);
    i = parent;
  }
  g_array_index (heap, Pair, i) = pair;
}

static Pair
heap_pop (GArray *heap)
{
  Pair best = g_array_index (heap, Pair, 0), last = g_array_index (heap, Pair, heap->len - 1);
  guint i = 0, n = heap->len - 1;

  g_array_set_size (heap, n);
  while (2 * i + 1 < n) {
    guint child = 2 * i + 1;

    if (child + 1 < n && is_better (&g_array_index (heap, Pair, child + 1), &g_array_index (heap, Pair, child)))
      child++;
    if (!is_better (&g_array_index (heap, Pair, child), &last))
      break;
    g_array_index (heap, Pair, i) = g_array_index (heap, Pair, child);
    i = child;
  }
  if (n > 0)
    g_array_index (heap, Pair, i) = last;
  return best;
}

static void
consider (Merger *m, int left, int right)
{
  const Symbol *a, *b;
  gint32 id;

  if (left < 0 || right < 0)
    return;
  a = &g_array_index (m->symbols, Symbol, left);
  b = &g_array_index (m->symbols, Symbol, right);
  id = owl_vocabulary_find (m->vocabulary, a->text, a->length + b->length);
  if (id >= 0)
    heap_push (m->heap, (Pair){ m->vocabulary->tokens[id].score, left, right, a->length + b->length });
}

/* Dummy prefix, spaces as U+2581, and one U+FFFD for each byte that does not decode. */
static GString *
normalise (const char *text, gsize length)
{
  GString *out = g_string_sized_new (length + length / 4 + 8);
  const char *end = text + length;

  g_string_append (out, SPACE);
  while (text < end) {
    gsize n = owl_utf8_char_length (text, end - text);

    if (*text == ' ')
      g_string_append (out, SPACE);
    else if (n > 0)
      g_string_append_len (out, text, n);
    else
      g_string_append (out, OWL_UTF8_REPLACEMENT);
    text += MAX (n, 1);
  }
  return out;
}

static void
split_characters (const GString *text, GArray *symbols)
{
  for (gsize at = 0; at < text->len;) {
    Symbol s = { .previous = (int) symbols->len - 1, .next = (int) symbols->len + 1, .text = text->str + at };

    s.length = owl_utf8_char_length (text->str + at, text->len - at);
    at += s.length;
    if (at == text->len)
      s.next = -1;
    g_array_append_val (symbols, s);
  }
}

static void
merge (Merger *m)
{
  for (int i = 0; i + 1 < (int) m->symbols->len; i++)
    consider (m, i, i + 1);
  while (m->heap->len > 0) {
    Pair pair = heap_pop (m->heap);
    Symbol *a = &g_array_index (m->symbols, Symbol, pair.left), *b = &g_array_index (m->symbols, Symbol, pair.right);

    if (a->length == 0 || b->length == 0 || a->length + b->length != pair.length)
      continue;
    a->length = pair.length;
    a->next = b->next;
    b->length = 0;
    if (a->next >= 0)
      g_array_index (m->symbols, Symbol, a->next).previous = pair.left;
    consider (m, a->previous, pair.left);
    consider (m, pair.left, a->next);
  }
}

void
owl_sentencepiece_encode (const OwlVocabulary *vocabulary, const gint32 byte_ids[256], const char *text, gsize length, GArray *ids)
{
  g_autoptr (GString) normal = NULL;
  Merger m = { .vocabulary = vocabulary };

  if (length == 0)
    return;
  normal = normalise (text, length);
  m.symbols = g_array_new (FALSE, FALSE, sizeof (Symbol));
  m.heap = g_array_new (FALSE, FALSE, sizeof (Pair));
  split_characters (normal, m.symbols);
  merge (&m);
  for (int i = 0; i >= 0; i = g_array_index (m.symbols, Symbol, i).next) {
    const Symbol *s = &g_array_index (m.symbols, Symbol, i);
    gint32 id = owl_vocabulary_find (vocabulary, s->text, s->length);

    if (id >= 0) {
      g_array_append_val (ids, id);
      continue;
    }
    for (gsize b = 0; b < s->length; b++) {
      id = byte_ids[(guint8) s->text[b]];
      if (id < 0)
        id = vocabulary->unknown;
      if (id >= 0)
        g_array_append_val (ids, id);
    }
  }
  g_array_unref (m.symbols);
  g_array_unref (m.heap);
}

int
owl_sentencepiece_byte_value (const OwlToken *token)
{
  int high, low;

  if (token->length != 6 || memcmp (token->text, "<0x", 3) != 0 || token->text[5] != '>')
    return -1;
  high = g_ascii_xdigit_value (token->text[3]);
  low = g_ascii_xdigit_value (token->text[4]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}
