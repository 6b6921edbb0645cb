/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-attach-menu"

#include "ui/tyto-attach-menu.h"

#include "ui/tyto-button.h"
#include "ui/tyto-picture.h"
#include "ui/tyto-tooltip.h"
#include "ui/tyto-wrap-layout.h"

#include <glib/gi18n.h>

#define PICTURE_HEIGHT 56
#define PICTURES_HEIGHT 200
#define PICTURES_WIDTH 260

struct _TytoAttachMenu {
  GtkWidget parent_instance;

  GtkWidget *button, *popover, *heading, *scroller, *earlier;
};

G_DEFINE_FINAL_TYPE (TytoAttachMenu, tyto_attach_menu, GTK_TYPE_WIDGET)

enum { SIGNAL_OPENING, SIGNAL_AGAIN, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
picture_activated (TytoAttachMenu *self, TytoPicture *picture)
{
  g_autoptr (TytoAttachment) attachment = g_object_ref (tyto_picture_get_attachment (picture));

  gtk_popover_popdown (GTK_POPOVER (self->popover));
  g_signal_emit (self, signals[SIGNAL_AGAIN], 0, attachment);
}

void
tyto_attach_menu_set_earlier (TytoAttachMenu *self, GPtrArray *attachments)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->earlier)))
    gtk_box_remove (GTK_BOX (self->earlier), child);
  for (guint i = 0; i < attachments->len; i++) {
    GtkWidget *picture = tyto_picture_new (g_ptr_array_index (attachments, i), PICTURE_HEIGHT, FALSE);

    g_signal_connect_swapped (picture, "activated", G_CALLBACK (picture_activated), self);
    gtk_box_append (GTK_BOX (self->earlier), picture);
  }
  gtk_widget_set_visible (self->heading, attachments->len > 0);
  gtk_widget_set_visible (self->scroller, attachments->len > 0);
}

static void
opening (TytoAttachMenu *self)
{
  g_signal_emit (self, signals[SIGNAL_OPENING], 0);
}

static void
tyto_attach_menu_dispose (GObject *object)
{
  TytoAttachMenu *self = TYTO_ATTACH_MENU (object);

  g_clear_pointer (&self->button, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_attach_menu_parent_class)->dispose (object);
}

static void
tyto_attach_menu_class_init (TytoAttachMenuClass *klass)
{
  const GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_attach_menu_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_OPENING] = g_signal_new ("opening", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_AGAIN] = g_signal_new ("again", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_ATTACHMENT);
}

static void
add_item (TytoAttachMenu *self, GtkWidget *box, const char *label, const char *action)
{
  GtkWidget *item = tyto_button_new (label);

  gtk_widget_set_halign (gtk_button_get_child (GTK_BUTTON (item)), GTK_ALIGN_START);
  gtk_widget_add_css_class (item, "flat");
  gtk_widget_add_css_class (item, "menu-item");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (item), action);
  /* What cannot be done here is not offered. */
  g_object_bind_property (item, "sensitive", item, "visible", G_BINDING_SYNC_CREATE);
  g_signal_connect_swapped (item, "clicked", G_CALLBACK (gtk_popover_popdown), self->popover);
  gtk_box_append (GTK_BOX (box), item);
}

static void
tyto_attach_menu_init (TytoAttachMenu *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

  self->popover = gtk_popover_new ();
  gtk_widget_add_css_class (self->popover, "menu");
  add_item (self, box, _("_Pictures or PDF pages…"), "win.attach");
  add_item (self, box, _("_Screenshot…"), "win.screenshot");
  self->heading = gtk_label_new (_("From this chat"));
  gtk_label_set_xalign (GTK_LABEL (self->heading), 0.0f);
  gtk_widget_add_css_class (self->heading, "menu-heading");
  self->earlier = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_layout_manager (self->earlier, tyto_wrap_layout_new (6, 0.0f));
  gtk_widget_add_css_class (self->earlier, "menu-pictures");
  gtk_widget_set_valign (self->earlier, GTK_ALIGN_START);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (self->scroller), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (self->scroller), PICTURES_HEIGHT);
  gtk_widget_set_size_request (self->scroller, PICTURES_WIDTH, -1);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), self->earlier);
  gtk_box_append (GTK_BOX (box), self->heading);
  gtk_box_append (GTK_BOX (box), self->scroller);
  gtk_popover_set_child (GTK_POPOVER (self->popover), box);
  g_signal_connect_swapped (self->popover, "show", G_CALLBACK (opening), self);

  self->button = gtk_menu_button_new ();
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->button), "list-add-symbolic");
  gtk_menu_button_set_direction (GTK_MENU_BUTTON (self->button), GTK_ARROW_UP);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (self->button), self->popover);
  gtk_widget_add_css_class (self->button, "flat");
  gtk_widget_add_css_class (self->button, "circular");
  tyto_tooltip_set (self->button, _("Attach"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Attach"), -1);
  gtk_widget_set_parent (self->button, GTK_WIDGET (self));
  gtk_widget_set_visible (self->heading, FALSE);
  gtk_widget_set_visible (self->scroller, FALSE);
}

GtkWidget *
tyto_attach_menu_new (void)
{
  return g_object_new (TYTO_TYPE_ATTACH_MENU, NULL);
}
