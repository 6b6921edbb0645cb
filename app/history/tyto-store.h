/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-conversation.h"
#include "app/history/tyto-message.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The history in SQLite. All work on the database is done by one thread of its own, in the order of the calls; results come back to the main
 * loop. Writes that nobody waits for report trouble through the signal "failed" (const char *message: what happened and what to do; int: the
 * TytoStoreError).
 *
 * The file is written so that a kill loses nothing that was committed (WAL, synchronous NORMAL), and the answer being written is saved by its
 * owner at least once a second. */
#define TYTO_TYPE_STORE (tyto_store_get_type ())
G_DECLARE_FINAL_TYPE (TytoStore, tyto_store, TYTO, STORE, GObject)

#define TYTO_STORE_ERROR (tyto_store_error_quark ())
typedef enum {
  TYTO_STORE_ERROR_NEWER,   /* the file was written by a newer Tyto */
  TYTO_STORE_ERROR_DAMAGED, /* the file is not a database, or damaged */
  TYTO_STORE_ERROR_FULL,    /* the disk is full */
  TYTO_STORE_ERROR_UNWRITABLE, /* the folder or the file may not be written to */
  TYTO_STORE_ERROR_IO,
} TytoStoreError;
GQuark tyto_store_error_quark (void);

#define TYTO_STORE_VERSION 5

/* `folder` is made when missing; the database is FOLDER/history.db. Nothing is opened yet. */
TytoStore *tyto_store_new (const char *folder);

/* Finishes everything asked for so far and ends the thread; must be called once before the last reference goes. */
void tyto_store_close (TytoStore *self);

/* Opens the file, brings an older schema up to date (after a copy beside it), and marks answers that a crash cut off as interrupted. A file that is
 * damaged is moved away and a new one begun. */
void tyto_store_open_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_store_open_finish (TytoStore *self, GAsyncResult *result, GError **error);

/* Moves the file that cannot be used (`reason`: "damaged", "newer") to another name beside it and opens a new one. */
void tyto_store_renew_async (TytoStore *self, const char *reason, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_store_renew_finish (TytoStore *self, GAsyncResult *result, GError **error);
/* Where the file was moved to, after opening or renewing; NULL: nowhere. Borrowed. */
const char *tyto_store_get_moved (TytoStore *self);
/* The folder that it lies in. Borrowed. */
const char *tyto_store_get_folder (TytoStore *self);

/* A number that no conversation or message has: ids are drawn at random, so that the main thread need not wait for the database. */
gint64 tyto_store_new_id (void);

/* All conversations, newest first (TytoConversation; transfer full). */
void tyto_store_list_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *tyto_store_list_finish (TytoStore *self, GAsyncResult *result, GError **error);

/* All messages of a conversation with their attachments, oldest first (TytoMessage; transfer full). */
void tyto_store_load_async (TytoStore *self, gint64 conversation, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *tyto_store_load_finish (TytoStore *self, GAsyncResult *result, GError **error);

/* Inserts or updates; the object is read at once. `callback` may be NULL. */
void tyto_store_save_conversation (TytoStore *self, TytoConversation *conversation);
void tyto_store_save_message_async (TytoStore *self, TytoMessage *message, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_store_save_message_finish (TytoStore *self, GAsyncResult *result, GError **error);

/* Removes a message with all that follows from it. */
void tyto_store_delete_message (TytoStore *self, gint64 message);

/* Removes a conversation with all its messages. */
void tyto_store_delete_conversation (TytoStore *self, gint64 conversation);

/* The hashes of all blobs that messages and drafts refer to (char *; transfer full). */
void tyto_store_list_blobs_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *tyto_store_list_blobs_finish (TytoStore *self, GAsyncResult *result, GError **error);

/* Deletes the history for good, whether it could be opened or not: conversations, drafts, what was remembered to be fast, and all older copies of
 * the file. A new one is open then. */
void tyto_store_clear_async (TytoStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_store_clear_finish (TytoStore *self, GAsyncResult *result, GError **error);

/* Waits until everything asked for so far is on the disk: at the end of the program, and in tests. */
void tyto_store_flush (TytoStore *self);

/* How fast a model is on this computer, as measured; 0: not known. */
typedef struct {
  double picture_seconds;   /* reading one picture */
  double prompt_per_second; /* positions of a prompt */
  double words_per_second;
} TytoSpeed;

/* These two are for any thread but the main one, and wait. `model` is its path. */
void tyto_store_get_speed (TytoStore *self, const char *model, TytoSpeed *speed);
void tyto_store_put_speed (TytoStore *self, const char *model, const TytoSpeed *speed);

/* Visual tokens by their key. These two may be called from any thread but the main one, and wait. NULL when there is none. */
GBytes *tyto_store_get_visual (TytoStore *self, const guint8 key[32]);
void tyto_store_put_visual (TytoStore *self, const guint8 key[32], GBytes *values);

G_END_DECLS
