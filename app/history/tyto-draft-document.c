/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/history/tyto-draft-document.h"

#include <string.h>

TytoDraftDocument *
tyto_draft_document_new (const char *blob, const char *name, int n_pages, gboolean by_hand)
{
  TytoDraftDocument *d = g_new0 (TytoDraftDocument, 1);

  d->blob = g_strdup (blob);
  d->name = g_strdup (name);
  d->n_pages = n_pages;
  d->by_hand = by_hand;
  d->picked = g_array_new (FALSE, FALSE, sizeof (int));
  return d;
}

TytoDraftDocument *
tyto_draft_document_copy (const TytoDraftDocument *d)
{
  TytoDraftDocument *copy = d ? tyto_draft_document_new (d->blob, d->name, d->n_pages, d->by_hand) : NULL;

  if (copy)
    g_array_append_vals (copy->picked, d->picked->data, d->picked->len);
  return copy;
}

void
tyto_draft_document_free (TytoDraftDocument *d)
{
  g_free (d->blob);
  g_free (d->name);
  g_array_unref (d->picked);
  g_free (d);
}

gboolean
tyto_draft_document_equal (const TytoDraftDocument *a, const TytoDraftDocument *b)
{
  if (!a || !b)
    return a == b;
  return strcmp (a->blob, b->blob) == 0 && strcmp (a->name, b->name) == 0 && a->n_pages == b->n_pages && !a->by_hand == !b->by_hand &&
         a->picked->len == b->picked->len && (a->picked->len == 0 || memcmp (a->picked->data, b->picked->data, a->picked->len * sizeof (int)) == 0);
}

char *
tyto_draft_document_format_picked (const TytoDraftDocument *d)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < d->picked->len; i++)
    g_string_append_printf (text, "%s%d", i ? " " : "", g_array_index (d->picked, int, i));
  return g_string_free (text, FALSE);
}

void
tyto_draft_document_parse_picked (TytoDraftDocument *d, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  g_array_set_size (d->picked, 0);
  for (char **word = words; *word; word++) {
    guint64 page;

    if (d->n_pages > 0 && g_ascii_string_to_unsigned (*word, 10, 0, (guint64) d->n_pages - 1, &page, NULL))
      g_array_append_vals (d->picked, (int[]){ (int) page }, 1);
  }
}
