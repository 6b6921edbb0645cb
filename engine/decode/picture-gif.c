/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/picture-document.h"

#include <string.h>

#include <gif_lib.h>

typedef struct {
  OwlPictureDocument parent;
  gint64 position;  /* of the next byte that the library reads */
  gboolean too_short; /* it wanted bytes behind the end */
} Gif;

static int
read_bytes (GifFileType *file, GifByteType *buffer, int length)
{
  Gif *gif = file->UserData;
  gsize n = owl_source_read (gif->parent.source, gif->position, buffer, (gsize) MAX (length, 0));

  gif->position += (gint64) n;
  if ((int) n < length)
    gif->too_short = TRUE;
  return (int) n;
}

static GifFileType *
open_file (Gif *gif)
{
  int code;

  gif->position = 0;
  gif->too_short = FALSE;
  return DGifOpen (gif, read_bytes, &code);
}

static gboolean
fail (const Gif *gif, GError **error)
{
  if (gif->too_short)
    owl_document_set_cut_off (error);
  else
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged");
  return FALSE;
}

/* Reads up to the first picture; `transparent` gets the colour that stands for nothing, or -1. */
static gboolean
find_picture (GifFileType *file, int *transparent)
{
  GraphicsControlBlock control;
  GifRecordType type;
  GifByteType *block;
  int code;

  *transparent = -1;
  while (DGifGetRecordType (file, &type) == GIF_OK) {
    if (type == IMAGE_DESC_RECORD_TYPE)
      return DGifGetImageDesc (file) == GIF_OK;
    if (type != EXTENSION_RECORD_TYPE || DGifGetExtension (file, &code, &block) != GIF_OK)
      return FALSE;
    if (code == GRAPHICS_EXT_FUNC_CODE && block && DGifExtensionToGCB (block[0], block + 1, &control) == GIF_OK)
      *transparent = control.TransparentColor;
    while (block)
      if (DGifGetExtensionNext (file, &block) != GIF_OK)
        return FALSE;
  }
  return FALSE;
}

/* The rows of an interlaced picture come in four passes. Returns the row that is `index`th in the file. */
static int
row_in_file (const GifImageDesc *image, int index)
{
  static const int first[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };

  if (!image->Interlace)
    return index;
  for (int pass = 0; pass < 4; pass++) {
    int n = MAX (0, (image->Height - first[pass] + step[pass] - 1) / step[pass]);

    if (index < n)
      return first[pass] + index * step[pass];
    index -= n;
  }
  return image->Height - 1;
}

static gboolean
read_indices (const Gif *gif, GifFileType *file, guint8 *indices, GError **error)
{
  int width = file->Image.Width;

  for (int i = 0; i < file->Image.Height; i++)
    if (DGifGetLine (file, indices + (gsize) row_in_file (&file->Image, i) * (gsize) width, width) != GIF_OK)
      return fail (gif, error);
  return TRUE;
}

/* White where the first picture does not reach or is transparent. */
static void
put_rows (const GifFileType *file, const ColorMapObject *colours, int transparent, const guint8 *indices, OwlCanvas *canvas)
{
  const GifImageDesc *image = &file->Image;

  for (int y = 0; y < canvas->stored_height; y++) {
    guint8 *row = owl_canvas_get_row (canvas, y);
    const guint8 *index = indices + (gsize) (y - image->Top) * (gsize) image->Width;

    memset (row, 255, (gsize) canvas->stored_width * 3);
    if (y < image->Top || y >= image->Top + image->Height)
      continue;
    row += (gsize) image->Left * 3;
    for (int x = 0; x < image->Width && x < canvas->stored_width - image->Left; x++, index++, row += 3)
      if (*index != transparent && *index < colours->ColorCount) {
        row[0] = colours->Colors[*index].Red;
        row[1] = colours->Colors[*index].Green;
        row[2] = colours->Colors[*index].Blue;
      }
  }
}

static gboolean
decode_first (const Gif *gif, GifFileType *file, OwlCanvas *canvas, GError **error)
{
  const ColorMapObject *colours;
  const GifImageDesc *image = &file->Image;
  guint8 *indices;
  gsize size;
  int transparent;
  gboolean done;

  if (!find_picture (file, &transparent))
    return fail (gif, error);
  colours = image->ColorMap ? image->ColorMap : file->SColorMap;
  if (!colours || image->Width < 1 || image->Height < 1 || image->Left < 0 || image->Left >= canvas->stored_width || image->Top < 0)
    return fail (gif, error);
  if (!owl_document_check_size (image->Width, image->Height, error))
    return FALSE;
  size = (gsize) image->Width * (gsize) image->Height;
  indices = owl_big_alloc (size, error);
  if (!indices)
    return FALSE;
  done = read_indices (gif, file, indices, error);
  if (done)
    put_rows (file, colours, transparent, indices, canvas);
  owl_big_free (indices, size);
  return done;
}

/* The first picture of an animation. */
static gboolean
decode (OwlPictureDocument *picture, int shrink, OwlCanvas *canvas, GError **error)
{
  Gif *gif = (Gif *) picture;
  GifFileType *file = open_file (gif);
  gboolean done;

  if (!file)
    return fail (gif, error);
  done = decode_first (gif, file, canvas, error);
  DGifCloseFile (file, NULL);
  return done;
}

static const OwlDocumentClass gif_class = {
  .format = OWL_FORMAT_GIF,
  .get_page_size = owl_picture_document_get_page_size,
  .render = owl_picture_document_render,
  .free = owl_picture_document_free,
};

OwlDocument *
owl_gif_open (OwlSource *source, GError **error)
{
  Gif *gif = g_new0 (Gif, 1);
  GifFileType *file;
  gboolean done = FALSE;

  gif->parent.parent.klass = &gif_class;
  gif->parent.parent.n_pages = 1;
  gif->parent.source = source;
  gif->parent.orientation = 1;
  gif->parent.decode = decode;
  file = open_file (gif);
  if (file) {
    gif->parent.stored_width = file->SWidth;
    gif->parent.stored_height = file->SHeight;
    done = owl_document_check_size (file->SWidth, file->SHeight, error);
    DGifCloseFile (file, NULL);
  } else {
    fail (gif, error);
  }
  if (done)
    return &gif->parent.parent;
  g_free (gif);
  return NULL;
}
