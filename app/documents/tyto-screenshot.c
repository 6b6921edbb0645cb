/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-screenshot"

#include "app/documents/tyto-screenshot.h"

#include <glib/gi18n.h>

#define PORTAL_NAME "org.freedesktop.portal.Desktop"
#define PORTAL_PATH "/org/freedesktop/portal/desktop"
#define SCREENSHOT_INTERFACE "org.freedesktop.portal.Screenshot"
#define REQUEST_INTERFACE "org.freedesktop.portal.Request"

/* Answers of a request. */
enum { RESPONSE_SUCCESS, RESPONSE_CANCELLED };

static void
found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, NULL);

  g_task_return_boolean (task, reply != NULL);
}

static void
bus_for_finding (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, NULL);

  if (!bus) {
    g_task_return_boolean (task, FALSE);
    return;
  }
  g_dbus_connection_call (bus, PORTAL_NAME, PORTAL_PATH, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", SCREENSHOT_INTERFACE, "version"), G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          found, g_steal_pointer (&task));
}

void
tyto_screenshot_find_async (GAsyncReadyCallback callback, gpointer user_data)
{
  g_bus_get (G_BUS_TYPE_SESSION, NULL, bus_for_finding, g_task_new (NULL, NULL, callback, user_data));
}

gboolean
tyto_screenshot_find_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}

/* One request on its way: the portal answers by a signal on an object whose path follows from our name and a token. */
typedef struct {
  GDBusConnection *bus;
  guint subscription;
} Taking;

static void
taking_free (gpointer data)
{
  Taking *taking = data;

  if (taking->subscription)
    g_dbus_connection_signal_unsubscribe (taking->bus, taking->subscription);
  g_clear_object (&taking->bus);
  g_free (taking);
}

static void
responded (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal, GVariant *parameters,
           gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GVariant) results = NULL;
  const char *uri = NULL;
  guint32 response;

  if (g_task_get_completed (task))
    return;
  g_variant_get (parameters, "(u@a{sv})", &response, &results);
  if (response == RESPONSE_SUCCESS && g_variant_lookup (results, "uri", "&s", &uri))
    g_task_return_pointer (task, g_file_new_for_uri (uri), g_object_unref);
  else if (response == RESPONSE_CANCELLED)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, _("The desktop did not give a picture of the screen."));
  g_object_unref (task);
}

static void
asked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, &error);

  /* With a reply, the answer comes by the signal, which has a reference of its own. */
  if (!reply && !g_task_get_completed (task)) {
    g_task_return_error (task, error);
    g_object_unref (task);
  } else if (!reply) {
    g_error_free (error);
  }
}

static void
bus_for_taking (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Taking *taking = g_task_get_task_data (task);
  g_autofree char *token = g_strdup_printf ("tyto%u", g_random_int ()), *sender = NULL, *path = NULL;
  GVariantBuilder options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GError *error = NULL;

  taking->bus = g_bus_get_finish (result, &error);
  if (!taking->bus) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  sender = g_strdelimit (g_strdup (g_dbus_connection_get_unique_name (taking->bus) + 1), ".", '_');
  path = g_strdup_printf ("/org/freedesktop/portal/desktop/request/%s/%s", sender, token);
  taking->subscription = g_dbus_connection_signal_subscribe (taking->bus, PORTAL_NAME, REQUEST_INTERFACE, "Response", path, NULL,
                                                             G_DBUS_SIGNAL_FLAGS_NONE, responded, task, NULL);
  g_variant_builder_add (&options, "{sv}", "handle_token", g_variant_new_string (token));
  g_variant_builder_add (&options, "{sv}", "interactive", g_variant_new_boolean (TRUE));
  g_dbus_connection_call (taking->bus, PORTAL_NAME, PORTAL_PATH, SCREENSHOT_INTERFACE, "Screenshot",
                          g_variant_new ("(sa{sv})", "", &options), G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT,
                          g_task_get_cancellable (task), asked, g_object_ref (task));
}

void
tyto_screenshot_take_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_task_data (task, g_new0 (Taking, 1), taking_free);
  g_bus_get (G_BUS_TYPE_SESSION, cancellable, bus_for_taking, task);
}

GFile *
tyto_screenshot_take_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
