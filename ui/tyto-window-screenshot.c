/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "app/documents/tyto-screenshot.h"

static void
taken (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) file = tyto_screenshot_take_finish (result, &error);

  if (!self->services)
    return;
  if (file)
    tyto_composer_attach_file (TYTO_COMPOSER (self->composer), file);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    _tyto_window_toast (self, error->message);
}

void
_tyto_window_take_screenshot (TytoWindow *self)
{
  tyto_screenshot_take_async (NULL, taken, g_object_ref (self));
}

static void
found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoWindow) self = user_data;

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.screenshot", tyto_screenshot_find_finish (result));
}

void
_tyto_window_find_screenshot (TytoWindow *self)
{
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.screenshot", FALSE);
  tyto_screenshot_find_async (found, g_object_ref (self));
}
