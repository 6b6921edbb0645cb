/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/decoder-protocol.h"

#include <string.h>

G_BEGIN_DECLS

/* Inside `owl-decoder`: what a TEXT, RECOGNISE or CONTENTS reply is made of. */
typedef struct {
  GString *text;
  GArray *words;   /* OwlTextWord: TEXT, RECOGNISE */
  GArray *entries; /* OwlContentsEntry: CONTENTS */
  guint n_outline;
} OwlRecords;

static inline void
owl_records_init (OwlRecords *records)
{
  records->text = g_string_new (NULL);
  records->words = g_array_new (FALSE, FALSE, sizeof (OwlTextWord));
  records->entries = g_array_new (FALSE, FALSE, sizeof (OwlContentsEntry));
  records->n_outline = 0;
}

static inline void
owl_records_clear (OwlRecords *records)
{
  g_string_free (records->text, TRUE);
  g_array_unref (records->words);
  g_array_unref (records->entries);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OwlRecords, owl_records_clear)

/* Adds an entry with its title or label. */
static inline void
owl_records_add_entry (OwlRecords *records, const char *text, int page, int depth)
{
  OwlContentsEntry entry = { (guint32) records->text->len, (guint32) strlen (text), page, depth };

  g_string_append (records->text, text);
  g_array_append_val (records->entries, entry);
}

G_END_DECLS
