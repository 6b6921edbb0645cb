/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/document.h"
#include "decode/pdf-text.h"

#include <cairo.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poppler.h>
#include <string.h>

#define POINTS_PER_INCH 72.0
#define DEFAULT_DPI 150.0
#define MAX_RASTER_SIDE 32767 /* of a cairo image */
#define TAIL_SIZE 2048

typedef struct {
  OwlDocument parent;
  PopplerDocument *poppler;
} Pdf;

/* Poppler has cleanup functions of its own only in newer versions. */
typedef PopplerPage Page;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Page, g_object_unref)

/* The page with its size in points; refuses sizes that are not numbers. */
static PopplerPage *
get_page (OwlDocument *document, int index, double *width, double *height, GError **error)
{
  PopplerPage *page = poppler_document_get_page (((Pdf *) document)->poppler, index);

  if (page)
    poppler_page_get_size (page, width, height);
  if (!page || !(*width > 0.0 && *width < 1e9) || !(*height > 0.0 && *height < 1e9)) {
    g_clear_object (&page);
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged: page %d cannot be read", index + 1);
  }
  return page;
}

static gboolean
get_page_size (OwlDocument *document, int index, double *width, double *height, char **label, GError **error)
{
  g_autoptr (Page) page = get_page (document, index, width, height, error);

  if (!page)
    return FALSE;
  g_object_get (page, "label", label, NULL);
  return TRUE;
}

/* Size in pixels of a page in a box; `scale` gets pixels per point. */
static void
fit (double width, double height, int max_width, int max_height, int *raster_width, int *raster_height,
     double *scale)
{
  double most =
      MIN (sqrt (OWL_DECODER_MAX_PAGE_PIXELS / (width * height)), MAX_RASTER_SIDE / MAX (width, height));

  if (max_width > 0 && max_height > 0)
    *scale = MIN (max_width / width, max_height / height);
  else if (max_width > 0)
    *scale = max_width / width;
  else if (max_height > 0)
    *scale = max_height / height;
  else
    *scale = DEFAULT_DPI / POINTS_PER_INCH;
  *scale = MIN (*scale, most);
  *raster_width = MAX (1, (int) (width * *scale + 0.5));
  *raster_height = MAX (1, (int) (height * *scale + 0.5));
}

static void
copy_rgb (const guint8 *src, int src_stride, guint8 *dst, int width, int height)
{
  for (int y = 0; y < height; y++) {
    const guint32 *row = (const guint32 *) (const void *) (src + (gsize) y * (gsize) src_stride);

    for (int x = 0; x < width; x++, dst += 3) {
      dst[0] = (guint8) (row[x] >> 16);
      dst[1] = (guint8) (row[x] >> 8);
      dst[2] = (guint8) row[x];
    }
  }
}

static gboolean
render (OwlDocument *document, int index, const float *region, int max_width, int max_height, OwlSharedPixels *pixels,
        GError **error)
{
  double width, height, scale, left = 0.0, top = 0.0;
  g_autoptr (Page) page = get_page (document, index, &width, &height, error);
  cairo_surface_t *surface;
  cairo_t *cr;
  gboolean done;

  if (!page)
    return FALSE;
  if (region) {
    left = region[0] * width;
    top = region[1] * height;
    width = MAX (region[2] * width, 1e-3);
    height = MAX (region[3] * height, 1e-3);
  }
  fit (width, height, max_width, max_height, &pixels->width, &pixels->height, &scale);
  if (!owl_shared_data_init (&pixels->shared, (gsize) pixels->width * (gsize) pixels->height * 3, error))
    return FALSE;

  surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, pixels->width, pixels->height);
  cr = cairo_create (surface);
  cairo_set_source_rgb (cr, 1.0, 1.0, 1.0);
  cairo_paint (cr);
  /* Fills the rounded raster exactly. */
  cairo_scale (cr, pixels->width / width, pixels->height / height);
  cairo_translate (cr, -left, -top);
  poppler_page_render (page, cr);
  /* A mistake in the page leaves `cr` in an error state with what was drawn so far; only a missing surface is
   * fatal. */
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  done = cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS;
  if (done)
    copy_rgb (cairo_image_surface_get_data (surface), cairo_image_surface_get_stride (surface),
              pixels->shared.data, pixels->width, pixels->height);
  else
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_MEMORY, "needs more memory than there is");
  cairo_surface_destroy (surface);
  return done;
}

static gboolean
get_text (OwlDocument *document, int index, OwlRecords *records, GError **error)
{
  double width, height;
  g_autoptr (Page) page = get_page (document, index, &width, &height, error);

  return page && owl_pdf_read_text (page, index, width, height, records, error);
}

static void
get_contents (OwlDocument *document, OwlRecords *records)
{
  owl_pdf_read_contents (((Pdf *) document)->poppler, records);
}

static void
pdf_free (OwlDocument *document)
{
  g_object_unref (((Pdf *) document)->poppler);
  g_free (document);
}

static const OwlDocumentClass pdf_class = {
  .format = OWL_FORMAT_PDF,
  .get_page_size = get_page_size,
  .render = render,
  .get_text = get_text,
  .get_contents = get_contents,
  .free = pdf_free,
};

/* Whether the mark that ends every PDF is near the end of the file. */
static gboolean
has_end (const OwlSource *source)
{
  char tail[TAIL_SIZE];
  gsize n = owl_source_read (source, MAX (0, source->size - TAIL_SIZE), tail, sizeof tail);

  return memmem (tail, n, "%%EOF", 5) != NULL;
}

static PopplerDocument *
open_poppler (OwlSource *source, const char *password, GError **error)
{
  int fd = fcntl (source->fd, F_DUPFD_CLOEXEC, 0); /* Poppler closes it */

  if (fd < 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "could not be read: %s", g_strerror (errno));
    return NULL;
  }
  return poppler_document_new_from_fd (fd, password, error);
}

/* Whether a password is what is missing. With a wrong one Poppler can take the document for a damaged one. */
static gboolean
is_protected (OwlSource *source, const GError *cause)
{
  g_autoptr (GError) again = NULL;
  PopplerDocument *poppler = source->password ? open_poppler (source, NULL, &again) : NULL;

  g_clear_object (&poppler);
  return g_error_matches (cause, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED) || g_error_matches (again, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED);
}

OwlDocument *
owl_pdf_open (OwlSource *source, GError **error)
{
  g_autoptr (GError) cause = NULL;
  PopplerDocument *poppler = open_poppler (source, source->password, &cause);
  int n_pages = poppler ? poppler_document_get_n_pages (poppler) : 0;
  Pdf *pdf;

  if (n_pages > 0 && n_pages <= OWL_DECODER_MAX_PAGES) {
    pdf = g_new0 (Pdf, 1);
    pdf->parent.klass = &pdf_class;
    pdf->parent.n_pages = n_pages;
    pdf->poppler = poppler;
    return &pdf->parent;
  }

  if (cause && cause->domain == OWL_ERROR)
    g_propagate_error (error, g_steal_pointer (&cause));
  else if (!poppler && is_protected (source, cause))
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_PASSWORD,
                         source->password ? "does not open with this password" : "is protected by a password; save a copy without it");
  else if (n_pages > OWL_DECODER_MAX_PAGES)
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "has too many pages (%d)", n_pages);
  else if (!has_end (source))
    owl_document_set_cut_off (error);
  else if (poppler)
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged: it has no pages");
  else
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is a damaged PDF");
  g_clear_object (&poppler);
  return NULL;
}
