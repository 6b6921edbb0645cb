/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/npy.h"

#include "files/new-file.h"

#include <string.h>

gboolean
owl_npy_write_f32 (const char *path, const float *values, const gsize *shape, int n_dims, GError **error)
{
  g_autoptr (OwlNewFile) file = owl_new_file_create (path, error);
  g_autoptr (GString) header = g_string_new ("{'descr': '<f4', 'fortran_order': False, 'shape': (");
  guint8 start[10] = "\x93NUMPY\x01\x00";
  gsize n = 1;

  if (!file)
    return FALSE;
  for (int i = 0; i < n_dims; i++) {
    g_string_append_printf (header, "%s%" G_GSIZE_FORMAT "%s", i > 0 ? " " : "", shape[i], i < n_dims - 1 || n_dims == 1 ? "," : "");
    n *= shape[i];
  }
  g_string_append (header, "), }");
  /* The data begins at a multiple of 64 bytes; the header ends in a newline. */
  while ((sizeof start + header->len + 1) % 64 != 0)
    g_string_append_c (header, ' ');
  g_string_append_c (header, '\n');
  start[8] = (guint8) (header->len & 0xff);
  start[9] = (guint8) (header->len >> 8);
  return owl_new_file_write (file, start, sizeof start, error) && owl_new_file_write (file, header->str, header->len, error) &&
         owl_new_file_write (file, values, n * sizeof *values, error) && owl_new_file_finish (file, error);
}
