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

const TytoLanguage tyto_languages[] = {
  { "en", "English", "English" }, { "de", "Deutsch", "German" },   { "es", "Español", "Spanish" }, { "fr", "Français", "French" },
  { "ja", "日本語", "Japanese" }, { "ko", "한국어", "Korean" }, { "zh", "中文", "Chinese" },     { NULL, NULL, NULL },
};

/* "Answer in German." */
static char *
language_sentence (GSettings *settings)
{
  g_autofree char *code = g_settings_get_string (settings, "reply-language");

  for (const TytoLanguage *l = tyto_languages; l->code; l++)
    if (g_str_equal (l->code, code))
      return g_strdup_printf ("Answer in %s.", l->english);
  return NULL;
}

void
tyto_settings_get_answer_options (TytoAnswerOptions *options, char **instructions)
{
  GSettings *settings = tyto_settings_get ();
  g_autofree char *own = settings ? g_strstrip (g_settings_get_string (settings, "instructions")) : NULL;
  g_autofree char *language = settings ? language_sentence (settings) : NULL;

  *options = TYTO_ANSWER_PRECISE;
  *instructions = NULL;
  options->seed = g_random_int ();
  if (!settings)
    return;
  if (g_settings_get_boolean (settings, "varied")) {
    options->temperature = g_settings_get_double (settings, "temperature");
    options->top_k = g_settings_get_int (settings, "top-k");
    options->top_p = g_settings_get_double (settings, "top-p");
    options->min_p = g_settings_get_double (settings, "min-p");
  }
  options->repeat_penalty = g_settings_get_double (settings, "repeat-penalty");
  options->max_tokens = g_settings_get_int (settings, "max-tokens");
  if (*own && language)
    *instructions = g_strdup_printf ("%s %s", own, language);
  else if (*own || language)
    *instructions = g_strdup (*own ? own : language);
  options->instructions = *instructions;
}

int
tyto_settings_get_threads (void)
{
  GSettings *settings = tyto_settings_get ();

  return settings ? g_settings_get_int (settings, "threads") : 0;
}

OwlKvType
tyto_settings_get_kv (void)
{
  GSettings *settings = tyto_settings_get ();

  /* The numbers of the setting are those of OwlKvType. */
  return settings ? (OwlKvType) CLAMP (g_settings_get_int (settings, "kv"), OWL_KV_DEFAULT, OWL_KV_Q8_0) : OWL_KV_DEFAULT;
}
