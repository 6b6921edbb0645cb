/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/score.h"

#include "chat/prompt.h"
#include "chat/session.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

static char *
normalise (const char *answer)
{
  static const char *const ends[] = { ".", "!", "?", "。", " " };
  static const char *const articles[] = { "a ", "an ", "the ", "ein ", "eine ", "der ", "die ", "das ", "un ", "une ", "le ", "la ", "l'", "una ", "el " };
  g_autofree char *trimmed = g_strstrip (g_strdup (answer)), *folded = g_utf8_strdown (trimmed, -1);
  char *start = folded;
  gboolean again = TRUE;

  while (again) {
    again = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
      if (g_str_has_suffix (folded, ends[i])) {
        folded[strlen (folded) - strlen (ends[i])] = '\0';
        again = TRUE;
      }
  }
  for (guint i = 0; i < G_N_ELEMENTS (articles); i++)
    if (g_str_has_prefix (start, articles[i]) && start[strlen (articles[i])]) {
      start += strlen (articles[i]);
      break;
    }
  return g_strdup (start);
}

gboolean
world_answers_agree (const char *given, const char *right)
{
  g_autofree char *a = normalise (given), *b = normalise (right);

  return g_str_equal (a, b);
}

typedef struct {
  guint right, asked;
} Tally;

static void
print_table (Tally (*tallies)[WORLD_N_LANGUAGES])
{
  static const char *const languages[WORLD_N_LANGUAGES] = { "en", "de", "fr", "es", "ja", "zh", "ko" };
  Tally total = { 0, 0 };
  double mean = 0.0;
  guint n_tasks = 0;

  printf ("%-20s %5s %6s", "task", "n", "all");
  for (guint j = 0; j < WORLD_N_LANGUAGES; j++)
    printf (" %6s", languages[j]);
  printf ("\n");
  for (guint i = 0; i < WORLD_N_TASKS; i++) {
    Tally row = { 0, 0 };

    for (guint j = 0; j < WORLD_N_LANGUAGES; j++) {
      row.right += tallies[i][j].right;
      row.asked += tallies[i][j].asked;
    }
    if (row.asked == 0)
      continue;
    total.right += row.right;
    total.asked += row.asked;
    mean += row.right / (double) row.asked;
    n_tasks++;
    printf ("%-20s %5u %6.3f", world_task_get_name ((WorldTask) i), row.asked, row.right / (double) row.asked);
    for (guint j = 0; j < WORLD_N_LANGUAGES; j++)
      if (tallies[i][j].asked)
        printf (" %6.2f", tallies[i][j].right / (double) tallies[i][j].asked);
      else
        printf (" %6s", "-");
    printf ("\n");
  }
  printf ("%-20s %5u %6.3f  (mean of tasks %.3f)\n", "all", total.asked, total.right / (double) MAX (1, total.asked), mean / MAX (1, n_tasks));
}

typedef struct {
  OwlModel *model;
  OwlSession *session;
  WorldPainter *painter;
  const WorldScoring *scoring;
} Scorer;

static gboolean
encode (Scorer *scorer, const WorldRecord *record, OwlVisual **visuals, GError **error)
{
  for (guint i = 0; i < record->n_scenes; i++) {
    int width, height;
    guint8 *pixels = world_record_paint (record, i, scorer->painter, scorer->scoring->split, NULL, &width, &height);
    g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, (gsize) width * height * 3);
    g_autoptr (OwlPicture) picture = owl_picture_new (width, height, bytes);

    visuals[i] = owl_model_encode (scorer->model, picture, OWL_DETAIL_DEFAULT, NULL, NULL, NULL, error);
    if (!visuals[i])
      return FALSE;
  }
  return TRUE;
}

/* The answer to the record's last question. */
static gboolean
answer (Scorer *scorer, const WorldRecord *record, OwlVisual **visuals, GString *text, GError **error)
{
  guint n = record->turns->len;
  g_autofree OwlTurn *turns = g_new0 (OwlTurn, n);
  g_autoptr (OwlPrompt) prompt = NULL;

  for (guint i = 0; i < n; i++) {
    const WorldTurn *turn = &g_array_index (record->turns, WorldTurn, i);

    turns[i].question = turn->question;
    turns[i].answer = i + 1 < n ? turn->answer : NULL;
  }
  turns[0].visuals = visuals;
  turns[0].n_visuals = record->n_scenes;
  prompt = owl_prompt_new_from_turns (scorer->model, OWL_SYSTEM_TEXT, NULL, turns, n);
  return owl_session_generate (scorer->session, prompt, &OWL_SAMPLING_PRECISE, 64, TRUE, NULL, NULL, NULL, text, NULL, NULL, error);
}

/* When so many records brought no question that is wanted, the rest are as good as never asked. */
#define PATIENCE 200000

static gboolean
find_tasks (const WorldScoring *scoring, gboolean *wanted, GError **error)
{
  g_auto (GStrv) names = scoring->tasks ? g_strsplit (scoring->tasks, ",", -1) : NULL;
  guint n = 0;

  for (guint i = 0; i < WORLD_N_TASKS; i++) {
    wanted[i] = !names || g_strv_contains ((const char *const *) names, world_task_get_name ((WorldTask) i));
    n += wanted[i];
  }
  if (!names || n == g_strv_length (names))
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "tasks: not all of \"%s\" are tasks; see owl-world --wordings", scoring->tasks);
  return FALSE;
}

gboolean
world_score (const WorldScoring *scoring, GError **error)
{
  g_autoptr (OwlModel) model = owl_model_open (scoring->model, scoring->threads, NULL, NULL, NULL, error);
  g_autoptr (OwlSession) session = model ? owl_session_new (model, NULL, 0, 0, OWL_KV_DEFAULT, error) : NULL;
  g_autoptr (WorldPainter) painter = world_painter_new ();
  Scorer scorer = { model, session, painter, scoring };
  Tally tallies[WORLD_N_TASKS][WORLD_N_LANGUAGES] = { 0 };
  gint64 start = g_get_monotonic_time ();
  gboolean wanted[WORLD_N_TASKS];
  guint n_asked = 0;

  if (!session || !find_tasks (scoring, wanted, error))
    return FALSE;
  for (guint index = 0, waited = 0; waited < PATIENCE && (scoring->each || n_asked < scoring->count); index++) {
    g_autoptr (WorldRecord) record = world_record_draw (scoring->seed, scoring->split, index, scoring->mix, TRUE);
    g_autoptr (GString) text = g_string_new (NULL);
    OwlVisual *visuals[2] = { NULL, NULL };
    const WorldTurn *last;
    gboolean ok, right;

    if (record->turns->len == 0)
      continue;
    last = &g_array_index (record->turns, WorldTurn, record->turns->len - 1);
    waited++;
    if (!wanted[last->task] || (scoring->each && tallies[last->task][last->language].asked >= scoring->each))
      continue;
    waited = 0;
    n_asked++;
    if (scoring->blind && record->n_scenes)
      for (guint other = 1; other < 1000; other++) {
        g_autoptr (WorldRecord) stranger = world_record_draw (scoring->seed, scoring->split, index + 100000 * other, scoring->mix, TRUE);

        if (stranger->n_scenes != record->n_scenes || stranger->scenes[0].kind != record->scenes[0].kind)
          continue;
        memcpy (record->scenes, stranger->scenes, sizeof record->scenes);
        memcpy (record->seeds, stranger->seeds, sizeof record->seeds);
        break;
      }
    ok = encode (&scorer, record, visuals, error) && answer (&scorer, record, visuals, text, error);
    for (guint j = 0; j < 2; j++)
      g_clear_pointer (&visuals[j], owl_visual_unref);
    if (!ok)
      return FALSE;
    right = world_answers_agree (text->str, last->answer);
    tallies[last->task][last->language].right += right;
    tallies[last->task][last->language].asked++;
    if (scoring->misses && !right)
      printf ("%u %s | %s | %s | right: %s\n", index, world_task_get_name (last->task), last->question, text->str, last->answer);
  }
  print_table (tallies);
  fprintf (stderr, "%u questions in %.0f s\n", n_asked, (double) (g_get_monotonic_time () - start) / 1e6);
  return TRUE;
}
