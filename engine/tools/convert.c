/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tools.h"

#include "convert/convert.h"
#include "tensor/quantise.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  char *type, *vision_type, *merge, *base;
} Options;

/* Progress with rate and time left. */
typedef struct {
  gint64 start, shown;
} Progress;

static void
show_progress (double fraction, gpointer user_data)
{
  Progress *progress = user_data;
  gint64 now = g_get_monotonic_time ();
  double elapsed = (double) (now - progress->start) / 1e6;
  g_autofree char *label = NULL;

  if (now - progress->shown < G_USEC_PER_SEC / 10 && fraction < 1.0)
    return;
  progress->shown = now;
  label = g_strdup_printf ("Converting, %.0f s left", fraction > 0.0 ? elapsed / fraction - elapsed : 0.0);
  owl_tool_progress (label, fraction);
}

static void
show_note (const char *message, gpointer user_data)
{
  owl_tool_progress (NULL, -1.0);
  fprintf (stderr, "owl convert: note: %s\n", message);
}

/* Types that `convert` writes. */
static gboolean
parse_type (const char *name, gboolean *given, OwlType *type)
{
  *given = name != NULL;
  if (!name)
    return TRUE;
  if (!owl_type_from_name (name, type))
    return FALSE;
  return !owl_type_is_quantised (*type) || owl_quantise_is_supported (*type);
}

static int
run (const Options *o, const char *source, const char *dest)
{
  Progress progress = { g_get_monotonic_time (), 0 };
  OwlConvertOptions options = { .merge = o->merge, .note = show_note, .progress = show_progress, .user_data = &progress };
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (!parse_type (o->type, &options.has_type, &options.type) ||
      !parse_type (o->vision_type, &options.has_vision_type, &options.vision_type))
    return owl_tool_usage ("convert", "a type must be one of f32, f16, bf16, q8_0, q4_0");
  if (owl_convert_is_adapter (source)) {
    if (!o->base)
      return owl_tool_usage ("convert", "%s is an adapter: --base MODEL must say for what model", source);
    if (o->type || o->vision_type || o->merge)
      return owl_tool_usage ("convert", "--type, --vision-type and --merge do not apply to an adapter");
    done = owl_convert_adapter (source, dest, o->base, &error);
  } else {
    done = owl_convert_checkpoint (source, dest, &options, NULL, &error);
  }
  owl_tool_progress (NULL, -1.0);
  return done ? OWL_EXIT_OK : owl_tool_fail ("convert", error);
}

int
owl_tool_convert (int argc, char **argv)
{
  Options o = { 0 };
  const GOptionEntry entries[] = {
    { "type", 0, 0, G_OPTION_ARG_STRING, &o.type, "type of the decoder's matrices (as stored)", "T" },
    { "vision-type", 0, 0, G_OPTION_ARG_STRING, &o.vision_type, "type of the encoder's matrices (as stored)", "T" },
    { "merge", 0, 0, G_OPTION_ARG_FILENAME, &o.merge, "bake an adapter in", "ADAPTER" },
    { "base", 0, 0, G_OPTION_ARG_FILENAME, &o.base, "model that an adapter is for", "MODEL" },
    G_OPTION_ENTRY_NULL,
  };
  int status;

  if (!owl_tool_parse (&argc, &argv, entries, "SOURCE DEST", "Converts a Hugging Face folder to a model folder, or a PEFT adapter folder to a "
                                                             ".lora.gguf file."))
    return OWL_EXIT_USAGE;
  if (argc != 3)
    status = owl_tool_usage ("convert", "SOURCE and DEST are needed");
  else
    status = run (&o, argv[1], argv[2]);
  g_free (o.type);
  g_free (o.vision_type);
  g_free (o.merge);
  g_free (o.base);
  return status;
}
