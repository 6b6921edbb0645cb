/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the model gets of a question, as it is shown, and what an attachment costs: both against what the engine counts when it is asked. */
#include "app-util.h"
#include "make-pdf.h"

#include "app/chat/tyto-engine-see.h"
#include "app/tyto-services.h"

#include <string.h>

#define LIMIT 60
/* Measuring takes the pieces of a prompt one by one; joined they can be a token or two shorter. */
#define JOINTS 2

static const TytoAnswerOptions precise = TYTO_ANSWER_PRECISE;

/* A page of a small document, with its text. */
static TytoAttachment *
attach_page (TytoServices *services, const char *text)
{
  const char *const pages[] = { text };
  g_autoptr (GByteArray) pdf = make_text_pdf (pages, 1);
  g_autoptr (GBytes) bytes = g_bytes_new (pdf->data, pdf->len);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImport) import = NULL;
  TytoAttachment *page = tyto_attachment_new ("report.pdf", 0);

  tyto_documents_import_bytes_async (tyto_services_get_documents (services), bytes, "report.pdf", NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  import = tyto_documents_import_finish (tyto_services_get_documents (services), result, &error);
  g_assert_no_error (error);
  tyto_attachment_set_blob (page, import->blob);
  tyto_documents_load_thumbnail (tyto_services_get_documents (services), page);
  WAIT_FOR (tyto_attachment_get_state (page) == TYTO_ATTACHMENT_READY, LIMIT);
  tyto_attachment_set_text (page, text, FALSE);
  tyto_attachment_set_send (page, TYTO_SEND_BOTH);
  return page;
}

static TytoWeight
weigh (TytoServices *services, TytoAttachment *attachment)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  TytoWeight weight = { 0 };

  tyto_engine_weigh_async (tyto_services_get_engine (services), attachment, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  g_assert_true (tyto_engine_weigh_finish (tyto_services_get_engine (services), result, &weight, &error));
  g_assert_no_error (error);
  return weight;
}

static TytoSeen *
see (TytoServices *services, GPtrArray *path)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  TytoSeen *seen;

  tyto_engine_see_async (tyto_services_get_engine (services), path, &precise, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  seen = tyto_engine_see_finish (tyto_services_get_engine (services), result, &error);
  g_assert_no_error (error);
  return seen;
}

static void
keep_cost (const TytoCost *cost, gpointer user_data)
{
  *(TytoCost *) user_data = *cost;
}

static TytoCost
measure (TytoServices *services, TytoMessage *question)
{
  g_autoptr (GPtrArray) path = g_ptr_array_new ();
  TytoCost cost = { 0 };

  tyto_engine_measure (tyto_services_get_engine (services), path, question, &precise, FALSE, keep_cost, &cost, NULL);
  WAIT_FOR (cost.n_context > 0, LIMIT);
  return cost;
}

/* Tokens of the prompt that the engine makes of a question without pictures. */
static gsize
count_prompt (TytoMessage *question)
{
  g_autofree char *folder = g_build_filename (g_getenv ("TYTO_DATA_DIR"), "models", "starter", NULL), *text = tyto_engine_make_question (question);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlModel) model = owl_model_open (folder, 1, NULL, NULL, NULL, &error);
  OwlTurn turn = { .question = text };
  g_autoptr (OwlPrompt) prompt = NULL;
  gsize n;

  g_assert_no_error (error);
  prompt = owl_prompt_new_from_turns (model, OWL_SYSTEM_TEXT, NULL, &turn, 1);
  owl_prompt_get_ids (prompt, &n);
  return n;
}

/* A page as picture and text: the parts are the prompt that the rules make, and their tokens those that are measured. */
static void
test_see (void)
{
  TytoServices *services = start_services ();
  g_autoptr (TytoAttachment) page = attach_page (services, "The keeper is called Amalia.");
  g_autoptr (TytoMessage) question = tyto_message_new (1, 1, 0, TYTO_ROLE_USER);
  g_autoptr (GPtrArray) path = g_ptr_array_new ();
  g_autoptr (TytoSeen) seen = NULL;
  const TytoSeenPart *part;
  TytoWeight weight = weigh (services, page);
  TytoCost cost;

  tyto_message_set_text (question, "Who keeps it?");
  g_ptr_array_add (tyto_message_get_attachments (question), g_object_ref (page));
  g_ptr_array_add (path, question);
  seen = see (services, path);
  cost = measure (services, question);
  g_assert_cmpuint (seen->parts->len, ==, 3);
  part = g_ptr_array_index (seen->parts, 0);
  g_assert_true (g_str_has_prefix (part->text, "The following is a conversation between a curious human and AI assistant."));
  g_assert_true (g_str_has_suffix (part->text, "\nHuman: "));
  part = g_ptr_array_index (seen->parts, 1);
  g_assert_true (part->attachment == page);
  g_assert_cmpuint (part->n_tokens, ==, (gsize) weight.overview);
  g_assert_cmpuint (part->tiles->len, ==, 1);
  part = g_ptr_array_index (seen->parts, 2);
  g_assert_cmpstr (part->text, ==, "\nHuman: Text of page 1 of report.pdf:\nThe keeper is called Amalia.\n\nWho keeps it?\nAI: ");
  g_assert_cmpint (ABS ((int) seen->n_tokens - (int) cost.n_used), <=, JOINTS);
  g_assert_cmpuint (seen->n_pictures, ==, 1);

  /* In tiles: as many squares as are counted beforehand, and their tokens. */
  tyto_attachment_set_detail (page, OWL_DETAIL_FINE);
  g_clear_pointer (&seen, tyto_seen_free);
  seen = see (services, path);
  cost = measure (services, question);
  part = g_ptr_array_index (seen->parts, 1);
  g_assert_cmpint (part->rows, ==, weight.rows);
  g_assert_cmpint (part->columns, ==, weight.columns);
  g_assert_cmpint (part->rows, >, part->columns);
  g_assert_cmpuint (part->tiles->len, ==, (guint) (1 + weight.rows * weight.columns));
  g_assert_cmpuint (part->n_tokens, ==, (gsize) weight.fine);
  g_assert_cmpint (ABS ((int) seen->n_tokens - (int) cost.n_used), <=, JOINTS);

  /* As text alone there is no picture. */
  tyto_attachment_set_send (page, TYTO_SEND_TEXT);
  g_clear_pointer (&seen, tyto_seen_free);
  seen = see (services, path);
  g_assert_cmpuint (seen->parts->len, ==, 1);
  g_assert_cmpuint (seen->n_tokens, ==, count_prompt (question));
  stop_services (services);
}

/* A part is read with the pixels that it has: its squares differ from those of the whole. */
static void
test_part (void)
{
  TytoServices *services = start_services ();
  g_autoptr (TytoAttachment) page = attach_page (services, "One\nTwo\nThree");
  g_autoptr (TytoAttachment) part = tyto_attachment_new ("report.pdf", 0);
  g_autoptr (TytoMessage) question = tyto_message_new (1, 1, 0, TYTO_ROLE_USER);
  g_autoptr (GPtrArray) path = g_ptr_array_new ();
  g_autoptr (TytoSeen) seen = NULL;
  const OwlRegion region = { 0.05, 0.03, 0.3, 0.06 };
  OwlRegion found;
  int width, height;

  tyto_attachment_set_blob (part, tyto_attachment_get_blob (page));
  tyto_attachment_set_region (part, &region);
  tyto_documents_load_thumbnail (tyto_services_get_documents (services), part);
  WAIT_FOR (tyto_attachment_get_state (part) == TYTO_ATTACHMENT_READY, LIMIT);
  g_assert_nonnull (tyto_attachment_get_whole (part));
  g_assert_true (tyto_attachment_get_full_size (part, &width, &height));
  g_assert_cmpint (width, ==, TYTO_PAGE_SIZE);
  g_assert_cmpint (height, ==, (int) (TYTO_PAGE_SIZE * 0.06 * 842.0 / (0.3 * 595.0) + 0.5));
  g_assert_true (tyto_attachment_get_region (part, &found));
  g_assert_cmpmem (&found, sizeof found, &region, sizeof region);

  tyto_attachment_set_send (page, TYTO_SEND_PICTURE);
  g_ptr_array_add (tyto_message_get_attachments (question), g_object_ref (page));
  g_ptr_array_add (tyto_message_get_attachments (question), g_object_ref (part));
  g_ptr_array_add (path, question);
  seen = see (services, path);
  g_assert_cmpuint (seen->n_pictures, ==, 2);
  {
    OwlPicture *whole = g_ptr_array_index (((TytoSeenPart *) g_ptr_array_index (seen->parts, 1))->tiles, 0);
    OwlPicture *close = g_ptr_array_index (((TytoSeenPart *) g_ptr_array_index (seen->parts, 3))->tiles, 0);

    g_assert_cmpint (memcmp (owl_picture_get_hash (whole), owl_picture_get_hash (close), 32), !=, 0);
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
  g_test_add_func ("/see/see", test_see);
  g_test_add_func ("/see/part", test_part);
  status = g_test_run ();
  remove_tree (scratch);
  return status;
}
