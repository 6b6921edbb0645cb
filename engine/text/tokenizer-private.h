/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/byte-bpe.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

G_BEGIN_DECLS

struct _OwlTokenizer {
  OwlVocabulary *vocabulary;
  gint32 byte_ids[256]; /* SentencePiece: of the pieces <0xHH> */
  OwlByteBpe *byte_bpe; /* NULL: SentencePiece */
};

/* Borrowed. */
const OwlVocabulary *owl_tokenizer_get_vocabulary (const OwlTokenizer *tokenizer);

G_END_DECLS
