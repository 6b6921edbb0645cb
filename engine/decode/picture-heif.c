/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/picture-document.h"

#include <string.h>

#include <libheif/heif.h>

#define MAX_FILE_SIZE (512 * 1024 * 1024)

/* The library wants the whole file at once. It turns and cuts the picture as the file says, so there is no orientation left. */
typedef struct {
  OwlPictureDocument parent;
  guint8 *data;
  gsize size;
  struct heif_context *context;
  struct heif_image_handle *handle;
} Heif;

static guint64
read_big_endian (const guint8 *bytes, int n)
{
  guint64 value = 0;

  for (int i = 0; i < n; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* The file is a row of boxes that begin with their lengths; the last may reach to the end. FALSE when one of them is longer than what is
 * left. */
static gboolean
is_whole (const Heif *heif)
{
  gsize at = 0;

  while (at < heif->size) {
    const guint8 *box = heif->data + at;
    gsize left = heif->size - at;
    guint64 length;

    if (left < 8)
      return FALSE;
    length = read_big_endian (box, 4);
    if (length == 0)
      return TRUE;
    if (length == 1) {
      if (left < 16)
        return FALSE;
      length = read_big_endian (box + 8, 8);
    }
    if (length < 8)
      return TRUE; /* damaged, which the library will say */
    if (length > left)
      return FALSE;
    at += (gsize) length;
  }
  return TRUE;
}

static gboolean
fail (struct heif_error cause, GError **error)
{
  if (cause.code == heif_error_Memory_allocation_error)
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_MEMORY, "needs more memory than there is");
  else if (cause.code == heif_error_Unsupported_feature || cause.code == heif_error_Unsupported_filetype)
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "is a picture of a rare kind; save it as PNG or JPEG");
  else
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
  return FALSE;
}

static gboolean
put_rows (const Heif *heif, const struct heif_image *image, OwlCanvas *canvas, GError **error)
{
  gboolean premultiplied = heif_image_handle_is_premultiplied_alpha (heif->handle);
  int stride, width = heif_image_get_width (image, heif_channel_interleaved);
  int height = heif_image_get_height (image, heif_channel_interleaved);
  const guint8 *rgba = heif_image_get_plane_readonly (image, heif_channel_interleaved, &stride);

  if (!rgba || width != canvas->stored_width || height != canvas->stored_height) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
    return FALSE;
  }
  for (int y = 0; y < height; y++, rgba += stride) {
    guint8 *row = owl_canvas_get_row (canvas, y);

    if (!premultiplied) {
      owl_flatten_rgba (rgba, row, width);
      continue;
    }
    for (int x = 0; x < width; x++)
      for (int channel = 0; channel < 3; channel++)
        row[3 * x + channel] = (guint8) MIN (rgba[4 * x + channel] + 255 - rgba[4 * x + 3], 255);
  }
  return TRUE;
}

static gboolean
decode (OwlPictureDocument *picture, int shrink, OwlCanvas *canvas, GError **error)
{
  Heif *heif = (Heif *) picture;
  struct heif_image *image = NULL;
  struct heif_error cause =
      heif_decode_image (heif->handle, &image, heif_colorspace_RGB, heif_chroma_interleaved_RGBA, NULL);
  gboolean done;

  if (cause.code != heif_error_Ok)
    return fail (cause, error);
  done = put_rows (heif, image, canvas, error);
  heif_image_release (image);
  return done;
}

static gboolean
read_header (Heif *heif, GError **error)
{
  struct heif_error cause;
  int width, height;

  if (!is_whole (heif)) {
    owl_document_set_cut_off (error);
    return FALSE;
  }
  heif->context = heif_context_alloc ();
  cause = heif_context_read_from_memory_without_copy (heif->context, heif->data, heif->size, NULL);
  if (cause.code == heif_error_Ok)
    cause = heif_context_get_primary_image_handle (heif->context, &heif->handle);
  if (cause.code != heif_error_Ok)
    return fail (cause, error);
  width = heif_image_handle_get_width (heif->handle);
  height = heif_image_handle_get_height (heif->handle);
  if (!owl_document_check_size (width, height, error))
    return FALSE;
  heif->parent.stored_width = width;
  heif->parent.stored_height = height;
  return TRUE;
}

static void
heif_free (OwlDocument *document)
{
  Heif *heif = (Heif *) document;

  g_clear_pointer (&heif->handle, heif_image_handle_release);
  g_clear_pointer (&heif->context, heif_context_free);
  owl_big_free (heif->data, heif->size);
  g_free (heif);
}

static const OwlDocumentClass heic_class = {
  .format = OWL_FORMAT_HEIC,
  .get_page_size = owl_picture_document_get_page_size,
  .render = owl_picture_document_render,
  .free = heif_free,
};

static const OwlDocumentClass avif_class = {
  .format = OWL_FORMAT_AVIF,
  .get_page_size = owl_picture_document_get_page_size,
  .render = owl_picture_document_render,
  .free = heif_free,
};

OwlDocument *
owl_heif_open (OwlSource *source, GError **error)
{
  Heif *heif;

  if (source->size > MAX_FILE_SIZE) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_LIMIT, "is too large: more than 512 MB");
    return NULL;
  }
  heif = g_new0 (Heif, 1);
  heif->parent.parent.n_pages = 1;
  heif->parent.source = source;
  heif->parent.orientation = 1;
  heif->parent.decode = decode;
  heif->size = (gsize) source->size;
  heif->data = owl_big_alloc (heif->size, error);
  if (heif->data && owl_source_read (source, 0, heif->data, heif->size) < heif->size) {
    owl_document_set_cut_off (error);
  } else if (heif->data && read_header (heif, error)) {
    heif->parent.parent.klass = memcmp (heif->data + 8, "avi", 3) == 0 ? &avif_class : &heic_class;
    return &heif->parent.parent;
  }
  heif_free (&heif->parent.parent);
  return NULL;
}
