/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-button.h"

GtkWidget *
tyto_button_new (const char *text)
{
  GtkWidget *button = gtk_button_new ();

  gtk_button_set_use_underline (GTK_BUTTON (button), TRUE);
  tyto_button_set_text (GTK_BUTTON (button), text);
  return button;
}

void
tyto_button_set_text (GtkButton *button, const char *text)
{
  gtk_button_set_label (button, text);
  /* The label in it is enough. */
  gtk_accessible_reset_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL);
}
