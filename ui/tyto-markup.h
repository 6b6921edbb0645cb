/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cmark-gfm.h>
#include <glib.h>
#include <pango/pango.h>

G_BEGIN_DECLS

/* A link to a picture of the conversation looks like this, followed by its number. */
#define TYTO_MARKUP_PICTURE_SCHEME "tyto-picture:"

/* Parses CommonMark with tables and strikethrough; free with cmark_node_free (). NULs and broken UTF-8 become U+FFFD. */
cmark_node *tyto_markup_parse (const char *text, gssize length);

/* The inline content of a block as Pango markup. HTML stands as it was written, pictures are their descriptions (nothing is loaded), and only
 * web and mail addresses become links. "picture 2" becomes a link when there are at least two pictures. */
char *tyto_markup_from_inlines (cmark_node *block, int n_pictures);

/* How lines of this text are to be broken. Breaking anywhere makes the toolkit lay out a long text with one character a line, only to learn how
 * narrow it could become, which takes ten times as long as the text itself; so that is left to texts with words that need it. */
PangoWrapMode tyto_markup_choose_wrap (const char *text);

G_END_DECLS
