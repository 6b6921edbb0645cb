/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-chat-view.h"
#include "ui/tyto-settings.h"

#include <glib/gi18n.h>

/* Typing pauses this long before what it costs is measured. */
#define PAUSE_MS 150
#define MINUTE 60.0

static char *
describe_seconds (double seconds)
{
  if (seconds < 1.0)
    return g_strdup (_("less than a second on this computer"));
  if (seconds < MINUTE)
    return g_strdup_printf (_("about %.0f s on this computer"), seconds);
  return g_strdup_printf (_("about %.0f min on this computer"), seconds / MINUTE);
}

/* "3 pictures · 195 tokens · about 4 s on this computer" */
static char *
describe (const TytoCost *cost)
{
  GString *text = g_string_new (NULL);

  if (cost->n_dropped < 0) {
    g_string_append (text, _("Too long for this model"));
    return g_string_free (text, FALSE);
  }
  if (cost->n_dropped > 0)
    g_string_append_printf (text, ngettext ("The oldest question will be left out", "The oldest %d questions will be left out",
                                            (unsigned long) cost->n_dropped),
                            cost->n_dropped);
  if (cost->n_pictures > 0)
    g_string_append_printf (text, "%s%u %s", text->len ? " · " : "", cost->n_pictures, ngettext ("picture", "pictures", cost->n_pictures));
  g_string_append_printf (text, "%s%zu %s", text->len ? " · " : "", cost->n_tokens,
                          ngettext ("token", "tokens", cost->n_tokens));
  if (cost->seconds > 0.0) {
    g_autofree char *seconds = describe_seconds (cost->seconds);

    g_string_append_printf (text, " · %s", seconds);
  }
  return g_string_free (text, FALSE);
}

static void
cost_known (const TytoCost *cost, gpointer user_data)
{
  TytoWindow *self = user_data;
  double filled = cost->n_context ? (double) cost->n_used / (double) cost->n_context : 0.0;
  g_autofree char *text = NULL, *meter = NULL, *written = NULL;
  g_autoptr (GPtrArray) attachments = NULL;

  if (!self->services || !self->chat)
    return;
  written = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));
  if (*written || attachments->len > 0)
    text = describe (cost);
  meter = g_strdup_printf (_("%.0f %% of what the model can remember of this chat is used"), MIN (filled, 1.0) * 100.0);
  if (cost->n_dropped >= 0)
    tyto_chat_view_set_forgotten (TYTO_CHAT_VIEW (self->view), cost->n_dropped);
  _tyto_window_fit_known (self, cost);
  tyto_composer_set_cost (TYTO_COMPOSER (self->composer), text, cost->n_dropped < 0 ? 1.0 : filled, meter, cost->n_dropped < 0);
}

static gboolean
measure (gpointer window)
{
  TytoWindow *self = window;
  g_autofree char *text = NULL, *instructions = NULL;
  g_autoptr (GPtrArray) attachments = NULL;
  TytoAnswerOptions options;
  gboolean prepare = self->prepare;

  self->cost_timer = 0;
  self->prepare = FALSE;
  if (!self->chat || tyto_chat_get_busy (self->chat) || tyto_engine_get_state (tyto_services_get_engine (self->services)) != TYTO_ENGINE_READY)
    return G_SOURCE_REMOVE;
  text = tyto_composer_get_text (TYTO_COMPOSER (self->composer));
  attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));
  tyto_settings_get_answer_options (&options, &instructions);
  tyto_chat_measure (self->chat, text, attachments, self->edited, &options, prepare, cost_known, g_object_ref (self), g_object_unref);
  return G_SOURCE_REMOVE;
}

void
_tyto_window_measure_soon (TytoWindow *self, gboolean prepare)
{
  self->prepare |= prepare;
  g_clear_handle_id (&self->cost_timer, g_source_remove);
  self->cost_timer = g_timeout_add (PAUSE_MS, measure, self);
}
