/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/byte-bpe.h"

#include "text/symbols.h"
#include "text/utf8.h"

#include <string.h>

#define MAX_MERGES (1 << 20)

typedef struct {
  guint64 key;  /* both ids, see pair_key */
  guint32 rank; /* from 1 on */
} Merge;

/* The character that stands for a byte: itself where it is printable in Latin-1, else the next of those from U+0100 on.
 * Source: bytes_to_unicode of GPT-2's encoder. */
static gunichar
byte_to_char (guint8 byte)
{
  gunichar next = 0x100;

  if ((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae)
    return byte;
  if (byte <= 0x20)
    return next + byte;
  if (byte <= 0xa0)
    return next + 0x21 + (byte - 0x7fu);
  return next + 0x21 + 0x22; /* 0xad */
}

/* The byte that a character stands for, or -1. */
static int
char_to_byte (gunichar c)
{
  if (c < 0x100)
    return byte_to_char ((guint8) c) == c ? (int) c : -1;
  if (c <= 0x120)
    return (int) (c - 0x100);
  if (c < 0x121 + 0x22)
    return (int) (0x7f + c - 0x121);
  return c == 0x143 ? 0xad : -1;
}

/* Characters that never belong to a word: white space and the punctuation of the pre-tokeniser's (nested) class. */
static gboolean
is_separator (gunichar c)
{
  static const gunichar others[] = { '(', ')', '|', '.', ',', '!', '?', 0x2026, 0x3002, 0xff0c, 0x3001, 0x0964, 0x06d4, 0x060c };

  if ((c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
      c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    if (c == others[i])
      return TRUE;
  return FALSE;
}

/* Length of the character at `text`, and whether it is a separator; a byte that does not decode counts as a character of a word. */
static gsize
next_char (const char *text, const char *end, gboolean *separator)
{
  gsize n = owl_utf8_char_length (text, end - text);

  *separator = n > 0 && is_separator (*text ? g_utf8_get_char (text) : 0);
  return MAX (n, 1);
}

/* TRUE if a word begins at `text`: a character that is no separator, or one space before such a character. */
static gboolean
word_begins (const char *text, const char *end)
{
  gboolean separator;

  if (text >= end)
    return FALSE;
  next_char (text, end, &separator);
  if (!separator)
    return TRUE;
  if (*text != ' ' || text + 1 >= end)
    return FALSE;
  next_char (text + 1, end, &separator);
  return !separator;
}

/* The end of the word, or of the gap between words, that begins at `text`. */
static const char *
next_border (const char *text, const char *end)
{
  gboolean separator, word = word_begins (text, end);

  if (word && *text == ' ')
    text++;
  while (text < end) {
    gsize n = next_char (text, end, &separator);

    if (word ? separator : word_begins (text, end))
      break;
    text += n;
  }
  return text;
}

static guint64
pair_key (gint32 left, gint32 right)
{
  return (guint64) (guint32) left << 32 | (guint32) right;
}

/* The three entries of a merge "LEFT RIGHT"; FALSE when one is not in the vocabulary. */
static gboolean
read_merge (const OwlVocabulary *v, const char *text, gsize length, guint64 *key)
{
  const char *space = memchr (text, ' ', length);
  gint32 left, right;

  if (!space)
    return FALSE;
  left = owl_vocabulary_find (v, text, space - text);
  right = owl_vocabulary_find (v, space + 1, text + length - space - 1);
  *key = pair_key (left, right);
  return left >= 0 && right >= 0;
}

static int
compare_merges (gconstpointer a, gconstpointer b)
{
  const Merge *first = a, *second = b;

  if (first->key != second->key)
    return first->key < second->key ? -1 : 1;
  return first->rank < second->rank ? -1 : first->rank > second->rank;
}

/* Rank of a pair from 1 on; 0: it is never merged. */
static guint32
find_rank (const OwlByteBpe *bpe, guint64 key)
{
  guint low = 0, high = bpe->merges->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (bpe->merges, Merge, middle).key < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low < bpe->merges->len && g_array_index (bpe->merges, Merge, low).key == key ? g_array_index (bpe->merges, Merge, low).rank : 0;
}

OwlByteBpe *
owl_byte_bpe_new (const OwlVocabulary *vocabulary, const OwlGguf *gguf, GError **error)
{
  OwlByteBpe *bpe;
  OwlGgufType type;
  gsize n;

  if (!owl_gguf_get_array_info (gguf, "tokenizer.ggml.merges", &type, &n) || type != OWL_GGUF_STRING || n > MAX_MERGES) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: key tokenizer.ggml.merges: expected a list of texts", owl_gguf_get_path (gguf));
    return NULL;
  }
  bpe = g_new0 (OwlByteBpe, 1);
  bpe->vocabulary = vocabulary;
  bpe->merges = g_array_sized_new (FALSE, FALSE, sizeof (Merge), (guint) n);
  for (gsize i = 0; i < n; i++) {
    gsize length;
    const char *text = owl_gguf_get_array_string (gguf, "tokenizer.ggml.merges", i, &length);
    Merge merge = { .rank = (guint32) i + 1 };

    if (read_merge (vocabulary, text, length, &merge.key))
      g_array_append_val (bpe->merges, merge);
  }
  g_array_sort (bpe->merges, compare_merges);
  return bpe;
}

void
owl_byte_bpe_free (OwlByteBpe *bpe)
{
  if (!bpe)
    return;
  g_array_unref (bpe->merges);
  g_free (bpe);
}

/* Merges of a lower rank come first. */
static gboolean
score_pair (const OwlSymbol *left, const OwlSymbol *right, gconstpointer data, float *score)
{
  const OwlByteBpe *bpe = data;
  gint32 left_id = owl_vocabulary_find (bpe->vocabulary, left->text, left->length);
  gint32 right_id = owl_vocabulary_find (bpe->vocabulary, right->text, right->length);
  guint32 rank = find_rank (bpe, pair_key (left_id, right_id));

  if (left_id < 0 || right_id < 0 || rank == 0)
    return FALSE;
  *score = -(float) rank;
  return TRUE;
}

static void
encode_word (const OwlByteBpe *bpe, const char *word, gsize length, GArray *ids)
{
  g_autoptr (GString) mapped = g_string_sized_new (2 * length + 1);
  g_autoptr (GArray) symbols = owl_symbols_new ();

  for (gsize i = 0; i < length; i++)
    g_string_append_unichar (mapped, byte_to_char ((guint8) word[i]));
  for (const char *p = mapped->str; *p; p = g_utf8_next_char (p))
    owl_symbols_append (symbols, p, g_utf8_next_char (p) - p);
  owl_symbols_merge (symbols, score_pair, bpe);
  for (int i = 0; i >= 0; i = g_array_index (symbols, OwlSymbol, i).next) {
    const OwlSymbol *s = &g_array_index (symbols, OwlSymbol, i);
    gint32 id = owl_vocabulary_find (bpe->vocabulary, s->text, s->length);

    if (id < 0)
      id = bpe->vocabulary->unknown;
    if (id >= 0)
      g_array_append_val (ids, id);
  }
}

void
owl_byte_bpe_encode (const OwlByteBpe *bpe, const char *text, gsize length, GArray *ids)
{
  const char *end = text + length;

  while (text < end) {
    const char *border = next_border (text, end);

    encode_word (bpe, text, border - text, ids);
    text = border;
  }
}

void
owl_byte_bpe_append_bytes (const OwlToken *token, GString *bytes)
{
  const char *end = token->text + token->length;

  for (const char *p = token->text; p < end;) {
    gsize n = owl_utf8_char_length (p, end - p);
    int byte = n > 0 && *p ? char_to_byte (g_utf8_get_char (p)) : -1;

    if (byte >= 0)
      g_string_append_c (bytes, (char) byte);
    p += MAX (n, 1);
  }
}
