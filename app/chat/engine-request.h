/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine.h"

G_BEGIN_DECLS

/* What crosses from the main thread to the engine thread: plain copies, no objects that only the main thread may touch. */

typedef struct {
  char *blob, *name;
  int page, width, height; /* in pixels; 0 before they are known */
  gboolean has_region;
  OwlRegion region;
  OwlDetail detail;
} PictureRef;
PictureRef *picture_ref_new (TytoAttachment *attachment);
void picture_ref_free (PictureRef *ref);
/* Whether an attachment goes to the model as a picture. */
gboolean answer_request_sends_picture (TytoAttachment *attachment);
/* The attachments (TytoAttachment; transfer full) of all questions of `path` that go as pictures, in order. */
GPtrArray *answer_request_list_pictures (GPtrArray *path);
/* The text of an attachment as the model gets it, under a line that says where it comes from; NULL without text. The caller frees. */
char *answer_request_make_text (TytoAttachment *attachment);
/* "HASH:PAGE:DETAIL", with a region's numbers: the name of its visual tokens in memory. */
char *picture_ref_get_id (const PictureRef *ref);

typedef struct {
  GPtrArray *pictures; /* PictureRef */
  char *question, *answer;
  GBytes *ids;
} RequestTurn;

/* What the engine has to say about an answer, gathered until the main loop takes it; guarded by `lock`. */
typedef struct {
  GString *text;
  char *stage, *model;
  gboolean scheduled, ended;
  TytoMessageState state;
  char *error;
  GBytes *ids;
  double first_word, speed;
  int dropped;
} AnswerNews;

/* One question on its way through the engine. */
typedef struct {
  gatomicrefcount references;
  GCancellable *cancellable;
  GPtrArray *turns; /* RequestTurn */
  gint64 conversation;
  TytoEngineSetup *setup; /* what answers; NULL: whatever is loaded */
  OwlSampling sampling;
  gsize max_tokens;
  char *instructions;

  GMutex lock;
  AnswerNews news;

  /* Main thread. */
  TytoMessage *message;
  TytoAnswerDone done;
  gpointer user_data;
} AnswerRequest;

/* `answer` may be NULL: then the request is only measured. */
AnswerRequest *answer_request_new (GPtrArray *path, TytoMessage *answer, const TytoAnswerOptions *options);
AnswerRequest *answer_request_ref (AnswerRequest *request);
/* The last reference goes on the main thread, where the message lives. */
void answer_request_unref (AnswerRequest *request);

/* From the engine thread: something happened; the main loop hears of it within a frame. */
void answer_request_say_stage (AnswerRequest *request, const char *stage);
void answer_request_say_text (AnswerRequest *request, const char *text);
/* Which model answers. */
void answer_request_say_model (AnswerRequest *request, const char *model);
void answer_request_say_dropped (AnswerRequest *request, int n_exchanges);
void answer_request_say_end (AnswerRequest *request, TytoMessageState state, const char *error, GBytes *ids, double first_word, double speed);

G_END_DECLS
