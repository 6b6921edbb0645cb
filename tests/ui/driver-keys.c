/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver-private.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

char *
driver_get_content (AtspiAccessible *node)
{
  g_autoptr (AtspiText) text = atspi_accessible_get_text_iface (node);

  g_assert_nonnull (text);
  return atspi_text_get_text (text, 0, atspi_text_get_character_count (text, NULL), NULL);
}

void
driver_type (const char *text)
{
  g_autoptr (AtspiAccessible) node = driver_wait ("text", "Your question");
  g_autoptr (AtspiEditableText) editable = atspi_accessible_get_editable_text_iface (node);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (editable);
  atspi_editable_text_insert_text (editable, 0, text, (int) strlen (text), &error);
  g_assert_no_error (error);
}

static char *
composer_text (AtspiAccessible **node)
{
  g_autoptr (AtspiText) text = NULL;

  *node = driver_wait ("text", "Your question");
  text = atspi_accessible_get_text_iface (*node);
  return text ? atspi_text_get_text (text, 0, atspi_text_get_character_count (text, NULL), NULL) : NULL;
}

void
driver_set_text (const char *new_text)
{
  g_autoptr (AtspiAccessible) node = NULL;
  g_autofree char *old = composer_text (&node);
  g_autoptr (AtspiEditableText) editable = atspi_accessible_get_editable_text_iface (node);

  atspi_editable_text_delete_text (editable, 0, (int) g_utf8_strlen (old, -1), NULL);
  driver_type (new_text);
}

void
driver_wait_text (const char *expected)
{
  gint64 end = driver_get_deadline ();

  for (;;) {
    g_autoptr (AtspiAccessible) node = NULL;
    g_autofree char *text = composer_text (&node);

    if (g_strcmp0 (text, expected) == 0)
      return;
    if (g_get_monotonic_time () > end)
      _driver_fail ("the composer never held", "text", expected);
    g_usleep (POLL_USEC);
  }
}

void
driver_enter (const char *field, const char *new_text)
{
  g_autoptr (AtspiAccessible) node = driver_wait (NULL, field);
  g_autoptr (AtspiEditableText) editable = atspi_accessible_get_editable_text_iface (node);
  g_autoptr (AtspiText) text = atspi_accessible_get_text_iface (node);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (editable);
  g_assert_nonnull (text);
  atspi_editable_text_delete_text (editable, 0, atspi_text_get_character_count (text, NULL), NULL);
  atspi_editable_text_insert_text (editable, 0, new_text, (int) strlen (new_text), &error);
  g_assert_no_error (error);
}

char *
driver_get_text (AtspiAccessible *node)
{
  return atspi_accessible_get_name (node, NULL);
}

static char **
read_lines (const char *command)
{
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  g_spawn_command_line_sync (command, &output, NULL, NULL, &error);
  g_assert_no_error (error);
  return g_strsplit (g_strchomp (output), "\n", -1);
}

/* One of the app's windows is the active one. Which of them is for the window manager to say: to wait for a window below a modal one to become active
 * would take xdotool a quarter of a minute, and be in vain. */
static void
bring_to_front (void)
{
  g_auto (GStrv) ours = read_lines ("xdotool search --sync --onlyvisible --class tyto"), active = read_lines ("xdotool getactivewindow");
  guint n = g_strv_length (ours);
  g_autofree char *command = n > 0 ? g_strdup_printf ("xdotool windowactivate --sync %s", ours[n - 1]) : NULL;

  if (command && !g_strv_contains ((const char *const *) ours, *active ? *active : ""))
    _driver_run (command);
}

void
driver_key (const char *keys)
{
  g_autofree char *command = g_strdup_printf ("xdotool key %s", keys);

  /* Two commands: with a window on its stack xdotool would send synthetic events, which GTK does not take. */
  bring_to_front ();
  _driver_run (command);
}

void
driver_key_here (const char *keys)
{
  g_autofree char *command = g_strdup_printf ("xdotool key %s", keys);

  _driver_run (command);
}

void
driver_type_keys (const char *text)
{
  g_autofree char *quoted = g_shell_quote (text), *command = g_strdup_printf ("xdotool type --delay 20 %s", quoted);

  _driver_run (command);
}
