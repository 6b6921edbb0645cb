/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A PDF that opens with `password` alone. Each page says "Secret page N". */
GByteArray *make_locked_pdf (int n_pages, const char *password);

G_END_DECLS
