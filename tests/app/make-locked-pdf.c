/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The standard security handler in its first revision (PDF Reference 1.7, section 3.5: algorithms 3.1 to 3.4), which every reader knows. */
#include "make-locked-pdf.h"

#include <string.h>

#define KEY_SIZE 5

static const guint8 padding[32] = { 0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08,
                                    0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a };

static void
rc4 (const guint8 *key, gsize n_key, guint8 *data, gsize size)
{
  guint8 state[256], swap;
  guint a = 0, b = 0;

  for (guint i = 0; i < 256; i++)
    state[i] = (guint8) i;
  for (guint i = 0; i < 256; i++) {
    b = (b + state[i] + key[i % n_key]) & 255;
    swap = state[i];
    state[i] = state[b];
    state[b] = swap;
  }
  b = 0;
  for (gsize i = 0; i < size; i++) {
    a = (a + 1) & 255;
    b = (b + state[a]) & 255;
    swap = state[a];
    state[a] = state[b];
    state[b] = swap;
    data[i] ^= state[(state[a] + state[b]) & 255];
  }
}

/* MD5 of the parts, one after the other; a NULL ends them. */
static void
hash (guint8 digest[16], const void *part, gsize size, ...)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_MD5);
  gsize n_digest = 16;
  va_list args;

  va_start (args, size);
  for (; part; part = va_arg (args, const void *), size = part ? va_arg (args, gsize) : 0)
    g_checksum_update (checksum, part, (gssize) size);
  va_end (args);
  g_checksum_get_digest (checksum, digest, &n_digest);
}

static void
append (GByteArray *bytes, const char *text)
{
  g_byte_array_append (bytes, (const guint8 *) text, (guint) strlen (text));
}

static void
append_hex (GByteArray *bytes, const guint8 *data, gsize size)
{
  append (bytes, "<");
  for (gsize i = 0; i < size; i++) {
    g_autofree char *digits = g_strdup_printf ("%02x", data[i]);

    append (bytes, digits);
  }
  append (bytes, ">");
}

/* An object of its own; its place goes to `offsets`. */
static void G_GNUC_PRINTF (3, 4)
append_object (GByteArray *bytes, GArray *offsets, const char *format, ...)
{
  g_autofree char *text = NULL, *head = g_strdup_printf ("%u 0 obj\n", offsets->len + 1);
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_array_append_val (offsets, bytes->len);
  append (bytes, head);
  append (bytes, text);
}

static void
append_page (GByteArray *bytes, GArray *offsets, int number, const guint8 *file_key)
{
  g_autofree char *text = g_strdup_printf ("BT /F 24 Tf 40 300 Td (Secret page %d) Tj ET", number + 1);
  guint8 key[KEY_SIZE + 5] = { 0 }, digest[16];
  gsize size = strlen (text);
  guint object;

  append_object (bytes, offsets, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Resources<</Font<</F 3 0 R>>>>/Contents %u 0 R>>\nendobj\n",
                 offsets->len + 2);
  append_object (bytes, offsets, "<</Length %" G_GSIZE_FORMAT ">>\nstream\n", size);
  object = offsets->len;
  memcpy (key, file_key, KEY_SIZE);
  key[KEY_SIZE] = (guint8) object;
  key[KEY_SIZE + 1] = (guint8) (object >> 8);
  hash (digest, key, sizeof key, NULL);
  rc4 (digest, sizeof key, (guint8 *) text, size);
  g_byte_array_append (bytes, (const guint8 *) text, (guint) size);
  append (bytes, "\nendstream\nendobj\n");
}

/* Table of objects and trailer. */
static void
append_end (GByteArray *bytes, const GArray *offsets, const guint8 owner[32], const guint8 user[32])
{
  guint start = bytes->len;
  g_autoptr (GString) table = g_string_new (NULL);
  g_autofree char *end = g_strdup_printf (">>>>\nstartxref\n%u\n%%%%EOF\n", start);

  g_string_printf (table, "xref\n0 %u\n0000000000 65535 f \n", offsets->len + 1);
  for (guint i = 0; i < offsets->len; i++)
    g_string_append_printf (table, "%010u 00000 n \n", g_array_index (offsets, guint, i));
  g_string_append_printf (table, "trailer\n<</Root 1 0 R/Size %u/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O", offsets->len + 1);
  append (bytes, table->str);
  append_hex (bytes, owner, 32);
  append (bytes, "/U");
  append_hex (bytes, user, 32);
  append (bytes, end);
}

GByteArray *
make_locked_pdf (int n_pages, const char *password)
{
  static const guint8 permissions[4] = { 0xfc, 0xff, 0xff, 0xff }, id[1] = { 0 };
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GArray) offsets = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GString) kids = g_string_new (NULL);
  guint8 padded[32], owner[32], user[32], digest[16];
  gsize length = MIN (strlen (password), sizeof padded);

  memcpy (padded, password, length);
  memcpy (padded + length, padding, sizeof padded - length);
  memcpy (owner, padded, sizeof owner);
  hash (digest, padded, sizeof padded, NULL);
  rc4 (digest, KEY_SIZE, owner, sizeof owner);
  hash (digest, padded, sizeof padded, owner, sizeof owner, permissions, sizeof permissions, id, sizeof id, NULL);
  memcpy (user, padding, sizeof user);
  rc4 (digest, KEY_SIZE, user, sizeof user);

  for (int i = 0; i < n_pages; i++)
    g_string_append_printf (kids, "%d 0 R ", 4 + 2 * i);
  append (bytes, "%PDF-1.4\n");
  append_object (bytes, offsets, "<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
  append_object (bytes, offsets, "<</Type/Pages/Kids[%s]/Count %d>>\nendobj\n", kids->str, n_pages);
  append_object (bytes, offsets, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\n");
  for (int i = 0; i < n_pages; i++)
    append_page (bytes, offsets, i, digest);
  append_end (bytes, offsets, owner, user);
  return bytes;
}
