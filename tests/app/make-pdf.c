/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "make-pdf.h"

#include <string.h>

#define LINE_HEIGHT 11

typedef struct {
  GByteArray *bytes;
  GArray *offsets; /* guint: of the objects, from 1 */
} Writer;

static void G_GNUC_PRINTF (2, 3)
put (Writer *w, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_byte_array_append (w->bytes, (const guint8 *) text, (guint) strlen (text));
}

static void
begin_object (Writer *w)
{
  g_array_append_val (w->offsets, w->bytes->len);
  put (w, "%u 0 obj\n", w->offsets->len);
}

static void
put_stream (Writer *w, const char *text)
{
  begin_object (w);
  put (w, "<</Length %" G_GSIZE_FORMAT ">>\nstream\n%s\nendstream\nendobj\n", strlen (text), text);
}

/* Codes of the font are UTF-16, so that any text can be put down. */
static char *
make_contents (const char *page)
{
  g_auto (GStrv) lines = g_strsplit (page, "\n", -1);
  GString *contents = g_string_new ("BT /F 8 Tf 40 800 Td\n");

  for (char **line = lines; *line; line++) {
    glong n;
    g_autofree gunichar2 *codes = g_utf8_to_utf16 (*line, -1, NULL, &n, NULL);

    g_string_append_c (contents, '<');
    for (glong i = 0; i < n; i++)
      g_string_append_printf (contents, "%04x", codes[i]);
    g_string_append_printf (contents, "> Tj 0 -%d Td\n", LINE_HEIGHT);
  }
  g_string_append (contents, "ET");
  return g_string_free (contents, FALSE);
}

GByteArray *
make_text_pdf (const char *const *pages, gsize n_pages)
{
  static const char map[] = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
                            "1 begincodespacerange <0000> <ffff> endcodespacerange\n";
  Writer w = { g_byte_array_new (), g_array_new (FALSE, FALSE, sizeof (guint)) };
  g_autoptr (GString) ranges = g_string_new (map);
  guint start;

  put (&w, "%%PDF-1.5\n");
  begin_object (&w);
  put (&w, "<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
  begin_object (&w);
  put (&w, "<</Type/Pages/Count %" G_GSIZE_FORMAT "/Kids[", n_pages);
  for (gsize i = 0; i < n_pages; i++)
    put (&w, "%" G_GSIZE_FORMAT " 0 R ", 6 + 2 * i);
  put (&w, "]>>\nendobj\n");
  begin_object (&w);
  put (&w, "<</Type/Font/Subtype/Type0/BaseFont/Plain/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>\nendobj\n");
  begin_object (&w);
  put (&w, "<</Type/Font/Subtype/CIDFontType2/BaseFont/Plain/DW 600/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>\n"
           "/FontDescriptor<</Type/FontDescriptor/FontName/Plain/Flags 4/Ascent 800/Descent -200/ItalicAngle 0/CapHeight 700/StemV 80"
           "/FontBBox[0 -200 1000 800]>>>>\nendobj\n");
  /* A range may not cross the first byte of a code. */
  for (int block = 0; block < 256; block += 64) {
    g_string_append (ranges, "64 beginbfrange\n");
    for (int i = block; i < block + 64; i++)
      g_string_append_printf (ranges, "<%02x00> <%02xff> <%02x00>\n", (guint) i, (guint) i, (guint) i);
    g_string_append (ranges, "endbfrange\n");
  }
  g_string_append (ranges, "endcmap CMapName currentdict /CMap defineresource pop end end");
  put_stream (&w, ranges->str);
  for (gsize i = 0; i < n_pages; i++) {
    g_autofree char *contents = make_contents (pages[i]);

    begin_object (&w);
    put (&w, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents %" G_GSIZE_FORMAT " 0 R>>\nendobj\n",
         7 + 2 * i);
    put_stream (&w, contents);
  }
  start = w.bytes->len;
  put (&w, "xref\n0 %u\n0000000000 65535 f \n", w.offsets->len + 1);
  for (guint i = 0; i < w.offsets->len; i++)
    put (&w, "%010u 00000 n \n", g_array_index (w.offsets, guint, i));
  put (&w, "trailer\n<</Root 1 0 R/Size %u>>\nstartxref\n%u\n%%%%EOF\n", w.offsets->len + 1, start);
  g_array_unref (w.offsets);
  return w.bytes;
}
