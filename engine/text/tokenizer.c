/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/tokenizer-private.h"

#include "text/sentencepiece.h"
#include "text/utf8.h"

#include <string.h>

static OwlTokenizer *
tokenizer_new (OwlVocabulary *vocabulary)
{
  OwlTokenizer *tokenizer = g_new0 (OwlTokenizer, 1);

  tokenizer->vocabulary = vocabulary;
  for (int i = 0; i < 256; i++)
    tokenizer->byte_ids[i] = -1;
  for (gsize id = 0; id < vocabulary->n; id++) {
    const OwlToken *token = &vocabulary->tokens[id];
    int value = token->kind == OWL_TOKEN_BYTE ? owl_sentencepiece_byte_value (token) : -1;

    if (value >= 0 && tokenizer->byte_ids[value] < 0)
      tokenizer->byte_ids[value] = (gint32) id;
  }
  return tokenizer;
}

/* Texts that are shown to people must be text. */
static gboolean
check_texts (const OwlVocabulary *v, const char *path, GError **error)
{
  for (gsize id = 0; id < v->n; id++) {
    const OwlToken *token = &v->tokens[id];

    if ((token->kind == OWL_TOKEN_BYTE && owl_sentencepiece_byte_value (token) < 0) ||
        !g_utf8_validate_len (token->text, token->length, NULL)) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tokenizer: entry %" G_GSIZE_FORMAT " is neither text nor a byte", path, id);
      return FALSE;
    }
  }
  return TRUE;
}

OwlTokenizer *
owl_tokenizer_new_from_gguf (const OwlGguf *gguf, GError **error)
{
  const char *model = owl_gguf_get_string (gguf, "tokenizer.ggml.model");
  gboolean bytes = g_strcmp0 (model, "gpt2") == 0 && g_strcmp0 (owl_gguf_get_string (gguf, "tokenizer.ggml.pre"), "bloom") == 0;
  g_autoptr (OwlVocabulary) vocabulary = NULL;
  g_autoptr (OwlTokenizer) tokenizer = NULL;

  if (g_strcmp0 (model, "llama") != 0 && !bytes) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: tokenizer \"%s\" is not supported (only llama, and gpt2 with bloom's words)", owl_gguf_get_path (gguf),
                 model ? model : "(none)");
    return NULL;
  }
  vocabulary = owl_vocabulary_new_from_gguf (gguf, error);
  if (!vocabulary || !check_texts (vocabulary, owl_gguf_get_path (gguf), error))
    return NULL;
  tokenizer = tokenizer_new (g_steal_pointer (&vocabulary));
  if (bytes) {
    tokenizer->byte_bpe = owl_byte_bpe_new (tokenizer->vocabulary, gguf, error);
    if (!tokenizer->byte_bpe)
      return NULL;
  }
  return g_steal_pointer (&tokenizer);
}

OwlTokenizer *
owl_tokenizer_new_from_sentencepiece (const char *path, GError **error)
{
  g_autoptr (OwlVocabulary) vocabulary = owl_vocabulary_new_from_sentencepiece (path, error);

  if (!vocabulary || !check_texts (vocabulary, path, error))
    return NULL;
  return tokenizer_new (g_steal_pointer (&vocabulary));
}

void
owl_tokenizer_free (OwlTokenizer *tokenizer)
{
  if (!tokenizer)
    return;
  owl_byte_bpe_free (tokenizer->byte_bpe);
  owl_vocabulary_free (tokenizer->vocabulary);
  g_free (tokenizer);
}

const OwlVocabulary *
owl_tokenizer_get_vocabulary (const OwlTokenizer *tokenizer)
{
  return tokenizer->vocabulary;
}

gsize
owl_tokenizer_get_n_tokens (const OwlTokenizer *tokenizer)
{
  return tokenizer->vocabulary->n;
}

gint32
owl_tokenizer_get_bos (const OwlTokenizer *tokenizer)
{
  return tokenizer->vocabulary->bos;
}

gint32
owl_tokenizer_get_eos (const OwlTokenizer *tokenizer)
{
  return tokenizer->vocabulary->eos;
}

gboolean
owl_tokenizer_is_unsampled (const OwlTokenizer *tokenizer, gint32 id)
{
  return id < 0 || (gsize) id >= tokenizer->vocabulary->n || tokenizer->vocabulary->tokens[id].kind == OWL_TOKEN_UNUSED;
}

void
owl_tokenizer_encode (const OwlTokenizer *tokenizer, const char *text, gsize length, GArray *ids)
{
  if (tokenizer->byte_bpe)
    owl_byte_bpe_encode (tokenizer->byte_bpe, text, length, ids);
  else
    owl_sentencepiece_encode (tokenizer->vocabulary, tokenizer->byte_ids, text, length, ids);
}

void
owl_tokenizer_spell (const OwlTokenizer *tokenizer, const char *text, gsize length, GArray *ids)
{
  if (tokenizer->byte_bpe)
    owl_byte_bpe_encode (tokenizer->byte_bpe, text, length, ids);
  else
    owl_sentencepiece_spell (tokenizer->vocabulary, tokenizer->byte_ids, text, length, ids);
}

char *
owl_tokenizer_decode (const OwlTokenizer *tokenizer, const gint32 *ids, gsize n, gsize *length)
{
  g_autoptr (OwlDetokenizer) detokenizer = owl_detokenizer_new (tokenizer);
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    owl_detokenizer_push (detokenizer, ids[i], text);
  owl_detokenizer_finish (detokenizer, text);
  if (length)
    *length = text->len;
  return g_string_free (text, FALSE);
}
