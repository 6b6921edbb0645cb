/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/models/tyto-model.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The installed models: the bundled one, those in USER_DIR/models, and folders that are used where they lie. Main thread only; folders are read and
 * written in the background. Property "scanned" (notified): TRUE once the list was made. Signal "changed": something came, went or was read anew.
 * Signal "trouble" (const char *): something could not be written or deleted. */
#define TYTO_TYPE_MODEL_LIBRARY (tyto_model_library_get_type ())
G_DECLARE_FINAL_TYPE (TytoModelLibrary, tyto_model_library, TYTO, MODEL_LIBRARY, GObject)

/* `user_dir`: the user's folder of data. Nothing is read before tyto_model_library_scan. */
TytoModelLibrary *tyto_model_library_new (const char *user_dir);

/* Reads the folders (again). What an import that died left behind is removed the first time. */
void tyto_model_library_scan (TytoModelLibrary *self);
gboolean tyto_model_library_get_scanned (TytoModelLibrary *self);

/* TytoModel: the bundled one first, then by name. Borrowed. */
GListModel *tyto_model_library_get_models (TytoModelLibrary *self);
/* The model of that path, or NULL. Borrowed. */
TytoModel *tyto_model_library_find (TytoModelLibrary *self, const char *path);

/* The user's folder of data, and the one below it that imports go to. */
const char *tyto_model_library_get_user_dir (TytoModelLibrary *self);
const char *tyto_model_library_get_models_dir (TytoModelLibrary *self);

/* A folder or file that is used where it lies. */
void tyto_model_library_add_place (TytoModelLibrary *self, const char *path);

/* Takes a model, or one adapter of it (`adapter`, a name; NULL: the model), out of the list. `finish` deletes the files (a folder that is used where it
 * lies is only forgotten), `undo` puts it back. The bundled model cannot be deleted. */
void tyto_model_library_delete_begin (TytoModelLibrary *self, TytoModel *model, const char *adapter);
void tyto_model_library_delete_undo (TytoModelLibrary *self, TytoModel *model, const char *adapter);
void tyto_model_library_delete_finish (TytoModelLibrary *self, TytoModel *model, const char *adapter);
/* TRUE while the adapter waits for undo or finish. */
gboolean tyto_model_library_is_deleted (TytoModelLibrary *self, TytoModel *model, const char *adapter);

/* Bytes of all that was imported. */
guint64 tyto_model_library_get_imported_size (TytoModelLibrary *self);
/* Deletes all that was imported and forgets all places, at once. */
void tyto_model_library_delete_all (TytoModelLibrary *self);

/* Waits until everything begun is on the disk: at the end of the program, and in tests. */
void tyto_model_library_flush (TytoModelLibrary *self);

G_END_DECLS
