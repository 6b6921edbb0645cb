/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A radio button for a menu: a name, and below it a note in quieter letters. Both wrap within the width of a menu. `group`: another one of the same
 * choice, or NULL. `note`: NULL for none; " " keeps the room for one that comes later. */
GtkWidget *tyto_choice_new (GtkWidget *group, const char *text, const char *note);
/* Other words, for one that has a note. */
void tyto_choice_set_text (GtkWidget *choice, const char *text, const char *note);

G_END_DECLS
