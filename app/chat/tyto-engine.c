/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/tyto-engine.h"

#include "app/chat/engine-look.h"
#include "app/chat/engine-pictures.h"
#include "app/chat/system-memory.h"

#include <glib/gi18n.h>
#include <string.h>

/* What the app itself and the decoding of a picture need beside the model. */
#define EXTRA_BYTES (G_GUINT64_CONSTANT (400) << 20)
/* How much a new measurement of speed counts beside the old ones. */
#define NEW_WEIGHT 0.4
/* Shorter runs say little about speed. */
#define MIN_TOKENS_TO_MEASURE 8

typedef enum { JOB_QUIT, JOB_LOAD, JOB_ANSWER, JOB_MEASURE, JOB_LOOK, JOB_READ_AHEAD, JOB_PREPARE, N_JOB_KINDS } JobKind; /* in order of urgency */

/* Where a cost goes to. */
typedef struct Measurement {
  TytoCostFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  TytoCost cost;
} Measurement;

typedef struct {
  JobKind kind;
  AnswerRequest *request; /* JOB_ANSWER, JOB_MEASURE, JOB_PREPARE */
  gboolean prepare;       /* JOB_MEASURE */
  Measurement *measurement; /* JOB_MEASURE */
  char *path;             /* JOB_LOAD */
  int n_threads;
  PictureRef *picture; /* JOB_READ_AHEAD */
  TytoAttachment *attachment; /* the main thread's; only passed back */
  EngineLook *look;           /* JOB_LOOK */
} Job;

struct _TytoEngine {
  GObject parent_instance;

  TytoDocuments *documents;
  TytoStore *store;
  GThread *thread;

  GMutex lock;
  GCond wake;
  GQueue jobs;             /* Job; guarded by `lock` */
  GCancellable *ahead;     /* of the work in advance that runs, or NULL; guarded by `lock` */
  gboolean preparing;      /* `ahead` evaluates a prompt, which can be taken up again at any time; guarded by `lock` */
  GCancellable *loading;   /* of the loading that runs, or NULL; guarded by `lock` */
  AnswerRequest *running;  /* guarded by `lock` */

  /* Engine thread. */
  OwlModel *model;
  OwlSession *session;
  EnginePictures *pictures;
  char *path;          /* of the model */
  TytoSpeed speed;     /* as measured on this computer */
  gint64 conversation; /* the one whose beginning the session holds; 0: none */

  /* Main thread. */
  TytoEngineState state;
  double progress;
  char *error, *model_name;
};

G_DEFINE_FINAL_TYPE (TytoEngine, tyto_engine, G_TYPE_OBJECT)

enum { PROP_0, PROP_STATE, PROP_PROGRESS, PROP_ERROR, PROP_MODEL_NAME, N_PROPS };
static GParamSpec *properties[N_PROPS];

static gboolean
measurement_free (gpointer data)
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
    g_main_context_invoke (NULL, measurement_free, job->measurement);
  g_clear_pointer (&job->request, answer_request_unref);
  g_clear_pointer (&job->picture, picture_ref_free);
  g_clear_object (&job->attachment);
  g_clear_pointer (&job->look, engine_look_free);
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

/* `old` moves towards what was measured just now. */
static void
learn (double *old, double now)
{
  if (now > 0.0)
    *old = *old > 0.0 ? *old + NEW_WEIGHT * (now - *old) : now;
}

static OwlVisual *
read_picture (TytoEngine *self, const PictureRef *ref, Reading *reading, GCancellable *cancellable, GError **error)
{
  double seconds;
  OwlVisual *visual = engine_pictures_read (self->pictures, ref, say_reading, reading, &seconds, cancellable, error);

  learn (&self->speed.picture_seconds, seconds);
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
  engine_pictures_set_model (self->pictures, NULL);
  g_clear_pointer (&self->model, owl_model_unref);
  self->conversation = 0;
  if (!owl_model_read_info (job->path, &info, error) || !check_memory (&info, error))
    return FALSE;
  *name = *info.name ? g_strdup (info.name) : g_path_get_basename (job->path);
  self->model = owl_model_open (job->path, job->n_threads, say_loading, self, cancellable, error);
  if (!self->model)
    return FALSE;
  self->session = owl_session_new (self->model, NULL, 0, 0, OWL_KV_DEFAULT, error);
  if (!self->session) {
    g_clear_pointer (&self->model, owl_model_unref);
    return FALSE;
  }
  engine_pictures_set_model (self->pictures, self->model);
  g_free (self->path);
  self->path = g_strdup (job->path);
  tyto_store_get_speed (self->store, self->path, &self->speed);
  return TRUE;
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
read_pictures (TytoEngine *self, AnswerRequest *request, GPtrArray *lists, GCancellable *cancellable, GError **error)
{
  Reading reading = { .self = self, .request = request->message ? request : NULL };

  for (guint t = 0; t < request->turns->len; t++)
    reading.n_pictures += ((RequestTurn *) g_ptr_array_index (request->turns, t))->pictures->len;
  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);
    GPtrArray *visuals = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_visual_unref);

    g_ptr_array_add (lists, visuals);
    for (guint i = 0; i < turn->pictures->len; i++, reading.index++) {
      OwlVisual *visual = read_picture (self, g_ptr_array_index (turn->pictures, i), &reading, cancellable, error);

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

/* What was measured while answering is remembered for the next start. */
static void
learn_from (TytoEngine *self, const OwlAnswerStats *stats, gsize n_words)
{
  gsize n_evaluated = stats->n_prompt - MIN (stats->n_reused, stats->n_prompt);

  if (n_evaluated >= MIN_TOKENS_TO_MEASURE && stats->prefill_ms > 0.0)
    learn (&self->speed.prompt_per_second, (double) n_evaluated * 1000.0 / stats->prefill_ms);
  if (stats->n_generated >= MIN_TOKENS_TO_MEASURE && stats->decode_ms > 0.0)
    learn (&self->speed.words_per_second, (double) n_words * 1000.0 / stats->decode_ms);
  tyto_store_put_speed (self->store, self->path, &self->speed);
}

static gboolean
generate (TytoEngine *self, AnswerRequest *request, gint64 start, GError **error)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GArray) turns = NULL, ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) id_bytes = NULL;
  OwlAnswerStats stats = { 0 };
  const OwlTurn *list;
  double read_seconds, speed;
  gsize n_words;
  int n_dropped;

  if (!read_pictures (self, request, lists, request->cancellable, error))
    return FALSE;
  turns = make_turns (request, lists);
  list = (const OwlTurn *) (const void *) turns->data;
  n_dropped = owl_prompt_plan (self->model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, NULL, error);
  if (n_dropped < 0)
    return FALSE;
  if (n_dropped > 0)
    answer_request_say_dropped (request, n_dropped);
  prompt = owl_prompt_new_from_turns (self->model, OWL_SYSTEM_TEXT, request->instructions, list + n_dropped, turns->len - (guint) n_dropped);
  read_seconds = (double) (g_get_monotonic_time () - start) / 1e6;
  self->conversation = request->conversation;
  if (!owl_session_generate (self->session, prompt, &request->sampling, request->max_tokens, TRUE, on_event, request, request->cancellable, text, ids,
                             &stats, error))
    return FALSE;
  id_bytes = g_bytes_new (ids->data, ids->len * sizeof (gint32));
  n_words = count_words (text->str);
  speed = stats.decode_ms > 0.0 ? (double) n_words * 1000.0 / stats.decode_ms : 0.0;
  answer_request_say_end (request, stats.stop == OWL_STOP_CANCELLED ? TYTO_MESSAGE_STOPPED : TYTO_MESSAGE_COMPLETE, NULL, id_bytes,
                          read_seconds + stats.first_token_ms / 1000.0, speed);
  learn_from (self, &stats, n_words);
  return TRUE;
}

/* Turns whose pictures are only counted; `lengths` owns the counts. */
static GArray *
make_blind_turns (TytoEngine *self, const AnswerRequest *request, GPtrArray *lengths)
{
  GArray *turns = g_array_new (FALSE, TRUE, sizeof (OwlTurn));

  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);
    OwlTurn owl = { .n_visuals = turn->pictures->len, .question = turn->question, .answer = turn->answer };
    int *positions = g_new (int, turn->pictures->len + 1);
    gsize size;

    for (guint i = 0; i < turn->pictures->len; i++)
      positions[i] = engine_pictures_count (self->pictures, g_ptr_array_index (turn->pictures, i));
    g_ptr_array_add (lengths, positions);
    owl.visual_positions = positions;

    if (turn->ids) {
      owl.answer_ids = g_bytes_get_data (turn->ids, &size);
      owl.n_answer_ids = size / sizeof (gint32);
    }
    g_array_append_val (turns, owl);
  }
  return turns;
}

/* Seconds until the first word, as far as the speed is known. */
static double
estimate_seconds (TytoEngine *self, const AnswerRequest *request, const TytoCost *cost)
{
  /* What came before the question is evaluated already when the session holds this conversation. */
  gboolean held = cost->n_dropped == 0 && self->conversation == request->conversation;
  gsize n_evaluated = held ? cost->n_tokens : cost->n_used;
  guint n_unread = 0;

  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);

    for (guint i = 0; i < turn->pictures->len; i++)
      n_unread += !engine_pictures_knows (self->pictures, g_ptr_array_index (turn->pictures, i));
  }
  if (self->speed.prompt_per_second <= 0.0 || (n_unread > 0 && self->speed.picture_seconds <= 0.0))
    return 0.0;
  return (double) n_evaluated / self->speed.prompt_per_second + n_unread * self->speed.picture_seconds;
}

static gboolean
deliver_cost (gpointer data)
{
  Measurement *measurement = data;

  measurement->func (&measurement->cost, measurement->user_data);
  return measurement_free (measurement);
}

static void
run_measure (TytoEngine *self, Job *job)
{
  const AnswerRequest *request = job->request;
  g_autoptr (GPtrArray) lengths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) turns = NULL;
  const OwlTurn *list;
  TytoCost *cost = &job->measurement->cost;
  gsize total = 0, before = 0;

  if (!self->model)
    return;
  turns = make_blind_turns (self, request, lengths);
  list = (const OwlTurn *) (const void *) turns->data;
  cost->n_pictures = (guint) list[turns->len - 1].n_visuals;
  cost->n_context = (gsize) owl_model_get_context_length (self->model);
  cost->n_tokens = owl_prompt_count (self->model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len);
  if (turns->len > 1)
    before = owl_prompt_count (self->model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len - 1);
  cost->n_tokens -= MIN (before, cost->n_tokens);
  cost->n_dropped = owl_prompt_plan (self->model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, &total, NULL);
  cost->n_used = cost->n_dropped < 0 ? cost->n_tokens : total;
  cost->seconds = cost->n_dropped < 0 ? 0.0 : estimate_seconds (self, request, cost);
  g_main_context_invoke (NULL, deliver_cost, g_steal_pointer (&job->measurement));
}

/* Evaluates what is known of the next prompt, so that the question itself is all that is left. */
static void
run_prepare (TytoEngine *self, AnswerRequest *request, GCancellable *cancellable)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GArray) turns = NULL;
  g_autoptr (OwlPrompt) prompt = NULL;
  const OwlTurn *list;
  int n_dropped;

  if (!self->model || !read_pictures (self, request, lists, cancellable, NULL))
    return;
  turns = make_turns (request, lists);
  list = (const OwlTurn *) (const void *) turns->data;
  n_dropped = owl_prompt_plan (self->model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, NULL, NULL);
  if (n_dropped < 0)
    return;
  prompt = owl_prompt_new_from_turns (self->model, OWL_SYSTEM_TEXT, request->instructions, list + n_dropped, turns->len - (guint) n_dropped);
  self->conversation = 0;
  if (owl_session_prefill (self->session, prompt, NULL, NULL, cancellable, NULL))
    self->conversation = request->conversation;
}

static GPtrArray *
look (TytoEngine *self, const EngineLook *wish, AnswerRequest *request, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GArray) turns = NULL;
  g_autoptr (OwlPrompt) prompt = NULL;
  const OwlTurn *list;
  gsize n_left_out = 0;
  int n_dropped;

  if (!self->model) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, _("No model is loaded."));
    return NULL;
  }
  if (!read_pictures (self, request, lists, cancellable, error))
    return NULL;
  turns = make_turns (request, lists);
  list = (const OwlTurn *) (const void *) turns->data;
  n_dropped = owl_prompt_plan (self->model, OWL_SYSTEM_TEXT, request->instructions, list, turns->len, 0, NULL, error);
  if (n_dropped < 0)
    return NULL;
  for (int t = 0; t < n_dropped; t++)
    n_left_out += list[t].n_visuals;
  prompt = owl_prompt_new_from_turns (self->model, OWL_SYSTEM_TEXT, request->instructions, list + n_dropped, turns->len - (guint) n_dropped);
  self->conversation = 0;
  return engine_look_run (wish, request, self->model, self->session, self->documents, prompt, n_left_out, cancellable, error);
}

static void
run_look (TytoEngine *self, Job *job)
{
  GTask *task = job->look->task;
  GError *error = NULL;
  GPtrArray *looks = NULL;

  job->look->answered = TRUE;
  if (g_task_return_error_if_cancelled (task))
    return;
  looks = look (self, job->look, job->request, g_task_get_cancellable (task), &error);
  if (looks)
    g_task_return_pointer (task, looks, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
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

/* With the lock held. */
static gboolean
has_job (TytoEngine *self, JobKind kind)
{
  for (GList *link = self->jobs.head; link; link = link->next)
    if (((Job *) link->data)->kind == kind)
      return TRUE;
  return FALSE;
}

/* The most urgent job; among equals the one that came first. */
static Job *
take_job (TytoEngine *self)
{
  for (;;) {
    for (JobKind kind = 0; kind < N_JOB_KINDS; kind++)
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
      run_load (self, job, cancellable);
    else if (kind == JOB_ANSWER)
      run_answer (self, job->request);
    else if (kind == JOB_MEASURE)
      run_measure (self, job);
    else if (kind == JOB_LOOK)
      run_look (self, job);
    else if (kind == JOB_READ_AHEAD)
      run_read_ahead (self, job, cancellable);
    else if (kind == JOB_PREPARE)
      run_prepare (self, job->request, cancellable);

    g_mutex_lock (&self->lock);
    self->ahead = self->loading = NULL;
    self->running = NULL;
    /* Interrupted by a measurement: it goes on after it, unless the measurement brought its successor. */
    if (kind == JOB_PREPARE && g_cancellable_is_cancelled (cancellable) && !has_job (self, JOB_PREPARE))
      g_queue_push_tail (&self->jobs, g_steal_pointer (&job));
    g_mutex_unlock (&self->lock);
    g_clear_pointer (&job, job_free);
    if (kind == JOB_QUIT)
      break;
  }
  g_clear_pointer (&self->session, owl_session_free);
  engine_pictures_set_model (self->pictures, NULL);
  g_clear_pointer (&self->model, owl_model_unref);
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

/* Forgets what was to be measured or prepared but has not begun. With the lock held. */
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
  engine_pictures_free (self->pictures);
  g_free (self->path);
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
  self->thread = g_thread_new ("tyto-engine", engine_thread, self);
  return self;
}
