/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "app/models/tyto-models.h"
#include "ui/tyto-chat-view.h"
#include "ui/tyto-conversation-list.h"
#include "ui/tyto-empty.h"
#include "ui/tyto-model-button.h"
#include "ui/tyto-search.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

#define SIDE_WIDTH 270
#define COLUMN_WIDTH 740
#define NARROW_WIDTH 340

static GtkWidget *
icon_button (const char *icon, const char *label, const char *action)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  tyto_tooltip_set (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  return button;
}

static GtkWidget *
build_menu (void)
{
  GtkWidget *button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new ();

  g_menu_append (menu, _("_Models"), "app.models");
  if (tyto_settings_get ())
    g_menu_append (menu, _("_Preferences"), "app.preferences");
  g_menu_append (menu, _("_Open the folder of data"), "app.data-folder");
  g_menu_append (menu, _("_Keyboard shortcuts"), "app.shortcuts");
  g_menu_append (menu, _("_About Tyto"), "app.about");
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "open-menu-symbolic");
  gtk_menu_button_set_primary (GTK_MENU_BUTTON (button), TRUE);
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  tyto_tooltip_set (button, _("Main menu"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Main menu"), -1);
  return button;
}

static GtkWidget *
build_side (TytoWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new ();

  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("Tyto"), NULL));
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), icon_button ("list-add-symbolic", _("New chat"), "win.new-chat"));
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), build_menu ());
  self->list = tyto_conversation_list_new (tyto_services_get_conversations (self->services), tyto_services_get_documents (self->services));
  gtk_widget_set_vexpand (self->list, TRUE);
  g_signal_connect_swapped (self->list, "opened", G_CALLBACK (_tyto_window_conversation_opened), self);
  g_signal_connect_swapped (self->list, "changed", G_CALLBACK (_tyto_window_conversation_changed), self);
  g_signal_connect_swapped (self->list, "deleted", G_CALLBACK (_tyto_window_conversation_deleted), self);
  gtk_widget_add_css_class (box, "side-pane");
  gtk_widget_set_size_request (box, SIDE_WIDTH, -1);
  gtk_box_append (GTK_BOX (box), header);
  self->search = tyto_search_new (tyto_services_get_store (self->services), self->list);
  g_signal_connect_swapped (self->search, "opened", G_CALLBACK (_tyto_window_search_opened), self);
  g_signal_connect_swapped (self->search, "left", G_CALLBACK (_tyto_window_search_left), self);
  gtk_box_append (GTK_BOX (box), self->search);
  return box;
}

static GtkWidget *
build_composer (TytoWindow *self)
{
  GtkWidget *clamp = adw_clamp_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *cancel = gtk_button_new_with_label (_("Cancel"));
  GtkWidget *label = gtk_label_new (_("Editing an earlier question"));

  self->edit_bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  gtk_widget_add_css_class (label, "quiet");
  gtk_widget_set_hexpand (label, TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (cancel, "flat");
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (_tyto_window_cancel_editing), self);
  gtk_box_append (GTK_BOX (self->edit_bar), label);
  gtk_box_append (GTK_BOX (self->edit_bar), cancel);
  gtk_widget_set_visible (self->edit_bar, FALSE);

  self->composer = tyto_composer_new (tyto_services_get_documents (self->services), tyto_services_get_engine (self->services));
  g_signal_connect_swapped (self->composer, "send", G_CALLBACK (_tyto_window_send), self);
  g_signal_connect_swapped (self->composer, "stop", G_CALLBACK (_tyto_window_stop), self);
  g_signal_connect_swapped (self->composer, "edit-last", G_CALLBACK (_tyto_window_edit_last), self);
  g_signal_connect_swapped (self->composer, "attached", G_CALLBACK (_tyto_window_attachment_ready), self);
  g_signal_connect_swapped (self->composer, "choose-pages", G_CALLBACK (_tyto_window_choose_pages), self);
  g_signal_connect_swapped (self->composer, "changed", G_CALLBACK (_tyto_window_composer_changed), self);
  g_signal_connect_swapped (self->composer, "removed", G_CALLBACK (_tyto_window_attachment_removed), self);
  g_signal_connect_swapped (self->composer, "gather", G_CALLBACK (_tyto_window_gather_earlier), self);
  g_signal_connect_swapped (self->composer, "view", G_CALLBACK (_tyto_window_view_attachment), self);
  g_signal_connect_swapped (self->composer, "problem", G_CALLBACK (_tyto_window_toast), self);
  gtk_box_append (GTK_BOX (box), self->edit_bar);
  gtk_box_append (GTK_BOX (box), _tyto_window_build_document_bar (self));
  gtk_box_append (GTK_BOX (box), _tyto_window_build_fit_bar (self));
  gtk_box_append (GTK_BOX (box), self->composer);
  gtk_widget_add_css_class (box, "composer-box");
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  return clamp;
}

static GtkWidget *
build_content (TytoWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new (), *overlay = gtk_overlay_new ();

  self->title = tyto_model_button_new (self->services);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), self->title);
  self->side_button = icon_button ("sidebar-show-symbolic", _("Show or hide the chats"), "win.side-pane");
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->side_button);

  self->state_bar = _tyto_window_build_state_bar (self);

  self->view = tyto_chat_view_new ();
  g_signal_connect_swapped (self->view, "again", G_CALLBACK (_tyto_window_again), self);
  g_signal_connect_swapped (self->view, "edit", G_CALLBACK (_tyto_window_begin_editing), self);
  g_signal_connect_swapped (self->view, "delete", G_CALLBACK (_tyto_window_delete_message), self);
  g_signal_connect_swapped (self->view, "view", G_CALLBACK (_tyto_window_view_attachment), self);
  g_signal_connect_swapped (self->view, "look", G_CALLBACK (_tyto_window_look), self);
  g_signal_connect_swapped (self->view, "seen", G_CALLBACK (_tyto_window_show_seen), self);
  self->samples = tyto_samples_load (tyto_models_get_data_dir ());
  self->empty = tyto_empty_new (self->samples);
  g_signal_connect_swapped (self->empty, "sample", G_CALLBACK (_tyto_window_ask_sample), self);
  self->stack = gtk_stack_new ();
  gtk_stack_add_child (GTK_STACK (self->stack), self->empty);
  gtk_stack_add_child (GTK_STACK (self->stack), self->view);
  gtk_widget_set_vexpand (self->stack, TRUE);
  /* Not over the composer, which is needed all the time. */
  self->toasts = adw_toast_overlay_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts), self->stack);

  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), self->state_bar);
  gtk_box_append (GTK_BOX (box), self->toasts);
  gtk_box_append (GTK_BOX (box), build_composer (self));
  gtk_widget_add_css_class (box, "content-pane");
  gtk_widget_set_hexpand (box, TRUE);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), box);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), _tyto_window_build_drop_frame (self));
  return overlay;
}

/* Side by side the two panes need more room than the narrowest window has. The window must be able to become that narrow at one stroke, too (when
 * it is put beside another one), so it does not ask for that room: they fold as soon as it is not there. */
static void
measure_panes (GtkWidget *box, GtkOrientation orientation, int for_size, int *minimum, int *natural, int *minimum_baseline, int *natural_baseline)
{
  gtk_widget_measure (gtk_widget_get_first_child (box), orientation, for_size, minimum, natural, minimum_baseline, natural_baseline);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = MIN (*minimum, NARROW_WIDTH);
}

static void
allocate_panes (GtkWidget *box, int width, int height, int baseline)
{
  GtkWidget *panes = gtk_widget_get_first_child (box);
  int minimum;

  gtk_widget_measure (panes, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_allocate (panes, MAX (width, minimum), height, baseline, NULL);
}

static GtkWidget *
build_panes (GtkWidget *panes)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_set_layout_manager (box, gtk_custom_layout_new (NULL, measure_panes, allocate_panes));
  gtk_widget_set_overflow (box, GTK_OVERFLOW_HIDDEN);
  gtk_box_append (GTK_BOX (box), panes);
  return box;
}

void
_tyto_window_build (TytoWindow *self)
{
  self->flap = adw_flap_new ();
  adw_flap_set_flap (ADW_FLAP (self->flap), build_side (self));
  adw_flap_set_separator (ADW_FLAP (self->flap), gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_flap_set_content (ADW_FLAP (self->flap), build_content (self));
  adw_flap_set_fold_policy (ADW_FLAP (self->flap), ADW_FLAP_FOLD_POLICY_NEVER);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self), build_panes (self->flap));
  _tyto_window_setup_drop (self, self->flap);
}
