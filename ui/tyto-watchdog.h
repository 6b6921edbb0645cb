/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Measures how long the main loop is kept busy, in builds with tests: for every turn of the loop the processor time of the main thread and the
 * time on the clock, and where the longest turn was at after LIMIT. Active when TYTO_WATCHDOG names a file for the report. */

/* Call once on the main thread before the loop runs. */
void tyto_watchdog_start (void);
/* Puts into the report how many milliseconds after `begun` (g_get_monotonic_time) something happened. `what`: a few words that stay. Main thread. */
#ifdef TYTO_WITH_WATCHDOG
void tyto_watchdog_note (const char *what, gint64 begun);
#else
#define tyto_watchdog_note(what, begun) ((void) (begun))
#endif
/* What comes later, when the window goes, is not counted any more. */
void tyto_watchdog_stop (void);
/* Writes the report: a JSON object. */
void tyto_watchdog_finish (void);

/* Call once when the toolkit is there. Painting belongs to it and the graphics driver and is counted apart, for whatever has a surface. */
void tyto_watchdog_watch_windows (void);

G_END_DECLS
