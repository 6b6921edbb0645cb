/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-shortcuts.h"

#include "ui/tyto-present.h"

#include <glib/gi18n.h>

static const struct {
  const char *group, *title, *keys;
} shortcuts[] = {
  { N_("Question and answer"), N_("Send"), "Return" },
  { NULL, N_("New line"), "<Shift>Return" },
  { NULL, N_("Stop the answer"), "Escape" },
  { NULL, N_("Edit the last question"), "Up" },
  { N_("Pictures and pages"), N_("Attach pictures or PDF pages"), "<Control>o" },
  { NULL, N_("Paste a picture"), "<Control>v" },
  { NULL, N_("Move an attachment"), "<Alt>Left <Alt>Right" },
  { NULL, N_("Remove an attachment"), "Delete" },
  { N_("Chats"), N_("New chat"), "<Control>n" },
  { NULL, N_("Search the chats"), "<Control>f" },
  { NULL, N_("Show or hide the chats"), "F9" },
  { N_("Tyto"), N_("Main menu"), "F10" },
  { NULL, N_("Models"), "<Control>m" },
  { NULL, N_("Preferences"), "<Control>comma" },
  { NULL, N_("Keyboard shortcuts"), "<Control>question" },
  { NULL, N_("Close the window"), "<Control>w" },
  { NULL, N_("Quit"), "<Control>q" },
};

/* GtkShortcutsWindow takes its rows from a description alone. */
static char *
describe (void)
{
  GString *ui = g_string_new ("<interface><object class='GtkShortcutsWindow' id='window'><property name='modal'>1</property><child>"
                              "<object class='GtkShortcutsSection'><property name='section-name'>all</property>"
                              "<property name='max-height'>12</property>");

  for (gsize i = 0; i < G_N_ELEMENTS (shortcuts); i++) {
    g_autofree char *row = g_markup_printf_escaped ("<child><object class='GtkShortcutsShortcut'><property name='title'>%s</property>"
                                                    "<property name='accelerator'>%s</property></object></child>",
                                                    _(shortcuts[i].title), shortcuts[i].keys);

    if (shortcuts[i].group) {
      g_autofree char *group = g_markup_printf_escaped ("<child><object class='GtkShortcutsGroup'><property name='title'>%s</property>",
                                                        _(shortcuts[i].group));

      g_string_append_printf (ui, "%s%s", i > 0 ? "</object></child>" : "", group);
    }
    g_string_append (ui, row);
  }
  g_string_append (ui, "</object></child></object></child></object></interface>");
  return g_string_free (ui, FALSE);
}

void
tyto_shortcuts_show (GtkWindow *parent)
{
  g_autofree char *description = describe ();
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_string (description, -1);
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "window"));

  gtk_window_set_transient_for (window, parent);
  tyto_present (window);
}
