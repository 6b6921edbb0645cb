/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver-private.h"

#include "driver-tree.h"

#include <gio/gio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LIMIT_SECONDS 30
#define ANSWER_MS 10000

static GPid app;

void
_driver_run (const char *command)
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

AtspiAccessible *
_driver_find_app (void)
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
  g_autoptr (AtspiAccessible) root = _driver_find_app ();

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

void
_driver_fail (const char *what, const char *role, const char *name)
{
  g_autoptr (AtspiAccessible) root = _driver_find_app ();

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
      _driver_fail ("never appeared", role, name);
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
      _driver_fail ("never went", role, name);
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
