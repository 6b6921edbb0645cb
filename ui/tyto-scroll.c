/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-scroll.h"

static gboolean
place_again (GtkWidget *scroller, GdkFrameClock *clock, gpointer user_data)
{
  gtk_widget_queue_allocate (gtk_scrolled_window_get_child (GTK_SCROLLED_WINDOW (scroller)));
  return G_SOURCE_REMOVE;
}

void
tyto_scroll_to (GtkScrolledWindow *scroller, GtkAdjustment *adjustment, double value)
{
  gtk_adjustment_set_value (adjustment, value);
  gtk_widget_add_tick_callback (GTK_WIDGET (scroller), place_again, NULL, NULL);
}
