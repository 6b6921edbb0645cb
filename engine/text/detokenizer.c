/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/tokenizer-private.h"

#include "text/sentencepiece.h"
#include "text/utf8.h"

#include <string.h>

#define SPACE "\xe2\x96\x81" /* U+2581 */

struct _OwlDetokenizer {
  const OwlTokenizer *tokenizer;
  gboolean started; /* a piece was seen: a leading space is no longer dropped */
  GString *pending; /* bytes that may become a character */
};

OwlDetokenizer *
owl_detokenizer_new (const OwlTokenizer *tokenizer)
{
  OwlDetokenizer *d = g_new0 (OwlDetokenizer, 1);

  d->tokenizer = tokenizer;
  d->pending = g_string_new (NULL);
  return d;
}

void
owl_detokenizer_free (OwlDetokenizer *d)
{
  if (!d)
    return;
  g_string_free (d->pending, TRUE);
  g_free (d);
}

/* Hands out what is decided: whole characters, and U+FFFD for bytes that cannot become part of one: one for each byte with SentencePiece,
 * one for each maximal ill-formed subsequence with byte-level BPE. `all`: nothing follows. */
static void
drain (OwlDetokenizer *d, gboolean all, GString *out)
{
  gsize at = 0;

  while (at < d->pending->len) {
    const char *text = d->pending->str + at;
    gsize left = d->pending->len - at, n = owl_utf8_char_length (text, left);

    if (n > 0) {
      g_string_append_len (out, text, n);
      at += n;
    } else if (!all && owl_utf8_is_partial (text, left)) {
      break;
    } else {
      g_string_append (out, OWL_UTF8_REPLACEMENT);
      at += d->tokenizer->byte_bpe ? owl_utf8_bad_length (text, left) : 1;
    }
  }
  g_string_erase (d->pending, 0, at);
}

static void
append_piece (OwlDetokenizer *d, const OwlToken *token, GString *out)
{
  const char *p = token->text, *end = p + token->length;

  if (!d->started && token->length >= strlen (SPACE) && memcmp (p, SPACE, strlen (SPACE)) == 0)
    p += strlen (SPACE);
  while (p < end) {
    const char *space = memmem (p, end - p, SPACE, strlen (SPACE));

    g_string_append_len (out, p, (space ? space : end) - p);
    if (!space)
      break;
    g_string_append_c (out, ' ');
    p = space + strlen (SPACE);
  }
}

void
owl_detokenizer_push (OwlDetokenizer *d, gint32 id, GString *out)
{
  const OwlVocabulary *v = d->tokenizer->vocabulary;
  const OwlToken *token;

  if (id < 0 || (gsize) id >= v->n)
    return;
  token = &v->tokens[id];
  if (token->kind == OWL_TOKEN_UNKNOWN || token->kind == OWL_TOKEN_CONTROL || token->kind == OWL_TOKEN_UNUSED)
    return;
  if (d->tokenizer->byte_bpe) {
    owl_byte_bpe_append_bytes (token, d->pending);
    drain (d, FALSE, out);
  } else if (token->kind == OWL_TOKEN_BYTE) {
    g_string_append_c (d->pending, (char) owl_sentencepiece_byte_value (token));
    drain (d, FALSE, out);
  } else {
    drain (d, TRUE, out);
    append_piece (d, token, out);
  }
  d->started = TRUE;
}

void
owl_detokenizer_finish (OwlDetokenizer *d, GString *out)
{
  drain (d, TRUE, out);
}
