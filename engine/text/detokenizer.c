/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/tokenizer-private.h"

#include "text/sentencepiece.h"
#include "text/utf8.h"

#include <string.h>

#define SPACE "\xe2\x96\x81" /* U+2581 */

struct _OwlDetokenizer {
  const OwlTokenizer *tokenizer;
  gboolean started; /* a piece was seen: a leading space is no longer dropped */
  char pending[8];  /* bytes that may become a character */
  gsize n_pending;
};

OwlDetokenizer *
owl_detokenizer_new (const OwlTokenizer *tokenizer)
{
  OwlDetokenizer *d = g_new0 (OwlDetokenizer, 1);

  d->tokenizer = tokenizer;
  return d;
}

void
owl_detokenizer_free (OwlDetokenizer *d)
{
  g_free (d);
}

/* Hands out what is decided: whole characters, and one U+FFFD for each byte that cannot become part of one. `all`: nothing follows. */
static void
drain (OwlDetokenizer *d, gboolean all, GString *out)
{
  gsize at = 0;

  while (at < d->n_pending) {
    gsize n = owl_utf8_char_length (d->pending + at, d->n_pending - at);

    if (n > 0) {
      g_string_append_len (out, d->pending + at, n);
      at += n;
    } else if (!all && owl_utf8_is_partial (d->pending + at, d->n_pending - at)) {
      break;
    } else {
      g_string_append (out, OWL_UTF8_REPLACEMENT);
      at++;
    }
  }
  d->n_pending -= at;
  memmove (d->pending, d->pending + at, d->n_pending);
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
  if (token->kind == OWL_TOKEN_BYTE) {
    d->pending[d->n_pending++] = (char) owl_sentencepiece_byte_value (token);
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
