/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/models/tyto-models.h"

#include <string.h>

const char *
tyto_models_get_data_dir (void)
{
  const char *chosen = g_getenv ("TYTO_DATA_DIR");

  return chosen && *chosen ? chosen : TYTO_DATADIR;
}

static char *
starter_path (void)
{
  return g_build_filename (tyto_models_get_data_dir (), "models", "starter", NULL);
}

static gboolean
is_model (const char *path)
{
  g_autofree char *language = g_build_filename (path, "language.gguf", NULL);

  return g_file_test (language, G_FILE_TEST_EXISTS);
}

char *
tyto_models_find (const char *chosen)
{
  g_autofree char *starter = starter_path ();

  if (chosen && *chosen && is_model (chosen))
    return g_strdup (chosen);
  return is_model (starter) ? g_steal_pointer (&starter) : NULL;
}

gboolean
tyto_models_is_starter (const char *path)
{
  g_autofree char *starter = starter_path ();

  return g_strcmp0 (path, starter) == 0;
}
