/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-conversation-list"

#include "ui/tyto-conversation-list.h"

#include <glib/gi18n.h>

struct _TytoConversationList {
  GtkWidget parent_instance;

  GtkWidget *scroller, *list;
};

G_DEFINE_FINAL_TYPE (TytoConversationList, tyto_conversation_list, GTK_TYPE_WIDGET)

enum { SIGNAL_OPENED, SIGNAL_DELETED, N_SIGNALS };
static guint signals[N_SIGNALS];

#define CONVERSATION_KEY "tyto-conversation"

static TytoConversation *
row_conversation (GtkListBoxRow *row)
{
  return g_object_get_data (G_OBJECT (row), CONVERSATION_KEY);
}

static const char *
group_of (TytoConversation *conversation)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_local (tyto_conversation_get_updated (conversation));
  g_autoptr (GDateTime) yesterday = g_date_time_add_days (now, -1);

  if (tyto_conversation_get_pinned (conversation))
    return _("Pinned");
  if (!then)
    return _("Earlier");
  if (g_date_time_get_year (then) == g_date_time_get_year (now) && g_date_time_get_day_of_year (then) == g_date_time_get_day_of_year (now))
    return _("Today");
  if (g_date_time_get_year (then) == g_date_time_get_year (yesterday) &&
      g_date_time_get_day_of_year (then) == g_date_time_get_day_of_year (yesterday))
    return _("Yesterday");
  return _("Earlier");
}

static void
update_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer user_data)
{
  const char *group = group_of (row_conversation (row));
  GtkWidget *label;

  if (before && group_of (row_conversation (before)) == group) {
    gtk_list_box_row_set_header (row, NULL);
    return;
  }
  label = gtk_label_new (group);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, "group");
  gtk_list_box_row_set_header (row, label);
}

static void
delete_clicked (GtkButton *button, TytoConversationList *self)
{
  GtkWidget *row = gtk_widget_get_ancestor (GTK_WIDGET (button), GTK_TYPE_LIST_BOX_ROW);

  g_signal_emit (self, signals[SIGNAL_DELETED], 0, row_conversation (GTK_LIST_BOX_ROW (row)));
}

static void
title_changed (TytoConversation *conversation, GParamSpec *pspec, GtkLabel *label)
{
  const char *title = tyto_conversation_get_title (conversation);

  gtk_label_set_text (label, *title ? title : _("New chat"));
}

static void
preview_changed (TytoConversation *conversation, GParamSpec *pspec, GtkLabel *label)
{
  g_autofree char *line = g_strdup (tyto_conversation_get_preview (conversation));

  g_strdelimit (line, "\n\r\t", ' ');
  gtk_label_set_text (label, line);
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
create_row (gpointer item, gpointer user_data)
{
  TytoConversationList *self = user_data;
  TytoConversation *conversation = item;
  GtkWidget *row = gtk_list_box_row_new (), *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2), *title, *preview;
  GtkWidget *button = gtk_button_new_from_icon_name ("user-trash-symbolic");

  gtk_widget_set_hexpand (column, TRUE);
  title = add_line (column, "conversation-title");
  preview = add_line (column, "quiet");
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "circular");
  gtk_widget_add_css_class (button, "row-button");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, _("Delete this chat"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Delete this chat"), -1);
  g_signal_connect (button, "clicked", G_CALLBACK (delete_clicked), self);
  gtk_box_append (GTK_BOX (box), column);
  gtk_box_append (GTK_BOX (box), button);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  g_object_set_data_full (G_OBJECT (row), CONVERSATION_KEY, g_object_ref (conversation), g_object_unref);

  g_signal_connect_object (conversation, "notify::title", G_CALLBACK (title_changed), title, 0);
  g_signal_connect_object (conversation, "notify::preview", G_CALLBACK (preview_changed), preview, 0);
  title_changed (conversation, NULL, GTK_LABEL (title));
  preview_changed (conversation, NULL, GTK_LABEL (preview));
  return row;
}

static void
row_activated (TytoConversationList *self, GtkListBoxRow *row)
{
  g_signal_emit (self, signals[SIGNAL_OPENED], 0, row_conversation (row));
}

void
tyto_conversation_list_select (TytoConversationList *self, TytoConversation *conversation)
{
  GtkListBoxRow *row;

  gtk_list_box_unselect_all (GTK_LIST_BOX (self->list));
  for (int i = 0; conversation && (row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), i)); i++)
    if (row_conversation (row) == conversation)
      gtk_list_box_select_row (GTK_LIST_BOX (self->list), row);
}

static void
tyto_conversation_list_dispose (GObject *object)
{
  TytoConversationList *self = TYTO_CONVERSATION_LIST (object);

  if (self->list)
    gtk_list_box_bind_model (GTK_LIST_BOX (self->list), NULL, NULL, NULL, NULL);
  self->list = NULL;
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_conversation_list_parent_class)->dispose (object);
}

static void
tyto_conversation_list_class_init (TytoConversationListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_conversation_list_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_OPENED] = g_signal_new ("opened", TYTO_TYPE_CONVERSATION_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                         TYTO_TYPE_CONVERSATION);
  signals[SIGNAL_DELETED] = g_signal_new ("deleted", TYTO_TYPE_CONVERSATION_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                          TYTO_TYPE_CONVERSATION);
}

static void
tyto_conversation_list_init (TytoConversationList *self)
{
  GtkWidget *placeholder = gtk_label_new (_("Your chats appear here."));

  gtk_widget_add_css_class (placeholder, "quiet");
  gtk_widget_set_margin_top (placeholder, 24);
  self->list = gtk_list_box_new ();
  gtk_widget_add_css_class (self->list, "navigation-sidebar");
  gtk_list_box_set_placeholder (GTK_LIST_BOX (self->list), placeholder);
  gtk_list_box_set_header_func (GTK_LIST_BOX (self->list), update_header, NULL, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Chats"), -1);
  g_signal_connect_swapped (self->list, "row-activated", G_CALLBACK (row_activated), self);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), self->list);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
tyto_conversation_list_new (GListModel *conversations)
{
  TytoConversationList *self = g_object_new (TYTO_TYPE_CONVERSATION_LIST, NULL);

  gtk_list_box_bind_model (GTK_LIST_BOX (self->list), conversations, create_row, self, NULL);
  return GTK_WIDGET (self);
}
