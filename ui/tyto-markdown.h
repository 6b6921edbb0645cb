/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Text in Markdown as widgets, one for each block: text can be selected, code can be copied, links open at a click and nothing loads by itself.
 * While the text grows only the blocks that changed are made anew. Signal "picture" (int): the link to picture N was clicked. */
#define TYTO_TYPE_MARKDOWN (tyto_markdown_get_type ())
G_DECLARE_FINAL_TYPE (TytoMarkdown, tyto_markdown, TYTO, MARKDOWN, GtkBox)

/* `description`: what a screen reader says that the text is. */
GtkWidget *tyto_markdown_new (const char *description);

/* The words alone, without marks. The caller frees. */
char *tyto_markdown_to_plain (const char *text);

/* What is selected of the text, as it is shown; NULL when nothing is. The caller frees. */
char *tyto_markdown_get_selection (TytoMarkdown *self);

/* `n_pictures`: numbers up to this one are links in "picture N". */
void tyto_markdown_set_text (TytoMarkdown *self, const char *text, int n_pictures);

G_END_DECLS
