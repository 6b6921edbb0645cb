/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-application.h"
#ifdef TYTO_WITH_WATCHDOG
#include "ui/tyto-watchdog.h"
#endif

#include <glib/gi18n.h>
#include <locale.h>

int
main (int argc, char **argv)
{
  g_autoptr (TytoApplication) application = NULL;
  int status;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, TYTO_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_("Tyto"));

#ifdef TYTO_WITH_WATCHDOG
  tyto_watchdog_start ();
#endif
  application = tyto_application_new ();
  status = g_application_run (G_APPLICATION (application), argc, argv);
#ifdef TYTO_WITH_WATCHDOG
  tyto_watchdog_finish ();
#endif
  return status;
}
