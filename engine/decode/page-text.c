/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/page-text.h"

#include <math.h>
#include <string.h>

#define MAX_OUTLINE_DEPTH 64

struct _OwlPageText {
  gatomicrefcount references;
  char *text;
  OwlTextWord *words;
  gsize n_words;
  gboolean recognised;
};

struct _OwlContents {
  gatomicrefcount references;
  GArray *outline; /* OwlOutlineItem */
  char **labels;   /* [n_pages]; NULL where a page has none */
  int n_pages;
};

/* Records and text of a reply, checked: the text is UTF-8 without NUL, every record lies inside it at character boundaries. The records of
 * words and of contents begin alike. NULL when something does not fit. */
static char *
read_reply (GBytes *bytes, gsize record_size, gsize max_records, OwlRecordsHeader *header, const guint8 **records)
{
  gsize size, text_size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  const char *text;

  if (size < sizeof *header)
    return NULL;
  memcpy (header, data, sizeof *header);
  if (header->n_records > max_records || header->n_outline > header->n_records ||
      header->n_records > (size - sizeof *header) / record_size)
    return NULL;
  *records = data + sizeof *header;
  text = (const char *) *records + header->n_records * record_size;
  text_size = size - sizeof *header - header->n_records * record_size;
  if (text_size > OWL_DECODER_MAX_TEXT || !g_utf8_validate_len (text, text_size, NULL))
    return NULL;
  for (gsize i = 0; i < header->n_records; i++) {
    guint32 place[2];

    memcpy (place, *records + i * record_size, sizeof place);
    if (place[0] > text_size || place[1] > text_size - place[0] ||
        (place[0] < text_size && (text[place[0]] & 0xc0) == 0x80) ||
        (place[0] + place[1] < text_size && (text[place[0] + place[1]] & 0xc0) == 0x80))
      return NULL;
  }
  return g_strndup (text, text_size);
}

OwlPageText *
owl_page_text_new_from_reply (GBytes *bytes, gboolean recognised)
{
  g_autoptr (OwlPageText) page = g_new0 (OwlPageText, 1);
  OwlRecordsHeader header = { 0 };
  const guint8 *records = NULL;
  guint32 end = 0;

  g_atomic_ref_count_init (&page->references);
  page->recognised = recognised;
  page->text = bytes ? read_reply (bytes, sizeof (OwlTextWord), OWL_DECODER_MAX_WORDS, &header, &records) : g_strdup ("");
  if (!page->text)
    return NULL;
  page->n_words = header.n_records;
  page->words = g_new (OwlTextWord, page->n_words + 1);
  if (page->n_words > 0)
    memcpy (page->words, records, page->n_words * sizeof (OwlTextWord));
  for (gsize i = 0; i < page->n_words; i++) {
    const OwlTextWord *w = &page->words[i];

    if (w->start < end || !isfinite (w->x) || !isfinite (w->y) || !isfinite (w->width) || !isfinite (w->height))
      return NULL;
    end = w->start + w->length;
  }
  return g_steal_pointer (&page);
}

OwlPageText *
owl_page_text_ref (OwlPageText *page)
{
  g_atomic_ref_count_inc (&page->references);
  return page;
}

void
owl_page_text_unref (OwlPageText *page)
{
  if (!page || !g_atomic_ref_count_dec (&page->references))
    return;
  g_free (page->text);
  g_free (page->words);
  g_free (page);
}

const char *
owl_page_text_get_text (const OwlPageText *page)
{
  return page->text;
}

gboolean
owl_page_text_is_recognised (const OwlPageText *page)
{
  return page->recognised;
}

const OwlTextWord *
owl_page_text_get_words (const OwlPageText *page, gsize *n_words)
{
  if (n_words)
    *n_words = page->n_words;
  return page->words;
}

/* Characters to compare: lower case, without accents, every run of white space as one space. `places` gets the byte of the text that each
 * came from, and the end. */
static GArray *
fold (const char *text, GArray *places)
{
  GArray *folded = g_array_new (FALSE, FALSE, sizeof (gunichar));

  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH], c = g_utf8_get_char (p), space = ' ';
    gsize n;

    if (g_unichar_isspace (c)) {
      if (folded->len == 0 || g_array_index (folded, gunichar, folded->len - 1) != ' ') {
        guint32 place = (guint32) (p - text);

        g_array_append_val (folded, space);
        if (places)
          g_array_append_val (places, place);
      }
      continue;
    }
    n = g_unichar_fully_decompose (c, TRUE, parts, G_N_ELEMENTS (parts));
    for (gsize i = 0; i < n; i++) {
      guint32 place = (guint32) (p - text);

      if (g_unichar_combining_class (parts[i]) != 0)
        continue;
      parts[i] = g_unichar_tolower (parts[i]);
      g_array_append_val (folded, parts[i]);
      if (places)
        g_array_append_val (places, place);
    }
  }
  return folded;
}

/* The words that bytes [start, end) of the text touch. */
static void
find_words (const OwlPageText *page, OwlTextMatch *match)
{
  gsize low = 0, high = page->n_words;

  while (low < high) {
    gsize middle = (low + high) / 2;

    if (page->words[middle].start + page->words[middle].length <= match->start)
      low = middle + 1;
    else
      high = middle;
  }
  match->first_word = (guint) low;
  while (low < page->n_words && page->words[low].start < match->start + match->length)
    low++;
  match->n_words = (guint) low - match->first_word;
}

GArray *
owl_page_text_find (const OwlPageText *page, const char *needle)
{
  GArray *matches = g_array_new (FALSE, FALSE, sizeof (OwlTextMatch));
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) text = fold (page->text, places), wanted = NULL;
  g_autofree char *stripped = g_strstrip (g_utf8_make_valid (needle, -1));
  guint32 end = (guint32) strlen (page->text);

  g_array_append_val (places, end);
  wanted = fold (stripped, NULL);
  if (wanted->len == 0)
    return matches;
  for (guint i = 0; i + wanted->len <= text->len;) {
    OwlTextMatch match;

    if (memcmp (&g_array_index (text, gunichar, i), wanted->data, wanted->len * sizeof (gunichar)) != 0) {
      i++;
      continue;
    }
    match.start = g_array_index (places, guint32, i);
    match.length = g_array_index (places, guint32, i + wanted->len) - match.start;
    find_words (page, &match);
    g_array_append_val (matches, match);
    i += wanted->len;
  }
  return matches;
}

char *
owl_page_text_select (const OwlPageText *page, double x, double y, double width, double height)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const OwlTextWord *last = NULL;

  for (gsize i = 0; i < page->n_words; i++) {
    const OwlTextWord *w = &page->words[i];
    double middle_x = w->x + w->width / 2.0, middle_y = w->y + w->height / 2.0;

    if (middle_x < x || middle_x > x + width || middle_y < y || middle_y > y + height)
      continue;
    if (last) {
      const char *between = page->text + last->start + last->length;

      if (memchr (between, '\n', page->text + w->start - between))
        g_string_append_c (text, '\n');
      else if (page->text + w->start > between)
        g_string_append (text, last + 1 == w && *between == ' ' && between[1] == '|' ? " | " : " ");
    }
    g_string_append_len (text, page->text + w->start, w->length);
    last = w;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
clear_item (gpointer data)
{
  g_free (((OwlOutlineItem *) data)->title);
}

OwlContents *
owl_contents_new_from_reply (GBytes *bytes, int n_pages)
{
  g_autoptr (OwlContents) contents = g_new0 (OwlContents, 1);
  OwlRecordsHeader header = { 0 };
  const guint8 *records = NULL;
  g_autofree char *text = NULL;

  g_atomic_ref_count_init (&contents->references);
  contents->outline = g_array_new (FALSE, FALSE, sizeof (OwlOutlineItem));
  g_array_set_clear_func (contents->outline, clear_item);
  contents->labels = g_new0 (char *, n_pages);
  contents->n_pages = n_pages;
  if (bytes) {
    text = read_reply (bytes, sizeof (OwlContentsEntry), (gsize) OWL_DECODER_MAX_OUTLINE + (gsize) n_pages, &header, &records);
    if (!text)
      return NULL;
  }
  for (guint i = 0; i < header.n_records; i++) {
    OwlContentsEntry entry;

    memcpy (&entry, records + i * sizeof entry, sizeof entry);
    if (entry.page < -1 || entry.page >= n_pages || entry.depth < 0 || entry.depth > MAX_OUTLINE_DEPTH)
      return NULL;
    if (i < header.n_outline) {
      OwlOutlineItem item = { g_strndup (text + entry.start, entry.length), entry.page, entry.depth };

      g_array_append_val (contents->outline, item);
    } else if (entry.page >= 0 && !contents->labels[entry.page]) {
      contents->labels[entry.page] = g_strndup (text + entry.start, entry.length);
    }
  }
  return g_steal_pointer (&contents);
}

OwlContents *
owl_contents_ref (OwlContents *contents)
{
  g_atomic_ref_count_inc (&contents->references);
  return contents;
}

void
owl_contents_unref (OwlContents *contents)
{
  if (!contents || !g_atomic_ref_count_dec (&contents->references))
    return;
  g_clear_pointer (&contents->outline, g_array_unref);
  for (int i = 0; contents->labels && i < contents->n_pages; i++)
    g_free (contents->labels[i]);
  g_free (contents->labels);
  g_free (contents);
}

const OwlOutlineItem *
owl_contents_get_outline (const OwlContents *contents, gsize *n_items)
{
  if (n_items)
    *n_items = contents->outline->len;
  return (const OwlOutlineItem *) (const void *) contents->outline->data;
}

int
owl_contents_get_n_pages (const OwlContents *contents)
{
  return contents->n_pages;
}

const char *
owl_contents_get_label (const OwlContents *contents, int page)
{
  return page >= 0 && page < contents->n_pages ? contents->labels[page] : NULL;
}
