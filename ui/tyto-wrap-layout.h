/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Lays children out in lines, each child in its natural size, as words in a text: as many in a line as fit. One that expands needs only its
 * least width to fit, and gets what is left of its line. */
#define TYTO_TYPE_WRAP_LAYOUT (tyto_wrap_layout_get_type ())
G_DECLARE_FINAL_TYPE (TytoWrapLayout, tyto_wrap_layout, TYTO, WRAP_LAYOUT, GtkLayoutManager)

/* `spacing`: between children and between lines, in pixels. `xalign`: where short lines stand, 0 at the start, 1 at the end of the
 * reading direction. */
GtkLayoutManager *tyto_wrap_layout_new (int spacing, float xalign);

G_END_DECLS
