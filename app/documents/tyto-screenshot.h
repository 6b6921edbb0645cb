/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A picture of the screen through the desktop's portal (org.freedesktop.portal.Screenshot), where there is one: the desktop asks the user what to
 * take and whether to give it. */

/* FALSE without an error when there is no such portal. */
void tyto_screenshot_find_async (GAsyncReadyCallback callback, gpointer user_data);
gboolean tyto_screenshot_find_finish (GAsyncResult *result);

/* The file that the portal gave; G_IO_ERROR_CANCELLED when the user did not want to. */
void tyto_screenshot_take_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
GFile *tyto_screenshot_take_finish (GAsyncResult *result, GError **error);

G_END_DECLS
