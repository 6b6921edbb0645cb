/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A document that stands beside a question which is not sent yet: the question picks its pages, or picked them until the user changed the choice. Plain
 * data. */
typedef struct {
  char *blob, *name;
  int n_pages;
  gboolean by_hand; /* the choice is the user's and stays */
  GArray *picked;   /* int: pages from 0, in order, that are attached for it */
} TytoDraftDocument;

TytoDraftDocument *tyto_draft_document_new (const char *blob, const char *name, int n_pages, gboolean by_hand);
/* NULL gives NULL. */
TytoDraftDocument *tyto_draft_document_copy (const TytoDraftDocument *document);
void tyto_draft_document_free (TytoDraftDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TytoDraftDocument, tyto_draft_document_free)

/* Either may be NULL: no document. */
gboolean tyto_draft_document_equal (const TytoDraftDocument *a, const TytoDraftDocument *b);

/* The pages as one line of text ("4 17 203"), and back; what is no page of the document is left out. The caller frees. */
char *tyto_draft_document_format_picked (const TytoDraftDocument *document);
void tyto_draft_document_parse_picked (TytoDraftDocument *document, const char *text);

G_END_DECLS
