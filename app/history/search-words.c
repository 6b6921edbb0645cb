/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/history/search-words.h"

#include <string.h>

/* Words that are longer are cut: nobody looks for them whole. */
#define MAX_WORD_BYTES 128

/* Written without spaces, or (Korean) with endings that change: indexed by pairs of characters. */
static gboolean
goes_in_pairs (gunichar c)
{
  return (c >= 0x3041 && c <= 0x30ff && c != 0x30fb) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x20000 && c <= 0x3ffff) || c == 0x3005 || c == 0x3007;
}

/* Letters that Unicode does not take apart. */
static const char *
plain_letter (gunichar c)
{
  static const struct {
    gunichar c;
    const char *plain;
  } letters[] = { { 0xdf, "ss" },  { 0xe6, "ae" },  { 0xf8, "o" },    { 0xf0, "d" },  { 0xfe, "th" },  { 0x111, "d" },
                  { 0x131, "i" },  { 0x142, "l" },  { 0x153, "oe" },  { 0x1e9e, "ss" } };

  for (gsize i = 0; i < G_N_ELEMENTS (letters); i++)
    if (letters[i].c == c)
      return letters[i].plain;
  return NULL;
}

/* The plain forms of a character in `folded`, which holds at least 64 bytes; the number of bytes. 0: it is part of no word. */
static gsize
fold_character (gunichar c, char *folded, gboolean *pairs)
{
  gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
  gsize n_parts = 1, length = 0;

  parts[0] = c;
  /* Korean syllables and kana would fall apart into strokes and voicing marks. */
  *pairs = goes_in_pairs (c);
  if (!*pairs)
    n_parts = g_unichar_fully_decompose (c, TRUE, parts, G_N_ELEMENTS (parts));
  for (gsize i = 0; i < n_parts && length + 8 < 64; i++) {
    gunichar part = g_unichar_tolower (parts[i]);
    const char *plain = plain_letter (part);

    if (g_unichar_ismark (part) || !g_unichar_isalnum (part))
      continue;
    *pairs = *pairs || goes_in_pairs (part);
    if (plain) {
      memcpy (folded + length, plain, strlen (plain));
      length += strlen (plain);
    } else {
      length += (gsize) g_unichar_to_utf8 (part, folded + length);
    }
  }
  return length;
}

/* A word or a run of characters that is being gathered. */
typedef struct {
  SearchWordFunc func;
  gpointer user_data;
  gboolean whole, stopped;
  char word[MAX_WORD_BYTES + 64];
  gsize length, start, end;
  gboolean pairs;   /* `word` holds one character, which the next one may join */
  gboolean joined;  /* and which an earlier one has joined already */
} Gathering;

static void
give (Gathering *g, const char *word, gsize length, gsize start, gsize end)
{
  if (!g->stopped && !g->func (word, length, start, end, g->user_data))
    g->stopped = TRUE;
}

static void
finish_word (Gathering *g)
{
  if (g->length > 0 && (!g->pairs || !g->joined || g->whole))
    give (g, g->word, g->length, g->start, g->end);
  g->length = 0;
  g->joined = FALSE;
}

static void
begin_word (Gathering *g, const char *folded, gsize length, gsize start, gsize end, gboolean pairs)
{
  memcpy (g->word, folded, length);
  g->length = length;
  g->start = start;
  g->end = end;
  g->pairs = pairs;
}

void
search_words_foreach (const char *text, gsize length, gboolean whole, SearchWordFunc func, gpointer user_data)
{
  Gathering g = { .func = func, .user_data = user_data, .whole = whole };
  const char *p = text, *end = text + length;

  while (p < end && !g.stopped) {
    gunichar c = g_utf8_get_char_validated (p, end - p);
    gboolean broken = c == (gunichar) -1 || c == (gunichar) -2, pairs;
    const char *next = broken ? p + 1 : g_utf8_next_char (p);
    gsize from = (gsize) (p - text), to = (gsize) (next - text), n;
    char folded[64];

    p = next;
    if (!broken && g_unichar_ismark (c))
      continue; /* an accent on its own belongs to the letter before */
    n = broken ? 0 : fold_character (c, folded, &pairs);
    if (n == 0) {
      finish_word (&g);
    } else if (g.length == 0) {
      begin_word (&g, folded, n, from, to, pairs);
    } else if (pairs != g.pairs) {
      finish_word (&g);
      begin_word (&g, folded, n, from, to, pairs);
    } else if (pairs) {
      memcpy (g.word + g.length, folded, n);
      give (&g, g.word, g.length + n, g.start, to);
      begin_word (&g, folded, n, from, to, TRUE);
      g.joined = TRUE;
    } else {
      if (g.length + n <= MAX_WORD_BYTES) {
        memcpy (g.word + g.length, folded, n);
        g.length += n;
      }
      g.end = to;
    }
  }
  if (!g.stopped)
    finish_word (&g);
}

/* The tokenizer for FTS5. */

typedef struct {
  int (*token) (void *context, int flags, const char *word, int length, int start, int end);
  void *context;
  int code;
} Tokenizing;

static gboolean
pass_on (const char *word, gsize length, gsize start, gsize end, gpointer user_data)
{
  Tokenizing *t = user_data;

  t->code = t->token (t->context, 0, word, (int) length, (int) start, (int) end);
  return t->code == SQLITE_OK;
}

static int
tokenize (Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int length,
          int (*token) (void *context, int flags, const char *word, int length, int start, int end))
{
  Tokenizing t = { token, context, SQLITE_OK };

  search_words_foreach (text, (gsize) MAX (length, 0), (flags & FTS5_TOKENIZE_QUERY) == 0, pass_on, &t);
  return t.code;
}

static int
create_tokenizer (void *context, const char **args, int n_args, Fts5Tokenizer **tokenizer)
{
  *tokenizer = (Fts5Tokenizer *) g_malloc0 (1);
  return SQLITE_OK;
}

static void
delete_tokenizer (Fts5Tokenizer *tokenizer)
{
  g_free (tokenizer);
}

int
search_words_register (sqlite3 *db)
{
  fts5_tokenizer tokenizer = { create_tokenizer, delete_tokenizer, tokenize };
  fts5_api *api = NULL;
  sqlite3_stmt *statement;
  int code = sqlite3_prepare_v2 (db, "SELECT fts5(?1)", -1, &statement, NULL);

  if (code != SQLITE_OK)
    return code;
  sqlite3_bind_pointer (statement, 1, (void *) &api, "fts5_api_ptr", NULL);
  sqlite3_step (statement);
  sqlite3_finalize (statement);
  return api ? api->xCreateTokenizer (api, "tyto", NULL, &tokenizer, NULL) : SQLITE_ERROR;
}

/* Queries. */

static gboolean
note_length (const char *word, gsize length, gsize start, gsize end, gpointer user_data)
{
  *(glong *) user_data = g_utf8_strlen (word, (gssize) length);
  return FALSE;
}

char *
search_words_make_filter (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_auto (GStrv) pieces = g_strsplit_set (valid, " \t\r\n\v\f\"", -1);
  g_autoptr (GString) query = g_string_new (NULL);
  gboolean single = FALSE;

  for (char **piece = pieces; *piece; piece++) {
    glong n_characters = 0;

    search_words_foreach (*piece, strlen (*piece), FALSE, note_length, &n_characters);
    if (n_characters == 0)
      continue;
    /* A piece can be several words ("e-mail"), which must then follow each other. */
    g_string_append_printf (query, "%s%s\"%s\"", single ? "*" : "", query->len ? " AND " : "", *piece);
    single = n_characters == 1 && g_utf8_get_char (*piece) >= 0x3040;
  }
  if (query->len == 0)
    return NULL;
  g_string_append_c (query, '*');
  return g_string_free (g_steal_pointer (&query), FALSE);
}

/* Words of questions, folded. */
static const char stop_words[] =
    /* English */
    " a about all also an and any are as at be been but by can could did do does for from get give had has have he her his how i if in into is it"
    " its just made many me more much my no not of on one or our page pages please say says she should so tell than that the their them then there"
    " these they this to under us was we were what when where which who whom whose why will with would you your document mentioned according show find "
    /* German */
    " aber alle als am an auch auf aus bei beim bin bis bitte da damit das dass dem den der des die dies diese diesem diesen dieser dieses doch du"
    " durch ein eine einem einen einer eines er es etwas fur gibt hat hatte haben ich ihr ihre im in ins ist ja kann kein keine man mehr mein mit"
    " nach nicht noch nur ob oder ohne seite seiten sich sie sind so steht uber um und uns unter viel viele vom von vor wann war waren warum was"
    " welche welchem welchen welcher welches wem wen wenn wer werden wie wieviel wird wo wurde wurden zu zum zur dokument laut "
    /* French, Spanish, Italian, Portuguese */
    " au aux avec ce ces cette comment dans de des du elle en est et il ils la le les leur mais ne nous ou par pas pour qu que quel quelle quelles"
    " quels qui sa se ses son sont sur un une vous con como cual cuando cuanto cuantos del donde el ella esta este las los mas para pero por porque"
    " quien segun si sin sobre su sus una y che chi come cosa dei della delle di e gli nel nella per piu quale quali quando quanto sono uno da do"
    " dos das no na nos nas o os um uma quem onde qual ";

/* Pairs of characters that ask or join and say nothing else: particles, question words. */
static const char stop_characters[] = "的了吗呢吧么是在有和与或及被把将从到对为之其这那哪谁什几多少何怎请问我你他它们个上下中里"
                                      "はがをにでとのもかへやよねですますたいるれなら"
                                      "은는이가을를에의도와과로";

static gboolean
is_stop_word (const char *word, gsize length)
{
  g_autofree char *padded = g_strdup_printf (" %.*s ", (int) length, word);

  return strstr (stop_words, padded) != NULL;
}

static gboolean
is_stop_pair (const char *word, gsize length)
{
  for (const char *p = word; p < word + length; p = g_utf8_next_char (p)) {
    g_autofree char *character = g_strndup (p, (gsize) (g_utf8_next_char (p) - p));

    if (!strstr (stop_characters, character))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  GString *query;
  GHashTable *seen;
} Question;

static gboolean
add_question_word (const char *word, gsize length, gsize start, gsize end, gpointer user_data)
{
  Question *q = user_data;
  gboolean pairs = goes_in_pairs (g_utf8_get_char (word));
  glong n = g_utf8_strlen (word, (gssize) length);
  char *copy = g_strndup (word, length);

  if (pairs ? is_stop_pair (word, length) : is_stop_word (word, length) || (n == 1 && !g_ascii_isdigit (*word))) {
    g_free (copy);
    return TRUE;
  }
  if (!g_hash_table_add (q->seen, copy))
    return TRUE;
  g_string_append_printf (q->query, "%s\"%s\"", q->query->len ? " OR " : "", copy);
  /* Other endings: the beginning of a long word counts too, and both together count more. */
  if (!pairs && n >= 5 && !g_ascii_isdigit (*word)) {
    gsize stem = (gsize) (g_utf8_offset_to_pointer (copy, n - (n >= 7 ? 2 : 1)) - copy);

    g_string_append_printf (q->query, " OR \"%.*s\"*", (int) stem, copy);
  }
  return TRUE;
}

char *
search_words_make_question (const char *question)
{
  Question q = { g_string_new (NULL), g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };

  search_words_foreach (question, strlen (question), FALSE, add_question_word, &q);
  g_hash_table_unref (q.seen);
  if (q.query->len == 0) {
    g_string_free (q.query, TRUE);
    return NULL;
  }
  return g_string_free (q.query, FALSE);
}
