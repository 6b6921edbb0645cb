/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver-private.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define ACTION_USEC 350000

static void
do_action (AtspiAccessible *node)
{
  g_autoptr (AtspiAction) action = atspi_accessible_get_action_iface (node);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (action);
  atspi_action_do_action (action, 0, &error);
  g_assert_no_error (error);
  /* A button that is pressed in this way stays down for a quarter of a second before it does anything. */
  g_usleep (ACTION_USEC);
}

void
driver_press (const char *button)
{
  g_autoptr (AtspiAccessible) node = driver_wait ("push button", button);

  do_action (node);
}

void
driver_press_check (const char *name)
{
  g_autoptr (AtspiAccessible) node = driver_wait ("check box", name);

  driver_click (node);
}

static void
find_last (AtspiAccessible *node, const char *role, const char *name, AtspiAccessible **last, int depth)
{
  g_autofree char *node_role = atspi_accessible_get_role_name (node, NULL), *node_name = atspi_accessible_get_name (node, NULL);
  int n = depth < MAX_DEPTH ? atspi_accessible_get_child_count (node, NULL) : 0;

  if (g_strcmp0 (node_role, role) == 0 && node_name && strstr (node_name, name))
    g_set_object (last, node);
  for (int i = 0; i < n; i++) {
    g_autoptr (AtspiAccessible) child = atspi_accessible_get_child_at_index (node, i, NULL);

    if (child)
      find_last (child, role, name, last, depth + 1);
  }
}

AtspiAccessible *
driver_wait_last (const char *role, const char *name)
{
  g_autoptr (AtspiAccessible) first = driver_wait (role, name), root = _driver_find_app ();
  AtspiAccessible *last = NULL;

  find_last (root, role, name, &last, 0);
  g_assert_nonnull (last);
  return last;
}

void
driver_press_last (const char *button)
{
  g_autoptr (AtspiAccessible) last = driver_wait_last ("push button", button);

  do_action (last);
}

void
driver_open_menu (const char *name)
{
  g_autoptr (AtspiAccessible) node = driver_wait ("push button", name);

  driver_click (node);
}

static void
middle (const char *button, int *x, int *y)
{
  g_autoptr (AtspiAccessible) node = driver_wait ("push button", button);
  g_autoptr (AtspiComponent) component = atspi_accessible_get_component_iface (node);
  g_autofree AtspiRect *rect = atspi_component_get_extents (component, ATSPI_COORD_TYPE_WINDOW, NULL);

  *x = rect->x + rect->width / 2;
  *y = rect->y + rect->height / 2;
}

void
driver_drag (const char *from, const char *to)
{
  g_autoptr (GString) steps = g_string_new (NULL);
  int x0, y0, x1, y1;

  middle (from, &x0, &y0);
  middle (to, &x1, &y1);
  /* A little beyond the middle. */
  x1 += x1 < x0 ? -6 : 6;
  g_string_printf (steps, "xdotool mousemove %d %d mousedown 1", x0, y0);
  for (int i = 1; i <= 12; i++)
    g_string_append_printf (steps, " sleep 0.05 mousemove %d %d", x0 + (x1 - x0) * i / 12, y0 + (y1 - y0) * i / 12);
  g_string_append (steps, " sleep 0.3 mouseup 1");
  _driver_run (steps->str);
}

void
driver_scroll (const char *title, int clicks)
{
  g_autofree char *find = g_strdup_printf ("xdotool search --sync --onlyvisible --name %s windowactivate --sync", title);
  g_autofree char *wheel = g_strdup_printf ("xdotool search --onlyvisible --name %s mousemove --window %%1 200 300 click --repeat %d --delay 60 5", title, clicks);

  _driver_run (find);
  _driver_run (wheel);
}

void
driver_open_conversation (int n)
{
  g_autoptr (AtspiAccessible) list = driver_wait ("list", "Chats");
  g_autoptr (AtspiAccessible) row = NULL;
  gint64 end = driver_get_deadline ();

  while (atspi_accessible_get_child_count (list, NULL) <= n) {
    if (g_get_monotonic_time () > end)
      _driver_fail ("not so many conversations", "list", "Chats");
    g_usleep (POLL_USEC);
  }
  row = atspi_accessible_get_child_at_index (list, n, NULL);
  driver_click (row);
}

void
driver_arrange (void)
{
  _driver_run ("xdotool search --sync --onlyvisible --class tyto windowsize --sync 900 800 windowmove 0 0");
}

void
driver_arrange_window (const char *title, int width, int height)
{
  g_autofree char *command =
      g_strdup_printf ("xdotool search --sync --onlyvisible --name '%s' windowsize --sync %d %d windowmove 0 0 windowactivate --sync", title, width, height);

  _driver_run (command);
}

void
driver_drag_in (AtspiAccessible *node, double x0, double y0, double x1, double y1)
{
  g_autoptr (AtspiComponent) component = atspi_accessible_get_component_iface (node);
  g_autofree AtspiRect *rect = component ? atspi_component_get_extents (component, ATSPI_COORD_TYPE_WINDOW, NULL) : NULL;
  g_autoptr (GString) steps = g_string_new (NULL);

  g_assert_nonnull (rect);
  g_string_printf (steps, "xdotool mousemove %d %d mousedown 1", rect->x + (int) (x0 * rect->width), rect->y + (int) (y0 * rect->height));
  for (int i = 1; i <= 10; i++)
    g_string_append_printf (steps, " sleep 0.03 mousemove %d %d", rect->x + (int) ((x0 + (x1 - x0) * i / 10.0) * rect->width),
                            rect->y + (int) ((y0 + (y1 - y0) * i / 10.0) * rect->height));
  g_string_append (steps, " sleep 0.1 mouseup 1");
  _driver_run (steps->str);
}

void
driver_click (AtspiAccessible *node)
{
  g_autoptr (AtspiComponent) component = atspi_accessible_get_component_iface (node);
  g_autofree AtspiRect *rect = component ? atspi_component_get_extents (component, ATSPI_COORD_TYPE_WINDOW, NULL) : NULL;
  g_autofree char *command = NULL;

  g_assert_nonnull (rect);
  command = g_strdup_printf ("xdotool mousemove %d %d click 1", rect->x + rect->width / 2, rect->y + rect->height / 2);
  _driver_run (command);
}

void
driver_click_when_sensitive (const char *role, const char *name)
{
  gint64 end = driver_get_deadline ();

  for (;;) {
    g_autoptr (AtspiAccessible) node = driver_wait (role, name);
    g_autoptr (AtspiStateSet) states = atspi_accessible_get_state_set (node);

    if (atspi_state_set_contains (states, ATSPI_STATE_SENSITIVE)) {
      driver_click (node);
      return;
    }
    if (g_get_monotonic_time () > end)
      _driver_fail ("can never be pressed", role, name);
    g_usleep (POLL_USEC);
  }
}

AtspiRect *
_driver_get_place (AtspiAccessible *node)
{
  g_autoptr (AtspiComponent) component = atspi_accessible_get_component_iface (node);
  AtspiRect *rect = component ? atspi_component_get_extents (component, ATSPI_COORD_TYPE_WINDOW, NULL) : NULL;

  g_assert_nonnull (rect);
  return rect;
}

void
driver_wheel (AtspiAccessible *node, int clicks)
{
  g_autofree AtspiRect *rect = _driver_get_place (node);
  g_autofree char *command = g_strdup_printf ("xdotool mousemove %d %d click --repeat %d --delay 60 4", rect->x + rect->width / 2,
                                              rect->y + rect->height / 2, clicks);

  _driver_run (command);
}

static GPid source;

void
driver_offer (const char *const *what)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (argv, (gpointer) g_getenv ("TYTO_DRAG_SOURCE"));
  for (; *what; what++)
    g_ptr_array_add (argv, (gpointer) *what);
  g_ptr_array_add (argv, NULL);
  g_spawn_async (NULL, (char **) argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &source, &error);
  g_assert_no_error (error);
  /* The app on the left, the other program on the right, so that neither hides the other. */
  driver_arrange ();
  _driver_run ("xdotool search --sync --onlyvisible --name tyto-drag-source windowmove --sync 1020 200 windowactivate --sync");
}

void
driver_offer_end (void)
{
  int status;

  kill (source, SIGTERM);
  waitpid (source, &status, 0);
}

void
driver_drag_offer (const char *words)
{
  g_autoptr (GString) steps = g_string_new ("sh -c 'xdotool mousemove 1120 300 mousedown 1");

  for (int i = 1; i <= 14; i++)
    g_string_append_printf (steps, " sleep 0.05 mousemove %d %d", 1120 - i * 45, 300 + i * 8);
  g_string_append (steps, " sleep 0.3'");
  _driver_run (steps->str);
  if (words)
    g_object_unref (driver_wait ("label", words));
  driver_screenshot (words ? words : "dragged");
  _driver_run ("xdotool mouseup 1");
}

void
driver_drag_files (const char *const *files)
{
  driver_offer (files);
  driver_drag_offer (NULL);
  g_usleep (POLL_USEC);
  driver_offer_end ();
}
