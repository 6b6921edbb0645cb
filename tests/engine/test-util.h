/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/decoder-client.h"

G_BEGIN_DECLS

/* Path of a file among the tests' own data ($OWL_TEST_DATA). */
char *test_data_path (const char *name);

/* The values of a NumPy file (format 1.0, C order) of type `descr` ("<f4", "|u1") under the tests' data; `n`
 * gets their number and `shape` (may be NULL) up to four dimensions. Fails the test if the file is anything
 * else. Free with g_free. */
void *test_read_npy (const char *name, const char *descr, gsize *n, gsize shape[4]);

/* A file in memory with these bytes; to be closed. */
int test_memory_file (const void *data, gsize size);
/* Opens bytes in memory as "test file". */
OwlDecoder *test_open_bytes (const void *data, gsize size, GError **error);

/* How many descriptors this process has open. */
int test_count_descriptors (void);

G_END_DECLS
