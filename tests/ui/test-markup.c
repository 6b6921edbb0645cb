/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-markup.h"

#include <string.h>

/* The inline content of the first block. */
static char *
markup (const char *text, int n_pictures)
{
  cmark_node *document = tyto_markup_parse (text, -1);
  char *result = tyto_markup_from_inlines (cmark_node_first_child (document), n_pictures);

  cmark_node_free (document);
  return result;
}

static void
check (const char *text, int n_pictures, const char *expected)
{
  g_autofree char *result = markup (text, n_pictures);

  g_assert_cmpstr (result, ==, expected);
}

static void
test_emphasis (void)
{
  check ("a *b* **c** ~~d~~ `e < f`", 0, "a <i>b</i> <b>c</b> <s>d</s> <tt>e &lt; f</tt>");
  check ("first\nsecond", 0, "first\nsecond");
  check ("2 < 3 & \"4\"", 0, "2 &lt; 3 &amp; &quot;4&quot;");
}

static void
test_pictures (void)
{
  check ("In picture 1 a cat.", 2, "In <a href=\"tyto-picture:1\">picture 1</a> a cat.");
  check ("Picture 2, not picture 3.", 2, "<a href=\"tyto-picture:2\">Picture 2</a>, not picture 3.");
  check ("picture 1", 0, "picture 1");
  check ("depicture 1, picture 01", 3, "depicture 1, picture 01");
  check ("*picture 1*", 1, "<i><a href=\"tyto-picture:1\">picture 1</a></i>");
}

/* Only web and mail addresses become links, nothing is loaded, and HTML is text. */
static void
test_safe (void)
{
  check ("[a](https://example.org/?x=1&y=2)", 0, "<a href=\"https://example.org/?x=1&amp;y=2\">a</a>");
  check ("[picture 1](https://example.org)", 1, "<a href=\"https://example.org\">picture 1</a>");
  check ("[a](file:///etc/passwd) [b](javascript:x) [c](tyto-picture:1)", 1, "a b c");
  check ("![a cat](https://example.org/cat.png)", 0, "a cat");
  check ("x <b onclick='y'>z</b>", 0, "x &lt;b onclick=&apos;y&apos;&gt;z&lt;/b&gt;");
}

static void
test_deep (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *result = NULL;

  for (int i = 0; i < 20000; i++)
    g_string_append (text, i % 2 ? "*" : "_");
  g_string_append (text, "deep");
  for (int i = 20000; i-- > 0;)
    g_string_append (text, i % 2 ? "*" : "_");
  result = markup (text->str, 1);
  g_assert_nonnull (strstr (result, "deep"));
}

/* Only words that would not fit into a narrow window can be broken, and never before a mark. */
static void
test_long_words (void)
{
  g_autofree char *plain = tyto_markup_from_text ("Haftpflichtversicherung & <b>");
  g_autofree char *wide = tyto_markup_from_text ("駅前の看板に何と書いてありますか、もう一度教えてください、お願いします");
  g_autofree char *word = tyto_markup_from_text ("see https://example.org/a/long/address now");
  g_autofree char *marks = tyto_markup_from_text ("abcdefghijklmnopqrstuvwx\314\201yz");

  g_assert_cmpstr (plain, ==, "Haftpflichtversicherung &amp; &lt;b&gt;");
  g_assert_cmpstr (wide, ==, "駅前の看板に何と書いてありますか、もう一度教えてください、お願いします");
  g_assert_cmpstr (word, ==, "see https://exam<span segment=\"word\">ple.org/a/lo</span>ng/address now");
  g_assert_cmpstr (marks, ==, "abcdefghijkl<span segment=\"word\">mnopqrstuvwx\314\201</span>yz");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/markup/emphasis", test_emphasis);
  g_test_add_func ("/markup/pictures", test_pictures);
  g_test_add_func ("/markup/safe", test_safe);
  g_test_add_func ("/markup/deep", test_deep);
  g_test_add_func ("/markup/long-words", test_long_words);
  return g_test_run ();
}
