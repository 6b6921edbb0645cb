/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/recognise.h"

#include "decode/page-layout.h"

#include <string.h>

#include <tesseract/capi.h>

/* About 300 dpi of an A4 page: more costs time and finds nothing. */
#define MAX_SIDE 3500
/* Words that are less certain, in percent, are noise, unless they stand in a line that is certain as a whole: with several
   languages installed a short word between them ("in") is sometimes rated low. */
#define MIN_CONFIDENCE 30.0f
#define MIN_LINE_CONFIDENCE 60.0f

/* All languages that are installed: "eng+deu". */
static char *
choose_languages (void)
{
  TessBaseAPI *api = TessBaseAPICreate ();
  g_autoptr (GString) chosen = g_string_new (NULL);

  /* Its data alone tells what there is; "osd" finds scripts and reads none. */
  if (TessBaseAPIInit3 (api, NULL, "eng") == 0 || TessBaseAPIInit3 (api, NULL, "osd") == 0) {
    char **languages = TessBaseAPIGetAvailableLanguagesAsVector (api);

    for (char **language = languages; language && *language; language++)
      if (strcmp (*language, "osd") != 0 && strcmp (*language, "equ") != 0 && !strchr (*language, '/'))
        g_string_append_printf (chosen, "%s%s", chosen->len ? "+" : "", *language);
    if (languages)
      TessDeleteTextArray (languages);
  }
  TessBaseAPIEnd (api);
  TessBaseAPIDelete (api);
  return chosen->len > 0 ? g_string_free (g_steal_pointer (&chosen), FALSE) : NULL;
}

static gboolean
is_certain (TessResultIterator *results)
{
  return TessResultIteratorConfidence (results, RIL_WORD) >= MIN_CONFIDENCE ||
         TessResultIteratorConfidence (results, RIL_TEXTLINE) >= MIN_LINE_CONFIDENCE;
}

/* Words with their boxes in pixels; their text is gathered in `text`. */
static GArray *
list_words (TessBaseAPI *api, GString *text)
{
  GArray *words = g_array_new (FALSE, FALSE, sizeof (OwlTextWord));
  TessResultIterator *results = TessBaseAPIGetIterator (api);
  const TessPageIterator *place;

  if (!results)
    return words;
  place = TessResultIteratorGetPageIteratorConst (results);
  do {
    char *found = TessResultIteratorGetUTF8Text (results, RIL_WORD);
    g_autofree char *valid = found ? g_strstrip (g_utf8_make_valid (found, -1)) : NULL;
    int left, top, right, bottom;

    if (valid && *valid && is_certain (results) &&
        TessPageIteratorBoundingBox (place, RIL_WORD, &left, &top, &right, &bottom) && text->len < OWL_DECODER_MAX_TEXT / 2 &&
        words->len < OWL_DECODER_MAX_WORDS) {
      OwlTextWord word = { (guint32) text->len, (guint32) strlen (valid), (float) left, (float) top, (float) (right - left),
                           (float) (bottom - top) };

      g_string_append (text, valid);
      g_array_append_val (words, word);
    }
    TessDeleteText (found);
  } while (TessResultIteratorNext (results, RIL_WORD));
  TessResultIteratorDelete (results);
  return words;
}

static gboolean
recognise (const OwlSharedPixels *pixels, const char *languages, OwlRecords *records, GError **error)
{
  TessBaseAPI *api = TessBaseAPICreate ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) words = NULL;
  gboolean done = TessBaseAPIInit3 (api, NULL, languages) == 0;

  if (done) {
    TessBaseAPISetPageSegMode (api, PSM_AUTO);
    TessBaseAPISetImage (api, pixels->shared.data, pixels->width, pixels->height, 3, pixels->width * 3);
    TessBaseAPISetSourceResolution (api, 300);
    done = TessBaseAPIRecognize (api, NULL) == 0;
  }
  if (done) {
    words = list_words (api, text);
    owl_page_layout (text->str, words, records->text, records->words);
    for (guint i = 0; i < records->words->len; i++) {
      OwlTextWord *w = &g_array_index (records->words, OwlTextWord, i);

      w->x /= (float) pixels->width;
      w->y /= (float) pixels->height;
      w->width /= (float) pixels->width;
      w->height /= (float) pixels->height;
    }
  } else {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_IO, "could not be searched for text");
  }
  TessBaseAPIEnd (api);
  TessBaseAPIDelete (api);
  return done;
}

gboolean
owl_recognise_text (OwlDocument *document, int page, OwlRecords *records, GError **error)
{
  OwlSharedPixels pixels = { .shared = OWL_SHARED_DATA_NONE };
  g_autofree char *languages = choose_languages ();
  gboolean done;

  if (!languages) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED,
                         "has no text of its own, and no language to recognise is installed (tesseract-ocr-eng is one)");
    return FALSE;
  }
  done = document->klass->render (document, page, NULL, MAX_SIDE, MAX_SIDE, &pixels, error) &&
         recognise (&pixels, languages, records, error);
  owl_shared_data_clear (&pixels.shared);
  return done;
}
