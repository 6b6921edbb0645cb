/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"
#include "decode/decoder-protocol.h"

G_BEGIN_DECLS

/* The text of a page with the places of its words. Immutable, counted; any thread may hold it.
 *
 * The text is in reading order: columns one after the other, tables row by row with " | " between cells, an empty line between blocks. */
typedef struct _OwlPageText OwlPageText;

OwlPageText *owl_page_text_ref (OwlPageText *page);
void owl_page_text_unref (OwlPageText *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlPageText, owl_page_text_unref)

/* UTF-8, "" for a page without text. Borrowed. */
const char *owl_page_text_get_text (const OwlPageText *page);
/* TRUE when the words were recognised in a scan rather than stored in the file. */
gboolean owl_page_text_is_recognised (const OwlPageText *page);
/* Words by ascending `start` (a byte of the text); places are fractions of the page, from its top left. Borrowed. */
const OwlTextWord *owl_page_text_get_words (const OwlPageText *page, gsize *n_words);

/* One place where a text was found. */
typedef struct {
  guint32 start, length;          /* bytes of the page's text */
  guint first_word, n_words;      /* the words that it touches, whose places can be marked */
} OwlTextMatch;

/* All places of `needle`, without regard to case, accents and how lines are broken. Frees with g_array_unref (OwlTextMatch). */
GArray *owl_page_text_find (const OwlPageText *page, const char *needle);
/* The text of the words whose middles lie in the box (fractions of the page), lines kept. The caller frees. */
char *owl_page_text_select (const OwlPageText *page, double x, double y, double width, double height);

/* From the bytes of a TEXT reply; NULL when they break the rules. */
OwlPageText *owl_page_text_new_from_reply (GBytes *bytes, gboolean recognised);

/* An entry of a document's outline. */
typedef struct {
  char *title;
  int page;  /* from 0; -1: leads nowhere in this document */
  int depth; /* from 0 */
} OwlOutlineItem;

/* Outline and page labels of a document. Immutable, counted. */
typedef struct _OwlContents OwlContents;
OwlContents *owl_contents_ref (OwlContents *contents);
void owl_contents_unref (OwlContents *contents);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlContents, owl_contents_unref)
/* Borrowed, in order. */
const OwlOutlineItem *owl_contents_get_outline (const OwlContents *contents, gsize *n_items);
/* The label of a page ("iv", "12"), or NULL when it has none. */
const char *owl_contents_get_label (const OwlContents *contents, int page);
int owl_contents_get_n_pages (const OwlContents *contents);
OwlContents *owl_contents_new_from_reply (GBytes *bytes, int n_pages);

G_END_DECLS
