/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-attachment.h"

G_BEGIN_DECLS

/* One message of a conversation's tree: a question with its attachments, or an answer. Main thread only. */
#define TYTO_TYPE_MESSAGE (tyto_message_get_type ())
G_DECLARE_FINAL_TYPE (TytoMessage, tyto_message, TYTO, MESSAGE, GObject)

typedef enum { TYTO_ROLE_USER, TYTO_ROLE_ASSISTANT } TytoRole;

typedef enum {
  TYTO_MESSAGE_COMPLETE,
  TYTO_MESSAGE_GROWING,     /* the engine is at work on it */
  TYTO_MESSAGE_STOPPED,     /* by the user */
  TYTO_MESSAGE_INTERRUPTED, /* the app ended in the middle of it */
  TYTO_MESSAGE_FAILED,      /* "error" says why */
} TytoMessageState;

/* Properties, all notified: "text", "state", "error", "stage" (what the engine is doing, for people), "dropped". */

TytoMessage *tyto_message_new (gint64 id, gint64 conversation, gint64 parent, TytoRole role);

gint64 tyto_message_get_id (TytoMessage *self);
gint64 tyto_message_get_conversation (TytoMessage *self);
gint64 tyto_message_get_parent (TytoMessage *self); /* 0: the first of the conversation */
TytoRole tyto_message_get_role (TytoMessage *self);

const char *tyto_message_get_text (TytoMessage *self);
void tyto_message_set_text (TytoMessage *self, const char *text);
void tyto_message_append_text (TytoMessage *self, const char *text);

TytoMessageState tyto_message_get_state (TytoMessage *self);
const char *tyto_message_get_error (TytoMessage *self);
/* `error` only with TYTO_MESSAGE_FAILED. */
void tyto_message_set_state (TytoMessage *self, TytoMessageState state, const char *error);

const char *tyto_message_get_stage (TytoMessage *self);
void tyto_message_set_stage (TytoMessage *self, const char *stage);

/* TytoAttachment, in order. Borrowed. */
GPtrArray *tyto_message_get_attachments (TytoMessage *self);

/* Generated ids of an answer (gint32), or NULL. Borrowed. */
GBytes *tyto_message_get_ids (TytoMessage *self);
void tyto_message_set_ids (TytoMessage *self, GBytes *ids);

/* How fast the answer came: seconds to the first word, words a second; 0: not known. */
double tyto_message_get_first_word (TytoMessage *self);
double tyto_message_get_speed (TytoMessage *self);
void tyto_message_set_speed (TytoMessage *self, double first_word, double words_per_second);

/* The model that wrote an answer, as people know it, with its adapter; "": not known. */
const char *tyto_message_get_model (TytoMessage *self);
void tyto_message_set_model (TytoMessage *self, const char *model);

/* How many of the oldest exchanges no longer fitted when this answer was written. */
int tyto_message_get_dropped (TytoMessage *self);
void tyto_message_set_dropped (TytoMessage *self, int n_exchanges);

/* Microseconds since 1970. */
gint64 tyto_message_get_created (TytoMessage *self);
void tyto_message_set_created (TytoMessage *self, gint64 created);

G_END_DECLS
