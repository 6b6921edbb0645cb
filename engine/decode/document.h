/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"
#include "decode/decoder-protocol.h"
#include "decode/records.h"
#include "decode/shared-data.h"
#include "decode/source.h"

G_BEGIN_DECLS

/* Inside `owl-decoder`: an open picture or document. Messages of errors are predicates that follow the file's
 * name: "is cut off; copy it again". */
typedef struct _OwlDocument OwlDocument;

typedef struct {
  OwlFormat format;
  /* `label` gets a copy or NULL. */
  gboolean (*get_page_size) (OwlDocument *document, int page, double *width, double *height, char **label,
                             GError **error);
  /* `max_width` and `max_height` 0: no limit. `region` (left, top, width, height as fractions) NULL: all of it; only a document
   * that can be drawn in any size takes one. */
  gboolean (*render) (OwlDocument *document, int page, const float *region, int max_width, int max_height, OwlSharedPixels *pixels,
                      GError **error);
  /* These two may be NULL: nothing to tell. */
  gboolean (*get_text) (OwlDocument *document, int page, OwlRecords *records, GError **error);
  void (*get_contents) (OwlDocument *document, OwlRecords *records);
  void (*free) (OwlDocument *document);
} OwlDocumentClass;

/* Each kind embeds this as its first member. */
struct _OwlDocument {
  const OwlDocumentClass *klass;
  int n_pages;
};

/* Recognises the content of `source` and reads the header. `source` must outlive the document. */
OwlDocument *owl_document_open (OwlSource *source, GError **error);

/* The kinds; the content begins as that kind does. */
OwlDocument *owl_png_open (OwlSource *source, GError **error);
OwlDocument *owl_jpeg_open (OwlSource *source, GError **error);
OwlDocument *owl_pdf_open (OwlSource *source, GError **error);
#ifdef OWL_HAVE_WEBP
OwlDocument *owl_webp_open (OwlSource *source, GError **error);
#endif
#ifdef OWL_HAVE_GIF
OwlDocument *owl_gif_open (OwlSource *source, GError **error);
#endif
#ifdef OWL_HAVE_TIFF
OwlDocument *owl_tiff_open (OwlSource *source, GError **error);
#endif
#ifdef OWL_HAVE_HEIF
OwlDocument *owl_heif_open (OwlSource *source, GError **error);
#endif

/* Shared by the kinds: the error for a file that ends too early. */
void owl_document_set_cut_off (GError **error);
/* FALSE and an error if a picture of this size is refused. */
gboolean owl_document_check_size (gint64 width, gint64 height, GError **error);

G_END_DECLS
