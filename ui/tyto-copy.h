/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Puts a text on the clipboard. `button`, the one with an icon that was pressed for it, shows for a moment that this was done. */
void tyto_copy_text (GtkButton *button, const char *text);

G_END_DECLS
