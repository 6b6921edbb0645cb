/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The window of all shortcuts. `parent` may be NULL. */
void tyto_shortcuts_show (GtkWindow *parent);

G_END_DECLS
