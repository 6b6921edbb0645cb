/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-store"

#include "app/history/store-database.h"

#include "app/history/search-words.h"
#include "app/history/store-files.h"
#include "app/history/store-search.h"

#include <glib/gi18n.h>
#include <string.h>

/* Visual tokens that are kept at most; the least recently used go first. */
#define VISUAL_BUDGET (G_GINT64_CONSTANT (256) << 20)
#define BUSY_TIMEOUT_MS 5000

/* How an attachment is sent. */
#define ATTACHMENT_SENDING(table)                                                                                       \
  "ALTER TABLE " table " ADD COLUMN detail INTEGER NOT NULL DEFAULT 0; ALTER TABLE " table " ADD COLUMN send INTEGER NOT NULL DEFAULT 1;" \
  "ALTER TABLE " table " ADD COLUMN text TEXT; ALTER TABLE " table " ADD COLUMN recognised INTEGER NOT NULL DEFAULT 0;" \
  "ALTER TABLE " table " ADD COLUMN x REAL NOT NULL DEFAULT 0; ALTER TABLE " table " ADD COLUMN y REAL NOT NULL DEFAULT 0;" \
  "ALTER TABLE " table " ADD COLUMN width REAL NOT NULL DEFAULT 0; ALTER TABLE " table " ADD COLUMN height REAL NOT NULL DEFAULT 0;"
#define ATTACHMENT_COLUMNS "blob, name, page, page_label, error, detail, send, text, recognised, x, y, width, height"

/* migrations[n] brings a file of version n to n + 1. Never change one that was released. */
static const char *const migrations[TYTO_STORE_VERSION] = {
  "CREATE TABLE conversation (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT '', preview TEXT NOT NULL DEFAULT '',"
  " draft TEXT NOT NULL DEFAULT '', updated INTEGER NOT NULL, pinned INTEGER NOT NULL DEFAULT 0, leaf INTEGER NOT NULL DEFAULT 0);"
  "CREATE TABLE message (id INTEGER PRIMARY KEY,"
  " conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,"
  " parent INTEGER REFERENCES message (id) ON DELETE CASCADE, role INTEGER NOT NULL, state INTEGER NOT NULL, text TEXT NOT NULL,"
  " error TEXT, ids BLOB, first_word REAL NOT NULL DEFAULT 0, speed REAL NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL);"
  "CREATE INDEX message_conversation ON message (conversation);"
  "CREATE INDEX message_parent ON message (parent);"
  "CREATE TABLE attachment (message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE, position INTEGER NOT NULL,"
  " blob TEXT NOT NULL, name TEXT NOT NULL, page INTEGER NOT NULL, page_label TEXT, error TEXT,"
  " PRIMARY KEY (message, position)) WITHOUT ROWID;"
  "CREATE TABLE visual (key BLOB PRIMARY KEY, tokens BLOB NOT NULL, used INTEGER NOT NULL);",

  "ALTER TABLE conversation ADD COLUMN model TEXT NOT NULL DEFAULT '';"
  "ALTER TABLE conversation ADD COLUMN adapter TEXT NOT NULL DEFAULT '';"
  "CREATE TABLE draft_attachment (conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,"
  " position INTEGER NOT NULL, blob TEXT NOT NULL, name TEXT NOT NULL, page INTEGER NOT NULL, page_label TEXT, error TEXT,"
  " PRIMARY KEY (conversation, position)) WITHOUT ROWID;"
  "CREATE TABLE speed (model TEXT PRIMARY KEY, picture_seconds REAL NOT NULL, prompt_per_second REAL NOT NULL,"
  " words_per_second REAL NOT NULL) WITHOUT ROWID;",

  store_search_schema,

  ATTACHMENT_SENDING ("attachment") ATTACHMENT_SENDING ("draft_attachment"),

  "ALTER TABLE message ADD COLUMN model TEXT NOT NULL DEFAULT '';"
  "CREATE TABLE draft_document (conversation INTEGER PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,"
  " blob TEXT NOT NULL, name TEXT NOT NULL, n_pages INTEGER NOT NULL, by_hand INTEGER NOT NULL, picked TEXT NOT NULL);",
};

ConversationRecord *
conversation_record_new (void)
{
  ConversationRecord *r = g_new0 (ConversationRecord, 1);

  r->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) attachment_record_free);
  return r;
}

void
conversation_record_free (ConversationRecord *r)
{
  g_ptr_array_unref (r->attachments);
  g_clear_pointer (&r->cover, attachment_record_free);
  g_clear_pointer (&r->document, tyto_draft_document_free);
  g_free (r->model);
  g_free (r->adapter);
  g_free (r->title);
  g_free (r->preview);
  g_free (r->draft);
  g_free (r);
}

void
attachment_record_free (AttachmentRecord *r)
{
  g_free (r->blob);
  g_free (r->name);
  g_free (r->page_label);
  g_free (r->error);
  g_free (r->text);
  g_free (r);
}

MessageRecord *
message_record_new (void)
{
  MessageRecord *r = g_new0 (MessageRecord, 1);

  r->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) attachment_record_free);
  return r;
}

void
message_record_free (MessageRecord *r)
{
  g_free (r->text);
  g_free (r->error);
  g_free (r->model);
  g_clear_pointer (&r->ids, g_bytes_unref);
  g_ptr_array_unref (r->attachments);
  g_free (r);
}

/* Says in plain words what SQLite reports. */
static gboolean
fail (sqlite3 *db, GError **error)
{
  switch (sqlite3_errcode (db) & 0xff) {
  case SQLITE_FULL:
    g_set_error_literal (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_FULL,
                         _("The disk is full. Free some space; what is on screen is not saved until then."));
    break;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    g_set_error_literal (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_DAMAGED,
                         _("The history file is damaged."));
    break;
  case SQLITE_CONSTRAINT:
    g_set_error_literal (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_IO, _("The question could not be saved, so it was not answered. Follow the notice above, then answer again."));
    break;
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
  case SQLITE_PERM:
    g_set_error (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_UNWRITABLE, _("The history cannot be written: %s"), sqlite3_errmsg (db));
    break;
  default:
    g_set_error (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_IO, _("The history cannot be used: %s"), sqlite3_errmsg (db));
  }
  return FALSE;
}

static gboolean
run_sql (sqlite3 *db, const char *sql, GError **error)
{
  return sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK || fail (db, error);
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

/* Runs a statement that gives no rows, and ends it. */
static gboolean
finish (sqlite3 *db, sqlite3_stmt *statement, GError **error)
{
  int code = sqlite3_step (statement);

  sqlite3_finalize (statement);
  return code == SQLITE_DONE || fail (db, error);
}

static void
bind_text (sqlite3_stmt *statement, int index, const char *text)
{
  sqlite3_bind_text (statement, index, text, -1, SQLITE_STATIC);
}

static char *
column_text (sqlite3_stmt *statement, int column)
{
  const char *text = (const char *) sqlite3_column_text (statement, column);

  /* Whatever happened to the file, what is shown is UTF-8. */
  return text ? g_utf8_make_valid (text, -1) : NULL;
}

static int
read_version (sqlite3 *db, GError **error)
{
  sqlite3_stmt *statement = prepare (db, "PRAGMA user_version", error);
  int version = -1;

  if (!statement)
    return -1;
  if (sqlite3_step (statement) == SQLITE_ROW)
    version = sqlite3_column_int (statement, 0);
  else
    fail (db, error);
  sqlite3_finalize (statement);
  return version;
}

/* A copy of the file as it was, before its schema changes. */
static gboolean
back_up (sqlite3 *db, const char *folder, int version, GError **error)
{
  g_autofree char *name = g_strdup_printf ("history-version-%d.db", version);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  sqlite3_stmt *statement;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  statement = prepare (db, "VACUUM INTO ?1", error);
  if (!statement)
    return FALSE;
  bind_text (statement, 1, path);
  return finish (db, statement, error);
}

static gboolean
migrate (sqlite3 *db, const char *folder, GError **error)
{
  int version = read_version (db, error), first = version;

  if (version < 0)
    return FALSE;
  if (version > TYTO_STORE_VERSION) {
    g_set_error_literal (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_NEWER,
                         _("The history was written by a newer version of Tyto. Update Tyto to open it."));
    return FALSE;
  }
  for (; version < TYTO_STORE_VERSION; version++) {
    g_autofree char *sql =
        g_strdup_printf ("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;", migrations[version], version + 1);

    /* As it was found; not what lies between, and nothing of a new one. */
    if (version == first && version > 0 && !back_up (db, folder, version, error))
      return FALSE;
    if (!run_sql (db, sql, error)) {
      sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
      return FALSE;
    }
  }
  return TRUE;
}

sqlite3 *
store_database_open (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  g_autofree char *interrupted =
      g_strdup_printf ("UPDATE message SET state = %d WHERE state = %d", TYTO_MESSAGE_INTERRUPTED, TYTO_MESSAGE_GROWING);
  g_autofree char *reason = NULL;
  sqlite3 *db = NULL;

  reason = store_files_why_unwritable (folder);
  if (reason) {
    g_set_error (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_UNWRITABLE,
                 _("Tyto cannot write to the folder %s (%s). Make it writable, then try again. Nothing is saved until then."), folder, reason);
    return NULL;
  }
  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
    fail (db, error);
    sqlite3_close (db);
    return NULL;
  }
  sqlite3_busy_timeout (db, BUSY_TIMEOUT_MS);
  if (!run_sql (db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;", error) ||
      (search_words_register (db) != SQLITE_OK && !fail (db, error)) || !migrate (db, folder, error) || !run_sql (db, interrupted, error) ||
      !store_search_clean (db, error)) {
    sqlite3_close (db);
    return NULL;
  }
  return db;
}

void
store_database_close (sqlite3 *db)
{
  if (db)
    sqlite3_close (db);
}

/* ATTACHMENT_COLUMNS, from `column` on. */
static AttachmentRecord *
read_attachment (sqlite3_stmt *s, int column)
{
  AttachmentRecord *r = g_new0 (AttachmentRecord, 1);

  r->blob = column_text (s, column);
  r->name = column_text (s, column + 1);
  r->page = sqlite3_column_int (s, column + 2);
  r->page_label = column_text (s, column + 3);
  r->error = column_text (s, column + 4);
  r->detail = CLAMP (sqlite3_column_int (s, column + 5), OWL_DETAIL_DEFAULT, OWL_DETAIL_FINE);
  r->send = CLAMP (sqlite3_column_int (s, column + 6), TYTO_SEND_PICTURE, TYTO_SEND_BOTH);
  r->text = column_text (s, column + 7);
  r->recognised = sqlite3_column_int (s, column + 8) != 0;
  r->region = (OwlRegion){ sqlite3_column_double (s, column + 9), sqlite3_column_double (s, column + 10), sqlite3_column_double (s, column + 11),
                           sqlite3_column_double (s, column + 12) };
  return r;
}

static gboolean
load_drafts (sqlite3 *db, GHashTable *by_id, GError **error)
{
  sqlite3_stmt *s =
      prepare (db, "SELECT conversation, " ATTACHMENT_COLUMNS " FROM draft_attachment ORDER BY conversation, position", error);
  int code;

  if (!s)
    return FALSE;
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (s, 0);
    ConversationRecord *conversation = g_hash_table_lookup (by_id, &id);

    if (conversation)
      g_ptr_array_add (conversation->attachments, read_attachment (s, 1));
  }
  sqlite3_finalize (s);
  return code == SQLITE_DONE || fail (db, error);
}

static gboolean
load_draft_documents (sqlite3 *db, GHashTable *by_id, GError **error)
{
  sqlite3_stmt *s = prepare (db, "SELECT conversation, blob, name, n_pages, by_hand, picked FROM draft_document", error);
  int code;

  if (!s)
    return FALSE;
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (s, 0);
    ConversationRecord *conversation = g_hash_table_lookup (by_id, &id);
    g_autofree char *blob = column_text (s, 1), *name = column_text (s, 2), *picked = column_text (s, 5);

    if (!conversation)
      continue;
    conversation->document = tyto_draft_document_new (blob, name, sqlite3_column_int (s, 3), sqlite3_column_int (s, 4) != 0);
    tyto_draft_document_parse_picked (conversation->document, picked);
  }
  sqlite3_finalize (s);
  return code == SQLITE_DONE || fail (db, error);
}

/* The first picture of each conversation; SQLite takes the other columns from the row with the minimum. */
static gboolean
load_covers (sqlite3 *db, GHashTable *by_id, GError **error)
{
  sqlite3_stmt *s = prepare (db,
                             "SELECT m.conversation, a.blob, a.name, a.page, a.x, a.y, a.width, a.height, MIN(m.created)"
                             " FROM attachment a JOIN message m ON m.id = a.message WHERE a.position = 0 AND a.error IS NULL"
                             " GROUP BY m.conversation",
                             error);
  int code;

  if (!s)
    return FALSE;
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (s, 0);
    ConversationRecord *conversation = g_hash_table_lookup (by_id, &id);

    if (!conversation)
      continue;
    conversation->cover = g_new0 (AttachmentRecord, 1);
    conversation->cover->blob = column_text (s, 1);
    conversation->cover->name = column_text (s, 2);
    conversation->cover->page = sqlite3_column_int (s, 3);
    conversation->cover->region = (OwlRegion){ sqlite3_column_double (s, 4), sqlite3_column_double (s, 5), sqlite3_column_double (s, 6),
                                               sqlite3_column_double (s, 7) };
  }
  sqlite3_finalize (s);
  return code == SQLITE_DONE || fail (db, error);
}

GPtrArray *
store_database_list (sqlite3 *db, GError **error)
{
  sqlite3_stmt *s = prepare (
      db, "SELECT id, title, preview, draft, updated, pinned, leaf, model, adapter FROM conversation ORDER BY pinned DESC, updated DESC", error);
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  int code;

  if (!s)
    return NULL;
  records = g_ptr_array_new_with_free_func ((GDestroyNotify) conversation_record_free);
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    ConversationRecord *r = conversation_record_new ();

    r->id = sqlite3_column_int64 (s, 0);
    r->title = column_text (s, 1);
    r->preview = column_text (s, 2);
    r->draft = column_text (s, 3);
    r->updated = sqlite3_column_int64 (s, 4);
    r->pinned = sqlite3_column_int (s, 5) != 0;
    r->leaf = sqlite3_column_int64 (s, 6);
    r->model = column_text (s, 7);
    r->adapter = column_text (s, 8);
    g_hash_table_insert (by_id, &r->id, r);
    g_ptr_array_add (records, r);
  }
  sqlite3_finalize (s);
  if (code != SQLITE_DONE) {
    fail (db, error);
    return NULL;
  }
  return load_drafts (db, by_id, error) && load_draft_documents (db, by_id, error) && load_covers (db, by_id, error) ? g_steal_pointer (&records) : NULL;
}

static gboolean
load_attachments (sqlite3 *db, gint64 conversation, GHashTable *by_id, GError **error)
{
  sqlite3_stmt *s = prepare (db,
                             "SELECT message, " ATTACHMENT_COLUMNS " FROM attachment"
                             " WHERE message IN (SELECT id FROM message WHERE conversation = ?1) ORDER BY message, position",
                             error);
  int code;

  if (!s)
    return FALSE;
  sqlite3_bind_int64 (s, 1, conversation);
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (s, 0);
    MessageRecord *message = g_hash_table_lookup (by_id, &id);

    if (message)
      g_ptr_array_add (message->attachments, read_attachment (s, 1));
  }
  sqlite3_finalize (s);
  return code == SQLITE_DONE || fail (db, error);
}

GPtrArray *
store_database_load (sqlite3 *db, gint64 conversation, GError **error)
{
  sqlite3_stmt *s = prepare (db,
                             "SELECT id, parent, role, state, text, error, ids, first_word, speed, created, dropped, model FROM message"
                             " WHERE conversation = ?1 ORDER BY created, rowid",
                             error);
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) message_record_free);
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  int code;

  if (!s)
    return NULL;
  sqlite3_bind_int64 (s, 1, conversation);
  while ((code = sqlite3_step (s)) == SQLITE_ROW) {
    MessageRecord *r = message_record_new ();

    r->id = sqlite3_column_int64 (s, 0);
    r->conversation = conversation;
    r->parent = sqlite3_column_int64 (s, 1);
    r->role = CLAMP (sqlite3_column_int (s, 2), TYTO_ROLE_USER, TYTO_ROLE_ASSISTANT);
    r->state = CLAMP (sqlite3_column_int (s, 3), TYTO_MESSAGE_COMPLETE, TYTO_MESSAGE_FAILED);
    r->text = column_text (s, 4);
    r->error = column_text (s, 5);
    if (sqlite3_column_bytes (s, 6) > 0)
      r->ids = g_bytes_new (sqlite3_column_blob (s, 6), sqlite3_column_bytes (s, 6) / sizeof (gint32) * sizeof (gint32));
    r->first_word = sqlite3_column_double (s, 7);
    r->speed = sqlite3_column_double (s, 8);
    r->created = sqlite3_column_int64 (s, 9);
    r->dropped = MAX (sqlite3_column_int (s, 10), 0);
    r->model = column_text (s, 11);
    g_ptr_array_add (records, r);
    g_hash_table_insert (by_id, &r->id, r);
  }
  sqlite3_finalize (s);
  if (code != SQLITE_DONE) {
    fail (db, error);
    return NULL;
  }
  return load_attachments (db, conversation, by_id, error) ? g_steal_pointer (&records) : NULL;
}

static gboolean
save_conversation_row (sqlite3 *db, const ConversationRecord *r, GError **error)
{
  sqlite3_stmt *s = prepare (db,
                             "INSERT INTO conversation (id, title, preview, draft, updated, pinned, leaf, model, adapter)"
                             " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET"
                             " title = ?2, preview = ?3, draft = ?4, updated = ?5, pinned = ?6, leaf = ?7, model = ?8, adapter = ?9",
                             error);

  if (!s)
    return FALSE;
  sqlite3_bind_int64 (s, 1, r->id);
  bind_text (s, 2, r->title);
  bind_text (s, 3, r->preview);
  bind_text (s, 4, r->draft);
  sqlite3_bind_int64 (s, 5, r->updated);
  sqlite3_bind_int (s, 6, r->pinned);
  sqlite3_bind_int64 (s, 7, r->leaf);
  bind_text (s, 8, r->model);
  bind_text (s, 9, r->adapter);
  return finish (db, s, error);
}

/* Replaces the attachments of a message or of a draft. */
static gboolean
save_attachments (sqlite3 *db, const char *table, const char *owner, gint64 id, GPtrArray *attachments, GError **error)
{
  g_autofree char *clear = g_strdup_printf ("DELETE FROM %s WHERE %s = ?1", table, owner);
  g_autofree char *insert = g_strdup_printf ("INSERT INTO %s (%s, position, " ATTACHMENT_COLUMNS ")"
                                             " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                                             table, owner);
  sqlite3_stmt *s = prepare (db, clear, error);

  if (!s)
    return FALSE;
  sqlite3_bind_int64 (s, 1, id);
  if (!finish (db, s, error))
    return FALSE;
  for (guint i = 0; i < attachments->len; i++) {
    const AttachmentRecord *a = g_ptr_array_index (attachments, i);

    s = prepare (db, insert, error);
    if (!s)
      return FALSE;
    sqlite3_bind_int64 (s, 1, id);
    sqlite3_bind_int (s, 2, (int) i);
    bind_text (s, 3, a->blob);
    bind_text (s, 4, a->name);
    sqlite3_bind_int (s, 5, a->page);
    bind_text (s, 6, a->page_label);
    bind_text (s, 7, a->error);
    sqlite3_bind_int (s, 8, a->detail);
    sqlite3_bind_int (s, 9, a->send);
    bind_text (s, 10, a->text);
    sqlite3_bind_int (s, 11, a->recognised);
    sqlite3_bind_double (s, 12, a->region.x);
    sqlite3_bind_double (s, 13, a->region.y);
    sqlite3_bind_double (s, 14, a->region.width);
    sqlite3_bind_double (s, 15, a->region.height);
    if (!finish (db, s, error))
      return FALSE;
  }
  return TRUE;
}

/* Replaces the document of a draft; none takes it away. */
static gboolean
save_draft_document (sqlite3 *db, gint64 conversation, const TytoDraftDocument *document, GError **error)
{
  sqlite3_stmt *s = prepare (db, document ? "INSERT OR REPLACE INTO draft_document (conversation, blob, name, n_pages, by_hand, picked)"
                                            " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                                          : "DELETE FROM draft_document WHERE conversation = ?1",
                             error);
  g_autofree char *picked = document ? tyto_draft_document_format_picked (document) : NULL;

  if (!s)
    return FALSE;
  sqlite3_bind_int64 (s, 1, conversation);
  if (document) {
    bind_text (s, 2, document->blob);
    bind_text (s, 3, document->name);
    sqlite3_bind_int (s, 4, document->n_pages);
    sqlite3_bind_int (s, 5, document->by_hand);
    bind_text (s, 6, picked);
  }
  return finish (db, s, error);
}

gboolean
store_database_save_conversation (sqlite3 *db, const ConversationRecord *r, GError **error)
{
  if (!run_sql (db, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (save_conversation_row (db, r, error) && save_attachments (db, "draft_attachment", "conversation", r->id, r->attachments, error) &&
      save_draft_document (db, r->id, r->document, error) && run_sql (db, "COMMIT", error))
    return TRUE;
  sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

static gboolean
save_message_row (sqlite3 *db, const MessageRecord *r, GError **error)
{
  sqlite3_stmt *s = prepare (db,
                             "INSERT INTO message (id, conversation, parent, role, state, text, error, ids, first_word, speed, created, dropped, model)"
                             " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (id) DO UPDATE SET"
                             " state = ?5, text = ?6, error = ?7, ids = ?8, first_word = ?9, speed = ?10, dropped = ?12, model = ?13",
                             error);
  gsize size = 0;

  if (!s)
    return FALSE;
  sqlite3_bind_int64 (s, 1, r->id);
  sqlite3_bind_int64 (s, 2, r->conversation);
  if (r->parent != 0)
    sqlite3_bind_int64 (s, 3, r->parent);
  sqlite3_bind_int (s, 4, r->role);
  sqlite3_bind_int (s, 5, r->state);
  bind_text (s, 6, r->text);
  bind_text (s, 7, r->error);
  if (r->ids) {
    const void *ids = g_bytes_get_data (r->ids, &size);

    sqlite3_bind_blob (s, 8, ids, (int) size, SQLITE_STATIC);
  }
  sqlite3_bind_double (s, 9, r->first_word);
  sqlite3_bind_double (s, 10, r->speed);
  sqlite3_bind_int64 (s, 11, r->created);
  sqlite3_bind_int (s, 12, r->dropped);
  bind_text (s, 13, r->model ? r->model : "");
  return finish (db, s, error);
}

gboolean
store_database_save_message (sqlite3 *db, const MessageRecord *r, GError **error)
{
  if (!run_sql (db, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (save_message_row (db, r, error) && save_attachments (db, "attachment", "message", r->id, r->attachments, error) && run_sql (db, "COMMIT", error))
    return TRUE;
  sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

static gboolean
delete_row (sqlite3 *db, const char *sql, gint64 id, GError **error)
{
  sqlite3_stmt *s = prepare (db, sql, error);

  if (!s)
    return FALSE;
  sqlite3_bind_int64 (s, 1, id);
  return finish (db, s, error);
}

gboolean
store_database_delete (sqlite3 *db, gint64 conversation, GError **error)
{
  return delete_row (db, "DELETE FROM conversation WHERE id = ?1", conversation, error);
}

gboolean
store_database_delete_message (sqlite3 *db, gint64 message, GError **error)
{
  return delete_row (db, "DELETE FROM message WHERE id = ?1", message, error);
}

GPtrArray *
store_database_list_blobs (sqlite3 *db, GError **error)
{
  sqlite3_stmt *s = prepare (db, "SELECT blob FROM attachment UNION SELECT blob FROM draft_attachment UNION SELECT blob FROM draft_document", error);
  g_autoptr (GPtrArray) blobs = g_ptr_array_new_with_free_func (g_free);
  int code;

  if (!s)
    return NULL;
  while ((code = sqlite3_step (s)) == SQLITE_ROW)
    g_ptr_array_add (blobs, column_text (s, 0));
  sqlite3_finalize (s);
  if (code != SQLITE_DONE) {
    fail (db, error);
    return NULL;
  }
  return g_steal_pointer (&blobs);
}

void
store_database_get_speed (sqlite3 *db, const char *model, TytoSpeed *speed)
{
  sqlite3_stmt *s = prepare (db, "SELECT picture_seconds, prompt_per_second, words_per_second FROM speed WHERE model = ?1", NULL);

  if (!s)
    return;
  bind_text (s, 1, model);
  if (sqlite3_step (s) == SQLITE_ROW) {
    speed->picture_seconds = sqlite3_column_double (s, 0);
    speed->prompt_per_second = sqlite3_column_double (s, 1);
    speed->words_per_second = sqlite3_column_double (s, 2);
  }
  sqlite3_finalize (s);
}

void
store_database_put_speed (sqlite3 *db, const char *model, const TytoSpeed *speed)
{
  sqlite3_stmt *s = prepare (db, "INSERT OR REPLACE INTO speed VALUES (?1, ?2, ?3, ?4)", NULL);

  if (!s)
    return;
  bind_text (s, 1, model);
  sqlite3_bind_double (s, 2, speed->picture_seconds);
  sqlite3_bind_double (s, 3, speed->prompt_per_second);
  sqlite3_bind_double (s, 4, speed->words_per_second);
  finish (db, s, NULL);
}

GBytes *
store_database_get_visual (sqlite3 *db, const guint8 key[32])
{
  sqlite3_stmt *s = prepare (db, "UPDATE visual SET used = strftime ('%s', 'now') WHERE key = ?1 RETURNING tokens", NULL);
  GBytes *values = NULL;

  if (!s)
    return NULL;
  sqlite3_bind_blob (s, 1, key, 32, SQLITE_STATIC);
  if (sqlite3_step (s) == SQLITE_ROW && sqlite3_column_bytes (s, 0) > 0)
    values = g_bytes_new (sqlite3_column_blob (s, 0), sqlite3_column_bytes (s, 0));
  sqlite3_finalize (s);
  return values;
}

void
store_database_put_visual (sqlite3 *db, const guint8 key[32], GBytes *values)
{
  sqlite3_stmt *s = prepare (db, "INSERT OR REPLACE INTO visual (key, tokens, used) VALUES (?1, ?2, strftime ('%s', 'now'))", NULL);
  gsize size;
  const void *data = g_bytes_get_data (values, &size);

  if (!s)
    return;
  sqlite3_bind_blob (s, 1, key, 32, SQLITE_STATIC);
  sqlite3_bind_blob (s, 2, data, (int) size, SQLITE_STATIC);
  finish (db, s, NULL);

  s = prepare (db,
               "DELETE FROM visual WHERE key IN (SELECT key FROM"
               " (SELECT key, sum (length (tokens)) OVER (ORDER BY used DESC, key) AS total FROM visual) WHERE total > ?1)",
               NULL);
  if (!s)
    return;
  sqlite3_bind_int64 (s, 1, VISUAL_BUDGET);
  finish (db, s, NULL);
}
