/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "files/gguf.h"

G_BEGIN_DECLS

/* Text to token ids and back: SentencePiece BPE with byte fallback (LLaMA) and byte-level BPE (BLOOM).
 * Immutable after loading; any thread may use it. */
typedef struct _OwlTokenizer OwlTokenizer;

/* From the `tokenizer.ggml.*` keys of a GGUF file (`tokenizer.ggml.model` = "llama" or "gpt2"). Copies what it needs. */
OwlTokenizer *owl_tokenizer_new_from_gguf (const OwlGguf *gguf, GError **error);
/* From a SentencePiece `tokenizer.model` file. */
OwlTokenizer *owl_tokenizer_new_from_sentencepiece (const char *path, GError **error);
void owl_tokenizer_free (OwlTokenizer *tokenizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlTokenizer, owl_tokenizer_free)

gsize owl_tokenizer_get_n_tokens (const OwlTokenizer *tokenizer);
/* Special ids; -1 where the tokenizer has none. */
gint32 owl_tokenizer_get_bos (const OwlTokenizer *tokenizer);
gint32 owl_tokenizer_get_eos (const OwlTokenizer *tokenizer);

/* Appends the ids (gint32) of `length` bytes of `text` to `ids`. Special strings such as "</s>" are plain text; no BOS. */
void owl_tokenizer_encode (const OwlTokenizer *tokenizer, const char *text, gsize length, GArray *ids);

/* The same one character at a time (SentencePiece alone): other ids that decode to the same text, for teaching a model to spell. */
void owl_tokenizer_spell (const OwlTokenizer *tokenizer, const char *text, gsize length, GArray *ids);

/* Decodes a whole list; unknown and special ids are skipped. Valid UTF-8, NUL bytes possible (`length` may be NULL). */
char *owl_tokenizer_decode (const OwlTokenizer *tokenizer, const gint32 *ids, gsize n, gsize *length);

/* TRUE if the id must never be sampled: unused entries (padding of the embedding), and ids beyond the vocabulary. */
gboolean owl_tokenizer_is_unsampled (const OwlTokenizer *tokenizer, gint32 id);

/* Streaming: push ids one by one; `out` only ever receives whole UTF-8 characters, and the concatenation of all pieces equals
 * owl_tokenizer_decode of all ids. `finish` flushes what is left (an unfinished character becomes U+FFFD).
 * One detokenizer serves one answer on one thread; it borrows the tokenizer. */
typedef struct _OwlDetokenizer OwlDetokenizer;

OwlDetokenizer *owl_detokenizer_new (const OwlTokenizer *tokenizer);
void owl_detokenizer_free (OwlDetokenizer *detokenizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlDetokenizer, owl_detokenizer_free)
void owl_detokenizer_push (OwlDetokenizer *detokenizer, gint32 id, GString *out);
void owl_detokenizer_finish (OwlDetokenizer *detokenizer, GString *out);

G_END_DECLS
