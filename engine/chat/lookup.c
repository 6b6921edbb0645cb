/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/lookup.h"

#include <string.h>

/* Ids that must stand before a guess as they stood then. One alone is right too rarely. */
#define MIN_MATCH 2
/* Longer matches say no more. */
#define MAX_MATCH 8
/* Weight of the newest observation in what was learnt. */
#define LEARN_RIGHT 0.15
#define LEARN_TIME 0.3
/* A gain below this is not worth the noise. */
#define MIN_GAIN 1.02

struct _OwlLookup {
  OwlLookupMode mode;
  gsize capacity, n;
  gint32 *ids; /* [capacity] */

  /* The last guess: the ids, how many of them came true so far, and the match it was made from. */
  gint32 guess[OWL_LOOKUP_COLUMNS];
  gsize n_guess, n_true, match;

  double right[MAX_MATCH + 1]; /* by length of the match: how often the next guess is right */
  double ms[4];                /* for 1, 2, up to 4 and up to 8 ids at once; 0: not known */
};

OwlLookup *
owl_lookup_new (gsize capacity)
{
  static const char *const names[] = { "auto", "off", "always" };
  OwlLookup *lookup = g_new0 (OwlLookup, 1);
  const char *wanted = g_getenv ("OWL_LOOKUP");

  for (gsize i = 0; wanted && i < G_N_ELEMENTS (names); i++)
    if (strcmp (wanted, names[i]) == 0)
      lookup->mode = (OwlLookupMode) i;
  lookup->capacity = capacity;
  lookup->ids = g_new (gint32, capacity);
  /* To begin with: a long match is rather right than wrong. */
  for (int i = 0; i <= MAX_MATCH; i++)
    lookup->right[i] = MIN (0.3 + 0.1 * i, 0.9);
  return lookup;
}

void
owl_lookup_free (OwlLookup *lookup)
{
  if (!lookup)
    return;
  g_free (lookup->ids);
  g_free (lookup);
}

void
owl_lookup_set_mode (OwlLookup *lookup, OwlLookupMode mode)
{
  lookup->mode = mode;
}

void
owl_lookup_clear (OwlLookup *lookup)
{
  lookup->n = 0;
  lookup->n_guess = 0;
}

static double *
right_after (OwlLookup *lookup, gsize match)
{
  return &lookup->right[MIN (match, MAX_MATCH)];
}

void
owl_lookup_push (OwlLookup *lookup, gint32 id)
{
  if (lookup->n_true < lookup->n_guess) {
    double *right = right_after (lookup, lookup->match + lookup->n_true);
    gboolean came_true = lookup->guess[lookup->n_true] == id;

    *right += LEARN_RIGHT * ((came_true ? 1.0 : 0.0) - *right);
    lookup->n_true++;
    if (!came_true)
      lookup->n_guess = 0;
  }
  if (lookup->n < lookup->capacity)
    lookup->ids[lookup->n++] = id;
}

/* How many ids before `at` equal the last ones of the conversation. */
static gsize
match_length (const OwlLookup *lookup, gsize at)
{
  gsize n = 0;

  while (n < MAX_MATCH && n < at && lookup->ids[at - 1 - n] == lookup->ids[lookup->n - 1 - n])
    n++;
  return n;
}

/* Takes what followed the longest match, the latest of equal ones. */
static void
guess (OwlLookup *lookup)
{
  gsize least = lookup->mode == OWL_LOOKUP_ALWAYS ? 1 : MIN_MATCH, best = 0, best_at = 0;

  lookup->n_guess = lookup->n_true = 0;
  if (lookup->n < 2)
    return;
  for (gsize at = lookup->n - 1; at > 0 && best < MAX_MATCH; at--)
    if (lookup->ids[at - 1] == lookup->ids[lookup->n - 1]) {
      gsize length = match_length (lookup, at);

      if (length > best) {
        best = length;
        best_at = at;
      }
    }
  if (best < least)
    return;
  lookup->match = best;
  for (gsize i = best_at; i < lookup->n && lookup->n_guess < OWL_LOOKUP_COLUMNS - 1 && lookup->ids[i] >= 0; i++)
    lookup->guess[lookup->n_guess++] = lookup->ids[i];
}

/* Products take 1, 2, 4 or 8 columns. */
static gsize
time_slot (gsize n)
{
  return n > 4 ? 3 : n > 2 ? 2 : n - 1;
}

static double
expected_ms (const OwlLookup *lookup, gsize n)
{
  static const double usual[] = { 1.0, 1.1, 1.2, 1.5 };
  gsize slot = time_slot (n);

  return lookup->ms[slot] > 0.0 ? lookup->ms[slot] : lookup->ms[0] * usual[slot];
}

/* The number of guesses that gives most ids a millisecond. */
static gsize
choose_length (OwlLookup *lookup, gsize most)
{
  double likely = 1.0, ids = 1.0, best_rate = MIN_GAIN / expected_ms (lookup, 1);
  gsize best = 0;

  if (lookup->ms[0] <= 0.0)
    return 0;
  for (gsize n = 1; n <= most; n++) {
    likely *= *right_after (lookup, lookup->match + n - 1);
    ids += likely;
    if (ids / expected_ms (lookup, n + 1) > best_rate) {
      best_rate = ids / expected_ms (lookup, n + 1);
      best = n;
    }
  }
  return best;
}

gsize
owl_lookup_draft (OwlLookup *lookup, gint32 *draft, gsize most)
{
  gsize n;

  if (lookup->mode == OWL_LOOKUP_OFF)
    return 0;
  guess (lookup);
  n = MIN (lookup->n_guess, most);
  if (lookup->mode == OWL_LOOKUP_AUTO)
    n = choose_length (lookup, n);
  memcpy (draft, lookup->guess, n * sizeof *draft);
  return n;
}

void
owl_lookup_took (OwlLookup *lookup, gsize n, double ms)
{
  double *known = &lookup->ms[time_slot (n)];

  *known += (*known > 0.0 ? LEARN_TIME : 1.0) * (ms - *known);
}
