/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Moves the child of a scrolled window, also while that is being laid out: in a handler of "changed" of one of its adjustments. There the toolkit
 * keeps the value, but does not place the child by it before the next layout, which may never come. */
void tyto_scroll_to (GtkScrolledWindow *scroller, GtkAdjustment *adjustment, double value);

G_END_DECLS
