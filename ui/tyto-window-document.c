/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "app/documents/tyto-document-text.h"
#include "ui/tyto-document-bar.h"

#include <glib/gi18n.h>

/* Typing pauses this long before pages are picked. */
#define PAUSE_MS 400
/* So many pages go with a question. */
#define BEST_PAGES 3

/* A document whose pages the question picks. */
typedef struct _WindowDocument {
  TytoImport *import;
  OwlContents *contents;  /* labels; NULL until they are read */
  GCancellable *cancellable;
  GCancellable *finding;  /* of the search that runs, or NULL */
  gboolean indexed;       /* the document was read once; the first search does that and goes on whatever is typed */
  char *asked;            /* the question that pages are wanted for */
  char *searched;         /* the one that the search is or was for */
  GPtrArray *picked;      /* TytoAttachment: those that are attached for it */
  gboolean by_hand;       /* the user changed the choice, which stays */
  gboolean send_wanted;   /* Send was pressed before the pages were there */
  guint timer;
} Document;

static void search (TytoWindow *self);

static void
document_free (Document *d)
{
  g_clear_handle_id (&d->timer, g_source_remove);
  g_cancellable_cancel (d->cancellable);
  g_cancellable_cancel (d->finding);
  g_object_unref (d->cancellable);
  g_clear_object (&d->finding);
  g_clear_pointer (&d->contents, owl_contents_unref);
  g_clear_pointer (&d->import, tyto_import_free);
  g_ptr_array_unref (d->picked);
  g_free (d->asked);
  g_free (d->searched);
  g_free (d);
}

static char *
label_of (const Document *d, int page)
{
  const char *label = d->contents ? owl_contents_get_label (d->contents, page) : NULL;

  return label && *label ? g_strdup (label) : g_strdup_printf ("%d", page + 1);
}

static void
say (TytoWindow *self, const char *status)
{
  const Document *d = self->document;
  g_autoptr (GArray) pages = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) labels = NULL;

  for (guint i = 0; i < d->picked->len; i++) {
    TytoAttachment *attachment = g_ptr_array_index (d->picked, i);
    int page = tyto_attachment_get_page (attachment);

    g_array_append_val (pages, page);
    g_strv_builder_add (builder, tyto_attachment_get_page_label (attachment));
  }
  labels = g_strv_builder_end (builder);
  tyto_document_bar_set_status (TYTO_DOCUMENT_BAR (self->document_bar), status, pages, labels, d->by_hand);
}

/* Send was held until the pages were there. */
static gboolean
send_now (gpointer data)
{
  TytoWindow *self = data;

  if (self->document && self->document->send_wanted && !self->document->finding && !tyto_composer_is_reading (TYTO_COMPOSER (self->composer))) {
    self->document->send_wanted = FALSE;
    _tyto_window_send (self);
  }
  return G_SOURCE_REMOVE;
}

static TytoAttachment *
find_picked (const Document *d, int page)
{
  for (guint i = 0; i < d->picked->len; i++)
    if (tyto_attachment_get_page (g_ptr_array_index (d->picked, i)) == page)
      return g_ptr_array_index (d->picked, i);
  return NULL;
}

/* What is attached follows what was found; pages that stay keep what was set for them. */
static void
attach_found (TytoWindow *self, GPtrArray *hits)
{
  Document *d = self->document;
  g_autoptr (GPtrArray) old = g_steal_pointer (&d->picked);

  d->picked = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < hits->len; i++) {
    int page = ((const TytoPageHit *) g_ptr_array_index (hits, i))->page;
    TytoAttachment *attachment = find_picked (&(Document){ .picked = old }, page);
    g_autofree char *label = label_of (d, page);

    if (!attachment)
      attachment = tyto_composer_attach_page (TYTO_COMPOSER (self->composer), d->import->blob, d->import->name, page, label);
    g_ptr_array_add (d->picked, g_object_ref (attachment));
  }
  for (guint i = 0; i < old->len; i++)
    if (!g_ptr_array_find (d->picked, g_ptr_array_index (old, i), NULL))
      tyto_composer_withdraw (TYTO_COMPOSER (self->composer), g_ptr_array_index (old, i));
}

static void
pages_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) hits = tyto_documents_find_pages_finish (TYTO_DOCUMENTS (object), result, &error);
  Document *d = self->document;

  if (!d || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED))
    return;
  g_clear_object (&d->finding);
  d->import->is_locked = g_error_matches (error, OWL_ERROR, OWL_ERROR_PASSWORD);
  if (!hits) {
    d->send_wanted = FALSE;
    say (self, error->message);
    return;
  }
  g_ptr_array_set_free_func (hits, (GDestroyNotify) tyto_page_hit_free);
  d->indexed = TRUE;
  if (g_strcmp0 (d->asked, d->searched) != 0) {
    search (self);
    return;
  }
  if (!d->by_hand && *d->asked)
    attach_found (self, hits);
  if (!*d->asked)
    say (self, _("Your question picks the pages that go along."));
  else if (d->picked->len == 0)
    say (self, _("No page fits these words. Choose pages, or ask in other words; scanned pages have no text to search."));
  else
    say (self, ngettext ("This page fits your question best and goes along:", "These pages fit your question best and go along:", d->picked->len));
  send_now (self);
}

static void
search (TytoWindow *self)
{
  Document *d = self->document;

  d->finding = g_cancellable_new ();
  g_free (d->searched);
  d->searched = g_strdup (d->asked);
  tyto_documents_find_pages_async (tyto_services_get_documents (self->services), tyto_services_get_store (self->services), d->import->blob,
                                   d->import->name, d->searched, BEST_PAGES, d->finding, pages_found, g_object_ref (self));
}

static void
pick (TytoWindow *self, const char *question)
{
  Document *d = self->document;

  g_clear_handle_id (&d->timer, g_source_remove);
  g_free (d->asked);
  d->asked = g_strdup (question);
  if (d->finding && !d->indexed)
    return;
  g_cancellable_cancel (d->finding);
  g_clear_object (&d->finding);
  search (self);
}

static gboolean
pick_later (gpointer data)
{
  TytoWindow *self = data;
  g_autofree char *text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));

  self->document->timer = 0;
  pick (self, text);
  return G_SOURCE_REMOVE;
}

void
_tyto_window_document_question_changed (TytoWindow *self)
{
  Document *d = self->document;
  g_autofree char *text = NULL;

  if (!d || d->by_hand || self->edited)
    return;
  text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  if (g_strcmp0 (text, d->asked) != 0) {
    g_clear_handle_id (&d->timer, g_source_remove);
    /* An empty composer after Send keeps no pages. */
    if (*text)
      d->timer = g_timeout_add (PAUSE_MS, pick_later, self);
  }
  if (d->send_wanted && !d->finding && d->timer == 0)
    g_idle_add_full (G_PRIORITY_DEFAULT, send_now, g_object_ref (self), g_object_unref);
}

gboolean
_tyto_window_document_holds_send (TytoWindow *self)
{
  Document *d = self->document;
  g_autofree char *text = NULL;

  if (!d || d->by_hand || self->edited)
    return FALSE;
  text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  if (*text && g_strcmp0 (text, d->asked) != 0)
    pick (self, text);
  if (!d->finding && !tyto_composer_is_reading (TYTO_COMPOSER (self->composer)))
    return FALSE;
  d->send_wanted = TRUE;
  return TRUE;
}

void
_tyto_window_document_sent (TytoWindow *self)
{
  Document *d = self->document;

  if (!d)
    return;
  g_ptr_array_set_size (d->picked, 0);
  g_clear_handle_id (&d->timer, g_source_remove);
  g_free (d->asked);
  d->asked = g_strdup ("");
  d->by_hand = d->send_wanted = FALSE;
  say (self, _("Your question picks the pages that go along."));
}

void
_tyto_window_document_removed (TytoWindow *self, TytoAttachment *attachment)
{
  Document *d = self->document;

  if (!d || !g_ptr_array_remove (d->picked, attachment))
    return;
  d->by_hand = TRUE;
  say (self, _("You changed the choice; it stays as it is."));
  _tyto_window_draft_changed (self);
}

static void
contents_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoWindow) self = user_data;
  OwlContents *contents = tyto_documents_read_contents_finish (TYTO_DOCUMENTS (object), result, NULL);

  if (contents && self->document && !self->document->contents)
    self->document->contents = g_steal_pointer (&contents);
  g_clear_pointer (&contents, owl_contents_unref);
}

static void
read_contents (TytoWindow *self)
{
  const Document *d = self->document;

  tyto_documents_read_contents_async (tyto_services_get_documents (self->services), d->import->blob, d->import->name, d->cancellable, contents_read,
                                      g_object_ref (self));
}

/* The document with nothing picked yet. */
static Document *
begin (TytoWindow *self, const TytoImport *import)
{
  Document *d = g_new0 (Document, 1);

  _tyto_window_drop_document (self);
  d->import = tyto_import_copy (import);
  d->cancellable = g_cancellable_new ();
  d->picked = g_ptr_array_new_with_free_func (g_object_unref);
  self->document = d;
  tyto_document_bar_set_name (TYTO_DOCUMENT_BAR (self->document_bar), import->name);
  read_contents (self);
  return d;
}

/* The pages for what is written; the first time the document is read for it. */
static void
begin_picking (TytoWindow *self)
{
  g_autofree char *question = tyto_composer_get_text (TYTO_COMPOSER (self->composer));

  say (self, _("Reading the document, so that your question can pick its pages…"));
  pick (self, question);
}

void
_tyto_window_take_document (TytoWindow *self, const TytoImport *import)
{
  begin (self, import);
  begin_picking (self);
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
  _tyto_window_draft_changed (self);
}

TytoDraftDocument *
_tyto_window_document_get_kept (TytoWindow *self)
{
  const Document *d = self->document;
  TytoDraftDocument *kept = d ? tyto_draft_document_new (d->import->blob, d->import->name, d->import->n_pages, d->by_hand) : NULL;

  for (guint i = 0; kept && i < d->picked->len; i++) {
    int page = tyto_attachment_get_page (g_ptr_array_index (d->picked, i));

    g_array_append_val (kept->picked, page);
  }
  return kept;
}

/* All of a page of the document among the attachments, or NULL. */
static TytoAttachment *
find_page (GPtrArray *attachments, const char *blob, int page)
{
  for (guint i = 0; i < attachments->len; i++) {
    TytoAttachment *a = g_ptr_array_index (attachments, i);

    if (tyto_attachment_get_page (a) == page && g_str_equal (tyto_attachment_get_blob (a), blob) && !tyto_attachment_get_region (a, &(OwlRegion){ 0 }))
      return a;
  }
  return NULL;
}

void
_tyto_window_document_restore (TytoWindow *self, const TytoDraftDocument *kept)
{
  g_autoptr (GPtrArray) attachments = tyto_composer_get_kept_attachments (TYTO_COMPOSER (self->composer));
  Document *d;

  if (!kept) {
    _tyto_window_drop_document (self);
    return;
  }
  d = begin (self, &(TytoImport){ .blob = kept->blob, .name = kept->name, .is_document = TRUE, .n_pages = kept->n_pages });
  d->by_hand = kept->by_hand;
  for (guint i = 0; i < kept->picked->len; i++) {
    TytoAttachment *attachment = find_page (attachments, kept->blob, g_array_index (kept->picked, int, i));

    if (attachment)
      g_ptr_array_add (d->picked, g_object_ref (attachment));
  }
  if (d->by_hand)
    say (self, _("You changed the choice; it stays as it is."));
  else
    begin_picking (self);
}

void
_tyto_window_document_unlocked (TytoWindow *self, const char *blob)
{
  Document *d = self->document;
  g_autoptr (GPtrArray) attachments = tyto_composer_get_kept_attachments (TYTO_COMPOSER (self->composer));
  GListModel *conversations = tyto_services_get_conversations (self->services);
  TytoDocuments *documents = tyto_services_get_documents (self->services);

  for (guint i = 0; i < attachments->len; i++)
    tyto_documents_load_again (documents, g_ptr_array_index (attachments, i), blob);
  tyto_chat_load_again (self->chat, blob);
  for (guint i = 0; i < g_list_model_get_n_items (conversations); i++) {
    g_autoptr (TytoConversation) conversation = g_list_model_get_item (conversations, i);

    if (tyto_conversation_get_cover (conversation))
      tyto_documents_load_again (documents, tyto_conversation_get_cover (conversation), blob);
  }
  if (!d || g_strcmp0 (d->import->blob, blob) != 0)
    return;
  d->import->is_locked = FALSE;
  if (!d->contents)
    read_contents (self);
  if (!d->by_hand)
    begin_picking (self);
}

void
_tyto_window_drop_document (TytoWindow *self)
{
  g_clear_pointer (&self->document, document_free);
  tyto_document_bar_set_name (TYTO_DOCUMENT_BAR (self->document_bar), NULL);
}

static void
view_page (TytoWindow *self, int page)
{
  TytoAttachment *attachment = find_picked (self->document, page);

  if (attachment)
    _tyto_window_view_attachment (self, attachment);
}

/* The pages that were picked are those chosen to begin with; what is chosen then stays. */
static void
choose (TytoWindow *self)
{
  _tyto_window_choose_pages (self, self->document->import);
}

void
_tyto_window_document_chosen (TytoWindow *self, const char *blob)
{
  Document *d = self->document;

  if (!d || g_strcmp0 (d->import->blob, blob) != 0)
    return;
  for (guint i = 0; i < d->picked->len; i++)
    tyto_composer_withdraw (TYTO_COMPOSER (self->composer), g_ptr_array_index (d->picked, i));
  g_ptr_array_set_size (d->picked, 0);
  d->by_hand = TRUE;
  say (self, _("You chose the pages; your choice stays as it is."));
  _tyto_window_draft_changed (self);
}

GtkBitset *
_tyto_window_document_get_pages (TytoWindow *self, const char *blob)
{
  GtkBitset *pages = gtk_bitset_new_empty ();

  for (guint i = 0; self->document && g_strcmp0 (self->document->import->blob, blob) == 0 && i < self->document->picked->len; i++)
    gtk_bitset_add (pages, (guint) tyto_attachment_get_page (g_ptr_array_index (self->document->picked, i)));
  return pages;
}

static void
again (TytoWindow *self)
{
  g_autofree char *text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));

  self->document->by_hand = FALSE;
  pick (self, text);
  _tyto_window_draft_changed (self);
}

static void
dismiss (TytoWindow *self)
{
  for (guint i = 0; i < self->document->picked->len; i++)
    tyto_composer_withdraw (TYTO_COMPOSER (self->composer), g_ptr_array_index (self->document->picked, i));
  _tyto_window_drop_document (self);
  _tyto_window_draft_changed (self);
}

GtkWidget *
_tyto_window_build_document_bar (TytoWindow *self)
{
  self->document_bar = tyto_document_bar_new ();
  g_signal_connect_swapped (self->document_bar, "view", G_CALLBACK (view_page), self);
  g_signal_connect_swapped (self->document_bar, "choose", G_CALLBACK (choose), self);
  g_signal_connect_swapped (self->document_bar, "again", G_CALLBACK (again), self);
  g_signal_connect_swapped (self->document_bar, "dismissed", G_CALLBACK (dismiss), self);
  return self->document_bar;
}
