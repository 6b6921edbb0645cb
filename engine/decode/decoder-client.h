/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/page-text.h"
#include "image/picture.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* A picture or document, read by the separate `owl-decoder` process.
 *
 * Opening starts one process, which gets nothing but a descriptor of the file; every request has a time limit
 * (30 s, then the process is killed) and the process has a memory limit. A crash or hang is an error of that
 * request and of every later one, never of the caller. Calls block: make them from a worker thread, one at a
 * time per decoder.
 *
 * Errors: OWL_ERROR_FORMAT (damaged, or not a picture or PDF), OWL_ERROR_LIMIT (too large, too slow, too much
 * memory), OWL_ERROR_UNSUPPORTED (a kind that is not read), OWL_ERROR_PASSWORD (a protected PDF, without its password), OWL_ERROR_IO,
 * OWL_ERROR_CANCELLED. */
typedef struct _OwlDecoder OwlDecoder;

typedef enum { OWL_DOCUMENT_PICTURE, OWL_DOCUMENT_PDF } OwlDocumentKind;

/* Opens the file and reads its header. `name` is used in messages only. */
OwlDecoder *owl_decoder_open_path (const char *path, GCancellable *cancellable, GError **error);
/* The same on a descriptor of a regular file (or sealed memfd), which stays the caller's. */
OwlDecoder *owl_decoder_open_fd (int fd, const char *name, GCancellable *cancellable, GError **error);
/* The same with the password of a protected document (UTF-8, at most 255 bytes; NULL: none). It goes to the process over its socket, and is
 * kept nowhere. OWL_ERROR_PASSWORD: it does not open the document. */
OwlDecoder *owl_decoder_open_protected (int fd, const char *name, const char *password, GCancellable *cancellable, GError **error);
void owl_decoder_close (OwlDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlDecoder, owl_decoder_close)

OwlDocumentKind owl_decoder_get_kind (const OwlDecoder *decoder);
/* 1 for a picture. */
int owl_decoder_get_n_pages (const OwlDecoder *decoder);
/* "image/png", "image/jpeg", "application/pdf"; where the decoder is built with them "image/webp", "image/gif", "image/tiff",
 * "image/heic", "image/avif". Of an animation or of several pictures in a file the first is read. */
const char *owl_decoder_get_mime_type (const OwlDecoder *decoder);

/* Size of page `page` (from 0): pixels as displayed (EXIF orientation applied) for a picture, points (1/72
 * inch) for a PDF page. `label` (may be NULL) gets the page label ("iv", "12"), owned by the caller, or NULL.
 */
gboolean owl_decoder_get_page_size (OwlDecoder *decoder, int page, double *width, double *height,
                                    char **label, GCancellable *cancellable, GError **error);

/* Pixels of a picture (page 0) or of a rendered PDF page. `max_width` and `max_height` in pixels bound the
 * result, keeping the aspect ratio; a picture is never enlarged, a PDF page is rendered to fill the box. 0, 0
 * means the original pixels of a picture, and 150 dpi for a PDF page. Gray is replicated, alpha is composited
 * over white, EXIF orientation is applied. */
OwlPicture *owl_decoder_render (OwlDecoder *decoder, int page, int max_width, int max_height,
                                GCancellable *cancellable, GError **error);

/* The same for a part alone: of a picture the pixels that it has there, of a PDF page drawn to fill the box (0, 0: 150 dpi). */
OwlPicture *owl_decoder_render_region (OwlDecoder *decoder, int page, const OwlRegion *region, int max_width, int max_height,
                                       GCancellable *cancellable, GError **error);

/* Text layer of a page in reading order, with the places of its words; without text for a scan or a picture. */
OwlPageText *owl_decoder_read_page (OwlDecoder *decoder, int page, GCancellable *cancellable, GError **error);
/* The text that a scanned page or a picture shows, marked as recognised. OWL_ERROR_UNSUPPORTED where the decoder is built without
 * recognition, or no language is installed. */
OwlPageText *owl_decoder_recognise_page (OwlDecoder *decoder, int page, GCancellable *cancellable, GError **error);
/* The text alone, UTF-8; "" when there is none. */
char *owl_decoder_get_page_text (OwlDecoder *decoder, int page, GCancellable *cancellable, GError **error);
/* Outline and page labels. */
OwlContents *owl_decoder_read_contents (OwlDecoder *decoder, GCancellable *cancellable, GError **error);

G_END_DECLS
