/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver.h"

#include "driver-tree.h"

#include <gio/gio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LIMIT_SECONDS 30
#define ANSWER_MS 10000
#define POLL_USEC 50000
#define MAX_DEPTH 40
/* Drawing after a change takes a few frames. */
#define SETTLE_USEC 400000
#define ACTION_USEC 350000
/* At least what the frame of a window takes. */
#define EDGE 8

static GPid app;

static void
spawn_wait (const char *command)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
}

static void
print_tree (AtspiAccessible *node, int depth)
{
  g_autofree char *role = atspi_accessible_get_role_name (node, NULL), *name = atspi_accessible_get_name (node, NULL);
  int n = depth < MAX_DEPTH ? atspi_accessible_get_child_count (node, NULL) : 0;

  g_printerr ("# %*s%s: %s\n", depth * 2, "", role ? role : "?", name ? name : "");
  for (int i = 0; i < n; i++) {
    g_autoptr (AtspiAccessible) child = atspi_accessible_get_child_at_index (node, i, NULL);

    if (child)
      print_tree (child, depth + 1);
  }
}

static AtspiAccessible *
find_app (void)
{
  g_autoptr (AtspiAccessible) desktop = atspi_get_desktop (0);
  int n = desktop ? atspi_accessible_get_child_count (desktop, NULL) : 0;

  for (int i = 0; i < n; i++) {
    g_autoptr (AtspiAccessible) child = atspi_accessible_get_child_at_index (desktop, i, NULL);

    if (child && (GPid) atspi_accessible_get_process_id (child, NULL) == app)
      return g_steal_pointer (&child);
  }
  return NULL;
}

void
driver_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  /* The accessibility library warns while a program starts or ends; that is no failure of the story. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  atspi_init ();
  /* A busy machine is not a program that hangs. */
  atspi_set_timeout (ANSWER_MS, ANSWER_MS);
}

AtspiAccessible *
driver_find (const char *role, const char *name)
{
  g_autoptr (AtspiAccessible) root = find_app ();

  if (!root)
    return NULL;
  /* Always what is there now. */
  atspi_accessible_set_cache_mask (root, ATSPI_CACHE_NONE);
  atspi_accessible_clear_cache (root);
  return driver_tree_find (root, role, name);
}

gint64
driver_get_deadline (void)
{
  const char *chosen = g_getenv ("TYTO_STORY_SECONDS");
  gint64 seconds = chosen ? g_ascii_strtoll (chosen, NULL, 10) : 0;

  return g_get_monotonic_time () + (seconds > 0 ? seconds : LIMIT_SECONDS) * G_USEC_PER_SEC;
}

static void
fail (const char *what, const char *role, const char *name)
{
  g_autoptr (AtspiAccessible) root = find_app ();

  driver_screenshot ("failure");
  if (root)
    print_tree (root, 0);
  g_error ("%s: %s \"%s\"", what, role ? role : "any role", name);
}

AtspiAccessible *
driver_wait (const char *role, const char *name)
{
  gint64 end = driver_get_deadline ();
  AtspiAccessible *node;

  while (!(node = driver_find (role, name))) {
    if (g_get_monotonic_time () > end)
      fail ("never appeared", role, name);
    g_usleep (POLL_USEC);
  }
  return node;
}

void
driver_wait_gone (const char *role, const char *name)
{
  gint64 end = driver_get_deadline ();
  AtspiAccessible *node;

  while ((node = driver_find (role, name))) {
    g_object_unref (node);
    if (g_get_monotonic_time () > end)
      fail ("never went", role, name);
    g_usleep (POLL_USEC);
  }
}

GPid
driver_spawn (const char *data_home, const char *model, const char *const *files)
{
  g_auto (GStrv) env = g_get_environ ();
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  env = g_environ_setenv (env, "XDG_DATA_HOME", data_home, TRUE);
  env = g_environ_setenv (env, "XDG_CACHE_HOME", data_home, TRUE);
  if (model)
    env = g_environ_setenv (env, "TYTO_MODEL", model, TRUE);
  g_ptr_array_add (argv, (gpointer) g_getenv ("TYTO_PROGRAM"));
  for (; files && *files; files++)
    g_ptr_array_add (argv, (gpointer) *files);
  g_ptr_array_add (argv, NULL);
  g_spawn_async (NULL, (char **) argv->pdata, env, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &app, &error);
  g_assert_no_error (error);
  return app;
}

void
driver_start (const char *data_home, const char *model, const char *const *files)
{
  driver_spawn (data_home, model, files);
  g_object_unref (driver_wait ("frame", ""));
}

void
driver_attach (GPid pid)
{
  app = pid;
}

/* Threads of the app that are not its window. */
static gboolean
is_worker (const char *task, const char *tid)
{
  g_autofree char *path = g_build_filename (task, tid, "comm", NULL), *name = NULL;

  if ((GPid) g_ascii_strtoll (tid, NULL, 10) == app || !g_file_get_contents (path, &name, NULL, NULL))
    return FALSE;
  return !g_str_has_prefix (name, "gmain") && !g_str_has_prefix (name, "gdbus");
}

static void
schedule_workers (int policy)
{
  g_autofree char *task = g_strdup_printf ("/proc/%d/task", (int) app);
  g_autoptr (GDir) tids = g_dir_open (task, 0, NULL);
  const struct sched_param no_priority = { 0 };
  cpu_set_t where;

  /* The story itself may run everywhere. */
  sched_getaffinity (0, sizeof where, &where);
  if (policy == SCHED_IDLE) {
    CPU_ZERO (&where);
    CPU_SET (0, &where);
  }
  for (const char *tid; tids && (tid = g_dir_read_name (tids));)
    if (is_worker (task, tid)) {
      sched_setaffinity ((pid_t) g_ascii_strtoll (tid, NULL, 10), sizeof where, &where);
      sched_setscheduler ((pid_t) g_ascii_strtoll (tid, NULL, 10), policy, &no_priority);
    }
}

static GThread *hog;
static gint hogging;

static gpointer
take_first_processor (gpointer data)
{
  cpu_set_t first;

  CPU_ZERO (&first);
  CPU_SET (0, &first);
  sched_setaffinity (0, sizeof first, &first);
  while (g_atomic_int_get (&hogging))
    ;
  return NULL;
}

void
driver_slow_work (gboolean slow)
{
  g_atomic_int_set (&hogging, slow);
  if (slow)
    hog = g_thread_new ("hog", take_first_processor, NULL);
  schedule_workers (slow ? SCHED_IDLE : SCHED_OTHER);
  if (!slow)
    g_thread_join (g_steal_pointer (&hog));
}

/* Waits for the end of the app, and kills it when it does not come. */
static void
reap (void)
{
  gint64 end = driver_get_deadline ();
  int status;

  while (waitpid (app, &status, WNOHANG) == 0) {
    if (g_get_monotonic_time () > end)
      g_error ("the app does not end");
    g_usleep (POLL_USEC);
  }
  app = 0;
}

void
driver_quit (void)
{
  driver_key ("ctrl+q");
  reap ();
}

void
driver_kill (void)
{
  kill (app, SIGKILL);
  reap ();
}

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

void
driver_press_last (const char *button)
{
  g_autoptr (AtspiAccessible) first = driver_wait ("push button", button), root = find_app (), last = NULL;

  find_last (root, "push button", button, &last, 0);
  g_assert_nonnull (last);
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
  spawn_wait (steps->str);
}

void
driver_scroll (const char *title, int clicks)
{
  g_autofree char *find = g_strdup_printf ("xdotool search --sync --onlyvisible --name %s windowactivate --sync", title);
  g_autofree char *wheel = g_strdup_printf ("xdotool search --onlyvisible --name %s mousemove --window %%1 200 300 click --repeat %d --delay 60 5", title, clicks);

  spawn_wait (find);
  spawn_wait (wheel);
}

void
driver_open_conversation (int n)
{
  g_autoptr (AtspiAccessible) list = driver_wait ("list", "Chats");
  g_autoptr (AtspiAccessible) row = NULL;
  gint64 end = driver_get_deadline ();

  while (atspi_accessible_get_child_count (list, NULL) <= n) {
    if (g_get_monotonic_time () > end)
      fail ("not so many conversations", "list", "Chats");
    g_usleep (POLL_USEC);
  }
  row = atspi_accessible_get_child_at_index (list, n, NULL);
  driver_click (row);
}

void
driver_arrange (void)
{
  spawn_wait ("xdotool search --sync --onlyvisible --class tyto windowsize --sync 900 800 windowmove 0 0");
}

void
driver_arrange_window (const char *title, int width, int height)
{
  g_autofree char *command =
      g_strdup_printf ("xdotool search --sync --onlyvisible --name '%s' windowsize --sync %d %d windowmove 0 0 windowactivate --sync", title, width, height);

  spawn_wait (command);
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
  spawn_wait (steps->str);
}

void
driver_click (AtspiAccessible *node)
{
  g_autoptr (AtspiComponent) component = atspi_accessible_get_component_iface (node);
  g_autofree AtspiRect *rect = component ? atspi_component_get_extents (component, ATSPI_COORD_TYPE_WINDOW, NULL) : NULL;
  g_autofree char *command = NULL;

  g_assert_nonnull (rect);
  command = g_strdup_printf ("xdotool mousemove %d %d click 1", rect->x + rect->width / 2, rect->y + rect->height / 2);
  spawn_wait (command);
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
      fail ("can never be pressed", role, name);
    g_usleep (POLL_USEC);
  }
}

static AtspiRect *
get_place (AtspiAccessible *node)
{
  g_autoptr (AtspiComponent) component = atspi_accessible_get_component_iface (node);
  AtspiRect *rect = component ? atspi_component_get_extents (component, ATSPI_COORD_TYPE_WINDOW, NULL) : NULL;

  g_assert_nonnull (rect);
  return rect;
}

void
driver_wheel (AtspiAccessible *node, int clicks)
{
  g_autofree AtspiRect *rect = get_place (node);
  g_autofree char *command = g_strdup_printf ("xdotool mousemove %d %d click --repeat %d --delay 60 4", rect->x + rect->width / 2,
                                              rect->y + rect->height / 2, clicks);

  spawn_wait (command);
}

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
  g_autofree AtspiRect *rect = get_place (node);
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
  g_autofree AtspiRect *rect = get_place (node);
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
      fail ("the composer never held", "text", expected);
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
    spawn_wait (command);
}

void
driver_key (const char *keys)
{
  g_autofree char *command = g_strdup_printf ("xdotool key %s", keys);

  /* Two commands: with a window on its stack xdotool would send synthetic events, which GTK does not take. */
  bring_to_front ();
  spawn_wait (command);
}

void
driver_key_here (const char *keys)
{
  g_autofree char *command = g_strdup_printf ("xdotool key %s", keys);

  spawn_wait (command);
}

void
driver_type_keys (const char *text)
{
  g_autofree char *quoted = g_shell_quote (text), *command = g_strdup_printf ("xdotool type --delay 20 %s", quoted);

  spawn_wait (command);
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
  spawn_wait ("xdotool search --sync --onlyvisible --name tyto-drag-source windowmove --sync 1020 200 windowactivate --sync");
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
  spawn_wait (steps->str);
  if (words)
    g_object_unref (driver_wait ("label", words));
  driver_screenshot (words ? words : "dragged");
  spawn_wait ("xdotool mouseup 1");
}

void
driver_drag_files (const char *const *files)
{
  driver_offer (files);
  driver_drag_offer (NULL);
  g_usleep (POLL_USEC);
  driver_offer_end ();
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
  g_autoptr (AtspiAccessible) root = find_app ();

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
  g_autoptr (AtspiAccessible) root = find_app (), node = NULL;

  g_assert_nonnull (root);
  atspi_accessible_set_cache_mask (root, ATSPI_CACHE_NONE);
  atspi_accessible_clear_cache (root);
  node = find_focused (root, 0);
  return node ? atspi_accessible_get_name (node, NULL) : NULL;
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
  spawn_wait (command);
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

void
driver_open (const char *file)
{
  char *argv[] = { (char *) g_getenv ("TYTO_PROGRAM"), (char *) file, NULL };
  g_autoptr (GError) error = NULL;

  g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

/* Resident pages of a process, in megabytes; `parent` gets who started it. 0 when it is gone. */
static double
read_process (const char *pid, GPid *parent)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "status", NULL), *text = NULL;
  const char *rss, *ppid;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0.0;
  rss = strstr (text, "VmRSS:");
  ppid = strstr (text, "PPid:");
  *parent = ppid ? (GPid) g_ascii_strtoll (ppid + strlen ("PPid:"), NULL, 10) : 0;
  return rss ? g_ascii_strtod (rss + strlen ("VmRSS:"), NULL) / 1024.0 : 0.0;
}

double
driver_get_memory (void)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  double sum = 0.0;

  for (const char *name; processes && (name = g_dir_read_name (processes));) {
    GPid parent = 0;
    double megabytes = g_ascii_isdigit (*name) ? read_process (name, &parent) : 0.0;

    if (parent == app || (GPid) g_ascii_strtoll (name, NULL, 10) == app)
      sum += megabytes;
  }
  return sum;
}
