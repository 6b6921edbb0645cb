/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/chat/system-memory.h"

#include <string.h>

static guint64
read_line (const char *key)
{
  g_autofree char *contents = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/meminfo", &contents, NULL, NULL))
    return 0;
  line = strstr (contents, key);
  return line ? g_ascii_strtoull (line + strlen (key), NULL, 10) * 1024 : 0;
}

guint64
tyto_system_get_available_memory (void)
{
  return read_line ("MemAvailable:");
}

guint64
tyto_system_get_total_memory (void)
{
  return read_line ("MemTotal:");
}
