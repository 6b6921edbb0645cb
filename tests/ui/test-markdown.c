/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-markdown.h"

static guint
n_blocks (GtkWidget *markdown)
{
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (markdown); child; child = gtk_widget_get_next_sibling (child))
    n++;
  return n;
}

static const char *
first_text (GtkWidget *markdown)
{
  return gtk_label_get_text (GTK_LABEL (gtk_widget_get_first_child (markdown)));
}

/* What stays the same keeps its widget, and so does a paragraph that grows. */
static void
test_growing (void)
{
  GtkWidget *markdown = g_object_ref_sink (tyto_markdown_new ("Answer")), *first, *second;

  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), "A dark", 0);
  first = gtk_widget_get_first_child (markdown);
  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), "A dark **cat**.\n\nAnd", 0);
  g_assert_true (gtk_widget_get_first_child (markdown) == first);
  g_assert_cmpstr (first_text (markdown), ==, "A dark cat.");
  second = gtk_widget_get_next_sibling (first);
  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), "A dark **cat**.\n\nAnd a dog.\n\n- one\n- two\n", 0);
  g_assert_true (gtk_widget_get_next_sibling (first) == second);
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (second)), ==, "And a dog.");
  g_assert_cmpuint (n_blocks (markdown), ==, 3);

  /* Another answer altogether. */
  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), "```\ncode\n```", 0);
  g_assert_cmpuint (n_blocks (markdown), ==, 1);
  g_assert_false (GTK_IS_LABEL (gtk_widget_get_first_child (markdown)));
  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), "", 0);
  g_assert_cmpuint (n_blocks (markdown), ==, 0);
  g_assert_finalize_object (markdown);
}

/* Every block, inside each other and cut off anywhere. */
static void
test_everything (void)
{
  const char *text = "# Title\n\nText with `code`\n\n1. one\n   - inner\n   > quoted\n2. two\n\n> > deeper\n\n---\n\n| a | b |\n|--:|:-:|\n| 1 | 2 |\n\n"
                     "<div>html</div>\n\n```c\nint x;\n```\n";
  GtkWidget *markdown = g_object_ref_sink (tyto_markdown_new ("Answer"));

  for (gsize length = 0; text[length]; length++) {
    g_autofree char *part = g_strndup (text, length);

    tyto_markdown_set_text (TYTO_MARKDOWN (markdown), part, 3);
  }
  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), text, 3);
  g_assert_cmpuint (n_blocks (markdown), ==, 8);
  g_assert_cmpstr (first_text (markdown), ==, "Title");
  g_assert_finalize_object (markdown);
}

/* Whatever is in an answer, it fits into a narrow window: with the attributes that come from the style as well. */
static void
test_narrow (void)
{
  GtkWidget *markdown = g_object_ref_sink (tyto_markdown_new ("Answer"));
  GtkCssProvider *style = gtk_css_provider_new ();
  g_autoptr (GString) text = g_string_new ("A word: ");
  int minimum;

  gtk_css_provider_load_from_data (style, ".answer-text { line-height: 1.45; }", -1);
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (style), GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  for (int i = 0; i < 60; i++)
    g_string_append (text, "elle");
  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), text->str, 0);
  gtk_widget_measure (markdown, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, <, 260);
  gtk_style_context_remove_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (style));
  g_object_unref (style);
  g_assert_finalize_object (markdown);
}

/* Where the first letter of a label stands, in pixels from its left edge. */
static int
first_letter (GtkWidget *label)
{
  PangoRectangle place;

  pango_layout_index_to_pos (gtk_label_get_layout (GTK_LABEL (label)), 0, &place);
  /* From right to left it reaches to the left. */
  return PANGO_PIXELS (MAX (place.x, place.x + place.width));
}

/* Each paragraph begins where its language does, whatever the language of the window. */
static void
test_right_to_left (void)
{
  GtkWidget *markdown = g_object_ref_sink (tyto_markdown_new ("Answer")), *english, *hebrew, *arabic;
  int minimum;

  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), "A barn owl.\n\nתנשמת לבנה, **לילית**.\n\nبومة الحظائر (Tyto alba)", 0);
  g_assert_cmpuint (n_blocks (markdown), ==, 3);
  english = gtk_widget_get_first_child (markdown);
  hebrew = gtk_widget_get_next_sibling (english);
  arabic = gtk_widget_get_next_sibling (hebrew);
  gtk_widget_measure (markdown, GTK_ORIENTATION_VERTICAL, 600, &minimum, NULL, NULL, NULL);
  gtk_widget_size_allocate (markdown, &(GtkAllocation) { 0, 0, 600, minimum }, -1);
  g_assert_cmpint (first_letter (english), <, 40);
  g_assert_cmpint (first_letter (hebrew), >, 560);
  g_assert_cmpint (first_letter (arabic), >, 560);
  g_assert_finalize_object (markdown);
}

static void
note_picture (TytoMarkdown *markdown, int number, int *noted)
{
  *noted = number;
}

static void
test_picture_link (void)
{
  GtkWidget *markdown = g_object_ref_sink (tyto_markdown_new ("Answer"));
  gboolean handled = FALSE;
  int noted = 0;

  g_signal_connect (markdown, "picture", G_CALLBACK (note_picture), &noted);
  tyto_markdown_set_text (TYTO_MARKDOWN (markdown), "See picture 2.", 2);
  g_signal_emit_by_name (gtk_widget_get_first_child (markdown), "activate-link", "tyto-picture:2", &handled);
  g_assert_true (handled);
  g_assert_cmpint (noted, ==, 2);
  g_assert_finalize_object (markdown);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/markdown/growing", test_growing);
  g_test_add_func ("/markdown/everything", test_everything);
  g_test_add_func ("/markdown/narrow", test_narrow);
  g_test_add_func ("/markdown/right-to-left", test_right_to_left);
  g_test_add_func ("/markdown/picture-link", test_picture_link);
  return g_test_run ();
}
