/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/tyto-engine.h"

#include "app/chat/engine-request.h"
#include "app/chat/system-memory.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_ANSWER_TOKENS 512
/* Visual tokens kept in memory. */
#define MAX_VISUALS 128
/* What the app itself and the decoding of a picture need beside the model. */
#define EXTRA_BYTES (G_GUINT64_CONSTANT (400) << 20)

typedef enum { JOB_ANSWER, JOB_LOAD, JOB_READ_AHEAD, JOB_QUIT } JobKind; /* in order of urgency, but for loading */

typedef struct {
  JobKind kind;
  guint64 serial;
  AnswerRequest *request; /* JOB_ANSWER */
  char *path;             /* JOB_LOAD */
  int n_threads;
  PictureRef *picture; /* JOB_READ_AHEAD */
  TytoAttachment *attachment; /* the main thread's; only passed back */
} Job;

struct _TytoEngine {
  GObject parent_instance;

  TytoDocuments *documents;
  TytoStore *store;
  GThread *thread;

  GMutex lock;
  GCond wake;
  GQueue jobs;             /* Job; guarded by `lock` */
  guint64 serial;
  GCancellable *ahead;     /* of the read-ahead that runs, or NULL; guarded by `lock` */
  GCancellable *loading;   /* of the loading that runs, or NULL; guarded by `lock` */
  AnswerRequest *running;  /* guarded by `lock` */

  /* Engine thread. */
  OwlModel *model;
  OwlSession *session;
  GHashTable *visuals; /* picture id → OwlVisual */

  /* Main thread. */
  TytoEngineState state;
  double progress;
  char *error, *model_name;
};

G_DEFINE_FINAL_TYPE (TytoEngine, tyto_engine, G_TYPE_OBJECT)

enum { PROP_0, PROP_STATE, PROP_PROGRESS, PROP_ERROR, PROP_MODEL_NAME, N_PROPS };
static GParamSpec *properties[N_PROPS];

static void
job_free (Job *job)
{
  g_clear_pointer (&job->request, answer_request_unref);
  g_clear_pointer (&job->picture, picture_ref_free);
  g_clear_object (&job->attachment);
  g_free (job->path);
  g_free (job);
}

/* From the engine thread to the main loop: a new state of the model. */
typedef struct {
  TytoEngine *self;
  TytoEngineState state;
  double progress;
  char *error, *name;
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

static void
say_state (TytoEngine *self, TytoEngineState state, double progress, const char *error, const char *name)
{
  StateNews *news = g_new0 (StateNews, 1);

  news->self = g_object_ref (self);
  news->state = state;
  news->progress = progress;
  news->error = g_strdup (error);
  news->name = g_strdup (name);
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, deliver_state, news, NULL);
}

/* The same for how far an attachment was read. */
typedef struct {
  TytoAttachment *attachment;
  double progress;
} ProgressNews;

static gboolean
deliver_progress (gpointer data)
{
  ProgressNews *news = data;

  tyto_attachment_set_progress (news->attachment, news->progress);
  g_object_unref (news->attachment);
  g_free (news);
  return G_SOURCE_REMOVE;
}

typedef struct {
  TytoEngine *self;
  TytoAttachment *attachment; /* read ahead */
  AnswerRequest *request;     /* answering */
  guint index, n_pictures;
  gint64 said;
} Reading;

static void
say_reading (double fraction, gpointer user_data)
{
  Reading *reading = user_data;
  gint64 now = g_get_monotonic_time ();

  if (now - reading->said < G_USEC_PER_SEC / 30 && fraction < 1.0)
    return;
  reading->said = now;
  if (reading->attachment) {
    ProgressNews *news = g_new0 (ProgressNews, 1);

    news->attachment = g_object_ref (reading->attachment);
    news->progress = fraction;
    g_idle_add (deliver_progress, news);
  }
  if (reading->request) {
    g_autofree char *stage = reading->n_pictures > 1
                                 ? g_strdup_printf (_("Reading picture %u of %u, %.0f %%"), reading->index + 1, reading->n_pictures,
                                                    fraction * 100.0)
                                 : g_strdup_printf (_("Reading the picture, %.0f %%"), fraction * 100.0);

    answer_request_say_stage (reading->request, stage);
  }
}

/* Visual tokens of a picture: from memory, from the database, or computed. */
static OwlVisual *
read_picture (TytoEngine *self, const PictureRef *ref, Reading *reading, GCancellable *cancellable, GError **error)
{
  g_autofree char *id = picture_ref_get_id (ref);
  OwlVisual *visual = g_hash_table_lookup (self->visuals, id);
  g_autoptr (OwlPicture) picture = NULL;
  g_autoptr (GBytes) stored = NULL;
  guint8 key[32];

  if (visual)
    return visual;
  picture = tyto_documents_render (self->documents, ref->blob, ref->name, ref->page, cancellable, error);
  if (!picture)
    return NULL;
  if (!owl_model_has_vision (self->model)) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, _("This model cannot see pictures."));
    return NULL;
  }
  owl_model_get_visual_key (self->model, picture, OWL_DETAIL_DEFAULT, key);
  stored = tyto_store_get_visual (self->store, key);
  if (stored)
    visual = owl_visual_new_from_bytes (self->model, key, stored, NULL);
  if (!visual) {
    visual = owl_model_encode (self->model, picture, OWL_DETAIL_DEFAULT, say_reading, reading, cancellable, error);
    if (!visual)
      return NULL;
    tyto_store_put_visual (self->store, key, owl_visual_get_bytes (visual));
  }
  if (g_hash_table_size (self->visuals) >= MAX_VISUALS)
    g_hash_table_remove_all (self->visuals);
  g_hash_table_insert (self->visuals, g_steal_pointer (&id), visual);
  say_reading (1.0, reading);
  return visual;
}

static void
run_read_ahead (TytoEngine *self, Job *job, GCancellable *cancellable)
{
  Reading reading = { .self = self, .attachment = job->attachment };

  /* A picture that cannot be read says so when it is asked about; nothing is lost by giving up here. */
  if (self->model)
    read_picture (self, job->picture, &reading, cancellable, NULL);
  say_reading (1.0, &reading);
}

static void
say_loading (double fraction, gpointer user_data)
{
  TytoEngine *self = user_data;
  static gint64 said;
  gint64 now = g_get_monotonic_time ();

  if (now - said < G_USEC_PER_SEC / 20)
    return;
  said = now;
  say_state (self, TYTO_ENGINE_LOADING, fraction, NULL, NULL);
}

/* Refuses a model that would push the computer into swapping. */
static gboolean
check_memory (const OwlModelInfo *info, GError **error)
{
  guint64 needed = info->weight_bytes + info->kv_bytes + EXTRA_BYTES, available = tyto_system_get_available_memory ();

  if (available == 0 || needed <= available)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_MEMORY,
               _("This model needs %.1f GB of memory, but only %.1f GB are free. Close other programs or choose a smaller model."),
               (double) needed / 1e9, (double) available / 1e9);
  return FALSE;
}

static gboolean
load_model (TytoEngine *self, const Job *job, GCancellable *cancellable, char **name, GError **error)
{
  OwlModelInfo info;

  g_clear_pointer (&self->session, owl_session_free);
  g_clear_pointer (&self->model, owl_model_unref);
  g_hash_table_remove_all (self->visuals);
  if (!owl_model_read_info (job->path, &info, error) || !check_memory (&info, error))
    return FALSE;
  *name = *info.name ? g_strdup (info.name) : g_path_get_basename (job->path);
  self->model = owl_model_open (job->path, job->n_threads, say_loading, self, cancellable, error);
  if (!self->model)
    return FALSE;
  self->session = owl_session_new (self->model, NULL, 0, 0, OWL_KV_DEFAULT, error);
  if (!self->session)
    g_clear_pointer (&self->model, owl_model_unref);
  return self->session != NULL;
}

static void
run_load (TytoEngine *self, const Job *job, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  say_state (self, TYTO_ENGINE_LOADING, 0.0, NULL, NULL);
  if (load_model (self, job, cancellable, &name, &error))
    say_state (self, TYTO_ENGINE_READY, 1.0, NULL, name);
  else
    say_state (self, TYTO_ENGINE_FAILED, 0.0, error->message, NULL);
}

static void
on_event (const OwlEvent *event, gpointer user_data)
{
  AnswerRequest *request = user_data;

  if (event->kind == OWL_EVENT_TEXT) {
    answer_request_say_text (request, event->text);
  } else if (event->total > 0) {
    g_autofree char *stage = g_strdup_printf (_("Reading the question, %.0f %%"), 100.0 * (double) event->done / (double) event->total);

    answer_request_say_stage (request, stage);
  }
}

/* All pictures of all turns, read; the visuals belong to self->visuals. */
static gboolean
read_pictures (TytoEngine *self, AnswerRequest *request, GPtrArray *lists, GError **error)
{
  Reading reading = { .self = self, .request = request };

  for (guint t = 0; t < request->turns->len; t++)
    reading.n_pictures += ((RequestTurn *) g_ptr_array_index (request->turns, t))->pictures->len;
  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);
    GPtrArray *visuals = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_visual_unref);

    g_ptr_array_add (lists, visuals);
    for (guint i = 0; i < turn->pictures->len; i++, reading.index++) {
      OwlVisual *visual = read_picture (self, g_ptr_array_index (turn->pictures, i), &reading, request->cancellable, error);

      if (!visual)
        return FALSE;
      g_ptr_array_add (visuals, owl_visual_ref (visual));
    }
  }
  return TRUE;
}

static GArray *
make_turns (const AnswerRequest *request, GPtrArray *lists)
{
  GArray *turns = g_array_new (FALSE, TRUE, sizeof (OwlTurn));

  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);
    GPtrArray *visuals = g_ptr_array_index (lists, t);
    OwlTurn owl = { .visuals = (OwlVisual *const *) visuals->pdata, .n_visuals = visuals->len, .question = turn->question,
                    .answer = turn->answer };
    gsize size;

    if (turn->ids) {
      owl.answer_ids = g_bytes_get_data (turn->ids, &size);
      owl.n_answer_ids = size / sizeof (gint32);
    }
    g_array_append_val (turns, owl);
  }
  return turns;
}

static gsize
count_words (const char *text)
{
  gsize words = 0;
  gboolean inside = FALSE;

  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    /* Languages without spaces: each character counts as a word. */
    if (g_unichar_iswide (c)) {
      words++;
      inside = FALSE;
    } else if (g_unichar_isspace (c)) {
      inside = FALSE;
    } else if (!inside) {
      words++;
      inside = TRUE;
    }
  }
  return words;
}

static gboolean
generate (TytoEngine *self, AnswerRequest *request, gint64 start, GError **error)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GArray) turns = NULL, ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) id_bytes = NULL;
  OwlSampling sampling = request->varied ? OWL_SAMPLING_VARIED : OWL_SAMPLING_PRECISE;
  OwlAnswerStats stats = { 0 };
  const OwlTurn *list;
  double read_seconds, speed;
  int n_dropped;

  if (!read_pictures (self, request, lists, error))
    return FALSE;
  turns = make_turns (request, lists);
  list = (const OwlTurn *) (const void *) turns->data;
  n_dropped = owl_prompt_plan (self->model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, NULL, error);
  if (n_dropped < 0)
    return FALSE;
  if (n_dropped > 0)
    answer_request_say_dropped (request, n_dropped);
  sampling.seed = request->seed;
  prompt = owl_prompt_new_from_turns (self->model, OWL_SYSTEM_TEXT, request->instructions, list + n_dropped, turns->len - (guint) n_dropped);
  read_seconds = (double) (g_get_monotonic_time () - start) / 1e6;
  if (!owl_session_generate (self->session, prompt, &sampling, MAX_ANSWER_TOKENS, TRUE, on_event, request, request->cancellable, text, ids,
                             &stats, error))
    return FALSE;
  id_bytes = g_bytes_new (ids->data, ids->len * sizeof (gint32));
  speed = stats.decode_ms > 0.0 ? (double) count_words (text->str) * 1000.0 / stats.decode_ms : 0.0;
  answer_request_say_end (request, stats.stop == OWL_STOP_CANCELLED ? TYTO_MESSAGE_STOPPED : TYTO_MESSAGE_COMPLETE, NULL, id_bytes,
                          read_seconds + stats.first_token_ms / 1000.0, speed);
  return TRUE;
}

static void
run_answer (TytoEngine *self, AnswerRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (g_cancellable_is_cancelled (request->cancellable)) {
    answer_request_say_end (request, TYTO_MESSAGE_STOPPED, NULL, NULL, 0.0, 0.0);
    return;
  }
  if (!self->model) {
    answer_request_say_end (request, TYTO_MESSAGE_FAILED, _("No model is loaded."), NULL, 0.0, 0.0);
    return;
  }
  if (generate (self, request, g_get_monotonic_time (), &error))
    return;
  if (g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    answer_request_say_end (request, TYTO_MESSAGE_STOPPED, NULL, NULL, 0.0, 0.0);
  else
    answer_request_say_end (request, TYTO_MESSAGE_FAILED, error->message, NULL, 0.0, 0.0);
}

/* The most urgent job: loading first (nothing works without it), then answers, then reading ahead; in order of arrival. */
static Job *
take_job (TytoEngine *self)
{
  static const JobKind order[] = { JOB_QUIT, JOB_LOAD, JOB_ANSWER, JOB_READ_AHEAD };

  for (;;) {
    for (gsize k = 0; k < G_N_ELEMENTS (order); k++)
      for (GList *link = self->jobs.head; link; link = link->next) {
        Job *job = link->data;

        if (job->kind != order[k])
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
    self->ahead = kind == JOB_READ_AHEAD ? cancellable : NULL;
    self->loading = kind == JOB_LOAD ? cancellable : NULL;
    self->running = kind == JOB_ANSWER ? job->request : NULL;
    g_mutex_unlock (&self->lock);

    if (kind == JOB_LOAD)
      run_load (self, job, cancellable);
    else if (kind == JOB_ANSWER)
      run_answer (self, job->request);
    else if (kind == JOB_READ_AHEAD)
      run_read_ahead (self, job, cancellable);

    g_mutex_lock (&self->lock);
    self->ahead = self->loading = NULL;
    self->running = NULL;
    g_mutex_unlock (&self->lock);
    job_free (job);
    if (kind == JOB_QUIT)
      break;
  }
  g_clear_pointer (&self->session, owl_session_free);
  g_clear_pointer (&self->model, owl_model_unref);
  g_hash_table_remove_all (self->visuals);
  return NULL;
}

static void
push_job (TytoEngine *self, Job *job)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->jobs, job);
  /* Reading ahead gives way to anything that somebody waits for; what it had begun is taken up again by the answer that needs it. */
  if (job->kind != JOB_READ_AHEAD && self->ahead)
    g_cancellable_cancel (self->ahead);
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

static Job *
job_new (JobKind kind)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  return job;
}

void
tyto_engine_load (TytoEngine *self, const char *path, int n_threads)
{
  Job *job = job_new (JOB_LOAD);

  job->path = g_strdup (path);
  job->n_threads = n_threads;
  g_mutex_lock (&self->lock);
  if (self->loading)
    g_cancellable_cancel (self->loading);
  g_mutex_unlock (&self->lock);
  push_job (self, job);
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
tyto_engine_ask (TytoEngine *self, GPtrArray *path, TytoMessage *answer, const TytoAnswerOptions *options, TytoAnswerDone done,
                 gpointer user_data)
{
  Job *job = job_new (JOB_ANSWER);

  job->request = answer_request_new (path, answer, options);
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

const char *
tyto_engine_get_model_name (TytoEngine *self)
{
  return self->model_name;
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
  g_hash_table_unref (self->visuals);
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
  self->visuals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) owl_visual_unref);
}

TytoEngine *
tyto_engine_new (TytoDocuments *documents, TytoStore *store)
{
  TytoEngine *self = g_object_new (TYTO_TYPE_ENGINE, NULL);

  self->documents = g_object_ref (documents);
  self->store = g_object_ref (store);
  self->thread = g_thread_new ("tyto-engine", engine_thread, self);
  return self;
}
