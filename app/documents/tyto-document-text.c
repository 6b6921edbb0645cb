/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-documents"

#include "app/documents/tyto-document-text.h"

#include "app/documents/tyto-documents-private.h"

#include <string.h>

#define READ_PRIORITY -20
/* Whole documents wait for what somebody is looking at. */
#define WHOLE_PRIORITY 10
#define MAX_HITS 1000
#define SNIPPET_BYTES 60 /* at most, on either side */

typedef struct {
  char *text;
  int page, size;
  gboolean recognise;
  OwlRegion region;
} Request;

static void
request_free (gpointer data)
{
  Request *r = data;

  g_free (r->text);
  g_free (r);
}

static gboolean
run_read_text (OwlDecoder *decoder, gpointer data, GTask *task, GError **error)
{
  const Request *r = data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  OwlPageText *text = r->recognise ? owl_decoder_recognise_page (decoder, r->page, cancellable, error)
                                   : owl_decoder_read_page (decoder, r->page, cancellable, error);

  if (!text)
    return FALSE;
  g_task_return_pointer (task, text, (GDestroyNotify) owl_page_text_unref);
  return TRUE;
}

static void
read_text (TytoDocuments *self, const char *blob, const char *name, int page, gboolean recognise, GCancellable *cancellable,
           GAsyncReadyCallback callback, gpointer user_data)
{
  Request *r = g_new0 (Request, 1);

  r->page = MAX (page, 0);
  r->recognise = recognise;
  tyto_documents_push (self, blob, name, run_read_text, r, request_free, READ_PRIORITY, cancellable, callback, user_data);
}

void
tyto_documents_read_text_async (TytoDocuments *self, const char *blob, const char *name, int page, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  read_text (self, blob, name, page, FALSE, cancellable, callback, user_data);
}

void
tyto_documents_recognise_text_async (TytoDocuments *self, const char *blob, const char *name, int page, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  read_text (self, blob, name, page, TRUE, cancellable, callback, user_data);
}

OwlPageText *
tyto_documents_read_text_finish (TytoDocuments *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
run_read_contents (OwlDecoder *decoder, gpointer data, GTask *task, GError **error)
{
  OwlContents *contents = owl_decoder_read_contents (decoder, g_task_get_cancellable (task), error);

  if (!contents)
    return FALSE;
  g_task_return_pointer (task, contents, (GDestroyNotify) owl_contents_unref);
  return TRUE;
}

void
tyto_documents_read_contents_async (TytoDocuments *self, const char *blob, const char *name, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
  tyto_documents_push (self, blob, name, run_read_contents, NULL, NULL, READ_PRIORITY, cancellable, callback, user_data);
}

OwlContents *
tyto_documents_read_contents_finish (TytoDocuments *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
tyto_text_hit_free (TytoTextHit *hit)
{
  g_array_unref (hit->words);
  g_free (hit->snippet);
  g_free (hit);
}

/* The match with what stands before and after it in its line. */
static TytoTextHit *
make_hit (const OwlPageText *page, int index, const OwlTextMatch *match)
{
  const char *text = owl_page_text_get_text (page), *begin = text + match->start, *end = begin + match->length;
  TytoTextHit *hit = g_new0 (TytoTextHit, 1);

  hit->page = index;
  hit->words = g_array_new (FALSE, FALSE, sizeof (OwlTextWord));
  if (match->n_words > 0)
    g_array_append_vals (hit->words, owl_page_text_get_words (page, NULL) + match->first_word, match->n_words);
  while (begin > text && begin[-1] != '\n' && text + match->start - begin < SNIPPET_BYTES)
    begin = g_utf8_prev_char (begin);
  while (*end && *end != '\n' && end - (text + match->start + match->length) < SNIPPET_BYTES)
    end = g_utf8_next_char (end);
  hit->snippet = g_strdelimit (g_strndup (begin, (gsize) (end - begin)), "\n", ' ');
  hit->mark = (TytoTextRange){ (guint) (text + match->start - begin), match->length };
  return hit;
}

static gboolean
run_find_text (OwlDecoder *decoder, gpointer data, GTask *task, GError **error)
{
  const Request *r = data;
  g_autoptr (GPtrArray) hits = g_ptr_array_new_with_free_func ((GDestroyNotify) tyto_text_hit_free);

  for (int page = 0; page < owl_decoder_get_n_pages (decoder) && hits->len < MAX_HITS; page++) {
    g_autoptr (OwlPageText) text = owl_decoder_read_page (decoder, page, g_task_get_cancellable (task), error);
    g_autoptr (GArray) matches = text ? owl_page_text_find (text, r->text) : NULL;

    if (!text)
      return FALSE;
    for (guint i = 0; i < matches->len && hits->len < MAX_HITS; i++)
      g_ptr_array_add (hits, make_hit (text, page, &g_array_index (matches, OwlTextMatch, i)));
  }
  g_task_return_pointer (task, g_steal_pointer (&hits), (GDestroyNotify) g_ptr_array_unref);
  return TRUE;
}

void
tyto_documents_find_text_async (TytoDocuments *self, const char *blob, const char *name, const char *text, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  Request *r = g_new0 (Request, 1);

  r->text = g_strdup (text);
  tyto_documents_push (self, blob, name, run_find_text, r, request_free, READ_PRIORITY, cancellable, callback, user_data);
}

GPtrArray *
tyto_documents_find_text_finish (TytoDocuments *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* A word that a line's end cut in two is one word to look for. */
static char *
join_hyphens (const char *text)
{
  static GRegex *hyphen;

  if (g_once_init_enter (&hyphen)) {
    GRegex *made = g_regex_new ("(?<=\\p{L})[-\\x{2010}\\x{00ad}]\\n(?=\\p{Ll})", G_REGEX_OPTIMIZE, 0, NULL);

    g_once_init_leave (&hyphen, made);
  }
  return g_regex_replace_literal (hyphen, text, -1, 0, "", 0, NULL);
}

/* Texts of all pages (char *), for the index. A page that cannot be read counts as empty: the others are still worth finding. */
static gboolean
run_read_all (OwlDecoder *decoder, gpointer data, GTask *task, GError **error)
{
  g_autoptr (GStrvBuilder) texts = g_strv_builder_new ();

  for (int page = 0; page < owl_decoder_get_n_pages (decoder); page++) {
    g_autoptr (GError) cause = NULL;
    g_autoptr (OwlPageText) text = owl_decoder_read_page (decoder, page, g_task_get_cancellable (task), &cause);
    g_autofree char *joined = text ? join_hyphens (owl_page_text_get_text (text)) : NULL;

    if (!text && !g_error_matches (cause, OWL_ERROR, OWL_ERROR_FORMAT)) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
    g_strv_builder_add (texts, joined ? joined : "");
  }
  g_task_return_pointer (task, g_strv_builder_end (texts), (GDestroyNotify) g_strfreev);
  return TRUE;
}

/* Looking for pages: is the document in the index; if not, read it and put it there; then ask. */
typedef struct {
  TytoStore *store;
  char *blob, *name, *question;
  int n_most;
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  g_object_unref (search->store);
  g_free (search->blob);
  g_free (search->name);
  g_free (search->question);
  g_free (search);
}

static void
pages_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GPtrArray *hits = tyto_store_find_pages_finish (TYTO_STORE (object), result, &error);

  if (hits)
    g_task_return_pointer (task, hits, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

static void
find_pages (GTask *task)
{
  const Search *search = g_task_get_task_data (task);

  tyto_store_find_pages_async (search->store, search->blob, search->question, search->n_most, pages_found, task);
}

static void
pages_put (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (tyto_store_put_pages_finish (TYTO_STORE (object), result, &error)) {
    find_pages (task);
    return;
  }
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
pages_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  const Search *search = g_task_get_task_data (task);
  GError *error = NULL;
  g_auto (GStrv) texts = g_task_propagate_pointer (G_TASK (result), &error);

  if (texts) {
    tyto_store_put_pages_async (search->store, search->blob, (const char *const *) texts, pages_put, task);
    return;
  }
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
pages_known (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  const Search *search = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean known;

  if (!tyto_store_has_pages_finish (TYTO_STORE (object), result, &known, &error)) {
    g_task_return_error (task, error);
    g_object_unref (task);
  } else if (known) {
    find_pages (task);
  } else {
    tyto_documents_push (g_task_get_source_object (task), search->blob, search->name, run_read_all, NULL, NULL, WHOLE_PRIORITY,
                         g_task_get_cancellable (task), pages_read, task);
  }
}

void
tyto_documents_find_pages_async (TytoDocuments *self, TytoStore *store, const char *blob, const char *name, const char *question, int n_most,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Search *search = g_new0 (Search, 1);

  search->store = g_object_ref (store);
  search->blob = g_strdup (blob);
  search->name = g_strdup (name);
  search->question = g_strdup (question);
  search->n_most = n_most;
  g_task_set_task_data (task, search, search_free);
  tyto_store_has_pages_async (store, blob, pages_known, task);
}

GPtrArray *
tyto_documents_find_pages_finish (TytoDocuments *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
run_render_region (OwlDecoder *decoder, gpointer data, GTask *task, GError **error)
{
  const Request *r = data;
  OwlPicture *picture = owl_decoder_render_region (decoder, r->page, &r->region, r->size, r->size, g_task_get_cancellable (task), error);

  if (!picture)
    return FALSE;
  g_task_return_pointer (task, picture, (GDestroyNotify) owl_picture_unref);
  return TRUE;
}

void
tyto_documents_render_region_async (TytoDocuments *self, const char *blob, const char *name, int page, const OwlRegion *region, int size,
                                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Request *r = g_new0 (Request, 1);

  r->page = MAX (page, 0);
  r->region = *region;
  r->size = size;
  tyto_documents_push (self, blob, name, run_render_region, r, request_free, READ_PRIORITY, cancellable, callback, user_data);
}

OwlPicture *
tyto_documents_render_region_finish (TytoDocuments *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
