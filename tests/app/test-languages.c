/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Questions and answers in the languages of the models, through the services as the window uses them: the multilingual reference model (Spanish, Chinese,
 * English, Japanese, Korean and French in its reference conversations) answers to the token as the official code did, and the starter model names the
 * same animal in each of its languages. What is stored and read again is the same text. */
#include "app-util.h"

#include "app/models/tyto-models.h"
#include "app/tyto-services.h"

#include <jansson.h>
#include <string.h>

#define LIMIT 90
#define N_TOKENS 48

static void
keep_done (TytoMessage *answer, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* Imports the reference checkpoint as it is and waits until it answers. */
static char *
use_multilingual (TytoServices *services)
{
  g_autofree char *source_path = g_build_filename (g_getenv ("OWL_TEST_DATA"), "golden", "bloom-tiny", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImportSource) source = NULL;
  TytoModelImport *import = tyto_services_get_import (services);
  char *path;

  tyto_model_import_probe_async (import, source_path, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  source = tyto_model_import_probe_finish (import, result, &error);
  g_assert_no_error (error);
  g_assert_true (tyto_model_import_start (import, source, "multilingual", NULL, FALSE, NULL, &error));
  WAIT_FOR (!tyto_model_import_get_running (import), LIMIT);
  path = g_build_filename (tyto_model_library_get_models_dir (tyto_services_get_library (services)), "multilingual", NULL);
  g_assert_true (tyto_models_is_model (path));
  tyto_services_choose_model (services, path, "");
  return path;
}

/* Turns "…\nHuman: <image>\nHuman: TEXT\nAI: ANSWER…\nAI: " into the messages that the window would hold. */
static GPtrArray *
make_path (TytoServices *services, const char *prompt, json_t *images)
{
  GPtrArray *path = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (GStrv) parts = g_strsplit (prompt, "\nHuman: ", -1);
  TytoMessage *question = NULL;
  gsize image = 0;
  gint64 id = 1;

  for (gsize i = 1; parts[i]; i++) {
    char *answer = strstr (parts[i], "\nAI: ");

    if (!question) {
      question = tyto_message_new (id, 1, id - 1, TYTO_ROLE_USER);
      g_ptr_array_add (path, question);
      id++;
    }
    if (g_str_has_prefix (parts[i], "<image>")) {
      g_ptr_array_add (tyto_message_get_attachments (question),
                       attach_picture (services, "golden/images", json_string_value (json_array_get (images, image++))));
      continue;
    }
    g_assert_nonnull (answer);
    *answer = '\0';
    answer += strlen ("\nAI: ");
    tyto_message_set_text (question, parts[i]);
    question = NULL;
    if (!*answer)
      break;
    {
      TytoMessage *message = tyto_message_new (id, 1, id - 1, TYTO_ROLE_ASSISTANT);

      id++;
      tyto_message_set_text (message, answer);
      g_ptr_array_add (path, message);
    }
  }
  return path;
}

static void
check_prompt (TytoServices *services, json_t *reference)
{
  static const TytoAnswerOptions options = { .top_p = 1.0, .repeat_penalty = 1.0, .max_tokens = N_TOKENS };
  g_autoptr (GPtrArray) path = make_path (services, json_string_value (json_object_get (reference, "text")), json_object_get (reference, "images"));
  g_autoptr (TytoMessage) answer = tyto_message_new (100, 1, path->len, TYTO_ROLE_ASSISTANT);
  json_t *expected = json_object_get (reference, "greedy_ids");
  gboolean done = FALSE;
  const gint32 *ids;
  gsize size;

  tyto_message_set_state (answer, TYTO_MESSAGE_GROWING, NULL);
  tyto_engine_ask (tyto_services_get_engine (services), path, answer, &options, keep_done, &done);
  WAIT_FOR (done, LIMIT);
  g_assert_cmpstr (tyto_message_get_error (answer), ==, NULL);
  ids = g_bytes_get_data (tyto_message_get_ids (answer), &size);
  g_assert_cmpuint (size / sizeof *ids, ==, json_array_size (expected));
  for (gsize i = 0; i < size / sizeof *ids; i++)
    g_assert_cmpint (ids[i], ==, json_integer_value (json_array_get (expected, i)));
  g_assert_true (g_utf8_validate (tyto_message_get_text (answer), -1, NULL));
}

static void
test_multilingual (void)
{
  g_autofree char *prompts = g_build_filename (g_getenv ("OWL_TEST_DATA"), "golden", "expected", "bloom-tiny", "prompts.json", NULL);
  json_t *list = json_load_file (prompts, JSON_ALLOW_NUL, NULL), *reference;
  TytoServices *services = start_services ();
  g_autofree char *path = use_multilingual (services);
  size_t i;

  g_assert_cmpuint (json_array_size (list), >=, 4);
  json_array_foreach (list, i, reference)
    check_prompt (services, reference);
  json_decref (list);
  stop_services (services);
  remove_tree (path);
}

static void
test_starter (void)
{
  static const struct {
    const char *question, *answer;
  } cases[] = {
    { "What is this?", "horse" },   { "Was ist das?", "Pferd" }, { "Qu'est-ce que c'est ?", "cheval" }, { "¿Qué es esto?", "caballo" },
    { "これは何ですか?", "馬" },     { "这是什么?", "马" },       { "이것은 무엇인가요?", "말" },
  };
  static const TytoAnswerOptions options = TYTO_ANSWER_PRECISE;
  TytoServices *services = start_services ();
  g_autoptr (TytoAttachment) horse = attach_picture (services, "starter", "13.png");
  g_autoptr (GPtrArray) attachments = g_ptr_array_new ();
  gint64 ids[G_N_ELEMENTS (cases)];
  char *answers[G_N_ELEMENTS (cases)];

  g_ptr_array_add (attachments, horse);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TytoConversation) conversation = tyto_conversation_new (ids[i] = tyto_store_new_id ());
    g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services),
                                               tyto_services_get_engine (services), conversation, TRUE);
    g_autoptr (TytoMessage) answer = NULL;
    g_autofree char *folded = NULL, *wanted = NULL;

    tyto_services_use (services, conversation);
    tyto_chat_send (chat, cases[i].question, attachments, &options);
    WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
    answer = g_list_model_get_item (tyto_chat_get_messages (chat), 1);
    answers[i] = g_strdup (tyto_message_get_text (answer));
    folded = g_utf8_casefold (answers[i], -1);
    wanted = g_utf8_casefold (cases[i].answer, -1);
    if (!strstr (folded, wanted))
      g_error ("%s: %s", cases[i].question, answers[i]);
    g_assert_cmpstr (tyto_conversation_get_title (conversation), ==, cases[i].question);
    tyto_chat_close (chat);
  }
  stop_services (services);

  /* The same words after a restart. */
  services = start_services ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GPtrArray) messages = NULL;

    tyto_store_load_async (tyto_services_get_store (services), ids[i], keep_result, &result);
    WAIT_FOR (result != NULL, LIMIT);
    messages = tyto_store_load_finish (tyto_services_get_store (services), result, NULL);
    g_assert_cmpuint (messages->len, ==, 2);
    g_assert_cmpstr (tyto_message_get_text (g_ptr_array_index (messages, 0)), ==, cases[i].question);
    g_assert_cmpstr (tyto_message_get_text (g_ptr_array_index (messages, 1)), ==, answers[i]);
    g_free (answers[i]);
  }
  stop_services (services);
}

int
main (int argc, char **argv)
{
  g_autofree char *scratch = make_scratch ();
  int status;

  g_setenv ("XDG_DATA_HOME", scratch, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/languages/multilingual", test_multilingual);
  g_test_add_func ("/languages/starter", test_starter);
  status = g_test_run ();
  remove_tree (scratch);
  return status;
}
