/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/engine-request.h"

G_BEGIN_DECLS

/* A wish to know where the model looked, on its way through the engine. */
typedef struct {
  GPtrArray *attachments; /* TytoAttachment, those that were sent as pictures, in order; the main thread's, only passed back */
  GBytes *ids;            /* of the answer */
  gsize start, length;    /* bytes of its text; length 0: all of it */
  GTask *task;
  gboolean answered; /* the task has returned */
} EngineLook;

EngineLook *engine_look_new (GPtrArray *path, TytoMessage *answer, gsize start, gsize length, GTask *task);
void engine_look_free (EngineLook *look);

/* On the engine thread. `prompt` is what the answer was given to, without the first `n_left_out` pictures of the request. Returns TytoLook. */
GPtrArray *engine_look_run (const EngineLook *look, const AnswerRequest *request, OwlModel *model, OwlSession *session, TytoDocuments *documents,
                            const OwlPrompt *prompt, gsize n_left_out, GCancellable *cancellable, GError **error);

G_END_DECLS
