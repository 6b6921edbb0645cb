/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver-tree.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_DEPTH 40
#define ACCESSIBLE "org.a11y.atspi.Accessible"

typedef struct Node {
  struct Node *parent;
  int index; /* among the children of its parent */
  char *bus, *path, *name, *role;
  int n_children;
  GPtrArray *children; /* Node */
} Node;

/* Answers that are waited for. */
static int n_pending;

static void
node_free (gpointer data)
{
  Node *node = data;

  g_free (node->bus);
  g_free (node->path);
  g_free (node->name);
  g_free (node->role);
  g_ptr_array_unref (node->children);
  g_free (node);
}

static Node *
node_new (Node *parent, int index, const char *bus, const char *path)
{
  Node *node = g_new0 (Node, 1);

  node->parent = parent;
  node->index = index;
  node->bus = g_strdup (bus);
  node->path = g_strdup (path);
  node->children = g_ptr_array_new_with_free_func (node_free);
  return node;
}

/* The bus of the accessibility tree: a connection of our own, beside libatspi's. */
static GDBusConnection *
get_bus (void)
{
  static GDBusConnection *bus;
  g_autoptr (GDBusConnection) session = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  const char *address;

  if (bus)
    return bus;
  session = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", NULL, G_VARIANT_TYPE ("(s)"), 0, -1,
                                       NULL, &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &address);
  bus = g_dbus_connection_new_for_address_sync (
      address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);
  g_assert_no_error (error);
  return bus;
}

/* A node that went meanwhile has neither name nor children. */
static void
named (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, NULL), value = NULL;

  n_pending--;
  if (!reply)
    return;
  g_variant_get (reply, "(v)", &value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    ((Node *) data)->name = g_variant_dup_string (value, NULL);
}

static void
cast (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, NULL);

  AtspiRole role;

  n_pending--;
  if (!reply)
    return;
  g_variant_get (reply, "(u)", &role);
  ((Node *) data)->role = atspi_role_get_name (role);
}

static void
counted (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, NULL), value = NULL;

  n_pending--;
  if (!reply)
    return;
  g_variant_get (reply, "(v)", &value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    ((Node *) data)->n_children = g_variant_get_int32 (value);
}

/* A child that went meanwhile is left out. */
static void
placed (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, NULL);
  Node *node = data;

  n_pending--;
  if (reply)
    g_variant_get (reply, "((so))", &node->bus, &node->path);
}

static void
ask (const Node *node, const char *interface, const char *method, GVariant *arguments, const char *type, GAsyncReadyCallback answered, Node *receiver)
{
  n_pending++;
  g_dbus_connection_call (get_bus (), node->bus, node->path, interface, method, arguments, G_VARIANT_TYPE (type), 0, -1, NULL, answered, receiver);
}

static void
ask_property (Node *node, const char *property, GAsyncReadyCallback answered)
{
  ask (node, "org.freedesktop.DBus.Properties", "Get", g_variant_new ("(ss)", ACCESSIBLE, property), "(v)", answered, node);
}

/* Each by its number: the toolkit is ready for calls to a node only when it was asked for in this way. */
static void
ask_children (Node *node)
{
  for (int i = 0; i < node->n_children; i++) {
    Node *child = node_new (node, i, NULL, NULL);

    g_ptr_array_add (node->children, child);
    ask (node, ACCESSIBLE, "GetChildAtIndex", g_variant_new ("(i)", i), "((so))", placed, child);
  }
}

static void
wait_for_answers (GMainContext *context)
{
  while (n_pending > 0)
    g_main_context_iteration (context, TRUE);
}

/* All that is there now. */
static Node *
read_tree (GMainContext *context, AtspiAccessible *root, gboolean roles)
{
  const AtspiObject *object = (const AtspiObject *) root;
  Node *top = node_new (NULL, 0, object->app->bus_name, object->path);
  g_autoptr (GPtrArray) level = g_ptr_array_new ();

  g_ptr_array_add (level, top);
  for (int depth = 0; level->len > 0 && depth < MAX_DEPTH; depth++) {
    g_autoptr (GPtrArray) next = g_ptr_array_new ();

    for (guint i = 0; i < level->len; i++) {
      Node *node = g_ptr_array_index (level, i);

      ask_property (node, "Name", named);
      ask_property (node, "ChildCount", counted);
      if (roles)
        ask (node, ACCESSIBLE, "GetRole", NULL, "(u)", cast, node);
    }
    wait_for_answers (context);
    for (guint i = 0; i < level->len; i++)
      ask_children (g_ptr_array_index (level, i));
    wait_for_answers (context);
    for (guint i = 0; i < level->len; i++) {
      const Node *node = g_ptr_array_index (level, i);

      for (guint c = 0; c < node->children->len; c++)
        if (((const Node *) g_ptr_array_index (node->children, c))->path)
          g_ptr_array_add (next, g_ptr_array_index (node->children, c));
    }
    g_ptr_array_unref (g_steal_pointer (&level));
    level = g_steal_pointer (&next);
  }
  return top;
}

static gboolean
fits (const Node *node, const char *role, const char *name)
{
  return node->name && strstr (node->name, name) && (!role || g_strcmp0 (node->role, role) == 0) && (*name || role);
}

/* libatspi's object for a node, by the same way down from the root; NULL when the tree has changed meanwhile. */
static AtspiAccessible *
go_to (AtspiAccessible *root, const Node *node)
{
  AtspiAccessible *parent, *child;

  if (!node->parent)
    return g_object_ref (root);
  parent = go_to (root, node->parent);
  child = parent ? atspi_accessible_get_child_at_index (parent, node->index, NULL) : NULL;
  if (child && g_strcmp0 (((AtspiObject *) child)->path, node->path) != 0)
    g_clear_object (&child);
  g_clear_object (&parent);
  return child;
}

static AtspiAccessible *
find_below (AtspiAccessible *root, const Node *node, const char *role, const char *name)
{
  AtspiAccessible *found = fits (node, role, name) ? go_to (root, node) : NULL;

  for (guint i = 0; i < node->children->len && !found; i++)
    found = find_below (root, g_ptr_array_index (node->children, i), role, name);
  return found;
}

AtspiAccessible *
driver_tree_find (AtspiAccessible *root, const char *role, const char *name)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  AtspiAccessible *found;
  Node *top;

  g_main_context_push_thread_default (context);
  top = read_tree (context, root, role != NULL);
  g_main_context_pop_thread_default (context);
  found = find_below (root, top, role, name);
  node_free (top);
  return found;
}
