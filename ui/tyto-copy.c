/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-copy.h"

#define SHOWN_MS 1500

/* What a button is that says now that it copied. */
typedef struct {
  GtkButton *button;
  char *icon;
  guint timer;
} Copied;

static GQuark
copied_quark (void)
{
  return g_quark_from_static_string ("tyto-copied");
}

static void
copied_free (gpointer data)
{
  Copied *copied = data;

  g_clear_handle_id (&copied->timer, g_source_remove);
  g_free (copied->icon);
  g_free (copied);
}

static gboolean
show_as_before (gpointer data)
{
  Copied *copied = data;

  copied->timer = 0;
  gtk_button_set_icon_name (copied->button, copied->icon);
  g_object_set_qdata (G_OBJECT (copied->button), copied_quark (), NULL);
  return G_SOURCE_REMOVE;
}

void
tyto_copy_text (GtkButton *button, const char *text)
{
  Copied *copied = g_object_get_qdata (G_OBJECT (button), copied_quark ());

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (button)), text);
  if (!copied) {
    copied = g_new0 (Copied, 1);
    copied->button = button;
    copied->icon = g_strdup (gtk_button_get_icon_name (button));
    g_object_set_qdata_full (G_OBJECT (button), copied_quark (), copied, copied_free);
  }
  g_clear_handle_id (&copied->timer, g_source_remove);
  copied->timer = g_timeout_add (SHOWN_MS, show_as_before, copied);
  gtk_button_set_icon_name (button, "object-select-symbolic");
}
