/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-markup.h"

#include <cmark-gfm-core-extensions.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

/* Emphasis inside emphasis inside emphasis…: further in, only the text is kept. */
#define MAX_DEPTH 24
/* Words of up to this many characters fit into the narrowest window. Longer ones can be broken after every PIECE characters. */
#define LONG_WORD 24
#define PIECE 12

cmark_node *
tyto_markup_parse (const char *text, gssize length)
{
  static const char *const extensions[] = { "table", "strikethrough" };
  cmark_parser *parser;
  cmark_node *document;

  cmark_gfm_core_extensions_ensure_registered ();
  parser = cmark_parser_new (CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE);
  for (gsize i = 0; i < G_N_ELEMENTS (extensions); i++) {
    cmark_syntax_extension *extension = cmark_find_syntax_extension (extensions[i]);

    if (extension)
      cmark_parser_attach_syntax_extension (parser, extension);
  }
  cmark_parser_feed (parser, text, length < 0 ? strlen (text) : (size_t) length);
  document = cmark_parser_finish (parser);
  cmark_parser_free (parser);
  return document;
}

static void
append_escaped (GString *out, const char *text, gssize length)
{
  g_autofree char *escaped = g_markup_escape_text (text, length);

  g_string_append (out, escaped);
}

/* Whether a line can be broken around the character anyhow: at a space, around wide characters, in scripts that do without spaces. */
static gboolean
breaks_by_itself (gunichar c)
{
  GUnicodeScript script = g_unichar_get_script (c);

  return g_unichar_isspace (c) || g_unichar_iswide (c) || script == G_UNICODE_SCRIPT_THAI || script == G_UNICODE_SCRIPT_LAO ||
         script == G_UNICODE_SCRIPT_KHMER || script == G_UNICODE_SCRIPT_MYANMAR;
}

/* Every second piece is marked as a word of its own, which allows a break on both its sides. Marks side by side would be taken for one. */
static void
append_long_word (GString *out, const char *word, const char *end)
{
  for (gboolean marked = FALSE; word < end; marked = !marked) {
    const char *next = word;

    for (int n = 0; next < end && (n < PIECE || g_unichar_ismark (g_utf8_get_char (next)) || g_unichar_iszerowidth (g_utf8_get_char (next))); n++)
      next = g_utf8_next_char (next);
    if (marked)
      g_string_append (out, "<span segment=\"word\">");
    append_escaped (out, word, next - word);
    if (marked)
      g_string_append (out, "</span>");
    word = next;
  }
}

/* Text with places to break the line in words that would not fit into a narrow window. The other way, to let lines break anywhere, makes the
 * toolkit lay out the text with one character a line, only to learn how narrow it could become: ten times the work of the text itself. */
static void
append_breakable (GString *out, const char *text, gssize length)
{
  const char *end = length < 0 ? text + strlen (text) : text + length, *from = text;

  while (from < end) {
    const char *p = from;
    glong n = 0;

    for (; p < end && !breaks_by_itself (g_utf8_get_char (p)); n++)
      p = g_utf8_next_char (p);
    if (n > LONG_WORD)
      append_long_word (out, from, p);
    else
      append_escaped (out, from, p - from);
    from = p;
    while (p < end && breaks_by_itself (g_utf8_get_char (p)))
      p = g_utf8_next_char (p);
    append_escaped (out, from, p - from);
    from = p;
  }
}

static GRegex *
picture_regex (void)
{
  static GRegex *regex;

  if (g_once_init_enter (&regex)) {
    /* Translators: the word before the number of a picture in an answer, in lower case; it becomes a link to the picture. */
    g_autofree char *word = g_regex_escape_string (C_("before a number", "picture"), -1);
    g_autofree char *pattern = g_strdup_printf ("\\b(?:picture|%s) ([1-9][0-9]{0,3})\\b", word);

    g_once_init_leave (&regex, g_regex_new (pattern, G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, NULL));
  }
  return regex;
}

static void
append_text (GString *out, const char *text, int n_pictures)
{
  g_autoptr (GMatchInfo) match = NULL;
  int from = 0;

  if (n_pictures > 0)
    g_regex_match (picture_regex (), text, 0, &match);
  for (; match && g_match_info_matches (match); g_match_info_next (match, NULL)) {
    g_autofree char *number = g_match_info_fetch (match, 1);
    int start, end;

    g_match_info_fetch_pos (match, 0, &start, &end);
    if (atoi (number) > n_pictures)
      continue;
    append_breakable (out, text + from, start - from);
    g_string_append_printf (out, "<a href=\"" TYTO_MARKUP_PICTURE_SCHEME "%s\">", number);
    append_escaped (out, text + start, end - start);
    g_string_append (out, "</a>");
    from = end;
  }
  append_breakable (out, text + from, -1);
}

static gboolean
is_web_address (const char *url)
{
  static const char *const schemes[] = { "http://", "https://", "mailto:" };

  for (gsize i = 0; url && i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strncasecmp (url, schemes[i], strlen (schemes[i])) == 0)
      return TRUE;
  return FALSE;
}

static void append_inlines (GString *out, cmark_node *parent, int n_pictures, int depth);

static void
append_within (GString *out, const char *tag, cmark_node *node, int n_pictures, int depth)
{
  g_string_append_printf (out, "<%s>", tag);
  append_inlines (out, node, n_pictures, depth);
  g_string_append_printf (out, "</%s>", tag);
}

static void
append_link (GString *out, cmark_node *node, int n_pictures, int depth)
{
  const char *url = cmark_node_get_url (node);

  if (!is_web_address (url)) {
    append_inlines (out, node, n_pictures, depth);
    return;
  }
  g_string_append (out, "<a href=\"");
  append_escaped (out, url, -1);
  g_string_append (out, "\">");
  /* No link inside a link. */
  append_inlines (out, node, 0, depth);
  g_string_append (out, "</a>");
}

static void
append_inline (GString *out, cmark_node *node, int n_pictures, int depth)
{
  cmark_node_type type = cmark_node_get_type (node);
  const char *literal = cmark_node_get_literal (node);

  if (type == CMARK_NODE_TEXT) {
    append_text (out, literal, n_pictures);
  } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
    /* A model that begins a new line means it. */
    g_string_append_c (out, '\n');
  } else if (type == CMARK_NODE_CODE) {
    g_string_append (out, "<tt>");
    append_breakable (out, literal, -1);
    g_string_append (out, "</tt>");
  } else if (type == CMARK_NODE_EMPH) {
    append_within (out, "i", node, n_pictures, depth + 1);
  } else if (type == CMARK_NODE_STRONG) {
    append_within (out, "b", node, n_pictures, depth + 1);
  } else if (strcmp (cmark_node_get_type_string (node), "strikethrough") == 0) {
    append_within (out, "s", node, n_pictures, depth + 1);
  } else if (type == CMARK_NODE_LINK) {
    append_link (out, node, n_pictures, depth + 1);
  } else if (literal) {
    append_breakable (out, literal, -1);
  } else {
    append_inlines (out, node, n_pictures, depth + 1);
  }
}

/* Beyond the depth the tree is walked without recursion, for its text alone. */
static void
append_plain (GString *out, cmark_node *root)
{
  cmark_iter *iter = cmark_iter_new (root);
  cmark_event_type event;

  while ((event = cmark_iter_next (iter)) != CMARK_EVENT_DONE)
    if (event == CMARK_EVENT_ENTER && cmark_node_get_literal (cmark_iter_get_node (iter)))
      append_escaped (out, cmark_node_get_literal (cmark_iter_get_node (iter)), -1);
  cmark_iter_free (iter);
}

static void
append_inlines (GString *out, cmark_node *parent, int n_pictures, int depth)
{
  if (depth > MAX_DEPTH) {
    append_plain (out, parent);
    return;
  }
  for (cmark_node *node = cmark_node_first_child (parent); node; node = cmark_node_next (node))
    append_inline (out, node, n_pictures, depth);
}

char *
tyto_markup_from_inlines (cmark_node *block, int n_pictures)
{
  GString *out = g_string_new (NULL);

  append_inlines (out, block, n_pictures, 0);
  return g_string_free (out, FALSE);
}

char *
tyto_markup_from_text (const char *text)
{
  GString *out = g_string_new (NULL);

  append_breakable (out, text, -1);
  return g_string_free (out, FALSE);
}
