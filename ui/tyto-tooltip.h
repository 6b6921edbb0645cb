/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Gives a widget a tooltip; NULL takes it away. gtk_widget_set_tooltip_text asks the display where the pointer is, and waits for the answer, each time
 * and for each widget: with some hundred buttons that is a pause that can be seen. Here the text is only kept until somebody points at it. */
void tyto_tooltip_set (GtkWidget *widget, const char *text);

G_END_DECLS
