/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "engine/owl.h"

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum {
  TYTO_MODEL_BUNDLED,  /* came with the app */
  TYTO_MODEL_IMPORTED, /* in the user's folder of models */
  TYTO_MODEL_IN_PLACE, /* used where it lies */
} TytoModelOrigin;

/* An adapter that can be laid on a model. */
typedef struct {
  char *name, *path;
  guint64 size;          /* bytes on disk */
  gboolean can_delete;   /* it lies in the user's own folders */
} TytoAdapter;

/* An installed model: what is known of it without loading it. Never changes; a new scan makes new ones. */
#define TYTO_TYPE_MODEL (tyto_model_get_type ())
G_DECLARE_FINAL_TYPE (TytoModel, tyto_model, TYTO, MODEL, GObject)

/* Reads what the files' headers say; may take some milliseconds, so not on the main thread. Never NULL: what cannot be used says why. */
TytoModel *tyto_model_read (const char *path, TytoModelOrigin origin, const char *user_dir);

const char *tyto_model_get_path (TytoModel *self);
TytoModelOrigin tyto_model_get_origin (TytoModel *self);
/* For people: "Starter model", or what the folder is called. */
const char *tyto_model_get_name (TytoModel *self);
/* Why it cannot be used and what to do about it, or NULL. */
const char *tyto_model_get_problem (TytoModel *self);
/* "llama", "bloom", or "" with a problem. */
const char *tyto_model_get_architecture (TytoModel *self);
/* "q4_0": the type of the largest tensor. */
const char *tyto_model_get_weight_type (TytoModel *self);
gboolean tyto_model_get_has_vision (TytoModel *self);
int tyto_model_get_context_length (TytoModel *self);
/* What it was taught to talk in, as codes ("en"), NULL-terminated; empty: not known. */
const char *const *tyto_model_get_languages (TytoModel *self);
/* Bytes of its files, and of the memory that it needs. */
guint64 tyto_model_get_size (TytoModel *self);
guint64 tyto_model_get_memory (TytoModel *self, OwlKvType kv);
/* TytoAdapter, by name; borrowed. */
GPtrArray *tyto_model_get_adapters (TytoModel *self);

/* Whether the memory suffices. */
typedef enum {
  TYTO_FIT_GOOD,  /* now */
  TYTO_FIT_TIGHT, /* when other programs give some back */
  TYTO_FIT_NEVER, /* the computer has too little */
} TytoFit;
/* `needed` against what the computer has in all and what is free now (0: not known, which fits). */
TytoFit tyto_model_judge_memory (guint64 needed, guint64 total, guint64 available);

G_END_DECLS
