/* SPDX-License-Identifier: GPL-3.0-or-later */

/* fake-portal PICTURE: what a desktop offers to programs that want a picture of the screen, answered with one that is given. */
#include <gio/gio.h>

static const char introspection[] =
    "<node><interface name='org.freedesktop.portal.Screenshot'><property name='version' type='u' access='read'/>"
    "<method name='Screenshot'><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/><arg type='o' direction='out'/></method>"
    "</interface></node>";
static const char *picture;

static void
called (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method, GVariant *parameters,
        GDBusMethodInvocation *invocation, gpointer user_data)
{
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 1);
  g_autofree char *name = g_strdelimit (g_strdup (sender + 1), ".", '_'), *request = NULL, *uri = g_filename_to_uri (picture, NULL, NULL);
  GVariantBuilder results = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  const char *token = "t";

  g_variant_lookup (options, "handle_token", "&s", &token);
  request = g_strdup_printf ("/org/freedesktop/portal/desktop/request/%s/%s", name, token);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", request));
  g_variant_builder_add (&results, "{sv}", "uri", g_variant_new_string (uri));
  g_dbus_connection_emit_signal (bus, sender, request, "org.freedesktop.portal.Request", "Response", g_variant_new ("(ua{sv})", 0, &results), NULL);
}

static GVariant *
get_property (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *property, GError **error,
              gpointer user_data)
{
  return g_variant_new_uint32 (4);
}

static void
on_bus (GDBusConnection *bus, const char *name, gpointer user_data)
{
  static const GDBusInterfaceVTable table = { .method_call = called, .get_property = get_property };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (introspection, NULL);

  g_dbus_connection_register_object (bus, "/org/freedesktop/portal/desktop", node->interfaces[0], &table, NULL, NULL, NULL);
}

static void
on_name (GDBusConnection *bus, const char *name, gpointer user_data)
{
  g_print ("ready\n");
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  picture = argv[1];
  g_bus_own_name (G_BUS_TYPE_SESSION, "org.freedesktop.portal.Desktop", G_BUS_NAME_OWNER_FLAGS_NONE, on_bus, on_name, NULL, NULL, NULL);
  g_main_loop_run (loop);
  return 0;
}
