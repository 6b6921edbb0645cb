/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/models/import-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define NEWS_USEC (G_USEC_PER_SEC / 10)

typedef struct {
  char *source, *dest, *base;
  TytoCopyProgress progress;
  gpointer user_data;
  guint64 before, total; /* bytes of the files done, of all */
  gint64 start, said;
} Copy;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_free (copy->source);
  g_free (copy->dest);
  g_free (copy->base);
  g_free (copy);
}

/* From the copying thread to the main loop. */
typedef struct {
  GTask *task; /* keeps what `progress` is called with alive */
  TytoCopyProgress progress;
  gpointer user_data;
  double fraction, rate, seconds_left;
} News;

static gboolean
deliver (gpointer data)
{
  News *news = data;

  if (!g_task_get_completed (news->task))
    news->progress (news->fraction, news->rate, news->seconds_left, news->user_data);
  g_object_unref (news->task);
  g_free (news);
  return G_SOURCE_REMOVE;
}

static void
say (goffset done, goffset size, gpointer user_data)
{
  GTask *task = user_data;
  Copy *copy = g_task_get_task_data (task);
  gint64 now = g_get_monotonic_time ();
  guint64 bytes = copy->before + (guint64) done;
  double seconds = (double) (now - copy->start) / 1e6;
  News *news;

  if (now - copy->said < NEWS_USEC)
    return;
  copy->said = now;
  news = g_new0 (News, 1);
  news->task = g_object_ref (task);
  news->progress = copy->progress;
  news->user_data = copy->user_data;
  news->fraction = copy->total ? MIN (1.0, (double) bytes / (double) copy->total) : 0.0;
  news->rate = seconds > 0.0 ? (double) bytes / seconds : 0.0;
  news->seconds_left = news->rate > 0.0 && copy->total > bytes ? (double) (copy->total - bytes) / news->rate : 0.0;
  g_idle_add (deliver, news);
}

static gboolean
flush (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && fsync (fd) == 0;

  if (!done)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return done;
}

static gboolean
copy_file (GTask *task, const char *source, const char *dest, GCancellable *cancellable, GError **error)
{
  Copy *copy = g_task_get_task_data (task);
  g_autoptr (GFile) from = g_file_new_for_path (source), to = g_file_new_for_path (dest);
  GStatBuf status;

  if (!g_file_copy (from, to, G_FILE_COPY_NO_FALLBACK_FOR_MOVE | G_FILE_COPY_TARGET_DEFAULT_PERMS, cancellable, say, task, error) || !flush (dest, error))
    return FALSE;
  if (g_stat (dest, &status) == 0)
    copy->before += (guint64) status.st_size;
  return TRUE;
}

static GPtrArray *
list_files (Copy *copy, GError **error)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  GStatBuf status;

  if (!g_file_test (copy->source, G_FILE_TEST_IS_DIR)) {
    g_ptr_array_add (files, g_strdup (copy->source));
  } else {
    g_autoptr (GDir) dir = g_dir_open (copy->source, 0, error);
    const char *base;

    while (dir && (base = g_dir_read_name (dir)))
      if (*base != '.' && g_str_has_suffix (base, ".gguf"))
        g_ptr_array_add (files, g_build_filename (copy->source, base, NULL));
  }
  for (guint i = 0; i < files->len; i++)
    if (g_stat (g_ptr_array_index (files, i), &status) == 0)
      copy->total += (guint64) status.st_size;
  return files;
}

static void
copy_thread (GTask *task, gpointer object, gpointer data, GCancellable *cancellable)
{
  Copy *copy = data;
  GError *error = NULL;
  g_autoptr (GPtrArray) files = list_files (copy, &error);
  gboolean into_folder = copy->base || g_file_test (copy->source, G_FILE_TEST_IS_DIR);

  for (guint i = 0; i < files->len && !error; i++) {
    const char *file = g_ptr_array_index (files, i);
    g_autofree char *base = copy->base ? g_strdup (copy->base) : g_path_get_basename (file);
    g_autofree char *dest = into_folder ? g_build_filename (copy->dest, base, NULL) : g_strdup (copy->dest);

    copy_file (task, file, dest, cancellable, &error);
  }
  if (!error && into_folder)
    flush (copy->dest, &error);
  if (error)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
tyto_import_copy_async (const char *source, const char *dest, const char *base, GCancellable *cancellable, TytoCopyProgress progress,
                        gpointer user_data, GAsyncReadyCallback callback, gpointer callback_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, callback_data);
  Copy *copy = g_new0 (Copy, 1);

  copy->source = g_strdup (source);
  copy->dest = g_strdup (dest);
  copy->base = g_strdup (base);
  copy->progress = progress;
  copy->user_data = user_data;
  copy->start = g_get_monotonic_time ();
  g_task_set_task_data (task, copy, copy_free);
  g_task_run_in_thread (task, copy_thread);
}

gboolean
tyto_import_copy_finish (GObject *object, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

guint64
tyto_import_get_free_space (const char *folder)
{
  g_autoptr (GFile) file = g_file_new_for_path (folder);
  g_autoptr (GFileInfo) info = g_file_query_filesystem_info (file, G_FILE_ATTRIBUTE_FILESYSTEM_FREE, NULL, NULL);

  return info ? g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_FILESYSTEM_FREE) : 0;
}
