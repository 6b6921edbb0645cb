/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/chat/system-memory.h"

#include <string.h>

guint64
tyto_system_get_available_memory (void)
{
  g_autofree char *contents = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/meminfo", &contents, NULL, NULL))
    return 0;
  line = strstr (contents, "MemAvailable:");
  return line ? g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10) * 1024 : 0;
}
