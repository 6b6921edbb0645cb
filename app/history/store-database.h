/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-store.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* The database itself: plain records in and out, for the store's thread. */

typedef struct {
  gint64 id, updated, leaf;
  char *title, *preview, *draft, *model, *adapter;
  GPtrArray *attachments; /* AttachmentRecord: of the draft */
  TytoDraftDocument *document; /* of the draft; NULL: none */
  struct AttachmentRecord *cover; /* the first picture, without its text; NULL: none */
  gboolean pinned;
} ConversationRecord;
ConversationRecord *conversation_record_new (void);
void conversation_record_free (ConversationRecord *record);

typedef struct AttachmentRecord {
  char *blob, *name, *page_label, *error, *text;
  int page, detail, send, recognised;
  OwlRegion region; /* width 0: all of it */
} AttachmentRecord;
void attachment_record_free (AttachmentRecord *record);

typedef struct {
  gint64 id, conversation, parent, created;
  int role, state, dropped;
  char *text, *error, *model;
  GBytes *ids;
  double first_word, speed;
  GPtrArray *attachments; /* AttachmentRecord */
} MessageRecord;
MessageRecord *message_record_new (void);
void message_record_free (MessageRecord *record);

/* NULL and a TYTO_STORE_ERROR whose message can be shown. */
sqlite3 *store_database_open (const char *folder, GError **error);
void store_database_close (sqlite3 *db);

GPtrArray *store_database_list (sqlite3 *db, GError **error);
GPtrArray *store_database_load (sqlite3 *db, gint64 conversation, GError **error);
gboolean store_database_save_conversation (sqlite3 *db, const ConversationRecord *record, GError **error);
gboolean store_database_save_message (sqlite3 *db, const MessageRecord *record, GError **error);
gboolean store_database_delete_message (sqlite3 *db, gint64 message, GError **error);
GPtrArray *store_database_list_blobs (sqlite3 *db, GError **error);
void store_database_get_speed (sqlite3 *db, const char *model, TytoSpeed *speed);
void store_database_put_speed (sqlite3 *db, const char *model, const TytoSpeed *speed);
gboolean store_database_delete (sqlite3 *db, gint64 conversation, GError **error);
GBytes *store_database_get_visual (sqlite3 *db, const guint8 key[32]);
void store_database_put_visual (sqlite3 *db, const guint8 key[32], GBytes *values);

G_END_DECLS
