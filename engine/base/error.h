/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Errors of libowl.
 *
 * Every function that can fail takes `GError **error` last and returns NULL, FALSE or a negative number on failure.
 * A message is one line without a final full stop and names the file, the key or tensor, what was expected and what
 * was found. Messages are plain English; programs that show them to people translate the *code* and quote the rest. */
#define OWL_ERROR (owl_error_quark ())

/* OWL_ERROR_FORMAT:      the bytes are not what they claim to be
 * OWL_ERROR_LIMIT:       well formed, but beyond what Tyto accepts (size, count, time, context)
 * OWL_ERROR_UNSUPPORTED: well formed, of a kind that Tyto does not handle
 * OWL_ERROR_IO:          the file system or another process said no
 * OWL_ERROR_MEMORY:      not enough memory
 * OWL_ERROR_CANCELLED:   the caller's GCancellable was triggered
 * OWL_ERROR_PASSWORD:    a protected document, and no password or a wrong one was given */
typedef enum {
  OWL_ERROR_FORMAT,
  OWL_ERROR_LIMIT,
  OWL_ERROR_UNSUPPORTED,
  OWL_ERROR_IO,
  OWL_ERROR_MEMORY,
  OWL_ERROR_CANCELLED,
  OWL_ERROR_PASSWORD,
} OwlErrorCode;

GQuark owl_error_quark (void);

G_END_DECLS
