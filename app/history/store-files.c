/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/history/store-files.h"

#include "app/history/tyto-store.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* What SQLite keeps beside a database. */
static const char *const endings[] = { "", "-wal", "-shm" };

char *
store_files_move_aside (const char *folder, const char *reason, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *date = g_date_time_format (now, "%Y-%m-%d-%H%M%S"), *base = g_strdup_printf ("history-%s-%s.db", reason, date);
  g_autofree char *aside = g_build_filename (folder, base, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++) {
    g_autofree char *name = g_strconcat ("history.db", endings[i], NULL), *from = g_build_filename (folder, name, NULL);
    g_autofree char *to = g_strconcat (aside, endings[i], NULL);

    if (g_rename (from, to) != 0 && errno != ENOENT) {
      g_set_error (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_UNWRITABLE, _("%s could not be moved away: %s"), from, g_strerror (errno));
      return NULL;
    }
  }
  return g_steal_pointer (&aside);
}

gboolean
store_files_remove_all (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *base;

  while (dir && (base = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, base, NULL);

    if (!g_str_has_prefix (base, "history.db") && !g_str_has_prefix (base, "history-"))
      continue;
    if (g_unlink (path) != 0 && errno != ENOENT) {
      g_set_error (error, TYTO_STORE_ERROR, TYTO_STORE_ERROR_UNWRITABLE, _("%s could not be deleted: %s"), path, g_strerror (errno));
      return FALSE;
    }
  }
  return TRUE;
}

char *
store_files_why_unwritable (const char *folder)
{
  if (g_mkdir_with_parents (folder, 0700) != 0 || access (folder, W_OK | X_OK) != 0)
    return g_strdup (g_strerror (errno));
  return NULL;
}
