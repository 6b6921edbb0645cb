/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cmark-gfm.h>
#include <glib.h>

G_BEGIN_DECLS

/* A link to a picture of the conversation looks like this, followed by its number. */
#define TYTO_MARKUP_PICTURE_SCHEME "tyto-picture:"

/* Parses CommonMark with tables and strikethrough; free with cmark_node_free (). NULs and broken UTF-8 become U+FFFD. */
cmark_node *tyto_markup_parse (const char *text, gssize length);

/* The inline content of a block as Pango markup. HTML stands as it was written, pictures are their descriptions (nothing is loaded), and only
 * web and mail addresses become links. "picture 2" becomes a link when there are at least two pictures. */
char *tyto_markup_from_inlines (cmark_node *block, int n_pictures);

/* Plain text as markup. As in all markup made here, words that are too long for a narrow window can be broken, so that it can be shown by a label
 * that breaks lines between words only. */
char *tyto_markup_from_text (const char *text);

G_END_DECLS
