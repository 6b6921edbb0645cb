/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/log.h"

#include "files/new-file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 800.0
#define HEIGHT 400.0
#define MARGIN 50.0
#define MAX_POINTS 800

typedef struct {
  double step, loss, validation;
} Point;

struct _OwlTrainLog {
  char *csv, *svg;
  FILE *file;
  GArray *points;
};

static const char header[] = "step,loss,grad_norm,learning_rate,validation,samples_per_second\n";

/* Lines of an earlier part of the run, up to the step that it is resumed at. */
static void
keep_lines (OwlTrainLog *log, gint64 step)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_file_get_contents (log->csv, &text, NULL, NULL);
  lines = text ? g_strsplit (text, "\n", -1) : NULL;
  log->file = fopen (log->csv, "w");
  if (!log->file)
    return;
  fputs (header, log->file);
  for (gsize i = 1; lines && lines[0] && lines[i]; i++) {
    Point p = { 0.0, 0.0, NAN };
    g_auto (GStrv) cells = g_strsplit (lines[i], ",", -1);

    if (g_strv_length (cells) < 5)
      continue;
    p.step = g_ascii_strtod (cells[0], NULL);
    p.loss = g_ascii_strtod (cells[1], NULL);
    if (*cells[4])
      p.validation = g_ascii_strtod (cells[4], NULL);
    if (p.step > (double) step)
      break;
    fprintf (log->file, "%s\n", lines[i]);
    g_array_append_val (log->points, p);
  }
}

OwlTrainLog *
owl_train_log_open (const char *output, gint64 step)
{
  OwlTrainLog *log = g_new0 (OwlTrainLog, 1);

  log->csv = g_build_filename (output, "log.csv", NULL);
  log->svg = g_build_filename (output, "loss.svg", NULL);
  log->points = g_array_new (FALSE, FALSE, sizeof (Point));
  keep_lines (log, step);
  return log;
}

void
owl_train_log_free (OwlTrainLog *log)
{
  if (log->file)
    fclose (log->file);
  g_array_unref (log->points);
  g_free (log->csv);
  g_free (log->svg);
  g_free (log);
}

void
owl_train_log_add (OwlTrainLog *log, const OwlTrainStep *s)
{
  Point p = { (double) s->step, s->loss, s->validation };

  g_array_append_val (log->points, p);
  if (!log->file)
    return;
  fprintf (log->file, "%" G_GINT64_FORMAT ",%.6f,%.6f,%.8g,", s->step, s->loss, s->grad_norm, s->learning_rate);
  if (isfinite (s->validation))
    fprintf (log->file, "%.6f", s->validation);
  fprintf (log->file, ",%.2f\n", s->samples_per_second);
  fflush (log->file);
}

static void
add_line (GString *svg, const GArray *points, gboolean validation, double max_step, double max_loss, const char *colour)
{
  guint every = MAX (points->len / MAX_POINTS, 1);

  g_string_append_printf (svg, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", colour);
  for (guint i = 0; i < points->len; i += validation ? 1 : every) {
    const Point *p = &g_array_index (points, Point, i);
    double value = validation ? p->validation : 0.0;
    guint n = 0;

    for (guint j = i; j < MIN (i + every, points->len) && !validation; j++, n++)
      value += g_array_index (points, Point, j).loss;
    if (!validation)
      value /= n;
    if (isfinite (value))
      g_string_append_printf (svg, "%.1f,%.1f ", MARGIN + (WIDTH - 2.0 * MARGIN) * p->step / max_step,
                              HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * MIN (value / max_loss, 1.0));
  }
  g_string_append (svg, "\"/>\n");
}

gboolean
owl_train_log_finish (OwlTrainLog *log, GError **error)
{
  g_autoptr (GString) svg = g_string_new (NULL);
  g_autoptr (OwlNewFile) file = NULL;
  double max_step = 1.0, max_loss = 1e-9;

  for (guint i = 0; i < log->points->len; i++) {
    const Point *p = &g_array_index (log->points, Point, i);

    max_step = MAX (max_step, p->step);
    max_loss = MAX (max_loss, p->loss);
  }
  g_string_append_printf (svg,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" font-size=\"12\">\n"
                          "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
                          "<path d=\"M %.0f %.0f V %.0f H %.0f\" fill=\"none\" stroke=\"#888\"/>\n",
                          WIDTH, HEIGHT, MARGIN, MARGIN, HEIGHT - MARGIN, WIDTH - MARGIN);
  g_string_append_printf (svg,
                          "<text x=\"%.0f\" y=\"%.0f\">loss, up to %.3f</text>\n<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">step %.0f</text>\n"
                          "<text x=\"%.0f\" y=\"%.0f\" fill=\"#b5701b\" text-anchor=\"end\">validation</text>\n",
                          MARGIN, MARGIN - 10.0, max_loss, WIDTH - MARGIN, HEIGHT - MARGIN + 20.0, max_step, WIDTH - MARGIN, MARGIN - 10.0);
  add_line (svg, log->points, FALSE, max_step, max_loss, "#22304a");
  add_line (svg, log->points, TRUE, max_step, max_loss, "#b5701b");
  g_string_append (svg, "</svg>\n");
  file = owl_new_file_create (log->svg, error);
  return file && owl_new_file_write (file, svg->str, svg->len, error) && owl_new_file_finish (file, error);
}
