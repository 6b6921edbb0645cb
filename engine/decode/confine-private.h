/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Landlock: from here on files can be opened for reading only, and only where fonts, their configuration, poppler's tables, trained data of
 * Tesseract and libraries lie, and at the paths of `readable` (ended by NULL); no TCP either where the kernel can forbid it. FALSE where the kernel has no Landlock. */
gboolean owl_confine_files (const char *const *readable);

/* seccomp: system calls that reading pictures needs, and no others; the rest fail with EPERM. FALSE where it is not to be had. */
gboolean owl_confine_calls (void);

G_END_DECLS
