/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/sentencepiece.h"

#include "text/symbols.h"
#include "text/utf8.h"

#include <string.h>

#define SPACE "\xe2\x96\x81" /* U+2581 */

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
    gsize length = owl_utf8_char_length (text->str + at, text->len - at);

    owl_symbols_append (symbols, text->str + at, length);
    at += length;
  }
}

/* How good it is to join two symbols: the score of the entry that they make. */
static gboolean
score_pair (const OwlSymbol *left, const OwlSymbol *right, gconstpointer data, float *score)
{
  const OwlVocabulary *vocabulary = data;
  gint32 id = owl_vocabulary_find (vocabulary, left->text, left->length + right->length);

  if (id < 0)
    return FALSE;
  *score = vocabulary->tokens[id].score;
  return TRUE;
}

static void
encode (const OwlVocabulary *vocabulary, const gint32 byte_ids[256], const char *text, gsize length, gboolean join, GArray *ids)
{
  g_autoptr (GString) normal = NULL;
  g_autoptr (GArray) symbols = NULL;

  if (length == 0)
    return;
  normal = normalise (text, length);
  symbols = owl_symbols_new ();
  split_characters (normal, symbols);
  if (join)
    owl_symbols_merge (symbols, score_pair, vocabulary);
  for (int i = 0; i >= 0; i = g_array_index (symbols, OwlSymbol, i).next) {
    const OwlSymbol *s = &g_array_index (symbols, OwlSymbol, i);
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
}

void
owl_sentencepiece_encode (const OwlVocabulary *vocabulary, const gint32 byte_ids[256], const char *text, gsize length, GArray *ids)
{
  encode (vocabulary, byte_ids, text, length, TRUE, ids);
}

void
owl_sentencepiece_spell (const OwlVocabulary *vocabulary, const gint32 byte_ids[256], const char *text, gsize length, GArray *ids)
{
  encode (vocabulary, byte_ids, text, length, FALSE, ids);
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
