/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-choice.h"

#include "ui/tyto-row-layout.h"

#define WIDTH_CHARS 34
/* Names can be those of folders and files, and long. */
#define NAME_LINES 2

static GtkWidget *
add_label (GtkWidget *box, const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), WIDTH_CHARS);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

GtkWidget *
tyto_choice_new (GtkWidget *group, const char *text, const char *note)
{
  GtkWidget *check = gtk_check_button_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *name = add_label (box, text);

  gtk_label_set_lines (GTK_LABEL (name), NAME_LINES);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  if (note)
    gtk_widget_add_css_class (add_label (box, note), "quiet");
  /* By its own layout a check button gives a text that wraps more width than it has, and a popover asks for its height in more width than it gets. */
  gtk_widget_set_layout_manager (check, tyto_row_layout_new (4));
  gtk_widget_set_margin_start (box, 4);
  gtk_check_button_set_group (GTK_CHECK_BUTTON (check), GTK_CHECK_BUTTON (group));
  gtk_check_button_set_child (GTK_CHECK_BUTTON (check), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, text, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, note ? note : "", -1);
  gtk_widget_add_css_class (check, "choice");
  return check;
}

void
tyto_choice_set_text (GtkWidget *choice, const char *text, const char *note)
{
  GtkWidget *box = gtk_check_button_get_child (GTK_CHECK_BUTTON (choice));

  gtk_label_set_text (GTK_LABEL (gtk_widget_get_first_child (box)), text);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (box)), note);
  gtk_accessible_update_property (GTK_ACCESSIBLE (choice), GTK_ACCESSIBLE_PROPERTY_LABEL, text, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, note, -1);
}
