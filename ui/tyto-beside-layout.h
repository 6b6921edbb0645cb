/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Lays two children out: a text, and the buttons that belong to it. They stand beside the text, at the end of the line, where it takes few lines
 * then; where there is less room, they stand below it. */
#define TYTO_TYPE_BESIDE_LAYOUT (tyto_beside_layout_get_type ())
G_DECLARE_FINAL_TYPE (TytoBesideLayout, tyto_beside_layout, TYTO, BESIDE_LAYOUT, GtkLayoutManager)

/* `max_lines`: how many times its place beside the buttons the text may be long. `gap`: between them when side by side, `line_gap`: when one is below
 * the other, in pixels. */
GtkLayoutManager *tyto_beside_layout_new (double max_lines, int gap, int line_gap);

G_END_DECLS
