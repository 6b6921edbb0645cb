/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Guesses what comes next from what was said before ("prompt lookup decoding"): when the last ids stood in the conversation already, those that
 * followed them there are proposed. Several guesses are then verified in one pass over the weights, which takes hardly longer than one id does
 * where memory is the limit. A guess decides nothing: an id counts only where the model chooses it itself, so an answer is the same with and
 * without, and whether guessing pays is learnt while it happens.
 *
 *   owl_lookup_push (lookup, id);
 *   n = owl_lookup_draft (lookup, draft, most);
 *   … evaluate id and draft[0 … n) at once …
 *   owl_lookup_took (lookup, n + 1, ms); */
typedef struct _OwlLookup OwlLookup;

/* Ids evaluated at once, at most: the chosen one and guesses. */
#define OWL_LOOKUP_COLUMNS 8

typedef enum {
  OWL_LOOKUP_AUTO,   /* guess where it pays */
  OWL_LOOKUP_OFF,
  OWL_LOOKUP_ALWAYS, /* guess wherever an id stood before, for tests and measurements */
} OwlLookupMode;

/* `capacity`: ids of a conversation at most. The variable OWL_LOOKUP (auto, off, always) sets the mode to begin with. */
OwlLookup *owl_lookup_new (gsize capacity);
void owl_lookup_free (OwlLookup *lookup);
void owl_lookup_set_mode (OwlLookup *lookup, OwlLookupMode mode);

/* Forgets the ids, and keeps what was learnt about guessing. */
void owl_lookup_clear (OwlLookup *lookup);

/* Adds an id of the conversation; negative ones (pictures) are never guessed. Learns from it when it was guessed, right or wrong. */
void owl_lookup_push (OwlLookup *lookup, gint32 id);

/* Guesses ids that follow those pushed, into `draft`: at most `most`, less than OWL_LOOKUP_COLUMNS, and as many as promise a gain. */
gsize owl_lookup_draft (OwlLookup *lookup, gint32 *draft, gsize most);

/* Tells how long evaluating `n` ids at once took. */
void owl_lookup_took (OwlLookup *lookup, gsize n, double ms);

G_END_DECLS
