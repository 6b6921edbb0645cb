/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A PDF of A4 pages with text in any language: one string for each page, lines parted by "\n", in a font of square letters that is not
 * embedded (what matters is what can be read out again). */
GByteArray *make_text_pdf (const char *const *pages, gsize n_pages);

G_END_DECLS
