/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-application.h"

#include <glib/gi18n.h>
#include <locale.h>

int
main (int argc, char **argv)
{
  g_autoptr (TytoApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, TYTO_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_("Tyto"));

  application = tyto_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
