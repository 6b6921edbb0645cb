/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What `owl-decoder` denies itself: the one place for limits of the process. */

/* Once, before anything is read: memory, file size, descriptors, no core files, no new privileges, death with the client; where they are to be
 * had also files (Landlock) and system calls (seccomp). `readable`: paths, ended by NULL, that can still be read beside those of the system;
 * one that does not exist is left out. */
void owl_confine_process (const char *const *readable);
/* Before each request: processor time. */
void owl_confine_request (void);

G_END_DECLS
