/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TYTO_STEPS_H
#define TYTO_STEPS_H

#include <gtk/gtk.h>

/* One piece of a longer work on `widget`, counted from 0; FALSE when it was the last one. */
typedef gboolean (*TytoStep) (GtkWidget *widget, guint n);

/* Does a longer work, such as filling a window, in steps: one in each turn of the main loop, so that what the user does comes between, and before
 * the next frame is painted, so that nobody sees the half of it. It ends early when `widget` goes. Main thread.
 *
 *   tyto_steps_run (GTK_WIDGET (self), fill); */
void tyto_steps_run (GtkWidget *widget, TytoStep step);

#endif
