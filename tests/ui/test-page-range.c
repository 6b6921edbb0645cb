/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-page-picker.h"

static void
check (const char *text, guint n_pages, const char *expected)
{
  g_autoptr (GtkBitset) pages = tyto_page_range_parse (text, n_pages);
  g_autofree char *formatted = pages ? tyto_page_range_format (pages) : NULL;

  g_assert_cmpstr (formatted, ==, expected);
}

static void
test_ranges (void)
{
  check ("", 10, "");
  check ("3", 10, "3");
  check ("1-3, 7", 10, "1-3, 7");
  check (" 2 – 4 ;9", 10, "2-4, 9");
  check ("7,1,2,3", 10, "1-3, 7");
  check ("5-", 10, "5-10");
  check ("8-99", 10, "8-10");
  check ("11", 10, "");
  check ("0", 10, NULL);
  check ("4-2", 10, "");
  check ("99999999999999999999", 10, "");
  check ("abc", 10, NULL);
  check ("1,,2", 10, NULL);
  check ("-3", 10, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/page-range/parse", test_ranges);
  return g_test_run ();
}
