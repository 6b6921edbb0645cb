/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Whether a file lies on the web, where the app does not go. */
gboolean tyto_drop_is_web (GFile *file);

/* What happens when `value` (a list of files, a texture or a text with addresses; NULL: not known yet) is let go over the window, judged by names
 * alone; the caller frees. `refused` becomes TRUE when nothing of it can be attached; then the words say why, and what to do. */
char *tyto_drop_describe (const GValue *value, gboolean *refused);

/* The files that a text lists, one address a line (GFile; the caller unrefs); other lines count for nothing. */
GPtrArray *tyto_drop_parse_text (const char *text);

G_END_DECLS
