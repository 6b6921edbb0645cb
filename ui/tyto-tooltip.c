/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-tooltip.h"

static GQuark
text_quark (void)
{
  return g_quark_from_static_string ("tyto-tooltip");
}

/* The menu of a button says more than its name, which would lie on top of it. */
static gboolean
shows_menu (GtkWidget *widget)
{
  GtkPopover *menu = GTK_IS_MENU_BUTTON (widget) ? gtk_menu_button_get_popover (GTK_MENU_BUTTON (widget)) : NULL;

  return menu && gtk_widget_get_visible (GTK_WIDGET (menu));
}

static gboolean
query (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  const char *text = g_object_get_qdata (G_OBJECT (widget), text_quark ());

  if (!text || shows_menu (widget))
    return FALSE;
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

void
tyto_tooltip_set (GtkWidget *widget, const char *text)
{
  if (!g_object_get_qdata (G_OBJECT (widget), text_quark ()) && text) {
    g_signal_handlers_disconnect_by_func (widget, query, NULL);
    g_signal_connect (widget, "query-tooltip", G_CALLBACK (query), NULL);
  }
  g_object_set_qdata_full (G_OBJECT (widget), text_quark (), g_strdup (text), g_free);
  gtk_widget_set_has_tooltip (widget, text != NULL);
}
