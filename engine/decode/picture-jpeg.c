/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/picture-document.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#define BUFFER_SIZE 65536

/* One run of libjpeg. */
typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr reader;
  const OwlSource *source;
  gint64 offset;
  gboolean cut_off;
  jmp_buf escape;
  JOCTET buffer[BUFFER_SIZE];
} Reading;

static void
on_error (j_common_ptr common)
{
  Reading *reading = common->client_data;

  longjmp (reading->escape, 1);
}

static void
on_message (j_common_ptr common, int level)
{
}

static void
on_output (j_common_ptr common)
{
}

static void
on_init (j_decompress_ptr jpeg)
{
}

static boolean
on_fill (j_decompress_ptr jpeg)
{
  Reading *reading = jpeg->client_data;
  gsize n = owl_source_read (reading->source, reading->offset, reading->buffer, sizeof reading->buffer);

  if (n == 0) {
    reading->cut_off = TRUE;
    longjmp (reading->escape, 1);
  }
  reading->offset += (gint64) n;
  reading->reader.next_input_byte = reading->buffer;
  reading->reader.bytes_in_buffer = n;
  return TRUE;
}

static void
on_skip (j_decompress_ptr jpeg, long n)
{
  Reading *reading = jpeg->client_data;

  if (n <= 0)
    return;
  if ((gsize) n <= reading->reader.bytes_in_buffer) {
    reading->reader.next_input_byte += n;
    reading->reader.bytes_in_buffer -= (gsize) n;
  } else {
    reading->offset += n - (gint64) reading->reader.bytes_in_buffer;
    reading->reader.bytes_in_buffer = 0;
  }
}

static Reading *
reading_new (const OwlSource *source)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->source = source;
  reading->jpeg.err = jpeg_std_error (&reading->errors);
  reading->errors.error_exit = on_error;
  reading->errors.emit_message = on_message;
  reading->errors.output_message = on_output;
  reading->jpeg.client_data = reading;
  reading->reader.init_source = on_init;
  reading->reader.fill_input_buffer = on_fill;
  reading->reader.skip_input_data = on_skip;
  reading->reader.resync_to_restart = jpeg_resync_to_restart;
  reading->reader.term_source = on_init;
  return reading;
}

static void
reading_free (Reading *reading)
{
  jpeg_destroy_decompress (&reading->jpeg);
  g_free (reading);
}

/* To be called where setjmp (reading->escape) stands. */
static void
begin (Reading *reading)
{
  jpeg_create_decompress (&reading->jpeg);
  reading->jpeg.client_data = reading;
  reading->jpeg.src = &reading->reader;
}

static void
set_error (Reading *reading, GError **error)
{
  char message[JMSG_LENGTH_MAX];

  if (reading->cut_off) {
    owl_document_set_cut_off (error);
    return;
  }
  reading->errors.format_message ((j_common_ptr) &reading->jpeg, message);
  switch (reading->errors.msg_code) {
  case JERR_OUT_OF_MEMORY:
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_MEMORY, "needs more memory than there is");
    break;
  case JERR_BAD_PRECISION:
  case JERR_SOF_UNSUPPORTED:
  case JERR_ARITH_NOTIMPL:
  case JERR_NOTIMPL:
  case JERR_NOT_COMPILED:
  case JERR_CONVERSION_NOTIMPL:
    g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "is a kind of JPEG that is not supported (%s)",
                 message);
    break;
  default:
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged (%s)", message);
  }
}

/* `row` holds CMYK with inverted values, as these files store them; gives RGB. */
static void
cmyk_to_rgb (const guint8 *src, guint8 *dst, int n)
{
  for (int x = 0; x < n; x++, src += 4, dst += 3) {
    int k = src[3];

    for (int i = 0; i < 3; i++)
      dst[i] = (guint8) (k - ((255 - src[i]) * k + 127) / 255);
  }
}

static void
read_rows (struct jpeg_decompress_struct *jpeg, OwlCanvas *canvas)
{
  int n_rows = (int) jpeg->output_height, width = (int) jpeg->output_width;

  if (jpeg->out_color_space == JCS_CMYK) {
    JSAMPARRAY inks = jpeg->mem->alloc_sarray ((j_common_ptr) jpeg, JPOOL_IMAGE, (JDIMENSION) width * 4, 1);

    for (int y = 0; y < n_rows; y++) {
      jpeg_read_scanlines (jpeg, inks, 1);
      cmyk_to_rgb (inks[0], owl_canvas_get_row (canvas, y), width);
    }
    return;
  }
  for (int y = 0; y < n_rows; y++) {
    JSAMPROW row = owl_canvas_get_row (canvas, y);

    jpeg_read_scanlines (jpeg, &row, 1);
  }
}

static gboolean
decode (OwlPictureDocument *picture, int shrink, OwlCanvas *canvas, GError **error)
{
  Reading *reading = reading_new (picture->source);
  struct jpeg_decompress_struct *jpeg = &reading->jpeg;
  volatile gboolean done = FALSE;

  if (setjmp (reading->escape)) {
    set_error (reading, error);
  } else {
    begin (reading);
    jpeg_read_header (jpeg, TRUE);
    jpeg->out_color_space =
        jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK ? JCS_CMYK : JCS_RGB;
    jpeg->scale_num = 1;
    jpeg->scale_denom = (unsigned) shrink;
    jpeg_start_decompress (jpeg);
    if (jpeg->output_width != (JDIMENSION) canvas->stored_width
        || jpeg->output_height != (JDIMENSION) canvas->stored_height
        || jpeg->output_components != (jpeg->out_color_space == JCS_CMYK ? 4 : 3)) {
      g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "changed while it was read");
    } else {
      read_rows (jpeg, canvas);
      jpeg_finish_decompress (jpeg);
      done = TRUE;
    }
  }
  reading_free (reading);
  return done;
}

static int
find_orientation (const struct jpeg_decompress_struct *jpeg)
{
  for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker; marker = marker->next) {
    if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6
        && memcmp (marker->data, "Exif\0\0", 6) == 0)
      return owl_orientation_from_exif (marker->data, marker->data_length);
  }
  return 1;
}

static gboolean
read_header (OwlPictureDocument *picture, GError **error)
{
  Reading *reading = reading_new (picture->source);
  struct jpeg_decompress_struct *jpeg = &reading->jpeg;
  volatile gboolean done = FALSE;

  if (setjmp (reading->escape)) {
    set_error (reading, error);
  } else {
    begin (reading);
    jpeg_save_markers (jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header (jpeg, TRUE);
    if (owl_document_check_size (jpeg->image_width, jpeg->image_height, error)) {
      picture->stored_width = (int) jpeg->image_width;
      picture->stored_height = (int) jpeg->image_height;
      picture->orientation = find_orientation (jpeg);
      done = TRUE;
    }
  }
  reading_free (reading);
  return done;
}

static const OwlDocumentClass jpeg_class = {
  .format = OWL_FORMAT_JPEG,
  .get_page_size = owl_picture_document_get_page_size,
  .render = owl_picture_document_render,
  .free = owl_picture_document_free,
};

OwlDocument *
owl_jpeg_open (OwlSource *source, GError **error)
{
  OwlPictureDocument *picture = g_new0 (OwlPictureDocument, 1);

  picture->parent.klass = &jpeg_class;
  picture->parent.n_pages = 1;
  picture->source = source;
  picture->can_shrink = TRUE;
  picture->decode = decode;
  if (!read_header (picture, error)) {
    g_free (picture);
    return NULL;
  }
  return &picture->parent;
}
