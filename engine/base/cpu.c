/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <sched.h>

/* The lowest numbered sibling of a core stands for it; TRUE also when the system does not say. */
static gboolean
is_first_of_core (int cpu)
{
  g_autofree char *path =
      g_strdup_printf ("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
  g_autofree char *siblings = NULL;

  if (!g_file_get_contents (path, &siblings, NULL, NULL))
    return TRUE;
  return g_ascii_strtoll (siblings, NULL, 10) == cpu;
}

int
owl_cpu_count_cores (void)
{
  cpu_set_t allowed;
  int n = 0, n_logical = 0;

  if (sched_getaffinity (0, sizeof allowed, &allowed) != 0)
    return MAX (1, (int) g_get_num_processors ());
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET (cpu, &allowed))
      continue;
    n_logical++;
    if (is_first_of_core (cpu))
      n++;
  }
  /* With an affinity mask that holds only second siblings, those are the cores. */
  return n > 0 ? n : MAX (1, n_logical);
}
