/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/utf8.h"

/* Length that the first byte announces, and the range of the second byte; 0 for a byte that begins no character. */
static gsize
announced_length (guint8 first, guint8 *low, guint8 *high)
{
  *low = 0x80;
  *high = 0xbf;
  if (first < 0x80)
    return 1;
  if (first >= 0xc2 && first <= 0xdf)
    return 2;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0)
      *low = 0xa0;
    if (first == 0xed)
      *high = 0x9f;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0)
      *low = 0x90;
    if (first == 0xf4)
      *high = 0x8f;
    return 4;
  }
  return 0;
}

/* How many bytes of a character are there and right; `wanted` gets how many it has. */
static gsize
well_formed_bytes (const guint8 *p, gsize length, gsize *wanted)
{
  guint8 low, high;
  gsize n = 1;

  *wanted = length > 0 ? announced_length (p[0], &low, &high) : 0;
  if (*wanted == 0)
    return 0;
  for (; n < *wanted && n < length; n++) {
    if (p[n] < low || p[n] > high)
      break;
    low = 0x80;
    high = 0xbf;
  }
  return n;
}

gsize
owl_utf8_char_length (const char *text, gsize length)
{
  gsize wanted;

  return well_formed_bytes ((const guint8 *) text, length, &wanted) == wanted ? wanted : 0;
}

gboolean
owl_utf8_is_partial (const char *text, gsize length)
{
  gsize wanted, n = well_formed_bytes ((const guint8 *) text, length, &wanted);

  return wanted > 0 && n == length && n < wanted;
}

gsize
owl_utf8_bad_length (const char *text, gsize length)
{
  gsize wanted, n = well_formed_bytes ((const guint8 *) text, length, &wanted);

  return MAX (n, 1);
}
