/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-document-bar"

#include "ui/tyto-document-bar.h"

#include "ui/tyto-button.h"
#include "ui/tyto-row-layout.h"
#include "ui/tyto-tooltip.h"
#include "ui/tyto-wrap-layout.h"

#include <glib/gi18n.h>

struct _TytoDocumentBar {
  GtkBox parent_instance;

  GtkWidget *name, *status, *pages, *again;
};

G_DEFINE_FINAL_TYPE (TytoDocumentBar, tyto_document_bar, GTK_TYPE_BOX)

enum { SIGNAL_VIEW, SIGNAL_CHOOSE, SIGNAL_AGAIN, SIGNAL_DISMISSED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
page_clicked (TytoDocumentBar *self, GtkWidget *button)
{
  g_signal_emit (self, signals[SIGNAL_VIEW], 0, GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "page")));
}

static void
choose_clicked (TytoDocumentBar *self)
{
  g_signal_emit (self, signals[SIGNAL_CHOOSE], 0);
}

static void
again_clicked (TytoDocumentBar *self)
{
  g_signal_emit (self, signals[SIGNAL_AGAIN], 0);
}

static void
dismiss_clicked (TytoDocumentBar *self)
{
  g_signal_emit (self, signals[SIGNAL_DISMISSED], 0);
}

void
tyto_document_bar_set_name (TytoDocumentBar *self, const char *name)
{
  gtk_widget_set_visible (GTK_WIDGET (self), name != NULL);
  gtk_label_set_text (GTK_LABEL (self->name), name ? name : "");
}

void
tyto_document_bar_set_status (TytoDocumentBar *self, const char *status, GArray *pages, GStrv labels, gboolean by_hand)
{
  GtkWidget *child;

  gtk_label_set_text (GTK_LABEL (self->status), status);
  while ((child = gtk_widget_get_first_child (self->pages)))
    gtk_box_remove (GTK_BOX (self->pages), child);
  for (guint i = 0; pages && i < pages->len; i++) {
    g_autofree char *text = g_strdup_printf (_("Page %s"), labels[i]), *name = g_strdup_printf (_("Look at page %s"), labels[i]);
    GtkWidget *button = gtk_button_new_with_label (text);

    g_object_set_data (G_OBJECT (button), "page", GINT_TO_POINTER (g_array_index (pages, int, i)));
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    gtk_widget_add_css_class (button, "page-link");
    g_signal_connect_swapped (button, "clicked", G_CALLBACK (page_clicked), self);
    gtk_box_append (GTK_BOX (self->pages), button);
  }
  gtk_widget_set_visible (self->pages, pages && pages->len > 0);
  gtk_widget_set_visible (self->again, by_hand);
}

static void
tyto_document_bar_class_init (TytoDocumentBarClass *klass)
{
  const GType type = G_TYPE_FROM_CLASS (klass);

  signals[SIGNAL_VIEW] = g_signal_new ("view", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_CHOOSE] = g_signal_new ("choose", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_AGAIN] = g_signal_new ("again", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_DISMISSED] = g_signal_new ("dismissed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tyto_document_bar_init (TytoDocumentBar *self)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2), *choose = tyto_button_new (_("_Choose pages…"));
  GtkWidget *choices = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *dismiss = gtk_button_new_from_icon_name ("window-close-symbolic"), *icon = gtk_image_new_from_icon_name ("x-office-document-symbolic");

  gtk_widget_set_layout_manager (GTK_WIDGET (self), tyto_row_layout_new (8));
  gtk_widget_add_css_class (GTK_WIDGET (self), "document-bar");
  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  self->name = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->name), 0.0f);
  gtk_label_set_ellipsize (GTK_LABEL (self->name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_add_css_class (self->name, "heading");
  self->status = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->status), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (self->status), TRUE);
  gtk_widget_add_css_class (self->status, "quiet");
  self->pages = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_layout_manager (self->pages, tyto_wrap_layout_new (6, 0.0f));
  gtk_widget_set_visible (self->pages, FALSE);
  self->again = tyto_button_new (_("Let the _question choose"));
  gtk_widget_add_css_class (self->again, "page-link");
  gtk_widget_set_visible (self->again, FALSE);
  g_signal_connect_swapped (self->again, "clicked", G_CALLBACK (again_clicked), self);
  gtk_box_append (GTK_BOX (column), self->name);
  gtk_box_append (GTK_BOX (column), self->status);
  gtk_box_append (GTK_BOX (column), self->pages);
  /* Below each other where the window is narrow. */
  gtk_widget_set_layout_manager (choices, tyto_wrap_layout_new (6, 0.0f));
  gtk_widget_add_css_class (choose, "page-link");
  gtk_box_append (GTK_BOX (choices), choose);
  gtk_box_append (GTK_BOX (choices), self->again);
  gtk_box_append (GTK_BOX (column), choices);
  gtk_widget_set_hexpand (column, TRUE);
  g_signal_connect_swapped (choose, "clicked", G_CALLBACK (choose_clicked), self);
  gtk_widget_set_valign (dismiss, GTK_ALIGN_START);
  gtk_widget_add_css_class (dismiss, "flat");
  gtk_widget_add_css_class (dismiss, "circular");
  tyto_tooltip_set (dismiss, _("Put the document away"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (dismiss), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Put the document away"), -1);
  g_signal_connect_swapped (dismiss, "clicked", G_CALLBACK (dismiss_clicked), self);
  gtk_box_append (GTK_BOX (self), icon);
  gtk_box_append (GTK_BOX (self), column);
  gtk_box_append (GTK_BOX (self), dismiss);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
tyto_document_bar_new (void)
{
  return g_object_new (TYTO_TYPE_DOCUMENT_BAR, NULL);
}
