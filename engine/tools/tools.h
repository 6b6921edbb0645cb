/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "owl.h"

G_BEGIN_DECLS

/* One sub-command of `owl`. `run` gets its own arguments with argv[0] = the sub-command's name, and returns the exit status. */
typedef struct {
  const char *name;
  const char *summary;
  int (*run) (int argc, char **argv);
} OwlTool;

int owl_tool_bench (int argc, char **argv);
int owl_tool_chat (int argc, char **argv);
int owl_tool_convert (int argc, char **argv);
int owl_tool_detokenize (int argc, char **argv);
int owl_tool_eval (int argc, char **argv);
int owl_tool_inspect (int argc, char **argv);
int owl_tool_probe (int argc, char **argv);
int owl_tool_quantize (int argc, char **argv);
int owl_tool_tokenize (int argc, char **argv);
int owl_tool_train (int argc, char **argv);

/* Exit statuses of the contract. */
enum { OWL_EXIT_OK = 0, OWL_EXIT_FAILED = 1, OWL_EXIT_USAGE = 2 };

/* Prints "owl NAME: MESSAGE" as one line on stderr. */
int owl_tool_fail (const char *name, const GError *error);
int owl_tool_usage (const char *name, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Reads the options of a sub-command; what is left are positional arguments. On wrong usage prints one line and returns FALSE.
 * `parameters` names the positional arguments for --help, such as "SOURCE DEST". */
gboolean owl_tool_parse (int *argc, char ***argv, const GOptionEntry *entries, const char *parameters, const char *summary);
/* The same with a text below the options in --help. */
gboolean owl_tool_parse_described (int *argc, char ***argv, const GOptionEntry *entries, const char *parameters, const char *summary,
                                   const char *description);

/* Whether progress may be drawn: stderr is a terminal. */
gboolean owl_tool_shows_progress (void);
/* Draws "LABEL  42 %" in place on stderr; a negative fraction clears the line. Does nothing when progress is not shown. */
void owl_tool_progress (const char *label, double fraction);

G_END_DECLS
