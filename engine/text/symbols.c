/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/symbols.h"

/* A pair that could be joined; `length` tells whether it is still the pair it was. */
typedef struct {
  float score;
  int left, right;
  gsize length;
} Pair;

typedef struct {
  GArray *symbols;
  GArray *heap; /* Pair, best first */
  OwlSymbolScore score;
  gconstpointer data;
} Merger;

/* The best pair has the highest score, and is the leftmost of equals. */
static gboolean
is_better (const Pair *a, const Pair *b)
{
  return a->score > b->score || (a->score == b->score && a->left < b->left);
}

static void
heap_push (GArray *heap, Pair pair)
{
  guint i = heap->len;

  g_array_append_val (heap, pair);
  while (i > 0) {
    guint parent = (i - 1) / 2;

    if (!is_better (&pair, &g_array_index (heap, Pair, parent)))
      break;
    g_array_index (heap, Pair, i) = g_array_index (heap, Pair, parent);
    i = parent;
  }
  g_array_index (heap, Pair, i) = pair;
}

static Pair
heap_pop (GArray *heap)
{
  Pair best = g_array_index (heap, Pair, 0), last = g_array_index (heap, Pair, heap->len - 1);
  guint i = 0, n = heap->len - 1;

  g_array_set_size (heap, n);
  while (2 * i + 1 < n) {
    guint child = 2 * i + 1;

    if (child + 1 < n && is_better (&g_array_index (heap, Pair, child + 1), &g_array_index (heap, Pair, child)))
      child++;
    if (!is_better (&g_array_index (heap, Pair, child), &last))
      break;
    g_array_index (heap, Pair, i) = g_array_index (heap, Pair, child);
    i = child;
  }
  if (n > 0)
    g_array_index (heap, Pair, i) = last;
  return best;
}

static void
consider (Merger *m, int left, int right)
{
  const OwlSymbol *a, *b;
  float score;

  if (left < 0 || right < 0)
    return;
  a = &g_array_index (m->symbols, OwlSymbol, left);
  b = &g_array_index (m->symbols, OwlSymbol, right);
  if (m->score (a, b, m->data, &score))
    heap_push (m->heap, (Pair){ score, left, right, a->length + b->length });
}

GArray *
owl_symbols_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (OwlSymbol));
}

void
owl_symbols_append (GArray *symbols, const char *text, gsize length)
{
  OwlSymbol symbol = { .previous = (int) symbols->len - 1, .next = -1, .text = text, .length = length };

  if (symbols->len > 0)
    g_array_index (symbols, OwlSymbol, symbols->len - 1).next = (int) symbols->len;
  g_array_append_val (symbols, symbol);
}

void
owl_symbols_merge (GArray *symbols, OwlSymbolScore score, gconstpointer data)
{
  Merger m = { symbols, g_array_new (FALSE, FALSE, sizeof (Pair)), score, data };

  for (int i = 0; i + 1 < (int) symbols->len; i++)
    consider (&m, i, i + 1);
  while (m.heap->len > 0) {
    Pair pair = heap_pop (m.heap);
    OwlSymbol *a = &g_array_index (symbols, OwlSymbol, pair.left), *b = &g_array_index (symbols, OwlSymbol, pair.right);

    if (a->length == 0 || b->length == 0 || a->length + b->length != pair.length)
      continue;
    a->length = pair.length;
    a->next = b->next;
    b->length = 0;
    if (a->next >= 0)
      g_array_index (symbols, OwlSymbol, a->next).previous = pair.left;
    consider (&m, a->previous, pair.left);
    consider (&m, pair.left, a->next);
  }
  g_array_unref (m.heap);
}
