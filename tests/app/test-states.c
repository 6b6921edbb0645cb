/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What can go wrong with the history and the model: said in plain words, with a way out that works, and nothing lost. */
#include "app-util.h"

#include "app/models/tyto-models.h"
#include "app/tyto-services.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define LIMIT 60

/* Every test has a folder of data of its own, which does not exist yet. */
static char *
new_home (void)
{
  char *folder = make_scratch ();

  g_rmdir (folder);
  return folder;
}

static TytoServices *
start_in (const char *folder)
{
  TytoServices *services = tyto_services_new_in (folder);

  tyto_services_start (services);
  return services;
}

static TytoStateKind
kind_of (TytoServices *services)
{
  g_auto (TytoState) state = { 0 };

  tyto_services_get_state (services, &state);
  return state.kind;
}

static gboolean
says (TytoServices *services, TytoStateKind kind, const char *part)
{
  g_auto (TytoState) state = { 0 };

  tyto_services_get_state (services, &state);
  return state.kind == kind && strstr (state.text, part);
}

static void
assert_state (TytoServices *services, TytoStateKind kind, const char *part, TytoStateAction first, TytoStateAction second)
{
  g_auto (TytoState) state = { 0 };

  WAIT_FOR (says (services, kind, part), LIMIT);
  tyto_services_get_state (services, &state);
  g_assert_cmpint (state.actions[0], ==, first);
  g_assert_cmpint (state.actions[1], ==, second);
}

static gboolean
is_listed (TytoServices *services)
{
  gboolean listed;

  g_object_get (services, "listed", &listed, NULL);
  return listed;
}

static void
wait_fine (TytoServices *services)
{
  WAIT_FOR (is_listed (services) && kind_of (services) == TYTO_STATE_FINE, LIMIT);
}

/* Asks and waits for the end of the answer; returns the chat. */
static TytoChat *
ask (TytoServices *services, TytoConversation *conversation, const char *text, TytoMessageState expected)
{
  static const TytoAnswerOptions options = { .top_p = 1.0, .repeat_penalty = 1.0, .max_tokens = 8 };
  TytoChat *chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services), tyto_services_get_engine (services),
                                  conversation, TRUE);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (TytoMessage) answer = NULL;

  tyto_services_use (services, conversation);
  tyto_chat_send (chat, text, none, &options);
  tyto_services_conversation_used (services, conversation);
  WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
  answer = g_list_model_get_item (tyto_chat_get_messages (chat), 1);
  g_assert_cmpint (tyto_message_get_state (answer), ==, expected);
  return chat;
}

/* A history with one chat. */
static void
make_history (const char *folder)
{
  TytoServices *services = start_in (folder);
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = NULL;

  wait_fine (services);
  chat = ask (services, conversation, "Hello", TYTO_MESSAGE_COMPLETE);
  tyto_chat_close (chat);
  stop_services (services);
}

static guint
count_conversations (TytoServices *services)
{
  return g_list_model_get_n_items (tyto_services_get_conversations (services));
}

/* The names in a folder that begin with `prefix`. */
static guint
count_files (const char *folder, const char *prefix)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir && (name = g_dir_read_name (dir)))
    n += g_str_has_prefix (name, prefix);
  return n;
}

static void
run_sql (const char *folder, const char *sql)
{
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

static void
test_newer (void)
{
  g_autofree char *folder = new_home ();
  TytoServices *services;

  make_history (folder);
  run_sql (folder, "PRAGMA user_version = 9999");
  services = start_in (folder);
  assert_state (services, TYTO_STATE_HISTORY_NEWER, "Update Tyto", TYTO_ACTION_NEW_HISTORY, TYTO_ACTION_OPEN_FOLDER);
  g_assert_nonnull (tyto_services_get_problem (services));
  g_assert_cmpuint (count_files (folder, "history-newer"), ==, 0);
  tyto_services_act (services, TYTO_ACTION_NEW_HISTORY);
  wait_fine (services);
  g_assert_cmpuint (count_conversations (services), ==, 0);
  g_assert_null (tyto_services_get_problem (services));
  stop_services (services);

  /* The newer file is there as it was. */
  {
    g_autofree char *moved = NULL, *path = g_build_filename (folder, "history.db", NULL);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name (dir)))
      if (g_str_has_prefix (name, "history-newer") && g_str_has_suffix (name, ".db"))
        moved = g_build_filename (folder, name, NULL);
    g_assert_nonnull (moved);
    g_assert_cmpint (g_rename (moved, path), ==, 0);
    run_sql (folder, "PRAGMA user_version = " G_STRINGIFY (TYTO_STORE_VERSION));
  }
  services = start_in (folder);
  wait_fine (services);
  g_assert_cmpuint (count_conversations (services), ==, 1);
  stop_services (services);
  remove_tree (folder);
}

static void
damage (const char *folder, goffset offset, gsize length)
{
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  FILE *file = g_fopen (path, "r+b");

  g_assert_nonnull (file);
  fseek (file, offset, SEEK_SET);
  for (gsize i = 0; i < length; i++)
    fputc (0xa5, file);
  fclose (file);
}

/* No database at all, and one whose pages are broken behind a good head. */
static void
test_damaged (void)
{
  static const struct {
    goffset offset;
    gsize length;
  } cases[] = { { 0, 4096 }, { 4096, 200000 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = new_home ();
    TytoServices *services;

    make_history (folder);
    damage (folder, cases[i].offset, cases[i].length);
    services = start_in (folder);
    assert_state (services, TYTO_STATE_HISTORY_MOVED, "history-damaged", TYTO_ACTION_OPEN_FOLDER, TYTO_ACTION_DISMISS);
    g_assert_null (tyto_services_get_problem (services));
    WAIT_FOR (is_listed (services), LIMIT);
    g_assert_cmpuint (count_files (folder, "history-damaged"), >=, 1);
    tyto_services_act (services, TYTO_ACTION_DISMISS);
    wait_fine (services);
    /* The new one works. */
    {
      g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
      g_autoptr (TytoChat) chat = ask (services, conversation, "Hello", TYTO_MESSAGE_COMPLETE);

      tyto_chat_close (chat);
    }
    stop_services (services);
    services = start_in (folder);
    wait_fine (services);
    g_assert_cmpuint (count_conversations (services), ==, 1);
    stop_services (services);
    remove_tree (folder);
  }
}

/* A file stands where the folder should be, which not even root can write into. */
static void
test_unwritable (void)
{
  g_autofree char *folder = new_home ();
  TytoServices *services;

  g_assert_true (g_file_set_contents (folder, "in the way", -1, NULL));
  services = start_in (folder);
  assert_state (services, TYTO_STATE_HISTORY_UNWRITABLE, folder, TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_NONE);
  g_assert_nonnull (tyto_services_get_problem (services));
  tyto_services_act (services, TYTO_ACTION_TRY_AGAIN);
  assert_state (services, TYTO_STATE_HISTORY_UNWRITABLE, folder, TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_NONE);
  g_assert_cmpint (g_unlink (folder), ==, 0);
  tyto_services_act (services, TYTO_ACTION_TRY_AGAIN);
  wait_fine (services);
  g_assert_null (tyto_services_get_problem (services));
  stop_services (services);
  remove_tree (folder);
}

static void
save_again (TytoChat *chat)
{
  tyto_chat_save_all (chat);
}

/* On a disk of two megabytes (tests/app/with-small-disk); what could not be saved is saved once there is room. */
static void
test_full (void)
{
  const char *disk = g_getenv ("TYTO_SMALL_DISK");
  g_autofree char *folder = disk ? g_build_filename (disk, "tyto", NULL) : NULL, *filler = disk ? g_build_filename (disk, "filler", NULL) : NULL;
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = NULL;
  g_autofree char *block = g_malloc0 (4096);
  TytoServices *services;
  FILE *file;

  if (!disk) {
    g_test_skip ("no small disk can be made here");
    return;
  }
  services = start_in (folder);
  wait_fine (services);
  file = g_fopen (filler, "wb");
  while (fwrite (block, 1, 4096, file) == 4096 && fflush (file) == 0)
    ;
  fclose (file);
  chat = ask (services, conversation, "Hello", TYTO_MESSAGE_FAILED);
  assert_state (services, TYTO_STATE_DISK_FULL, "disk is full", TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_OPEN_FOLDER);
  g_signal_connect_swapped (services, "save-again", G_CALLBACK (save_again), chat);
  /* Still full. */
  tyto_services_act (services, TYTO_ACTION_TRY_AGAIN);
  assert_state (services, TYTO_STATE_DISK_FULL, "disk is full", TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_OPEN_FOLDER);
  g_assert_cmpint (g_unlink (filler), ==, 0);
  tyto_services_act (services, TYTO_ACTION_TRY_AGAIN);
  tyto_store_flush (tyto_services_get_store (services));
  wait_fine (services);
  g_signal_handlers_disconnect_by_data (services, chat);
  tyto_chat_close (chat);
  stop_services (services);

  services = start_in (folder);
  wait_fine (services);
  g_assert_cmpuint (count_conversations (services), ==, 1);
  stop_services (services);
}

/* Another folder with the starter model's files. */
static void
copy_starter (const char *folder)
{
  static const char *const names[] = { "language.gguf", "vision.gguf" };
  g_autofree char *starter = tyto_models_get_starter ();

  g_mkdir_with_parents (folder, 0755);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *from = g_build_filename (starter, names[i], NULL), *to = g_build_filename (folder, names[i], NULL), *contents = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (from, &contents, &size, NULL));
    g_assert_true (g_file_set_contents (to, contents, (gssize) size, NULL));
  }
}

/* Gives it a longer context, so that it needs more memory: a number in the file's head is changed. */
static void
make_larger (const char *folder)
{
  static const char key[] = "llama.context_length";
  g_autofree char *path = g_build_filename (folder, "language.gguf", NULL), *contents = NULL;
  guint32 length = GUINT32_TO_LE (16384);
  char *found;
  gsize size;

  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  found = memmem (contents, size, key, strlen (key));
  g_assert_nonnull (found);
  /* The key, its type, its value. */
  memcpy (found + strlen (key) + 4, &length, sizeof length);
  g_assert_true (g_file_set_contents (path, contents, (gssize) size, NULL));
}

/* In place: the file is mounted over another one. */
static void
write_in_place (const char *path, const char *text)
{
  FILE *file = g_fopen (path, "w");

  g_assert_nonnull (file);
  fputs (text, file);
  fclose (file);
}

/* A model is refused before anything is loaded when the memory does not suffice (tests/app/with-small-disk stands for a computer with little of it);
 * what was there goes on working. */
static void
test_memory (void)
{
  const char *meminfo = g_getenv ("TYTO_MEMINFO");
  g_autofree char *folder = new_home (), *other = g_build_filename (folder, "models", "other", NULL), *starter = tyto_models_get_starter ();
  g_autofree char *before = NULL;
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = NULL;
  TytoServices *services;

  if (!meminfo) {
    g_test_skip ("/proc/meminfo cannot be replaced here");
    return;
  }
  services = start_in (folder);
  wait_fine (services);
  copy_starter (other);
  g_assert_true (g_file_get_contents (meminfo, &before, NULL, NULL));
  write_in_place (meminfo, "MemTotal: 300000 kB\nMemAvailable: 20000 kB\n");
  /* Larger than what is there and what the present model gives back. */
  make_larger (other);
  tyto_services_choose_model (services, other, "");
  assert_state (services, TYTO_STATE_MODEL_MEMORY, "memory", TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_SHOW_MODELS);
  tyto_services_choose_model (services, starter, "");
  wait_fine (services);
  stop_services (services);

  services = start_in (folder);
  assert_state (services, TYTO_STATE_MODEL_MEMORY, "memory", TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_SHOW_MODELS);
  write_in_place (meminfo, before);
  tyto_services_act (services, TYTO_ACTION_TRY_AGAIN);
  wait_fine (services);
  chat = ask (services, conversation, "Hello", TYTO_MESSAGE_COMPLETE);
  tyto_chat_close (chat);
  stop_services (services);
  remove_tree (folder);
}

static void
test_model (void)
{
  g_autofree char *folder = new_home (), *gone = g_build_filename (folder, "gone", NULL);
  g_autofree char *starter = tyto_models_get_starter (), *data = g_strdup (g_getenv ("TYTO_DATA_DIR")), *broken = g_build_filename (folder, "broken", NULL);
  g_autofree char *broken_file = g_build_filename (broken, "language.gguf", NULL);
  g_autoptr (TytoConversation) old = tyto_conversation_new (tyto_store_new_id ());
  TytoServices *services = start_in (folder);

  wait_fine (services);

  /* A chat whose model is gone. */
  tyto_conversation_set_model (old, gone, "");
  tyto_services_use (services, old);
  assert_state (services, TYTO_STATE_MODEL_MISSING, "gone", TYTO_ACTION_USE_STARTER, TYTO_ACTION_SHOW_MODELS);
  g_assert_null (tyto_services_get_model_path (services));
  tyto_services_act (services, TYTO_ACTION_USE_STARTER);
  wait_fine (services);
  g_assert_cmpstr (tyto_conversation_get_model (old), ==, "starter");

  /* One that is no model inside. */
  g_mkdir_with_parents (broken, 0755);
  g_assert_true (g_file_set_contents (broken_file, "GGUF but no more", -1, NULL));
  tyto_services_choose_model (services, broken, "");
  assert_state (services, TYTO_STATE_MODEL_FAILED, "language.gguf", TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_SHOW_MODELS);

  /* An adapter that is not there is named. */
  tyto_services_choose_model (services, starter, "nowhere:1.00");
  assert_state (services, TYTO_STATE_MODEL_FAILED, "nowhere", TYTO_ACTION_TRY_AGAIN, TYTO_ACTION_SHOW_MODELS);
  stop_services (services);

  /* None at all. */
  g_setenv ("TYTO_DATA_DIR", "/nonexistent", TRUE);
  services = start_in (folder);
  assert_state (services, TYTO_STATE_NO_MODEL, "Import", TYTO_ACTION_SHOW_MODELS, TYTO_ACTION_NONE);
  stop_services (services);
  g_setenv ("TYTO_DATA_DIR", data, TRUE);
  remove_tree (folder);
}

/* Loading that is given up at once, and taken up again. */
static void
test_cancel (void)
{
  g_autofree char *folder = new_home ();
  TytoServices *services = start_in (folder);

  tyto_services_act (services, TYTO_ACTION_CANCEL_LOADING);
  /* It may have been done before; or not begun, and then nothing came. */
  WAIT_FOR (is_listed (services), LIMIT);
  tyto_services_act (services, TYTO_ACTION_TRY_AGAIN);
  wait_fine (services);
  stop_services (services);
  remove_tree (folder);
}

/* Nothing is left of what was stored: not the words in the database, not a copy, not a model. */
static void
test_delete_all (void)
{
  g_autofree char *folder = new_home (), *models = g_build_filename (folder, "models", NULL), *path = g_build_filename (folder, "history.db", NULL);
  g_autofree char *backup = g_build_filename (folder, "history-version-1.db", NULL), *contents = NULL;
  g_autofree char *copy = g_build_filename (folder, "models", "copy", NULL);
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  TytoServices *services = start_in (folder);
  gsize size;

  wait_fine (services);
  copy_starter (copy);
  tyto_model_library_scan (tyto_services_get_library (services));
  WAIT_FOR (tyto_model_library_find (tyto_services_get_library (services), copy) != NULL, LIMIT);
  g_assert_true (g_file_set_contents (backup, "an older copy", -1, NULL));
  chat = ask (services, conversation, "Xylophone secret", TYTO_MESSAGE_COMPLETE);
  tyto_chat_close (chat);
  tyto_services_delete_all_async (services, TRUE, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  g_assert_true (tyto_services_delete_all_finish (services, result, &error));
  g_assert_no_error (error);
  WAIT_FOR (tyto_model_library_find (tyto_services_get_library (services), copy) == NULL, LIMIT);
  wait_fine (services);
  stop_services (services);
  g_assert_false (g_file_test (models, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (backup, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  g_assert_null (memmem (contents, size, "Xylophone", strlen ("Xylophone")));
  remove_tree (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/states/newer", test_newer);
  g_test_add_func ("/states/damaged", test_damaged);
  g_test_add_func ("/states/unwritable", test_unwritable);
  g_test_add_func ("/states/full", test_full);
  g_test_add_func ("/states/memory", test_memory);
  g_test_add_func ("/states/model", test_model);
  g_test_add_func ("/states/cancel", test_cancel);
  g_test_add_func ("/states/delete-all", test_delete_all);
  return g_test_run ();
}
