/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/picture-document.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

#define SIGNATURE_SIZE 8
#define MAX_EXIF (1024 * 1024)

/* One run of libpng. */
typedef struct {
  const OwlSource *source;
  gint64 offset;
  gboolean cut_off;
  char message[128];
} Reading;

static void
on_read (png_structp png, png_bytep data, size_t length)
{
  Reading *reading = png_get_io_ptr (png);

  if (owl_source_read (reading->source, reading->offset, data, length) < length) {
    reading->cut_off = TRUE;
    png_error (png, "end of file");
  }
  reading->offset += (gint64) length;
}

static void
on_error (png_structp png, png_const_charp message)
{
  Reading *reading = png_get_error_ptr (png);

  g_strlcpy (reading->message, message, sizeof reading->message);
  png_longjmp (png, 1);
}

static void
on_warning (png_structp png, png_const_charp message)
{
}

/* Runs after libpng's own conversions, so `data` is 8-bit RGBA: puts it on white and leaves RGB. */
static void
flatten_row (png_structp png, png_row_infop row, png_bytep data)
{
  owl_flatten_rgba (data, data, (int) row->width);
}

/* Asks for 8-bit RGB whatever is stored. */
static void
set_up_conversions (png_structp png, png_infop info)
{
  png_set_expand (png);
  png_set_strip_16 (png);
  png_set_gray_to_rgb (png);
  if ((png_get_color_type (png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid (png, info, PNG_INFO_tRNS)) {
    png_set_read_user_transform_fn (png, flatten_row);
    png_set_user_transform_info (png, NULL, 8, 3);
  }
}

static void
set_limits (png_structp png)
{
  /* Not needed for the pixels, and each is one more parser. */
  static const png_byte ignored[] = "iCCP\0iTXt\0tEXt\0zTXt\0sPLT\0eXIf";

  png_set_user_limits (png, OWL_DECODER_MAX_SIDE, OWL_DECODER_MAX_SIDE);
  png_set_chunk_malloc_max (png, 8 * 1024 * 1024);
  png_set_chunk_cache_max (png, 100);
  png_set_keep_unknown_chunks (png, PNG_HANDLE_CHUNK_NEVER, ignored, sizeof ignored / 5);
}

/* Reads all rows; `whole` [stored height, width, 3] is for interlaced pictures on a turned canvas, which come
 * in several passes. */
static void
read_rows (png_structp png, OwlCanvas *canvas, int n_passes, guint8 *whole)
{
  gsize stride = (gsize) canvas->stored_width * 3;

  for (int pass = 0; pass < n_passes; pass++) {
    for (int y = 0; y < canvas->stored_height; y++)
      png_read_row (png, whole ? whole + (gsize) y * stride : owl_canvas_get_row (canvas, y), NULL);
  }
  if (whole) {
    for (int y = 0; y < canvas->stored_height; y++)
      memcpy (owl_canvas_get_row (canvas, y), whole + (gsize) y * stride, stride);
  }
}

static void
set_error (const Reading *reading, GError **error)
{
  if (reading->cut_off)
    owl_document_set_cut_off (error);
  else if (strstr (reading->message, "memory"))
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_MEMORY, "needs more memory than there is");
  else
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged (%s)", reading->message);
}

static gboolean
decode (OwlPictureDocument *picture, int shrink, OwlCanvas *canvas, GError **error)
{
  Reading reading = { .source = picture->source };
  gsize whole_size = (gsize) picture->stored_width * (gsize) picture->stored_height * 3;
  guint8 *volatile whole = NULL;
  volatile gboolean done = FALSE;
  png_structp png = png_create_read_struct (PNG_LIBPNG_VER_STRING, &reading, on_error, on_warning);
  png_infop info = png ? png_create_info_struct (png) : NULL;

  if (!info) {
    png_destroy_read_struct (&png, NULL, NULL);
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_MEMORY, "needs more memory than there is");
    return FALSE;
  }
  if (setjmp (png_jmpbuf (png))) {
    set_error (&reading, error);
  } else {
    int n_passes;

    set_limits (png);
    png_set_read_fn (png, &reading, on_read);
    png_read_info (png, info);
    if (png_get_image_width (png, info) != (png_uint_32) picture->stored_width
        || png_get_image_height (png, info) != (png_uint_32) picture->stored_height)
      png_error (png, "the file changed");
    set_up_conversions (png, info);
    n_passes = png_set_interlace_handling (png);
    png_read_update_info (png, info);
    if (png_get_rowbytes (png, info) != (gsize) picture->stored_width * 3)
      png_error (png, "unexpected row length");
    if (n_passes == 1 || canvas->orientation == 1 || (whole = owl_big_alloc (whole_size, error))) {
      read_rows (png, canvas, n_passes, whole);
      png_read_end (png, NULL);
      done = TRUE;
    }
  }
  owl_big_free (whole, whole_size);
  png_destroy_read_struct (&png, &info, NULL);
  return done;
}

static guint32
get_u32 (const guint8 *bytes)
{
  return (guint32) bytes[0] << 24 | (guint32) bytes[1] << 16 | (guint32) bytes[2] << 8 | bytes[3];
}

static int
read_orientation (const OwlSource *source, gint64 offset, guint32 length)
{
  g_autofree guint8 *exif = NULL;

  if (length == 0 || length > MAX_EXIF)
    return 1;
  exif = g_malloc (length);
  if (owl_source_read (source, offset, exif, length) < length)
    return 1;
  return owl_orientation_from_tiff (exif, length);
}

/* Goes from chunk to chunk up to IEND: finds the size, an orientation wherever it stands, and a missing end
 * before any pixel is decoded. */
static gboolean
read_chunks (OwlPictureDocument *picture, GError **error)
{
  gint64 offset = SIGNATURE_SIZE;

  for (;;) {
    guint8 head[16]; /* length, name, and of IHDR also width and height */
    gsize n_head = owl_source_read (picture->source, offset, head, sizeof head);
    guint32 length;

    if (n_head < 12) {
      owl_document_set_cut_off (error);
      return FALSE;
    }
    length = get_u32 (head);
    if (length > G_MAXINT32
        || (offset == SIGNATURE_SIZE && (memcmp (head + 4, "IHDR", 4) != 0 || length != 13))) {
      g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
      return FALSE;
    }
    if (offset + 12 + (gint64) length > picture->source->size) {
      owl_document_set_cut_off (error);
      return FALSE;
    }
    if (offset == SIGNATURE_SIZE) {
      if (!owl_document_check_size (get_u32 (head + 8), get_u32 (head + 12), error))
        return FALSE;
      picture->stored_width = (int) get_u32 (head + 8);
      picture->stored_height = (int) get_u32 (head + 12);
    }
    if (memcmp (head + 4, "eXIf", 4) == 0)
      picture->orientation = read_orientation (picture->source, offset + 8, length);
    if (memcmp (head + 4, "IEND", 4) == 0)
      return TRUE;
    offset += 12 + (gint64) length;
  }
}

static const OwlDocumentClass png_class = {
  .format = OWL_FORMAT_PNG,
  .get_page_size = owl_picture_document_get_page_size,
  .render = owl_picture_document_render,
  .free = owl_picture_document_free,
};

OwlDocument *
owl_png_open (OwlSource *source, GError **error)
{
  OwlPictureDocument *picture = g_new0 (OwlPictureDocument, 1);

  picture->parent.klass = &png_class;
  picture->parent.n_pages = 1;
  picture->source = source;
  picture->orientation = 1;
  picture->decode = decode;
  if (!read_chunks (picture, error)) {
    g_free (picture);
    return NULL;
  }
  return &picture->parent;
}
