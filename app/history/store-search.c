/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-store"

#include "app/history/store-search.h"

#include "app/history/search-words.h"
#include "app/history/store-database.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_TITLES 50
#define MAX_MESSAGES 150
/* Marks in a snippet, which no text holds: SQLite puts them in, they are taken out again here. */
#define MARK_BEGIN '\x01'
#define MARK_END '\x02'

/* The indices hold no copy of titles and messages; triggers keep them in step. Pages are kept here only. */
const char store_search_schema[] =
    "CREATE VIRTUAL TABLE title_search USING fts5 (title, content = 'conversation', content_rowid = 'id', tokenize = 'tyto');"
    "CREATE VIRTUAL TABLE message_search USING fts5 (text, content = 'message', content_rowid = 'id', tokenize = 'tyto');"
    "CREATE TRIGGER title_added AFTER INSERT ON conversation BEGIN"
    " INSERT INTO title_search (rowid, title) VALUES (new.id, new.title); END;"
    "CREATE TRIGGER title_removed AFTER DELETE ON conversation BEGIN"
    " INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.id, old.title); END;"
    "CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversation WHEN old.title <> new.title BEGIN"
    " INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.id, old.title);"
    " INSERT INTO title_search (rowid, title) VALUES (new.id, new.title); END;"
    "CREATE TRIGGER message_added AFTER INSERT ON message BEGIN"
    " INSERT INTO message_search (rowid, text) VALUES (new.id, new.text); END;"
    "CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN"
    " INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.id, old.text); END;"
    "CREATE TRIGGER message_changed AFTER UPDATE OF text ON message WHEN old.text <> new.text BEGIN"
    " INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.id, old.text);"
    " INSERT INTO message_search (rowid, text) VALUES (new.id, new.text); END;"
    "INSERT INTO title_search (title_search) VALUES ('rebuild');"
    "INSERT INTO message_search (message_search) VALUES ('rebuild');"
    "CREATE TABLE document (blob TEXT PRIMARY KEY, n_pages INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE VIRTUAL TABLE page_search USING fts5 (blob UNINDEXED, page UNINDEXED, text, tokenize = 'tyto');";

static gboolean
fail (sqlite3 *db, GError **error)
{
  g_set_error (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_IO, _("The history cannot be used: %s"), sqlite3_errmsg (db));
  return FALSE;
}

static sqlite3_stmt *
prepare (sqlite3 *db, const char *sql, GError **error)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK)
    return statement;
  fail (db, error);
  return NULL;
}

static gboolean
run_sql (sqlite3 *db, const char *sql, GError **error)
{
  return sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK || fail (db, error);
}

/* Takes the marks out of a snippet and says where they were; lines become spaces. */
static char *
read_snippet (const char *marked, TytoTextRange **marks, guint *n_marks)
{
  g_autofree char *valid = g_utf8_make_valid (marked ? marked : "", -1);
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (TytoTextRange));
  GString *text = g_string_new (NULL);

  for (const char *p = valid; *p; p++) {
    TytoTextRange *last = ranges->len ? &g_array_index (ranges, TytoTextRange, ranges->len - 1) : NULL;

    if (*p == MARK_BEGIN) {
      TytoTextRange range = { (guint) text->len, 0 };

      g_array_append_val (ranges, range);
    } else if (*p == MARK_END && last) {
      last->length = (guint) text->len - last->start;
    } else if (*p != MARK_END) {
      g_string_append_c (text, *p == '\n' || *p == '\t' ? ' ' : *p);
    }
  }
  *n_marks = ranges->len;
  *marks = (TytoTextRange *) (gpointer) g_array_free (g_steal_pointer (&ranges), FALSE);
  return g_string_free (text, FALSE);
}

void
tyto_search_hit_free (TytoSearchHit *hit)
{
  g_free (hit->title);
  g_free (hit->snippet);
  g_free (hit->marks);
  g_free (hit);
}

void
tyto_page_hit_free (TytoPageHit *hit)
{
  g_free (hit->snippet);
  g_free (hit->marks);
  g_free (hit);
}

/* Rows: conversation, message, title, snippet. */
static gboolean
add_hits (sqlite3 *db, const char *sql, const char *query, int limit, GPtrArray *hits, GError **error)
{
  sqlite3_stmt *s = prepare (db, sql, error);
  int code;

  if (!s)
    return FALSE;
  sqlite3_bind_text (s, 1, query, -1, SQLITE_STATIC);
  sqlite3_bind_int (s, 2, limit);
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    TytoSearchHit *hit = g_new0 (TytoSearchHit, 1);
    const char *title = (const char *) sqlite3_column_text (s, 2);

    hit->conversation = sqlite3_column_int64 (s, 0);
    hit->message = sqlite3_column_int64 (s, 1);
    hit->title = g_utf8_make_valid (title ? title : "", -1);
    hit->snippet = read_snippet ((const char *) sqlite3_column_text (s, 3), &hit->marks, &hit->n_marks);
    g_ptr_array_add (hits, hit);
  }
  sqlite3_finalize (s);
  return code == SQLITE_DONE || fail (db, error);
}

GPtrArray *
store_search_find (sqlite3 *db, const char *text, GError **error)
{
  g_autoptr (GPtrArray) hits = g_ptr_array_new_with_free_func ((GDestroyNotify) tyto_search_hit_free);
  g_autofree char *query = search_words_make_filter (text);

  if (query &&
      (!add_hits (db,
                  "SELECT c.id, 0, c.title, snippet (title_search, 0, char (1), char (2), '…', 24) FROM title_search"
                  " JOIN conversation c ON c.id = title_search.rowid WHERE title_search MATCH ?1 ORDER BY c.updated DESC LIMIT ?2",
                  query, MAX_TITLES, hits, error) ||
       !add_hits (db,
                  "SELECT m.conversation, m.id, c.title, snippet (message_search, 0, char (1), char (2), '…', 24) FROM message_search"
                  " JOIN message m ON m.id = message_search.rowid JOIN conversation c ON c.id = m.conversation"
                  " WHERE message_search MATCH ?1 ORDER BY message_search.rank LIMIT ?2",
                  query, MAX_MESSAGES, hits, error)))
    return NULL;
  return g_steal_pointer (&hits);
}

gboolean
store_search_has_pages (sqlite3 *db, const char *blob, GError **error)
{
  sqlite3_stmt *s = prepare (db, "SELECT 1 FROM document WHERE blob = ?1", error);
  gboolean found;

  if (!s)
    return FALSE;
  sqlite3_bind_text (s, 1, blob, -1, SQLITE_STATIC);
  found = sqlite3_step (s) == SQLITE_ROW;
  sqlite3_finalize (s);
  return found;
}

static gboolean
insert_pages (sqlite3 *db, const char *blob, char *const *texts, gsize n_texts, GError **error)
{
  sqlite3_stmt *s = prepare (db, "INSERT OR REPLACE INTO document (blob, n_pages) VALUES (?1, ?2)", error);
  gboolean done;

  if (!s)
    return FALSE;
  sqlite3_bind_text (s, 1, blob, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (s, 2, (gint64) n_texts);
  done = sqlite3_step (s) == SQLITE_DONE;
  sqlite3_finalize (s);
  if (!done)
    return fail (db, error);
  s = prepare (db, "INSERT INTO page_search (blob, page, text) VALUES (?1, ?2, ?3)", error);
  if (!s)
    return FALSE;
  for (gsize i = 0; i < n_texts && done; i++) {
    if (!*texts[i])
      continue;
    sqlite3_bind_text (s, 1, blob, -1, SQLITE_STATIC);
    sqlite3_bind_int64 (s, 2, (gint64) i);
    sqlite3_bind_text (s, 3, texts[i], -1, SQLITE_STATIC);
    done = sqlite3_step (s) == SQLITE_DONE;
    sqlite3_reset (s);
  }
  sqlite3_finalize (s);
  return done || fail (db, error);
}

gboolean
store_search_put_pages (sqlite3 *db, const char *blob, char *const *texts, gsize n_texts, GError **error)
{
  sqlite3_stmt *s;
  gboolean done;

  if (!run_sql (db, "BEGIN IMMEDIATE", error))
    return FALSE;
  s = prepare (db, "DELETE FROM page_search WHERE blob = ?1", error);
  done = s != NULL;
  if (s) {
    sqlite3_bind_text (s, 1, blob, -1, SQLITE_STATIC);
    done = sqlite3_step (s) == SQLITE_DONE;
    sqlite3_finalize (s);
  }
  if (done && insert_pages (db, blob, texts, n_texts, error) && run_sql (db, "COMMIT", error))
    return TRUE;
  if (error && !*error)
    fail (db, error);
  sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

GPtrArray *
store_search_find_pages (sqlite3 *db, const char *blob, const char *question, int n_most, GError **error)
{
  g_autoptr (GPtrArray) hits = g_ptr_array_new_with_free_func ((GDestroyNotify) tyto_page_hit_free);
  g_autofree char *query = search_words_make_question (question);
  sqlite3_stmt *s;
  int code;

  if (!query)
    return g_steal_pointer (&hits);
  s = prepare (db,
               "SELECT page, -bm25 (page_search), snippet (page_search, 2, char (1), char (2), '…', 24) FROM page_search"
               " WHERE page_search MATCH ?1 AND blob = ?2 ORDER BY bm25 (page_search), page LIMIT ?3",
               error);
  if (!s)
    return NULL;
  sqlite3_bind_text (s, 1, query, -1, SQLITE_STATIC);
  sqlite3_bind_text (s, 2, blob, -1, SQLITE_STATIC);
  sqlite3_bind_int (s, 3, n_most);
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    TytoPageHit *hit = g_new0 (TytoPageHit, 1);

    hit->page = sqlite3_column_int (s, 0);
    hit->score = sqlite3_column_double (s, 1);
    hit->snippet = read_snippet ((const char *) sqlite3_column_text (s, 2), &hit->marks, &hit->n_marks);
    g_ptr_array_add (hits, hit);
  }
  sqlite3_finalize (s);
  if (code != SQLITE_DONE) {
    fail (db, error);
    return NULL;
  }
  return g_steal_pointer (&hits);
}

gboolean
store_search_clean (sqlite3 *db, GError **error)
{
  return run_sql (db,
                  "DELETE FROM document WHERE blob NOT IN (SELECT blob FROM attachment UNION SELECT blob FROM draft_attachment);"
                  "DELETE FROM page_search WHERE blob NOT IN (SELECT blob FROM document);",
                  error);
}
