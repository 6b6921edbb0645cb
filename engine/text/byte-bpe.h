/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/vocabulary.h"

G_BEGIN_DECLS

/* Byte-level BPE with BLOOM's rule for words. Entries are written in 256 printable characters that stand for the bytes (as in GPT-2). */
typedef struct {
  const OwlVocabulary *vocabulary; /* borrowed */
  GArray *merges;                  /* Merge, by pair: looked up by halving, so that no choice of pairs makes a file slow to load */
} OwlByteBpe;

/* Reads `tokenizer.ggml.merges`. The vocabulary must live longer. */
OwlByteBpe *owl_byte_bpe_new (const OwlVocabulary *vocabulary, const OwlGguf *gguf, GError **error);
void owl_byte_bpe_free (OwlByteBpe *bpe);

void owl_byte_bpe_encode (const OwlByteBpe *bpe, const char *text, gsize length, GArray *ids);

/* The bytes that an entry stands for are appended to `bytes`; characters that stand for none are left out. */
void owl_byte_bpe_append_bytes (const OwlToken *token, GString *bytes);

G_END_DECLS
