/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Shows a window that was just made, and takes it away when it is closed. Making, measuring, showing, hiding and destroying a window with many
 * widgets each take most of what one turn of the main loop may take, so each gets a turn of its own. */
void tyto_present (GtkWindow *window);

G_END_DECLS
