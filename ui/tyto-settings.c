/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-settings"

#include "ui/tyto-settings.h"

#define SCHEMA "io.github.tyto_app.Tyto"

static GSettingsSchema *
find_schema (void)
{
  GSettingsSchemaSource *installed = g_settings_schema_source_get_default ();
  GSettingsSchema *schema = installed ? g_settings_schema_source_lookup (installed, SCHEMA, TRUE) : NULL;
  g_autofree char *program = NULL, *bin = NULL, *folder = NULL;
  g_autoptr (GSettingsSchemaSource) source = NULL;

  if (schema)
    return schema;
  program = g_file_read_link ("/proc/self/exe", NULL);
  bin = program ? g_path_get_dirname (program) : NULL;
  folder = bin ? g_build_filename (bin, "..", "data", NULL) : NULL;
  source = folder ? g_settings_schema_source_new_from_directory (folder, installed, TRUE, NULL) : NULL;
  return source ? g_settings_schema_source_lookup (source, SCHEMA, FALSE) : NULL;
}

GSettings *
tyto_settings_get (void)
{
  static GSettings *settings;
  static gboolean searched;

  if (!searched) {
    g_autoptr (GSettingsSchema) schema = find_schema ();

    searched = TRUE;
    if (schema)
      settings = g_settings_new_full (schema, NULL, NULL);
    else
      g_warning ("The settings schema %s is not installed; nothing can be chosen", SCHEMA);
  }
  return settings;
}

gboolean
tyto_settings_get_varied (void)
{
  GSettings *settings = tyto_settings_get ();

  return settings && g_settings_get_boolean (settings, "varied");
}

char *
tyto_settings_get_instructions (void)
{
  GSettings *settings = tyto_settings_get ();
  g_autofree char *text = settings ? g_strstrip (g_settings_get_string (settings, "instructions")) : NULL;

  return text && *text ? g_steal_pointer (&text) : NULL;
}
