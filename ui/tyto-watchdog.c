/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-watchdog.h"

#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LIMIT_USEC 8000
#define SAMPLE_USEC 1000
#define MAX_FRAMES 48
#define MAX_PLACES 8
#define MAX_NOTES 16
#define N_BUCKETS 4096
#define BUCKET_USEC 250

/* A turn that took long, and where it was when it had taken LIMIT. */
typedef struct {
  gint64 cpu, wall, paint, at; /* `at`: since the start */
  int n_frames;
  void *frames[MAX_FRAMES];
} Place;

static struct {
  const char *path;
  pthread_t main_thread;
  GThread *sampler;
  gint quit;
  gboolean stopped;
  gint64 cpu_start, wall_start; /* of the turn */
  gint64 paint_start, paint;    /* processor time of painting in the turn */
  gint64 first_frame, started;
  guint64 n_turns, n_frames;
  guint64 wall_buckets[N_BUCKETS];
  int n_notes;
  struct {
    const char *what;
    gint64 after;
  } notes[MAX_NOTES];
  Place worst[MAX_PLACES]; /* by processor time without painting, longest first */
} watch;

/* Shared with the sampler and the signal handler. */
static volatile gint64 turn_began;
static volatile gint n_sampled;
static void *sampled[MAX_FRAMES];

static gint64
cpu_now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (gint64) t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static void
sample (int signal_number)
{
  if (n_sampled == 0)
    n_sampled = backtrace (sampled, MAX_FRAMES);
}

static gpointer
sampler (gpointer data)
{
  while (!g_atomic_int_get (&watch.quit)) {
    gint64 began = turn_began;

    if (began != 0 && n_sampled == 0 && g_get_monotonic_time () - began > LIMIT_USEC)
      pthread_kill (watch.main_thread, SIGRTMIN);
    g_usleep (SAMPLE_USEC);
  }
  return NULL;
}

static void
end_turn (void)
{
  gint64 cpu = cpu_now () - watch.cpu_start, wall = g_get_monotonic_time () - watch.wall_start;
  Place place = { .cpu = cpu - watch.paint, .wall = wall, .paint = watch.paint, .at = watch.wall_start - watch.started };
  int rank = MAX_PLACES;

  turn_began = 0;
  watch.n_turns++;
  watch.wall_buckets[MIN (wall / BUCKET_USEC, N_BUCKETS - 1)]++;
  while (rank > 0 && place.cpu > watch.worst[rank - 1].cpu)
    rank--;
  if (rank < MAX_PLACES) {
    place.n_frames = n_sampled;
    memcpy (place.frames, sampled, sizeof sampled);
    memmove (&watch.worst[rank + 1], &watch.worst[rank], (gsize) (MAX_PLACES - 1 - rank) * sizeof (Place));
    watch.worst[rank] = place;
  }
}

/* The loop waits in here; everything between two waits is one turn. */
static int
poll_func (GPollFD *fds, guint n_fds, int timeout)
{
  int result;

  if (turn_began != 0 && !watch.stopped)
    end_turn ();
  result = g_poll (fds, n_fds, timeout);
  n_sampled = 0;
  watch.paint = 0;
  watch.cpu_start = cpu_now ();
  watch.wall_start = g_get_monotonic_time ();
  turn_began = watch.wall_start;
  return result;
}

static void
paint_begins (GdkFrameClock *clock)
{
  watch.paint_start = cpu_now ();
}

/* What came before the first frame is the start, and counted as that. */
static void
forget_start (void)
{
  memset (watch.worst, 0, sizeof watch.worst);
  memset (watch.wall_buckets, 0, sizeof watch.wall_buckets);
  watch.n_turns = 0;
}

static void
paint_ends (GdkFrameClock *clock)
{
  watch.paint += cpu_now () - watch.paint_start;
  if (watch.first_frame == 0)
    watch.first_frame = g_get_monotonic_time ();
  else if (watch.n_frames++ == 1)
    forget_start ();
}

/* Dialogs, menus and tooltips paint as well; each has a clock of its own. */
static gboolean
realized (GSignalInvocationHint *hint, guint n_values, const GValue *values, gpointer data)
{
  GtkWidget *widget = g_value_get_object (values);

  if (GTK_IS_NATIVE (widget)) {
    GdkFrameClock *clock = gtk_widget_get_frame_clock (widget);

    /* The toolkit paints in a handler of its own, which was connected before. */
    g_signal_connect_after (clock, "layout", G_CALLBACK (paint_begins), NULL);
    g_signal_connect_after (clock, "paint", G_CALLBACK (paint_ends), NULL);
  }
  return TRUE;
}

void
tyto_watchdog_watch_windows (void)
{
  if (!watch.path)
    return;
  g_type_class_unref (g_type_class_ref (GTK_TYPE_WIDGET));
  g_signal_add_emission_hook (g_signal_lookup ("realize", GTK_TYPE_WIDGET), 0, realized, NULL, NULL);
}

void
tyto_watchdog_start (void)
{
  struct sigaction action = { .sa_handler = sample, .sa_flags = SA_RESTART };
  void *warm_up[1];

  watch.path = g_getenv ("TYTO_WATCHDOG");
  if (!watch.path)
    return;
  watch.started = g_get_monotonic_time ();
  watch.main_thread = pthread_self ();
  /* The first call loads a library, which a signal handler must not. */
  backtrace (warm_up, 1);
  sigaction (SIGRTMIN, &action, NULL);
  g_main_context_set_poll_func (NULL, poll_func);
  watch.sampler = g_thread_new ("tyto-watchdog", sampler, NULL);
}

void
tyto_watchdog_note (const char *what, gint64 begun)
{
  if (!watch.path || watch.n_notes == MAX_NOTES)
    return;
  watch.notes[watch.n_notes].what = what;
  watch.notes[watch.n_notes++].after = g_get_monotonic_time () - begun;
}

void
tyto_watchdog_stop (void)
{
  watch.stopped = TRUE;
}

static double
percentile (double share)
{
  guint64 seen = 0, wanted = (guint64) (share * (double) watch.n_turns);

  for (guint i = 0; i < N_BUCKETS; i++) {
    seen += watch.wall_buckets[i];
    if (seen >= wanted)
      return (double) (i + 1) * BUCKET_USEC / 1000.0;
  }
  return 0.0;
}

static void
write_place (FILE *file, const Place *place)
{
  char **symbols = place->n_frames > 0 ? backtrace_symbols (place->frames, place->n_frames) : NULL;

  fprintf (file, "{\"cpu_ms\": %.1f, \"paint_ms\": %.1f, \"wall_ms\": %.1f, \"at_ms\": %.0f, \"place\": [", (double) place->cpu / 1000.0,
           (double) place->paint / 1000.0, (double) place->wall / 1000.0, (double) place->at / 1000.0);
  for (int i = 0; symbols && i < place->n_frames; i++)
    fprintf (file, "%s\"%s\"", i ? ", " : "", symbols[i]);
  fprintf (file, "]}");
  free (symbols);
}

void
tyto_watchdog_finish (void)
{
  FILE *file;

  if (!watch.path)
    return;
  g_atomic_int_set (&watch.quit, 1);
  g_thread_join (watch.sampler);
  file = fopen (watch.path, "w");
  if (!file)
    return;
  fprintf (file, "{\"turns\": %" G_GUINT64_FORMAT ", \"first_frame_ms\": %.1f, \"wall_p99_ms\": %.2f, \"worst_cpu_ms\": %.1f,\n \"worst\": [",
           watch.n_turns, (double) (watch.first_frame - watch.started) / 1000.0, percentile (0.99), (double) watch.worst[0].cpu / 1000.0);
  for (int i = 0; i < MAX_PLACES && watch.worst[i].cpu > 0; i++) {
    fprintf (file, "%s\n  ", i ? "," : "");
    write_place (file, &watch.worst[i]);
  }
  fprintf (file, "],\n \"notes\": [");
  for (int i = 0; i < watch.n_notes; i++)
    fprintf (file, "%s{\"what\": \"%s\", \"after_ms\": %.1f}", i ? ", " : "", watch.notes[i].what, (double) watch.notes[i].after / 1000.0);
  fprintf (file, "]}\n");
  fclose (file);
}
