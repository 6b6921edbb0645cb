/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Models of the app: listed, imported by the real program from the reference checkpoints, deleted, chosen a chat. */
#include "app-util.h"

#include "app/models/model-memory.h"
#include "app/models/tyto-models.h"
#include "app/tyto-services.h"

#include <glib/gstdio.h>
#include <string.h>

#define LIMIT 90

static char *
golden (const char *name)
{
  return g_build_filename (g_getenv ("OWL_TEST_DATA"), "golden", name, NULL);
}

static TytoImportSource *
probe (TytoServices *services, const char *path, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  tyto_model_import_probe_async (tyto_services_get_import (services), path, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  return tyto_model_import_probe_finish (tyto_services_get_import (services), result, error);
}

typedef struct {
  gboolean over;
  char *path, *error;
} Ending;

static void
keep_ending (Ending *ending, const char *path, const char *error)
{
  ending->over = TRUE;
  g_free (ending->path);
  g_free (ending->error);
  ending->path = g_strdup (path);
  ending->error = g_strdup (error);
}

/* Imports what lies at `path`; returns the model's path. */
static char *
import (TytoServices *services, const char *path, const char *type, gboolean in_place, const char *base)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImportSource) source = probe (services, path, &error);
  TytoModelImport *import = tyto_services_get_import (services);
  Ending ending = { FALSE, NULL, NULL };
  gulong handler = g_signal_connect_swapped (import, "ended", G_CALLBACK (keep_ending), &ending);

  g_assert_no_error (error);
  tyto_model_import_start (import, source, source->name, type, in_place, base, &error);
  g_assert_no_error (error);
  WAIT_FOR (ending.over, LIMIT);
  g_signal_handler_disconnect (import, handler);
  g_assert_cmpstr (ending.error, ==, NULL);
  g_assert_nonnull (ending.path);
  g_assert_false (tyto_model_import_get_running (import));
  return ending.path;
}

static TytoModel *
wait_model (TytoServices *services, const char *path)
{
  TytoModelLibrary *library = tyto_services_get_library (services);

  WAIT_FOR (tyto_model_library_find (library, path) != NULL, LIMIT);
  return tyto_model_library_find (library, path);
}

static void
test_list (void)
{
  TytoServices *services = start_services ();
  GListModel *models = tyto_model_library_get_models (tyto_services_get_library (services));
  g_autoptr (TytoModel) starter = g_list_model_get_item (models, 0);
  guint64 all;

  g_assert_cmpuint (g_list_model_get_n_items (models), ==, 1);
  g_assert_cmpint (tyto_model_get_origin (starter), ==, TYTO_MODEL_BUNDLED);
  g_assert_cmpstr (tyto_model_get_problem (starter), ==, NULL);
  g_assert_cmpstr (tyto_model_get_architecture (starter), ==, "llama");
  g_assert_true (tyto_model_get_has_vision (starter));
  g_assert_cmpuint (g_strv_length ((GStrv) tyto_model_get_languages (starter)), ==, 7);
  /* Its two files, to the byte. */
  {
    g_autofree char *language = g_build_filename (tyto_model_get_path (starter), "language.gguf", NULL);
    g_autofree char *vision = g_build_filename (tyto_model_get_path (starter), "vision.gguf", NULL);
    GStatBuf a, b;

    g_assert_cmpint (g_stat (language, &a), ==, 0);
    g_assert_cmpint (g_stat (vision, &b), ==, 0);
    all = (guint64) a.st_size + (guint64) b.st_size;
  }
  g_assert_cmpuint (tyto_model_get_size (starter), ==, all);
  g_assert_cmpuint (tyto_model_get_memory (starter, OWL_KV_F32), >, tyto_model_get_memory (starter, OWL_KV_F16));
  g_assert_cmpuint (tyto_model_get_memory (starter, OWL_KV_F16), >, tyto_model_get_memory (starter, OWL_KV_Q8_0));
  stop_services (services);
}

static void
test_memory (void)
{
  /* 1000 values of cache, as the engine counts them for unquantised and for quantised weights. */
  OwlModelInfo wide = { .weight_bytes = 100, .kv_bytes = 32000, .type = "f16" }, small = { .weight_bytes = 100, .kv_bytes = 16000, .type = "q4_0" };
  guint64 rest = tyto_model_memory_needed (&wide, OWL_KV_F32) - 32100;

  g_assert_cmpuint (tyto_model_memory_needed (&wide, OWL_KV_DEFAULT), ==, rest + 32100);
  g_assert_cmpuint (tyto_model_memory_needed (&wide, OWL_KV_F16), ==, rest + 16100);
  g_assert_cmpuint (tyto_model_memory_needed (&small, OWL_KV_DEFAULT), ==, rest + 16100);
  g_assert_cmpuint (tyto_model_memory_needed (&small, OWL_KV_F32), ==, rest + 32100);
  g_assert_cmpuint (tyto_model_memory_needed (&small, OWL_KV_Q8_0), ==, rest + 100 + 8000 / 32 * 34);
  g_assert_cmpint (tyto_model_judge_memory (5, 10, 6), ==, TYTO_FIT_GOOD);
  g_assert_cmpint (tyto_model_judge_memory (7, 10, 6), ==, TYTO_FIT_TIGHT);
  g_assert_cmpint (tyto_model_judge_memory (11, 10, 6), ==, TYTO_FIT_NEVER);
  g_assert_cmpint (tyto_model_judge_memory (11, 0, 0), ==, TYTO_FIT_GOOD);
}

static void
test_specs (void)
{
  static const struct {
    const char *spec, *name;
    double strength;
  } cases[] = { { "", NULL, 1.0 },       { NULL, NULL, 1.0 },        { "tone", "tone", 1.0 },         { "tone:0.50", "tone", 0.5 },
                { "a:b", "a:b", 1.0 },   { "a:b:1.25", "a:b", 1.25 }, { "tone:9", "tone:9", 1.0 }, { "tone:", "tone:", 1.0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = NULL;
    double strength;

    tyto_adapter_spec_parse (cases[i].spec, &name, &strength);
    g_assert_cmpstr (name, ==, cases[i].name);
    g_assert_cmpfloat (strength, ==, cases[i].strength);
  }
  {
    g_autofree char *spec = tyto_adapter_spec_make ("tone", 0.5), *none = tyto_adapter_spec_make (NULL, 0.5);

    g_assert_cmpstr (spec, ==, "tone:0.50");
    g_assert_cmpstr (none, ==, "");
  }
}

static void
assert_refused (TytoServices *services, const char *path, int code, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImportSource) source = probe (services, path, &error);

  g_assert_null (source);
  g_assert_error (error, TYTO_IMPORT_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
}

/* What cannot be imported says what is wrong. */
static void
test_refused (void)
{
  TytoServices *services = start_services ();
  g_autofree char *scratch = make_scratch (), *config = g_build_filename (scratch, "config.json", NULL);
  g_autofree char *weights = g_build_filename (scratch, "pytorch_model.bin", NULL);

  assert_refused (services, scratch, TYTO_IMPORT_ERROR_NO_MODEL, "config.json");
  g_assert_true (g_file_set_contents (config, "{}", -1, NULL));
  assert_refused (services, scratch, TYTO_IMPORT_ERROR_INCOMPLETE, "no weights");
  g_assert_true (g_file_set_contents (weights, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", -1, NULL));
  assert_refused (services, scratch, TYTO_IMPORT_ERROR_INCOMPLETE, "git lfs pull");
  g_assert_true (g_file_set_contents (weights, "this is no zip file at all", -1, NULL));
  assert_refused (services, scratch, TYTO_IMPORT_ERROR_FAILED, "pytorch_model.bin");
  remove_tree (scratch);
  stop_services (services);
}

/* A published checkpoint becomes a model of the list, answers, and goes again with undo. */
static void
test_checkpoint (void)
{
  TytoServices *services = start_services ();
  TytoModelLibrary *library = tyto_services_get_library (services);
  g_autofree char *source_path = golden ("bloom-tiny"), *path = NULL, *second = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImportSource) source = probe (services, source_path, &error);
  const TytoImportChoice *choices;
  g_autoptr (TytoModel) model = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (source->kind, ==, TYTO_SOURCE_CHECKPOINT);
  g_assert_cmpstr (source->architecture, ==, "bloom");
  g_assert_true (source->has_vision);
  g_assert_cmpuint (source->choices->len, ==, 4);
  choices = (const TytoImportChoice *) (const void *) source->choices->data;
  g_assert_cmpstr (choices[0].type, ==, "q4_0");
  g_assert_cmpstr (choices[3].type, ==, NULL);
  g_assert_cmpuint (choices[0].bytes, <, choices[2].bytes);
  g_assert_cmpuint (choices[2].bytes, <, choices[3].bytes);

  path = import (services, source_path, "q8_0", FALSE, NULL);
  model = g_object_ref (wait_model (services, path));
  g_assert_cmpint (tyto_model_get_origin (model), ==, TYTO_MODEL_IMPORTED);
  g_assert_cmpstr (tyto_model_get_problem (model), ==, NULL);
  g_assert_cmpstr (tyto_model_get_name (model), ==, "bloom-tiny");
  g_assert_cmpstr (tyto_model_get_weight_type (model), ==, "q8_0");
  g_assert_cmpuint (g_strv_length ((GStrv) tyto_model_get_languages (model)), ==, 6);
  /* What was promised is what was written, but for names and vocabulary. */
  g_assert_cmpuint (tyto_model_get_size (model), >=, choices[2].bytes);
  g_assert_cmpuint (tyto_model_get_size (model), <, choices[2].bytes + 100000);

  /* The same again gets another name. */
  second = import (services, source_path, NULL, FALSE, NULL);
  g_assert_cmpstr (second, !=, path);
  wait_model (services, second);

  tyto_model_library_delete_begin (library, model, NULL);
  g_assert_null (tyto_model_library_find (library, path));
  tyto_model_library_delete_undo (library, model, NULL);
  wait_model (services, path);
  tyto_model_library_delete_begin (library, model, NULL);
  tyto_model_library_delete_finish (library, model, NULL);
  tyto_model_library_flush (library);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (second, G_FILE_TEST_EXISTS));
  WAIT_FOR (tyto_model_library_find (library, path) == NULL, LIMIT);
  stop_services (services);
  remove_tree (second);
}

static char *
ask (TytoServices *services, TytoConversation *conversation, const char *text)
{
  static const TytoAnswerOptions options = { .top_p = 1.0, .repeat_penalty = 1.0, .max_tokens = 8 };
  g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services),
                                             tyto_services_get_engine (services), conversation, TRUE);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (TytoMessage) answer = NULL;
  char *said;

  tyto_services_use (services, conversation);
  tyto_chat_send (chat, text, none, &options);
  tyto_services_conversation_used (services, conversation);
  WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
  answer = g_list_model_get_item (tyto_chat_get_messages (chat), 1);
  g_assert_cmpstr (tyto_message_get_error (answer), ==, NULL);
  g_assert_cmpint (tyto_message_get_state (answer), ==, TYTO_MESSAGE_COMPLETE);
  said = g_strdup (tyto_message_get_text (answer));
  tyto_chat_close (chat);
  return said;
}

/* An adapter for a model: imported, laid on with a strength, other words; per conversation; deleted with undo. */
static void
test_adapter (void)
{
  TytoServices *services = start_services ();
  TytoModelLibrary *library = tyto_services_get_library (services);
  g_autofree char *source = golden ("llama-tiny-f32"), *lora = golden ("llama-tiny-lora"), *path = import (services, source, NULL, FALSE, NULL);
  g_autofree char *same = NULL, *plain = NULL, *with = NULL, *without = NULL;
  g_autoptr (TytoConversation) first = tyto_conversation_new (tyto_store_new_id ()), second = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoConversation) third = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoModel) model = NULL;

  wait_model (services, path);
  same = import (services, lora, NULL, FALSE, path);
  g_assert_cmpstr (same, ==, path);
  WAIT_FOR (tyto_model_get_adapters (wait_model (services, path))->len == 1, LIMIT);
  model = g_object_ref (wait_model (services, path));
  g_assert_cmpstr (((TytoAdapter *) g_ptr_array_index (tyto_model_get_adapters (model), 0))->name, ==, "llama-tiny-lora");

  tyto_services_use (services, first);
  tyto_services_choose_model (services, path, "");
  plain = ask (services, first, "What is this?");
  tyto_services_use (services, second);
  tyto_services_choose_model (services, path, "llama-tiny-lora:1.00");
  with = ask (services, second, "What is this?");
  tyto_services_use (services, third);
  tyto_services_choose_model (services, path, "llama-tiny-lora:0.00");
  without = ask (services, third, "What is this?");
  g_assert_cmpstr (plain, !=, with);
  g_assert_cmpstr (plain, ==, without);
  g_assert_cmpstr (tyto_conversation_get_model (second), ==, path);
  g_assert_cmpstr (tyto_conversation_get_adapter (second), ==, "llama-tiny-lora:1.00");

  tyto_model_library_delete_begin (library, model, "llama-tiny-lora");
  g_assert_true (tyto_model_library_is_deleted (library, model, "llama-tiny-lora"));
  tyto_model_library_delete_undo (library, model, "llama-tiny-lora");
  g_assert_false (tyto_model_library_is_deleted (library, model, "llama-tiny-lora"));
  tyto_model_library_delete_begin (library, model, "llama-tiny-lora");
  tyto_model_library_delete_finish (library, model, "llama-tiny-lora");
  WAIT_FOR (tyto_model_get_adapters (wait_model (services, path))->len == 0, LIMIT);
  stop_services (services);

  /* What each chat is held with is there again after a restart. */
  services = start_services ();
  {
    GListModel *conversations = tyto_services_get_conversations (services);
    guint n_found = 0;

    for (guint i = 0; i < g_list_model_get_n_items (conversations); i++) {
      g_autoptr (TytoConversation) c = g_list_model_get_item (conversations, i);

      if (tyto_conversation_get_id (c) != tyto_conversation_get_id (second))
        continue;
      n_found++;
      g_assert_cmpstr (tyto_conversation_get_model (c), ==, path);
      g_assert_cmpstr (tyto_conversation_get_adapter (c), ==, "llama-tiny-lora:1.00");
    }
    g_assert_cmpuint (n_found, ==, 1);
  }
  stop_services (services);
  remove_tree (path);
}

/* Chats with different models, asked one after the other: each is answered by its own. */
static void
test_two_models (void)
{
  TytoServices *services = start_services ();
  g_autofree char *source = golden ("llama-tiny-f32"), *path = import (services, source, NULL, FALSE, NULL);
  g_autofree char *alone = NULL, *again = NULL, *starter = NULL, *other = NULL;
  g_autoptr (TytoConversation) first = tyto_conversation_new (tyto_store_new_id ()), second = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoConversation) third = tyto_conversation_new (tyto_store_new_id ());
  TytoEngine *engine = tyto_services_get_engine (services);

  starter = ask (services, first, "Hello");
  g_assert_cmpstr (tyto_conversation_get_model (first), ==, "starter");
  tyto_services_use (services, second);
  tyto_services_choose_model (services, path, "");
  other = ask (services, second, "Hello");
  g_assert_cmpstr (starter, !=, other);
  /* Back in sight, the first has its own again. */
  again = ask (services, first, "Hello");
  g_assert_cmpstr (again, ==, starter);
  tyto_services_use (services, third);
  alone = ask (services, third, "Hello");
  g_assert_cmpstr (alone, ==, starter);
  tyto_services_use (services, second);
  WAIT_FOR (tyto_engine_get_state (engine) == TYTO_ENGINE_READY && g_strcmp0 (tyto_engine_get_model_name (engine), "llama-tiny-f32") == 0, LIMIT);
  stop_services (services);
  remove_tree (path);
}

static gboolean
is_empty (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  return dir && !g_dir_read_name (dir);
}

/* An import that is given up, and one whose program dies, leave nothing. */
static void
test_given_up (void)
{
  TytoServices *services = start_services ();
  TytoModelImport *import = tyto_services_get_import (services);
  const char *models = tyto_model_library_get_models_dir (tyto_services_get_library (services));
  g_autofree char *path = golden ("llama-tiny-f32"), *program = g_strdup (g_getenv ("OWL_PROGRAM"));
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImportSource) source = probe (services, path, &error);

  g_assert_no_error (error);
  for (int kill = 0; kill < 2; kill++) {
    Ending ending = { FALSE, NULL, NULL };
    gulong handler = g_signal_connect_swapped (import, "ended", G_CALLBACK (keep_ending), &ending);

    if (kill)
      g_setenv ("OWL_PROGRAM", g_getenv ("TYTO_CRASHING_PROGRAM"), TRUE);
    tyto_model_import_start (import, source, source->name, "q8_0", FALSE, NULL, &error);
    g_assert_no_error (error);
    if (!kill)
      tyto_model_import_cancel (import);
    WAIT_FOR (ending.over, LIMIT);
    g_signal_handler_disconnect (import, handler);
    g_assert_null (ending.path);
    if (kill)
      g_assert_nonnull (strstr (ending.error, "failed"));
    else
      g_assert_null (ending.error);
    g_free (ending.error);
    WAIT_FOR (is_empty (models), LIMIT);
  }
  if (program)
    g_setenv ("OWL_PROGRAM", program, TRUE);
  else
    g_unsetenv ("OWL_PROGRAM");
  stop_services (services);
}

/* Ready folders and files: copied, or used where they lie and remembered. */
static void
test_ready (void)
{
  TytoServices *services = start_services ();
  g_autofree char *starter = tyto_models_get_starter (), *scratch = make_scratch (), *place = g_build_filename (scratch, "elsewhere", NULL);
  g_autofree char *language = g_build_filename (starter, "language.gguf", NULL), *copy = NULL, *in_place = NULL, *file = NULL;
  g_autofree char *moved = g_build_filename (scratch, "away", NULL);
  const char *argv[] = { "cp", "-r", starter, place, NULL };
  g_autoptr (GError) error = NULL;

  copy = import (services, starter, NULL, FALSE, NULL);
  g_assert_cmpuint (tyto_model_get_size (wait_model (services, copy)), ==, tyto_model_get_size (wait_model (services, starter)));
  g_assert_true (tyto_model_get_has_vision (wait_model (services, copy)));
  file = import (services, language, NULL, FALSE, NULL);
  g_assert_false (tyto_model_get_has_vision (wait_model (services, file)));

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  in_place = import (services, place, NULL, TRUE, NULL);
  g_assert_cmpstr (in_place, ==, place);
  g_assert_cmpint (tyto_model_get_origin (wait_model (services, place)), ==, TYTO_MODEL_IN_PLACE);
  stop_services (services);

  services = start_services ();
  g_assert_cmpstr (tyto_model_get_problem (wait_model (services, place)), ==, NULL);
  /* Moved away: still listed, with what is wrong; deleting only forgets it. */
  g_assert_cmpint (g_rename (place, moved), ==, 0);
  tyto_model_library_scan (tyto_services_get_library (services));
  WAIT_FOR (tyto_model_get_problem (wait_model (services, place)) != NULL, LIMIT);
  g_assert_cmpint (g_rename (moved, place), ==, 0);
  {
    g_autoptr (TytoModel) model = g_object_ref (wait_model (services, place));

    tyto_model_library_delete_begin (tyto_services_get_library (services), model, NULL);
    tyto_model_library_delete_finish (tyto_services_get_library (services), model, NULL);
  }
  stop_services (services);
  g_assert_true (g_file_test (place, G_FILE_TEST_IS_DIR));
  services = start_services ();
  g_assert_null (tyto_model_library_find (tyto_services_get_library (services), place));
  stop_services (services);
  remove_tree (copy);
  remove_tree (file);
  remove_tree (scratch);
}

int
main (int argc, char **argv)
{
  g_autofree char *scratch = make_scratch ();
  int status;

  g_setenv ("XDG_DATA_HOME", scratch, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/models/list", test_list);
  g_test_add_func ("/models/memory", test_memory);
  g_test_add_func ("/models/specs", test_specs);
  g_test_add_func ("/models/refused", test_refused);
  g_test_add_func ("/models/checkpoint", test_checkpoint);
  g_test_add_func ("/models/adapter", test_adapter);
  g_test_add_func ("/models/two-models", test_two_models);
  g_test_add_func ("/models/given-up", test_given_up);
  g_test_add_func ("/models/ready", test_ready);
  status = g_test_run ();
  remove_tree (scratch);
  return status;
}
