/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The history: what is saved is found again, whatever happens to the program or the file. */
#include "app-util.h"

#include "app/history/tyto-store-search.h"
#include "app/history/tyto-store.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT 20

static char *program;

static TytoStore *
open_store (const char *folder, GError **error)
{
  TytoStore *store = tyto_store_new (folder);
  g_autoptr (GAsyncResult) result = NULL;

  tyto_store_open_async (store, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  if (tyto_store_open_finish (store, result, error))
    return store;
  tyto_store_close (store);
  g_object_unref (store);
  return NULL;
}

static void
close_store (TytoStore *store)
{
  tyto_store_close (store);
  /* Results that are still on their way to the main loop hold references. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (store);
}

static void
save_message (TytoStore *store, TytoMessage *message)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  tyto_store_save_message_async (store, message, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  tyto_store_save_message_finish (store, result, &error);
  g_assert_no_error (error);
}

static GPtrArray *
load (TytoStore *store, gint64 conversation)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *messages;

  tyto_store_load_async (store, conversation, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  messages = tyto_store_load_finish (store, result, &error);
  g_assert_no_error (error);
  return messages;
}

static GPtrArray *
list (TytoStore *store)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *conversations;

  tyto_store_list_async (store, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  conversations = tyto_store_list_finish (store, result, &error);
  g_assert_no_error (error);
  return conversations;
}

static void
save_conversation (TytoStore *store, gint64 id, const char *title, gint64 updated, gint64 leaf)
{
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (id);

  tyto_conversation_set_title (conversation, title);
  tyto_conversation_set_preview (conversation, "Was ist das? 这是什么?");
  tyto_conversation_set_draft (conversation, "half a thought");
  tyto_conversation_set_updated (conversation, updated);
  tyto_conversation_set_leaf (conversation, leaf);
  tyto_store_save_conversation (store, conversation);
}

static void
test_round_trip (void)
{
  static const gint32 ids[] = { 5, 0, 7 };
  g_autofree char *folder = make_scratch ();
  TytoStore *store = open_store (folder, NULL);
  g_autoptr (TytoMessage) question = tyto_message_new (11, 1, 0, TYTO_ROLE_USER);
  g_autoptr (TytoMessage) answer = tyto_message_new (12, 1, 11, TYTO_ROLE_ASSISTANT);
  g_autoptr (TytoAttachment) page = tyto_attachment_new ("report.pdf", 3);
  g_autoptr (GBytes) id_bytes = g_bytes_new (ids, sizeof ids);
  g_autoptr (GPtrArray) conversations = NULL, messages = NULL;
  TytoMessage *found;
  TytoAttachment *attachment;

  g_assert_nonnull (store);
  save_conversation (store, 1, "An old one", 100, 12);
  save_conversation (store, 2, "A new one", 200, 0);
  tyto_message_set_text (question, "What is on page 4?\nAnd why?");
  tyto_attachment_set_blob (page, "0123");
  tyto_attachment_set_page_label (page, "iv");
  g_ptr_array_add (tyto_message_get_attachments (question), g_object_ref (page));
  save_message (store, question);
  tyto_message_set_state (answer, TYTO_MESSAGE_GROWING, NULL);
  save_message (store, answer);
  tyto_message_set_text (answer, "Ein Diagramm. 📈");
  tyto_message_set_ids (answer, id_bytes);
  tyto_message_set_speed (answer, 0.5, 12.0);
  tyto_message_set_model (answer, "Large · legal");
  tyto_message_set_state (answer, TYTO_MESSAGE_COMPLETE, NULL);
  save_message (store, answer);
  close_store (store);

  store = open_store (folder, NULL);
  g_assert_nonnull (store);
  conversations = list (store);
  g_assert_cmpuint (conversations->len, ==, 2);
  g_assert_cmpstr (tyto_conversation_get_title (g_ptr_array_index (conversations, 0)), ==, "A new one");
  g_assert_cmpstr (tyto_conversation_get_draft (g_ptr_array_index (conversations, 1)), ==, "half a thought");
  g_assert_cmpint (tyto_conversation_get_leaf (g_ptr_array_index (conversations, 1)), ==, 12);
  /* The first picture stands for the conversation. */
  g_assert_null (tyto_conversation_get_cover (g_ptr_array_index (conversations, 0)));
  attachment = tyto_conversation_get_cover (g_ptr_array_index (conversations, 1));
  g_assert_nonnull (attachment);
  g_assert_cmpstr (tyto_attachment_get_blob (attachment), ==, "0123");
  g_assert_cmpint (tyto_attachment_get_page (attachment), ==, 3);
  messages = load (store, 1);
  g_assert_cmpuint (messages->len, ==, 2);
  found = g_ptr_array_index (messages, 0);
  g_assert_cmpstr (tyto_message_get_text (found), ==, "What is on page 4?\nAnd why?");
  g_assert_cmpuint (tyto_message_get_attachments (found)->len, ==, 1);
  attachment = g_ptr_array_index (tyto_message_get_attachments (found), 0);
  g_assert_cmpstr (tyto_attachment_get_name (attachment), ==, "report.pdf");
  g_assert_cmpint (tyto_attachment_get_page (attachment), ==, 3);
  g_assert_cmpstr (tyto_attachment_get_page_label (attachment), ==, "iv");
  found = g_ptr_array_index (messages, 1);
  g_assert_cmpstr (tyto_message_get_text (found), ==, "Ein Diagramm. 📈");
  g_assert_cmpint (tyto_message_get_parent (found), ==, 11);
  g_assert_cmpint (tyto_message_get_state (found), ==, TYTO_MESSAGE_COMPLETE);
  g_assert_true (g_bytes_equal (tyto_message_get_ids (found), id_bytes));
  g_assert_cmpstr (tyto_message_get_model (found), ==, "Large · legal");

  tyto_store_delete_conversation (store, 1);
  g_ptr_array_unref (g_steal_pointer (&messages));
  messages = load (store, 1);
  g_assert_cmpuint (messages->len, ==, 0);
  close_store (store);
  remove_tree (folder);
}

static gpointer
use_visuals (gpointer data)
{
  TytoStore *store = data;
  guint8 key[32] = { 1, 2, 3 };
  g_autoptr (GBytes) values = g_bytes_new_static ("tokens", 6);
  g_autoptr (GBytes) found = NULL;

  g_assert_null (tyto_store_get_visual (store, key));
  tyto_store_put_visual (store, key, values);
  found = tyto_store_get_visual (store, key);
  g_assert_true (g_bytes_equal (found, values));
  key[31] = 9;
  g_assert_null (tyto_store_get_visual (store, key));
  return NULL;
}

static void
test_visuals (void)
{
  g_autofree char *folder = make_scratch ();
  TytoStore *store = open_store (folder, NULL);

  g_thread_join (g_thread_new ("engine", use_visuals, store));
  close_store (store);
  remove_tree (folder);
}

/* What the first version wrote. */
static const char first_version[] =
    "CREATE TABLE conversation (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT '', preview TEXT NOT NULL DEFAULT '',"
    " draft TEXT NOT NULL DEFAULT '', updated INTEGER NOT NULL, pinned INTEGER NOT NULL DEFAULT 0, leaf INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE message (id INTEGER PRIMARY KEY,"
    " conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,"
    " parent INTEGER REFERENCES message (id) ON DELETE CASCADE, role INTEGER NOT NULL, state INTEGER NOT NULL, text TEXT NOT NULL,"
    " error TEXT, ids BLOB, first_word REAL NOT NULL DEFAULT 0, speed REAL NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,"
    " created INTEGER NOT NULL);"
    "CREATE INDEX message_conversation ON message (conversation);"
    "CREATE INDEX message_parent ON message (parent);"
    "CREATE TABLE attachment (message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE, position INTEGER NOT NULL,"
    " blob TEXT NOT NULL, name TEXT NOT NULL, page INTEGER NOT NULL, page_label TEXT, error TEXT,"
    " PRIMARY KEY (message, position)) WITHOUT ROWID;"
    "CREATE TABLE visual (key BLOB PRIMARY KEY, tokens BLOB NOT NULL, used INTEGER NOT NULL);"
    "INSERT INTO conversation VALUES (5, 'Old', 'Was?', 'typed', 70, 1, 8);"
    "INSERT INTO message VALUES (7, 5, NULL, 0, 0, 'Was?', NULL, NULL, 0, 0, 0, 1);"
    "INSERT INTO message VALUES (8, 5, 7, 1, 0, 'Das.', NULL, NULL, 0, 0, 0, 2);"
    "INSERT INTO attachment VALUES (7, 0, 'abc', 'cat.png', -1, NULL, NULL);"
    "PRAGMA user_version = 1;";

static void
test_older (void)
{
  g_autofree char *folder = make_scratch ();
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  g_autofree char *copy = g_build_filename (folder, "history-version-1.db", NULL);
  g_autoptr (GPtrArray) conversations = NULL, messages = NULL, hits = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  TytoStore *store;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, first_version, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  store = open_store (folder, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (copy, G_FILE_TEST_EXISTS));
  conversations = list (store);
  g_assert_cmpuint (conversations->len, ==, 1);
  g_assert_cmpstr (tyto_conversation_get_title (g_ptr_array_index (conversations, 0)), ==, "Old");
  g_assert_cmpstr (tyto_conversation_get_model (g_ptr_array_index (conversations, 0)), ==, "");
  messages = load (store, 5);
  g_assert_cmpuint (messages->len, ==, 2);
  g_assert_cmpstr (tyto_message_get_text (g_ptr_array_index (messages, 1)), ==, "Das.");
  g_assert_cmpstr (tyto_message_get_model (g_ptr_array_index (messages, 1)), ==, "");
  g_assert_null (tyto_conversation_get_draft_document (g_ptr_array_index (conversations, 0)));
  g_assert_cmpuint (tyto_message_get_attachments (g_ptr_array_index (messages, 0))->len, ==, 1);
  /* What was written before there was an index can be found. */
  tyto_store_search_async (store, "das", keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  hits = tyto_store_search_finish (store, result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (hits->len, ==, 1);
  close_store (store);
  remove_tree (folder);
}

static void
test_draft (void)
{
  g_autofree char *folder = make_scratch ();
  TytoStore *store = open_store (folder, NULL);
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (TYTO_CONVERSATION_NEW);
  g_autoptr (GPtrArray) attachments = g_ptr_array_new_with_free_func (g_object_unref), conversations = NULL;
  GPtrArray *found;
  OwlRegion region;

  for (int i = 0; i < 3; i++) {
    TytoAttachment *page = tyto_attachment_new ("report.pdf", i);

    tyto_attachment_set_blob (page, "0123");
    g_ptr_array_add (attachments, page);
  }
  tyto_attachment_set_region (g_ptr_array_index (attachments, 0), &(OwlRegion){ 0.25, 0.5, 0.5, 0.125 });
  tyto_attachment_set_detail (g_ptr_array_index (attachments, 0), OWL_DETAIL_FINE);
  tyto_attachment_set_text (g_ptr_array_index (attachments, 2), "Zwei | 2", TRUE);
  tyto_attachment_set_send (g_ptr_array_index (attachments, 2), TYTO_SEND_TEXT);
  tyto_conversation_set_draft_attachments (conversation, attachments);
  tyto_conversation_set_draft (conversation, "What do these say?");
  tyto_conversation_set_model (conversation, "/models/large", "legal");
  tyto_store_save_conversation (store, conversation);
  /* One attachment is taken out again. */
  g_ptr_array_remove_index (attachments, 1);
  tyto_store_save_conversation (store, conversation);
  close_store (store);

  store = open_store (folder, NULL);
  conversations = list (store);
  g_assert_cmpuint (conversations->len, ==, 1);
  found = tyto_conversation_get_draft_attachments (g_ptr_array_index (conversations, 0));
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_cmpint (tyto_attachment_get_page (g_ptr_array_index (found, 1)), ==, 2);
  g_assert_true (tyto_attachment_get_region (g_ptr_array_index (found, 0), &region));
  g_assert_cmpfloat (region.x, ==, 0.25);
  g_assert_cmpfloat (region.height, ==, 0.125);
  g_assert_cmpint (tyto_attachment_get_detail (g_ptr_array_index (found, 0)), ==, OWL_DETAIL_FINE);
  g_assert_cmpint (tyto_attachment_get_send (g_ptr_array_index (found, 0)), ==, TYTO_SEND_PICTURE);
  g_assert_false (tyto_attachment_get_region (g_ptr_array_index (found, 1), &region));
  g_assert_cmpint (tyto_attachment_get_send (g_ptr_array_index (found, 1)), ==, TYTO_SEND_TEXT);
  g_assert_cmpstr (tyto_attachment_get_text (g_ptr_array_index (found, 1)), ==, "Zwei | 2");
  g_assert_true (tyto_attachment_is_text_recognised (g_ptr_array_index (found, 1)));
  g_assert_cmpstr (tyto_conversation_get_model (g_ptr_array_index (conversations, 0)), ==, "/models/large");
  g_assert_cmpstr (tyto_conversation_get_adapter (g_ptr_array_index (conversations, 0)), ==, "legal");
  close_store (store);
  remove_tree (folder);
}

static GPtrArray *
list_blobs (TytoStore *store)
{
  g_autoptr (GAsyncResult) result = NULL;
  GPtrArray *blobs;

  tyto_store_list_blobs_async (store, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  blobs = tyto_store_list_blobs_finish (store, result, NULL);
  g_assert_nonnull (blobs);
  return blobs;
}

/* A document whose pages a question picks, also before a page of it is attached. */
static void
test_draft_document (void)
{
  g_autofree char *folder = make_scratch ();
  TytoStore *store = open_store (folder, NULL);
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (TYTO_CONVERSATION_NEW);
  g_autoptr (TytoDraftDocument) document = tyto_draft_document_new ("beef", "book.pdf", 300, TRUE);
  g_autoptr (GPtrArray) conversations = NULL, blobs = NULL, fewer = NULL;
  const TytoDraftDocument *found;

  g_array_append_vals (document->picked, (int[]){ 211, 0, 299 }, 3);
  tyto_conversation_set_draft_document (conversation, document);
  tyto_store_save_conversation (store, conversation);
  close_store (store);

  store = open_store (folder, NULL);
  conversations = list (store);
  found = tyto_conversation_get_draft_document (g_ptr_array_index (conversations, 0));
  g_assert_true (tyto_draft_document_equal (found, document));
  g_assert_cmpint (g_array_index (found->picked, int, 0), ==, 211);
  /* Its file is in use. */
  blobs = list_blobs (store);
  g_assert_cmpuint (blobs->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (blobs, 0), ==, "beef");
  tyto_conversation_set_draft_document (conversation, NULL);
  tyto_store_save_conversation (store, conversation);
  fewer = list_blobs (store);
  g_assert_cmpuint (fewer->len, ==, 0);
  close_store (store);
  remove_tree (folder);
}

/* Whatever happened to the file, only pages of the document come out of it. */
static void
test_picked_pages (void)
{
  g_autoptr (TytoDraftDocument) document = tyto_draft_document_new ("beef", "book.pdf", 300, FALSE);
  g_autofree char *text = NULL;

  tyto_draft_document_parse_picked (document, "7 300 -1 x 99999999999999999999  0 12a");
  text = tyto_draft_document_format_picked (document);
  g_assert_cmpstr (text, ==, "7 0");
  tyto_draft_document_parse_picked (document, "");
  g_assert_cmpuint (document->picked->len, ==, 0);
}

static void
test_delete_message (void)
{
  g_autofree char *folder = make_scratch ();
  TytoStore *store = open_store (folder, NULL);
  g_autoptr (GPtrArray) messages = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  save_conversation (store, 1, "A chat", 100, 14);
  for (int i = 0; i < 4; i++) {
    g_autoptr (TytoMessage) m = tyto_message_new (11 + i, 1, i ? 10 + i : 0, i % 2 ? TYTO_ROLE_ASSISTANT : TYTO_ROLE_USER);

    save_message (store, m);
  }
  tyto_store_delete_message (store, 13);
  messages = load (store, 1);
  g_assert_cmpuint (messages->len, ==, 2);
  g_assert_cmpint (tyto_message_get_id (g_ptr_array_index (messages, 1)), ==, 12);
  tyto_store_clear_async (store, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  g_assert_true (tyto_store_clear_finish (store, result, NULL));
  g_ptr_array_unref (g_steal_pointer (&messages));
  messages = load (store, 1);
  g_assert_cmpuint (messages->len, ==, 0);
  close_store (store);
  remove_tree (folder);
}

static gpointer
use_speed (gpointer data)
{
  TytoStore *store = data;
  TytoSpeed speed = { 1.5, 20.0, 3.0 }, found;

  tyto_store_get_speed (store, "/models/a", &found);
  g_assert_cmpfloat (found.picture_seconds, ==, 0.0);
  tyto_store_put_speed (store, "/models/a", &speed);
  tyto_store_get_speed (store, "/models/a", &found);
  g_assert_cmpfloat (found.picture_seconds, ==, 1.5);
  g_assert_cmpfloat (found.words_per_second, ==, 3.0);
  return NULL;
}

static void
test_speed (void)
{
  g_autofree char *folder = make_scratch ();
  TytoStore *store = open_store (folder, NULL);

  g_thread_join (g_thread_new ("engine", use_speed, store));
  close_store (store);
  remove_tree (folder);
}

static void
test_newer (void)
{
  g_autofree char *folder = make_scratch ();
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  g_autoptr (GError) error = NULL;
  sqlite3 *db;

  close_store (open_store (folder, NULL));
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA user_version = 999", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  g_assert_null (open_store (folder, &error));
  g_assert_error (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_NEWER);
  remove_tree (folder);
}

static void
test_damaged (void)
{
  g_autofree char *folder = make_scratch ();
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  g_autofree char *before = g_strnfill (20000, 'x'), *after = NULL;
  g_autoptr (GError) error = NULL;
  TytoStore *store;

  g_assert_true (g_file_set_contents (path, before, 20000, NULL));
  store = open_store (folder, &error);
  g_assert_no_error (error);
  /* It is kept as it was, under another name. */
  g_assert_nonnull (tyto_store_get_moved (store));
  g_assert_true (g_file_get_contents (tyto_store_get_moved (store), &after, NULL, NULL));
  g_assert_cmpstr (before, ==, after);
  close_store (store);
  remove_tree (folder);
}

/* The other process: an answer that grows by a numbered word every few milliseconds and is saved as the app does, until it is killed. Each
 * word is written to the pipe as it is "shown". */
static int
write_until_killed (const char *folder, int fd)
{
  TytoStore *store = open_store (folder, NULL);
  g_autoptr (TytoMessage) question = tyto_message_new (101, 7, 0, TYTO_ROLE_USER);
  g_autoptr (TytoMessage) answer = tyto_message_new (102, 7, 101, TYTO_ROLE_ASSISTANT);
  gint64 saved = 0;

  save_conversation (store, 7, "Long answer", 1, 102);
  tyto_message_set_text (question, "Tell me everything.");
  save_message (store, question);
  tyto_message_set_state (answer, TYTO_MESSAGE_GROWING, NULL);
  save_message (store, answer);
  for (int word = 0;; word++) {
    gint64 now = g_get_monotonic_time ();
    g_autofree char *text = g_strdup_printf ("%d ", word);
    struct {
      gint64 time;
      int word;
    } shown = { now, word };

    tyto_message_append_text (answer, text);
    if (write (fd, &shown, sizeof shown) != sizeof shown)
      return 1;
    if (now - saved > 700000) {
      tyto_store_save_message_async (store, answer, NULL, NULL);
      saved = now;
    }
    wait_a_little ();
  }
}

static void
check_integrity (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  sqlite3_stmt *statement;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "PRAGMA integrity_check", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpstr ((const char *) sqlite3_column_text (statement, 0), ==, "ok");
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "PRAGMA foreign_key_check", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_finalize (statement);
  sqlite3_close (db);
}

static void
kill_once (GRand *rand)
{
  g_autofree char *folder = make_scratch ();
  const gint64 life = g_rand_int_range (rand, 200000, 1900000);
  struct {
    gint64 time;
    int word;
  } shown[1000];
  g_autoptr (GPtrArray) messages = NULL;
  g_autofree char *expected = NULL;
  gint64 begin = g_get_monotonic_time (), killed;
  int fds[2], n = 0, safe = -1, status;
  TytoMessage *answer;
  TytoStore *store;
  pid_t pid;

  g_assert_cmpint (pipe (fds), ==, 0);
  {
    g_autofree char *fd = g_strdup_printf ("%d", fds[1]);

    pid = fork ();
    if (pid == 0)
      execl (program, program, "--write", folder, fd, NULL);
  }
  close (fds[1]);
  while (n < 1000 && (n == 0 || g_get_monotonic_time () - begin < life)) {
    if (read (fds[0], &shown[n], sizeof shown[0]) != sizeof shown[0])
      break;
    if (n == 0)
      begin = g_get_monotonic_time ();
    n++;
  }
  killed = g_get_monotonic_time ();
  kill (pid, SIGKILL);
  waitpid (pid, &status, 0);
  g_assert_true (WIFSIGNALED (status));
  close (fds[0]);
  g_assert_cmpint (n, >, 0);

  check_integrity (folder);
  store = open_store (folder, NULL);
  g_assert_nonnull (store);
  messages = load (store, 7);
  g_assert_cmpuint (messages->len, ==, 2);
  g_assert_cmpstr (tyto_message_get_text (g_ptr_array_index (messages, 0)), ==, "Tell me everything.");
  answer = g_ptr_array_index (messages, 1);
  g_assert_cmpint (tyto_message_get_state (answer), ==, TYTO_MESSAGE_INTERRUPTED);

  /* Every word shown more than a second before the kill is there, and nothing is half-written. */
  for (int i = 0; i < n; i++)
    if (killed - shown[i].time > G_USEC_PER_SEC)
      safe = shown[i].word;
  if (*tyto_message_get_text (answer)) {
    g_autofree char *last = g_strchomp (g_strdup (tyto_message_get_text (answer)));
    const char *space = strrchr (last, ' ');

    g_assert_cmpint (atoi (space ? space + 1 : last), >=, safe);
  } else {
    g_assert_cmpint (safe, ==, -1);
  }
  for (int word = 0; word <= safe; word++) {
    g_autofree char *before = expected;

    expected = g_strdup_printf ("%s%d ", before ? before : "", word);
  }
  g_assert_true (g_str_has_prefix (tyto_message_get_text (answer), expected ? expected : ""));
  close_store (store);
  remove_tree (folder);
}

static void
test_kill (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (int i = 0; i < 8; i++)
    kill_once (rand);
}

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "--write") == 0)
    return write_until_killed (argv[2], atoi (argv[3]));
  program = g_canonicalize_filename (argv[0], NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/history/round-trip", test_round_trip);
  g_test_add_func ("/history/visuals", test_visuals);
  g_test_add_func ("/history/newer", test_newer);
  g_test_add_func ("/history/older", test_older);
  g_test_add_func ("/history/draft", test_draft);
  g_test_add_func ("/history/draft-document", test_draft_document);
  g_test_add_func ("/history/picked-pages", test_picked_pages);
  g_test_add_func ("/history/delete-message", test_delete_message);
  g_test_add_func ("/history/speed", test_speed);
  g_test_add_func ("/history/damaged", test_damaged);
  g_test_add_func ("/history/kill", test_kill);
  return g_test_run ();
}
