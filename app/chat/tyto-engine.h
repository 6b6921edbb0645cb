/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/engine-setup.h"
#include "app/documents/tyto-documents.h"
#include "app/history/tyto-store.h"

G_BEGIN_DECLS

/* The engine thread: it owns model and session, answers questions, and reads attached pictures ahead. Everything here is called from the
 * main thread and returns at once; what the engine has to say arrives on the main loop, at most once a frame. */
#define TYTO_TYPE_ENGINE (tyto_engine_get_type ())
G_DECLARE_FINAL_TYPE (TytoEngine, tyto_engine, TYTO, ENGINE, GObject)

typedef enum {
  TYTO_ENGINE_NONE,    /* no model was asked for */
  TYTO_ENGINE_LOADING, /* "progress" grows */
  TYTO_ENGINE_READY,
  TYTO_ENGINE_FAILED, /* "error" says why and what to do */
} TytoEngineState;

/* Properties, all notified: "state", "progress" (0..1), "error", "model-name". */

TytoEngine *tyto_engine_new (TytoDocuments *documents, TytoStore *store);
/* While held, nothing is begun: a model that loads takes every core, and would keep the first window from the screen. */
void tyto_engine_hold (TytoEngine *self, gboolean held);
/* Cancels what runs and ends the thread; must be called once before the last reference goes. */
void tyto_engine_close (TytoEngine *self);

/* What the chat in sight is to be answered with, in place of what was wanted before; NULL: nothing. It is loaded in the background, and a question is
 * answered with what is wanted when it is asked, even when something else is wanted (and loaded) in the meantime. Refused before loading when the
 * memory does not suffice. */
void tyto_engine_want (TytoEngine *self, const TytoEngineSetup *setup);
/* Tries again after a failure. */
void tyto_engine_load_again (TytoEngine *self);
/* Gives the loading up; the state becomes FAILED with OWL_ERROR_CANCELLED. */
void tyto_engine_cancel_loading (TytoEngine *self);
/* Borrowed; NULL: nothing. */
const TytoEngineSetup *tyto_engine_get_wanted (TytoEngine *self);

TytoEngineState tyto_engine_get_state (TytoEngine *self);
double tyto_engine_get_progress (TytoEngine *self);
const char *tyto_engine_get_error (TytoEngine *self);
OwlErrorCode tyto_engine_get_error_code (TytoEngine *self);
const char *tyto_engine_get_model_name (TytoEngine *self);
/* The same with the adapter that is wanted on it, as messages keep it; NULL: no model. The caller frees. */
char *tyto_engine_describe_model (TytoEngine *self);

/* Computes the visual tokens of an attachment in the background, unless they are known; its "progress" tells how far. */
void tyto_engine_read_ahead (TytoEngine *self, TytoAttachment *attachment);

typedef struct {
  double temperature;       /* 0: always the likeliest words, and the other knobs count for nothing */
  int top_k;                /* 0: off */
  double top_p;             /* 1: off */
  double min_p;             /* 0: off */
  double repeat_penalty;    /* 1: off */
  int max_tokens;           /* 0: as many as usual */
  guint64 seed;             /* of the sampling */
  const char *instructions; /* the user's own sentence, or NULL */
} TytoAnswerOptions;
#define TYTO_ANSWER_PRECISE ((TytoAnswerOptions){ 0.0, 0, 1.0, 0.0, 1.0, 0, 0, NULL })
#define TYTO_ANSWER_VARIED ((TytoAnswerOptions){ 0.7, 5, 1.0, 0.0, 1.0, 0, 0, NULL })

/* Called on the main loop when the answer has ended, whatever the reason; its state, text, ids and speed are set. */
typedef void (*TytoAnswerDone) (TytoMessage *answer, gpointer user_data);

/* Answers the last question of `path` (TytoMessage, from the first question to the one being asked) into `answer`, whose text grows as it
 * comes. Waits its turn when another answer is running. */
void tyto_engine_ask (TytoEngine *self, GPtrArray *path, TytoMessage *answer, const TytoAnswerOptions *options, TytoAnswerDone done,
                      gpointer user_data);

/* The text of a question as the model gets it: before what was typed, the text of each attachment that is sent as text, under a line that says
 * where it comes from. The caller frees. */
char *tyto_engine_make_question (TytoMessage *message);

/* What a question would cost if it were asked now. */
typedef struct {
  guint n_pictures;  /* of the question */
  gsize n_tokens;    /* of the question with its pictures */
  gsize n_used;      /* of the whole prompt, as far as it fits */
  gsize n_context;   /* what the model can hold */
  int n_dropped;     /* of the oldest exchanges would leave; -1: the question alone does not fit */
  double seconds;    /* to the first word, from measured speed; 0: not known yet */
} TytoCost;

/* Called on the main loop. */
typedef void (*TytoCostFunc) (const TytoCost *cost, gpointer user_data);

/* Measures `question` (its text may be empty) after `path`, as for tyto_engine_ask; an earlier measurement that was not begun is forgotten and
 * its `func` not called. With `prepare` the engine goes on to evaluate in advance what of the prompt is fixed, until something else comes. */
void tyto_engine_measure (TytoEngine *self, GPtrArray *path, TytoMessage *question, const TytoAnswerOptions *options, gboolean prepare,
                          TytoCostFunc func, gpointer user_data, GDestroyNotify destroy);

/* Where the model looked: how much each part of an attachment weighed when some words were chosen. The maps of all attachments sum to 1. */
typedef struct {
  TytoAttachment *attachment;
  OwlHeatMap *map;
} TytoLook;
void tyto_look_free (TytoLook *look);

/* For the bytes [start, start + length) of the text of `answer` (length 0: all of it), which answered the last question of `path`. Gives TytoLook
 * for each picture that the model could still see (transfer full). */
void tyto_engine_look_async (TytoEngine *self, GPtrArray *path, TytoMessage *answer, const TytoAnswerOptions *options, gsize start, gsize length,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *tyto_engine_look_finish (TytoEngine *self, GAsyncResult *result, GError **error);

/* Stops the answer, or takes it out of the queue; `done` is still called. */
void tyto_engine_stop (TytoEngine *self, TytoMessage *answer);

G_END_DECLS
