/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A list of lines that lead somewhere: an outline, or what a search found. Long lists are filled little by little, so that the window stays free.
 * Signal "opened" (guint): the line of that number was chosen. */
#define TYTO_TYPE_LINK_LIST (tyto_link_list_get_type ())
G_DECLARE_FINAL_TYPE (TytoLinkList, tyto_link_list, TYTO, LINK_LIST, GtkWidget)

/* `label`: what a screen reader calls the list. */
GtkWidget *tyto_link_list_new (const char *label);

/* Replaces the lines: `texts` in Pango markup, `notes` (may be NULL) stand at their end, `depths` (may be NULL) indent them. */
void tyto_link_list_set (TytoLinkList *self, GStrv texts, GStrv notes, const int *depths);
/* Marks a line and brings it into sight. */
void tyto_link_list_select (TytoLinkList *self, guint index);

G_END_DECLS
