/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-link-list"

#include "ui/tyto-link-list.h"

#include "ui/tyto-row-layout.h"

#define LINES_AT_ONCE 12
#define INDENT 14
#define MAX_INDENT 6

struct _TytoLinkList {
  GtkWidget parent_instance;

  GStrv texts, notes;
  int *depths;
  guint n;
  GtkStringList *lines; /* as many as have been added so far */
  GtkSingleSelection *selection;
  guint filling;

  GtkWidget *scroller, *view;
};

G_DEFINE_FINAL_TYPE (TytoLinkList, tyto_link_list, GTK_TYPE_WIDGET)

static guint opened;

static void
setup_line (GtkSignalListItemFactory *factory, GtkListItem *item, TytoLinkList *self)
{
  GtkWidget *box = tyto_row_new (8), *text = gtk_label_new (NULL), *note = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (text), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (text), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (text), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (GTK_LABEL (text), 3);
  gtk_label_set_ellipsize (GTK_LABEL (text), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_widget_add_css_class (note, "quiet");
  gtk_widget_set_valign (note, GTK_ALIGN_START);
  gtk_box_append (GTK_BOX (box), text);
  gtk_box_append (GTK_BOX (box), note);
  gtk_widget_add_css_class (box, "link-line");
  gtk_list_item_set_child (item, box);
}

static void
bind_line (GtkSignalListItemFactory *factory, GtkListItem *item, TytoLinkList *self)
{
  GtkWidget *box = gtk_list_item_get_child (item), *text = gtk_widget_get_first_child (box), *note = gtk_widget_get_last_child (box);
  guint i = gtk_list_item_get_position (item);

  if (i >= self->n)
    return;
  gtk_label_set_markup (GTK_LABEL (text), self->texts[i]);
  gtk_label_set_text (GTK_LABEL (note), self->notes ? self->notes[i] : "");
  gtk_widget_set_margin_start (box, self->depths ? MIN (self->depths[i], MAX_INDENT) * INDENT : 0);
  gtk_accessible_update_property (GTK_ACCESSIBLE (box), GTK_ACCESSIBLE_PROPERTY_LABEL, gtk_label_get_text (GTK_LABEL (text)), -1);
}

static gboolean
fill (gpointer data)
{
  TytoLinkList *self = data;
  guint done = g_list_model_get_n_items (G_LIST_MODEL (self->lines)), n = MIN (self->n - done, LINES_AT_ONCE);
  const char *more[LINES_AT_ONCE + 1] = { NULL };

  for (guint i = 0; i < n; i++)
    more[i] = "";
  gtk_string_list_splice (self->lines, done, 0, more);
  if (done + n < self->n)
    return G_SOURCE_CONTINUE;
  self->filling = 0;
  return G_SOURCE_REMOVE;
}

void
tyto_link_list_set (TytoLinkList *self, GStrv texts, GStrv notes, const int *depths)
{
  g_clear_handle_id (&self->filling, g_source_remove);
  gtk_string_list_splice (self->lines, 0, g_list_model_get_n_items (G_LIST_MODEL (self->lines)), NULL);
  g_strfreev (self->texts);
  g_strfreev (self->notes);
  g_free (self->depths);
  self->n = g_strv_length (texts);
  self->texts = g_strdupv (texts);
  self->notes = g_strdupv (notes);
  self->depths = depths ? g_memdup2 (depths, self->n * sizeof *depths) : NULL;
  if (self->n > 0 && fill (self))
    self->filling = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, fill, self, NULL);
}

void
tyto_link_list_select (TytoLinkList *self, guint index)
{
  if (index >= g_list_model_get_n_items (G_LIST_MODEL (self->lines)))
    return;
  gtk_single_selection_set_selected (self->selection, index);
  gtk_widget_activate_action (self->view, "list.scroll-to-item", "u", index);
}

static void
activated (TytoLinkList *self, guint index)
{
  g_signal_emit (self, opened, 0, index);
}

static void
tyto_link_list_dispose (GObject *object)
{
  TytoLinkList *self = TYTO_LINK_LIST (object);

  g_clear_handle_id (&self->filling, g_source_remove);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->selection);
  g_clear_object (&self->lines);
  g_clear_pointer (&self->texts, g_strfreev);
  g_clear_pointer (&self->notes, g_strfreev);
  g_clear_pointer (&self->depths, g_free);
  G_OBJECT_CLASS (tyto_link_list_parent_class)->dispose (object);
}

static void
tyto_link_list_class_init (TytoLinkListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_link_list_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  opened = g_signal_new ("opened", TYTO_TYPE_LINK_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
tyto_link_list_init (TytoLinkList *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  self->lines = gtk_string_list_new (NULL);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->lines)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_line), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_line), self);
  self->view = gtk_list_view_new (GTK_SELECTION_MODEL (g_object_ref (self->selection)), factory);
  gtk_list_view_set_single_click_activate (GTK_LIST_VIEW (self->view), TRUE);
  gtk_widget_add_css_class (self->view, "link-list");
  g_signal_connect_swapped (self->view, "activate", G_CALLBACK (activated), self);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), self->view);
  /* What a child wishes does not go on to its parent by itself, and the scroller alone is two lines high. */
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
tyto_link_list_new (const char *label)
{
  TytoLinkList *self = g_object_new (TYTO_TYPE_LINK_LIST, NULL);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return GTK_WIDGET (self);
}
