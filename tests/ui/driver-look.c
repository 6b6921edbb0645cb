/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver-private.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

/* Drawing after a change takes a few frames. */
#define SETTLE_USEC 400000
/* At least what the frame of a window takes. */
#define EDGE 8

static char *
take_checksum (const AtspiRect *rect)
{
  /* Places do not count the frame of the window; without its edge, no neighbour is in it. */
  g_autofree char *command = g_strdup_printf ("import -window root -crop %dx%d+%d+%d rgb:-", rect->width - 2 * EDGE, rect->height - 2 * EDGE,
                                              rect->x + EDGE, rect->y + EDGE);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) pixels = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_shell_parse_argv (command, NULL, &argv, NULL));
  process = g_subprocess_newv ((const char *const *) argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  g_subprocess_communicate (process, NULL, NULL, &pixels, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (pixels), >, 0);
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, pixels);
}

char *
driver_look_at (AtspiAccessible *node)
{
  g_autofree AtspiRect *rect = _driver_get_place (node);
  gint64 end = driver_get_deadline ();
  char *now = take_checksum (rect);

  for (;;) {
    g_autofree char *before = now;

    g_usleep (SETTLE_USEC);
    now = take_checksum (rect);
    if (g_str_equal (now, before))
      return now;
    if (g_get_monotonic_time () > end)
      g_error ("a part of the screen never stands still");
  }
}

void
driver_wait_other_look (AtspiAccessible *node, const char *before)
{
  g_autofree AtspiRect *rect = _driver_get_place (node);
  gint64 end = driver_get_deadline ();

  for (;;) {
    g_autofree char *now = take_checksum (rect);

    if (!g_str_equal (now, before))
      return;
    if (g_get_monotonic_time () > end) {
      driver_screenshot ("failure");
      g_error ("a part of the screen never changed");
    }
    g_usleep (POLL_USEC);
  }
}

void
driver_wait_last_inside (const char *role, const char *name, const char *outer_role, const char *outer_name)
{
  gint64 end = driver_get_deadline ();

  for (;;) {
    g_autoptr (AtspiAccessible) last = driver_wait_last (role, name), outer = driver_wait (outer_role, outer_name);
    g_autofree AtspiRect *place = _driver_get_place (last), *sight = _driver_get_place (outer);

    if (place->height > 0 && place->y >= sight->y && place->y + place->height <= sight->y + sight->height && place->x >= sight->x &&
        place->x + place->width <= sight->x + sight->width)
      return;
    if (g_get_monotonic_time () > end)
      _driver_fail ("is not in full sight", role, name);
    g_usleep (POLL_USEC);
  }
}

/* What people operate. */
static gboolean
is_control (AtspiRole role)
{
  switch ((int) role) {
  case ATSPI_ROLE_PUSH_BUTTON:
  case ATSPI_ROLE_TOGGLE_BUTTON:
  case ATSPI_ROLE_CHECK_BOX:
  case ATSPI_ROLE_RADIO_BUTTON:
  case ATSPI_ROLE_MENU_ITEM:
  case ATSPI_ROLE_COMBO_BOX:
  case ATSPI_ROLE_TEXT:
  case ATSPI_ROLE_ENTRY:
  case ATSPI_ROLE_PASSWORD_TEXT:
  case ATSPI_ROLE_SPIN_BUTTON:
  case ATSPI_ROLE_SLIDER:
  case ATSPI_ROLE_LINK:
  case ATSPI_ROLE_LIST:
  case ATSPI_ROLE_IMAGE:
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
is_showing (AtspiAccessible *node)
{
  g_autoptr (AtspiStateSet) states = atspi_accessible_get_state_set (node);

  return atspi_state_set_contains (states, ATSPI_STATE_SHOWING) || atspi_state_set_contains (states, ATSPI_STATE_VISIBLE);
}

/* A part of something that has a name (the entry inside a named search field) goes by that. */
static guint
count_nameless (AtspiAccessible *node, gboolean inside_named, const char *path, int depth)
{
  g_autofree char *role = atspi_accessible_get_role_name (node, NULL), *name = atspi_accessible_get_name (node, NULL);
  g_autofree char *here = g_strdup_printf ("%s / %s \"%s\"", path, role ? role : "?", name ? name : "");
  gboolean control = is_control (atspi_accessible_get_role (node, NULL)), named = name && *name;
  int n = depth < MAX_DEPTH ? atspi_accessible_get_child_count (node, NULL) : 0;
  guint count = 0;

  if (control && !named && !inside_named && is_showing (node)) {
    g_test_message ("no name: %s", here);
    count++;
  }
  /* What marks the key of a button is no part of its name. */
  if (control && named && strchr (name, '_') && is_showing (node)) {
    g_test_message ("a mark in the name: %s", here);
    count++;
  }
  for (int i = 0; i < n; i++) {
    g_autoptr (AtspiAccessible) child = atspi_accessible_get_child_at_index (node, i, NULL);

    if (child)
      count += count_nameless (child, control && named, here, depth + 1);
  }
  return count;
}

void
driver_check_names (void)
{
  g_autoptr (AtspiAccessible) root = _driver_find_app ();

  g_assert_nonnull (root);
  atspi_accessible_clear_cache (root);
  g_assert_cmpuint (count_nameless (root, FALSE, "", 0), ==, 0);
}

static AtspiAccessible *
find_focused (AtspiAccessible *node, int depth)
{
  g_autoptr (AtspiStateSet) states = atspi_accessible_get_state_set (node);
  int n = depth < MAX_DEPTH ? atspi_accessible_get_child_count (node, NULL) : 0;

  for (int i = 0; i < n; i++) {
    g_autoptr (AtspiAccessible) child = atspi_accessible_get_child_at_index (node, i, NULL);
    AtspiAccessible *found = child ? find_focused (child, depth + 1) : NULL;

    if (found)
      return found;
  }
  return atspi_state_set_contains (states, ATSPI_STATE_FOCUSED) ? g_object_ref (node) : NULL;
}

char *
driver_get_focused (void)
{
  g_autoptr (AtspiAccessible) root = _driver_find_app (), node = NULL;

  g_assert_nonnull (root);
  atspi_accessible_set_cache_mask (root, ATSPI_CACHE_NONE);
  atspi_accessible_clear_cache (root);
  node = find_focused (root, 0);
  return node ? atspi_accessible_get_name (node, NULL) : NULL;
}

void
driver_wait_focus (const char *name)
{
  gint64 end = driver_get_deadline ();

  for (;;) {
    g_autofree char *focused = driver_get_focused ();

    if (g_strcmp0 (focused, name) == 0)
      return;
    if (g_get_monotonic_time () > end)
      g_error ("the keyboard is at \"%s\", never at \"%s\"", focused ? focused : "", name);
    g_usleep (POLL_USEC);
  }
}

void
driver_screenshot (const char *name)
{
  const char *folder = g_getenv ("TYTO_SCREENSHOTS");
  g_autofree char *command = NULL;

  if (!folder)
    return;
  g_mkdir_with_parents (folder, 0755);
  command = g_strdup_printf ("import -window root \"%s/%s.png\"", folder, name);
  _driver_run (command);
}

void
driver_shoot (const char *title, const char *name, int width, int height)
{
  g_auto (GStrv) sizes = g_strsplit (g_getenv ("TYTO_SCREENSHOT_SIZES") ? g_getenv ("TYTO_SCREENSHOT_SIZES") : "", " ", -1);

  driver_screenshot (name);
  for (char **size = sizes; *size && **size; size++) {
    g_autofree char *other = g_strdup_printf ("%s-%s", name, *size);

    driver_arrange_window (title, atoi (*size), height);
    g_usleep (SETTLE_USEC);
    driver_screenshot (other);
  }
  if (*sizes && **sizes)
    driver_arrange_window (title, width, height);
}
