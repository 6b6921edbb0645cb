/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/picture-document.h"

#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#define MAX_FILE_SIZE (512 * 1024 * 1024)

/* The library wants the whole file at once. */
typedef struct {
  OwlPictureDocument parent;
  guint8 *data;
  gsize size;
} WebP;

/* Fills `canvas` row by row from the frame `rgba`, whose place is in `frame`; white around it. */
static void
put_rows (OwlCanvas *canvas, const WebPIterator *frame, const guint8 *rgba)
{
  for (int y = 0; y < canvas->stored_height; y++) {
    guint8 *row = owl_canvas_get_row (canvas, y);

    memset (row, 255, (gsize) canvas->stored_width * 3);
    if (y >= frame->y_offset && y < frame->y_offset + frame->height)
      owl_flatten_rgba (rgba + (gsize) (y - frame->y_offset) * (gsize) frame->width * 4,
                        row + (gsize) frame->x_offset * 3, frame->width);
  }
}

static gboolean
decode_frame (const WebPIterator *frame, OwlCanvas *canvas, GError **error)
{
  gsize stride, size;
  gboolean done = FALSE;
  guint8 *rgba;

  if (frame->width < 1 || frame->height < 1 || frame->x_offset < 0 || frame->y_offset < 0
      || frame->width > canvas->stored_width - frame->x_offset
      || frame->height > canvas->stored_height - frame->y_offset) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
    return FALSE;
  }
  stride = (gsize) frame->width * 4;
  size = stride * (gsize) frame->height;
  rgba = owl_big_alloc (size, error);
  if (!rgba)
    return FALSE;
  if (WebPDecodeRGBAInto (frame->fragment.bytes, frame->fragment.size, rgba, size, (int) stride)) {
    put_rows (canvas, frame, rgba);
    done = TRUE;
  } else {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
  }
  owl_big_free (rgba, size);
  return done;
}

/* The first frame of an animation. */
static gboolean
decode (OwlPictureDocument *picture, int shrink, OwlCanvas *canvas, GError **error)
{
  WebP *webp = (WebP *) picture;
  WebPData data = { webp->data, webp->size };
  WebPDemuxer *demuxer = WebPDemux (&data);
  WebPIterator frame;
  gboolean done = FALSE;

  if (demuxer && WebPDemuxGetFrame (demuxer, 1, &frame)) {
    done = decode_frame (&frame, canvas, error);
    WebPDemuxReleaseIterator (&frame);
  } else {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
  }
  WebPDemuxDelete (demuxer);
  return done;
}

static int
find_orientation (const WebPDemuxer *demuxer)
{
  WebPChunkIterator chunk;
  int orientation = 1;

  if (WebPDemuxGetChunk (demuxer, "EXIF", 1, &chunk)) {
    const guint8 *bytes = chunk.chunk.bytes;
    gsize size = chunk.chunk.size;

    /* Some writers keep the mark that the block has in a JPEG. */
    orientation = size > 6 && memcmp (bytes, "Exif\0\0", 6) == 0 ? owl_orientation_from_exif (bytes, size)
                                                                 : owl_orientation_from_tiff (bytes, size);
    WebPDemuxReleaseChunkIterator (&chunk);
  }
  return orientation;
}

static gboolean
read_header (WebP *webp, GError **error)
{
  WebPData data = { webp->data, webp->size };
  WebPDemuxState state;
  WebPDemuxer *demuxer = WebPDemuxPartial (&data, &state);
  gboolean done = FALSE;

  if (state == WEBP_DEMUX_PARSE_ERROR)
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
  else if (!demuxer || state != WEBP_DEMUX_DONE)
    owl_document_set_cut_off (error);
  else {
    guint32 width = WebPDemuxGetI (demuxer, WEBP_FF_CANVAS_WIDTH);
    guint32 height = WebPDemuxGetI (demuxer, WEBP_FF_CANVAS_HEIGHT);

    done = owl_document_check_size (width, height, error);
    webp->parent.stored_width = (int) width;
    webp->parent.stored_height = (int) height;
    webp->parent.orientation = find_orientation (demuxer);
  }
  WebPDemuxDelete (demuxer);
  return done;
}

static void
webp_free (OwlDocument *document)
{
  WebP *webp = (WebP *) document;

  owl_big_free (webp->data, webp->size);
  g_free (webp);
}

static const OwlDocumentClass webp_class = {
  .format = OWL_FORMAT_WEBP,
  .get_page_size = owl_picture_document_get_page_size,
  .render = owl_picture_document_render,
  .free = webp_free,
};

OwlDocument *
owl_webp_open (OwlSource *source, GError **error)
{
  WebP *webp;

  if (source->size > MAX_FILE_SIZE) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_LIMIT, "is too large: more than 512 MB");
    return NULL;
  }
  webp = g_new0 (WebP, 1);
  webp->parent.parent.klass = &webp_class;
  webp->parent.parent.n_pages = 1;
  webp->parent.source = source;
  webp->parent.decode = decode;
  webp->size = (gsize) source->size;
  webp->data = owl_big_alloc (webp->size, error);
  if (webp->data && owl_source_read (source, 0, webp->data, webp->size) < webp->size)
    owl_document_set_cut_off (error);
  else if (webp->data && read_header (webp, error))
    return &webp->parent.parent;
  webp_free (&webp->parent.parent);
  return NULL;
}
