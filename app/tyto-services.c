/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-services"

#include "app/tyto-services-private.h"

/* A copy that nothing refers to is kept for a day. */
#define UNUSED_SECONDS (24 * 60 * 60)

G_DEFINE_FINAL_TYPE (TytoServices, tyto_services, G_TYPE_OBJECT)

enum { PROP_0, PROP_PROBLEM, PROP_MODEL_PATH, PROP_LISTED, N_PROPS };
static GParamSpec *properties[N_PROPS];
enum { SIGNAL_TROUBLE, SIGNAL_EMPTIED, SIGNAL_STATE_CHANGED, SIGNAL_SAVE_AGAIN, N_SIGNALS };
static guint signals[N_SIGNALS];

static int
compare_conversations (gconstpointer a, gconstpointer b, gpointer user_data)
{
  TytoConversation *x = TYTO_CONVERSATION ((gpointer) a), *y = TYTO_CONVERSATION ((gpointer) b);
  gint64 dx = tyto_conversation_get_updated (x), dy = tyto_conversation_get_updated (y);

  if (tyto_conversation_get_pinned (x) != tyto_conversation_get_pinned (y))
    return tyto_conversation_get_pinned (x) ? -1 : 1;
  return (dx < dy) - (dx > dy);
}

void
_tyto_services_state_changed (TytoServices *self)
{
  g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0);
}

void
_tyto_services_notify_model (TytoServices *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MODEL_PATH]);
}

void
_tyto_services_save_again (TytoServices *self)
{
  g_signal_emit (self, signals[SIGNAL_SAVE_AGAIN], 0);
}

void
_tyto_services_set_problem (TytoServices *self, const GError *error)
{
  g_free (self->problem);
  self->problem = error ? g_strdup (error->message) : NULL;
  self->problem_code = error && error->domain == TYTO_STORE_ERROR ? (TytoStoreError) error->code : TYTO_STORE_ERROR_IO;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROBLEM]);
  _tyto_services_state_changed (self);
}

/* Copies that nothing refers to any more go, but not before what was deleted can no longer be put back. */
static void
blobs_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoServices) self = user_data;
  g_autoptr (GPtrArray) used = tyto_store_list_blobs_finish (TYTO_STORE (object), result, NULL);

  if (used)
    tyto_documents_collect (self->documents, used, UNUSED_SECONDS);
}

static void
listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoServices) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) conversations = tyto_store_list_finish (TYTO_STORE (object), result, &error);

  if (!conversations) {
    /* Damage that opening did not meet. */
    if (g_error_matches (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_DAMAGED) && !tyto_store_get_moved (self->store))
      _tyto_services_renew (self, "damaged");
    else
      _tyto_services_set_problem (self, error);
    return;
  }
  _tyto_services_set_problem (self, NULL);
  for (guint i = 0; i < conversations->len; i++) {
    TytoConversation *c = g_ptr_array_index (conversations, i);

    if (tyto_conversation_get_id (c) != TYTO_CONVERSATION_NEW)
      continue;
    g_set_object (&self->new_draft, c);
    g_ptr_array_remove_index (conversations, i);
    break;
  }
  g_list_store_splice (self->conversations, 0, 0, conversations->pdata, conversations->len);
  self->listed = TRUE;
  tyto_store_list_blobs_async (self->store, blobs_listed, g_object_ref (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LISTED]);
}

static void
opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoServices) self = user_data;
  g_autoptr (GError) error = NULL;

  if (tyto_store_open_finish (TYTO_STORE (object), result, &error))
    tyto_store_list_async (self->store, listed, g_object_ref (self));
  else
    _tyto_services_set_problem (self, error);
}

void
_tyto_services_open (TytoServices *self)
{
  tyto_store_open_async (self->store, opened, g_object_ref (self));
}

static void
renewed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoServices) self = user_data;
  g_autoptr (GError) error = NULL;

  if (tyto_store_renew_finish (TYTO_STORE (object), result, &error))
    tyto_store_list_async (self->store, listed, g_object_ref (self));
  else
    _tyto_services_set_problem (self, error);
}

/* `reason`: see tyto_store_renew_async. */
void
_tyto_services_renew (TytoServices *self, const char *reason)
{
  /* Who asked for it knows it. */
  self->moved_seen = g_str_equal (reason, "newer");
  tyto_store_renew_async (self->store, reason, renewed, g_object_ref (self));
}

static void
store_failed (TytoServices *self, const char *message, int code)
{
  if (code == TYTO_STORE_ERROR_FULL && !self->disk_full) {
    self->disk_full = TRUE;
    _tyto_services_state_changed (self);
  } else if (code != TYTO_STORE_ERROR_FULL) {
    g_signal_emit (self, signals[SIGNAL_TROUBLE], 0, message);
  }
}

static void
library_failed (TytoServices *self, const char *message)
{
  g_signal_emit (self, signals[SIGNAL_TROUBLE], 0, message);
}

void
tyto_services_start (TytoServices *self)
{
  self->started = TRUE;
  _tyto_services_open (self);
  tyto_model_library_scan (self->library);
  tyto_services_use (self, self->used);
}

void
tyto_services_close (TytoServices *self)
{
  tyto_model_import_close (self->import);
  tyto_engine_close (self->engine);
  /* What was deleted stays deleted when the program ends before its toast. */
  while (self->deleted->len > 0)
    tyto_services_delete_finish (self, g_ptr_array_index (self->deleted, 0));
  tyto_store_close (self->store);
}

TytoStore *
tyto_services_get_store (TytoServices *self)
{
  return self->store;
}

TytoDocuments *
tyto_services_get_documents (TytoServices *self)
{
  return self->documents;
}

TytoEngine *
tyto_services_get_engine (TytoServices *self)
{
  return self->engine;
}

GListModel *
tyto_services_get_conversations (TytoServices *self)
{
  return G_LIST_MODEL (self->conversations);
}

const char *
tyto_services_get_problem (TytoServices *self)
{
  return self->problem;
}

TytoModelLibrary *
tyto_services_get_library (TytoServices *self)
{
  return self->library;
}

TytoModelImport *
tyto_services_get_import (TytoServices *self)
{
  return self->import;
}

const char *
tyto_services_get_model_path (TytoServices *self)
{
  return self->model_path;
}

static gboolean
has_title (TytoServices *self, const char *title)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->conversations)); i++) {
    g_autoptr (TytoConversation) other = g_list_model_get_item (G_LIST_MODEL (self->conversations), i);

    if (g_str_equal (tyto_conversation_get_title (other), title))
      return TRUE;
  }
  return FALSE;
}

/* Many chats begin with the same question. A new one is told apart by its first picture, or by a number. */
static gboolean
make_title_distinct (TytoServices *self, TytoConversation *conversation)
{
  g_autofree char *title = g_strdup (tyto_conversation_get_title (conversation));
  TytoAttachment *cover = tyto_conversation_get_cover (conversation);
  g_autofree char *distinct = NULL;

  if (!has_title (self, title))
    return FALSE;
  if (cover && !g_str_equal (tyto_attachment_get_name (cover), title)) {
    char *longer = g_strdup_printf ("%s – %s", title, tyto_attachment_get_name (cover));

    g_free (title);
    title = longer;
  }
  distinct = g_strdup (title);
  for (int n = 2; has_title (self, distinct); n++) {
    g_free (distinct);
    distinct = g_strdup_printf ("%s (%d)", title, n);
  }
  tyto_conversation_set_title (conversation, distinct);
  return TRUE;
}

void
tyto_services_conversation_used (TytoServices *self, TytoConversation *conversation)
{
  gboolean listed = g_list_store_find (self->conversations, conversation, NULL), renamed, pinned;
  guint position;

  g_object_ref (conversation);
  renamed = !listed && make_title_distinct (self, conversation);
  pinned = _tyto_services_pin_model (self, conversation);
  if (renamed || pinned)
    tyto_store_save_conversation (self->store, conversation);
  if (g_list_store_find (self->conversations, conversation, &position)) {
    g_autoptr (TytoConversation) first = g_list_model_get_item (G_LIST_MODEL (self->conversations), 0);

    if (first == conversation) {
      g_object_unref (conversation);
      return;
    }
    g_list_store_remove (self->conversations, position);
  }
  g_list_store_insert_sorted (self->conversations, conversation, compare_conversations, NULL);
  g_object_unref (conversation);
}

void
tyto_services_conversation_changed (TytoServices *self, TytoConversation *conversation)
{
  g_autoptr (TytoConversation) kept = g_object_ref (conversation);
  guint position;

  tyto_store_save_conversation (self->store, kept);
  if (!g_list_store_find (self->conversations, kept, &position))
    return;
  g_list_store_remove (self->conversations, position);
  g_list_store_insert_sorted (self->conversations, kept, compare_conversations, NULL);
}

TytoConversation *
tyto_services_get_new_draft (TytoServices *self)
{
  return self->new_draft;
}

static void
store_cleared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  TytoServices *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
  GError *error = NULL;

  if (!tyto_store_clear_finish (TYTO_STORE (object), result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  tyto_documents_collect (self->documents, nothing, 0);
  self->disk_full = FALSE;
  _tyto_services_set_problem (self, NULL);
  g_task_return_boolean (task, TRUE);
}

void
tyto_services_delete_all_async (TytoServices *self, gboolean models, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  /* Windows let go of what they show before it is gone. */
  g_ptr_array_set_size (self->deleted, 0);
  g_list_store_remove_all (self->conversations);
  tyto_conversation_set_draft (self->new_draft, "");
  tyto_conversation_set_draft_document (self->new_draft, NULL);
  g_ptr_array_set_size (tyto_conversation_get_draft_attachments (self->new_draft), 0);
  g_signal_emit (self, signals[SIGNAL_EMPTIED], 0);
  if (models) {
    tyto_model_import_cancel (self->import);
    tyto_model_library_delete_all (self->library);
    tyto_services_use (self, NULL);
  }
  tyto_store_clear_async (self->store, store_cleared, task);
}

gboolean
tyto_services_delete_all_finish (TytoServices *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
tyto_services_delete_begin (TytoServices *self, TytoConversation *conversation)
{
  guint position;

  if (!g_list_store_find (self->conversations, conversation, &position))
    return;
  g_ptr_array_add (self->deleted, g_object_ref (conversation));
  g_list_store_remove (self->conversations, position);
}

void
tyto_services_delete_undo (TytoServices *self, TytoConversation *conversation)
{
  g_list_store_insert_sorted (self->conversations, conversation, compare_conversations, NULL);
  g_ptr_array_remove (self->deleted, conversation);
}

void
tyto_services_delete_finish (TytoServices *self, TytoConversation *conversation)
{
  gint64 id = tyto_conversation_get_id (conversation);

  /* Not when it was put back in the meantime. */
  if (g_ptr_array_remove (self->deleted, conversation))
    tyto_store_delete_conversation (self->store, id);
}

static void
tyto_services_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TytoServices *self = TYTO_SERVICES (object);

  switch (id) {
  case PROP_PROBLEM:
    g_value_set_string (value, self->problem);
    break;
  case PROP_MODEL_PATH:
    g_value_set_string (value, self->model_path);
    break;
  case PROP_LISTED:
    g_value_set_boolean (value, self->listed);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
tyto_services_finalize (GObject *object)
{
  TytoServices *self = TYTO_SERVICES (object);

  g_clear_object (&self->engine);
  g_clear_object (&self->import);
  g_clear_object (&self->library);
  g_clear_object (&self->used);
  g_clear_object (&self->documents);
  g_clear_object (&self->store);
  g_clear_object (&self->conversations);
  g_clear_object (&self->new_draft);
  g_ptr_array_unref (self->deleted);
  g_free (self->problem);
  g_free (self->model_path);
  g_free (self->missing);
  g_free (self->adapter);
  g_free (self->default_model);
  g_free (self->default_adapter);
  G_OBJECT_CLASS (tyto_services_parent_class)->finalize (object);
}

static void
tyto_services_class_init (TytoServicesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tyto_services_get_property;
  object_class->finalize = tyto_services_finalize;
  properties[PROP_PROBLEM] = g_param_spec_string ("problem", NULL, NULL, NULL, flags);
  properties[PROP_MODEL_PATH] = g_param_spec_string ("model-path", NULL, NULL, NULL, flags);
  properties[PROP_LISTED] = g_param_spec_boolean ("listed", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_TROUBLE] =
      g_signal_new ("trouble", TYTO_TYPE_SERVICES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_EMPTIED] = g_signal_new ("emptied", TYTO_TYPE_SERVICES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_STATE_CHANGED] =
      g_signal_new ("state-changed", TYTO_TYPE_SERVICES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_SAVE_AGAIN] = g_signal_new ("save-again", TYTO_TYPE_SERVICES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tyto_services_init (TytoServices *self)
{
  self->conversations = g_list_store_new (TYTO_TYPE_CONVERSATION);
  self->new_draft = tyto_conversation_new (TYTO_CONVERSATION_NEW);
  self->deleted = g_ptr_array_new_with_free_func (g_object_unref);
  self->default_adapter = g_strdup ("");
  self->adapter = g_strdup ("");
}

TytoServices *
tyto_services_new_in (const char *folder)
{
  TytoServices *self = g_object_new (TYTO_TYPE_SERVICES, NULL);
  g_autofree char *blobs = g_build_filename (folder, "blobs", NULL);

  self->store = tyto_store_new (folder);
  self->documents = tyto_documents_new (blobs);
  self->engine = tyto_engine_new (self->documents, self->store);
  self->library = tyto_model_library_new (folder);
  self->import = tyto_model_import_new (self->library);
  g_signal_connect_object (self->store, "failed", G_CALLBACK (store_failed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->library, "trouble", G_CALLBACK (library_failed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->engine, "notify::state", G_CALLBACK (_tyto_services_state_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->engine, "notify::progress", G_CALLBACK (_tyto_services_state_changed), self, G_CONNECT_SWAPPED);
  return self;
}

TytoServices *
tyto_services_new (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_data_dir (), "tyto", NULL);

  return tyto_services_new_in (folder);
}
