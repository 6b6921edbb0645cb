/* SPDX-License-Identifier: GPL-3.0-or-later */

/* In place of a program that the app runs: says something, begins a file, and dies. */
#include <signal.h>
#include <stdio.h>

int
main (int argc, char **argv)
{
  char path[4096];
  FILE *file;

  printf ("{\"event\": \"progress\", \"fraction\": 0.5, \"bytes_per_second\": 1, \"seconds_left\": 1}\n");
  fflush (stdout);
  if (argc > 3) {
    snprintf (path, sizeof path, "%s/language.gguf.part", argv[3]);
    file = fopen (path, "w");
    if (file) {
      fputs ("half", file);
      fclose (file);
    }
  }
  raise (SIGKILL);
  return 1;
}
