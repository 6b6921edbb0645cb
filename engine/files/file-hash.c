/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/file-hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below this, reading is faster than looking up. */
#define REMEMBERED_SIZE (8 << 20)
#define GROUP "sha256"

static char *
cache_path (void)
{
  return g_build_filename (g_get_user_cache_dir (), "tyto", "content-hashes.ini", NULL);
}

static char *
identity (const struct stat *s)
{
  return g_strdup_printf ("%llx-%llx-%llx-%llx.%lx-%llx.%lx", (unsigned long long) s->st_dev, (unsigned long long) s->st_ino,
                          (unsigned long long) s->st_size, (unsigned long long) s->st_mtim.tv_sec,
                          (unsigned long) s->st_mtim.tv_nsec, (unsigned long long) s->st_ctim.tv_sec,
                          (unsigned long) s->st_ctim.tv_nsec);
}

static gboolean
parse_hex (const char *hex, guint8 hash[32])
{
  if (!hex || strlen (hex) != 64)
    return FALSE;
  for (int i = 0; i < 32; i++) {
    int high = g_ascii_xdigit_value (hex[2 * i]), low = g_ascii_xdigit_value (hex[2 * i + 1]);

    if (high < 0 || low < 0)
      return FALSE;
    hash[i] = (guint8) (high << 4 | low);
  }
  return TRUE;
}

static gboolean
recall (const char *key, guint8 hash[32])
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = cache_path ();
  g_autofree char *hex = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    return FALSE;
  hex = g_key_file_get_string (file, GROUP, key, NULL);
  return parse_hex (hex, hash);
}

/* Best effort: a cache that cannot be written is no error. */
static void
remember (const char *key, const guint8 hash[32])
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = cache_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  char hex[65];

  for (int i = 0; i < 32; i++)
    g_snprintf (hex + 2 * i, 3, "%02x", hash[i]);
  g_mkdir_with_parents (folder, 0700);
  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  g_key_file_set_string (file, GROUP, key, hex);
  g_key_file_save_to_file (file, path, NULL);
}

static gboolean
hash_descriptor (int fd, guint8 hash[32])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *block = g_malloc (1 << 20);
  gsize size = 32;

  for (;;) {
    ssize_t n = read (fd, block, 1 << 20);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    if (n == 0)
      break;
    g_checksum_update (sum, block, n);
  }
  g_checksum_get_digest (sum, hash, &size);
  return TRUE;
}

gboolean
owl_file_hash (const char *path, guint8 hash[32], GError **error)
{
  g_autofree char *key = NULL;
  struct stat s;
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean done;

  if (fd < 0 || fstat (fd, &s) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
    if (fd >= 0)
      close (fd);
    return FALSE;
  }
  key = identity (&s);
  if (s.st_size >= REMEMBERED_SIZE && recall (key, hash)) {
    close (fd);
    return TRUE;
  }
  done = hash_descriptor (fd, hash);
  if (!done)
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  close (fd);
  if (done && s.st_size >= REMEMBERED_SIZE)
    remember (key, hash);
  return done;
}
