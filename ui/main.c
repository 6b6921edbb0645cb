/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-application.h"
#ifdef TYTO_WITH_WATCHDOG
#include "ui/tyto-watchdog.h"
#endif

#include <glib/gi18n.h>
#include <locale.h>

/* Without a graphics card, its driver is a program that paints on the processor: it takes a quarter of a second to start, and later the cores that
 * the model needs. The toolkit's own painting does better there. */
static void
choose_painting (void)
{
  static const char *const devices[] = { "/dev/dri", "/dev/nvidia0", "/dev/mali0", "/dev/dxg" };

  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    if (g_file_test (devices[i], G_FILE_TEST_EXISTS))
      return;
  g_setenv ("GDK_DEBUG", "gl-disable", FALSE);
  g_setenv ("GSK_RENDERER", "cairo", FALSE);
}

int
main (int argc, char **argv)
{
  g_autoptr (TytoApplication) application = NULL;
  int status;

  choose_painting ();
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
