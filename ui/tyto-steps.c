/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-steps.h"

typedef struct {
  GtkWidget *widget; /* borrowed; NULL when it is gone */
  TytoStep step;
  guint n, source;
  gulong destroyed;
} Run;

static void
run_free (gpointer data)
{
  Run *run = data;

  if (run->widget)
    g_signal_handler_disconnect (run->widget, run->destroyed);
  g_free (run);
}

static gboolean
go_on (gpointer data)
{
  Run *run = data;
  g_autoptr (GtkWidget) widget = g_object_ref (run->widget);
  gboolean more = run->step (widget, run->n++);

  /* Styles, fonts and sizes of what is new are worked out now, too, rather than for all of it in the next frame. */
  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
  gtk_widget_measure (widget, GTK_ORIENTATION_VERTICAL, -1, NULL, NULL, NULL, NULL);
  return more;
}

static void
stop (Run *run)
{
  g_signal_handler_disconnect (run->widget, run->destroyed);
  run->widget = NULL;
  g_source_remove (run->source);
}

void
tyto_steps_run (GtkWidget *widget, TytoStep step)
{
  Run *run = g_new0 (Run, 1);

  run->widget = widget;
  run->step = step;
  run->destroyed = g_signal_connect_swapped (widget, "destroy", G_CALLBACK (stop), run);
  run->source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, go_on, run, run_free);
}
