/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where models are: the bundled one, those that were imported, and programs that come with the app. Any thread. */

/* The folder of data that comes with the app (models, samples): $TYTO_DATA_DIR, else where it was installed. */
const char *tyto_models_get_data_dir (void);

/* The bundled starter model's folder, whether it is there or not. The caller frees. */
char *tyto_models_get_starter (void);

/* TRUE if `path` is a folder with a language.gguf, or such a file by itself. */
gboolean tyto_models_is_model (const char *path);

/* The model to open first: `chosen` (a path) if it is one, else the bundled starter model. NULL when there is none. */
char *tyto_models_find (const char *chosen);

/* TRUE if `path` is the bundled starter model. */
gboolean tyto_models_is_starter (const char *path);

/* The program `owl`: $OWL_PROGRAM, else beside the app's executable, in a build tree, or installed. NULL if it is nowhere. */
char *tyto_models_find_converter (void);

/* A conversation remembers its adapter as "NAME:STRENGTH" (NAME alone: strength 1; "": none). Splits one; `name` is NULL for none. */
void tyto_adapter_spec_parse (const char *spec, char **name, double *strength);
/* The other way round; `name` may be NULL. */
char *tyto_adapter_spec_make (const char *name, double strength);

/* Where adapters of the model `path` that did not come with it are kept, below the user's folder `user_dir`: the model's own folder when that was
 * imported, else one of its own. */
char *tyto_models_get_adapter_folder (const char *user_dir, const char *path);
/* The file of an adapter of that name, in either place; NULL if there is none. */
char *tyto_models_find_adapter (const char *user_dir, const char *path, const char *name);

/* Removes a folder with all that is in it, or a file. Symbolic links are removed, not followed. FALSE if something stayed. */
gboolean tyto_models_remove_tree (const char *path);

G_END_DECLS
