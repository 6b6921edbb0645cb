/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Something that may be imported, as found by looking at its files. */
typedef enum {
  TYTO_SOURCE_CHECKPOINT,   /* a Hugging Face folder: is converted */
  TYTO_SOURCE_MODEL_FOLDER, /* language.gguf (and vision.gguf): is copied, or used where it lies */
  TYTO_SOURCE_MODEL_FILE,   /* one GGUF file, without pictures: the same */
  TYTO_SOURCE_PEFT,         /* an adapter as it is published: is converted for a model */
  TYTO_SOURCE_ADAPTER_FILE, /* .lora.gguf: is copied for a model */
} TytoSourceKind;

/* What a checkpoint becomes when it is stored in one way. */
typedef struct {
  const char *type; /* of `owl convert --type`; NULL: as stored */
  guint64 bytes;    /* on the disk */
  guint64 memory;   /* that it needs to run */
} TytoImportChoice;

typedef struct {
  TytoSourceKind kind;
  char *path;
  char *name;         /* suggested */
  guint64 bytes;      /* of its files */
  char *architecture; /* "llama", "bloom", or NULL when not known */
  gboolean has_vision;
  guint64 n_parameters; /* 0: not known */
  GArray *choices;    /* TytoImportChoice, smallest first; empty unless it is a checkpoint */
  guint recommended;  /* index of the best one that this computer can run well */
} TytoImportSource;

void tyto_import_source_free (TytoImportSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TytoImportSource, tyto_import_source_free)

/* What lies at `path`; for a thread that may wait (the sizes of a checkpoint are asked of the program `owl`). NULL and an error that says what is missing
 * and what to do. */
TytoImportSource *tyto_import_source_probe (const char *path, GCancellable *cancellable, GError **error);

/* The same without looking closer: TRUE if a model or an adapter seems to lie there, so that a drop of it is an import. */
gboolean tyto_import_source_seems_likely (const char *path);

/* The way of storing with that name: what it is called, and what it means for size, memory and answers. Both are static and translated. */
const char *tyto_import_type_title (const char *type);
const char *tyto_import_type_explanation (const char *type);

/* Why an import failed. */
#define TYTO_IMPORT_ERROR (tyto_import_error_quark ())
typedef enum {
  TYTO_IMPORT_ERROR_NO_MODEL,   /* nothing that can be imported */
  TYTO_IMPORT_ERROR_INCOMPLETE, /* files are missing or only placeholders */
  TYTO_IMPORT_ERROR_SPACE,      /* the disk is too full */
  TYTO_IMPORT_ERROR_FAILED,
} TytoImportError;
GQuark tyto_import_error_quark (void);

G_END_DECLS
