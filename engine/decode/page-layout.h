/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/decoder-protocol.h"

G_BEGIN_DECLS

/* Puts the words of a page into reading order, inside `owl-decoder`: columns of running text one after the other, tables row by row with
 * " | " between their cells, an empty line between blocks.
 *
 * `words` (OwlTextWord, places in points from the top left, `start` and `length` in `source`) are as the file has them. Appends the page
 * to `text` and its words to `laid` (OwlTextWord, `start` and `length` in `text`, ascending). */
void owl_page_layout (const char *source, const GArray *words, GString *text, GArray *laid);

G_END_DECLS
