/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-util.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char *
test_data_path (const char *name)
{
  const char *folder = g_getenv ("OWL_TEST_DATA");

  g_assert_nonnull (folder);
  return g_build_filename (folder, name, NULL);
}

void *
test_read_npy (const char *name, const char *descr, gsize *n, gsize shape[4])
{
  g_autofree char *path = test_data_path (name);
  g_autofree char *content = NULL;
  g_autofree char *header = NULL;
  g_autofree char *type = g_strdup_printf ("'descr': '%s'", descr);
  g_autoptr (GError) error = NULL;
  gsize size, data_offset, value_size = (gsize) (descr[2] - '0');
  char *p;

  g_file_get_contents (path, &content, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, >, 10);
  g_assert_cmpmem (content, 8, "\x93NUMPY\1\0", 8);
  data_offset = 10 + (guint8) content[8] + 256 * (gsize) (guint8) content[9];
  g_assert_cmpuint (data_offset, <=, size);
  header = g_strndup (content + 10, data_offset - 10);
  g_assert_nonnull (strstr (header, type));
  g_assert_nonnull (strstr (header, "'fortran_order': False"));

  p = strstr (header, "'shape': (");
  g_assert_nonnull (p);
  p += strlen ("'shape': (");
  *n = 1;
  for (int i = 0; i < 4; i++) {
    gsize length = g_ascii_isdigit (*p) ? g_ascii_strtoull (p, &p, 10) : 1;

    if (shape)
      shape[i] = length;
    *n *= length;
    p += strspn (p, ", ");
  }
  g_assert_cmpuint (size - data_offset, ==, *n * value_size);
  return g_memdup2 (content + data_offset, size - data_offset);
}

int
test_memory_file (const void *data, gsize size)
{
  int fd = memfd_create ("test", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  for (gsize done = 0; done < size;) {
    gssize n = write (fd, (const char *) data + done, size - done);

    g_assert_cmpint (n, >, 0);
    done += (gsize) n;
  }
  return fd;
}

OwlDecoder *
test_open_bytes (const void *data, gsize size, GError **error)
{
  int fd = test_memory_file (data, size);
  OwlDecoder *decoder = owl_decoder_open_fd (fd, "test file", NULL, error);

  close (fd);
  return decoder;
}

int
test_count_descriptors (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  int n = 0;

  g_assert_nonnull (folder);
  while (g_dir_read_name (folder))
    n++;
  return n;
}
