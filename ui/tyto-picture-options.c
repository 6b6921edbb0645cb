/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-picture-options"

#include "ui/tyto-picture-options.h"

#include "app/documents/tyto-document-text.h"

#include <glib/gi18n.h>

#define WIDTH_CHARS 34

/* One button with its popover, made anew each time it opens. */
typedef struct {
  TytoAttachment *attachment;
  TytoDocuments *documents;
  GtkWidget *box, *popover;
} Options;

static void
options_free (gpointer data, GClosure *closure)
{
  Options *o = data;

  g_object_unref (o->attachment);
  g_object_unref (o->documents);
  g_free (o);
}

static void
add_heading (Options *o, const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, "menu-heading");
  gtk_box_append (GTK_BOX (o->box), label);
}

static void
add_note (Options *o, const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), WIDTH_CHARS);
  gtk_widget_add_css_class (label, "quiet");
  gtk_widget_add_css_class (label, "menu-note");
  gtk_box_append (GTK_BOX (o->box), label);
}

static void
send_toggled (GtkCheckButton *button, Options *o)
{
  if (gtk_check_button_get_active (button))
    tyto_attachment_set_send (o->attachment, (TytoSend) GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "value")));
}

static void
detail_toggled (GtkCheckButton *button, Options *o)
{
  if (gtk_check_button_get_active (button))
    tyto_attachment_set_detail (o->attachment, (OwlDetail) GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "value")));
}

static GtkWidget *
add_choice (Options *o, GtkWidget *group, const char *text, int value, gboolean active, GCallback toggled)
{
  GtkWidget *button = gtk_check_button_new_with_label (text);

  if (group)
    gtk_check_button_set_group (GTK_CHECK_BUTTON (button), GTK_CHECK_BUTTON (group));
  g_object_set_data (G_OBJECT (button), "value", GINT_TO_POINTER (value));
  gtk_check_button_set_active (GTK_CHECK_BUTTON (button), active);
  g_signal_connect (button, "toggled", toggled, o);
  gtk_box_append (GTK_BOX (o->box), button);
  return group ? group : button;
}

static void
recognised (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoAttachment) attachment = user_data;
  g_autoptr (OwlPageText) text = tyto_documents_read_text_finish (TYTO_DOCUMENTS (object), result, NULL);
  const char *words = text ? owl_page_text_get_text (text) : NULL;

  if (!words || !*words)
    return;
  tyto_attachment_set_text (attachment, words, TRUE);
  tyto_attachment_set_send (attachment, TYTO_SEND_BOTH);
}

static void
recognise_clicked (Options *o)
{
  tyto_documents_recognise_text_async (o->documents, tyto_attachment_get_blob (o->attachment), tyto_attachment_get_name (o->attachment),
                                       tyto_attachment_get_page (o->attachment), NULL, recognised, g_object_ref (o->attachment));
  gtk_popover_popdown (GTK_POPOVER (o->popover));
}

static void
add_send (Options *o)
{
  TytoSend send = tyto_attachment_get_send (o->attachment);
  GtkWidget *group, *recognise;

  add_heading (o, _("Sent as"));
  if (!tyto_attachment_get_text (o->attachment)) {
    add_note (o, tyto_attachment_get_page (o->attachment) >= 0 ? _("This page has no text of its own, so it is sent as a picture.")
                                                               : _("A picture"));
    recognise = gtk_button_new_with_mnemonic (_("_Recognise its text"));
    g_signal_connect_swapped (recognise, "clicked", G_CALLBACK (recognise_clicked), o);
    gtk_box_append (GTK_BOX (o->box), recognise);
    return;
  }
  group = add_choice (o, NULL, _("Picture and text"), TYTO_SEND_BOTH, send == TYTO_SEND_BOTH, G_CALLBACK (send_toggled));
  add_choice (o, group, _("Picture alone"), TYTO_SEND_PICTURE, send == TYTO_SEND_PICTURE, G_CALLBACK (send_toggled));
  add_choice (o, group, _("Text alone"), TYTO_SEND_TEXT, send == TYTO_SEND_TEXT, G_CALLBACK (send_toggled));
  if (tyto_attachment_is_text_recognised (o->attachment))
    add_note (o, _("The text was recognised from the picture and can hold mistakes."));
}

static void
add_detail (Options *o)
{
  OwlDetail detail = tyto_attachment_get_detail (o->attachment);
  GtkWidget *group;

  add_heading (o, _("Looked at"));
  group = add_choice (o, NULL, _("As the model is used to"), OWL_DETAIL_DEFAULT, detail == OWL_DETAIL_DEFAULT, G_CALLBACK (detail_toggled));
  add_choice (o, group, _("As a whole"), OWL_DETAIL_OVERVIEW, detail == OWL_DETAIL_OVERVIEW, G_CALLBACK (detail_toggled));
  add_choice (o, group, _("In parts, more closely"), OWL_DETAIL_FINE, detail == OWL_DETAIL_FINE, G_CALLBACK (detail_toggled));
  add_note (o, _("Parts take longer, and help only models that learnt pages in parts."));
}

static void
opening (Options *o)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (o->box)))
    gtk_box_remove (GTK_BOX (o->box), child);
  add_send (o);
  add_detail (o);
}

GtkWidget *
tyto_picture_options_new (TytoAttachment *attachment, TytoDocuments *documents)
{
  Options *o = g_new0 (Options, 1);
  GtkWidget *button = gtk_menu_button_new ();
  g_autofree char *label = g_strdup_printf (_("How %s is sent"), tyto_attachment_get_name (attachment));

  o->attachment = g_object_ref (attachment);
  o->documents = g_object_ref (documents);
  o->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  o->popover = gtk_popover_new ();
  gtk_popover_set_child (GTK_POPOVER (o->popover), o->box);
  g_signal_connect_data (o->popover, "show", G_CALLBACK (opening), o, options_free, G_CONNECT_SWAPPED);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  gtk_menu_button_set_direction (GTK_MENU_BUTTON (button), GTK_ARROW_UP);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), o->popover);
  gtk_widget_add_css_class (button, "options");
  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return button;
}
