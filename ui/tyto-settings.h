/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the user has chosen; the same object each time, borrowed. NULL when the schema is not installed: then everything is as it is by default and
 * nothing can be chosen. In a build tree the schema is found beside the program. Main thread only. */
GSettings *tyto_settings_get (void);

gboolean tyto_settings_get_varied (void);
/* The user's own sentence to the model; NULL when there is none. The caller frees. */
char *tyto_settings_get_instructions (void);

G_END_DECLS
