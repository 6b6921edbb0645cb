/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/models/tyto-models.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAX_STRENGTH 2.0
#define LORA_SUFFIX ".lora.gguf"

const char *
tyto_models_get_data_dir (void)
{
  const char *chosen = g_getenv ("TYTO_DATA_DIR");

  return chosen && *chosen ? chosen : TYTO_DATADIR;
}

char *
tyto_models_get_starter (void)
{
  return g_build_filename (tyto_models_get_data_dir (), "models", "starter", NULL);
}

gboolean
tyto_models_is_model (const char *path)
{
  g_autofree char *language = g_build_filename (path, "language.gguf", NULL);

  return g_file_test (language, G_FILE_TEST_EXISTS) || (g_str_has_suffix (path, ".gguf") && g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

char *
tyto_models_find (const char *chosen)
{
  g_autofree char *starter = tyto_models_get_starter ();

  if (chosen && *chosen && tyto_models_is_model (chosen))
    return g_strdup (chosen);
  return tyto_models_is_model (starter) ? g_steal_pointer (&starter) : NULL;
}

gboolean
tyto_models_is_starter (const char *path)
{
  g_autofree char *starter = tyto_models_get_starter ();

  return g_strcmp0 (path, starter) == 0;
}

char *
tyto_models_find_converter (void)
{
  const char *chosen = g_getenv ("OWL_PROGRAM");
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL), *folder = program ? g_path_get_dirname (program) : NULL;
  const char *const places[] = { "owl", "../engine/owl", "../bin/owl", "../../engine/owl" };

  if (chosen && *chosen)
    return g_strdup (chosen);
  for (gsize i = 0; folder && i < G_N_ELEMENTS (places); i++) {
    g_autofree char *path = g_build_filename (folder, places[i], NULL);

    if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
      return g_steal_pointer (&path);
  }
  return g_find_program_in_path ("owl");
}

void
tyto_adapter_spec_parse (const char *spec, char **name, double *strength)
{
  const char *colon = spec ? strrchr (spec, ':') : NULL;
  char *end = NULL;
  double value = colon ? g_ascii_strtod (colon + 1, &end) : 1.0;

  *name = NULL;
  *strength = 1.0;
  if (!spec || !*spec)
    return;
  if (colon && end != colon + 1 && *end == '\0' && value >= 0.0 && value <= MAX_STRENGTH) {
    *name = g_strndup (spec, (gsize) (colon - spec));
    *strength = value;
  } else {
    *name = g_strdup (spec);
  }
}

char *
tyto_adapter_spec_make (const char *name, double strength)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (!name || !*name)
    return g_strdup ("");
  return g_strconcat (name, ":", g_ascii_formatd (number, sizeof number, "%.2f", CLAMP (strength, 0.0, MAX_STRENGTH)), NULL);
}

char *
tyto_models_get_adapter_folder (const char *user_dir, const char *path)
{
  g_autofree char *imported = g_build_filename (user_dir, "models", NULL), *parent = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path), *sum = NULL, *folder = NULL;

  if (g_str_equal (parent, imported))
    return g_strdup (path);
  if (tyto_models_is_starter (path))
    return g_build_filename (user_dir, "adapters", "starter", NULL);
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, path, -1);
  folder = g_strdup_printf ("%s-%.8s", base, sum);
  return g_build_filename (user_dir, "adapters", folder, NULL);
}

char *
tyto_models_find_adapter (const char *user_dir, const char *path, const char *name)
{
  g_autofree char *own = g_file_test (path, G_FILE_TEST_IS_DIR) ? g_strdup (path) : g_path_get_dirname (path);
  g_autofree char *kept = tyto_models_get_adapter_folder (user_dir, path), *base = g_strconcat (name, LORA_SUFFIX, NULL);
  const char *folders[] = { own, kept };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *file = g_build_filename (folders[i], base, NULL);

    if (g_file_test (file, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&file);
  }
  return NULL;
}

gboolean
tyto_models_remove_tree (const char *path)
{
  gboolean done = TRUE;

  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)) {
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
      g_autofree char *child = g_build_filename (path, name, NULL);

      done &= tyto_models_remove_tree (child);
    }
    return g_rmdir (path) == 0 && done;
  }
  return g_unlink (path) == 0;
}
