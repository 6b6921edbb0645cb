/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-about.h"

#include "ui/tyto-present.h"

#include <glib/gi18n.h>

#define SECTION_MS 40

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

/* One section of the window at a time, each with a frame of its own: making and measuring one costs as much as a window of ours. */
typedef struct {
  GWeakRef window;
  gsize next;
} Adding;

static gboolean
add_section (gpointer data)
{
  Adding *adding = data;
  g_autoptr (AdwAboutWindow) window = g_weak_ref_get (&adding->window);
  gsize i = adding->next++;

  if (!window || i >= G_N_ELEMENTS (libraries))
    return G_SOURCE_REMOVE;
  adw_about_window_add_legal_section (window, libraries[i].name, libraries[i].copyright, libraries[i].license, libraries[i].text);
  return G_SOURCE_CONTINUE;
}

static void
adding_free (gpointer data)
{
  Adding *adding = data;

  g_weak_ref_clear (&adding->window);
  g_free (adding);
}

void
tyto_about_show (GtkWindow *parent)
{
  AdwAboutWindow *window =
      ADW_ABOUT_WINDOW (g_object_new (ADW_TYPE_ABOUT_WINDOW, "transient-for", parent, "modal", parent != NULL, "application-name", _("Tyto"),
                                      "application-icon", "io.github.tyto_app.Tyto", "version", TYTO_VERSION, "comments",
                                      _("Talk across your own pictures and pages. Everything stays on this computer."), "license-type",
                                      GTK_LICENSE_GPL_3_0, "developer-name", _("The Tyto developers"), "copyright", _("© The Tyto developers"), NULL));
  Adding *adding = g_new0 (Adding, 1);

  adw_about_window_add_legal_section (window, "mPLUG-Owl", _("The architecture of the models, by its authors at X-PLUG; this program is an implementation of its own"),
                                      GTK_LICENSE_APACHE_2_0, NULL);
  g_weak_ref_init (&adding->window, window);
  g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, SECTION_MS, add_section, adding, adding_free);
  tyto_present (GTK_WINDOW (window));
}
