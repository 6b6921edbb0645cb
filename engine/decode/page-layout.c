/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/page-layout.h"

#include <string.h>

/* Distances are in heights of a typical word of the page. */
#define SEGMENT_GAP 0.8f  /* a wider one parts cells or columns */
#define ROW_TOLERANCE 0.4f /* between the middles of words of one row */
#define BLOCK_GAP 1.0f    /* a wider one between rows parts blocks */
#define RUN_GAP 3.0f      /* ends a table or a pair of columns */
#define N_BINS 1024       /* into which the width of a page is divided to find empty strips */
#define MAX_DEPTH 4       /* columns inside columns */
#define MAX_WORDS 60000   /* a page with more is taken in the order of the file */

/* Running text: so much on average in a line of a column, of which so much is filled. */
#define PROSE_CHARACTERS 15.0f
#define PROSE_FILL 0.6f
#define MARKER_CHARACTERS 3 /* the most that a list's numbers or bullets take */

typedef struct {
  const char *source;
  float height; /* of a typical word */
  float left, right;
  GString *text;
  GArray *laid;
} Page;

/* Words of a row without a wide gap: indices into the row's words. */
typedef struct {
  guint first, n;
  float left, right;
  guint n_characters; /* wide ones count twice */
} Segment;

typedef struct {
  GArray *words;    /* OwlTextWord, from left to right (or right to left) */
  GArray *segments; /* Segment, from left to right */
  float top, bottom, middle;
} Row;

static void
row_free (gpointer data)
{
  Row *row = data;

  g_array_unref (row->words);
  g_array_unref (row->segments);
  g_free (row);
}

static float
middle_of (const OwlTextWord *w)
{
  return w->y + w->height / 2.0f;
}

static int
compare_middles (gconstpointer a, gconstpointer b)
{
  float d = middle_of (a) - middle_of (b);

  return d < 0 ? -1 : d > 0;
}

static int
compare_lefts (gconstpointer a, gconstpointer b)
{
  float d = ((const OwlTextWord *) a)->x - ((const OwlTextWord *) b)->x;

  return d < 0 ? -1 : d > 0;
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  float d = *(const float *) a - *(const float *) b;

  return d < 0 ? -1 : d > 0;
}

static gboolean
is_right_to_left (gunichar c)
{
  return (c >= 0x0590 && c <= 0x08ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfeff);
}

static guint
count_characters (const Page *page, const OwlTextWord *w)
{
  const char *p = page->source + w->start, *end = p + w->length;
  guint n = 0;

  for (; p < end; p = g_utf8_next_char (p))
    n += g_unichar_iswide (g_utf8_get_char (p)) ? 2 : 1;
  return n;
}

static void
cut_segments (const Page *page, Row *row)
{
  for (guint i = 0; i < row->words->len; i++) {
    const OwlTextWord *w = &g_array_index (row->words, OwlTextWord, i);
    Segment *last = row->segments->len ? &g_array_index (row->segments, Segment, row->segments->len - 1) : NULL;

    if (last && w->x - last->right < SEGMENT_GAP * page->height) {
      last->n++;
      last->right = MAX (last->right, w->x + w->width);
      last->n_characters += 1 + count_characters (page, w);
    } else {
      Segment segment = { i, 1, w->x, w->x + w->width, count_characters (page, w) };

      g_array_append_val (row->segments, segment);
    }
  }
}

/* Rows from top to bottom. */
static GPtrArray *
make_rows (const Page *page, const GArray *words)
{
  g_autoptr (GArray) sorted = g_array_copy ((GArray *) words);
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);
  Row *row = NULL;

  g_array_sort (sorted, compare_middles);
  for (guint i = 0; i < sorted->len; i++) {
    const OwlTextWord *w = &g_array_index (sorted, OwlTextWord, i);

    if (!row || middle_of (w) - row->middle > ROW_TOLERANCE * page->height) {
      row = g_new0 (Row, 1);
      row->words = g_array_new (FALSE, FALSE, sizeof (OwlTextWord));
      row->segments = g_array_new (FALSE, FALSE, sizeof (Segment));
      row->middle = middle_of (w);
      row->top = w->y;
      row->bottom = w->y + w->height;
      g_ptr_array_add (rows, row);
    }
    g_array_append_val (row->words, *w);
    row->top = MIN (row->top, w->y);
    row->bottom = MAX (row->bottom, w->y + w->height);
  }
  for (guint i = 0; i < rows->len; i++) {
    row = g_ptr_array_index (rows, i);
    g_array_sort (row->words, compare_lefts);
    cut_segments (page, row);
  }
  return rows;
}

static void
append_word (const Page *page, const OwlTextWord *w)
{
  OwlTextWord laid = *w;

  laid.start = (guint32) page->text->len;
  g_string_append_len (page->text, page->source + w->start, w->length);
  g_array_append_val (page->laid, laid);
}

/* Ideographs and kana stand without spaces. */
static gboolean
joins_without_space (const Page *page, const OwlTextWord *a, const OwlTextWord *b)
{
  gunichar last = g_utf8_get_char (g_utf8_prev_char (page->source + a->start + a->length));
  gunichar first = g_utf8_get_char (page->source + b->start);

  return g_unichar_iswide (last) && g_unichar_iswide (first) && b->x - (a->x + a->width) < 0.5f * page->height;
}

static void
append_segment (const Page *page, const Row *row, const Segment *segment)
{
  const OwlTextWord *w = &g_array_index (row->words, OwlTextWord, segment->first);
  int balance = 0;

  for (guint i = 0; i < segment->n; i++)
    balance += is_right_to_left (g_utf8_get_char (page->source + w[i].start)) ? 1 : -1;
  for (guint i = 0; i < segment->n; i++) {
    const OwlTextWord *next = balance > 0 ? &w[segment->n - 1 - i] : &w[i];

    if (i > 0 && !joins_without_space (page, next - 1, next))
      g_string_append_c (page->text, ' ');
    append_word (page, next);
  }
}

/* Begins a new line, after an empty one where blocks are apart. */
static void
begin_line (const Page *page, const Row *row, const Row *above)
{
  if (page->text->len == 0)
    return;
  g_string_append_c (page->text, '\n');
  if (!above || row->top - above->bottom > BLOCK_GAP * page->height)
    g_string_append_c (page->text, '\n');
}

/* A row of a table, or a line: its segments, with empty cells for the columns that it leaves out. `gutters`: right ends of the columns but
 * the last. */
static void
append_row (const Page *page, const Row *row, const GArray *gutters)
{
  guint column = 0;

  for (guint i = 0; i < row->segments->len; i++) {
    const Segment *segment = &g_array_index (row->segments, Segment, i);
    guint at = 0;

    while (gutters && at < gutters->len && segment->left > g_array_index (gutters, float, at))
      at++;
    for (guint bars = MAX (at > column ? at - column : 0, i > 0 ? 1 : 0); bars > 0; bars--)
      g_string_append (page->text, " | ");
    column = MAX (at, column);
    append_segment (page, row, segment);
  }
}

/* Empty strips inside what the rows [first, end) take: where columns meet. Gives their middles. */
static GArray *
find_gutters (const Page *page, const guint8 *taken)
{
  GArray *gutters = g_array_new (FALSE, FALSE, sizeof (float));
  float bin = (page->right - page->left) / N_BINS;
  int last = -1;

  for (int i = 0; i < N_BINS; i++) {
    if (!taken[i])
      continue;
    if (last >= 0 && (float) (i - last - 1) * bin >= SEGMENT_GAP * page->height) {
      float middle = page->left + (float) (last + 1 + i) / 2.0f * bin;

      g_array_append_val (gutters, middle);
    }
    last = i;
  }
  return gutters;
}

static void
take (const Page *page, const Row *row, guint8 *taken)
{
  float bin = (page->right - page->left) / N_BINS;

  for (guint i = 0; i < row->segments->len; i++) {
    const Segment *segment = &g_array_index (row->segments, Segment, i);
    int from = CLAMP ((int) ((segment->left - page->left) / bin), 0, N_BINS - 1);
    int to = CLAMP ((int) ((segment->right - page->left) / bin), 0, N_BINS - 1);

    memset (taken + from, 1, (gsize) (to - from + 1));
  }
}

/* How far from row `first` an empty strip can be followed; `gutters` gets the strips. */
static guint
follow_gutters (const Page *page, const GPtrArray *rows, guint first, GArray **gutters)
{
  guint8 taken[N_BINS] = { 0 };
  guint end = first;

  *gutters = NULL;
  for (guint i = first; i < rows->len; i++) {
    const Row *row = g_ptr_array_index (rows, i);
    GArray *found;

    if (i > first && row->top - ((const Row *) g_ptr_array_index (rows, i - 1))->bottom > RUN_GAP * page->height)
      break;
    take (page, row, taken);
    found = find_gutters (page, taken);
    /* The first rows may all stand on one side. */
    if (found->len == 0 && *gutters) {
      g_array_unref (found);
      break;
    }
    if (found->len > 0) {
      if (*gutters)
        g_array_unref (*gutters);
      *gutters = found;
      end = i + 1;
    } else {
      g_array_unref (found);
      if (i > first + 1)
        break;
    }
  }
  return end;
}

static guint
column_of (const GArray *gutters, float x)
{
  guint column = 0;

  while (column < gutters->len && x > g_array_index (gutters, float, column))
    column++;
  return column;
}

typedef struct {
  guint n_segments, n_characters, most_characters;
  float left, right, width; /* width: summed over segments */
  float top, bottom;
} Column;

static Column *
measure_columns (const GPtrArray *rows, guint first, guint end, const GArray *gutters)
{
  Column *columns = g_new0 (Column, gutters->len + 1);

  for (guint r = first; r < end; r++) {
    const Row *row = g_ptr_array_index (rows, r);

    for (guint i = 0; i < row->segments->len; i++) {
      const Segment *s = &g_array_index (row->segments, Segment, i);
      Column *c = &columns[column_of (gutters, (s->left + s->right) / 2.0f)];

      c->left = c->n_segments ? MIN (c->left, s->left) : s->left;
      c->right = c->n_segments ? MAX (c->right, s->right) : s->right;
      c->top = c->n_segments ? c->top : row->top;
      c->bottom = row->bottom;
      c->n_segments++;
      c->n_characters += s->n_characters;
      c->most_characters = MAX (c->most_characters, s->n_characters);
      c->width += s->right - s->left;
    }
  }
  return columns;
}

static gboolean
is_prose_column (const Column *c)
{
  return c->n_segments >= 2 && (float) c->n_characters >= PROSE_CHARACTERS * (float) c->n_segments &&
         c->width >= PROSE_FILL * (c->right - c->left) * (float) c->n_segments;
}

typedef enum { PLAIN, TABLE, COLUMNS } RunKind;

static RunKind
judge (const GPtrArray *rows, guint first, guint end, const GArray *gutters)
{
  g_autofree Column *columns = NULL;
  guint n_parted = 0, n_prose = 0;
  float common;

  if (!gutters || gutters->len == 0 || end - first < 2)
    return PLAIN;
  columns = measure_columns (rows, first, end, gutters);
  for (guint i = first; i < end; i++)
    n_parted += ((const Row *) g_ptr_array_index (rows, i))->segments->len > 1;
  for (guint i = 0; i <= gutters->len; i++)
    n_prose += is_prose_column (&columns[i]);
  common = MIN (columns[0].bottom, columns[1].bottom) - MAX (columns[0].top, columns[1].top);

  /* The rows of two columns need not be at the same height. */
  if (n_prose == gutters->len + 1 && (n_parted >= 2 || (columns[0].n_segments >= 3 && columns[1].n_segments >= 3 && common > 0)))
    return COLUMNS;
  if (n_parted < 2 || (gutters->len == 1 && columns[0].most_characters <= MARKER_CHARACTERS && n_prose > 0))
    return PLAIN;
  return TABLE;
}

static void lay_out (const Page *page, const GArray *words, int depth);

static void
append_columns (const Page *page, const GPtrArray *rows, guint first, guint end, const GArray *gutters, int depth)
{
  for (guint column = 0; column <= gutters->len; column++) {
    g_autoptr (GArray) words = g_array_new (FALSE, FALSE, sizeof (OwlTextWord));

    for (guint r = first; r < end; r++) {
      const Row *row = g_ptr_array_index (rows, r);

      for (guint i = 0; i < row->words->len; i++) {
        const OwlTextWord *w = &g_array_index (row->words, OwlTextWord, i);

        if (column_of (gutters, w->x + w->width / 2.0f) == column)
          g_array_append_val (words, *w);
      }
    }
    lay_out (page, words, depth + 1);
  }
}

/* A line that is no row of a table: all its words. */
static void
append_line (const Page *page, const Row *row)
{
  Segment whole = { .first = 0, .n = row->words->len };

  append_segment (page, row, &whole);
}

static void
lay_out (const Page *page, const GArray *words, int depth)
{
  g_autoptr (GPtrArray) rows = make_rows (page, words);
  const Row *above = NULL;
  guint i = 0;

  while (i < rows->len) {
    g_autoptr (GArray) gutters = NULL;
    guint end = depth < MAX_DEPTH ? follow_gutters (page, rows, i, &gutters) : i;
    RunKind kind = judge (rows, i, end, gutters);

    if (kind == COLUMNS) {
      append_columns (page, rows, i, end, gutters, depth);
      above = NULL;
      i = end;
      continue;
    }
    end = kind == TABLE ? end : i + 1;
    for (; i < end; i++) {
      const Row *row = g_ptr_array_index (rows, i);

      begin_line (page, row, above);
      if (kind == TABLE)
        append_row (page, row, gutters);
      else
        append_line (page, row);
      above = row;
    }
  }
}

/* Words that run up or down the page would tear its rows apart. */
static gboolean
stands_upright (const Page *page, const OwlTextWord *w)
{
  return w->height > 2.0f * w->width && count_characters (page, w) >= 3;
}

static void
append_in_file_order (const Page *page, const GArray *words)
{
  for (guint i = 0; i < words->len; i++) {
    if (page->text->len > 0)
      g_string_append_c (page->text, i > 0 ? ' ' : '\n');
    append_word (page, &g_array_index (words, OwlTextWord, i));
  }
}

void
owl_page_layout (const char *source, const GArray *words, GString *text, GArray *laid)
{
  Page page = { .source = source, .text = text, .laid = laid };
  g_autoptr (GArray) level = g_array_new (FALSE, FALSE, sizeof (OwlTextWord)), upright = NULL;
  g_autoptr (GArray) heights = g_array_new (FALSE, FALSE, sizeof (float));

  upright = g_array_new (FALSE, FALSE, sizeof (OwlTextWord));
  for (guint i = 0; i < words->len; i++) {
    const OwlTextWord *w = &g_array_index (words, OwlTextWord, i);

    g_array_append_val (stands_upright (&page, w) || words->len > MAX_WORDS ? upright : level, *w);
  }
  for (guint i = 0; i < level->len; i++) {
    const OwlTextWord *w = &g_array_index (level, OwlTextWord, i);

    g_array_append_val (heights, w->height);
    page.left = i ? MIN (page.left, w->x) : w->x;
    page.right = i ? MAX (page.right, w->x + w->width) : w->x + w->width;
  }
  if (level->len > 0) {
    g_array_sort (heights, compare_floats);
    page.height = MAX (g_array_index (heights, float, heights->len / 2), 0.1f);
    page.right = MAX (page.right, page.left + 1.0f);
    lay_out (&page, level, 0);
  }
  append_in_file_order (&page, upright);
}
