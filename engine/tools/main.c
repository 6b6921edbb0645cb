/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tools.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const OwlTool tools[] = {
  { "bench", "measure speed and the limits of this computer", owl_tool_bench },
  { "chat", "ask a model about pictures and text", owl_tool_chat },
  { "convert", "make a model folder from a Hugging Face checkpoint", owl_tool_convert },
  { "eval", "answer OwlEval's questions", owl_tool_eval },
  { "inspect", "show what is in a model", owl_tool_inspect },
  { "quantize", "store a GGUF file as another type", owl_tool_quantize },
  { "tokenize", "print the token ids of a text", owl_tool_tokenize },
  { "detokenize", "print the text of token ids", owl_tool_detokenize },
  { "train", "train a model or an adapter", owl_tool_train },
  { "probe", "write one tensor of an evaluation to a file", owl_tool_probe },
};

static void
print_help (FILE *file)
{
  fprintf (file, "Usage: owl COMMAND [OPTION…]\n\nCommands:\n");
  for (gsize i = 0; i < G_N_ELEMENTS (tools); i++)
    fprintf (file, "  %-12s %s\n", tools[i].name, tools[i].summary);
  fprintf (file, "\n\"owl COMMAND --help\" lists the options of a command.\n");
}

/* Messages stay on one line, whatever a file name or a file's content put into them. */
static void
print_line (const char *name, const char *message)
{
  g_autofree char *line = g_strdup (message);

  for (char *c = line; *c; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  fprintf (stderr, "owl %s: %s\n", name, line);
}

int
owl_tool_fail (const char *name, const GError *error)
{
  owl_tool_progress (NULL, -1.0);
  print_line (name, error ? error->message : "failed");
  return OWL_EXIT_FAILED;
}

int
owl_tool_usage (const char *name, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  print_line (name, message);
  return OWL_EXIT_USAGE;
}

gboolean
owl_tool_parse (int *argc, char ***argv, const GOptionEntry *entries, const char *parameters, const char *summary)
{
  return owl_tool_parse_described (argc, argv, entries, parameters, summary, NULL);
}

gboolean
owl_tool_parse_described (int *argc, char ***argv, const GOptionEntry *entries, const char *parameters, const char *summary,
                          const char *description)
{
  g_autoptr (GOptionContext) context = g_option_context_new (parameters);
  g_autofree char *name = g_strdup ((*argv)[0]);
  g_autofree char *program = g_strconcat ("owl ", name, NULL);
  g_autoptr (GError) error = NULL;

  g_set_prgname (program);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    owl_tool_usage (name, "%s", error->message);
    return FALSE;
  }
  return TRUE;
}

gboolean
owl_tool_shows_progress (void)
{
  return isatty (STDERR_FILENO);
}

void
owl_tool_progress (const char *label, double fraction)
{
  static gboolean drawn = FALSE;

  if (!owl_tool_shows_progress ())
    return;
  if (fraction < 0.0) {
    if (drawn)
      fputs ("\r\033[K", stderr);
    drawn = FALSE;
    return;
  }
  fprintf (stderr, "\r\033[K%s  %.0f %%", label, fraction * 100.0);
  fflush (stderr);
  drawn = TRUE;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* Numbers in files, options and JSON are written with a point whatever the language. */
  setlocale (LC_NUMERIC, "C");

  if (argc < 2) {
    print_help (stderr);
    return OWL_EXIT_USAGE;
  }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0) {
    print_help (stdout);
    return OWL_EXIT_OK;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (tools); i++)
    if (strcmp (argv[1], tools[i].name) == 0)
      return tools[i].run (argc - 1, argv + 1);
  return owl_tool_usage (argv[1], "there is no such command; \"owl --help\" lists them");
}
