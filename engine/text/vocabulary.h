/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "files/gguf.h"

G_BEGIN_DECLS

/* The entries of a tokenizer. Source of the kinds: sentencepiece_model.proto and `tokenizer.ggml.token_type`. */
typedef enum {
  OWL_TOKEN_NORMAL = 1,
  OWL_TOKEN_UNKNOWN = 2,
  OWL_TOKEN_CONTROL = 3,
  OWL_TOKEN_USER_DEFINED = 4,
  OWL_TOKEN_UNUSED = 5,
  OWL_TOKEN_BYTE = 6,
} OwlTokenKind;

typedef struct {
  const char *text; /* not NUL-terminated */
  gsize length;
  float score;
  OwlTokenKind kind;
} OwlToken;

typedef struct {
  OwlToken *tokens;
  gsize n;
  gint32 bos, eos; /* -1: none */
  gint32 unknown;  /* -1: none */
  GHashTable *index; /* OwlToken * → id + 1, of normal and user-defined entries */
  GBytes *storage; /* what the texts point into */
} OwlVocabulary;

/* From the `tokenizer.ggml.*` keys; copies the texts. */
OwlVocabulary *owl_vocabulary_new_from_gguf (const OwlGguf *gguf, GError **error);
/* From a SentencePiece `tokenizer.model` file of the BPE kind. */
OwlVocabulary *owl_vocabulary_new_from_sentencepiece (const char *path, GError **error);
void owl_vocabulary_free (OwlVocabulary *vocabulary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlVocabulary, owl_vocabulary_free)

/* The id of a normal or user-defined entry with this text, or -1. */
gint32 owl_vocabulary_find (const OwlVocabulary *vocabulary, const char *text, gsize length);

G_END_DECLS
