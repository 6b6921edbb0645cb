/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/document.h"

#include "decode/module.h"

#include <string.h>

#define HEAD_SIZE 1024

/* Kinds that are known by their first bytes but not read. */
static const struct {
  const char *name;
  gsize offset;
  const char *bytes;
  gsize length;
} other_kinds[] = {
  { "a GIF picture", 0, "GIF8", 4 },
  { "a WebP picture", 8, "WEBP", 4 },
  { "a TIFF picture", 0, "II*\0", 4 },
  { "a TIFF picture", 0, "MM\0*", 4 },
  { "a HEIC picture", 4, "ftypheic", 8 },
  { "a HEIC picture", 4, "ftypheix", 8 },
  { "a HEIC picture", 4, "ftypmif1", 8 },
  { "a HEIC picture", 4, "ftyphevc", 8 },
  { "an AVIF picture", 4, "ftypavif", 8 },
  { "a JPEG XL picture", 0, "\xff\x0a", 2 },
  { "a JPEG XL picture", 0, "\0\0\0\x0cJXL ", 8 },
  { "a JPEG 2000 picture", 0, "\0\0\0\x0cjP  ", 8 },
};

/* A file shorter than the pattern matches if it is the beginning of it. */
static gboolean
begins_with (const guint8 *head, gsize n_head, const char *bytes, gsize length)
{
  return n_head > 0 && memcmp (head, bytes, MIN (n_head, length)) == 0;
}

static gboolean
refuse_other_kind (const guint8 *head, gsize n_head, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (other_kinds); i++) {
    gsize end = other_kinds[i].offset + other_kinds[i].length;

    if (n_head >= end
        && memcmp (head + other_kinds[i].offset, other_kinds[i].bytes, other_kinds[i].length) == 0) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED,
                   "is %s, which is not supported; save it as PNG or JPEG", other_kinds[i].name);
      return TRUE;
    }
  }
  return FALSE;
}

#ifdef OWL_HAVE_TIFF
static gboolean
is_tiff (const guint8 *head, gsize n_head)
{
  /* The classic kind and BigTIFF, in either order of bytes. */
  static const char marks[][4] = { "II*\0", "MM\0*", "II+\0", "MM\0+" };

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    if (n_head >= 4 && memcmp (head, marks[i], 4) == 0)
      return TRUE;
  return FALSE;
}
#endif

#ifdef OWL_HAVE_HEIF
static gboolean
is_heif (const guint8 *head, gsize n_head)
{
  static const char brands[][5] = { "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1", "avif", "avis" };

  for (gsize i = 0; i < G_N_ELEMENTS (brands); i++)
    if (n_head >= 12 && memcmp (head + 4, "ftyp", 4) == 0 && memcmp (head + 8, brands[i], 4) == 0)
      return TRUE;
  return FALSE;
}
#endif

static OwlDocument *
open_with_module (const char *name, const char *function, OwlSource *source, GError **error)
{
  OwlOpenFunc open = (OwlOpenFunc) owl_module_load (name, function, error);

  return open ? open (source, error) : NULL;
}

OwlDocument *
owl_document_open (OwlSource *source, GError **error)
{
  guint8 head[HEAD_SIZE];
  gsize n_head = owl_source_read (source, 0, head, sizeof head);

  if (n_head == 0) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is empty");
    return NULL;
  }
  if (begins_with (head, n_head, "\x89PNG\r\n\x1a\n", 8))
    return owl_png_open (source, error);
  if (begins_with (head, n_head, "\xff\xd8\xff", 3))
    return owl_jpeg_open (source, error);
#ifdef OWL_HAVE_WEBP
  if (n_head >= 12 && memcmp (head, "RIFF", 4) == 0 && memcmp (head + 8, "WEBP", 4) == 0)
    return owl_webp_open (source, error);
#endif
#ifdef OWL_HAVE_GIF
  if (n_head >= 4 && memcmp (head, "GIF8", 4) == 0)
    return owl_gif_open (source, error);
#endif
#ifdef OWL_HAVE_TIFF
  if (is_tiff (head, n_head))
    return open_with_module ("tiff", "owl_tiff_open", source, error);
#endif
#ifdef OWL_HAVE_HEIF
  if (is_heif (head, n_head))
    return open_with_module ("heif", "owl_heif_open", source, error);
#endif
  /* PDF readers accept other bytes before the mark. */
  if (memmem (head, n_head, "%PDF-", 5))
    return open_with_module ("pdf", "owl_pdf_open", source, error);
  if (!refuse_other_kind (head, n_head, error))
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is not a picture or PDF");
  return NULL;
}

void
owl_document_set_cut_off (GError **error)
{
  g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT,
                       "is cut off: the end of the file is missing; copy it again");
}

gboolean
owl_document_check_size (gint64 width, gint64 height, GError **error)
{
  if (width < 1 || height < 1) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "is damaged: it has no pixels");
    return FALSE;
  }
  if (width > OWL_DECODER_MAX_SIDE || height > OWL_DECODER_MAX_SIDE
      || width * height > OWL_DECODER_MAX_PIXELS) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT,
                 "is too large: %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
                 " pixels; at most %d megapixels can be opened",
                 width, height, OWL_DECODER_MAX_PIXELS / 1000000);
    return FALSE;
  }
  return TRUE;
}
