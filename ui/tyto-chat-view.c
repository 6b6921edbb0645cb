/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-chat-view"

#include "ui/tyto-chat-view.h"

#include "ui/tyto-message-row.h"
#include "ui/tyto-scroll.h"
#include "ui/tyto-tooltip.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define COLUMN_WIDTH 740
/* So near to the end counts as being there. */
#define END_DISTANCE 24.0
#define FLASH_MS 1200
/* A layout has happened after this long. */
#define LAYOUT_MS 120
/* In each frame at least one row is made, and more for this long, so that opening a long chat does not hold up the window. */
#define SLICE_USEC 2000

struct _TytoChatView {
  GtkWidget parent_instance;

  TytoChat *chat;
  GPtrArray *rows;  /* TytoMessageRow of each message, borrowed; NULL: not made yet */
  guint making;     /* a tick callback, or 0 */
  guint remembered; /* the first message that the model still gets */
  gboolean following;
  double upper, page; /* as they were when the view was last moved */

  GtkWidget *overlay, *scroller, *list, *down;
};

G_DEFINE_FINAL_TYPE (TytoChatView, tyto_chat_view, GTK_TYPE_WIDGET)

enum { SIGNAL_AGAIN, SIGNAL_EDIT, SIGNAL_DELETE, SIGNAL_VIEW, SIGNAL_LOOK, SIGNAL_SEEN, N_SIGNALS };
static guint signals[N_SIGNALS];

static GtkAdjustment *
adjustment (TytoChatView *self)
{
  return gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
}

static double
distance_to_end (TytoChatView *self)
{
  GtkAdjustment *a = adjustment (self);

  return gtk_adjustment_get_upper (a) - gtk_adjustment_get_page_size (a) - gtk_adjustment_get_value (a);
}

void
tyto_chat_view_scroll_to_end (TytoChatView *self)
{
  GtkAdjustment *a = adjustment (self);

  self->following = TRUE;
  tyto_scroll_to (GTK_SCROLLED_WINDOW (self->scroller), a, gtk_adjustment_get_upper (a) - gtk_adjustment_get_page_size (a));
  gtk_widget_set_visible (self->down, FALSE);
}

/* The user moved the view. */
static void
value_changed (TytoChatView *self)
{
  if (gtk_adjustment_get_upper (adjustment (self)) != self->upper || gtk_adjustment_get_page_size (adjustment (self)) != self->page)
    return;
  self->following = distance_to_end (self) <= END_DISTANCE;
  gtk_widget_set_visible (self->down, !self->following);
}

/* The content or the window changed its size. */
static void
bounds_changed (TytoChatView *self)
{
  GtkAdjustment *a = adjustment (self);
  double grown = gtk_adjustment_get_upper (a) - self->upper;

  self->upper = gtk_adjustment_get_upper (a);
  self->page = gtk_adjustment_get_page_size (a);
  if (self->following)
    tyto_chat_view_scroll_to_end (self);
  else if (self->making != 0)
    tyto_scroll_to (GTK_SCROLLED_WINDOW (self->scroller), a, gtk_adjustment_get_value (a) + grown); /* rows came in above what is being read */
  else
    gtk_widget_set_visible (self->down, distance_to_end (self) > END_DISTANCE);
}

static void
row_again (TytoChatView *self, TytoMessageRow *row)
{
  g_signal_emit (self, signals[SIGNAL_AGAIN], 0, tyto_message_row_get_message (row));
}

static void
row_edit (TytoChatView *self, TytoMessageRow *row)
{
  g_signal_emit (self, signals[SIGNAL_EDIT], 0, tyto_message_row_get_message (row));
}

static void
row_delete (TytoChatView *self, TytoMessageRow *row)
{
  g_signal_emit (self, signals[SIGNAL_DELETE], 0, tyto_message_row_get_message (row));
}

static void
row_view (TytoChatView *self, TytoAttachment *attachment)
{
  g_signal_emit (self, signals[SIGNAL_VIEW], 0, attachment);
}

static void
row_look (TytoChatView *self, const char *words, TytoMessageRow *row)
{
  g_signal_emit (self, signals[SIGNAL_LOOK], 0, tyto_message_row_get_message (row), words);
}

static void
row_seen (TytoChatView *self, TytoMessageRow *row)
{
  g_signal_emit (self, signals[SIGNAL_SEEN], 0, tyto_message_row_get_message (row));
}

static void
row_sibling (TytoChatView *self, int step, TytoMessageRow *row)
{
  TytoMessage *message = tyto_message_row_get_message (row);
  guint index = 0, n = tyto_chat_get_n_siblings (self->chat, message, &index);
  int wanted = (int) index + step;

  if (wanted >= 0 && (guint) wanted < n)
    tyto_chat_show_sibling (self->chat, message, (guint) wanted);
}

static void
stop_flash (gpointer data)
{
  gtk_widget_remove_css_class (data, "flash");
  g_object_unref (data);
}

static gboolean
flash_over (gpointer data)
{
  return G_SOURCE_REMOVE;
}

static void
flash (TytoChatView *self, GtkWidget *widget)
{
  graphene_rect_t bounds;

  if (gtk_widget_compute_bounds (widget, self->list, &bounds))
    gtk_adjustment_clamp_page (adjustment (self), bounds.origin.y - END_DISTANCE, bounds.origin.y + bounds.size.height + END_DISTANCE);
  gtk_widget_add_css_class (widget, "flash");
  g_timeout_add_full (G_PRIORITY_DEFAULT, FLASH_MS, flash_over, g_object_ref (widget), stop_flash);
}

/* Shows which picture is meant: brings it into view and lets it light up for a moment. */
static void
row_picture (TytoChatView *self, int number)
{
  GtkWidget *picture = NULL;

  for (GtkWidget *row = gtk_widget_get_first_child (self->list); row && !picture; row = gtk_widget_get_next_sibling (row))
    picture = tyto_message_row_find_picture (TYTO_MESSAGE_ROW (row), number);
  if (picture)
    flash (self, picture);
}

/* Rows have their place only after the next layout. */
typedef struct {
  TytoChatView *self;
  gint64 message;
} Showing;

static gboolean
show_later (gpointer data)
{
  Showing *showing = data;
  TytoChatView *self = showing->self;
  gboolean waiting = self->scroller && self->making != 0;

  for (GtkWidget *row = self->scroller && !waiting ? gtk_widget_get_first_child (self->list) : NULL; row; row = gtk_widget_get_next_sibling (row))
    if (tyto_message_get_id (tyto_message_row_get_message (TYTO_MESSAGE_ROW (row))) == showing->message) {
      flash (self, row);
      self->following = distance_to_end (self) <= END_DISTANCE;
    }
  if (waiting)
    return G_SOURCE_CONTINUE;
  g_object_unref (self);
  g_free (showing);
  return G_SOURCE_REMOVE;
}

void
tyto_chat_view_show_message (TytoChatView *self, gint64 message)
{
  Showing *showing = g_new0 (Showing, 1);

  showing->self = g_object_ref (self);
  showing->message = message;
  g_timeout_add (LAYOUT_MS, show_later, showing);
}

/* The nearest row in front of a place that has been made. */
static GtkWidget *
row_before (TytoChatView *self, guint index)
{
  while (index-- > 0)
    if (g_ptr_array_index (self->rows, index))
      return g_ptr_array_index (self->rows, index);
  return NULL;
}

static void
mark_row (TytoChatView *self, guint index)
{
  TytoMessageRow *row = g_ptr_array_index (self->rows, index);

  tyto_message_row_set_last (row, index + 1 == self->rows->len);
  tyto_message_row_set_forgotten (row, index < self->remembered, index > 0 && index == self->remembered);
}

static void
make_row (TytoChatView *self, guint index)
{
  g_autoptr (TytoMessage) message = g_list_model_get_item (tyto_chat_get_messages (self->chat), index);
  GtkWidget *row = tyto_message_row_new (self->chat, message);

  g_signal_connect_swapped (row, "again", G_CALLBACK (row_again), self);
  g_signal_connect_swapped (row, "edit", G_CALLBACK (row_edit), self);
  g_signal_connect_swapped (row, "delete", G_CALLBACK (row_delete), self);
  g_signal_connect_swapped (row, "view", G_CALLBACK (row_view), self);
  g_signal_connect_swapped (row, "look", G_CALLBACK (row_look), self);
  g_signal_connect_swapped (row, "seen", G_CALLBACK (row_seen), self);
  g_signal_connect_swapped (row, "picture", G_CALLBACK (row_picture), self);
  g_signal_connect_swapped (row, "sibling", G_CALLBACK (row_sibling), self);
  gtk_box_insert_child_after (GTK_BOX (self->list), row, row_before (self, index));
  g_ptr_array_index (self->rows, index) = row;
  mark_row (self, index);
}

/* The end of the conversation first: that is where the view is. */
static gboolean
make_rows (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  TytoChatView *self = TYTO_CHAT_VIEW (widget);
  gint64 end = g_get_monotonic_time () + SLICE_USEC;
  gboolean any = FALSE;

  for (guint i = self->rows->len; i-- > 0;)
    if (!g_ptr_array_index (self->rows, i)) {
      if (any && g_get_monotonic_time () > end)
        return G_SOURCE_CONTINUE;
      make_row (self, i);
      any = TRUE;
    }
  self->making = 0;
  return G_SOURCE_REMOVE;
}

static void
messages_changed (TytoChatView *self, guint position, guint removed, guint added, GListModel *messages)
{
  for (guint i = 0; i < removed; i++) {
    if (g_ptr_array_index (self->rows, position))
      gtk_box_remove (GTK_BOX (self->list), g_ptr_array_index (self->rows, position));
    g_ptr_array_remove_index (self->rows, position);
  }
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (self->rows, (int) (position + i), NULL);
  if (added > 0 && self->making == 0)
    self->making = gtk_widget_add_tick_callback (GTK_WIDGET (self), make_rows, NULL, NULL);
  for (guint i = 0; i < self->rows->len; i++)
    if (g_ptr_array_index (self->rows, i)) {
      mark_row (self, i);
      tyto_message_row_refresh (g_ptr_array_index (self->rows, i));
    }
  if (added > 0)
    self->following = TRUE;
}

void
tyto_chat_view_set_forgotten (TytoChatView *self, int n_exchanges)
{
  GListModel *messages;
  guint first = 0;

  if (!self->chat)
    return;
  messages = tyto_chat_get_messages (self->chat);
  for (guint n = g_list_model_get_n_items (messages); first < n; first++) {
    g_autoptr (TytoMessage) message = g_list_model_get_item (messages, first);

    if (tyto_message_get_role (message) == TYTO_ROLE_USER && n_exchanges-- <= 0)
      break;
  }
  if (first == self->remembered)
    return;
  self->remembered = first;
  for (guint i = 0; i < self->rows->len; i++)
    if (g_ptr_array_index (self->rows, i))
      mark_row (self, i);
}

void
tyto_chat_view_set_chat (TytoChatView *self, TytoChat *chat)
{
  GListModel *messages;
  GtkWidget *row;

  if (self->chat)
    g_signal_handlers_disconnect_by_data (tyto_chat_get_messages (self->chat), self);
  if (self->making != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->making);
  self->making = 0;
  g_ptr_array_set_size (self->rows, 0);
  while ((row = gtk_widget_get_first_child (self->list)))
    gtk_box_remove (GTK_BOX (self->list), row);
  g_set_object (&self->chat, chat);
  self->following = TRUE;
  self->remembered = 0;
  gtk_widget_set_visible (self->down, FALSE);
  if (!chat)
    return;
  messages = tyto_chat_get_messages (chat);
  g_signal_connect_swapped (messages, "items-changed", G_CALLBACK (messages_changed), self);
  messages_changed (self, 0, 0, g_list_model_get_n_items (messages), messages);
}

static void
tyto_chat_view_dispose (GObject *object)
{
  TytoChatView *self = TYTO_CHAT_VIEW (object);

  if (self->chat)
    g_signal_handlers_disconnect_by_data (tyto_chat_get_messages (self->chat), self);
  g_clear_object (&self->chat);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  if (self->scroller)
    g_signal_handlers_disconnect_by_data (adjustment (self), self);
  self->scroller = NULL;
  g_clear_pointer (&self->overlay, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_chat_view_parent_class)->dispose (object);
}

static void
tyto_chat_view_class_init (TytoChatViewClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_chat_view_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_AGAIN] =
      g_signal_new ("again", TYTO_TYPE_CHAT_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_MESSAGE);
  signals[SIGNAL_DELETE] =
      g_signal_new ("delete", TYTO_TYPE_CHAT_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_MESSAGE);
  signals[SIGNAL_VIEW] =
      g_signal_new ("view", TYTO_TYPE_CHAT_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_ATTACHMENT);
  signals[SIGNAL_LOOK] =
      g_signal_new ("look", TYTO_TYPE_CHAT_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, TYTO_TYPE_MESSAGE, G_TYPE_STRING);
  signals[SIGNAL_SEEN] =
      g_signal_new ("seen", TYTO_TYPE_CHAT_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_MESSAGE);
  signals[SIGNAL_EDIT] =
      g_signal_new ("edit", TYTO_TYPE_CHAT_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_MESSAGE);
}

static void
tyto_chat_view_init (TytoChatView *self)
{
  GtkWidget *clamp = adw_clamp_new ();

  self->rows = g_ptr_array_new ();
  /* A screen reader says by itself what is added to a log. */
  self->list = g_object_new (GTK_TYPE_BOX, "accessible-role", GTK_ACCESSIBLE_ROLE_LOG, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 14, NULL);
  gtk_widget_add_css_class (self->list, "messages");
  gtk_widget_set_valign (self->list, GTK_ALIGN_START);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), self->list);

  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), clamp);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->scroller), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Conversation"), -1);

  self->down = gtk_button_new_from_icon_name ("go-bottom-symbolic");
  gtk_widget_add_css_class (self->down, "circular");
  gtk_widget_add_css_class (self->down, "osd");
  gtk_widget_set_halign (self->down, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (self->down, GTK_ALIGN_END);
  gtk_widget_set_margin_bottom (self->down, 12);
  tyto_tooltip_set (self->down, _("Jump to the end"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->down), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Jump to the end"), -1);
  gtk_widget_set_visible (self->down, FALSE);
  g_signal_connect_swapped (self->down, "clicked", G_CALLBACK (tyto_chat_view_scroll_to_end), self);

  self->overlay = gtk_overlay_new ();
  gtk_overlay_set_child (GTK_OVERLAY (self->overlay), self->scroller);
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), self->down);
  gtk_widget_set_parent (self->overlay, GTK_WIDGET (self));
  g_signal_connect_swapped (adjustment (self), "value-changed", G_CALLBACK (value_changed), self);
  g_signal_connect_swapped (adjustment (self), "changed", G_CALLBACK (bounds_changed), self);
  self->following = TRUE;
}

GtkWidget *
tyto_chat_view_new (void)
{
  return g_object_new (TYTO_TYPE_CHAT_VIEW, NULL);
}
