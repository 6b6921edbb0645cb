/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/vocabulary.h"

#include "files/mapped-file.h"

#include <math.h>
#include <string.h>

#define MAX_TOKENS (1 << 19)
#define MAX_TOKEN_LENGTH 1024
#define MAX_MODEL_SIZE (64 << 20)

static guint
hash_token (gconstpointer data)
{
  const OwlToken *token = data;
  guint hash = 5381;

  for (gsize i = 0; i < token->length; i++)
    hash = hash * 33 + (guint8) token->text[i];
  return hash;
}

static gboolean
equal_tokens (gconstpointer a, gconstpointer b)
{
  const OwlToken *x = a, *y = b;

  return x->length == y->length && memcmp (x->text, y->text, x->length) == 0;
}

static OwlVocabulary *
vocabulary_new (gsize n)
{
  OwlVocabulary *v = g_new0 (OwlVocabulary, 1);

  v->n = n;
  v->tokens = g_new0 (OwlToken, n);
  v->bos = v->eos = v->unknown = -1;
  v->index = g_hash_table_new (hash_token, equal_tokens);
  return v;
}

void
owl_vocabulary_free (OwlVocabulary *v)
{
  if (!v)
    return;
  g_clear_pointer (&v->index, g_hash_table_unref);
  g_clear_pointer (&v->storage, g_bytes_unref);
  g_free (v->tokens);
  g_free (v);
}

gint32
owl_vocabulary_find (const OwlVocabulary *v, const char *text, gsize length)
{
  const OwlToken key = { .text = text, .length = length };

  return (gint32) GPOINTER_TO_INT (g_hash_table_lookup (v->index, &key)) - 1;
}

/* Of entries with the same text the first counts. */
static gboolean
finish (OwlVocabulary *v, const char *path, GError **error)
{
  for (gsize i = 0; i < v->n; i++) {
    OwlToken *token = &v->tokens[i];

    if (token->kind == OWL_TOKEN_UNKNOWN && v->unknown < 0)
      v->unknown = (gint32) i;
    if (!isfinite (token->score)) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tokenizer: the score of entry %" G_GSIZE_FORMAT " is not a number", path, i);
      return FALSE;
    }
    if ((token->kind == OWL_TOKEN_NORMAL || token->kind == OWL_TOKEN_USER_DEFINED) && token->length > 0 &&
        !g_hash_table_contains (v->index, token))
      g_hash_table_insert (v->index, token, GINT_TO_POINTER ((gint) i + 1));
  }
  if (v->bos >= (gint64) v->n || v->eos >= (gint64) v->n) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tokenizer: a special id lies beyond the vocabulary", path);
    return FALSE;
  }
  return TRUE;
}

/* An optional id; out of range is an error. */
static gboolean
read_id (const OwlGguf *gguf, const char *key, gsize n, gint32 *id, GError **error)
{
  gint64 value;

  if (!owl_gguf_has_key (gguf, key))
    return TRUE;
  if (!owl_gguf_require_int (gguf, key, 0, (gint64) n - 1, &value, error))
    return FALSE;
  *id = (gint32) value;
  return TRUE;
}

OwlVocabulary *
owl_vocabulary_new_from_gguf (const OwlGguf *gguf, GError **error)
{
  const char *path = owl_gguf_get_path (gguf);
  g_autoptr (OwlVocabulary) v = NULL;
  g_autoptr (GByteArray) texts = g_byte_array_new ();
  g_autofree float *scores = NULL;
  g_autofree gint32 *kinds = NULL;
  g_autofree gsize *offsets = NULL;
  OwlGgufType type;
  gsize n;

  if (!owl_gguf_get_array_info (gguf, "tokenizer.ggml.tokens", &type, &n) || type != OWL_GGUF_STRING || n == 0 || n > MAX_TOKENS) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: key tokenizer.ggml.tokens: expected a list of 1 to %d texts", path, MAX_TOKENS);
    return NULL;
  }
  v = vocabulary_new (n);
  scores = g_new0 (float, n);
  kinds = g_new (gint32, n);
  offsets = g_new (gsize, n);
  for (gsize i = 0; i < n; i++)
    kinds[i] = OWL_TOKEN_NORMAL;
  if ((owl_gguf_has_key (gguf, "tokenizer.ggml.scores") && !owl_gguf_get_array_f32 (gguf, "tokenizer.ggml.scores", scores, n)) ||
      (owl_gguf_has_key (gguf, "tokenizer.ggml.token_type") && !owl_gguf_get_array_i32 (gguf, "tokenizer.ggml.token_type", kinds, n))) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tokenizer: scores or kinds do not fit the %" G_GSIZE_FORMAT " entries", path, n);
    return NULL;
  }
  for (gsize i = 0; i < n; i++) {
    gsize length;
    const char *text = owl_gguf_get_array_string (gguf, "tokenizer.ggml.tokens", i, &length);

    if (length > MAX_TOKEN_LENGTH || kinds[i] < OWL_TOKEN_NORMAL || kinds[i] > OWL_TOKEN_BYTE) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tokenizer: entry %" G_GSIZE_FORMAT " is too long or of no known kind", path, i);
      return NULL;
    }
    offsets[i] = texts->len;
    v->tokens[i].length = length;
    g_byte_array_append (texts, (const guint8 *) text, (guint) length);
  }
  v->storage = g_byte_array_free_to_bytes (g_steal_pointer (&texts));
  for (gsize i = 0; i < n; i++) {
    v->tokens[i].text = (const char *) g_bytes_get_data (v->storage, NULL) + offsets[i];
    v->tokens[i].score = scores[i];
    v->tokens[i].kind = (OwlTokenKind) kinds[i];
  }
  if (!read_id (gguf, "tokenizer.ggml.bos_token_id", n, &v->bos, error) ||
      !read_id (gguf, "tokenizer.ggml.eos_token_id", n, &v->eos, error) || !finish (v, path, error))
    return NULL;
  return g_steal_pointer (&v);
}

/* Protocol buffers, as much as the file needs. */
typedef struct {
  const guint8 *p, *end;
} Proto;

static gboolean
take_varint (Proto *proto, guint64 *value)
{
  *value = 0;
  for (int shift = 0; shift < 64 && proto->p < proto->end; shift += 7) {
    guint8 byte = *proto->p++;

    *value |= (guint64) (byte & 0x7f) << shift;
    if (byte < 0x80)
      return TRUE;
  }
  return FALSE;
}

/* The next field: number and wire type; `bytes` for lengths, `value` for numbers. FALSE at the end or on damage. */
static gboolean
take_field (Proto *proto, int *field, int *wire, guint64 *value, Proto *bytes)
{
  guint64 tag;
  gsize fixed = 0;

  if (proto->p >= proto->end || !take_varint (proto, &tag))
    return FALSE;
  *field = (int) MIN (tag >> 3, G_MAXINT);
  *wire = (int) (tag & 7);
  switch (*wire) {
  case 0:
    return take_varint (proto, value);
  case 1:
    fixed = 8;
    break;
  case 2:
    if (!take_varint (proto, value) || *value > (guint64) (proto->end - proto->p))
      return FALSE;
    *bytes = (Proto){ proto->p, proto->p + *value };
    proto->p += *value;
    return TRUE;
  case 5:
    fixed = 4;
    break;
  default:
    return FALSE;
  }
  if (fixed > (gsize) (proto->end - proto->p))
    return FALSE;
  *value = 0;
  memcpy (value, proto->p, fixed);
  *value = GUINT64_FROM_LE (*value);
  proto->p += fixed;
  return TRUE;
}

/* message SentencePiece { optional string piece = 1; optional float score = 2; optional Type type = 3 [default = NORMAL]; } */
static gboolean
read_piece (Proto message, const guint8 *base, OwlToken *token)
{
  Proto bytes = { NULL, NULL };
  guint64 value;
  int field, wire;

  token->kind = OWL_TOKEN_NORMAL;
  token->text = (const char *) base;
  while (message.p < message.end) {
    if (!take_field (&message, &field, &wire, &value, &bytes))
      return FALSE;
    if (field == 1 && wire == 2) {
      token->text = (const char *) bytes.p;
      token->length = bytes.end - bytes.p;
    } else if (field == 2 && wire == 5) {
      guint32 bits = (guint32) value;

      memcpy (&token->score, &bits, sizeof bits);
    } else if (field == 3 && wire == 0) {
      if (value < OWL_TOKEN_NORMAL || value > OWL_TOKEN_BYTE)
        return FALSE;
      token->kind = (OwlTokenKind) value;
    }
  }
  return token->length <= MAX_TOKEN_LENGTH;
}

/* message TrainerSpec: model_type = 3 (2: BPE), unk_id = 40, bos_id = 41, eos_id = 42; ids are int32, -1 for none. */
static gboolean
read_trainer (Proto message, OwlVocabulary *v, int *model_type)
{
  Proto bytes;
  guint64 value;
  int field, wire;

  while (message.p < message.end) {
    if (!take_field (&message, &field, &wire, &value, &bytes))
      return FALSE;
    if (wire != 0)
      continue;
    if (field == 3)
      *model_type = (int) MIN (value, G_MAXINT);
    else if (field == 41)
      v->bos = (gint32) (gint64) value;
    else if (field == 42)
      v->eos = (gint32) (gint64) value;
  }
  return TRUE;
}

static gsize
count_pieces (Proto proto)
{
  Proto bytes;
  guint64 value;
  int field, wire;
  gsize n = 0;

  while (take_field (&proto, &field, &wire, &value, &bytes))
    n += field == 1 && wire == 2;
  return n;
}

OwlVocabulary *
owl_vocabulary_new_from_sentencepiece (const char *path, GError **error)
{
  g_autoptr (OwlMappedFile) file = owl_mapped_file_open (path, error);
  g_autoptr (OwlVocabulary) v = NULL;
  Proto proto, bytes;
  guint64 value;
  gsize n, size, i = 0;
  int field, wire, model_type = 1;

  if (!file)
    return NULL;
  size = owl_mapped_file_get_size (file);
  if (size == 0 || size > MAX_MODEL_SIZE)
    goto damaged;
  /* The texts point into a copy, so that the file need not stay open. */
  proto.p = g_memdup2 (owl_mapped_file_get_data (file), size);
  proto.end = proto.p + size;
  n = count_pieces (proto);
  v = vocabulary_new (MIN (n, MAX_TOKENS));
  v->storage = g_bytes_new_take ((gpointer) proto.p, size);
  v->bos = 1;
  v->eos = 2;
  if (n == 0 || n > MAX_TOKENS)
    goto damaged;
  while (proto.p < proto.end) {
    if (!take_field (&proto, &field, &wire, &value, &bytes))
      goto damaged;
    if (field == 1 && wire == 2 && !read_piece (bytes, g_bytes_get_data (v->storage, NULL), &v->tokens[i++]))
      goto damaged;
    if (field == 2 && wire == 2 && !read_trainer (bytes, v, &model_type))
      goto damaged;
  }
  if (model_type != 2) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: this kind of SentencePiece model is not supported (only BPE)", path);
    return NULL;
  }
  return finish (v, path, error) ? g_steal_pointer (&v) : NULL;

damaged:
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: not a SentencePiece model, or damaged", path);
  return NULL;
}
