/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where models are: those of the user, and the bundled one. */

/* The folder of data that comes with the app (models, samples): $TYTO_DATA_DIR, else where it was installed. */
const char *tyto_models_get_data_dir (void);

/* The model to open first: `chosen` (a path) if it is one, else the bundled starter model. NULL when there is none. */
char *tyto_models_find (const char *chosen);

/* TRUE if `path` is the bundled starter model. */
gboolean tyto_models_is_starter (const char *path);

G_END_DECLS
