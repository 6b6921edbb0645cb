/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/words.h"

#include "tools/world/words.inc"

#include <string.h>

typedef enum { SIGNS, ENGLISH, GERMAN, FRENCH, SPANISH, NAMES, EAST_ASIAN, SHOPS, ARTICLES, TITLES, N_LISTS } List;

static const char *
draw_from (List list, WorldRandom *random)
{
  static const char *const sources[N_LISTS] = { signs, english, german, french, spanish, names, east_asian, shops, articles, titles };
  static char **lists[N_LISTS];
  static guint lengths[N_LISTS];
  static gsize ready;

  if (g_once_init_enter (&ready)) {
    for (guint i = 0; i < N_LISTS; i++) {
      lists[i] = g_strsplit (sources[i], " ", -1);
      lengths[i] = g_strv_length (lists[i]);
    }
    g_once_init_leave (&ready, 1);
  }
  return lists[list][world_random_below (random, lengths[list])];
}

/* Something that can be said but is no word: reading must not become guessing. */
static void
make_up (char *text, gsize size, WorldRandom *random)
{
  static const char consonants[] = "bcdfghjklmnpqrstvwxyz", vowels[] = "aeiou";
  guint length = (guint) world_random_int (random, 3, 7), i;
  gboolean vowel = world_random_chance (random, 0.35);

  for (i = 0; i < length && i + 1 < size; i++) {
    text[i] = vowel ? vowels[world_random_below (random, 5)] : consonants[world_random_below (random, 21)];
    if (!world_random_chance (random, 0.15))
      vowel = !vowel;
  }
  text[i] = '\0';
}

static void
draw_number (char *text, gsize size, WorldRandom *random)
{
  static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";

  switch (world_random_below (random, 7)) {
  case 0:
    g_snprintf (text, size, "%d", world_random_int (random, 0, 99));
    break;
  case 1:
    g_snprintf (text, size, "%d", world_random_int (random, 100, 9999));
    break;
  case 2:
    g_snprintf (text, size, "%d.%02d", world_random_int (random, 0, 99), world_random_int (random, 0, 99));
    break;
  case 3:
    g_snprintf (text, size, "%d:%02d", world_random_int (random, 0, 23), world_random_int (random, 0, 59));
    break;
  case 4:
    g_snprintf (text, size, "%d%%", world_random_int (random, 1, 99));
    break;
  case 5:
    g_snprintf (text, size, "%c%d", letters[world_random_below (random, 23)], world_random_int (random, 1, 99));
    break;
  default:
    g_snprintf (text, size, "%c%c %d", letters[world_random_below (random, 23)], letters[world_random_below (random, 23)], world_random_int (random, 10, 999));
    break;
  }
}

void
world_words_draw (char *text, gsize size, WorldRandom *random)
{
  /* Signs, English, German, French, Spanish, names, East Asian; then made up; numbers. */
  static const double weights[] = { 18, 30, 8, 6, 6, 8, 4, 14, 10 };
  guint kind = world_random_weighted (random, weights, G_N_ELEMENTS (weights));
  g_autofree char *word = NULL;

  do {
    g_clear_pointer (&word, g_free);
    if (kind == 8)
      draw_number (text, size, random);
    else if (kind == 7)
      make_up (text, size, random);
    else
      g_strlcpy (text, draw_from ((List) kind, random), size);
    word = g_strdup (text);
  } while (g_utf8_strlen (word, -1) > 8);
  if (kind == EAST_ASIAN || kind == 8)
    return;
  switch (world_random_below (random, 5)) {
  case 0:
  case 1: {
    g_autofree char *upper = g_utf8_strup (word, -1);

    g_strlcpy (text, upper, size);
    break;
  }
  case 2:
  case 3: {
    g_autofree char *lower = g_utf8_strdown (word, -1);
    g_autofree char *first = g_utf8_substring (lower, 0, 1), *initial = NULL;

    if (world_random_chance (random, 0.5)) {
      g_strlcpy (text, lower, size);
      break;
    }
    initial = g_utf8_strup (first, -1);
    g_snprintf (text, size, "%s%s", initial, lower + strlen (first));
    break;
  }
  default:
    break;
  }
}

void
world_words_draw_letters (char *text, gsize size, WorldRandom *random)
{
  /* Nothing that looks like another when it stands alone. */
  static const char alone[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789abdefghijkmnqrty", upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", lower[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";
  static const double lengths[] = { 35, 30, 20, 15 };
  guint length = world_random_weighted (random, lengths, G_N_ELEMENTS (lengths)) + 1;
  double kind = world_random_real (random, 0.0, 1.0);
  const char *from = length == 1 ? alone : kind < 0.4 ? digits : kind < 0.75 ? upper : lower;

  if (kind > 0.9) {
    g_snprintf (text, size, "%d.%02d", world_random_int (random, 0, 99), world_random_int (random, 0, 99));
    return;
  }
  for (guint i = 0; i < length && i + 1 < size; i++)
    text[i] = from[world_random_below (random, (guint) strlen (from))];
  text[MIN (length, size - 1)] = '\0';
}

void
world_words_draw_row (char *text, gsize size, WorldRandom *random)
{
  static const char any[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789012345678901234567890123456789ÄÖÜäöüßéèàçñ.,:$€%-/";
  guint length = (guint) world_random_int (random, 2, 10);
  glong n_any = g_utf8_strlen (any, -1);
  double kind = world_random_real (random, 0.0, 1.0);
  char word[32];

  *text = '\0';
  if (kind < 0.3) {
    world_words_draw (text, size, random);
    return;
  }
  if (kind < 0.5) {
    world_words_draw (word, sizeof word, random);
    if (g_utf8_strlen (word, -1) <= 6) {
      g_strlcat (text, word, size);
      g_strlcat (text, " ", size);
    }
    world_words_draw (word, sizeof word, random);
    if (strlen (text) + strlen (word) + 1 < size)
      g_strlcat (text, word, size);
    return;
  }
  for (guint i = 0; i < length; i++) {
    glong from = kind < 0.7 ? 52 : 0, to = kind < 0.7 ? 92 : n_any; /* digits alone, or anything */
    const char *at = g_utf8_offset_to_pointer (any, from + (glong) world_random_below (random, (guint) (to - from)));
    char one[8] = { 0 };

    memcpy (one, at, (gsize) (g_utf8_next_char (at) - at));
    if (strlen (text) + strlen (one) + 1 < size)
      g_strlcat (text, one, size);
  }
}

const char *
world_words_draw_shop (WorldRandom *random)
{
  return draw_from (SHOPS, random);
}

const char *
world_words_draw_article (WorldRandom *random)
{
  return draw_from (ARTICLES, random);
}

const char *
world_words_draw_title (WorldRandom *random)
{
  return draw_from (TITLES, random);
}
