/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Pictures and documents as the app takes them in: what works, and the message that each kind of trouble gets. */
#include "app-util.h"
#include "make-pdf.h"

#include "app/chat/tyto-engine.h"
#include "app/documents/tyto-document-text.h"
#include "app/documents/tyto-samples.h"

#include <string.h>

#define LIMIT 40

typedef struct {
  char *folder, *blobs;
  TytoDocuments *documents;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = make_scratch ();
  f->blobs = g_build_filename (f->folder, "blobs", NULL);
  f->documents = tyto_documents_new (f->blobs);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_object_unref (f->documents);
  remove_tree (f->folder);
  g_free (f->folder);
  g_free (f->blobs);
}

static TytoImport *
import (Fixture *f, const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;

  tyto_documents_import_async (f->documents, file, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  return tyto_documents_import_finish (f->documents, result, error);
}

static char *
golden (const char *name)
{
  return g_build_filename (g_getenv ("OWL_TEST_DATA"), "golden", "images", name, NULL);
}

/* Writes `size` bytes as NAME into the scratch folder. */
static char *
write_file (Fixture *f, const char *name, const void *data, gsize size)
{
  char *path = g_build_filename (f->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
  return path;
}

static void
assert_refused (Fixture *f, const char *path, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImport) result = import (f, path, &error);

  /* A damaged picture can have a good beginning: then its pixels are what fails. */
  if (result) {
    g_autoptr (TytoAttachment) attachment = tyto_attachment_new (result->name, -1);

    tyto_attachment_set_blob (attachment, result->blob);
    tyto_documents_load_thumbnail (f->documents, attachment);
    WAIT_FOR (tyto_attachment_get_state (attachment) != TYTO_ATTACHMENT_READING, LIMIT);
    g_assert_cmpint (tyto_attachment_get_state (attachment), ==, TYTO_ATTACHMENT_FAILED);
    g_test_message ("%s", tyto_attachment_get_error (attachment));
    g_assert_nonnull (strstr (tyto_attachment_get_error (attachment), word));
    return;
  }
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_picture (Fixture *f, gconstpointer data)
{
  g_autofree char *path = golden ("scene_exif6.jpg");
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImport) first = import (f, path, &error), second = import (f, path, &error);
  g_autoptr (TytoAttachment) attachment = NULL;
  g_autoptr (OwlPicture) pixels = NULL;

  g_assert_no_error (error);
  g_assert_false (first->is_document);
  /* The same content is kept once. */
  g_assert_cmpstr (first->blob, ==, second->blob);
  g_assert_cmpstr (first->name, ==, "scene_exif6.jpg");
  attachment = tyto_attachment_new (first->name, -1);
  tyto_attachment_set_blob (attachment, first->blob);
  tyto_documents_load_thumbnail (f->documents, attachment);
  WAIT_FOR (tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_READY, LIMIT);
  /* The reference data says how it is displayed. */
  g_assert_cmpint (owl_picture_get_width (tyto_attachment_get_thumbnail (attachment)), ==, 63);
  g_assert_cmpint (owl_picture_get_height (tyto_attachment_get_thumbnail (attachment)), ==, 95);
  pixels = tyto_documents_render (f->documents, first->blob, first->name, -1, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_picture_get_width (pixels), ==, 63);
}

static void
test_trouble (Fixture *f, gconstpointer data)
{
  g_autofree char *picture = golden ("rgb16.png"), *contents = NULL;
  /* A PNG header that announces 30,000 x 30,000 pixels, with its checksum. */
  static const guint8 bomb[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30,
                                 8, 2, 0, 0, 0, 0xca, 0x91, 0xa6, 0x13, 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
  gsize size;

  g_assert_true (g_file_get_contents (picture, &contents, &size, NULL));
  {
    g_autofree char *cut = write_file (f, "cut.png", contents, size / 2);
    g_autofree char *text = write_file (f, "letter.jpg", "Dear Sir or Madam,\n", 19);
    g_autofree char *pdf = write_file (f, "broken.pdf", "%PDF-1.7\nnothing that helps\n", 28);
    g_autofree char *huge = write_file (f, "bomb.png", bomb, sizeof bomb);
    g_autofree char *empty = write_file (f, "empty.png", "", 0);

    assert_refused (f, cut, "cut off");
    assert_refused (f, text, "not a picture");
    assert_refused (f, pdf, "broken.pdf");
    assert_refused (f, huge, "megapixels");
    assert_refused (f, empty, "empty.png");
    assert_refused (f, f->folder, "");
    assert_refused (f, "/nonexistent/picture.png", "picture.png is not there");
  }
}

/* An empty page of the given size, with more in the trailer. */
static char *
make_plain_pdf (const char *media_box, const char *trailer)
{
  return g_strdup_printf ("%%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
                          "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[%s]>>\nendobj\ntrailer\n<</Root 1 0 R %s>>\n%%%%EOF\n",
                          media_box, trailer);
}

static OwlPicture *
render (Fixture *f, const TytoImport *import, int page, const OwlRegion *region, int size, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (region)
    tyto_documents_render_region_async (f->documents, import->blob, import->name, page, region, size, NULL, keep_result, &result);
  else
    tyto_documents_render_async (f->documents, import->blob, import->name, page, size, 0, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  return region ? tyto_documents_render_region_finish (f->documents, result, error)
                : tyto_documents_render_finish (f->documents, result, error);
}

/* Pages that are too many, too large, locked: each opens or says what is wrong. */
static void
test_hostile_pages (Fixture *f, gconstpointer data)
{
  g_autofree char *hash = g_strnfill (64, '5');
  g_autofree char *encrypt = g_strdup_printf ("/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]", hash, hash);
  g_autofree char *locked = make_plain_pdf ("0 0 100 100", encrypt), *large = make_plain_pdf ("0 0 20000 20000", "");
  g_autofree char *locked_path = write_file (f, "locked.pdf", locked, strlen (locked));
  g_autofree char *large_path = write_file (f, "large.pdf", large, strlen (large));
  g_autofree char *long_path = NULL;
  g_autoptr (GPtrArray) pages = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GByteArray) pdf = NULL;
  g_autoptr (TytoImport) page_import = NULL, long_import = NULL;
  g_autoptr (OwlPicture) whole = NULL, part = NULL, last = NULL;
  g_autoptr (GError) error = NULL;

  assert_refused (f, locked_path, "password");

  page_import = import (f, large_path, &error);
  g_assert_no_error (error);
  whole = render (f, page_import, 0, NULL, TYTO_PAGE_SIZE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_picture_get_width (whole), ==, TYTO_PAGE_SIZE);
  part = render (f, page_import, 0, &(OwlRegion){ 0.5, 0.5, 0.001, 0.002 }, 500, &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_picture_get_height (part), ==, 500);

  for (int i = 0; i < 500; i++)
    g_ptr_array_add (pages, g_strdup_printf ("This is page %d.", i + 1));
  pdf = make_text_pdf ((const char *const *) pages->pdata, pages->len);
  long_path = write_file (f, "long.pdf", pdf->data, pdf->len);
  long_import = import (f, long_path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (long_import->n_pages, ==, 500);
  last = render (f, long_import, 499, NULL, 400, &error);
  g_assert_no_error (error);
  g_assert_null (render (f, long_import, 500, NULL, 400, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_LIMIT);
}

/* The text of a page goes before the question, and says where it comes from. */
static void
test_question (Fixture *f, gconstpointer data)
{
  g_autoptr (TytoMessage) message = tyto_message_new (2, 1, 0, TYTO_ROLE_USER);
  TytoAttachment *page = tyto_attachment_new ("report.pdf", 2), *picture = tyto_attachment_new ("cat.png", -1);
  g_autofree char *plain = NULL, *with_text = NULL;

  g_ptr_array_add (tyto_message_get_attachments (message), page);
  g_ptr_array_add (tyto_message_get_attachments (message), picture);
  tyto_message_set_text (message, "What is the total?");
  tyto_attachment_set_send (page, TYTO_SEND_BOTH);
  plain = tyto_engine_make_question (message);
  g_assert_cmpstr (plain, ==, "What is the total?");
  tyto_attachment_set_text (page, "Total | 12.50", FALSE);
  tyto_attachment_set_text (picture, "MEOW", TRUE);
  tyto_attachment_set_send (picture, TYTO_SEND_TEXT);
  with_text = tyto_engine_make_question (message);
  g_assert_cmpstr (with_text, ==,
                   "Text of page 3 of report.pdf:\nTotal | 12.50\n\nText recognised in cat.png:\nMEOW\n\nWhat is the total?");
}

/* In the language of the user where there is one, else as they are. */
static void
test_samples (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = g_strdup (g_getenv ("LANGUAGE"));
  const char *const languages[] = { "de", "xx" }, *const questions[] = { "Was ist das?", "What is this?" };

  for (guint i = 0; i < G_N_ELEMENTS (languages); i++) {
    g_autoptr (GPtrArray) samples = NULL;

    g_setenv ("LANGUAGE", languages[i], TRUE);
    samples = tyto_samples_load (g_getenv ("TYTO_DATA_DIR"));
    g_assert_cmpuint (samples->len, >, 0);
    g_assert_cmpstr (((const TytoSample *) g_ptr_array_index (samples, 0))->question, ==, questions[i]);
  }
  if (before)
    g_setenv ("LANGUAGE", before, TRUE);
  else
    g_unsetenv ("LANGUAGE");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/documents/picture", Fixture, NULL, set_up, test_picture, tear_down);
  g_test_add ("/documents/trouble", Fixture, NULL, set_up, test_trouble, tear_down);
  g_test_add ("/documents/hostile-pages", Fixture, NULL, set_up, test_hostile_pages, tear_down);
  g_test_add ("/documents/question", Fixture, NULL, set_up, test_question, tear_down);
  g_test_add ("/documents/samples", Fixture, NULL, set_up, test_samples, tear_down);
  return g_test_run ();
}
