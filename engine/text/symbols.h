/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Byte-pair merging: a text is cut into symbols, and adjacent ones are joined, best first, until no pair is left that may be joined.
 * Takes time n log n. Both tokenizers use it. */

/* A piece of the text: a node of a doubly linked list. Neighbours lie side by side in memory. */
typedef struct {
  int previous, next; /* -1: none */
  const char *text;
  gsize length; /* 0: merged into its left neighbour */
} OwlSymbol;

/* Whether two neighbours may be joined, and how good that is (higher first, leftmost of equals). */
typedef gboolean (*OwlSymbolScore) (const OwlSymbol *left, const OwlSymbol *right, gconstpointer data, float *score);

/* A list of OwlSymbol; what is appended must follow in memory on what is there. The first symbol stays the first. */
GArray *owl_symbols_new (void);
void owl_symbols_append (GArray *symbols, const char *text, gsize length);
void owl_symbols_merge (GArray *symbols, OwlSymbolScore score, gconstpointer data);

G_END_DECLS
