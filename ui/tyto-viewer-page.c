/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-viewer"

#include "ui/tyto-viewer-private.h"

#include "ui/tyto-button.h"
#include "ui/tyto-link-list.h"

#include <glib/gi18n.h>
#include <string.h>

/* More text than this is cut in the panel; laying out more would hold up the window. */
#define MAX_SHOWN_TEXT 20000

static gboolean
was_cancelled (TytoViewer *self, const GError *error)
{
  return !self->services || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED);
}

/* The page as printed, or its number. The caller frees. */
static char *
page_label (TytoViewer *self, int page)
{
  const char *label = self->contents ? owl_contents_get_label (self->contents, page) : NULL;

  return label && *label ? g_strdup (label) : g_strdup_printf ("%d", page + 1);
}

/* Marks what the search found on this page, and the place that was gone to. */
static void
mark_hits (TytoViewer *self)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (OwlRegion));

  for (guint i = 0; self->hits && i < self->hits->len; i++) {
    const TytoTextHit *hit = g_ptr_array_index (self->hits, i);

    for (guint w = 0; hit->page == MAX (tyto_attachment_get_page (self->shown), 0) && w < hit->words->len; w++) {
      const OwlTextWord *word = &g_array_index (hit->words, OwlTextWord, w);
      OwlRegion place = { word->x, word->y, word->width, word->height };

      g_array_append_val (found, place);
    }
  }
  tyto_zoom_set_marks (TYTO_ZOOM (self->zoom), TYTO_ZOOM_FOUND, found);
}

static void
update_page_row (TytoViewer *self)
{
  int page = tyto_attachment_get_page (self->shown), n_pages = self->contents ? owl_contents_get_n_pages (self->contents) : 0;
  g_autofree char *label = page_label (self, page), *text = NULL;

  gtk_widget_set_visible (self->page_row, page >= 0 && n_pages > 1);
  gtk_widget_set_visible (self->attach_page, page >= 0 && tyto_attachment_get_number (self->shown) == 0);
  if (page < 0)
    return;
  text = g_strdup_printf (_("Page %s of %d"), label, n_pages);
  gtk_label_set_text (GTK_LABEL (self->page_label), text);
  gtk_widget_set_sensitive (self->page_back, page > 0);
  gtk_widget_set_sensitive (self->page_on, page + 1 < n_pages);
}

static void
show_outline (TytoViewer *self)
{
  gsize n;
  const OwlOutlineItem *items = owl_contents_get_outline (self->contents, &n);
  g_autoptr (GStrvBuilder) texts = g_strv_builder_new (), notes = g_strv_builder_new ();
  g_autofree int *depths = g_new (int, n + 1);
  g_auto (GStrv) text_list = NULL, note_list = NULL;

  for (gsize i = 0; i < n; i++) {
    g_autofree char *title = g_markup_escape_text (items[i].title, -1), *label = items[i].page >= 0 ? page_label (self, items[i].page) : g_strdup ("");

    g_strv_builder_add (texts, title);
    g_strv_builder_add (notes, label);
    depths[i] = items[i].depth;
  }
  text_list = g_strv_builder_end (texts);
  note_list = g_strv_builder_end (notes);
  tyto_link_list_set (TYTO_LINK_LIST (self->outline), text_list, note_list, depths);
  gtk_widget_set_visible (self->outline_note, n == 0);
  gtk_widget_set_visible (self->outline, n > 0);
}

static void
contents_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoViewer) self = user_data;
  g_autoptr (GError) error = NULL;
  OwlContents *contents = tyto_documents_read_contents_finish (TYTO_DOCUMENTS (object), result, &error);

  if (was_cancelled (self, error) || !contents) {
    g_clear_pointer (&contents, owl_contents_unref);
    return;
  }
  g_clear_pointer (&self->contents, owl_contents_unref);
  self->contents = contents;
  update_page_row (self);
  show_outline (self);
}

static void
show_text (TytoViewer *self)
{
  const char *text = self->text ? owl_page_text_get_text (self->text) : "";
  g_autofree char *cut = NULL;
  gboolean page = tyto_attachment_get_page (self->shown) >= 0;

  if (strlen (text) > MAX_SHOWN_TEXT)
    text = cut = g_utf8_substring (text, 0, g_utf8_strlen (text, MAX_SHOWN_TEXT));
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->text_view)), text, -1);
  gtk_widget_set_sensitive (self->text_button, *text != '\0');
  gtk_widget_set_visible (self->text_view, *text != '\0');
  gtk_widget_set_visible (self->text_note, !*text || cut || (self->text && owl_page_text_is_recognised (self->text)));
  if (cut)
    gtk_label_set_text (GTK_LABEL (self->text_note), _("Only the beginning of the text is shown here. All of it can be selected on the page."));
  else if (*text)
    gtk_label_set_text (GTK_LABEL (self->text_note), _("Recognised from the picture; it can hold mistakes."));
  else
    gtk_label_set_text (GTK_LABEL (self->text_note), page ? _("No text layer: this page is a picture, such as a scan.") : _("A picture has no text of its own."));
}

static void
text_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoViewer) self = user_data;
  g_autoptr (GError) error = NULL;
  OwlPageText *text = tyto_documents_read_text_finish (TYTO_DOCUMENTS (object), result, &error);

  if (was_cancelled (self, error) || !text) {
    g_clear_pointer (&text, owl_page_text_unref);
    return;
  }
  g_clear_pointer (&self->text, owl_page_text_unref);
  self->text = text;
  show_text (self);
}

void
_tyto_viewer_page_changed (TytoViewer *self)
{
  TytoDocuments *documents = tyto_services_get_documents (self->services);
  const char *blob = tyto_attachment_get_blob (self->shown), *name = tyto_attachment_get_name (self->shown);
  int page = tyto_attachment_get_page (self->shown);
  gboolean same = g_strcmp0 (blob, self->contents_blob) == 0;

  g_clear_pointer (&self->text, owl_page_text_unref);
  self->selected_length = 0;
  gtk_widget_set_visible (self->copy, FALSE);
  gtk_widget_set_visible (self->text_button, page >= 0);
  if (page < 0 && gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->text_button)))
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->text_button), FALSE);
  show_text (self);
  for (const char *const *tab = (const char *const[]){ "find", "contents", "text", NULL }; *tab; tab++)
    gtk_stack_page_set_visible (gtk_stack_get_page (GTK_STACK (self->stack), gtk_stack_get_child_by_name (GTK_STACK (self->stack), *tab)), page >= 0);
  gtk_widget_set_visible (self->switcher, page >= 0);
  /* Without an answer there is nothing to see on the page that the panel would begin with. */
  if (page >= 0 && !self->answer && g_strcmp0 (gtk_stack_get_visible_child_name (GTK_STACK (self->stack)), "look") == 0)
    gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "contents");
  if (!same) {
    g_free (self->contents_blob);
    self->contents_blob = g_strdup (blob);
    g_clear_pointer (&self->contents, owl_contents_unref);
    g_clear_pointer (&self->hits, g_ptr_array_unref);
    gtk_editable_set_text (GTK_EDITABLE (self->find), "");
  }
  /* Also when leafing on was quicker than reading them, and ended that. */
  if (!self->contents && page >= 0)
    tyto_documents_read_contents_async (documents, blob, name, self->cancellable, contents_read, g_object_ref (self));
  if (page >= 0)
    tyto_documents_read_text_async (documents, blob, name, page, self->cancellable, text_read, g_object_ref (self));
  update_page_row (self);
  mark_hits (self);
}

static void
go_to_hit (TytoViewer *self, guint index)
{
  const TytoTextHit *hit = g_ptr_array_index (self->hits, index);

  self->hit = index;
  _tyto_viewer_show_page (self, hit->page);
  tyto_link_list_select (TYTO_LINK_LIST (self->hit_list), index);
}

void
_tyto_viewer_next_hit (TytoViewer *self, int step)
{
  if (self->hits && self->hits->len > 0)
    go_to_hit (self, (self->hit + self->hits->len + (guint) step) % self->hits->len);
}

static void
show_hits (TytoViewer *self)
{
  g_autoptr (GStrvBuilder) texts = g_strv_builder_new (), notes = g_strv_builder_new ();
  g_auto (GStrv) text_list = NULL, note_list = NULL;
  guint n = self->hits ? self->hits->len : 0;
  g_autofree char *status = NULL;

  for (guint i = 0; i < n; i++) {
    const TytoTextHit *hit = g_ptr_array_index (self->hits, i);
    g_autofree char *before = g_markup_escape_text (hit->snippet, hit->mark.start);
    g_autofree char *mark = g_markup_escape_text (hit->snippet + hit->mark.start, hit->mark.length);
    g_autofree char *after = g_markup_escape_text (hit->snippet + hit->mark.start + hit->mark.length, -1);
    g_autofree char *text = g_strdup_printf ("%s<b>%s</b>%s", before, mark, after), *label = page_label (self, hit->page);

    g_strv_builder_add (texts, text);
    g_strv_builder_add (notes, label);
  }
  text_list = g_strv_builder_end (texts);
  note_list = g_strv_builder_end (notes);
  tyto_link_list_set (TYTO_LINK_LIST (self->hit_list), text_list, note_list, NULL);
  status = n ? g_strdup_printf (ngettext ("%u place", "%u places", n), n) : g_strdup (_("Not found. Scanned pages have no text to search."));
  gtk_label_set_text (GTK_LABEL (self->find_status), self->hits ? status : "");
  mark_hits (self);
}

static void
text_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoViewer) self = user_data;
  g_autoptr (GError) error = NULL;
  GPtrArray *hits = tyto_documents_find_text_finish (TYTO_DOCUMENTS (object), result, &error);

  if (was_cancelled (self, error)) {
    g_clear_pointer (&hits, g_ptr_array_unref);
    return;
  }
  g_clear_pointer (&self->hits, g_ptr_array_unref);
  self->hits = hits ? hits : g_ptr_array_new ();
  self->hit = 0;
  show_hits (self);
  if (!hits)
    gtk_label_set_text (GTK_LABEL (self->find_status), error->message);
}

static void
find_changed (TytoViewer *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->find))));

  g_cancellable_cancel (self->finding);
  g_clear_object (&self->finding);
  self->finding = g_cancellable_new ();
  if (*text) {
    gtk_label_set_text (GTK_LABEL (self->find_status), _("Searching…"));
    tyto_documents_find_text_async (tyto_services_get_documents (self->services), tyto_attachment_get_blob (self->shown),
                                    tyto_attachment_get_name (self->shown), text, self->finding, text_found, g_object_ref (self));
    return;
  }
  g_clear_pointer (&self->hits, g_ptr_array_unref);
  show_hits (self);
}

static void
hit_opened (TytoViewer *self, guint index)
{
  if (self->hits && index < self->hits->len)
    go_to_hit (self, index);
}

static void
find_activated (TytoViewer *self)
{
  if (self->hits && self->hits->len > 0)
    go_to_hit (self, self->hit);
}

/* Escape leaves the field; once more it closes the window. */
static void
find_left (TytoViewer *self)
{
  gtk_widget_grab_focus (self->zoom);
}

static void
next_hit (TytoViewer *self)
{
  _tyto_viewer_next_hit (self, 1);
}

static void
previous_hit (TytoViewer *self)
{
  _tyto_viewer_next_hit (self, -1);
}

static void
outline_opened (TytoViewer *self, guint index)
{
  gsize n;
  const OwlOutlineItem *items = self->contents ? owl_contents_get_outline (self->contents, &n) : NULL;

  if (!items || index >= n)
    return;
  _tyto_viewer_show_page (self, items[index].page);
  /* In a narrow window the panel stands before the page. */
  if (adw_flap_get_folded (ADW_FLAP (self->flap)))
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
}

static void
page_back (TytoViewer *self)
{
  _tyto_viewer_show_page (self, tyto_attachment_get_page (self->shown) - 1);
}

static void
page_on (TytoViewer *self)
{
  _tyto_viewer_show_page (self, tyto_attachment_get_page (self->shown) + 1);
}

static void
attach_page (TytoViewer *self)
{
  g_signal_emit_by_name (self, "attach", self->shown);
  gtk_window_close (GTK_WINDOW (self));
}

static gboolean
is_at_height (const OwlTextWord *word, double y)
{
  return y >= (double) word->y && y <= (double) (word->y + word->height);
}

static double
distance_along (const OwlTextWord *word, double x)
{
  return MAX (MAX ((double) word->x - x, x - (double) (word->x + word->width)), 0.0);
}

/* Goes through the text from a word to its end (`step` 1) or beginning (-1), down or up one column, to the line that is at the height of the point:
 * the word of it nearest to the point, or `word` when there is none. */
static gsize
along_column (const OwlTextWord *words, gsize n, gsize word, int step, double x, double y)
{
  gsize i = word, found;

  /* Before the first one the index wraps, and is no index either. */
  for (; i < n && !is_at_height (&words[i], y); i += (gsize) step) {
    gsize next = i + (gsize) step;
    const OwlTextWord *upper, *lower;

    if (next >= n)
      return word;
    upper = &words[step > 0 ? i : next];
    lower = &words[step > 0 ? next : i];
    if (lower->y + lower->height < upper->y)
      return word;
  }
  for (found = i; i < n && is_at_height (&words[i], y); i += (gsize) step)
    if (distance_along (&words[i], x) < distance_along (&words[found], x))
      found = i;
  return found;
}

/* The word nearest to a point; words are by ascending place in the text. */
static gsize
nearest_word (const OwlTextWord *words, gsize n, double x, double y)
{
  double best = G_MAXDOUBLE;
  gsize found = 0, other;

  for (gsize i = 0; i < n; i++) {
    double dx = distance_along (&words[i], x);
    double dy = MAX (MAX ((double) words[i].y - y, y - (double) (words[i].y + words[i].height)), 0.0);
    /* A line reaches further than what is above and below it. */
    double distance = dx * dx + 16.0 * dy * dy;

    if (distance < best) {
      best = distance;
      found = i;
    }
  }
  if (is_at_height (&words[found], y))
    return found;
  /* Far beyond the end of a short line a longer one is nearer, but is not meant. What stands at that height in another column is not meant either. */
  other = along_column (words, n, found, 1, x, y);
  return other != found ? other : along_column (words, n, found, -1, x, y);
}

void
_tyto_viewer_text_dragged (TytoViewer *self, double x0, double y0, double x1, double y1)
{
  gsize n = 0, first, last;
  const OwlTextWord *words = self->text ? owl_page_text_get_words (self->text, &n) : NULL;
  GArray *places;

  if (n == 0)
    return;
  first = nearest_word (words, n, x0, y0);
  last = nearest_word (words, n, x1, y1);
  if (first > last) {
    gsize swap = first;

    first = last;
    last = swap;
  }
  places = g_array_new (FALSE, FALSE, sizeof (OwlRegion));
  for (gsize i = first; i <= last; i++) {
    OwlRegion place = { words[i].x, words[i].y, words[i].width, words[i].height };

    g_array_append_val (places, place);
  }
  self->selected_start = words[first].start;
  self->selected_length = words[last].start + words[last].length - words[first].start;
  tyto_zoom_set_marks (TYTO_ZOOM (self->zoom), TYTO_ZOOM_SELECTION, places);
  gtk_widget_set_visible (self->copy, TRUE);
}

void
_tyto_viewer_copy_text (TytoViewer *self)
{
  g_autofree char *text = NULL;

  if (!self->text || self->selected_length == 0)
    return;
  text = g_strndup (owl_page_text_get_text (self->text) + self->selected_start, self->selected_length);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

static GtkWidget *
note (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, "quiet");
  return label;
}

static GtkWidget *
tab (TytoViewer *self, const char *name, const char *title)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);

  gtk_widget_add_css_class (box, "viewer-tab");
  gtk_stack_add_titled (GTK_STACK (self->stack), box, name, title);
  return box;
}

static void
build_contents (TytoViewer *self)
{
  GtkWidget *box = tab (self, "contents", _("Contents"));

  self->page_row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  self->page_back = _tyto_viewer_icon_button (self, "go-up-symbolic", _("Previous page"), G_CALLBACK (page_back));
  self->page_on = _tyto_viewer_icon_button (self, "go-down-symbolic", _("Next page"), G_CALLBACK (page_on));
  self->page_label = gtk_label_new (NULL);
  gtk_widget_set_hexpand (self->page_label, TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->page_label), 0.0f);
  gtk_box_append (GTK_BOX (self->page_row), self->page_label);
  gtk_box_append (GTK_BOX (self->page_row), self->page_back);
  gtk_box_append (GTK_BOX (self->page_row), self->page_on);
  self->attach_page = tyto_button_new (_("_Add this page to the question"));
  g_signal_connect_swapped (self->attach_page, "clicked", G_CALLBACK (attach_page), self);
  self->outline = tyto_link_list_new (_("Contents"));
  self->outline_note = note (_("This document has no table of contents."));
  gtk_widget_set_visible (self->outline, FALSE);
  g_signal_connect_swapped (self->outline, "opened", G_CALLBACK (outline_opened), self);
  gtk_box_append (GTK_BOX (box), self->page_row);
  gtk_box_append (GTK_BOX (box), self->attach_page);
  gtk_box_append (GTK_BOX (box), self->outline_note);
  gtk_box_append (GTK_BOX (box), self->outline);
}

static void
build_find (TytoViewer *self)
{
  GtkWidget *box = tab (self, "find", _("Find")), *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);

  self->find = gtk_search_entry_new ();
  gtk_search_entry_set_search_delay (GTK_SEARCH_ENTRY (self->find), 250);
  g_object_set (self->find, "placeholder-text", _("Find in the document"), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->find), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Find in the document"), -1);
  g_signal_connect_swapped (self->find, "search-changed", G_CALLBACK (find_changed), self);
  g_signal_connect_swapped (self->find, "activate", G_CALLBACK (find_activated), self);
  g_signal_connect_swapped (self->find, "stop-search", G_CALLBACK (find_left), self);
  g_signal_connect_swapped (self->find, "next-match", G_CALLBACK (next_hit), self);
  g_signal_connect_swapped (self->find, "previous-match", G_CALLBACK (previous_hit), self);
  self->find_status = note ("");
  gtk_widget_set_hexpand (self->find_status, TRUE);
  gtk_box_append (GTK_BOX (row), self->find_status);
  gtk_box_append (GTK_BOX (row), _tyto_viewer_icon_button (self, "go-up-symbolic", _("Previous place"), G_CALLBACK (previous_hit)));
  gtk_box_append (GTK_BOX (row), _tyto_viewer_icon_button (self, "go-down-symbolic", _("Next place"), G_CALLBACK (next_hit)));
  self->hit_list = tyto_link_list_new (_("Places"));
  g_signal_connect_swapped (self->hit_list, "opened", G_CALLBACK (hit_opened), self);
  gtk_box_append (GTK_BOX (box), self->find);
  gtk_box_append (GTK_BOX (box), row);
  gtk_box_append (GTK_BOX (box), self->hit_list);
}

static void
build_text (TytoViewer *self)
{
  GtkWidget *box = tab (self, "text", _("Text")), *scroller = gtk_scrolled_window_new ();

  self->text_note = note ("");
  self->text_view = gtk_text_view_new ();
  gtk_text_view_set_editable (GTK_TEXT_VIEW (self->text_view), FALSE);
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (self->text_view), GTK_WRAP_WORD_CHAR);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->text_view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Text of the page"), -1);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->text_view);
  gtk_widget_set_vexpand (scroller, TRUE);
  gtk_box_append (GTK_BOX (box), self->text_note);
  gtk_box_append (GTK_BOX (box), scroller);
}

void
_tyto_viewer_build_pages (TytoViewer *self)
{
  build_contents (self);
  build_find (self);
  build_text (self);
}
