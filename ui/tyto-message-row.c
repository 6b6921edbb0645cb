/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-message-row"

#include "ui/tyto-message-row.h"

#include "ui/tyto-copy.h"
#include "ui/tyto-markdown.h"
#include "ui/tyto-markup.h"
#include "ui/tyto-picture.h"
#include "ui/tyto-row-layout.h"
#include "ui/tyto-tooltip.h"
#include "ui/tyto-wrap-layout.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define PICTURE_HEIGHT 104
#define CARET "▍"

struct _TytoMessageRow {
  GtkBox parent_instance;

  TytoChat *chat;
  TytoMessage *message;
  gboolean last, hovered, focused;

  GtkWidget *column, *boundary, *pictures, *text, *stage, *note, *error, *actions, *branch, *branch_label, *previous, *next, *again, *edit, *look, *delete;
  GtkWidget *speed, *short_speed; /* of an answer; the second where there is no room for the first */
};

G_DEFINE_FINAL_TYPE (TytoMessageRow, tyto_message_row, GTK_TYPE_BOX)

enum { SIGNAL_AGAIN, SIGNAL_SIBLING, SIGNAL_EDIT, SIGNAL_DELETE, SIGNAL_PICTURE, SIGNAL_VIEW, SIGNAL_LOOK, SIGNAL_SEEN, N_SIGNALS };
static guint signals[N_SIGNALS];

static gboolean
is_answer (TytoMessageRow *self)
{
  return tyto_message_get_role (self->message) == TYTO_ROLE_ASSISTANT;
}

static GtkWidget *
icon_button (const char *icon, const char *label)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "quiet");
  tyto_tooltip_set (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return button;
}

static GtkWidget *
text_label (const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
set_class (GtkWidget *widget, const char *name, gboolean set)
{
  if (set)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

/* The quiet row keeps its place, so that nothing jumps when it appears. What has several versions always shows that it has. */
static void
update_actions (TytoMessageRow *self)
{
  gboolean growing = tyto_message_get_state (self->message) == TYTO_MESSAGE_GROWING, versions = gtk_widget_get_visible (self->branch);
  gboolean shown = !growing && (self->hovered || self->focused || (is_answer (self) && (self->last || versions)));

  set_class (self->actions, "shown", shown);
  set_class (GTK_WIDGET (self), "versions", versions);
  gtk_widget_set_can_target (self->actions, !growing);
}

void
tyto_message_row_refresh (TytoMessageRow *self)
{
  guint index = 0, n = tyto_chat_get_n_siblings (self->chat, self->message, &index);
  gboolean busy = tyto_chat_get_busy (self->chat);
  g_autofree char *label = g_strdup_printf (_("%u / %u"), index + 1, n);

  gtk_widget_set_visible (self->branch, n > 1);
  gtk_label_set_text (GTK_LABEL (self->branch_label), label);
  gtk_widget_set_sensitive (self->previous, !busy && index > 0);
  gtk_widget_set_sensitive (self->next, !busy && index + 1 < n);
  if (self->again)
    gtk_widget_set_sensitive (self->again, !busy);
  gtk_widget_set_sensitive (self->delete, !busy);
  if (self->edit)
    gtk_widget_set_sensitive (self->edit, !busy);
  if (self->look)
    gtk_widget_set_visible (self->look, tyto_message_get_ids (self->message) && tyto_chat_get_next_number (self->chat, NULL) > 1);
  update_actions (self);
}

static void
update_text (TytoMessageRow *self)
{
  const char *text = tyto_message_get_text (self->message);
  gboolean growing = tyto_message_get_state (self->message) == TYTO_MESSAGE_GROWING;

  gtk_widget_set_visible (self->text, *text != '\0');
  gtk_widget_set_visible (self->stage, growing && !*text && *tyto_message_get_stage (self->message));
  if (!is_answer (self)) {
    g_autofree char *markup = tyto_markup_from_text (text);

    gtk_label_set_markup (GTK_LABEL (self->text), markup);
  } else {
    g_autofree char *shown = growing && *text ? g_strconcat (text, CARET, NULL) : g_strdup (text);

    tyto_markdown_set_text (TYTO_MARKDOWN (self->text), shown, tyto_chat_get_next_number (self->chat, NULL) - 1);
  }
}

static void
update_speed (TytoMessageRow *self)
{
  double first = tyto_message_get_first_word (self->message), speed = tyto_message_get_speed (self->message);
  g_autofree char *text = NULL, *short_text = NULL, *writer = NULL;

  if (!self->speed)
    return;
  if (first > 0.0 && speed > 0.0) {
    text = g_strdup_printf (_("First word %.1f s · %.1f words/s"), MAX (first, 0.1), speed);
    short_text = g_strdup_printf (_("%.1f words/s"), speed);
  } else if (first > 0.0) {
    text = g_strdup_printf (_("First word %.1f s"), MAX (first, 0.1));
  }
  gtk_label_set_text (GTK_LABEL (self->speed), text ? text : "");
  gtk_label_set_text (GTK_LABEL (self->short_speed), short_text ? short_text : "");
  if (*tyto_message_get_model (self->message))
    writer = g_strdup_printf (_("Written by %s"), tyto_message_get_model (self->message));
  tyto_tooltip_set (self->speed, writer);
  tyto_tooltip_set (self->short_speed, writer);
}

static void
update_state (TytoMessageRow *self)
{
  TytoMessageState state = tyto_message_get_state (self->message);
  const char *stage = tyto_message_get_stage (self->message);
  int dropped = tyto_message_get_dropped (self->message);
  const char *note = NULL;
  g_autofree char *dropped_note = NULL;

  if (state == TYTO_MESSAGE_STOPPED)
    note = _("Stopped.");
  else if (state == TYTO_MESSAGE_INTERRUPTED)
    note = _("Tyto closed before this answer was finished.");
  else if (dropped > 0)
    note = dropped_note = g_strdup_printf (
        ngettext ("The oldest question no longer fitted and was left out.", "The oldest %d questions no longer fitted and were left out.",
                  (unsigned long) dropped),
        dropped);
  gtk_label_set_text (GTK_LABEL (self->stage), stage);
  gtk_widget_set_visible (self->note, note != NULL);
  gtk_label_set_text (GTK_LABEL (self->note), note ? note : "");
  gtk_widget_set_visible (self->error, state == TYTO_MESSAGE_FAILED);
  gtk_label_set_text (GTK_LABEL (self->error), state == TYTO_MESSAGE_FAILED ? tyto_message_get_error (self->message) : "");
  update_text (self);
  update_speed (self);
  tyto_message_row_refresh (self);
}

static void
copy_clicked (GtkButton *button, TytoMessageRow *self)
{
  g_autofree char *plain = is_answer (self) ? tyto_markdown_to_plain (tyto_message_get_text (self->message)) : NULL;

  tyto_copy_text (button, plain ? plain : tyto_message_get_text (self->message));
}

static void
copy_markdown (GtkButton *button, TytoMessageRow *self)
{
  tyto_copy_text (button, tyto_message_get_text (self->message));
}

static void
delete_clicked (TytoMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_DELETE], 0);
}

static void
again_clicked (TytoMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_AGAIN], 0);
}

/* Where the model looked: for the selected words, or for all of the answer. */
static void
look_clicked (TytoMessageRow *self)
{
  g_autofree char *words = tyto_markdown_get_selection (TYTO_MARKDOWN (self->text));

  g_signal_emit (self, signals[SIGNAL_LOOK], 0, words);
}

static void
seen_clicked (TytoMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_SEEN], 0);
}

static void
edit_clicked (TytoMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_EDIT], 0);
}

static void
previous_clicked (TytoMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_SIBLING], 0, -1);
}

static void
next_clicked (TytoMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_SIBLING], 0, 1);
}

static void
picture_clicked (TytoMessageRow *self, int number)
{
  g_signal_emit (self, signals[SIGNAL_PICTURE], 0, number);
}

static void
pointer_entered (TytoMessageRow *self)
{
  self->hovered = TRUE;
  update_actions (self);
}

static void
pointer_left (TytoMessageRow *self)
{
  self->hovered = FALSE;
  update_actions (self);
}

/* The keyboard came to one of the buttons, or left them. */
static void
focus_changed (TytoMessageRow *self, GParamSpec *pspec, GtkEventControllerFocus *focus)
{
  self->focused = gtk_event_controller_focus_contains_focus (focus);
  update_actions (self);
}

static void
tyto_message_row_dispose (GObject *object)
{
  TytoMessageRow *self = TYTO_MESSAGE_ROW (object);

  if (self->message)
    g_signal_handlers_disconnect_by_data (self->message, self);
  if (self->chat)
    g_signal_handlers_disconnect_by_data (self->chat, self);
  g_clear_object (&self->message);
  g_clear_object (&self->chat);
  G_OBJECT_CLASS (tyto_message_row_parent_class)->dispose (object);
}

static void
tyto_message_row_class_init (TytoMessageRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_message_row_dispose;
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_GROUP);
  signals[SIGNAL_AGAIN] = g_signal_new ("again", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_EDIT] = g_signal_new ("edit", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_DELETE] = g_signal_new ("delete", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_LOOK] = g_signal_new ("look", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_SEEN] = g_signal_new ("seen", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_VIEW] =
      g_signal_new ("view", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, TYTO_TYPE_ATTACHMENT);
  signals[SIGNAL_PICTURE] =
      g_signal_new ("picture", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_SIBLING] =
      g_signal_new ("sibling", TYTO_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
tyto_message_row_init (TytoMessageRow *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();

  gtk_widget_set_layout_manager (GTK_WIDGET (self), tyto_row_layout_new (12));
  gtk_widget_add_css_class (GTK_WIDGET (self), "message");
  g_signal_connect_swapped (motion, "enter", G_CALLBACK (pointer_entered), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (pointer_left), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
}

static void
picture_activated (TytoMessageRow *self, TytoPicture *picture)
{
  g_signal_emit (self, signals[SIGNAL_VIEW], 0, tyto_picture_get_attachment (picture));
}

static void
build_pictures (TytoMessageRow *self)
{
  GPtrArray *attachments = tyto_message_get_attachments (self->message);
  GtkWidget *lines;

  if (attachments->len == 0)
    return;
  lines = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_layout_manager (lines, tyto_wrap_layout_new (8, 1.0f));
  gtk_widget_add_css_class (lines, "pictures");
  for (guint i = 0; i < attachments->len; i++) {
    GtkWidget *picture = tyto_picture_new (g_ptr_array_index (attachments, i), PICTURE_HEIGHT, FALSE);

    g_signal_connect_swapped (picture, "activated", G_CALLBACK (picture_activated), self);
    gtk_box_append (GTK_BOX (lines), picture);
  }
  self->pictures = lines;
  gtk_box_append (GTK_BOX (self->column), lines);
}

/* As much of it as there is room for. */
static GtkWidget *
build_speed (TytoMessageRow *self)
{
  GtkWidget *squeezer = adw_squeezer_new ();

  self->speed = gtk_label_new (NULL);
  self->short_speed = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->speed), 1.0f);
  gtk_label_set_xalign (GTK_LABEL (self->short_speed), 1.0f);
  gtk_widget_add_css_class (self->speed, "quiet");
  gtk_widget_add_css_class (self->short_speed, "quiet");
  adw_squeezer_set_homogeneous (ADW_SQUEEZER (squeezer), FALSE);
  adw_squeezer_set_xalign (ADW_SQUEEZER (squeezer), 1.0f);
  gtk_widget_set_hexpand (squeezer, TRUE);
  gtk_widget_set_valign (squeezer, GTK_ALIGN_CENTER);
  adw_squeezer_add (ADW_SQUEEZER (squeezer), self->speed);
  adw_squeezer_add (ADW_SQUEEZER (squeezer), self->short_speed);
  adw_squeezer_add (ADW_SQUEEZER (squeezer), gtk_label_new (NULL));
  return squeezer;
}

static void
build_actions (TytoMessageRow *self)
{
  GtkWidget *copy = icon_button ("edit-copy-symbolic", _("Copy")), *markdown, *seen;
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->actions = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_layout_manager (self->actions, tyto_wrap_layout_new (2, is_answer (self) ? 0.0f : 1.0f));
  gtk_widget_add_css_class (self->actions, "actions");
  gtk_box_append (GTK_BOX (self->actions), copy);
  g_signal_connect (copy, "clicked", G_CALLBACK (copy_clicked), self);
  if (is_answer (self)) {
    self->again = icon_button ("view-refresh-symbolic", _("Answer again"));
    g_signal_connect_swapped (self->again, "clicked", G_CALLBACK (again_clicked), self);
    gtk_box_append (GTK_BOX (self->actions), self->again);
    markdown = icon_button ("text-x-generic-symbolic", _("Copy as Markdown"));
    g_signal_connect (markdown, "clicked", G_CALLBACK (copy_markdown), self);
    gtk_box_append (GTK_BOX (self->actions), markdown);
    self->look = icon_button ("find-location-symbolic", _("Where it looked"));
    g_signal_connect_swapped (self->look, "clicked", G_CALLBACK (look_clicked), self);
    gtk_box_append (GTK_BOX (self->actions), self->look);
  } else {
    self->edit = icon_button ("document-edit-symbolic", _("Edit the question"));
    g_signal_connect_swapped (self->edit, "clicked", G_CALLBACK (edit_clicked), self);
    gtk_box_append (GTK_BOX (self->actions), self->edit);
  }

  seen = icon_button ("view-reveal-symbolic", _("What the model saw"));
  g_signal_connect_swapped (seen, "clicked", G_CALLBACK (seen_clicked), self);
  gtk_box_append (GTK_BOX (self->actions), seen);
  self->delete = icon_button ("user-trash-symbolic", _("Delete"));
  g_signal_connect_swapped (self->delete, "clicked", G_CALLBACK (delete_clicked), self);
  gtk_box_append (GTK_BOX (self->actions), self->delete);

  self->branch = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  self->previous = icon_button ("go-previous-symbolic", _("Previous version"));
  self->next = icon_button ("go-next-symbolic", _("Next version"));
  self->branch_label = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->branch, "branch");
  gtk_widget_add_css_class (self->branch_label, "quiet");
  gtk_box_append (GTK_BOX (self->branch), self->previous);
  gtk_box_append (GTK_BOX (self->branch), self->branch_label);
  gtk_box_append (GTK_BOX (self->branch), self->next);
  g_signal_connect_swapped (self->previous, "clicked", G_CALLBACK (previous_clicked), self);
  g_signal_connect_swapped (self->next, "clicked", G_CALLBACK (next_clicked), self);
  gtk_box_append (GTK_BOX (self->actions), self->branch);

  if (is_answer (self)) {
    gtk_box_append (GTK_BOX (self->actions), build_speed (self));
  } else {
    gtk_widget_set_halign (self->actions, GTK_ALIGN_END);
  }
  g_signal_connect_swapped (focus, "notify::contains-focus", G_CALLBACK (focus_changed), self);
  gtk_widget_add_controller (self->actions, focus);
}

static GtkWidget *
build_question (void)
{
  GtkWidget *label = text_label ("bubble");

  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_set_halign (label, GTK_ALIGN_END);
  gtk_accessible_update_property (GTK_ACCESSIBLE (label), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, _("Your question"), -1);
  return label;
}

static GtkWidget *
build_answer (TytoMessageRow *self)
{
  GtkWidget *text = tyto_markdown_new (_("Answer"));

  g_signal_connect_swapped (text, "picture", G_CALLBACK (picture_clicked), self);
  return text;
}

GtkWidget *
tyto_message_row_new (TytoChat *chat, TytoMessage *message)
{
  TytoMessageRow *self = g_object_new (TYTO_TYPE_MESSAGE_ROW, NULL);
  gboolean answer;

  self->chat = g_object_ref (chat);
  self->message = g_object_ref (message);
  answer = is_answer (self);
  gtk_widget_add_css_class (GTK_WIDGET (self), answer ? "answer" : "question");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, answer ? _("Answer") : _("Your question"), -1);
  if (answer) {
    GtkWidget *owl = gtk_image_new_from_icon_name ("io.github.tyto_app.Tyto");

    gtk_image_set_pixel_size (GTK_IMAGE (owl), 30);
    gtk_widget_set_valign (owl, GTK_ALIGN_START);
    gtk_widget_add_css_class (owl, "owl");
    gtk_box_append (GTK_BOX (self), owl);
  }
  self->column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  gtk_widget_set_hexpand (self->column, TRUE);
  gtk_box_append (GTK_BOX (self), self->column);
  if (!answer)
    build_pictures (self);

  self->text = answer ? build_answer (self) : build_question ();
  self->stage = text_label ("quiet");
  self->note = text_label ("quiet");
  self->error = text_label ("error-text");
  /* It may name a path. */
  gtk_label_set_wrap_mode (GTK_LABEL (self->error), PANGO_WRAP_WORD_CHAR);
  gtk_box_append (GTK_BOX (self->column), self->text);
  gtk_box_append (GTK_BOX (self->column), self->stage);
  gtk_box_append (GTK_BOX (self->column), self->error);
  gtk_box_append (GTK_BOX (self->column), self->note);
  build_actions (self);
  gtk_box_append (GTK_BOX (self->column), self->actions);

  g_signal_connect_swapped (message, "notify::text", G_CALLBACK (update_text), self);
  g_signal_connect_swapped (message, "notify::state", G_CALLBACK (update_state), self);
  g_signal_connect_swapped (message, "notify::stage", G_CALLBACK (update_state), self);
  g_signal_connect_swapped (chat, "notify::busy", G_CALLBACK (tyto_message_row_refresh), self);
  update_state (self);
  return GTK_WIDGET (self);
}

TytoMessage *
tyto_message_row_get_message (TytoMessageRow *self)
{
  return self->message;
}

void
tyto_message_row_set_last (TytoMessageRow *self, gboolean last)
{
  self->last = last;
  update_actions (self);
}

/* A line across the conversation, with a word in the middle. */
static GtkWidget *
build_boundary (void)
{
  GtkWidget *box = tyto_row_new (10), *label = text_label ("quiet");
  GtkWidget *before = gtk_separator_new (GTK_ORIENTATION_HORIZONTAL), *after = gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);

  gtk_label_set_text (GTK_LABEL (label), _("The model no longer remembers what is above"));
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_CENTER);
  gtk_widget_set_hexpand (before, TRUE);
  gtk_widget_set_hexpand (after, TRUE);
  gtk_widget_set_valign (before, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (after, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), before);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), after);
  gtk_widget_add_css_class (box, "boundary");
  return box;
}

void
tyto_message_row_set_forgotten (TytoMessageRow *self, gboolean forgotten, gboolean boundary)
{
  set_class (GTK_WIDGET (self), "forgotten", forgotten);
  if (boundary && !self->boundary) {
    self->boundary = build_boundary ();
    gtk_box_prepend (GTK_BOX (self->column), self->boundary);
  }
  if (self->boundary)
    gtk_widget_set_visible (self->boundary, boundary);
}

GtkWidget *
tyto_message_row_find_picture (TytoMessageRow *self, int number)
{
  for (GtkWidget *picture = self->pictures ? gtk_widget_get_first_child (self->pictures) : NULL; picture;
       picture = gtk_widget_get_next_sibling (picture))
    if (tyto_attachment_get_number (tyto_picture_get_attachment (TYTO_PICTURE (picture))) == number)
      return picture;
  return NULL;
}
