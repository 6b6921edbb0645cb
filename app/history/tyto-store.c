/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-store"

#include "app/history/tyto-store.h"

#include "app/history/store-database.h"
#include "app/history/store-files.h"
#include "app/history/tyto-store-private.h"

struct _TytoStore {
  GObject parent_instance;

  char *folder, *moved;
  GThread *thread;
  GAsyncQueue *jobs;
  sqlite3 *db; /* of the thread */
};

G_DEFINE_FINAL_TYPE (TytoStore, tyto_store, G_TYPE_OBJECT)
G_DEFINE_QUARK (tyto-store-error-quark, tyto_store_error)

enum { SIGNAL_FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* One piece of work for the thread. */
typedef TytoStoreJob JobFunc;

typedef struct {
  GTask *task; /* returns a boolean unless the function returned something else */
  JobFunc func;
  gpointer data;
  GDestroyNotify free_data;
} Job;

static void
job_free (Job *job)
{
  if (job->free_data)
    job->free_data (job->data);
  g_object_unref (job->task);
  g_free (job);
}

/* The end of the queue. */
static Job quit_job;

static gpointer
store_thread (gpointer data)
{
  TytoStore *self = data;

  for (;;) {
    Job *job = g_async_queue_pop (self->jobs);
    GError *error = NULL;

    if (job == &quit_job)
      break;
    if (!job->func (self, job->task, job->data, &error))
      g_task_return_error (job->task, error);
    job_free (job);
  }
  store_database_close (g_steal_pointer (&self->db));
  return NULL;
}

static void
push_job (TytoStore *self, JobFunc func, gpointer data, GDestroyNotify free_data, GAsyncReadyCallback callback, gpointer user_data)
{
  Job *job = g_new0 (Job, 1);

  job->task = g_task_new (self, NULL, callback, user_data);
  job->func = func;
  job->data = data;
  job->free_data = free_data;
  g_async_queue_push (self->jobs, job);
}

/* For writes that nobody waits for. */
static void
report_failure (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_signal_emit (object, signals[SIGNAL_FAILED], 0, error->message, error->domain == TYTO_STORE_ERROR ? error->code : TYTO_STORE_ERROR_IO);
}

static void
tyto_store_finalize (GObject *object)
{
  TytoStore *self = TYTO_STORE (object);

  /* Every job holds a reference, so a store that was not closed could never come here by itself. */
  g_assert (self->thread == NULL);
  g_async_queue_unref (self->jobs);
  g_free (self->folder);
  g_free (self->moved);
  G_OBJECT_CLASS (tyto_store_parent_class)->finalize (object);
}

static void
tyto_store_class_init (TytoStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tyto_store_finalize;
  signals[SIGNAL_FAILED] =
      g_signal_new ("failed", TYTO_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_INT);
}

static void
tyto_store_init (TytoStore *self)
{
  self->jobs = g_async_queue_new ();
}

TytoStore *
tyto_store_new (const char *folder)
{
  TytoStore *self = g_object_new (TYTO_TYPE_STORE, NULL);

  self->folder = g_strdup (folder);
  self->thread = g_thread_new ("tyto-store", store_thread, self);
  return self;
}

void
tyto_store_close (TytoStore *self)
{
  if (!self->thread)
    return;
  g_async_queue_push (self->jobs, &quit_job);
  g_thread_join (g_steal_pointer (&self->thread));
}

gint64
tyto_store_new_id (void)
{
  gint64 id;

  do
    id = (gint64) g_random_int () << 31 | (gint64) (g_random_int () >> 1);
  while (id <= 0);
  return id;
}

/* A call before a successful opening has no database to work on. */
static gboolean
require_open (TytoStore *self, GError **error)
{
  if (self->db)
    return TRUE;
  g_set_error_literal (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_IO, "The history is not open");
  return FALSE;
}

void
tyto_store_push (TytoStore *self, TytoStoreJob func, gpointer data, GDestroyNotify free_data, GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (self, func, data, free_data, callback, user_data);
}

sqlite3 *
tyto_store_get_database (TytoStore *self, GError **error)
{
  return require_open (self, error) ? self->db : NULL;
}

static gboolean
run_renew (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  char *moved;

  store_database_close (g_steal_pointer (&self->db));
  moved = store_files_move_aside (self->folder, data, error);
  if (!moved)
    return FALSE;
  g_free (self->moved);
  self->moved = moved;
  self->db = store_database_open (self->folder, error);
  if (!self->db)
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static gboolean
run_open (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (self->db) {
    g_task_return_boolean (task, TRUE);
    return TRUE;
  }
  self->db = store_database_open (self->folder, &failure);
  if (!self->db && g_error_matches (failure, TYTO_STORE_ERROR, TYTO_STORE_ERROR_DAMAGED))
    return run_renew (self, task, (gpointer) "damaged", error);
  if (!self->db) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_open_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (self, run_open, NULL, NULL, callback, user_data);
}

gboolean
tyto_store_open_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
tyto_store_renew_async (TytoStore *self, const char *reason, GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (self, run_renew, g_strdup (reason), g_free, callback, user_data);
}

gboolean
tyto_store_renew_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

const char *
tyto_store_get_moved (TytoStore *self)
{
  return self->moved;
}

const char *
tyto_store_get_folder (TytoStore *self)
{
  return self->folder;
}

static gboolean
run_list (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  GPtrArray *records = require_open (self, error) ? store_database_list (self->db, error) : NULL;

  if (!records)
    return FALSE;
  g_task_return_pointer (task, records, (GDestroyNotify) g_ptr_array_unref);
  return TRUE;
}

void
tyto_store_list_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (self, run_list, NULL, NULL, callback, user_data);
}

static void
add_attachments (GPtrArray *attachments, GPtrArray *records)
{
  for (guint i = 0; i < records->len; i++) {
    const AttachmentRecord *r = g_ptr_array_index (records, i);
    TytoAttachment *attachment = tyto_attachment_new (r->name, r->page);

    tyto_attachment_set_blob (attachment, r->blob);
    tyto_attachment_set_page_label (attachment, r->page_label);
    tyto_attachment_set_region (attachment, &r->region);
    tyto_attachment_set_detail (attachment, (OwlDetail) r->detail);
    tyto_attachment_set_text (attachment, r->text, r->recognised);
    tyto_attachment_set_send (attachment, (TytoSend) r->send);
    if (r->error)
      tyto_attachment_set_failed (attachment, r->error);
    g_ptr_array_add (attachments, attachment);
  }
}

static void
add_records (GPtrArray *records, GPtrArray *attachments)
{
  for (guint i = 0; i < attachments->len; i++) {
    TytoAttachment *attachment = g_ptr_array_index (attachments, i);
    AttachmentRecord *r = g_new0 (AttachmentRecord, 1);

    r->blob = g_strdup (tyto_attachment_get_blob (attachment));
    r->name = g_strdup (tyto_attachment_get_name (attachment));
    r->page = tyto_attachment_get_page (attachment);
    r->page_label = g_strdup (tyto_attachment_get_page_label (attachment));
    r->error = g_strdup (tyto_attachment_get_error (attachment));
    r->detail = (int) tyto_attachment_get_detail (attachment);
    r->send = (int) tyto_attachment_get_send (attachment);
    r->text = g_strdup (tyto_attachment_get_text (attachment));
    r->recognised = tyto_attachment_is_text_recognised (attachment);
    tyto_attachment_get_region (attachment, &r->region);
    g_ptr_array_add (records, r);
  }
}

GPtrArray *
tyto_store_list_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GPtrArray) records = g_task_propagate_pointer (G_TASK (result), error);
  GPtrArray *conversations;

  if (!records)
    return NULL;
  conversations = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < records->len; i++) {
    const ConversationRecord *r = g_ptr_array_index (records, i);
    TytoConversation *c = tyto_conversation_new (r->id);

    tyto_conversation_set_title (c, r->title);
    tyto_conversation_set_preview (c, r->preview);
    tyto_conversation_set_draft (c, r->draft);
    tyto_conversation_set_updated (c, r->updated);
    tyto_conversation_set_pinned (c, r->pinned);
    tyto_conversation_set_leaf (c, r->leaf);
    tyto_conversation_set_model (c, r->model, r->adapter);
    add_attachments (tyto_conversation_get_draft_attachments (c), r->attachments);
    tyto_conversation_set_draft_document (c, r->document);
    if (r->cover) {
      g_autoptr (TytoAttachment) cover = tyto_attachment_new (r->cover->name, r->cover->page);

      tyto_attachment_set_blob (cover, r->cover->blob);
      tyto_attachment_set_region (cover, &r->cover->region);
      tyto_conversation_set_cover (c, cover);
    }
    g_ptr_array_add (conversations, c);
  }
  return conversations;
}

static gboolean
run_load (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  GPtrArray *records = require_open (self, error) ? store_database_load (self->db, *(gint64 *) data, error) : NULL;

  if (!records)
    return FALSE;
  g_task_return_pointer (task, records, (GDestroyNotify) g_ptr_array_unref);
  return TRUE;
}

void
tyto_store_load_async (TytoStore *self, gint64 conversation, GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (self, run_load, g_memdup2 (&conversation, sizeof conversation), g_free, callback, user_data);
}

GPtrArray *
tyto_store_load_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GPtrArray) records = g_task_propagate_pointer (G_TASK (result), error);
  GPtrArray *messages;

  if (!records)
    return NULL;
  messages = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < records->len; i++) {
    const MessageRecord *r = g_ptr_array_index (records, i);
    TytoMessage *m = tyto_message_new (r->id, r->conversation, r->parent, (TytoRole) r->role);

    tyto_message_set_text (m, r->text);
    tyto_message_set_state (m, (TytoMessageState) r->state, r->error);
    tyto_message_set_ids (m, r->ids);
    tyto_message_set_speed (m, r->first_word, r->speed);
    tyto_message_set_created (m, r->created);
    tyto_message_set_dropped (m, r->dropped);
    tyto_message_set_model (m, r->model);
    add_attachments (tyto_message_get_attachments (m), r->attachments);
    g_ptr_array_add (messages, m);
  }
  return messages;
}

static gboolean
run_save_conversation (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  if (!require_open (self, error) || !store_database_save_conversation (self->db, data, error))
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_save_conversation (TytoStore *self, TytoConversation *c)
{
  ConversationRecord *r = conversation_record_new ();

  r->id = tyto_conversation_get_id (c);
  r->title = g_strdup (tyto_conversation_get_title (c));
  r->preview = g_strdup (tyto_conversation_get_preview (c));
  r->draft = g_strdup (tyto_conversation_get_draft (c));
  r->updated = tyto_conversation_get_updated (c);
  r->pinned = tyto_conversation_get_pinned (c);
  r->leaf = tyto_conversation_get_leaf (c);
  r->model = g_strdup (tyto_conversation_get_model (c));
  r->adapter = g_strdup (tyto_conversation_get_adapter (c));
  add_records (r->attachments, tyto_conversation_get_draft_attachments (c));
  r->document = tyto_draft_document_copy (tyto_conversation_get_draft_document (c));
  push_job (self, run_save_conversation, r, (GDestroyNotify) conversation_record_free, report_failure, NULL);
}

static gboolean
run_save_message (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  if (!require_open (self, error) || !store_database_save_message (self->db, data, error))
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_save_message_async (TytoStore *self, TytoMessage *m, GAsyncReadyCallback callback, gpointer user_data)
{
  MessageRecord *r = message_record_new ();
  GBytes *ids = tyto_message_get_ids (m);

  r->id = tyto_message_get_id (m);
  r->conversation = tyto_message_get_conversation (m);
  r->parent = tyto_message_get_parent (m);
  r->role = (int) tyto_message_get_role (m);
  r->text = g_strdup (tyto_message_get_text (m));
  r->state = (int) tyto_message_get_state (m);
  r->error = g_strdup (tyto_message_get_error (m));
  r->ids = ids ? g_bytes_ref (ids) : NULL;
  r->first_word = tyto_message_get_first_word (m);
  r->speed = tyto_message_get_speed (m);
  r->created = tyto_message_get_created (m);
  r->dropped = tyto_message_get_dropped (m);
  r->model = g_strdup (tyto_message_get_model (m));
  add_records (r->attachments, tyto_message_get_attachments (m));
  push_job (self, run_save_message, r, (GDestroyNotify) message_record_free, callback ? callback : report_failure, user_data);
}

gboolean
tyto_store_save_message_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
run_delete (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  if (!require_open (self, error) || !store_database_delete (self->db, *(gint64 *) data, error))
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_delete_conversation (TytoStore *self, gint64 conversation)
{
  push_job (self, run_delete, g_memdup2 (&conversation, sizeof conversation), g_free, report_failure, NULL);
}

static gboolean
run_delete_message (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  if (!require_open (self, error) || !store_database_delete_message (self->db, *(gint64 *) data, error))
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_delete_message (TytoStore *self, gint64 message)
{
  push_job (self, run_delete_message, g_memdup2 (&message, sizeof message), g_free, report_failure, NULL);
}

static gboolean
run_list_blobs (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  GPtrArray *blobs = require_open (self, error) ? store_database_list_blobs (self->db, error) : NULL;

  if (!blobs)
    return FALSE;
  g_task_return_pointer (task, blobs, (GDestroyNotify) g_ptr_array_unref);
  return TRUE;
}

void
tyto_store_list_blobs_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (self, run_list_blobs, NULL, NULL, callback, user_data);
}

GPtrArray *
tyto_store_list_blobs_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
run_clear (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  store_database_close (g_steal_pointer (&self->db));
  if (!store_files_remove_all (self->folder, error))
    return FALSE;
  g_clear_pointer (&self->moved, g_free);
  self->db = store_database_open (self->folder, error);
  if (!self->db)
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_clear_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (self, run_clear, NULL, NULL, callback, user_data);
}

gboolean
tyto_store_clear_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* For callers that wait: a place for the result, and a signal that it is there. */
typedef struct {
  GMutex lock;
  GCond done_cond;
  gboolean done;
  const guint8 *key;
  GBytes *values;
  const char *model;
  TytoSpeed *speed, new_speed;
} Wait;

static void
wait_signal (Wait *wait)
{
  g_mutex_lock (&wait->lock);
  wait->done = TRUE;
  g_cond_signal (&wait->done_cond);
  g_mutex_unlock (&wait->lock);
}

static void
wait_for (TytoStore *self, JobFunc func, Wait *wait)
{
  g_mutex_init (&wait->lock);
  g_cond_init (&wait->done_cond);
  push_job (self, func, wait, NULL, NULL, NULL);
  g_mutex_lock (&wait->lock);
  while (!wait->done)
    g_cond_wait (&wait->done_cond, &wait->lock);
  g_mutex_unlock (&wait->lock);
  g_mutex_clear (&wait->lock);
  g_cond_clear (&wait->done_cond);
}

static gboolean
run_flush (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  wait_signal (data);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_flush (TytoStore *self)
{
  Wait wait = { .done = FALSE };

  wait_for (self, run_flush, &wait);
}

static gboolean
run_get_visual (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  Wait *wait = data;

  if (self->db)
    wait->values = store_database_get_visual (self->db, wait->key);
  wait_signal (wait);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

GBytes *
tyto_store_get_visual (TytoStore *self, const guint8 key[32])
{
  Wait wait = { .key = key };

  wait_for (self, run_get_visual, &wait);
  return wait.values;
}

static gboolean
run_put_visual (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  Wait *wait = data;

  /* A cache that cannot be written is no failure. */
  if (self->db)
    store_database_put_visual (self->db, wait->key, wait->values);
  wait_signal (wait);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_put_visual (TytoStore *self, const guint8 key[32], GBytes *values)
{
  Wait wait = { .key = key, .values = values };

  wait_for (self, run_put_visual, &wait);
}

static gboolean
run_get_speed (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  Wait *wait = data;

  if (self->db)
    store_database_get_speed (self->db, wait->model, wait->speed);
  wait_signal (wait);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_get_speed (TytoStore *self, const char *model, TytoSpeed *speed)
{
  Wait wait = { .model = model, .speed = speed };

  *speed = (TytoSpeed){ 0.0, 0.0, 0.0 };
  wait_for (self, run_get_speed, &wait);
}

static gboolean
run_put_speed (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  Wait *wait = data;

  if (self->db)
    store_database_put_speed (self->db, wait->model, &wait->new_speed);
  wait_signal (wait);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_put_speed (TytoStore *self, const char *model, const TytoSpeed *speed)
{
  Wait wait = { .model = model, .new_speed = *speed };

  wait_for (self, run_put_speed, &wait);
}
