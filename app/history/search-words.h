/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Words as the search index knows them: letters and digits in lower case without accents; of Chinese, Japanese and Korean, which are written
 * without spaces or with endings, every two characters that stand together ("北京市" is 北京 and 京市). */

/* `word` [length] is borrowed for the call; `start` and `end` are bytes of the text. Returns FALSE to stop. */
typedef gboolean (*SearchWordFunc) (const char *word, gsize length, gsize start, gsize end, gpointer user_data);

/* `whole`: a text to be found, as opposed to one to look for; then the last character of a run stands for itself too, so that one character
 * finds it. */
void search_words_foreach (const char *text, gsize length, gboolean whole, SearchWordFunc func, gpointer user_data);

/* Makes the tokenizer "tyto" known to a database's full-text indices. Returns an SQLite code. */
int search_words_register (sqlite3 *db);

/* What to ask an index (FTS5's MATCH) to find everything with all words of `text`, the last of which may be unfinished. NULL when there are
 * no words. The caller frees. */
char *search_words_make_filter (const char *text);

/* What to ask to rank by the words of a question: any of them, in other endings too, without those that every question has. NULL when
 * nothing is left. The caller frees. */
char *search_words_make_question (const char *question);

G_END_DECLS
