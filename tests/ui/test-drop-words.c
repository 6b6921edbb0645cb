/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-drop-words.h"

static void
check_text (const char *text, const char *expected, gboolean expect_refused)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *words = NULL;
  gboolean refused;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, text);
  words = tyto_drop_describe (&value, &refused);
  g_assert_cmpstr (words, ==, expected);
  g_assert_cmpint (refused, ==, expect_refused);
}

static void
check_files (const char *const *paths, const char *expected, gboolean expect_refused)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *words = NULL;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  gboolean refused;

  for (; *paths; paths++)
    g_ptr_array_add (files, g_file_new_for_commandline_arg (*paths));
  g_value_init (&value, GDK_TYPE_FILE_LIST);
  g_value_take_boxed (&value, gdk_file_list_new_from_array ((GFile **) files->pdata, files->len));
  words = tyto_drop_describe (&value, &refused);
  g_assert_cmpstr (words, ==, expected);
  g_assert_cmpint (refused, ==, expect_refused);
}

static void
test_files (void)
{
  check_files ((const char *[]){ "/x/a.png", NULL }, "Attach 1 picture", FALSE);
  check_files ((const char *[]){ "/x/a.png", "/x/b.JPG", "/x/c.heic", NULL }, "Attach 3 pictures", FALSE);
  check_files ((const char *[]){ "/x/report.pdf", NULL }, "Choose pages of report.pdf", FALSE);
  check_files ((const char *[]){ "/x/a.webp", "/x/report.PDF", NULL }, "Attach 1 picture\nChoose pages of report.PDF", FALSE);
  check_files ((const char *[]){ "/x/scan", NULL }, "Attach scan", FALSE);
  check_files ((const char *[]){ "/x/notes.txt", NULL }, "notes.txt is neither a picture nor a PDF document", TRUE);
  check_files ((const char *[]){ "/x/notes.txt", "/x/song.mp3", NULL }, "These are neither pictures nor PDF documents", TRUE);
  /* What can be attached is. */
  check_files ((const char *[]){ "/x/notes.txt", "/x/a.png", NULL }, "Attach 1 picture", FALSE);
}

static void
test_web (void)
{
  const char *refusal = "Save the picture first, then drop the file: Tyto does not go to the web";

  check_files ((const char *[]){ "https://example.org/a.png", NULL }, refusal, TRUE);
  check_text ("https://example.org/a.png", refusal, TRUE);
  check_text ("https://example.org/a.png\r\nfile:///x/b.png\r\n", "Attach 1 picture", FALSE);
}

static void
test_text (void)
{
  g_autoptr (GPtrArray) files = tyto_drop_parse_text ("# a list\r\nfile:///x/a%20b.png\r\n/x/c.png\nsome words: here\n\n");
  g_autofree char *first = NULL;

  g_assert_cmpuint (files->len, ==, 2);
  first = g_file_get_path (g_ptr_array_index (files, 0));
  g_assert_cmpstr (first, ==, "/x/a b.png");
  check_text ("only words", "Drop picture or PDF files here", TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/drop-words/files", test_files);
  g_test_add_func ("/drop-words/web", test_web);
  g_test_add_func ("/drop-words/text", test_text);
  return g_test_run ();
}
