/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes that programs can still take without swapping (MemAvailable of /proc/meminfo); 0 when the system does not say. */
guint64 tyto_system_get_available_memory (void);

/* Bytes of memory of the computer; 0 when the system does not say. */
guint64 tyto_system_get_total_memory (void);

G_END_DECLS
