/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-conversation-list"

#include "ui/tyto-conversation-list.h"

#include "ui/tyto-conversation-row.h"

#include <glib/gi18n.h>

/* Pictures that are made together, and for how long before others get their turn. */
#define COVERS_AT_ONCE 4
#define COVERS_MS 60
#define MONTH_DAYS 30
#define WEEK_DAYS 7

struct _TytoConversationList {
  GtkWidget parent_instance;

  TytoDocuments *documents;
  guint covers_timer;

  GtkWidget *scroller, *list;
};

G_DEFINE_FINAL_TYPE (TytoConversationList, tyto_conversation_list, GTK_TYPE_WIDGET)

enum { SIGNAL_OPENED, SIGNAL_CHANGED, SIGNAL_DELETED, N_SIGNALS };
static guint signals[N_SIGNALS];

static GtkAdjustment *
adjustment (TytoConversationList *self)
{
  return gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
}

static TytoConversation *
row_conversation (GtkListBoxRow *row)
{
  return tyto_conversation_row_get_conversation (TYTO_CONVERSATION_ROW (row));
}

/* Days since year 1 in the local calendar. */
static guint32
day_of (GDateTime *time)
{
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_dmy (&date, (GDateDay) g_date_time_get_day_of_month (time), (GDateMonth) g_date_time_get_month (time),
                  (GDateYear) g_date_time_get_year (time));
  return g_date_get_julian (&date);
}

static const char *
group_of (TytoConversation *conversation)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_local (tyto_conversation_get_updated (conversation));
  gint64 age;

  if (tyto_conversation_get_pinned (conversation))
    return _("Pinned");
  age = then ? (gint64) day_of (now) - (gint64) day_of (then) : G_MAXINT64;
  if (age <= 0)
    return _("Today");
  if (age == 1)
    return _("Yesterday");
  if (age < WEEK_DAYS)
    return _("Last 7 days");
  if (age < MONTH_DAYS)
    return _("Last 30 days");
  return _("Earlier");
}

/* Some of the rows in sight get their picture; goes on until all have. */
static gboolean
show_covers (gpointer data)
{
  TytoConversationList *self = data;
  int height = gtk_widget_get_height (self->scroller), n_left = COVERS_AT_ONCE;
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), i)); i++) {
    graphene_rect_t bounds;

    if (!gtk_widget_compute_bounds (GTK_WIDGET (row), self->scroller, &bounds) || bounds.origin.y + bounds.size.height < 0)
      continue;
    if (bounds.origin.y > height)
      break;
    if (tyto_conversation_row_show_cover (TYTO_CONVERSATION_ROW (row), self->documents) && --n_left == 0)
      return G_SOURCE_CONTINUE;
  }
  self->covers_timer = 0;
  return G_SOURCE_REMOVE;
}

static void
show_covers_soon (TytoConversationList *self)
{
  if (self->covers_timer == 0)
    self->covers_timer = g_timeout_add_full (G_PRIORITY_LOW, COVERS_MS, show_covers, self, NULL);
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
row_changed (TytoConversationList *self, TytoConversationRow *row)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, tyto_conversation_row_get_conversation (row));
}

static void
row_deleted (TytoConversationList *self, TytoConversationRow *row)
{
  g_signal_emit (self, signals[SIGNAL_DELETED], 0, tyto_conversation_row_get_conversation (row));
}

static GtkWidget *
create_row (gpointer item, gpointer user_data)
{
  GtkWidget *row = tyto_conversation_row_new (item);

  g_signal_connect_object (item, "notify::cover", G_CALLBACK (show_covers_soon), user_data, G_CONNECT_SWAPPED);
  g_signal_connect_swapped (row, "changed", G_CALLBACK (row_changed), user_data);
  g_signal_connect_swapped (row, "deleted", G_CALLBACK (row_deleted), user_data);
  show_covers_soon (user_data);
  return row;
}

static void
row_activated (TytoConversationList *self, GtkListBoxRow *row)
{
  g_signal_emit (self, signals[SIGNAL_OPENED], 0, row_conversation (row));
}

void
tyto_conversation_list_focus (TytoConversationList *self, TytoConversation *conversation)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), i)); i++)
    if (row_conversation (row) == conversation)
      gtk_widget_grab_focus (GTK_WIDGET (row));
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

  g_clear_handle_id (&self->covers_timer, g_source_remove);
  if (self->list) {
    g_signal_handlers_disconnect_by_data (adjustment (self), self);
    gtk_list_box_bind_model (GTK_LIST_BOX (self->list), NULL, NULL, NULL, NULL);
  }
  g_clear_object (&self->documents);
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
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TYTO_TYPE_CONVERSATION_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
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
tyto_conversation_list_new (GListModel *conversations, TytoDocuments *documents)
{
  TytoConversationList *self = g_object_new (TYTO_TYPE_CONVERSATION_LIST, NULL);

  self->documents = g_object_ref (documents);
  gtk_list_box_bind_model (GTK_LIST_BOX (self->list), conversations, create_row, self, NULL);
  /* Both signals of the adjustment: rows came or went, or others are in sight. */
  g_signal_connect_swapped (adjustment (self), "changed", G_CALLBACK (show_covers_soon), self);
  g_signal_connect_swapped (adjustment (self), "value-changed", G_CALLBACK (show_covers_soon), self);
  return GTK_WIDGET (self);
}
