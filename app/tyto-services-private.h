/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

G_BEGIN_DECLS

struct _TytoServices {
  GObject parent_instance;

  TytoStore *store;
  TytoDocuments *documents;
  TytoEngine *engine;
  TytoModelLibrary *library;
  TytoModelImport *import;
  GListStore *conversations;
  GPtrArray *deleted; /* TytoConversation: gone from the list, still in the history */
  TytoConversation *new_draft;
  gboolean listed;

  char *problem;
  TytoStoreError problem_code;
  gboolean disk_full, moved_seen;

  /* What new chats are held with, and how models are run. */
  char *default_model, *default_adapter;
  int n_threads;
  OwlKvType kv;
  gboolean started;

  /* The chat in sight. */
  TytoConversation *used; /* NULL: a new one */
  char *model_path;       /* NULL: there is none */
  char *missing;          /* the path that is not there, or NULL */
  char *adapter;          /* "NAME:STRENGTH" or "" */
};

/* services-models.c */
void _tyto_services_want (TytoServices *self);
/* A conversation keeps what it is held with from its first question on. TRUE if that was new. */
gboolean _tyto_services_pin_model (TytoServices *self, TytoConversation *conversation);

/* services-state.c */
void _tyto_services_state_changed (TytoServices *self);

/* tyto-services.c */
void _tyto_services_open (TytoServices *self);
void _tyto_services_renew (TytoServices *self, const char *reason);
void _tyto_services_set_problem (TytoServices *self, const GError *error);
void _tyto_services_notify_model (TytoServices *self);
void _tyto_services_save_again (TytoServices *self);

G_END_DECLS
