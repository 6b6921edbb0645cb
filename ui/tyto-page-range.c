/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-page-picker.h"

#include <string.h>

/* A page number at `text`, from 1; the text after it. 0: there is none. */
static guint64
parse_number (const char **text)
{
  char *end;
  guint64 number;

  while (**text == ' ')
    (*text)++;
  if (!g_ascii_isdigit (**text))
    return 0;
  number = g_ascii_strtoull (*text, &end, 10);
  while (*end == ' ')
    end++;
  *text = end;
  return number;
}

GtkBitset *
tyto_page_range_parse (const char *text, guint n_pages)
{
  g_autoptr (GtkBitset) pages = gtk_bitset_new_empty ();

  while (*text) {
    guint64 first, last;

    while (*text == ' ')
      text++;
    if (*text == '\0')
      break;
    first = last = parse_number (&text);
    /* There is no page 0, and no number here is no range. */
    if (first == 0)
      return NULL;
    if (*text == '-' || g_str_has_prefix (text, "–")) {
      text += *text == '-' ? 1 : strlen ("–");
      last = parse_number (&text);
      /* "5-" while typing: up to the end. */
      if (last == 0)
        last = n_pages;
    }
    if (*text == ',' || *text == ';')
      text++;
    else if (*text)
      return NULL;
    if (last < first || first > n_pages)
      continue;
    gtk_bitset_add_range_closed (pages, (guint) first - 1, (guint) MIN (last, n_pages) - 1);
  }
  return g_steal_pointer (&pages);
}

char *
tyto_page_range_format (GtkBitset *pages)
{
  GString *text = g_string_new (NULL);
  GtkBitsetIter iter;
  guint page;

  if (!gtk_bitset_iter_init_first (&iter, pages, &page))
    return g_string_free (text, FALSE);
  for (;;) {
    guint first = page, last = page;
    gboolean more;

    while ((more = gtk_bitset_iter_next (&iter, &page)) && page == last + 1)
      last = page;
    g_string_append_printf (text, "%s%u", text->len ? ", " : "", first + 1);
    if (last > first)
      g_string_append_printf (text, "-%u", last + 1);
    if (!more)
      break;
  }
  return g_string_free (text, FALSE);
}
