/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-util.h"

#include <glib/gstdio.h>

static gboolean
wake (gpointer data)
{
  return G_SOURCE_REMOVE;
}

void
wait_a_little (void)
{
  guint source = g_timeout_add (5, wake, NULL);

  g_main_context_iteration (NULL, TRUE);
  if (g_main_context_find_source_by_id (NULL, source))
    g_source_remove (source);
}

char *
make_scratch (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("tyto-test-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
      remove_tree (child);
    else
      g_unlink (child);
  }
  g_rmdir (path);
}

void
keep_result (GObject *object, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}
