/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tools.h"

#include "train/trainer.h"

#include <glib-unix.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>

static GCancellable *cancellable;


/* Ctrl+C: ends after the step that runs. */
static void
interrupted (int number)
{
  static volatile sig_atomic_t seen;

  if (seen++)
    _exit (128 + number);
}

static volatile sig_atomic_t stop;

static void
on_signal (int number)
{
  stop = 1;
  interrupted (number);
}

typedef struct {
  const OwlTrainConfig *config;
  gboolean json;
  OwlTrainer *trainer;
} Output;

static char *
format_time (double seconds)
{
  guint64 s = (guint64) MAX (seconds, 0.0);

  return s >= 3600 ? g_strdup_printf ("%" G_GUINT64_FORMAT " h %02" G_GUINT64_FORMAT " min", s / 3600, s / 60 % 60)
                   : g_strdup_printf ("%" G_GUINT64_FORMAT " min %02" G_GUINT64_FORMAT " s", s / 60, s % 60);
}

static void
on_step (const OwlTrainStep *s, gpointer user_data)
{
  const Output *output = user_data;

  if (stop)
    g_cancellable_cancel (cancellable);
  if (output->json) {
    printf ("{\"step\": %" G_GINT64_FORMAT ", \"loss\": %.9g, \"grad_norm\": %.9g, \"learning_rate\": %.9g}\n", s->step, s->loss, s->grad_norm,
            s->learning_rate);
    fflush (stdout);
    return;
  }
  if (isfinite (s->validation)) {
    g_autofree char *facts = owl_trainer_take_facts (output->trainer);

    fprintf (stderr, "%sstep %" G_GINT64_FORMAT ": validation loss %.4f%s%s\n", owl_tool_shows_progress () ? "\r\033[K" : "", s->step, s->validation, facts ? "; facts right in training: " : "",
             facts ? facts : "");
  }
  if (owl_tool_shows_progress () || s->step % 100 == 0 || s->step == s->n_steps) {
    g_autofree char *left = format_time (s->seconds_left);

    fprintf (stderr, "%sstage %s  step %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "  loss %.4f  rate %.3g  %.1f samples/s  %s left%s",
             owl_tool_shows_progress () ? "\r\033[K" : "", owl_train_config_get_stage_name (output->config), s->step, s->n_steps, s->loss,
             s->learning_rate, s->samples_per_second, left, owl_tool_shows_progress () ? "" : "\n");
    fflush (stderr);
  }
}

static int
dump (OwlTrainer *trainer, const char *dir)
{
  g_autoptr (GError) error = NULL;
  double loss, norm;

  if (!owl_trainer_dump_gradients (trainer, dir, &loss, &norm, &error))
    return owl_tool_fail ("train", error);
  printf ("{\"loss\": %.9g, \"grad_norm\": %.9g}\n", loss, norm);
  return OWL_EXIT_OK;
}

int
owl_tool_train (int argc, char **argv)
{
  gboolean resume = FALSE, json = FALSE;
  g_autofree char *gradients = NULL, *summary = NULL;
  const GOptionEntry entries[] = {
    { "resume", 0, 0, G_OPTION_ARG_NONE, &resume, "Go on from the last checkpoint", NULL },
    { "dump-gradients", 0, 0, G_OPTION_ARG_FILENAME, &gradients, "Write the gradients of the first batch and change nothing", "DIR" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object a step on stdout", NULL },
    { NULL },
  };
  g_autoptr (OwlTrainConfig) config = NULL;
  g_autoptr (OwlTrainer) trainer = NULL;
  g_autoptr (GError) error = NULL;
  Output output = { 0 };

  if (!owl_tool_parse (&argc, &argv, entries, "CONFIG.json", "Trains a model, an adapter, or a part of a model."))
    return OWL_EXIT_USAGE;
  if (argc != 2)
    return owl_tool_usage ("train", "expected one configuration file");
  config = owl_train_config_read (argv[1], &error);
  trainer = config ? owl_trainer_open (config, resume, &error) : NULL;
  if (!trainer)
    return owl_tool_fail ("train", error);
  if (gradients)
    return dump (trainer, gradients);
  output = (Output){ config, json, trainer };
  cancellable = g_cancellable_new ();
  signal (SIGINT, on_signal);
  signal (SIGTERM, on_signal);
  if (!owl_trainer_run (trainer, on_step, &output, cancellable, &error)) {
    owl_tool_progress ("", -1.0);
    return owl_tool_fail ("train", error);
  }
  if (!json) {
    summary = owl_trainer_describe (trainer);
    fprintf (stderr, "%s%s\n", owl_tool_shows_progress () ? "\n" : "", summary);
  }
  return OWL_EXIT_OK;
}
