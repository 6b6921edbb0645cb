/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/models/import-source.h"
#include "app/models/tyto-model-library.h"

G_BEGIN_DECLS

/* Brings models and adapters into the library, one at a time. Checkpoints are converted by the program `owl` in a process of its own: whatever happens
 * to it, the app goes on. Nothing is listed before it is complete. Main thread only; work is done elsewhere.
 *
 * Properties, notified: "running", "fraction" (0..1). Signal "ended" (const char *path, const char *error): the model's path and NULL, or NULL and what
 * went wrong; both NULL: it was cancelled. */
#define TYTO_TYPE_MODEL_IMPORT (tyto_model_import_get_type ())
G_DECLARE_FINAL_TYPE (TytoModelImport, tyto_model_import, TYTO, MODEL_IMPORT, GObject)

TytoModelImport *tyto_model_import_new (TytoModelLibrary *library);
/* Ends what runs and removes what it left; must be called once before the last reference goes. */
void tyto_model_import_close (TytoModelImport *self);

/* Looks at a folder or file. TytoImportSource (transfer full). */
void tyto_model_import_probe_async (TytoModelImport *self, const char *path, GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);
TytoImportSource *tyto_model_import_probe_finish (TytoModelImport *self, GAsyncResult *result, GError **error);

/* Begins. `name` is what it will be called (made unique). `type`: of a checkpoint, as in TytoImportChoice. `in_place`: a model folder or file is used
 * where it lies. `base`: path of the model that an adapter is for. FALSE and an error if it cannot begin (not enough space, one is running). */
gboolean tyto_model_import_start (TytoModelImport *self, const TytoImportSource *source, const char *name, const char *type, gboolean in_place,
                                  const char *base, GError **error);
void tyto_model_import_cancel (TytoModelImport *self);

gboolean tyto_model_import_get_running (TytoModelImport *self);
/* What is being imported; NULL when nothing is. */
const char *tyto_model_import_get_name (TytoModelImport *self);
double tyto_model_import_get_fraction (TytoModelImport *self);
/* Bytes written a second, and seconds left; 0: not known yet. */
double tyto_model_import_get_rate (TytoModelImport *self);
double tyto_model_import_get_seconds_left (TytoModelImport *self);
/* What the user should know about the last import, one a line; "" for nothing. */
const char *tyto_model_import_get_notes (TytoModelImport *self);

G_END_DECLS
