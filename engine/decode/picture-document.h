/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/document.h"
#include "decode/orientation.h"

G_BEGIN_DECLS

/* What PNG and JPEG have in common: one page of stored pixels that an orientation turns into the displayed
 * ones. */
typedef struct _OwlPictureDocument OwlPictureDocument;

struct _OwlPictureDocument {
  OwlDocument parent;
  OwlSource *source;
  int stored_width;
  int stored_height;
  int orientation;
  gboolean can_shrink; /* `decode` takes 2, 4 and 8 as `shrink` */
  /* Writes all rows to `canvas`, whose size is the stored size divided by `shrink`, rounded up. */
  gboolean (*decode) (OwlPictureDocument *picture, int shrink, OwlCanvas *canvas, GError **error);
};

/* Puts `n` pixels RGBA on white and gives RGB. `rgb` may be `rgba`. */
void owl_flatten_rgba (const guint8 *rgba, guint8 *rgb, int n);

/* The methods of OwlDocumentClass. */
gboolean owl_picture_document_get_page_size (OwlDocument *document, int page, double *width, double *height,
                                             char **label, GError **error);
gboolean owl_picture_document_render (OwlDocument *document, int page, const float *region, int max_width, int max_height,
                                      OwlSharedPixels *pixels, GError **error);
void owl_picture_document_free (OwlDocument *document);

G_END_DECLS
