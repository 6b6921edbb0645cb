/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tools.h"

#include "tools/conversion.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  char *type, *vision_type, *merge, *base;
  int threads;
  gboolean json, check;
} Options;

static const char description[] =
    "SOURCE is a folder with config.json, a tokenizer and pytorch_model*.bin or *.safetensors, or a PEFT adapter folder.\n"
    "Types: " OWL_MIX_NAMES ".\n"
    "DEST/language.gguf and DEST/vision.gguf are replaced once both are complete. Interrupted or ended by SIGTERM, nothing is left.\n"
    "Exit status: 0 done, 1 failed or interrupted (one line on stderr says why), 2 wrong usage.\n\n"
    "With --json stdout gets one JSON object a line:\n"
    "  {\"event\": \"plan\", \"architecture\", \"has_vision\", \"context_length\", \"parameters\", \"bytes\", \"memory_bytes\"}\n"
    "  {\"event\": \"note\", \"message\"}\n"
    "  {\"event\": \"progress\", \"fraction\", \"done\", \"bytes\", \"bytes_per_second\", \"seconds_left\"}, at most ten a second\n"
    "  {\"event\": \"done\", \"dest\", \"seconds\"}, last";

/* A type that was given must be one that is written. */
static gboolean
parse_mix (const char *name, OwlMix *mix)
{
  return !name || owl_mix_from_name (name, mix);
}

static int
run (const Options *o, const char *source, const char *dest)
{
  OwlToolConversion conversion;
  OwlConvertOptions options = { .merge = o->merge, .n_threads = o->threads, .only_check = o->check };
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (!parse_mix (o->type, &options.type) || !parse_mix (o->vision_type, &options.vision_type))
    return owl_tool_usage ("convert", "a type must be one of " OWL_MIX_NAMES);
  if (owl_convert_is_adapter (source)) {
    if (!o->base)
      return owl_tool_usage ("convert", "%s is an adapter: --base MODEL must say for what model", source);
    if (o->type || o->vision_type || o->merge || o->check)
      return owl_tool_usage ("convert", "--type, --vision-type, --merge and --check do not apply to an adapter");
  }
  owl_tool_conversion_begin (&conversion, "convert", o->json, &options);
  done = owl_convert_is_adapter (source) ? owl_convert_adapter (source, dest, o->base, conversion.cancellable, &error)
                                         : owl_convert_checkpoint (source, dest, &options, conversion.cancellable, &error);
  return owl_tool_conversion_end (&conversion, done, o->check ? NULL : dest, error);
}

int
owl_tool_convert (int argc, char **argv)
{
  Options o = { 0 };
  const GOptionEntry entries[] = {
    { "type", 0, 0, G_OPTION_ARG_STRING, &o.type, "type of the decoder's matrices (as stored)", "T" },
    { "vision-type", 0, 0, G_OPTION_ARG_STRING, &o.vision_type, "type of the encoder's matrices (as stored; f16 when --type is quantised)", "T" },
    { "merge", 0, 0, G_OPTION_ARG_FILENAME, &o.merge, "bake an adapter in", "ADAPTER" },
    { "base", 0, 0, G_OPTION_ARG_FILENAME, &o.base, "model that an adapter is for", "MODEL" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &o.check, "check everything and say what would be written, but write nothing", NULL },
    { "threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "number of threads (one a physical core)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o.json, "print progress and result as JSON, one object a line", NULL },
    G_OPTION_ENTRY_NULL,
  };
  int status;

  if (!owl_tool_parse_described (&argc, &argv, entries, "SOURCE DEST",
                                 "Converts a Hugging Face folder to a model folder, or a PEFT adapter folder to a .lora.gguf file.", description))
    return OWL_EXIT_USAGE;
  if (argc != 3 && !(argc == 2 && o.check))
    status = owl_tool_usage ("convert", "SOURCE and DEST are needed");
  else
    status = run (&o, argv[1], argv[2]);
  g_free (o.type);
  g_free (o.vision_type);
  g_free (o.merge);
  g_free (o.base);
  return status;
}
