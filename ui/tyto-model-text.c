/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-model-text.h"

#include "app/chat/system-memory.h"
#include "ui/tyto-settings.h"

#include <glib/gi18n.h>
#include <math.h>

char *
tyto_model_text_languages (TytoModel *model)
{
  const char *const *codes = tyto_model_get_languages (model);
  GString *text;

  if (!codes[0])
    return NULL;
  text = g_string_new (NULL);
  for (; *codes; codes++)
    for (const TytoLanguage *l = tyto_languages; l->code; l++)
      if (g_str_equal (l->code, *codes))
        g_string_append_printf (text, "%s%s", text->len ? ", " : "", l->name);
  return g_string_free (text, FALSE);
}

char *
tyto_model_text_kind (TytoModel *model)
{
  g_autofree char *languages = tyto_model_text_languages (model);

  if (tyto_model_get_problem (model))
    return g_strdup (_("Cannot be used"));
  if (!tyto_model_get_has_vision (model))
    return g_strdup (_("Text only, without pictures"));
  if (tyto_model_get_origin (model) == TYTO_MODEL_BUNDLED)
    return g_strdup_printf (_("Drawn pictures · %s"), languages);
  return languages ? g_strdup_printf ("mPLUG-Owl · %s", languages) : g_strdup ("mPLUG-Owl");
}

char *
tyto_model_text_size (TytoModel *model)
{
  g_autofree char *size = g_format_size (tyto_model_get_size (model));

  return g_strdup_printf (_("%s on the disk, stored as %s"), size, tyto_model_get_weight_type (model));
}

char *
tyto_model_text_memory (guint64 needed, TytoFit *fit)
{
  guint64 total = tyto_system_get_total_memory (), available = tyto_system_get_available_memory ();
  TytoFit judged = tyto_model_judge_memory (needed, total, available);
  g_autofree char *needed_text = g_format_size (needed), *total_text = g_format_size (total), *free_text = g_format_size (available);

  if (fit)
    *fit = judged;
  switch (judged) {
  case TYTO_FIT_NEVER:
    return g_strdup_printf (_("Needs %s of memory; this computer has only %s"), needed_text, total_text);
  case TYTO_FIT_TIGHT:
    return g_strdup_printf (_("Needs %s of memory; only %s are free now"), needed_text, free_text);
  case TYTO_FIT_GOOD:
  default:
    return available ? g_strdup_printf (_("Needs %s of memory; %s are free"), needed_text, free_text)
                     : g_strdup_printf (_("Needs %s of memory"), needed_text);
  }
}

char *
tyto_model_text_time (double seconds)
{
  int minutes = (int) ceil (seconds / 60.0);

  if (seconds < 60.0)
    return g_strdup_printf (ngettext ("about %d second left", "about %d seconds left", (int) ceil (seconds)), (int) ceil (seconds));
  return g_strdup_printf (ngettext ("about %d minute left", "about %d minutes left", minutes), minutes);
}
