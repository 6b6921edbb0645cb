/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/engine-private.h"

#include <glib/gi18n.h>

/* The same for how far an attachment was read. */
typedef struct {
  TytoAttachment *attachment;
  double progress;
} ProgressNews;

static gboolean
deliver_progress (gpointer data)
{
  ProgressNews *news = data;

  tyto_attachment_set_progress (news->attachment, news->progress);
  g_object_unref (news->attachment);
  g_free (news);
  return G_SOURCE_REMOVE;
}

void
engine_say_reading (double fraction, gpointer user_data)
{
  Reading *reading = user_data;
  gint64 now = g_get_monotonic_time ();

  if (now - reading->said < G_USEC_PER_SEC / 30 && fraction < 1.0)
    return;
  reading->said = now;
  if (reading->attachment) {
    ProgressNews *news = g_new0 (ProgressNews, 1);

    news->attachment = g_object_ref (reading->attachment);
    news->progress = fraction;
    g_idle_add (deliver_progress, news);
  }
  if (reading->request) {
    g_autofree char *stage = reading->n_pictures > 1
                                 ? g_strdup_printf (_("Reading picture %u of %u, %.0f %%"), reading->index + 1, reading->n_pictures,
                                                    fraction * 100.0)
                                 : g_strdup_printf (_("Reading the picture, %.0f %%"), fraction * 100.0);

    answer_request_say_stage (reading->request, stage);
  }
}
