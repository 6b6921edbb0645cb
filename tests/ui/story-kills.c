/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Kills the app at random moments while somebody works with it, and looks what is left: the history opens and is sound, what was on the screen a
 * second before is in it, and no copy of a picture is half-written. One process drives the app (and notes what it sees), this one kills both.
 *
 *   TYTO_KILLS=100 TYTO_SEED=1 story-kills      how many times, and where the random moments come from */
#include "driver.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_KILLS 5
/* Text that was on the screen longer than this must be in the history. */
#define LOST_USEC G_USEC_PER_SEC
#define LONGEST_USEC (7 * G_USEC_PER_SEC)
#define START_USEC (30 * G_USEC_PER_SEC)
#define WATCH_USEC (2 * G_USEC_PER_SEC)
#define CARET "▍"

/* ---- the process that drives ---- */

static FILE *notes;

/* One line of the notes: "KIND TIME TEXT". */
static void
note (char kind, const char *text)
{
  fprintf (notes, "%c %" G_GINT64_FORMAT " %s\n", kind, g_get_monotonic_time (), text);
  fflush (notes);
}

static void
watch_answer (void)
{
  gint64 end = g_get_monotonic_time () + WATCH_USEC;

  while (g_get_monotonic_time () < end) {
    g_autoptr (AtspiAccessible) label = driver_find ("label", CARET);
    g_autofree char *text = label ? driver_get_text (label) : NULL;

    if (text && strstr (text, CARET)) {
      *strstr (text, CARET) = '\0';
      note ('A', g_strstrip (text));
    }
    g_usleep (50000);
  }
}

static void
ask (GRand *rand)
{
  g_autofree char *question = g_strdup_printf ("Tell me story number %d.", g_rand_int_range (rand, 1, 1000000));
  g_autoptr (AtspiAccessible) stop = driver_find ("push button", "Stop");

  if (stop)
    driver_key ("Escape");
  g_object_unref (driver_wait ("push button", "Send"));
  driver_set_text (question);
  driver_press ("Send");
  note ('Q', question);
  watch_answer ();
}

static void
think (GRand *rand)
{
  g_autofree char *draft = g_strdup_printf ("An unfinished thought %d", g_rand_int_range (rand, 1, 1000000));

  driver_set_text (draft);
  note ('D', draft);
  g_usleep (1500000);
  note ('-', "");
}

static void
press_if_there (const char *button)
{
  g_autoptr (AtspiAccessible) node = driver_find ("push button", button);

  if (node)
    driver_press_last (button);
}

static int
drive (GPid pid, const char *path, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  notes = fopen (path, "w");
  g_assert_nonnull (notes);
  driver_attach (pid);
  g_object_unref (driver_wait ("label", "Slow"));
  driver_arrange ();
  for (;;)
    switch (g_rand_int_range (rand, 0, 8)) {
    case 0:
    case 1:
    case 2:
      ask (rand);
      break;
    case 3:
    case 4:
      think (rand);
      break;
    case 5:
      note ('-', "");
      driver_key ("ctrl+n");
      break;
    case 6:
      note ('X', "");
      driver_key ("Escape");
      press_if_there ("Delete");
      press_if_there ("Undo");
      break;
    default:
      watch_answer ();
    }
  return 0;
}

/* ---- the process that kills ---- */

static char *program;

static char *
query (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement;
  char *result = NULL;

  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  if (sqlite3_step (statement) == SQLITE_ROW)
    result = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  return result;
}

/* Copies lie under the SHA-256 of what is in them. */
static void
check_blobs (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL), *bytes = NULL, *sum = NULL;
    gsize length;

    if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
      check_blobs (path);
      continue;
    }
    if (strlen (name) != 64)
      continue; /* what was still being copied is taken away later */
    g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
    sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, length);
    g_assert_cmpstr (sum, ==, name);
  }
}

/* Every copy that the history speaks of is there. */
static void
check_references (sqlite3 *db, const char *blobs)
{
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT blob FROM attachment UNION SELECT blob FROM draft_attachment", -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW) {
    const char *hash = (const char *) sqlite3_column_text (statement, 0);
    g_autofree char *start = g_strndup (hash, 2), *path = g_build_filename (blobs, start, hash, NULL);

    if (*hash && !g_file_test (path, G_FILE_TEST_EXISTS))
      g_error ("%s is gone", path);
  }
  sqlite3_finalize (statement);
}

typedef struct {
  char kind;
  gint64 time;
  char *text;
} Note;

static void
note_clear (gpointer data)
{
  g_free (((Note *) data)->text);
}

static GArray *
read_notes (const char *path)
{
  GArray *all = g_array_new (FALSE, TRUE, sizeof (Note));
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;

  g_array_set_clear_func (all, note_clear);
  if (!g_file_get_contents (path, &contents, NULL, NULL))
    return all;
  lines = g_strsplit (contents, "\n", -1);
  /* The last one may be cut off. */
  for (guint i = 0; lines[i] && lines[i + 1]; i++) {
    Note n = { .kind = lines[i][0] };
    char *rest = NULL;

    n.time = g_ascii_strtoll (lines[i] + 1, &rest, 10);
    n.text = g_strdup (rest && *rest == ' ' ? rest + 1 : "");
    g_array_append_val (all, n);
  }
  return all;
}

/* How old the oldest thing is that was seen and is not in the history; 0: nothing is missing. */
static gint64
find_loss (sqlite3 *db, GArray *all, gint64 killed)
{
  g_autofree char *answer = NULL;
  gint64 lost = 0;
  gboolean draft_counts = TRUE;

  answer = query (db, "SELECT text FROM message WHERE role = 1 ORDER BY created DESC LIMIT 1");
  if (answer)
    g_strstrip (answer);
  for (guint i = all->len; i-- > 0;) {
    const Note *n = &g_array_index (all, Note, i);
    g_autofree char *sql = NULL, *found = NULL;

    if (n->kind == 'X') /* the newest answer may have been deleted */
      break;
    if (n->kind == 'Q') {
      char *escaped = sqlite3_mprintf ("SELECT id FROM message WHERE role = 0 AND text = %Q", n->text);

      found = query (db, escaped);
      sqlite3_free (escaped);
      if (!found)
        lost = MAX (lost, killed - n->time);
      break; /* what came before belongs to other messages */
    }
    if (n->kind == 'A' && strlen (n->text) > (answer ? strlen (answer) : 0))
      lost = MAX (lost, killed - n->time);
    else if (n->kind == 'A')
      g_assert_true (g_str_has_prefix (answer, n->text));
    if (n->kind == 'D' && draft_counts) {
      char *escaped = sqlite3_mprintf ("SELECT id FROM conversation WHERE draft = %Q", n->text);

      found = query (db, escaped);
      sqlite3_free (escaped);
      if (!found)
        lost = MAX (lost, killed - n->time);
    }
    draft_counts = FALSE;
  }
  return lost;
}

/* Whether something was typed or said within the last second before the end: what can be lost at all. */
static gboolean
at_stake (GArray *all, gint64 killed)
{
  for (guint i = all->len; i-- > 0;) {
    const Note *n = &g_array_index (all, Note, i);

    if (killed - n->time > LOST_USEC)
      break;
    if (*n->text)
      return TRUE;
  }
  return FALSE;
}

/* Observations, kills with something to lose, histories that were opened afterwards. */
static guint n_seen, n_at_stake, n_opened;

static gint64
check (const char *home, const char *path, gint64 killed)
{
  g_autofree char *file = g_build_filename (home, "tyto", "history.db", NULL), *blobs = g_build_filename (home, "tyto", "blobs", NULL);
  g_autofree char *sound = NULL, *dangling = NULL;
  g_autoptr (GArray) all = read_notes (path);
  sqlite3 *db;
  gint64 lost;

  n_seen += all->len;
  n_at_stake += at_stake (all, killed);
  check_blobs (blobs);
  if (!g_file_test (file, G_FILE_TEST_EXISTS)) {
    g_assert_cmpuint (all->len, ==, 0);
    return 0;
  }
  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  n_opened++;
  sound = query (db, "PRAGMA integrity_check");
  g_assert_cmpstr (sound, ==, "ok");
  dangling = query (db, "PRAGMA foreign_key_check");
  g_assert_null (dangling);
  if (all->len > 0) /* then the schema is there */
    check_references (db, blobs);
  lost = all->len > 0 ? find_loss (db, all, killed) : 0;
  sqlite3_close (db);
  return lost;
}

/* The moment is chosen out of the time in which something happens. */
static void
wait_for_notes (const char *path)
{
  gint64 end = g_get_monotonic_time () + START_USEC;
  GStatBuf info;

  while ((g_stat (path, &info) != 0 || info.st_size == 0) && g_get_monotonic_time () < end)
    g_usleep (50000);
}

static gint64
kill_once (GRand *rand, const char *home, const char *model, const char *const *files, gboolean at_start)
{
  g_autofree char *path = g_build_filename (home, "notes", NULL), *seed = g_strdup_printf ("%u", g_rand_int (rand)), *pid_text = NULL;
  gint64 moment = g_rand_int_range (rand, 0, at_start ? G_USEC_PER_SEC : LONGEST_USEC), killed;
  GPid pid, driver = 0;
  int status;

  g_unlink (path);
  pid = driver_spawn (home, model, files);
  if (!at_start) {
    const char *argv[] = { program, "--drive", NULL, path, seed, NULL };
    g_autoptr (GError) error = NULL;

    g_object_unref (driver_wait ("frame", ""));
    argv[2] = pid_text = g_strdup_printf ("%d", (int) pid);
    g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &driver, &error);
    g_assert_no_error (error);
    wait_for_notes (path);
  }
  g_usleep ((gulong) moment);
  killed = g_get_monotonic_time ();
  kill (pid, SIGKILL);
  if (driver) {
    kill (driver, SIGKILL);
    waitpid (driver, &status, 0);
    g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL); /* it had not given up before */
  }
  waitpid (pid, &status, 0);
  return check (home, path, killed);
}

static void
test_kills (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *slow = g_build_filename (home, "slow-model", NULL);
  g_autofree char *gguf = g_build_filename (g_getenv ("TYTO_DATA_DIR"), "models", "starter", "language.gguf", NULL);
  g_autofree char *first = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", "13.png", NULL);
  g_autofree char *second = g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", "07.png", NULL);
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home);
  const char *const make[] = { g_getenv ("TYTO_MAKE_SLOW_MODEL"), gguf, slow, NULL };
  const char *const files[] = { first, second, NULL };
  guint n_kills = g_getenv ("TYTO_KILLS") ? (guint) atoi (g_getenv ("TYTO_KILLS")) : N_KILLS;
  guint32 seed = g_getenv ("TYTO_SEED") ? (guint32) atoi (g_getenv ("TYTO_SEED")) : g_random_int ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  gint64 worst = 0;
  int status;

  g_assert_no_error (error);
  g_spawn_sync (NULL, (char **) make, NULL, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_test_message ("seed %u", seed);
  for (guint i = 0; i < n_kills; i++) {
    gint64 lost = kill_once (rand, home, slow, files, i % 8 == 7);

    worst = MAX (worst, lost);
    if (lost > 0)
      g_test_message ("kill %u: %.2f s lost", i + 1, (double) lost / 1e6);
    g_assert_cmpint (lost, <=, LOST_USEC);
  }
  g_test_message ("%u kills, %u of them with something said or typed within the last second, %u observations, %u histories opened and found sound, "
                  "at most %.2f s lost",
                  n_kills, n_at_stake, n_seen, n_opened, (double) worst / 1e6);
  g_assert_cmpuint (n_seen, >, 0);

  /* All of it can be worked with. */
  driver_start (home, slow, NULL);
  g_object_unref (driver_wait ("label", "Slow"));
  driver_quit ();
  check (home, "", 0);
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  if (argc == 5 && strcmp (argv[1], "--drive") == 0)
    return drive ((GPid) atoi (argv[2]), argv[3], (guint32) g_ascii_strtoull (argv[4], NULL, 10));
  program = argv[0];
  g_test_add_func ("/story/kills", test_kills);
  return g_test_run ();
}
