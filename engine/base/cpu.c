/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cpu.h"

#include <sched.h>
#include <string.h>

static const char *const level_names[] = { "scalar", "avx2", "avxvnni", "avx512" };

gboolean
owl_cpu_has_level (OwlCpuLevel level)
{
#if defined(__x86_64__)
  gboolean avx2 = __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("f16c");

  switch (level) {
  case OWL_CPU_SCALAR:
    return TRUE;
  case OWL_CPU_AVX2:
    return avx2;
  case OWL_CPU_AVXVNNI:
    return avx2 && __builtin_cpu_supports ("avxvnni");
  case OWL_CPU_AVX512:
    return avx2 && __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
           __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("avx512vnni");
  default:
    return FALSE;
  }
#else
  return level == OWL_CPU_SCALAR;
#endif
}

static gpointer
choose_level (gpointer data)
{
  const char *forced = g_getenv ("OWL_CPU");
  int level = OWL_CPU_AVX512;

  while (!owl_cpu_has_level (level))
    level--;
  for (int i = 0; forced && i < (int) G_N_ELEMENTS (level_names); i++)
    if (strcmp (forced, level_names[i]) == 0 && owl_cpu_has_level (i))
      level = i;
  return GINT_TO_POINTER (level);
}

OwlCpuLevel
owl_cpu_get_level (void)
{
  static GOnce once = G_ONCE_INIT;

  return (OwlCpuLevel) GPOINTER_TO_INT (g_once (&once, choose_level, NULL));
}

const char *
owl_cpu_level_name (OwlCpuLevel level)
{
  return level_names[level];
}

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
