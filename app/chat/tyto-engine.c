/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/engine-private.h"

G_DEFINE_FINAL_TYPE (TytoEngine, tyto_engine, G_TYPE_OBJECT)

enum { PROP_0, PROP_STATE, PROP_PROGRESS, PROP_ERROR, PROP_MODEL_NAME, N_PROPS };
static GParamSpec *properties[N_PROPS];

gboolean
engine_measurement_free (gpointer data)
{
  Measurement *measurement = data;

  if (measurement->destroy)
    measurement->destroy (measurement->user_data);
  g_free (measurement);
  return G_SOURCE_REMOVE;
}

static void
job_free (Job *job)
{
  /* Its owner's data belong to the main thread. */
  if (job->measurement)
    g_main_context_invoke (NULL, engine_measurement_free, job->measurement);
  g_clear_pointer (&job->request, answer_request_unref);
  g_clear_pointer (&job->picture, picture_ref_free);
  g_clear_object (&job->attachment);
  g_clear_pointer (&job->look, engine_look_free);
  g_clear_pointer (&job->setup, tyto_engine_setup_free);
  g_free (job);
}

/* From the engine thread to the main loop: a new state of the model. */
typedef struct {
  TytoEngine *self;
  TytoEngineState state;
  double progress;
  char *error, *name;
  OwlErrorCode error_code;
} StateNews;

static gboolean
deliver_state (gpointer data)
{
  StateNews *news = data;
  TytoEngine *self = news->self;

  g_object_freeze_notify (G_OBJECT (self));
  self->state = news->state;
  self->progress = news->progress;
  g_free (self->error);
  self->error = g_steal_pointer (&news->error);
  self->error_code = news->error_code;
  if (news->name) {
    g_free (self->model_name);
    self->model_name = g_steal_pointer (&news->name);
  }
  for (guint i = PROP_STATE; i < N_PROPS; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
  g_object_thaw_notify (G_OBJECT (self));
  g_object_unref (self);
  g_free (news);
  return G_SOURCE_REMOVE;
}

void
engine_say_state (TytoEngine *self, TytoEngineState state, double progress, const GError *error, const char *name)
{
  StateNews *news = g_new0 (StateNews, 1);

  news->self = g_object_ref (self);
  news->state = state;
  news->progress = progress;
  if (error) {
    news->error = g_strdup (error->message);
    news->error_code = error->domain == OWL_ERROR ? (OwlErrorCode) error->code : OWL_ERROR_IO;
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      news->error_code = OWL_ERROR_CANCELLED;
  }
  news->name = g_strdup (name);
  /* Not g_main_context_invoke: it would deliver here, on the engine thread, whenever the main loop happens not to own its context. */
  if (g_thread_self () == self->owner)
    deliver_state (news);
  else
    g_idle_add_full (G_PRIORITY_DEFAULT, deliver_state, news, NULL);
}

/* With the lock held. */
static gboolean
has_job (TytoEngine *self, JobKind kind)
{
  for (GList *link = self->jobs.head; link; link = link->next)
    if (((Job *) link->data)->kind == kind)
      return TRUE;
  return FALSE;
}

static Job *
job_new (JobKind kind)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  return job;
}

/* With the lock held. */
static void
push_load (TytoEngine *self)
{
  Job *job = job_new (JOB_LOAD);

  job->setup = tyto_engine_setup_copy (self->wanted);
  g_queue_push_tail (&self->jobs, job);
}

/* Forgets what of that kind has not begun. With the lock held. */
static void
forget_jobs (TytoEngine *self, JobKind kind)
{
  for (GList *link = self->jobs.head, *next; link; link = next) {
    Job *job = link->data;

    next = link->next;
    if (job->kind != kind)
      continue;
    g_queue_delete_link (&self->jobs, link);
    job_free (job);
  }
}

/* The most urgent job; among equals the one that came first. */
static Job *
take_job (TytoEngine *self)
{
  for (;;) {
    for (JobKind kind = 0; kind < (self->held ? JOB_QUIT + 1 : N_JOB_KINDS); kind++)
      for (GList *link = self->jobs.head; link; link = link->next) {
        Job *job = link->data;

        if (job->kind != kind)
          continue;
        g_queue_delete_link (&self->jobs, link);
        return job;
      }
    g_cond_wait (&self->wake, &self->lock);
  }
}

static gpointer
engine_thread (gpointer data)
{
  TytoEngine *self = data;

  for (;;) {
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    Job *job;
    JobKind kind;

    g_mutex_lock (&self->lock);
    job = take_job (self);
    kind = job->kind;
    self->ahead = kind == JOB_READ_AHEAD || kind == JOB_PREPARE ? cancellable : NULL;
    self->preparing = kind == JOB_PREPARE;
    self->loading = kind == JOB_LOAD ? cancellable : NULL;
    self->running = kind == JOB_ANSWER ? job->request : NULL;
    g_mutex_unlock (&self->lock);

    if (kind == JOB_LOAD)
      engine_run_load (self, job, cancellable);
    else if (kind == JOB_ANSWER)
      engine_run_answer (self, job->request);
    else if (kind == JOB_MEASURE)
      engine_run_measure (self, job);
    else if (kind == JOB_LOOK)
      engine_run_look (self, job);
    else if (kind == JOB_READ_AHEAD)
      engine_run_read_ahead (self, job, cancellable);
    else if (kind == JOB_PREPARE)
      engine_run_prepare (self, job->request, cancellable);

    g_mutex_lock (&self->lock);
    self->ahead = self->loading = NULL;
    self->running = NULL;
    /* Interrupted by a measurement: it goes on after it, unless the measurement brought its successor. */
    if (kind == JOB_PREPARE && g_cancellable_is_cancelled (cancellable) && !has_job (self, JOB_PREPARE))
      g_queue_push_tail (&self->jobs, g_steal_pointer (&job));
    /* A chat out of sight was answered with another model than the one in sight. */
    if ((kind == JOB_ANSWER || kind == JOB_LOOK) && self->loaded.model && self->wanted &&
        !tyto_engine_setup_equal (self->wanted, self->loaded.setup) && !has_job (self, JOB_LOAD))
      push_load (self);
    g_mutex_unlock (&self->lock);
    g_clear_pointer (&job, job_free);
    if (kind == JOB_QUIT)
      break;
  }
  engine_pictures_set_model (self->pictures, NULL);
  engine_model_clear (&self->loaded);
  engine_share (self);
  return NULL;
}

static void
push_job (TytoEngine *self, Job *job)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->jobs, job);
  /* Work in advance gives way to anything that somebody waits for; what it had begun is taken up again by the answer that needs it. */
  if (self->ahead && (job->kind < JOB_MEASURE || (job->kind == JOB_MEASURE && self->preparing)))
    g_cancellable_cancel (self->ahead);
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

void
tyto_engine_want (TytoEngine *self, const TytoEngineSetup *setup)
{
  if (tyto_engine_setup_equal (self->wanted, setup))
    return;
  g_mutex_lock (&self->lock);
  tyto_engine_setup_free (self->wanted);
  self->wanted = tyto_engine_setup_copy (setup);
  g_mutex_unlock (&self->lock);
  tyto_engine_load_again (self);
  if (!setup)
    engine_say_state (self, TYTO_ENGINE_NONE, 0.0, NULL, NULL);
}

void
tyto_engine_hold (TytoEngine *self, gboolean held)
{
  g_mutex_lock (&self->lock);
  self->held = held;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

void
tyto_engine_load_again (TytoEngine *self)
{
  gboolean loading = FALSE;

  g_mutex_lock (&self->lock);
  forget_jobs (self, JOB_LOAD);
  if (self->loading)
    g_cancellable_cancel (self->loading);
  if (self->wanted) {
    push_load (self);
    if (self->ahead)
      g_cancellable_cancel (self->ahead);
    g_cond_signal (&self->wake);
    loading = TRUE;
  }
  g_mutex_unlock (&self->lock);
  /* At once, although the thread may be held or in the middle of something. */
  if (loading)
    engine_say_state (self, TYTO_ENGINE_LOADING, 0.0, NULL, NULL);
}

void
tyto_engine_cancel_loading (TytoEngine *self)
{
  g_mutex_lock (&self->lock);
  forget_jobs (self, JOB_LOAD);
  if (self->loading)
    g_cancellable_cancel (self->loading);
  else if (self->running && self->state == TYTO_ENGINE_LOADING)
    g_cancellable_cancel (self->running->cancellable);
  g_mutex_unlock (&self->lock);
}

const TytoEngineSetup *
tyto_engine_get_wanted (TytoEngine *self)
{
  return self->wanted;
}

void
tyto_engine_read_ahead (TytoEngine *self, TytoAttachment *attachment)
{
  Job *job = job_new (JOB_READ_AHEAD);

  job->picture = picture_ref_new (attachment);
  job->attachment = g_object_ref (attachment);
  push_job (self, job);
}

void
tyto_engine_measure (TytoEngine *self, GPtrArray *path, TytoMessage *question, const TytoAnswerOptions *options, gboolean prepare,
                     TytoCostFunc func, gpointer user_data, GDestroyNotify destroy)
{
  g_autoptr (GPtrArray) whole = g_ptr_array_new ();
  Job *job = job_new (JOB_MEASURE);

  for (guint i = 0; i < path->len; i++)
    g_ptr_array_add (whole, g_ptr_array_index (path, i));
  g_ptr_array_add (whole, question);
  job->request = answer_request_new (whole, NULL, options);
  job->measurement = g_new0 (Measurement, 1);
  job->measurement->func = func;
  job->measurement->user_data = user_data;
  job->measurement->destroy = destroy;
  g_mutex_lock (&self->lock);
  forget_jobs (self, JOB_MEASURE);
  forget_jobs (self, JOB_PREPARE);
  g_mutex_unlock (&self->lock);
  if (prepare) {
    Job *next = job_new (JOB_PREPARE);

    next->request = answer_request_ref (job->request);
    push_job (self, next);
  }
  push_job (self, job);
}

void
tyto_engine_look_async (TytoEngine *self, GPtrArray *path, TytoMessage *answer, const TytoAnswerOptions *options, gsize start, gsize length,
                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Job *job = job_new (JOB_LOOK);

  job->request = answer_request_new (path, NULL, options);
  job->request->setup = tyto_engine_setup_copy (self->wanted);
  job->look = engine_look_new (path, answer, start, length, g_task_new (self, cancellable, callback, user_data));
  push_job (self, job);
}

GPtrArray *
tyto_engine_look_finish (TytoEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
tyto_engine_ask (TytoEngine *self, GPtrArray *path, TytoMessage *answer, const TytoAnswerOptions *options, TytoAnswerDone done,
                 gpointer user_data)
{
  Job *job = job_new (JOB_ANSWER);

  job->request = answer_request_new (path, answer, options);
  job->request->setup = tyto_engine_setup_copy (self->wanted);
  job->request->done = done;
  job->request->user_data = user_data;
  push_job (self, job);
}

void
tyto_engine_stop (TytoEngine *self, TytoMessage *answer)
{
  g_mutex_lock (&self->lock);
  if (self->running && self->running->message == answer)
    g_cancellable_cancel (self->running->cancellable);
  for (GList *link = self->jobs.head; link; link = link->next) {
    Job *job = link->data;

    if (job->kind == JOB_ANSWER && job->request->message == answer)
      g_cancellable_cancel (job->request->cancellable);
  }
  g_mutex_unlock (&self->lock);
}

void
tyto_engine_close (TytoEngine *self)
{
  if (!self->thread)
    return;
  g_mutex_lock (&self->lock);
  if (self->loading)
    g_cancellable_cancel (self->loading);
  if (self->running)
    g_cancellable_cancel (self->running->cancellable);
  g_mutex_unlock (&self->lock);
  push_job (self, job_new (JOB_QUIT));
  g_thread_join (g_steal_pointer (&self->thread));
  g_queue_clear_full (&self->jobs, (GDestroyNotify) job_free);
}

TytoEngineState
tyto_engine_get_state (TytoEngine *self)
{
  return self->state;
}

double
tyto_engine_get_progress (TytoEngine *self)
{
  return self->progress;
}

const char *
tyto_engine_get_error (TytoEngine *self)
{
  return self->error;
}

OwlErrorCode
tyto_engine_get_error_code (TytoEngine *self)
{
  return self->error_code;
}

const char *
tyto_engine_get_model_name (TytoEngine *self)
{
  return self->model_name;
}

char *
tyto_engine_describe_model (TytoEngine *self)
{
  return self->model_name && self->wanted ? tyto_engine_setup_describe (self->wanted, self->model_name) : g_strdup (self->model_name);
}

static void
tyto_engine_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TytoEngine *self = TYTO_ENGINE (object);

  switch (id) {
  case PROP_STATE:
    g_value_set_int (value, (int) self->state);
    break;
  case PROP_PROGRESS:
    g_value_set_double (value, self->progress);
    break;
  case PROP_ERROR:
    g_value_set_string (value, self->error);
    break;
  case PROP_MODEL_NAME:
    g_value_set_string (value, self->model_name);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
tyto_engine_finalize (GObject *object)
{
  TytoEngine *self = TYTO_ENGINE (object);

  g_assert (self->thread == NULL);
  engine_pictures_free (self->pictures);
  tyto_engine_setup_free (self->wanted);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_clear_object (&self->documents);
  g_clear_object (&self->store);
  g_free (self->error);
  g_free (self->model_name);
  G_OBJECT_CLASS (tyto_engine_parent_class)->finalize (object);
}

static void
tyto_engine_class_init (TytoEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tyto_engine_get_property;
  object_class->finalize = tyto_engine_finalize;
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, TYTO_ENGINE_FAILED, 0, flags);
  properties[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0.0, 1.0, 0.0, flags);
  properties[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  properties[PROP_MODEL_NAME] = g_param_spec_string ("model-name", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
tyto_engine_init (TytoEngine *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  g_queue_init (&self->jobs);
}

TytoEngine *
tyto_engine_new (TytoDocuments *documents, TytoStore *store)
{
  TytoEngine *self = g_object_new (TYTO_TYPE_ENGINE, NULL);

  self->documents = g_object_ref (documents);
  self->store = g_object_ref (store);
  self->pictures = engine_pictures_new (documents, store);
  self->owner = g_thread_self ();
  self->thread = g_thread_new ("tyto-engine", engine_thread, self);
  return self;
}
