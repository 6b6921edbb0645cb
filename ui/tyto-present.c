/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-present.h"

static gboolean
present (gpointer window)
{
  gtk_window_present (window);
  return G_SOURCE_REMOVE;
}

/* What it takes to show it is styled and measured before, which is remembered. */
static gboolean
measure (gpointer window)
{
  /* A window that is not shown yet has no size; what is in it has. */
  gtk_widget_measure (gtk_widget_get_first_child (window), GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
  g_idle_add_full (G_PRIORITY_DEFAULT, present, window, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
destroy (gpointer window)
{
  gtk_window_destroy (window);
  return G_SOURCE_REMOVE;
}

static gboolean
close_requested (GtkWindow *window)
{
  gtk_window_set_modal (window, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (window), FALSE);
  g_idle_add_full (G_PRIORITY_DEFAULT, destroy, window, NULL);
  return TRUE;
}

void
tyto_present (GtkWindow *window)
{
  g_signal_connect_after (window, "close-request", G_CALLBACK (close_requested), NULL);
  /* It may go, with its parent, before its turn comes. */
  g_signal_connect (window, "destroy", G_CALLBACK (g_idle_remove_by_data), NULL);
  g_idle_add_full (G_PRIORITY_DEFAULT, measure, window, NULL);
}
