/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-util.h"

#include <glib/gstdio.h>

#define LIMIT 90

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

TytoServices *
start_services (void)
{
  TytoServices *services = tyto_services_new ();
  gboolean is_listed = FALSE;

  tyto_services_start (services);
  WAIT_FOR (tyto_engine_get_state (tyto_services_get_engine (services)) == TYTO_ENGINE_READY, LIMIT);
  WAIT_FOR ((g_object_get (services, "listed", &is_listed, NULL), is_listed), LIMIT);
  WAIT_FOR (tyto_model_library_get_scanned (tyto_services_get_library (services)), LIMIT);
  return services;
}

void
stop_services (TytoServices *services)
{
  tyto_model_library_flush (tyto_services_get_library (services));
  tyto_services_close (services);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (services);
}

TytoAttachment *
attach_picture (TytoServices *services, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("OWL_TEST_DATA"), folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoImport) import = NULL;
  TytoAttachment *attachment;

  tyto_documents_import_async (tyto_services_get_documents (services), file, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  import = tyto_documents_import_finish (tyto_services_get_documents (services), result, &error);
  g_assert_no_error (error);
  attachment = tyto_attachment_new (import->name, -1);
  tyto_attachment_set_blob (attachment, import->blob);
  tyto_documents_load_thumbnail (tyto_services_get_documents (services), attachment);
  WAIT_FOR (tyto_attachment_get_state (attachment) == TYTO_ATTACHMENT_READY, LIMIT);
  return attachment;
}
