/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-documents"

#include "app/documents/tyto-documents.h"

#include "app/documents/tyto-blobs.h"
#include "app/documents/tyto-documents-private.h"

#include <glib/gi18n.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define N_WORKERS 2
/* Open documents kept for the next request; each is a small process. */
#define MAX_IDLE_DECODERS 3
#define IMPORT_PRIORITY -100
#define COLLECT_PRIORITY 100

typedef struct {
  char *blob;
  OwlDecoder *decoder;
} IdleDecoder;

struct _TytoDocuments {
  GObject parent_instance;

  char *folder;
  GThreadPool *pool;
  GMutex lock;
  GQueue idle; /* IdleDecoder, last used first; guarded by `lock` */
  GHashTable *passwords; /* of unlocked documents by blob; guarded by `lock` */
};

G_DEFINE_FINAL_TYPE (TytoDocuments, tyto_documents, G_TYPE_OBJECT)

typedef struct {
  GTask *task;
  int priority;
  void (*func) (TytoDocuments *self, GTask *task, gpointer data);
} Job;

/* What a task works on. */
typedef struct {
  GFile *file;
  GBytes *bytes;
  char *blob, *name, *password;
  int page, size;
  GHashTable *used;
  gint64 min_age, begun;
} Request;

static void
password_free (gpointer password)
{
  if (password)
    explicit_bzero (password, strlen (password));
  g_free (password);
}

static void
request_free (Request *request)
{
  password_free (request->password);
  g_clear_object (&request->file);
  g_clear_pointer (&request->bytes, g_bytes_unref);
  g_free (request->blob);
  g_free (request->name);
  g_clear_pointer (&request->used, g_hash_table_unref);
  g_free (request);
}

TytoImport *
tyto_import_copy (const TytoImport *import)
{
  TytoImport *copy = g_memdup2 (import, sizeof *import);

  copy->blob = g_strdup (import->blob);
  copy->name = g_strdup (import->name);
  return copy;
}

void
tyto_import_free (TytoImport *import)
{
  g_free (import->blob);
  g_free (import->name);
  g_free (import);
}

static void
idle_decoder_free (gpointer data)
{
  IdleDecoder *idle = data;

  owl_decoder_close (idle->decoder);
  g_free (idle->blob);
  g_free (idle);
}

static OwlDecoder *
open_decoder (TytoDocuments *self, const char *blob, const char *name, const char *password, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = tyto_blobs_get_path (self->folder, blob);
  int fd = path ? open (path, O_RDONLY | O_CLOEXEC) : -1;
  g_autoptr (GError) cause = NULL;
  OwlDecoder *decoder;

  if (fd < 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, _("The copy of %s is gone."), name);
    return NULL;
  }
  decoder = owl_decoder_open_protected (fd, name, password, cancellable, &cause);
  close (fd);
  if (g_error_matches (cause, OWL_ERROR, OWL_ERROR_PASSWORD))
    g_set_error (error, OWL_ERROR, OWL_ERROR_PASSWORD, _("%s is protected by a password. Attach it again to enter the password."), name);
  else if (cause)
    g_propagate_error (error, g_steal_pointer (&cause));
  return decoder;
}

/* An open decoder for a blob: one that is idle, or a new one. */
static OwlDecoder *
take_decoder (TytoDocuments *self, const char *blob, const char *name, GCancellable *cancellable, GError **error)
{
  OwlDecoder *decoder = NULL;
  char *password;

  g_mutex_lock (&self->lock);
  for (GList *link = self->idle.head; link && !decoder; link = link->next) {
    IdleDecoder *idle = link->data;

    if (strcmp (idle->blob, blob) != 0)
      continue;
    decoder = g_steal_pointer (&idle->decoder);
    g_queue_delete_link (&self->idle, link);
    g_free (idle->blob);
    g_free (idle);
    break;
  }
  password = g_strdup (g_hash_table_lookup (self->passwords, blob));
  g_mutex_unlock (&self->lock);
  if (!decoder)
    decoder = open_decoder (self, blob, name, password, cancellable, error);
  password_free (password);
  return decoder;
}

/* A document that was in use is kept for its next page; a picture is read once. */
static void
put_decoder (TytoDocuments *self, const char *blob, OwlDecoder *decoder, gboolean healthy)
{
  IdleDecoder *idle, *oldest = NULL;

  if (!healthy || owl_decoder_get_kind (decoder) != OWL_DOCUMENT_PDF) {
    owl_decoder_close (decoder);
    return;
  }
  idle = g_new0 (IdleDecoder, 1);
  idle->blob = g_strdup (blob);
  idle->decoder = decoder;
  g_mutex_lock (&self->lock);
  g_queue_push_head (&self->idle, idle);
  if (self->idle.length > MAX_IDLE_DECODERS)
    oldest = g_queue_pop_tail (&self->idle);
  g_mutex_unlock (&self->lock);
  if (oldest)
    idle_decoder_free (oldest);
}

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = data;

  if (!g_task_return_error_if_cancelled (job->task))
    job->func (g_task_get_source_object (job->task), job->task, g_task_get_task_data (job->task));
  g_object_unref (job->task);
  g_free (job);
}

static int
compare_jobs (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return ((const Job *) a)->priority - ((const Job *) b)->priority;
}

static void
tyto_documents_finalize (GObject *object)
{
  TytoDocuments *self = TYTO_DOCUMENTS (object);

  /* Jobs hold references, so the pool is idle now; it is not waited for, since this may run on one of its threads. */
  g_thread_pool_free (self->pool, FALSE, FALSE);
  g_queue_clear_full (&self->idle, idle_decoder_free);
  g_hash_table_unref (self->passwords);
  g_mutex_clear (&self->lock);
  g_free (self->folder);
  G_OBJECT_CLASS (tyto_documents_parent_class)->finalize (object);
}

static void
tyto_documents_class_init (TytoDocumentsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tyto_documents_finalize;
}

static void
tyto_documents_init (TytoDocuments *self)
{
  g_mutex_init (&self->lock);
  g_queue_init (&self->idle);
  self->passwords = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, password_free);
  self->pool = g_thread_pool_new (run_job, NULL, N_WORKERS, FALSE, NULL);
  g_thread_pool_set_sort_function (self->pool, compare_jobs, NULL);
}

TytoDocuments *
tyto_documents_new (const char *folder)
{
  TytoDocuments *self = g_object_new (TYTO_TYPE_DOCUMENTS, NULL);

  self->folder = g_strdup (folder);
  return self;
}

static void
push_job (TytoDocuments *self, void (*func) (TytoDocuments *, GTask *, gpointer), Request *request, int priority,
          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Job *job = g_new0 (Job, 1);

  job->task = g_task_new (self, cancellable, callback, user_data);
  job->func = func;
  job->priority = priority;
  g_task_set_task_data (job->task, request, (GDestroyNotify) request_free);
  g_thread_pool_push (self->pool, job, NULL);
}

/* Says what `decoder` (NULL: `error` says why) has opened; takes all but `self` and `task`. */
static void
return_import (TytoDocuments *self, GTask *task, TytoImport *import, OwlDecoder *decoder, GError *error)
{
  import->is_locked = g_error_matches (error, OWL_ERROR, OWL_ERROR_PASSWORD);
  if (!decoder && !import->is_locked) {
    tyto_import_free (import);
    g_task_return_error (task, error);
    return;
  }
  import->is_document = import->is_locked || owl_decoder_get_kind (decoder) == OWL_DOCUMENT_PDF;
  if (decoder) {
    import->n_pages = owl_decoder_get_n_pages (decoder);
    put_decoder (self, import->blob, decoder, TRUE);
  }
  g_clear_error (&error);
  g_task_return_pointer (task, import, (GDestroyNotify) tyto_import_free);
}

static void
run_import (TytoDocuments *self, GTask *task, gpointer data)
{
  Request *request = data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (TytoImport) import = g_new0 (TytoImport, 1);
  GError *error = NULL;
  OwlDecoder *decoder;

  import->name = g_strdup (request->name);
  import->begun = request->begun;
  import->blob = request->file ? tyto_blobs_import (self->folder, request->file, cancellable, &error)
                               : tyto_blobs_import_bytes (self->folder, request->bytes, &error);
  if (!import->blob) {
    g_task_return_error (task, error);
    return;
  }
  decoder = take_decoder (self, import->blob, import->name, cancellable, &error);
  return_import (self, task, g_steal_pointer (&import), decoder, error);
}

/* The password is kept once it has opened the document. */
static void
run_unlock (TytoDocuments *self, GTask *task, gpointer data)
{
  Request *request = data;
  TytoImport *import = g_new0 (TytoImport, 1);
  GError *error = NULL;
  OwlDecoder *decoder = open_decoder (self, request->blob, request->name, request->password, g_task_get_cancellable (task), &error);

  import->blob = g_strdup (request->blob);
  import->name = g_strdup (request->name);
  if (decoder) {
    g_mutex_lock (&self->lock);
    g_hash_table_insert (self->passwords, g_strdup (request->blob), g_steal_pointer (&request->password));
    g_mutex_unlock (&self->lock);
    return_import (self, task, import, decoder, NULL);
  } else {
    tyto_import_free (import);
    g_task_return_error (task, error);
  }
}

void
tyto_documents_unlock_async (TytoDocuments *self, const TytoImport *import, const char *password, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  Request *request = g_new0 (Request, 1);

  request->blob = g_strdup (import->blob);
  request->name = g_strdup (import->name);
  request->password = g_strdup (password);
  push_job (self, run_unlock, request, IMPORT_PRIORITY, cancellable, callback, user_data);
}

void
tyto_documents_import_async (TytoDocuments *self, GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Request *request = g_new0 (Request, 1);
  g_autofree char *base = g_file_get_basename (file);

  request->begun = g_get_monotonic_time ();
  request->file = g_object_ref (file);
  request->name = g_utf8_make_valid (base ? base : "", -1);
  push_job (self, run_import, request, IMPORT_PRIORITY, cancellable, callback, user_data);
}

void
tyto_documents_import_bytes_async (TytoDocuments *self, GBytes *bytes, const char *name, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  Request *request = g_new0 (Request, 1);

  request->bytes = g_bytes_ref (bytes);
  request->name = g_strdup (name);
  push_job (self, run_import, request, IMPORT_PRIORITY, cancellable, callback, user_data);
}

TytoImport *
tyto_documents_import_finish (TytoDocuments *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
run_collect (TytoDocuments *self, GTask *task, gpointer data)
{
  const Request *request = data;

  tyto_blobs_collect (self->folder, request->used, request->min_age);
  g_task_return_boolean (task, TRUE);
}

void
tyto_documents_collect (TytoDocuments *self, GPtrArray *used, gint64 min_age)
{
  Request *request = g_new0 (Request, 1);

  request->used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < used->len; i++)
    g_hash_table_add (request->used, g_strdup (g_ptr_array_index (used, i)));
  request->min_age = min_age;
  push_job (self, run_collect, request, COLLECT_PRIORITY, NULL, NULL, NULL);
}

/* Work of another file. */
typedef struct {
  char *blob, *name;
  TytoDecoderFunc func;
  gpointer data;
  GDestroyNotify free_data;
} DecoderWork;

static void
decoder_work_free (gpointer data)
{
  DecoderWork *work = data;

  if (work->free_data)
    work->free_data (work->data);
  g_free (work->blob);
  g_free (work->name);
  g_free (work);
}

static void
run_decoder_work (TytoDocuments *self, GTask *task, gpointer data)
{
  DecoderWork *work = data;
  GError *error = NULL;
  OwlDecoder *decoder = take_decoder (self, work->blob, work->name, g_task_get_cancellable (task), &error);
  gboolean done = decoder && work->func (decoder, work->data, task, &error);

  /* What a page lacks ("has no text") says nothing against the process; a cut or failed one is not used again. */
  if (decoder)
    put_decoder (self, work->blob, decoder, done || g_error_matches (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED));
  if (!done)
    g_task_return_error (task, error);
}

void
tyto_documents_push (TytoDocuments *self, const char *blob, const char *name, TytoDecoderFunc func, gpointer data, GDestroyNotify free_data,
                     int priority, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Job *job = g_new0 (Job, 1);
  DecoderWork *work = g_new0 (DecoderWork, 1);

  work->blob = g_strdup (blob);
  work->name = g_strdup (name);
  work->func = func;
  work->data = data;
  work->free_data = free_data;
  job->task = g_task_new (self, cancellable, callback, user_data);
  job->func = run_decoder_work;
  job->priority = priority;
  g_task_set_task_data (job->task, work, decoder_work_free);
  g_thread_pool_push (self->pool, job, NULL);
}

static OwlPicture *
render (TytoDocuments *self, const char *blob, const char *name, int page, const OwlRegion *region, int size, GCancellable *cancellable,
        GError **error)
{
  OwlDecoder *decoder = take_decoder (self, blob, name, cancellable, error);
  OwlPicture *picture;

  if (!decoder)
    return NULL;
  if (region)
    picture = owl_decoder_render_region (decoder, MAX (page, 0), region, size, size, cancellable, error);
  else
    picture = owl_decoder_render (decoder, MAX (page, 0), size, size, cancellable, error);
  put_decoder (self, blob, decoder, picture != NULL);
  return picture;
}

static void
run_render (TytoDocuments *self, GTask *task, gpointer data)
{
  const Request *request = data;
  GError *error = NULL;
  OwlPicture *picture =
      render (self, request->blob, request->name, request->page, NULL, request->size, g_task_get_cancellable (task), &error);

  if (picture)
    g_task_return_pointer (task, picture, (GDestroyNotify) owl_picture_unref);
  else
    g_task_return_error (task, error);
}

void
tyto_documents_render_async (TytoDocuments *self, const char *blob, const char *name, int page, int size, int priority,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Request *request = g_new0 (Request, 1);

  request->blob = g_strdup (blob);
  request->name = g_strdup (name);
  request->page = page;
  request->size = size;
  push_job (self, run_render, request, priority, cancellable, callback, user_data);
}

OwlPicture *
tyto_documents_render_finish (TytoDocuments *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

OwlPicture *
tyto_documents_render (TytoDocuments *self, const char *blob, const char *name, int page, const OwlRegion *region, GCancellable *cancellable,
                       GError **error)
{
  return render (self, blob, name, page, region, page >= 0 ? TYTO_PAGE_SIZE : 0, cancellable, error);
}
