/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tools.h"

#include "tools/conversion.h"

int
owl_tool_quantize (int argc, char **argv)
{
  OwlConvertOptions options = { 0 };
  OwlToolConversion conversion;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "threads", 't', 0, G_OPTION_ARG_INT, &options.n_threads, "number of threads (one a physical core)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print progress and result as JSON, one object a line, as owl convert does", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (!owl_tool_parse (&argc, &argv, entries, "IN.gguf OUT.gguf TYPE",
                       "Stores the matrices of a language or vision file as another type: " OWL_MIX_NAMES "."))
    return OWL_EXIT_USAGE;
  if (argc != 4)
    return owl_tool_usage ("quantize", "IN.gguf, OUT.gguf and TYPE are needed");
  if (!owl_mix_from_name (argv[3], &options.type))
    return owl_tool_usage ("quantize", "TYPE must be one of " OWL_MIX_NAMES);
  owl_tool_conversion_begin (&conversion, "quantize", json, &options);
  done = owl_quantise_file (argv[1], argv[2], &options, conversion.cancellable, &error);
  return owl_tool_conversion_end (&conversion, done, argv[2], error);
}
