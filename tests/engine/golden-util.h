/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

G_BEGIN_DECLS

/* Helpers of the tests that compare the `owl` program with reference data. */

/* "tests/golden/…"; the caller frees. */
char *golden_path (const char *name);

/* Runs `owl` ($OWL_PROGRAM) with a NULL-terminated list; expects exit status 0. Returns stdout; the caller frees. */
char *owl_run (const char *first, ...) G_GNUC_NULL_TERMINATED;

/* The same with an expected exit status; `err` (may be NULL) gets stderr. */
char *owl_run_status (int status, char **err, const char *const *args);

/* The same, parsed; the caller frees. */
json_t *owl_run_json (const char *first, ...) G_GNUC_NULL_TERMINATED;

/* A float32 NumPy array read whole. */
typedef struct {
  int n_dims;
  gsize shape[4];
  gsize n;
  float *values;
} Array;
Array *array_read (const char *path);
void array_free (Array *array);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Array, array_free)

/* Fails unless shapes are equal and |a - b| / |b| (L2) is at most `limit`. */
void assert_close (const char *what, const char *path, const char *expected_path, double limit);

/* A folder below the system's temporary folder that `remove_tree` deletes. */
char *make_scratch (void);
void remove_tree (const char *path);

G_END_DECLS
