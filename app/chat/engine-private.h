/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Inside the engine service: the queue is in tyto-engine.c, what its jobs do in the files named below. */

#include "app/chat/engine-look.h"
#include "app/chat/engine-model.h"
#include "app/chat/engine-pictures.h"

G_BEGIN_DECLS

typedef enum { JOB_QUIT, JOB_ANSWER, JOB_LOAD, JOB_MEASURE, JOB_LOOK, JOB_READ_AHEAD, JOB_PREPARE, N_JOB_KINDS } JobKind; /* in order of urgency */

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
  Measurement *measurement; /* JOB_MEASURE */
  TytoEngineSetup *setup; /* JOB_LOAD */
  PictureRef *picture; /* JOB_READ_AHEAD */
  TytoAttachment *attachment; /* the main thread's; only passed back */
  EngineLook *look;           /* JOB_LOOK */
} Job;

struct _TytoEngine {
  GObject parent_instance;

  TytoDocuments *documents;
  TytoStore *store;
  GThread *thread;
  GThread *owner; /* the main thread */

  GMutex lock;
  GCond wake;
  gboolean held;           /* nothing is begun; guarded by `lock` */
  GQueue jobs;             /* Job; guarded by `lock` */
  GCancellable *ahead;     /* of the work in advance that runs, or NULL; guarded by `lock` */
  gboolean preparing;      /* `ahead` evaluates a prompt, which can be taken up again at any time; guarded by `lock` */
  GCancellable *loading;   /* of the loading that runs, or NULL; guarded by `lock` */
  AnswerRequest *running;  /* guarded by `lock` */
  TytoEngineSetup *wanted; /* written by the main thread alone; guarded by `lock` */
  OwlModel *shared_model;  /* what `model` is, for other threads; guarded by `lock` */
  TytoSpeed shared_speed;  /* the same of `speed`; guarded by `lock` */

  /* Engine thread. */
  EngineModel loaded;
  EnginePictures *pictures;
  TytoSpeed speed;     /* as measured on this computer */
  gint64 conversation; /* the one whose beginning the session holds; 0: none */

  /* Main thread. */
  TytoEngineState state;
  double progress;
  char *error, *model_name;
  OwlErrorCode error_code;
};

/* From the engine thread to the main loop: a new state of the model (tyto-engine.c). */
void engine_say_state (TytoEngine *self, TytoEngineState state, double progress, const GError *error, const char *name);

typedef struct {
  TytoEngine *self;
  TytoAttachment *attachment; /* read ahead */
  AnswerRequest *request;     /* answering */
  guint index, n_pictures;
  gint64 said;
} Reading;
/* How far pictures were read, for what waits for them (engine-news.c). An OwlProgress; `user_data` is a Reading. */
void engine_say_reading (double fraction, gpointer user_data);

/* For work beside the engine thread that reads the model without computing with it; any thread (engine-load.c). The model that is loaded (transfer
 * full), or NULL; `speed` (may be NULL) gets what was measured with it. */
OwlModel *engine_ref_model (TytoEngine *self, TytoSpeed *speed);

/* All that follows is for the engine thread. */

/* engine-load.c: sees to it that `setup` is what answers. The window hears of it when anything changes, and always when nobody asked yet (no
 * `request`). */
gboolean engine_ensure_model (TytoEngine *self, const TytoEngineSetup *setup, AnswerRequest *request, GCancellable *cancellable, GError **error);
/* Lets other threads know which model is loaded and how fast it is (engine-load.c). */
void engine_share (TytoEngine *self);

/* engine-load.c */
void engine_run_load (TytoEngine *self, const Job *job, GCancellable *cancellable);

/* engine-answer.c */
void engine_run_answer (TytoEngine *self, AnswerRequest *request);
void engine_run_read_ahead (TytoEngine *self, Job *job, GCancellable *cancellable);
/* Evaluates what is known of the next prompt, so that the question itself is all that is left. */
void engine_run_prepare (TytoEngine *self, AnswerRequest *request, GCancellable *cancellable);
void engine_run_look (TytoEngine *self, Job *job);

/* engine-cost.c */
/* How many squares a picture was or will be read in; at least 1. */
int engine_count_tiles (TytoEngine *self, const PictureRef *ref);
void engine_run_measure (TytoEngine *self, Job *job);
/* A GSourceFunc for the main thread, whose data the measurement holds. */
gboolean engine_measurement_free (gpointer measurement);

G_END_DECLS
