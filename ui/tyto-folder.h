/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Shows a folder in the program for files; where there is none, says over `parent` (or NULL) where the folder is. */
void tyto_folder_show (GtkWindow *parent, const char *folder);

G_END_DECLS
