/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-viewer"

#include "ui/tyto-viewer-private.h"

#include "ui/tyto-button.h"
#include "ui/tyto-tooltip.h"
#include "ui/tyto-wrap-layout.h"

#include <glib/gi18n.h>

/* With less room for the question, the buttons go below it. */
#define ENTRY_WIDTH 200

TytoAttachment *
tyto_viewer_make_part (TytoDocuments *documents, TytoAttachment *whole, const OwlRegion *region)
{
  TytoAttachment *part = tyto_attachment_new (tyto_attachment_get_name (whole), tyto_attachment_get_page (whole));

  tyto_attachment_set_blob (part, tyto_attachment_get_blob (whole));
  tyto_attachment_set_page_label (part, tyto_attachment_get_page_label (whole));
  tyto_attachment_set_region (part, region);
  tyto_documents_load_thumbnail (documents, part);
  return part;
}

/* The part in the box; of a page with text the words in it go along, to be sent or not. */
static TytoAttachment *
make_part (TytoViewer *self)
{
  OwlRegion box;
  TytoAttachment *part;

  if (!tyto_zoom_get_box (TYTO_ZOOM (self->zoom), &box))
    return NULL;
  part = tyto_viewer_make_part (tyto_services_get_documents (self->services), self->shown, &box);
  if (self->text) {
    g_autofree char *words = owl_page_text_select (self->text, box.x, box.y, box.width, box.height);

    if (*words) {
      tyto_attachment_set_text (part, words, owl_page_text_is_recognised (self->text));
      tyto_attachment_set_send (part, TYTO_SEND_BOTH);
    }
  }
  return part;
}

void
_tyto_viewer_ask_update (TytoViewer *self)
{
  OwlRegion box;
  gboolean has_box = tyto_zoom_get_box (TYTO_ZOOM (self->zoom), &box);
  gboolean has_text = *gtk_editable_get_text (GTK_EDITABLE (self->ask_entry)) != '\0';

  gtk_label_set_text (GTK_LABEL (self->ask_hint), has_box ? _("The part goes along as a picture of its own, in full detail.")
                                                          : _("Drag a box over what you want to ask about, or press an arrow key."));
  gtk_widget_set_sensitive (self->ask, has_box && has_text);
  gtk_widget_set_sensitive (self->attach_part, has_box);
}

static void
ask (TytoViewer *self)
{
  g_autofree char *question = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->ask_entry))));
  g_autoptr (TytoAttachment) part = NULL;

  if (!*question)
    return;
  part = make_part (self);
  if (!part)
    return;
  g_signal_emit_by_name (self, "ask", part, question);
  gtk_window_close (GTK_WINDOW (self));
}

static void
attach (TytoViewer *self)
{
  g_autoptr (TytoAttachment) part = make_part (self);

  if (!part)
    return;
  g_signal_emit_by_name (self, "attach", part);
  gtk_window_close (GTK_WINDOW (self));
}

void
_tyto_viewer_ask_begin (TytoViewer *self, gboolean begin)
{
  if (begin) {
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->text_button), FALSE);
    tyto_zoom_set_mode (TYTO_ZOOM (self->zoom), TYTO_ZOOM_BOX);
    gtk_widget_grab_focus (self->zoom);
  } else {
    tyto_zoom_set_box (TYTO_ZOOM (self->zoom), NULL);
    tyto_zoom_set_mode (TYTO_ZOOM (self->zoom), TYTO_ZOOM_MOVE);
  }
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->ask_bar), begin);
  _tyto_viewer_ask_update (self);
}

GtkWidget *
_tyto_viewer_build_ask_bar (TytoViewer *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_set_layout_manager (row, tyto_wrap_layout_new (6, 0.0f));
  self->ask_entry = gtk_entry_new ();
  gtk_entry_set_placeholder_text (GTK_ENTRY (self->ask_entry), _("Ask about this part…"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->ask_entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Question about this part"), -1);
  gtk_widget_set_hexpand (self->ask_entry, TRUE);
  gtk_widget_set_valign (self->ask_entry, GTK_ALIGN_CENTER);
  gtk_editable_set_width_chars (GTK_EDITABLE (self->ask_entry), 8);
  gtk_widget_set_size_request (self->ask_entry, ENTRY_WIDTH, -1);
  g_signal_connect_swapped (self->ask_entry, "changed", G_CALLBACK (_tyto_viewer_ask_update), self);
  g_signal_connect_swapped (self->ask_entry, "activate", G_CALLBACK (ask), self);
  self->ask = tyto_button_new (_("_Ask"));
  gtk_widget_add_css_class (self->ask, "suggested-action");
  g_signal_connect_swapped (self->ask, "clicked", G_CALLBACK (ask), self);
  self->attach_part = tyto_button_new (_("A_dd to question"));
  tyto_tooltip_set (self->attach_part, _("Attach this part to the question that you are writing"));
  g_signal_connect_swapped (self->attach_part, "clicked", G_CALLBACK (attach), self);
  gtk_box_append (GTK_BOX (row), self->ask_entry);
  gtk_box_append (GTK_BOX (row), self->ask);
  gtk_box_append (GTK_BOX (row), self->attach_part);

  self->ask_hint = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->ask_hint), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->ask_hint), 0.0f);
  gtk_widget_add_css_class (self->ask_hint, "viewer-quiet");
  gtk_box_append (GTK_BOX (box), self->ask_hint);
  gtk_box_append (GTK_BOX (box), row);
  gtk_widget_add_css_class (box, "viewer-bar");

  self->ask_bar = gtk_revealer_new ();
  gtk_revealer_set_transition_type (GTK_REVEALER (self->ask_bar), GTK_REVEALER_TRANSITION_TYPE_SLIDE_UP);
  gtk_revealer_set_child (GTK_REVEALER (self->ask_bar), box);
  return self->ask_bar;
}
