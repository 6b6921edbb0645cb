/* SPDX-License-Identifier: GPL-3.0-or-later */
/* owl-world: draws the pictures and conversations that the starter model learns from, and scores a model on them. */
#include "tools/world/output.h"
#include "tools/world/look.h"
#include "tools/world/score.h"

#include "base/error.h"

#include <locale.h>
#include <stdio.h>

static const char *const split_names[WORLD_N_SPLITS] = { "train", "validation", "test", "foreign" };

static gboolean
generate (WorldSplit split, guint64 seed, gint64 first, gint64 count, const char *folder, int side, int n_patches, const WorldMix *mix, GError **error)
{
  g_autoptr (WorldPainter) painter = world_painter_new ();
  g_autoptr (WorldOutput) output = world_output_open (folder, split_names[split], side, n_patches > 0, error);
  gint64 start = g_get_monotonic_time (), n_pictures = 0;
  double seconds;

  if (!output)
    return FALSE;
  for (gint64 i = first; i < first + count; i++) {
    g_autoptr (WorldRecord) record = world_record_draw (seed, split, (guint64) i, mix, FALSE);

    /* A rare picture allows none of the questions that were drawn. */
    if (record->turns->len == 0)
      continue;
    for (const WorldRecord *part = record; part; part = part->then)
      for (guint j = 0; j < part->n_scenes; j++, n_pictures++) {
        int width, height;
        g_autoptr (GArray) marks = g_array_new (FALSE, FALSE, sizeof (WorldMark));
        g_autofree guint8 *pixels = world_record_paint (part, j, painter, split, marks, &width, &height);
        json_t *facts = n_patches > 0 ? world_facts_of (&part->scenes[j], marks, n_patches) : NULL;

        if (!world_output_add_picture (output, pixels, width, height, facts, error))
          return FALSE;
      }
    if (!world_output_add_record (output, record, error))
      return FALSE;
  }
  seconds = (double) (g_get_monotonic_time () - start) / 1e6;
  fprintf (stderr, "%" G_GINT64_FORMAT " pictures in %.1f s (%.0f/s)\n", n_pictures, seconds, n_pictures / MAX (seconds, 1e-6));
  return world_output_close (output, error);
}

static gboolean
parse_split (const char *name, WorldSplit *split)
{
  for (guint i = 0; i < WORLD_N_SPLITS; i++)
    if (g_strcmp0 (name, split_names[i]) == 0) {
      *split = (WorldSplit) i;
      return TRUE;
    }
  return FALSE;
}

static void
list_wordings (void)
{
  for (guint i = 0; i < WORLD_N_TASKS; i++) {
    if (world_question_count ((WorldTask) i, WORLD_EN) == 0)
      continue;
    printf ("%-20s", world_task_get_name ((WorldTask) i));
    for (guint j = 0; j < WORLD_N_LANGUAGES; j++)
      printf (" %3u", world_question_count ((WorldTask) i, (WorldLanguage) j));
    printf ("\n");
  }
}

int
main (int argc, char **argv)
{
  g_autofree char *split_name = NULL, *folder = NULL, *mix_text = NULL, *model = NULL, *tasks = NULL;
  gint64 seed = 1, count = 1000, first = 0;
  gboolean pack = FALSE, blind = FALSE, wordings = FALSE, misses = FALSE, classes = FALSE, cannot_read = FALSE, cannot_read_print = FALSE, cannot_compare = FALSE;
  int side = 112, n_patches = 0, threads = 1, each = 0;
  WorldSplit split = WORLD_TRAIN;
  WorldMix mix;
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new ("[score|look] — draw a world to learn from, or score a model on it");
  const GOptionEntry entries[] = {
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Seed of the world (1)", "N" },
    { "first", 0, 0, G_OPTION_ARG_INT64, &first, "Number of the first record (0)", "N" },
    { "count", 0, 0, G_OPTION_ARG_INT64, &count, "Number of records (1000)", "N" },
    { "split", 0, 0, G_OPTION_ARG_STRING, &split_name, "train, validation, test or foreign", "SPLIT" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &folder, "Folder to write to", "DIR" },
    { "pack", 0, 0, G_OPTION_ARG_NONE, &pack, "One file of resized pictures in place of PNG files", NULL },
    { "size", 0, 0, G_OPTION_ARG_INT, &side, "Side of a packed picture in pixels (112)", "N" },
    { "cannot-read", 0, 0, G_OPTION_ARG_NONE, &cannot_read, "Answer questions that need reading with \"I cannot read that.\"", NULL },
    { "cannot-read-print", 0, 0, G_OPTION_ARG_NONE, &cannot_read_print, "The same for receipts and pages alone", NULL },
    { "cannot-compare", 0, 0, G_OPTION_ARG_NONE, &cannot_compare, "Answer \"is this a …?\" and \"are both the same?\" with what is seen", NULL },
    { "facts", 0, 0, G_OPTION_ARG_INT, &n_patches, "Add what visual tokens and N × N patches should tell", "N" },
    { "classes", 0, 0, G_OPTION_ARG_NONE, &classes, "Print how many classes each group of facts has, as JSON", NULL },
    { "mix", 0, 0, G_OPTION_ARG_STRING, &mix_text, "Factors of groups and tasks: names=3,colour=2", "MIX" },
    { "wordings", 0, 0, G_OPTION_ARG_NONE, &wordings, "List how many wordings each question has", NULL },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &model, "Model folder to score", "MODEL" },
    { "blind", 0, 0, G_OPTION_ARG_NONE, &blind, "Score with another item's picture", NULL },
    { "misses", 0, 0, G_OPTION_ARG_NONE, &misses, "Print every wrong answer", NULL },
    { "each", 0, 0, G_OPTION_ARG_INT, &each, "Score with N questions of every task and language", "N" },
    { "tasks", 0, 0, G_OPTION_ARG_STRING, &tasks, "Score these tasks alone: colour,shape", "TASKS" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &threads, "Threads of the model (1)", "N" },
    { NULL },
  };
  gboolean ok;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "owl-world: %s\n", error->message);
    return 2;
  }
  if (wordings) {
    list_wordings ();
    return 0;
  }
  if (classes) {
    json_t *counts = world_facts_count_classes ();

    json_dumpf (counts, stdout, JSON_INDENT (1) | JSON_PRESERVE_ORDER);
    printf ("\n");
    json_decref (counts);
    return 0;
  }
  world_mix_init (&mix);
  mix.cannot_read = cannot_read;
  mix.cannot_read_print = cannot_read_print;
  mix.cannot_compare = cannot_compare;
  if ((split_name && !parse_split (split_name, &split)) || count < 0 || first < 0 || side < 16 || side > 1024 || n_patches < 0 || n_patches > 64 || each < 0 || (mix_text && !world_mix_parse (&mix, mix_text, &error))) {
    fprintf (stderr, "owl-world: %s\n", error ? error->message : "wrong option; see owl-world --help");
    return 2;
  }
  if (argc == 2 && g_str_equal (argv[1], "score") && model) {
    WorldScoring scoring = { .model = model, .seed = (guint64) seed, .count = (guint) count, .split = split_name ? split : WORLD_TEST, .mix = &mix, .blind = blind, .misses = misses, .each = (guint) each, .tasks = tasks, .threads = threads };

    ok = world_score (&scoring, &error);
  } else if (argc == 2 && g_str_equal (argv[1], "look") && model) {
    WorldLooking looking = { .model = model, .seed = (guint64) seed, .count = (guint) count, .split = split_name ? split : WORLD_TEST, .threads = threads };

    ok = world_look (&looking, &error);
  } else if (argc == 1 && folder) {
    ok = generate (split, (guint64) seed, first, count, folder, pack ? side : 0, n_patches, &mix, &error);
  } else {
    fprintf (stderr, "owl-world: give --out DIR, or score or look with -m MODEL\n");
    return 2;
  }
  if (!ok) {
    fprintf (stderr, "owl-world: %s\n", error->message);
    return 1;
  }
  return 0;
}
