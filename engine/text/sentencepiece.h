/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/vocabulary.h"

G_BEGIN_DECLS

/* SentencePiece BPE with byte fallback, as LLaMA uses it: no normalisation, a dummy prefix, spaces as U+2581. */

/* `byte_ids`: the ids of the pieces <0x00>…<0xFF>, -1 where missing. */
void owl_sentencepiece_encode (const OwlVocabulary *vocabulary, const gint32 byte_ids[256], const char *text, gsize length, GArray *ids);
/* The same without joining characters. */
void owl_sentencepiece_spell (const OwlVocabulary *vocabulary, const gint32 byte_ids[256], const char *text, gsize length, GArray *ids);

/* Value of a byte piece "<0xHH>", or -1. */
int owl_sentencepiece_byte_value (const OwlToken *token);

G_END_DECLS
