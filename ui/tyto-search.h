/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-store-search.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The search field of the side pane; while it holds text, what was found stands in place of `below`. Signal "opened" (gint64 conversation,
 * gint64 message; 0: the title was found), and "left" when Escape ended it. */
#define TYTO_TYPE_SEARCH (tyto_search_get_type ())
G_DECLARE_FINAL_TYPE (TytoSearch, tyto_search, TYTO, SEARCH, GtkBox)

GtkWidget *tyto_search_new (TytoStore *store, GtkWidget *below);
/* Puts the keyboard into the field. */
void tyto_search_begin (TytoSearch *self);
void tyto_search_end (TytoSearch *self);

G_END_DECLS
