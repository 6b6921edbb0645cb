/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/conversion.h"

#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The handler may only write; a thread reads and cancels. Blocking the signals and waiting for them would not do: a library may have started
 * threads before main, which have them unblocked. */
static int signal_pipe[2] = { -1, -1 };
static const int end_signals[] = { SIGINT, SIGTERM, SIGHUP };

static void
on_signal (int number)
{
  int code = errno;
  ssize_t written = write (signal_pipe[1], "", 1);

  (void) written;
  errno = code;
}

static void *
wait_for_signal (void *data)
{
  char byte;
  ssize_t n;

  do
    n = read (signal_pipe[0], &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1)
    g_cancellable_cancel (data);
  return NULL;
}

static void
set_handlers (void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  for (gsize i = 0; i < G_N_ELEMENTS (end_signals); i++)
    sigaction (end_signals[i], &action, NULL);
}

/* Takes `object`. */
static void
print_json (json_t *object)
{
  json_dumpf (object, stdout, JSON_COMPACT | JSON_REAL_PRECISION (6));
  putchar ('\n');
  fflush (stdout);
  json_decref (object);
}

static double
seconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / 1e6;
}

static void
on_planned (const OwlConvertFacts *f, gpointer user_data)
{
  const OwlToolConversion *c = user_data;

  if (c->json)
    print_json (json_pack ("{s:s, s:s, s:b, s:i, s:I, s:I, s:I}", "event", "plan", "architecture", f->architecture, "has_vision", f->has_vision,
                           "context_length", f->context_length, "parameters", (json_int_t) f->n_parameters, "bytes", (json_int_t) f->bytes,
                           "memory_bytes", (json_int_t) f->memory_bytes));
  else
    printf ("%s, %.2f billion parameters, %s: %.2f GB on disk, about %.1f GB in memory\n", f->architecture, (double) f->n_parameters / 1e9,
            f->has_vision ? "with pictures" : "text only", (double) f->bytes / 1e9, (double) f->memory_bytes / 1e9);
}

static void
on_note (const char *message, gpointer user_data)
{
  OwlToolConversion *c = user_data;

  if (c->json)
    print_json (json_pack ("{s:s, s:s}", "event", "note", "message", message));
  else
    g_ptr_array_add (c->notes, g_strdup (message));
}

/* At the end, and only of a success: a failure has one line. */
static void
print_notes (const OwlToolConversion *c)
{
  for (guint i = 0; i < c->notes->len; i++)
    fprintf (stderr, "owl %s: note: %s\n", c->tool, (const char *) g_ptr_array_index (c->notes, i));
}

static void
on_progress (guint64 done, guint64 total, gpointer user_data)
{
  OwlToolConversion *c = user_data;
  gint64 now = g_get_monotonic_time ();
  double fraction = (double) done / (double) MAX (total, 1), rate = (double) done / MAX (seconds_since (c->start), 1e-3);
  double left = (double) (total - done) / MAX (rate, 1.0);
  g_autofree char *label = NULL;

  if (now - c->shown < G_USEC_PER_SEC / 10 && done < total)
    return;
  c->shown = now;
  if (c->json) {
    print_json (json_pack ("{s:s, s:f, s:I, s:I, s:f, s:f}", "event", "progress", "fraction", fraction, "done", (json_int_t) done, "bytes",
                           (json_int_t) total, "bytes_per_second", rate, "seconds_left", left));
    return;
  }
  label = g_strdup_printf ("%.0f MB/s, %.0f s left", rate / 1e6, left);
  owl_tool_progress (label, fraction);
}

void
owl_tool_conversion_begin (OwlToolConversion *c, const char *tool, gboolean json, OwlConvertOptions *options)
{
  *c = (OwlToolConversion){ .tool = tool, .json = json, .cancellable = g_cancellable_new (), .start = g_get_monotonic_time () };
  c->notes = g_ptr_array_new_with_free_func (g_free);
  c->waits = pipe2 (signal_pipe, O_CLOEXEC) == 0 && pthread_create (&c->waiter, NULL, wait_for_signal, c->cancellable) == 0;
  if (c->waits)
    set_handlers (on_signal);
  if (json || options->only_check)
    options->planned = on_planned;
  options->note = on_note;
  options->progress = on_progress;
  options->user_data = c;
}

int
owl_tool_conversion_end (OwlToolConversion *c, gboolean done, const char *dest, const GError *error)
{
  if (c->waits) {
    set_handlers (SIG_DFL);
    close (signal_pipe[1]); /* the thread reads the end */
    pthread_join (c->waiter, NULL);
    close (signal_pipe[0]);
  }
  g_object_unref (c->cancellable);
  owl_tool_progress (NULL, -1.0);
  if (done)
    print_notes (c);
  g_ptr_array_unref (c->notes);
  if (!done)
    return owl_tool_fail (c->tool, error);
  if (c->json && dest)
    print_json (json_pack ("{s:s, s:s, s:f}", "event", "done", "dest", dest, "seconds", seconds_since (c->start)));
  return OWL_EXIT_OK;
}
