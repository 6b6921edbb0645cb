/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "convert/convert.h"

#include <pthread.h>

G_BEGIN_DECLS

/* What `owl convert` and `owl quantize` share: progress on the terminal or as JSON, and an end by SIGINT, SIGTERM or SIGHUP that leaves nothing
 * half-written. */
typedef struct {
  const char *tool;
  gboolean json;
  GCancellable *cancellable;
  GPtrArray *notes;
  gint64 start, shown; /* µs */
  pthread_t waiter;    /* turns a signal into a cancel */
  gboolean waits;
} OwlToolConversion;

/* Sets the callbacks of `options`. One conversion at a time. */
void owl_tool_conversion_begin (OwlToolConversion *conversion, const char *tool, gboolean json, OwlConvertOptions *options);

/* Says how it ended; returns the exit status. `dest` NULL: nothing was written. */
int owl_tool_conversion_end (OwlToolConversion *conversion, gboolean done, const char *dest, const GError *error);

G_END_DECLS
