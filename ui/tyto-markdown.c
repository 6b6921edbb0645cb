/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-markdown"

#include "ui/tyto-markdown.h"

#include "ui/tyto-copy.h"
#include "ui/tyto-markup.h"
#include "ui/tyto-row-layout.h"
#include "ui/tyto-tooltip.h"

#include <cmark-gfm-core-extensions.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

/* Lists and quotes inside each other: further in, they are shown flat. */
#define MAX_DEPTH 8

/* A block of the document and the widget that shows it. */
typedef struct {
  char *source;
  cmark_node_type type;
  GtkWidget *widget;
} Block;

struct _TytoMarkdown {
  GtkBox parent_instance;

  GArray *blocks; /* Block */
  char *description;
  int n_pictures;
};

G_DEFINE_FINAL_TYPE (TytoMarkdown, tyto_markdown, GTK_TYPE_BOX)

enum { SIGNAL_PICTURE, N_SIGNALS };
static guint signals[N_SIGNALS];

static GtkWidget *create_block (TytoMarkdown *self, cmark_node *node, int depth);

static void
block_clear (gpointer data)
{
  g_free (((Block *) data)->source);
}

static gboolean
link_activated (TytoMarkdown *self, const char *uri)
{
  if (!g_str_has_prefix (uri, TYTO_MARKUP_PICTURE_SCHEME))
    return FALSE;
  g_signal_emit (self, signals[SIGNAL_PICTURE], 0, atoi (uri + strlen (TYTO_MARKUP_PICTURE_SCHEME)));
  return TRUE;
}

static GtkWidget *
create_label (TytoMarkdown *self, const char *markup, const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_markup (GTK_LABEL (label), markup);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, css_class);
  gtk_accessible_update_property (GTK_ACCESSIBLE (label), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, self->description, -1);
  g_signal_connect_swapped (label, "activate-link", G_CALLBACK (link_activated), self);
  return label;
}

static GtkWidget *
create_paragraph (TytoMarkdown *self, cmark_node *node)
{
  g_autofree char *markup = tyto_markup_from_inlines (node, self->n_pictures);

  return create_label (self, markup, "answer-text");
}

static GtkWidget *
create_heading (TytoMarkdown *self, cmark_node *node)
{
  g_autofree char *markup = tyto_markup_from_inlines (node, self->n_pictures);

  return create_label (self, markup, cmark_node_get_heading_level (node) <= 2 ? "title-3" : "title-4");
}

static void
append_blocks (TytoMarkdown *self, GtkWidget *box, cmark_node *parent, int depth)
{
  for (cmark_node *node = cmark_node_first_child (parent); node; node = cmark_node_next (node))
    gtk_box_append (GTK_BOX (box), create_block (self, node, depth));
}

static GtkWidget *
create_item (TytoMarkdown *self, cmark_node *item, const char *mark, int depth)
{
  GtkWidget *row = tyto_row_new (8), *label = gtk_label_new (mark);
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  gtk_widget_add_css_class (label, "answer-text");
  gtk_widget_set_valign (label, GTK_ALIGN_START);
  gtk_widget_set_hexpand (column, TRUE);
  append_blocks (self, column, item, depth + 1);
  gtk_box_append (GTK_BOX (row), label);
  gtk_box_append (GTK_BOX (row), column);
  return row;
}

static GtkWidget *
create_list (TytoMarkdown *self, cmark_node *list, int depth)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, cmark_node_get_list_tight (list) ? 2 : 8);
  gboolean numbered = cmark_node_get_list_type (list) == CMARK_ORDERED_LIST;
  int number = numbered ? cmark_node_get_list_start (list) : 0;

  gtk_widget_add_css_class (box, "list-block");
  for (cmark_node *item = cmark_node_first_child (list); item; item = cmark_node_next (item), number++) {
    g_autofree char *mark = numbered ? g_strdup_printf ("%d.", number) : g_strdup ("•");

    gtk_box_append (GTK_BOX (box), create_item (self, item, mark, depth));
  }
  return box;
}

static GtkWidget *
create_quote (TytoMarkdown *self, cmark_node *quote, int depth)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  gtk_widget_add_css_class (box, "quote-block");
  append_blocks (self, box, quote, depth + 1);
  return box;
}

static void
copy_code (GtkButton *button)
{
  tyto_copy_text (button, g_object_get_data (G_OBJECT (button), "code"));
}

static GtkWidget *
create_code (TytoMarkdown *self, const char *code)
{
  GtkWidget *overlay = gtk_overlay_new (), *scroller = gtk_scrolled_window_new ();
  GtkWidget *label = gtk_label_new (NULL), *button = gtk_button_new_from_icon_name ("edit-copy-symbolic");
  g_autofree char *text = g_strchomp (g_strdup (code));

  gtk_label_set_text (GTK_LABEL (label), text);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, "monospace");
  gtk_accessible_update_property (GTK_ACCESSIBLE (label), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, self->description, -1);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), label);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_halign (button, GTK_ALIGN_END);
  gtk_widget_set_valign (button, GTK_ALIGN_START);
  tyto_tooltip_set (button, _("Copy the code"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Copy the code"), -1);
  g_object_set_data_full (G_OBJECT (button), "code", g_strdup (code), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (copy_code), NULL);

  gtk_widget_add_css_class (overlay, "code-block");
  gtk_overlay_set_child (GTK_OVERLAY (overlay), scroller);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), button);
  return overlay;
}

static void
append_row (TytoMarkdown *self, GtkGrid *grid, cmark_node *table, cmark_node *row, int y)
{
  const guint8 *alignments = cmark_gfm_extensions_get_table_alignments (table);
  int n_columns = cmark_gfm_extensions_get_table_columns (table), x = 0;

  for (cmark_node *cell = cmark_node_first_child (row); cell && x < n_columns; cell = cmark_node_next (cell), x++) {
    g_autofree char *markup = tyto_markup_from_inlines (cell, self->n_pictures);
    GtkWidget *label = create_label (self, markup, y == 0 ? "heading" : "cell");

    gtk_label_set_wrap (GTK_LABEL (label), FALSE);
    if (alignments && alignments[x] == 'r')
      gtk_label_set_xalign (GTK_LABEL (label), 1.0f);
    else if (alignments && alignments[x] == 'c')
      gtk_label_set_xalign (GTK_LABEL (label), 0.5f);
    gtk_grid_attach (grid, label, x, y, 1, 1);
  }
}

static GtkWidget *
create_table (TytoMarkdown *self, cmark_node *table)
{
  GtkWidget *scroller = gtk_scrolled_window_new (), *grid = gtk_grid_new ();
  int y = 0;

  gtk_grid_set_column_spacing (GTK_GRID (grid), 18);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  gtk_widget_add_css_class (grid, "table-block");
  gtk_widget_set_halign (grid, GTK_ALIGN_START);
  for (cmark_node *row = cmark_node_first_child (table); row; row = cmark_node_next (row))
    append_row (self, GTK_GRID (grid), table, row, y++);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), grid);
  return scroller;
}

static GtkWidget *
create_block (TytoMarkdown *self, cmark_node *node, int depth)
{
  cmark_node_type type = cmark_node_get_type (node);
  const char *literal = cmark_node_get_literal (node);

  if (type == CMARK_NODE_HEADING)
    return create_heading (self, node);
  if (type == CMARK_NODE_CODE_BLOCK || type == CMARK_NODE_HTML_BLOCK)
    return create_code (self, literal ? literal : "");
  if (type == CMARK_NODE_THEMATIC_BREAK)
    return gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);
  if (type == CMARK_NODE_LIST && depth < MAX_DEPTH)
    return create_list (self, node, depth);
  if (type == CMARK_NODE_BLOCK_QUOTE && depth < MAX_DEPTH)
    return create_quote (self, node, depth);
  if (strcmp (cmark_node_get_type_string (node), "table") == 0)
    return create_table (self, node);
  return create_paragraph (self, node);
}

/* The lines that a block takes, up to the next one. */
static char *
block_source (cmark_node *node, char **lines, guint n_lines)
{
  cmark_node *next = cmark_node_next (node);
  guint from = (guint) MAX (cmark_node_get_start_line (node) - 1, 0);
  guint to = next ? (guint) MAX (cmark_node_get_start_line (next) - 1, 0) : n_lines;
  GString *source = g_string_new (NULL);

  for (guint i = from; i < MIN (to, n_lines); i++)
    g_string_append_printf (source, "%s\n", lines[i]);
  return g_string_free (source, FALSE);
}

/* A paragraph that grows keeps its widget, so that a selection or a screen reader in it is not thrown out. */
static void
change_block (TytoMarkdown *self, Block *block, cmark_node *node, GtkWidget *before)
{
  cmark_node_type type = cmark_node_get_type (node);

  if (block->widget && type == CMARK_NODE_PARAGRAPH && block->type == CMARK_NODE_PARAGRAPH) {
    g_autofree char *markup = tyto_markup_from_inlines (node, self->n_pictures);

    gtk_label_set_markup (GTK_LABEL (block->widget), markup);
    return;
  }
  if (block->widget)
    gtk_box_remove (GTK_BOX (self), block->widget);
  block->type = type;
  block->widget = create_block (self, node, 0);
  gtk_box_insert_child_after (GTK_BOX (self), block->widget, before);
}

/* The selected text of a label somewhere below. */
static char *
find_selection (GtkWidget *widget)
{
  int start, end;

  if (GTK_IS_LABEL (widget) && gtk_label_get_selection_bounds (GTK_LABEL (widget), &start, &end))
    return g_utf8_substring (gtk_label_get_text (GTK_LABEL (widget)), start, end);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child)) {
    char *found = find_selection (child);

    if (found)
      return found;
  }
  return NULL;
}

char *
tyto_markdown_get_selection (TytoMarkdown *self)
{
  return find_selection (GTK_WIDGET (self));
}

void
tyto_markdown_set_text (TytoMarkdown *self, const char *text, int n_pictures)
{
  cmark_node *document = tyto_markup_parse (text, -1), *node = cmark_node_first_child (document);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n_lines = g_strv_length (lines), n = 0;
  gboolean all = n_pictures != self->n_pictures;
  GtkWidget *before = NULL;

  self->n_pictures = n_pictures;
  for (; node; node = cmark_node_next (node), n++) {
    g_autofree char *source = block_source (node, lines, n_lines);
    Block *block;

    if (n == self->blocks->len)
      g_array_set_size (self->blocks, n + 1);
    block = &g_array_index (self->blocks, Block, n);
    if (all || g_strcmp0 (block->source, source) != 0) {
      change_block (self, block, node, before);
      g_free (block->source);
      block->source = g_steal_pointer (&source);
    }
    before = block->widget;
  }
  for (guint i = n; i < self->blocks->len; i++)
    gtk_box_remove (GTK_BOX (self), g_array_index (self->blocks, Block, i).widget);
  g_array_set_size (self->blocks, n);
  cmark_node_free (document);
}

char *
tyto_markdown_to_plain (const char *text)
{
  cmark_node *document = tyto_markup_parse (text, -1);
  char *rendered = cmark_render_plaintext (document, CMARK_OPT_DEFAULT, 0);
  char *plain = g_strchomp (g_strdup (rendered));

  free (rendered);
  cmark_node_free (document);
  return plain;
}

static void
tyto_markdown_finalize (GObject *object)
{
  TytoMarkdown *self = TYTO_MARKDOWN (object);

  g_array_unref (self->blocks);
  g_free (self->description);
  G_OBJECT_CLASS (tyto_markdown_parent_class)->finalize (object);
}

static void
tyto_markdown_class_init (TytoMarkdownClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tyto_markdown_finalize;
  signals[SIGNAL_PICTURE] =
      g_signal_new ("picture", TYTO_TYPE_MARKDOWN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
tyto_markdown_init (TytoMarkdown *self)
{
  self->blocks = g_array_new (FALSE, TRUE, sizeof (Block));
  g_array_set_clear_func (self->blocks, block_clear);
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), 8);
}

GtkWidget *
tyto_markdown_new (const char *description)
{
  TytoMarkdown *self = g_object_new (TYTO_TYPE_MARKDOWN, NULL);

  self->description = g_strdup (description);
  return GTK_WIDGET (self);
}
