/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-warm-up.h"

#include <adwaita.h>

#define ICON_SIZE 16

/* Texts of sizes, weights and scripts that the first frame does not have. The names of the languages that a model knows want fonts of their own. */
static const struct {
  const char *outer, *inner, *text;
} texts[] = {
  { "message", "answer-text", "Tyto" }, { "message", "quiet", "Tyto" },        { "viewer-tab", "heading", "Tyto" }, { "picture", "caption-heading", "12" },
  { "seen-part", "seen-text", "Tyto" }, { "menu", "menu-heading", "Tyto" },    { "model-row", "in-use", "Tyto" },   { "model-row", "error-text", "Tyto" },
  { "model-row", "quiet", "中" },     { "model-row", "quiet", "日" },    { "model-row", "quiet", "한" },
};

/* All that buttons of messages, pictures, menus and viewers show. */
static const char *const icons[] = {
  "edit-copy-symbolic", "view-refresh-symbolic", "text-x-generic-symbolic", "find-location-symbolic", "document-edit-symbolic", "view-reveal-symbolic",
  "user-trash-symbolic", "go-previous-symbolic", "go-next-symbolic", "media-playback-stop-symbolic", "window-close-symbolic", "view-more-symbolic",
  "go-bottom-symbolic", "dialog-warning-symbolic", "object-select-symbolic", "folder-open-symbolic", "document-open-symbolic", "help-about-symbolic",
  "zoom-in-symbolic", "zoom-out-symbolic", "zoom-fit-best-symbolic", "zoom-original-symbolic", "view-dual-symbolic", "insert-text-symbolic",
  "edit-select-all-symbolic", "sidebar-show-right-symbolic", "changes-prevent-symbolic", "pan-down-symbolic", "go-up-symbolic", "go-down-symbolic",
};

/* The first of a kind is slow to make. */
static GtkWidget *(*const kinds[]) (void) = {
  adw_preferences_page_new, adw_preferences_group_new, adw_action_row_new, adw_combo_row_new, adw_entry_row_new, adw_expander_row_new, gtk_switch_new,
  gtk_spinner_new,
};

static void
measure (GtkWidget *widget)
{
  g_object_ref_sink (widget);
  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
  gtk_widget_measure (widget, GTK_ORIENTATION_VERTICAL, -1, NULL, NULL, NULL, NULL);
  g_object_unref (widget);
}

static void
warm_text (guint n)
{
  GtkWidget *outer = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *inner = gtk_label_new (texts[n].text);

  gtk_widget_add_css_class (outer, texts[n].outer);
  gtk_widget_add_css_class (inner, texts[n].inner);
  gtk_box_append (GTK_BOX (outer), inner);
  measure (outer);
}

static void
warm_icon (guint n)
{
  GdkDisplay *display = gdk_display_get_default ();
  g_autoptr (GIcon) icon = g_themed_icon_new (icons[n]);
  g_autoptr (GtkIconPaintable) paintable =
      gtk_icon_theme_lookup_by_gicon (gtk_icon_theme_get_for_display (display), icon, ICON_SIZE, 1, gtk_widget_get_default_direction (), GTK_ICON_LOOKUP_PRELOAD);

  (void) paintable; /* the theme remembers it, and a thread of its own draws it */
}

static void
warm_kind (guint n)
{
  GtkWidget *widget = kinds[n]();

  if (ADW_IS_PREFERENCES_ROW (widget))
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (widget), "Tyto");
  measure (widget);
}

static gboolean
go_on (gpointer data)
{
  guint *next = data, n = (*next)++;

  if (n < G_N_ELEMENTS (texts)) {
    warm_text (n);
    return G_SOURCE_CONTINUE;
  }
  n -= G_N_ELEMENTS (texts);
  if (n < G_N_ELEMENTS (icons)) {
    warm_icon (n);
    return G_SOURCE_CONTINUE;
  }
  n -= G_N_ELEMENTS (icons);
  warm_kind (n);
  return n + 1 < G_N_ELEMENTS (kinds);
}

void
tyto_warm_up (void)
{
  g_idle_add_full (G_PRIORITY_LOW, go_on, g_new0 (guint, 1), g_free);
}
