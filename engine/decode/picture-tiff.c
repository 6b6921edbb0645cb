/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/picture-document.h"

#include <stdio.h>
#include <string.h>

#include <tiffio.h>

typedef struct {
  OwlPictureDocument parent;
  gint64 position;    /* where the library stands in the file */
  gboolean too_short; /* it wanted bytes behind the end */
} Tiff;

static tmsize_t
read_bytes (thandle_t handle, void *buffer, tmsize_t length)
{
  Tiff *tiff = handle;
  gsize n = length > 0 && tiff->position >= 0 ? owl_source_read (tiff->parent.source, tiff->position, buffer, (gsize) length) : 0;

  tiff->position += (gint64) n;
  if ((tmsize_t) n < length)
    tiff->too_short = TRUE;
  return (tmsize_t) n;
}

static tmsize_t
refuse_write (thandle_t handle, void *buffer, tmsize_t length)
{
  return -1;
}

static toff_t
seek (thandle_t handle, toff_t offset, int whence)
{
  Tiff *tiff = handle;
  gint64 base = whence == SEEK_CUR ? tiff->position : whence == SEEK_END ? tiff->parent.source->size : 0;

  if (offset > (toff_t) (G_MAXINT64 - base))
    return (toff_t) -1;
  tiff->position = base + (gint64) offset;
  if (tiff->position > tiff->parent.source->size)
    tiff->too_short = TRUE;
  return (toff_t) tiff->position;
}

static int
close_nothing (thandle_t handle)
{
  return 0;
}

static toff_t
get_size (thandle_t handle)
{
  return (toff_t) ((Tiff *) handle)->parent.source->size;
}

static TIFF *
open_file (Tiff *tiff)
{
  TIFFSetErrorHandler (NULL);
  TIFFSetWarningHandler (NULL);
  tiff->position = 0;
  tiff->too_short = FALSE;
  /* "m": without mapping, so that every read is checked. */
  return TIFFClientOpen ("picture", "rm", tiff, read_bytes, refuse_write, seek, close_nothing, get_size, NULL, NULL);
}

static gboolean
fail (const Tiff *tiff, GError **error)
{
  if (tiff->too_short)
    owl_document_set_cut_off (error);
  else
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
  return FALSE;
}

/* The library gives colours that are multiplied with alpha: what is missing is white. */
static void
put_rows (const guint32 *raster, OwlCanvas *canvas)
{
  for (int y = 0; y < canvas->stored_height; y++) {
    guint8 *row = owl_canvas_get_row (canvas, y);

    for (int x = 0; x < canvas->stored_width; x++, raster++, row += 3) {
      guint32 white = 255 - TIFFGetA (*raster);

      row[0] = (guint8) MIN (TIFFGetR (*raster) + white, 255);
      row[1] = (guint8) MIN (TIFFGetG (*raster) + white, 255);
      row[2] = (guint8) MIN (TIFFGetB (*raster) + white, 255);
    }
  }
}

static gboolean
decode_first (const Tiff *tiff, TIFF *file, OwlCanvas *canvas, GError **error)
{
  gsize size = (gsize) canvas->stored_width * (gsize) canvas->stored_height * sizeof (guint32);
  char reason[1024] = "";
  TIFFRGBAImage image;
  guint32 *raster;
  gboolean done;

  if (!TIFFRGBAImageOK (file, reason) || !TIFFRGBAImageBegin (&image, file, 1, reason)) {
    if (tiff->too_short)
      owl_document_set_cut_off (error);
    else
      g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "is a TIFF picture of a rare kind; save it as PNG or JPEG");
    return FALSE;
  }
  raster = owl_big_alloc (size, error);
  if (!raster) {
    TIFFRGBAImageEnd (&image);
    return FALSE;
  }
  /* Rows as they are stored; the canvas turns them. */
  image.req_orientation = image.orientation;
  done = (int) image.width == canvas->stored_width && (int) image.height == canvas->stored_height &&
         TIFFRGBAImageGet (&image, raster, image.width, image.height);
  TIFFRGBAImageEnd (&image);
  if (done)
    put_rows (raster, canvas);
  else
    fail (tiff, error);
  owl_big_free (raster, size);
  return done;
}

static gboolean
decode (OwlPictureDocument *picture, int shrink, OwlCanvas *canvas, GError **error)
{
  Tiff *tiff = (Tiff *) picture;
  TIFF *file = open_file (tiff);
  gboolean done;

  if (!file)
    return fail (tiff, error);
  done = decode_first (tiff, file, canvas, error);
  TIFFClose (file);
  return done;
}

static gboolean
read_header (Tiff *tiff, TIFF *file, GError **error)
{
  guint32 width = 0, height = 0;
  guint16 orientation = 1;

  if (!TIFFGetField (file, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField (file, TIFFTAG_IMAGELENGTH, &height))
    return fail (tiff, error);
  if (!owl_document_check_size (width, height, error))
    return FALSE;
  TIFFGetFieldDefaulted (file, TIFFTAG_ORIENTATION, &orientation);
  tiff->parent.stored_width = (int) width;
  tiff->parent.stored_height = (int) height;
  tiff->parent.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  return TRUE;
}

static const OwlDocumentClass tiff_class = {
  .format = OWL_FORMAT_TIFF,
  .get_page_size = owl_picture_document_get_page_size,
  .render = owl_picture_document_render,
  .free = owl_picture_document_free,
};

OwlDocument *
owl_tiff_open (OwlSource *source, GError **error)
{
  Tiff *tiff = g_new0 (Tiff, 1);
  TIFF *file;
  gboolean done = FALSE;

  tiff->parent.parent.klass = &tiff_class;
  tiff->parent.parent.n_pages = 1;
  tiff->parent.source = source;
  tiff->parent.decode = decode;
  file = open_file (tiff);
  if (file) {
    done = read_header (tiff, file, error);
    TIFFClose (file);
  } else {
    fail (tiff, error);
  }
  if (done)
    return &tiff->parent.parent;
  g_free (tiff);
  return NULL;
}
