/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine.h"

G_BEGIN_DECLS

/* What the model gets, for showing it before and after it is sent. Worked out on worker threads beside the engine's, which may be busy. */

/* What one attachment costs, by how it is sent. */
typedef struct {
  gboolean has_vision, knows_tiles; /* of the model */
  int overview, fine;               /* tokens of the picture */
  int rows, columns;                /* tiles of "fine"; 0 before the size of the picture is known */
  gsize text;                       /* tokens of its text; 0 without text */
  double overview_seconds, fine_seconds, text_seconds; /* to read it, from measured speed; 0: not known yet */
} TytoWeight;

/* OWL_ERROR_UNSUPPORTED when no model is loaded. */
void tyto_engine_weigh_async (TytoEngine *self, TytoAttachment *attachment, GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean tyto_engine_weigh_finish (TytoEngine *self, GAsyncResult *result, TytoWeight *weight, GError **error);

/* A piece of the prompt: text, or a picture with the squares that the encoder gets. */
typedef struct {
  char *text; /* NULL: a picture */
  gsize n_tokens;
  TytoAttachment *attachment; /* of a picture */
  GPtrArray *tiles;           /* OwlPicture: the overview, then the tiles row by row */
  int rows, columns;          /* of the tiles; 0 for an overview alone */
} TytoSeenPart;

typedef struct {
  GPtrArray *parts;    /* TytoSeenPart, in order */
  gsize n_tokens;      /* of all parts */
  gsize n_context;     /* what the model can hold */
  gsize n_picture_tokens;
  guint n_pictures, n_tiles;
  int n_dropped;       /* of the oldest exchanges, which no longer fit */
} TytoSeen;
void tyto_seen_free (TytoSeen *seen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TytoSeen, tyto_seen_free)

/* Everything that is put before the model when the last question of `path` is asked: the same texts and pixels, by the same rules. */
void tyto_engine_see_async (TytoEngine *self, GPtrArray *path, const TytoAnswerOptions *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
TytoSeen *tyto_engine_see_finish (TytoEngine *self, GAsyncResult *result, GError **error);

G_END_DECLS
