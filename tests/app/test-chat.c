/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A conversation without a window: history, documents, engine and the bundled model together. */
#include "app-util.h"

#include "app/tyto-services.h"

#include <string.h>

#define LIMIT 60

static const TytoAnswerOptions precise = TYTO_ANSWER_PRECISE;

static TytoMessage *
last_message (TytoChat *chat)
{
  GListModel *messages = tyto_chat_get_messages (chat);
  g_autoptr (TytoMessage) message = g_list_model_get_item (messages, g_list_model_get_n_items (messages) - 1);

  return message; /* the list keeps it */
}

static void
ask (TytoChat *chat, const char *text, TytoAttachment *attachment)
{
  g_autoptr (GPtrArray) attachments = g_ptr_array_new ();

  if (attachment)
    g_ptr_array_add (attachments, attachment);
  tyto_chat_send (chat, text, attachments, &precise);
  g_assert_true (tyto_chat_get_busy (chat));
  WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
}

/* What the words "A horse." were made from: one map, of the only picture; the word "horse" alone has one too. */
static void
check_look (TytoServices *services, TytoChat *chat, TytoAttachment *horse)
{
  g_autoptr (GPtrArray) path = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_add (path, g_list_model_get_item (tyto_chat_get_messages (chat), 0));
  for (gsize start = 0; start <= 2; start += 2) {
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GPtrArray) looks = NULL;
    g_autoptr (GError) error = NULL;
    const TytoLook *look;

    tyto_engine_look_async (tyto_services_get_engine (services), path, last_message (chat), &precise, start, start ? 5 : 0, NULL, keep_result,
                            &result);
    WAIT_FOR (result != NULL, LIMIT);
    looks = tyto_engine_look_finish (tyto_services_get_engine (services), result, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (looks->len, ==, 1);
    look = g_ptr_array_index (looks, 0);
    g_assert_true (look->attachment == horse);
    g_assert_cmpfloat_with_epsilon (owl_heat_map_get_share (look->map), 1.0, 1e-3);
  }
}

static void
test_conversation (void)
{
  TytoServices *services = start_services ();
  gint64 id = tyto_store_new_id ();
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (id);
  g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services),
                                             tyto_services_get_engine (services), conversation, TRUE);
  g_autoptr (TytoAttachment) horse = attach_picture (services, "starter", "13.png");
  g_autoptr (TytoConversation) again = NULL;
  TytoMessage *question, *first_answer;
  guint index = 9;

  ask (chat, "What is this?", horse);
  g_assert_cmpint (tyto_message_get_state (last_message (chat)), ==, TYTO_MESSAGE_COMPLETE);
  g_assert_cmpstr (tyto_message_get_text (last_message (chat)), ==, "A horse.");
  g_assert_nonnull (tyto_message_get_ids (last_message (chat)));
  /* Too short to tell how fast it was said. */
  g_assert_cmpfloat (tyto_message_get_first_word (last_message (chat)), >, 0.0);
  g_assert_cmpfloat (tyto_message_get_speed (last_message (chat)), ==, 0.0);
  g_assert_cmpstr (tyto_conversation_get_title (conversation), ==, "What is this?");
  first_answer = last_message (chat);
  check_look (services, chat, horse);

  /* A follow-up sees what was said. */
  ask (chat, "And in German?", NULL);
  g_assert_cmpstr (tyto_message_get_text (last_message (chat)), ==, "Pferd.");
  g_assert_cmpuint (g_list_model_get_n_items (tyto_chat_get_messages (chat)), ==, 4);

  /* Editing makes a branch; the old one can be shown again. */
  question = g_list_model_get_item (tyto_chat_get_messages (chat), 0);
  g_object_unref (question);
  tyto_chat_edit (chat, question, "Was ist das?", tyto_message_get_attachments (question), &precise);
  WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
  g_assert_cmpuint (g_list_model_get_n_items (tyto_chat_get_messages (chat)), ==, 2);
  g_assert_nonnull (strstr (tyto_message_get_text (last_message (chat)), "Pferd"));
  g_assert_cmpuint (tyto_chat_get_n_siblings (chat, question, &index), ==, 2);
  g_assert_cmpuint (index, ==, 0);
  tyto_chat_show_sibling (chat, question, 0);
  g_assert_cmpuint (g_list_model_get_n_items (tyto_chat_get_messages (chat)), ==, 4);

  /* Another answer keeps the old one. */
  tyto_chat_regenerate (chat, first_answer, &precise);
  WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
  g_assert_cmpuint (tyto_chat_get_n_siblings (chat, first_answer, NULL), ==, 2);
  g_assert_cmpstr (tyto_message_get_text (last_message (chat)), ==, "A horse.");
  tyto_chat_close (chat);
  g_clear_object (&chat);
  stop_services (services);

  /* All of it is there again after a restart. */
  services = start_services ();
  g_assert_cmpuint (g_list_model_get_n_items (tyto_services_get_conversations (services)), ==, 1);
  again = g_list_model_get_item (tyto_services_get_conversations (services), 0);
  g_assert_cmpint (tyto_conversation_get_id (again), ==, id);
  chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services), tyto_services_get_engine (services), again,
                        FALSE);
  {
    g_autoptr (GAsyncResult) result = NULL;

    tyto_chat_load_async (chat, keep_result, &result);
    WAIT_FOR (result != NULL, LIMIT);
    g_assert_true (tyto_chat_load_finish (chat, result, NULL));
  }
  g_assert_cmpuint (g_list_model_get_n_items (tyto_chat_get_messages (chat)), ==, 2);
  g_assert_cmpstr (tyto_message_get_text (last_message (chat)), ==, "A horse.");
  ask (chat, "And in German?", NULL);
  g_assert_cmpstr (tyto_message_get_text (last_message (chat)), ==, "Pferd.");
  tyto_chat_close (chat);
  g_clear_object (&chat);
  stop_services (services);
}

static void
keep_cost (const TytoCost *cost, gpointer user_data)
{
  *(TytoCost *) user_data = *cost;
}

static void
test_cost (void)
{
  TytoServices *services = start_services ();
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services),
                                             tyto_services_get_engine (services), conversation, TRUE);
  g_autoptr (TytoAttachment) horse = attach_picture (services, "starter", "13.png");
  g_autoptr (GPtrArray) one = g_ptr_array_new (), none = g_ptr_array_new ();
  g_autoptr (GString) long_text = g_string_new (NULL);
  TytoCost cost = { 0 }, second = { 0 }, too_long = { 0 };

  g_ptr_array_add (one, horse);
  tyto_chat_measure (chat, "What is this?", one, NULL, &precise, TRUE, keep_cost, &cost, NULL);
  WAIT_FOR (cost.n_context > 0, LIMIT);
  g_assert_cmpuint (cost.n_pictures, ==, 1);
  /* 33 positions of the picture, and a few words. */
  g_assert_cmpuint (cost.n_tokens, >, 33);
  g_assert_cmpuint (cost.n_used, >=, cost.n_tokens);
  g_assert_cmpuint (cost.n_used, <, cost.n_context);
  g_assert_cmpint (cost.n_dropped, ==, 0);

  ask (chat, "What is this?", horse);
  tyto_chat_measure (chat, "And in German?", none, NULL, &precise, FALSE, keep_cost, &second, NULL);
  WAIT_FOR (second.n_context > 0, LIMIT);
  g_assert_cmpuint (second.n_tokens, <, 33);
  g_assert_cmpuint (second.n_used, >, cost.n_used);
  g_assert_cmpfloat (second.seconds, >, 0.0);
  g_assert_cmpfloat (second.seconds, <, 5.0);

  for (int i = 0; i < 2000; i++)
    g_string_append (long_text, "horse and dog ");
  tyto_chat_measure (chat, long_text->str, none, NULL, &precise, FALSE, keep_cost, &too_long, NULL);
  WAIT_FOR (too_long.n_context > 0, LIMIT);
  g_assert_cmpint (too_long.n_dropped, ==, -1);
  tyto_chat_close (chat);
  g_clear_object (&chat);
  stop_services (services);
}

static void
test_delete (void)
{
  TytoServices *services = start_services ();
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services),
                                             tyto_services_get_engine (services), conversation, TRUE);
  g_autoptr (TytoMessage) second = NULL;
  GPtrArray *deleted;

  for (int i = 0; i < 3; i++)
    ask (chat, "Hello", NULL);
  second = g_list_model_get_item (tyto_chat_get_messages (chat), 2);
  deleted = tyto_chat_delete_begin (chat, second);
  g_assert_cmpuint (deleted->len, ==, 4);
  g_assert_cmpuint (g_list_model_get_n_items (tyto_chat_get_messages (chat)), ==, 2);
  tyto_chat_delete_undo (chat, deleted);
  g_ptr_array_unref (deleted);
  g_assert_cmpuint (g_list_model_get_n_items (tyto_chat_get_messages (chat)), ==, 6);
  deleted = tyto_chat_delete_begin (chat, second);
  tyto_chat_delete_finish (chat, deleted);
  g_ptr_array_unref (deleted);
  tyto_chat_close (chat);
  g_clear_object (&chat);
  chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services), tyto_services_get_engine (services),
                        conversation, FALSE);
  {
    g_autoptr (GAsyncResult) result = NULL;

    tyto_chat_load_async (chat, keep_result, &result);
    WAIT_FOR (result != NULL, LIMIT);
    g_assert_true (tyto_chat_load_finish (chat, result, NULL));
  }
  g_assert_cmpuint (g_list_model_get_n_items (tyto_chat_get_messages (chat)), ==, 2);
  tyto_chat_close (chat);
  g_clear_object (&chat);
  stop_services (services);
}

static void
test_stop (void)
{
  TytoServices *services = start_services ();
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services),
                                             tyto_services_get_engine (services), conversation, TRUE);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  tyto_chat_send (chat, "Hello", none, &precise);
  tyto_chat_stop (chat);
  WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
  /* Stopped, or done before the stop came; never an error, and the next question works. */
  g_assert_cmpint (tyto_message_get_state (last_message (chat)), !=, TYTO_MESSAGE_FAILED);
  ask (chat, "Hello", NULL);
  g_assert_cmpint (tyto_message_get_state (last_message (chat)), ==, TYTO_MESSAGE_COMPLETE);
  tyto_chat_close (chat);
  g_clear_object (&chat);
  stop_services (services);
}

static void
test_no_model (void)
{
  TytoServices *services;
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoChat) chat = NULL;
  g_autofree char *data = g_strdup (g_getenv ("TYTO_DATA_DIR"));

  g_setenv ("TYTO_DATA_DIR", "/nonexistent", TRUE);
  services = tyto_services_new ();
  tyto_services_start (services);
  g_assert_null (tyto_services_get_model_path (services));
  chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services), tyto_services_get_engine (services),
                        conversation, TRUE);
  ask (chat, "Hello?", NULL);
  g_assert_cmpint (tyto_message_get_state (last_message (chat)), ==, TYTO_MESSAGE_FAILED);
  g_assert_cmpint (strlen (tyto_message_get_error (last_message (chat))), >, 0);
  tyto_chat_close (chat);
  g_clear_object (&chat);
  stop_services (services);
  g_setenv ("TYTO_DATA_DIR", data, TRUE);
}

/* Chats that begin with the same question are told apart in the list: by their picture, else by a number. */
static void
test_titles (void)
{
  static const struct {
    const char *picture, *title;
  } chats[] = { { NULL, "Which one?" }, { "13.png", "Which one? – 13.png" }, { "13.png", "Which one? – 13.png (2)" }, { NULL, "Which one? (2)" } };
  TytoServices *services = start_services ();

  for (gsize i = 0; i < G_N_ELEMENTS (chats); i++) {
    g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
    g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services),
                                               tyto_services_get_engine (services), conversation, TRUE);
    g_autoptr (TytoAttachment) picture = chats[i].picture ? attach_picture (services, "starter", chats[i].picture) : NULL;

    ask (chat, "Which one?", picture);
    tyto_services_conversation_used (services, conversation);
    g_assert_cmpstr (tyto_conversation_get_title (conversation), ==, chats[i].title);
    /* Later questions leave it alone. */
    ask (chat, "Which one?", NULL);
    tyto_services_conversation_used (services, conversation);
    g_assert_cmpstr (tyto_conversation_get_title (conversation), ==, chats[i].title);
    tyto_chat_close (chat);
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
  g_test_add_func ("/chat/conversation", test_conversation);
  g_test_add_func ("/chat/cost", test_cost);
  g_test_add_func ("/chat/delete", test_delete);
  g_test_add_func ("/chat/stop", test_stop);
  g_test_add_func ("/chat/titles", test_titles);
  g_test_add_func ("/chat/no-model", test_no_model);
  status = g_test_run ();
  remove_tree (scratch);
  return status;
}
