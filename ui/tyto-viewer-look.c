/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-viewer"

#include "ui/tyto-viewer-private.h"

#include "ui/tyto-button.h"
#include "ui/tyto-heat.h"
#include "ui/tyto-settings.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>
#include <string.h>

/* Selecting words goes on for a while before they are looked up. */
#define PAUSE_MS 350
/* "Look closer" takes about so much of the width and height. */
#define CLOSER 0.35
#define STRENGTH 0.7

/* What the model looked at in the picture that is shown, or NULL. */
static const TytoLook *
find_look (TytoViewer *self)
{
  for (guint i = 0; self->looks && i < self->looks->len; i++) {
    const TytoLook *look = g_ptr_array_index (self->looks, i);

    if (look->attachment == self->shown)
      return look;
  }
  return NULL;
}

/* A place of a part, in all of the picture. */
static OwlRegion
place_inside (const OwlRegion *part, const OwlRegion *place)
{
  return (OwlRegion){ part->x + place->x * part->width, part->y + place->y * part->height, place->width * part->width, place->height * part->height };
}

void
_tyto_viewer_look_update (TytoViewer *self)
{
  const TytoLook *look = find_look (self);
  g_autoptr (GdkTexture) heat = NULL;
  OwlRegion part = { 0.0, 0.0, 1.0, 1.0 }, hottest;
  gboolean has_panel = self->answer || tyto_attachment_get_page (self->shown) >= 0;
  GArray *marks;

  gtk_widget_set_visible (self->panel_button, has_panel);
  /* With nothing in it, it does not open because the window becomes wide either. */
  adw_flap_set_locked (ADW_FLAP (self->flap), !has_panel);
  gtk_widget_set_visible (self->look_closer, look != NULL);
  self->has_hottest = look != NULL;
  if (!look) {
    tyto_zoom_set_heat (TYTO_ZOOM (self->zoom), NULL, NULL);
    tyto_zoom_set_marks (TYTO_ZOOM (self->zoom), TYTO_ZOOM_HOTTEST, NULL);
    return;
  }
  tyto_attachment_get_region (self->shown, &part);
  heat = tyto_heat_new (look->map, tyto_heat_get_most (look->map));
  tyto_zoom_set_heat (TYTO_ZOOM (self->zoom), heat, &part);
  owl_heat_map_find_hottest (look->map, CLOSER, &hottest);
  self->hottest = place_inside (&part, &hottest);
  marks = g_array_new (FALSE, FALSE, sizeof (OwlRegion));
  g_array_append_val (marks, self->hottest);
  tyto_zoom_set_marks (TYTO_ZOOM (self->zoom), TYTO_ZOOM_HOTTEST, marks);
}

static void
picture_clicked (TytoViewer *self, GtkWidget *button)
{
  guint index;

  if (g_ptr_array_find (self->attachments, g_object_get_data (G_OBJECT (button), "attachment"), &index))
    _tyto_viewer_show (self, index);
}

/* How the looks are shared out among several pictures. */
static void
list_pictures (TytoViewer *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->look_pictures)))
    gtk_box_remove (GTK_BOX (self->look_pictures), child);
  for (guint i = 0; self->looks && self->looks->len > 1 && i < self->looks->len; i++) {
    const TytoLook *look = g_ptr_array_index (self->looks, i);
    g_autofree char *text = g_strdup_printf (_("Picture %d: %.0f %%"), tyto_attachment_get_number (look->attachment),
                                             owl_heat_map_get_share (look->map) * 100.0);
    GtkWidget *button = gtk_button_new_with_label (text);

    g_object_set_data_full (G_OBJECT (button), "attachment", g_object_ref (look->attachment), g_object_unref);
    g_signal_connect_swapped (button, "clicked", G_CALLBACK (picture_clicked), self);
    gtk_widget_add_css_class (button, "flat");
    gtk_box_append (GTK_BOX (self->look_pictures), button);
  }
}

static void
show_most (TytoViewer *self)
{
  const TytoLook *most = NULL;
  guint index;

  for (guint i = 0; i < self->looks->len; i++) {
    const TytoLook *look = g_ptr_array_index (self->looks, i);

    if (!most || owl_heat_map_get_share (look->map) > owl_heat_map_get_share (most->map))
      most = look;
  }
  if (most && !find_look (self) && g_ptr_array_find (self->attachments, most->attachment, &index))
    _tyto_viewer_show (self, index);
  else
    _tyto_viewer_look_update (self);
}

static void
looked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoViewer) self = user_data;
  g_autoptr (GError) error = NULL;
  GPtrArray *looks = tyto_engine_look_finish (TYTO_ENGINE (object), result, &error);

  if (!self->services || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED)) {
    g_clear_pointer (&looks, g_ptr_array_unref);
    return;
  }
  gtk_spinner_stop (GTK_SPINNER (self->look_spinner));
  g_clear_pointer (&self->looks, g_ptr_array_unref);
  self->looks = looks;
  if (looks && looks->len > 0) {
    show_most (self);
  } else {
    gtk_label_set_text (GTK_LABEL (self->look_text), error ? error->message : _("The model saw no picture for this answer."));
    _tyto_viewer_look_update (self);
  }
  list_pictures (self);
}

/* `start` and `length` in bytes of the answer; length 0: all of it. */
static void
look (TytoViewer *self, gsize start, gsize length)
{
  g_autoptr (GPtrArray) path = tyto_chat_get_path_to (self->chat, self->answer);
  g_autofree char *words = length ? g_strndup (tyto_message_get_text (self->answer) + start, length) : NULL, *instructions = NULL;
  g_autofree char *text = words ? g_strdup_printf (_("For the words “%s”. It shows where the model looked; it is no proof that the answer is right."), words)
                                : g_strdup (_("For the whole answer. It shows where the model looked; it is no proof that the answer is right."));
  TytoAnswerOptions options;

  g_ptr_array_remove_index (path, path->len - 1);
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  self->looking = g_cancellable_new ();
  gtk_label_set_text (GTK_LABEL (self->look_text), text);
  gtk_spinner_start (GTK_SPINNER (self->look_spinner));
  tyto_settings_get_answer_options (&options, &instructions);
  tyto_engine_look_async (tyto_services_get_engine (self->services), path, self->answer, &options, start, length, self->looking, looked,
                          g_object_ref (self));
}

void
tyto_viewer_look (TytoViewer *self, TytoChat *chat, TytoMessage *answer, gsize start, gsize length)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->look_answer));
  const char *text = tyto_message_get_text (answer);
  GtkTextIter first, last;

  g_set_object (&self->chat, chat);
  g_set_object (&self->answer, answer);
  gtk_text_buffer_set_text (buffer, text, -1);
  if (length > 0) {
    gtk_text_buffer_get_iter_at_offset (buffer, &first, (int) g_utf8_pointer_to_offset (text, text + start));
    gtk_text_buffer_get_iter_at_offset (buffer, &last, (int) g_utf8_pointer_to_offset (text, text + start + length));
    gtk_text_buffer_select_range (buffer, &first, &last);
  }
  /* Selecting has begun a timer, which is not needed. */
  g_clear_handle_id (&self->selection_timer, g_source_remove);
  gtk_stack_page_set_visible (gtk_stack_get_page (GTK_STACK (self->stack), gtk_stack_get_child_by_name (GTK_STACK (self->stack), "look")), TRUE);
  _tyto_viewer_show_panel (self, "look");
  look (self, start, length);
}

void
_tyto_viewer_look_stop (TytoViewer *self)
{
  g_clear_handle_id (&self->selection_timer, g_source_remove);
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  g_clear_object (&self->chat);
  g_clear_object (&self->answer);
  g_clear_pointer (&self->looks, g_ptr_array_unref);
}

static gboolean
look_at_selection (gpointer data)
{
  TytoViewer *self = data;
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->look_answer));
  GtkTextIter start, end, begin;
  g_autofree char *before = NULL, *words = NULL;

  self->selection_timer = 0;
  if (!self->answer)
    return G_SOURCE_REMOVE;
  gtk_text_buffer_get_start_iter (buffer, &begin);
  gtk_text_buffer_get_selection_bounds (buffer, &start, &end);
  before = gtk_text_buffer_get_text (buffer, &begin, &start, TRUE);
  words = gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
  look (self, *words ? strlen (before) : 0, strlen (words));
  return G_SOURCE_REMOVE;
}

static void
selection_changed (TytoViewer *self)
{
  g_clear_handle_id (&self->selection_timer, g_source_remove);
  self->selection_timer = g_timeout_add (PAUSE_MS, look_at_selection, self);
}

static void
strength_changed (TytoViewer *self)
{
  tyto_zoom_set_heat_strength (TYTO_ZOOM (self->zoom), gtk_range_get_value (GTK_RANGE (self->look_strength)));
}

/* The question of the answer once more, about the part that weighed most. */
static void
look_closer (TytoViewer *self)
{
  g_autoptr (GPtrArray) path = tyto_chat_get_path_to (self->chat, self->answer);
  g_autoptr (TytoAttachment) part = NULL;

  if (!self->has_hottest || path->len < 2)
    return;
  part = tyto_viewer_make_part (tyto_services_get_documents (self->services), self->shown, &self->hottest);
  g_signal_emit_by_name (self, "ask", part, tyto_message_get_text (g_ptr_array_index (path, path->len - 2)));
  gtk_window_close (GTK_WINDOW (self));
}

static GtkWidget *
build_answer (TytoViewer *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->look_answer = gtk_text_view_new ();
  gtk_text_view_set_editable (GTK_TEXT_VIEW (self->look_answer), FALSE);
  gtk_text_view_set_cursor_visible (GTK_TEXT_VIEW (self->look_answer), TRUE);
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (self->look_answer), GTK_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (self->look_answer, "look-answer");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->look_answer), GTK_ACCESSIBLE_PROPERTY_LABEL, _("The answer; select words of it"), -1);
  g_signal_connect_swapped (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->look_answer)), "notify::has-selection", G_CALLBACK (selection_changed), self);
  g_signal_connect_swapped (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->look_answer)), "mark-set", G_CALLBACK (selection_changed), self);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scroller), 160);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->look_answer);
  return scroller;
}

GtkWidget *
_tyto_viewer_build_look (TytoViewer *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8), *title = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8), *hint = gtk_label_new (_("Select words of the answer to see where they came from.")), *strength;

  self->look_spinner = gtk_spinner_new ();
  gtk_box_append (GTK_BOX (title), _tyto_viewer_heading (_("Where it looked")));
  gtk_box_append (GTK_BOX (title), self->look_spinner);
  self->look_text = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->look_text), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->look_text), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (self->look_text), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (hint), TRUE);
  gtk_label_set_xalign (GTK_LABEL (hint), 0.0f);
  gtk_widget_add_css_class (hint, "quiet");

  self->look_strength = gtk_scale_new_with_range (GTK_ORIENTATION_HORIZONTAL, 0.0, 1.0, 0.05);
  gtk_range_set_value (GTK_RANGE (self->look_strength), STRENGTH);
  gtk_widget_set_hexpand (self->look_strength, TRUE);
  strength = gtk_label_new_with_mnemonic (_("_Strength"));
  gtk_label_set_mnemonic_widget (GTK_LABEL (strength), self->look_strength);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->look_strength), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Strength"), -1);
  g_signal_connect_swapped (self->look_strength, "value-changed", G_CALLBACK (strength_changed), self);
  gtk_box_append (GTK_BOX (row), strength);
  gtk_box_append (GTK_BOX (row), self->look_strength);

  self->look_pictures = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  self->look_closer = tyto_button_new (_("_Look closer at this part"));
  tyto_tooltip_set (self->look_closer, _("Asks the same question about the framed part, in full detail"));
  gtk_widget_add_css_class (self->look_closer, "suggested-action");
  gtk_widget_set_visible (self->look_closer, FALSE);
  g_signal_connect_swapped (self->look_closer, "clicked", G_CALLBACK (look_closer), self);

  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), self->look_text);
  gtk_box_append (GTK_BOX (box), build_answer (self));
  gtk_box_append (GTK_BOX (box), hint);
  gtk_box_append (GTK_BOX (box), row);
  gtk_box_append (GTK_BOX (box), self->look_pictures);
  gtk_box_append (GTK_BOX (box), self->look_closer);
  gtk_widget_add_css_class (box, "viewer-tab");
  return box;
}
