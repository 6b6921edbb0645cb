/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What `owl-decoder` denies itself: the one place for limits of the process. */

/* Once, before anything is read: memory, file size, descriptors, no core files, no new privileges, and death
 * with the client. */
void owl_confine_process (void);
/* Before each request: processor time. */
void owl_confine_request (void);

G_END_DECLS
