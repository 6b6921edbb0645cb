/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "driver.h"

G_BEGIN_DECLS

/* What the files of the driver share: driver.c starts the program and finds nodes, driver-hand.c has the pointer, driver-keys.c the keyboard and
 * texts, driver-look.c what can be seen. */

#define POLL_USEC 50000
#define MAX_DEPTH 40

/* Runs a command of the shell and waits for it. */
void _driver_run (const char *command);
/* Its root in the accessibility tree; NULL: it is not there. The caller unrefs. */
AtspiAccessible *_driver_find_app (void);
/* Prints the tree and ends the story. */
void _driver_fail (const char *what, const char *role, const char *name);
/* Where a node is in its window; the caller frees. */
AtspiRect *_driver_get_place (AtspiAccessible *node);

G_END_DECLS
