/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-conversation-row"

#include "ui/tyto-conversation-row.h"

#include "ui/tyto-row-layout.h"
#include "ui/tyto-texture.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

#define COVER_SIZE 34

struct _TytoConversationRow {
  GtkListBoxRow parent_instance;

  TytoConversation *conversation;
  TytoAttachment *cover; /* that is shown or waited for */

  GtkWidget *picture, *owl, *title, *entry, *preview, *menu;
};

G_DEFINE_FINAL_TYPE (TytoConversationRow, tyto_conversation_row, GTK_TYPE_LIST_BOX_ROW)

enum { SIGNAL_CHANGED, SIGNAL_DELETED, N_SIGNALS };
static guint signals[N_SIGNALS];

TytoConversation *
tyto_conversation_row_get_conversation (TytoConversationRow *self)
{
  return self->conversation;
}

static void
update_title (TytoConversationRow *self)
{
  const char *title = tyto_conversation_get_title (self->conversation);

  gtk_label_set_text (GTK_LABEL (self->title), *title ? title : _("New chat"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, *title ? title : _("New chat"), -1);
}

static void
update_preview (TytoConversationRow *self)
{
  g_autofree char *line = g_strdup (tyto_conversation_get_preview (self->conversation));

  g_strdelimit (line, "\n\r\t", ' ');
  gtk_label_set_text (GTK_LABEL (self->preview), line);
}

static void
update_picture (TytoConversationRow *self)
{
  OwlPicture *thumbnail = self->cover ? tyto_attachment_get_thumbnail (self->cover) : NULL;
  g_autoptr (GdkTexture) texture = thumbnail ? tyto_texture_new (thumbnail) : NULL;

  gtk_picture_set_paintable (GTK_PICTURE (self->picture), GDK_PAINTABLE (texture));
  gtk_widget_set_visible (self->owl, texture == NULL);
}

gboolean
tyto_conversation_row_show_cover (TytoConversationRow *self, TytoDocuments *documents)
{
  TytoAttachment *cover = tyto_conversation_get_cover (self->conversation);

  if (cover == self->cover)
    return FALSE;
  if (self->cover)
    g_signal_handlers_disconnect_by_func (self->cover, update_picture, self);
  g_set_object (&self->cover, cover);
  if (cover) {
    g_signal_connect_swapped (cover, "notify::thumbnail-serial", G_CALLBACK (update_picture), self);
    if (!tyto_attachment_get_thumbnail (cover) && tyto_attachment_get_state (cover) == TYTO_ATTACHMENT_READING)
      tyto_documents_load_icon (documents, cover);
  }
  update_picture (self);
  return TRUE;
}

static void
leave_renaming (TytoConversationRow *self)
{
  gboolean focused = gtk_widget_get_visible (self->entry) && gtk_widget_get_focus_child (self->entry) != NULL;

  if (!gtk_widget_get_visible (self->entry))
    return;
  gtk_widget_set_visible (self->entry, FALSE);
  gtk_widget_set_visible (self->title, TRUE);
  /* Not when the keyboard has gone somewhere else by itself. */
  if (focused)
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
renamed (TytoConversationRow *self)
{
  g_autofree char *title = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry))));
  gboolean changed = *title && g_strcmp0 (title, tyto_conversation_get_title (self->conversation)) != 0;

  leave_renaming (self);
  if (!changed)
    return;
  tyto_conversation_set_title (self->conversation, title);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
begin_renaming (TytoConversationRow *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->entry), tyto_conversation_get_title (self->conversation));
  gtk_widget_set_visible (self->title, FALSE);
  gtk_widget_set_visible (self->entry, TRUE);
  gtk_widget_grab_focus (self->entry);
}

static gboolean
rename_now (gpointer row)
{
  if (TYTO_CONVERSATION_ROW (row)->conversation)
    begin_renaming (row);
  return G_SOURCE_REMOVE;
}

/* Only when the menu is gone, which gives the focus back to where it was. */
static void
rename_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, rename_now, g_object_ref (widget), g_object_unref);
}

static void
update_menu (TytoConversationRow *self)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  gboolean pinned = tyto_conversation_get_pinned (self->conversation);

  g_menu_append (menu, _("_Rename"), "row.rename");
  g_menu_append (menu, pinned ? _("_Unpin") : _("_Pin"), "row.pin");
  g_menu_append (menu, _("_Delete"), "row.delete");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->menu), G_MENU_MODEL (menu));
}

static void
pin_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  TytoConversationRow *self = TYTO_CONVERSATION_ROW (widget);

  tyto_conversation_set_pinned (self->conversation, !tyto_conversation_get_pinned (self->conversation));
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
delete_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_signal_emit (widget, signals[SIGNAL_DELETED], 0);
}

static gboolean
entry_key (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, TytoConversationRow *self)
{
  if (key != GDK_KEY_Escape)
    return FALSE;
  /* Leaving the entry takes what stands in it. */
  gtk_editable_set_text (GTK_EDITABLE (self->entry), tyto_conversation_get_title (self->conversation));
  leave_renaming (self);
  return TRUE;
}

static void
menu_pressed (TytoConversationRow *self)
{
  gtk_menu_button_popup (GTK_MENU_BUTTON (self->menu));
}

static void
tyto_conversation_row_dispose (GObject *object)
{
  TytoConversationRow *self = TYTO_CONVERSATION_ROW (object);

  if (self->conversation)
    g_signal_handlers_disconnect_by_data (self->conversation, self);
  if (self->cover)
    g_signal_handlers_disconnect_by_data (self->cover, self);
  g_clear_object (&self->cover);
  g_clear_object (&self->conversation);
  G_OBJECT_CLASS (tyto_conversation_row_parent_class)->dispose (object);
}

static void
tyto_conversation_row_class_init (TytoConversationRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_conversation_row_dispose;
  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", TYTO_TYPE_CONVERSATION_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_DELETED] =
      g_signal_new ("deleted", TYTO_TYPE_CONVERSATION_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_install_action (widget_class, "row.rename", NULL, rename_action);
  gtk_widget_class_install_action (widget_class, "row.pin", NULL, pin_action);
  gtk_widget_class_install_action (widget_class, "row.delete", NULL, delete_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F2, 0, "row.rename", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "row.delete", NULL);
}

/* The picture that stands for the conversation, or the owl when there is none. */
static GtkWidget *
build_cover (TytoConversationRow *self)
{
  GtkWidget *frame = gtk_overlay_new ();

  self->picture = gtk_picture_new ();
  gtk_picture_set_content_fit (GTK_PICTURE (self->picture), GTK_CONTENT_FIT_COVER);
  gtk_picture_set_can_shrink (GTK_PICTURE (self->picture), TRUE);
  self->owl = gtk_image_new_from_icon_name ("io.github.tyto_app.Tyto-symbolic");
  /* As an overlay the picture fills its frame and does not ask for its own size. */
  gtk_overlay_set_child (GTK_OVERLAY (frame), gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));
  gtk_overlay_add_overlay (GTK_OVERLAY (frame), self->picture);
  gtk_overlay_add_overlay (GTK_OVERLAY (frame), self->owl);
  gtk_widget_set_size_request (frame, COVER_SIZE, COVER_SIZE);
  gtk_widget_set_overflow (frame, GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_valign (frame, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (frame, "cover");
  return frame;
}

static GtkWidget *
add_line (GtkWidget *column, const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (column), label);
  return label;
}

static GtkWidget *
build_entry (TytoConversationRow *self)
{
  GtkWidget *entry = gtk_entry_new ();
  GtkEventController *keys = gtk_event_controller_key_new (), *focus = gtk_event_controller_focus_new ();

  gtk_widget_set_visible (entry, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Title of the chat"), -1);
  g_signal_connect_swapped (entry, "activate", G_CALLBACK (renamed), self);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (entry_key), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (renamed), self);
  gtk_widget_add_controller (entry, keys);
  gtk_widget_add_controller (entry, focus);
  return entry;
}

static void
tyto_conversation_row_init (TytoConversationRow *self)
{
  GtkWidget *box = tyto_row_new (10), *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkGesture *secondary = gtk_gesture_click_new ();

  gtk_widget_set_hexpand (column, TRUE);
  self->title = add_line (column, "conversation-title");
  self->entry = build_entry (self);
  gtk_box_append (GTK_BOX (column), self->entry);
  self->preview = add_line (column, "quiet");

  self->menu = gtk_menu_button_new ();
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->menu), "view-more-symbolic");
  gtk_widget_add_css_class (self->menu, "flat");
  gtk_widget_add_css_class (self->menu, "row-button");
  gtk_widget_set_valign (self->menu, GTK_ALIGN_CENTER);
  tyto_tooltip_set (self->menu, _("Rename, pin or delete"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->menu), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Rename, pin or delete"), -1);
  gtk_box_append (GTK_BOX (box), build_cover (self));
  gtk_box_append (GTK_BOX (box), column);
  gtk_box_append (GTK_BOX (box), self->menu);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), box);

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (secondary), GDK_BUTTON_SECONDARY);
  g_signal_connect_swapped (secondary, "pressed", G_CALLBACK (menu_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (secondary));
}

GtkWidget *
tyto_conversation_row_new (TytoConversation *conversation)
{
  TytoConversationRow *self = g_object_new (TYTO_TYPE_CONVERSATION_ROW, NULL);

  self->conversation = g_object_ref (conversation);
  g_signal_connect_swapped (conversation, "notify::title", G_CALLBACK (update_title), self);
  g_signal_connect_swapped (conversation, "notify::preview", G_CALLBACK (update_preview), self);
  g_signal_connect_swapped (conversation, "notify::pinned", G_CALLBACK (update_menu), self);
  update_title (self);
  update_preview (self);
  update_menu (self);
  return GTK_WIDGET (self);
}
