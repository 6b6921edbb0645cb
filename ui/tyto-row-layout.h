/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Lays children out side by side in the reading direction, for rows with long texts in them. GtkBox in a row asks its children how wide they must be
 * for many heights, which a label can only answer by laying its text out each time, and not always in agreement with itself. This layout shares
 * out the width first - natural widths, what is left over to those that expand - and then asks each child for its height once. */
#define TYTO_TYPE_ROW_LAYOUT (tyto_row_layout_get_type ())
G_DECLARE_FINAL_TYPE (TytoRowLayout, tyto_row_layout, TYTO, ROW_LAYOUT, GtkLayoutManager)

/* `spacing`: between children, in pixels. */
GtkLayoutManager *tyto_row_layout_new (int spacing);

/* A box laid out like that. */
GtkWidget *tyto_row_new (int spacing);

G_END_DECLS
