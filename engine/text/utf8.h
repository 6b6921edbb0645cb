/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OWL_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the well-formed UTF-8 character at `text` (1 to 4), or 0 if there is none within `length` bytes. NUL is a character;
 * surrogates and overlong forms are not. Source: the Unicode Standard, table 3-7. */
gsize owl_utf8_char_length (const char *text, gsize length);

/* TRUE if `length` bytes (at least one) are the beginning of a well-formed character that is not complete. */
gboolean owl_utf8_is_partial (const char *text, gsize length);

/* Bytes of the maximal ill-formed subsequence at `text` (at least 1), which one U+FFFD stands for by the Unicode Standard's practice. */
gsize owl_utf8_bad_length (const char *text, gsize length);

G_END_DECLS
