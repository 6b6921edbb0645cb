/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-about.h"

#include <glib/gi18n.h>

/* Libraries that are part of a running Tyto, with their licences. */
static const struct {
  const char *name, *copyright;
  GtkLicense license;
  const char *text; /* for GTK_LICENSE_CUSTOM */
} libraries[] = {
  { "GTK, libadwaita, GLib, Pango", NULL, GTK_LICENSE_LGPL_2_1, NULL },
  { "Poppler", NULL, GTK_LICENSE_GPL_2_0, NULL },
  { "OpenBLAS", NULL, GTK_LICENSE_BSD_3, NULL },
  { "SQLite", NULL, GTK_LICENSE_CUSTOM, "Public domain" },
  { "Jansson", NULL, GTK_LICENSE_MIT_X11, NULL },
  { "cmark-gfm", NULL, GTK_LICENSE_BSD, NULL },
  { "libpng, libjpeg-turbo, zlib", NULL, GTK_LICENSE_CUSTOM, "libpng licence, IJG and BSD licences, zlib licence" },
  { "libwebp, giflib, libtiff, libheif, Tesseract", NULL, GTK_LICENSE_CUSTOM, "BSD, MIT, libtiff, LGPL 3 and Apache 2.0 licences; used where they are installed" },
  { "libseccomp", NULL, GTK_LICENSE_LGPL_2_1, NULL },
};

void
tyto_about_show (GtkWindow *parent)
{
  AdwAboutWindow *window =
      ADW_ABOUT_WINDOW (g_object_new (ADW_TYPE_ABOUT_WINDOW, "transient-for", parent, "modal", parent != NULL, "application-name", _("Tyto"),
                                      "application-icon", "io.github.tyto_app.Tyto", "version", TYTO_VERSION, "comments",
                                      _("Talk across your own pictures and pages. Everything stays on this computer."), "license-type",
                                      GTK_LICENSE_GPL_3_0, "developer-name", _("The Tyto developers"), "copyright", _("© The Tyto developers"), NULL));

  adw_about_window_add_legal_section (window, "mPLUG-Owl", _("The architecture of the models, by its authors at X-PLUG; this program is an implementation of its own"),
                                      GTK_LICENSE_APACHE_2_0, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (libraries); i++)
    adw_about_window_add_legal_section (window, libraries[i].name, libraries[i].copyright, libraries[i].license, libraries[i].text);
  gtk_window_present (GTK_WINDOW (window));
}
