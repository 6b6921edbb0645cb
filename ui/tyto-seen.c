/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-seen"

#include "ui/tyto-seen.h"

#include "ui/tyto-texture.h"
#include "ui/tyto-wrap-layout.h"

#include <glib/gi18n.h>
#include <string.h>

/* Longer texts are shown in pieces of about this many bytes, one at a time, so that the window stays free. */
#define PIECE_BYTES 1200
/* Tiles of a row, drawn this large; the overview has its own pixels. */
#define TILE_SIZE 112
#define TILE_SPACING 3
#define COLUMN_WIDTH 760

struct _TytoSeenWindow {
  AdwWindow parent_instance;

  GCancellable *cancellable;
  TytoSeen *seen;
  guint part;   /* that is put down next */
  gsize offset; /* in its text */
  guint filling;

  char *model;       /* its name, as the window was opened */
  char *answered_by; /* the one that wrote the answer, or "" */

  GtkWidget *stack, *problem, *summary, *list;
};

G_DEFINE_FINAL_TYPE (TytoSeenWindow, tyto_seen, ADW_TYPE_WINDOW)

static GtkWidget *
add_label (GtkWidget *box, const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

static GtkWidget *
make_square (OwlPicture *pixels, int size, const char *name)
{
  g_autoptr (GdkTexture) texture = tyto_texture_new (pixels);
  GtkWidget *picture = gtk_picture_new_for_paintable (GDK_PAINTABLE (texture));

  gtk_picture_set_can_shrink (GTK_PICTURE (picture), TRUE);
  gtk_widget_set_size_request (picture, size, size);
  gtk_widget_set_halign (picture, GTK_ALIGN_START);
  gtk_widget_set_valign (picture, GTK_ALIGN_START);
  gtk_accessible_update_property (GTK_ACCESSIBLE (picture), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  return picture;
}

static char *
describe_picture (const TytoSeenPart *part)
{
  const char *name = tyto_attachment_get_name (part->attachment), *label = tyto_attachment_get_page_label (part->attachment);
  g_autofree char *page = label ? g_strdup_printf (_("%s, page %s"), name, label) : g_strdup (name);
  gboolean is_part = tyto_attachment_get_region (part->attachment, &(OwlRegion){ 0 });

  return g_strdup_printf (is_part ? _("Picture %d, a part: %s") : _("Picture %d: %s"), tyto_attachment_get_number (part->attachment), page);
}

static void
add_picture (TytoSeenWindow *self, const TytoSeenPart *part)
{
  g_autofree char *title = describe_picture (part), *tokens = NULL;
  GtkWidget *card = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *squares = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  int size = owl_picture_get_width (g_ptr_array_index (part->tiles, 0));

  tokens = part->rows > 0 ? g_strdup_printf (_("%zu tokens: a view of the whole and %d × %d tiles, each %d × %d pixels"),
                                             part->n_tokens, part->columns, part->rows, size, size)
                          : g_strdup_printf (_("%zu tokens: one view of the whole, %d × %d pixels"), part->n_tokens, size, size);
  add_label (card, title, "heading");
  add_label (card, tokens, "quiet");
  gtk_widget_set_layout_manager (squares, tyto_wrap_layout_new (12, 0.0f));
  gtk_box_append (GTK_BOX (squares), make_square (g_ptr_array_index (part->tiles, 0), size, _("View of the whole")));
  if (part->rows > 0) {
    GtkWidget *grid = gtk_grid_new ();

    gtk_grid_set_row_spacing (GTK_GRID (grid), TILE_SPACING);
    gtk_grid_set_column_spacing (GTK_GRID (grid), TILE_SPACING);
    gtk_widget_set_halign (grid, GTK_ALIGN_START);
    for (guint i = 1; i < part->tiles->len; i++) {
      int row = (int) (i - 1) / part->columns, column = (int) (i - 1) % part->columns;
      g_autofree char *name = g_strdup_printf (_("Tile %d, %d"), row + 1, column + 1);

      gtk_grid_attach (GTK_GRID (grid), make_square (g_ptr_array_index (part->tiles, i), TILE_SIZE, name), column, row, 1, 1);
    }
    gtk_box_append (GTK_BOX (squares), grid);
  }
  gtk_box_append (GTK_BOX (card), squares);
  gtk_widget_add_css_class (card, "seen-part");
  gtk_box_append (GTK_BOX (self->list), card);
}

/* Bytes of the next piece: up to the end of a line, or of a character. */
static gsize
piece_length (const char *text)
{
  gsize length = strlen (text);
  const char *end;

  if (length <= PIECE_BYTES)
    return length;
  end = memchr (text + PIECE_BYTES / 2, '\n', PIECE_BYTES / 2);
  if (!end)
    end = g_utf8_find_prev_char (text, text + PIECE_BYTES);
  return (gsize) (end - text) + (*end == '\n');
}

/* One piece of text; TRUE when it was the last of its part. */
static gboolean
add_text (TytoSeenWindow *self, const TytoSeenPart *part)
{
  const char *text = part->text + self->offset;
  gsize length = piece_length (text);
  g_autofree char *piece = g_strndup (text, length);
  GtkWidget *card;

  if (self->offset == 0) {
    g_autofree char *tokens = g_strdup_printf (_("Text: %zu tokens"), part->n_tokens);

    card = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
    add_label (card, tokens, "quiet");
    gtk_widget_add_css_class (card, "seen-part");
    gtk_box_append (GTK_BOX (self->list), card);
  } else {
    card = gtk_widget_get_last_child (self->list);
  }
  if (text[length] && g_str_has_suffix (piece, "\n"))
    piece[length - 1] = '\0';
  add_label (card, piece, "seen-text");
  self->offset += length;
  return part->text[self->offset] == '\0';
}

static gboolean
fill (gpointer data)
{
  TytoSeenWindow *self = data;
  const TytoSeenPart *part;

  if (self->part >= self->seen->parts->len) {
    self->filling = 0;
    return G_SOURCE_REMOVE;
  }
  part = g_ptr_array_index (self->seen->parts, self->part);
  if (!part->text)
    add_picture (self, part);
  else if (!add_text (self, part))
    return G_SOURCE_CONTINUE;
  self->part++;
  self->offset = 0;
  return G_SOURCE_CONTINUE;
}

static void
summarise (TytoSeenWindow *self)
{
  const TytoSeen *seen = self->seen;
  GString *text = g_string_new (NULL);

  if (seen->n_pictures > 0) {
    g_string_append_printf (text, ngettext ("%u picture", "%u pictures", seen->n_pictures), seen->n_pictures);
    g_string_append_printf (text, _(" in %u squares: %zu tokens"), seen->n_tiles, seen->n_picture_tokens);
    g_string_append (text, " · ");
  }
  g_string_append_printf (text, _("text: %zu tokens"), seen->n_tokens - seen->n_picture_tokens);
  g_string_append_printf (text, _(" · %zu of %zu tokens that the model can hold"), seen->n_tokens, seen->n_context);
  if (seen->n_dropped > 0) {
    g_string_append (text, "\n");
    g_string_append_printf (text, ngettext ("The oldest question no longer fits and is left out.", "The oldest %d questions no longer fit and are left out.",
                                            (unsigned long) seen->n_dropped),
                            seen->n_dropped);
  }
  g_string_append (text, "\n");
  if (*self->answered_by && g_strcmp0 (self->answered_by, self->model) == 0)
    g_string_append_printf (text, _("As it is for %s, which wrote the answer."), self->model);
  else if (*self->answered_by)
    g_string_append_printf (text, _("The answer was written by %s. This is as it is for %s, the model that is open now."), self->answered_by, self->model);
  else
    g_string_append_printf (text, _("As it is for %s, the model that is open now."), self->model);
  gtk_label_set_text (GTK_LABEL (self->summary), text->str);
  g_string_free (text, TRUE);
}

static void
seen (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoSeenWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (TytoSeen) found = tyto_engine_see_finish (TYTO_ENGINE (object), result, &error);

  if (!self->cancellable)
    return;
  if (!found) {
    gtk_label_set_text (GTK_LABEL (self->problem), error->message);
    gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "problem");
    return;
  }
  self->seen = g_steal_pointer (&found);
  summarise (self);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "parts");
  self->filling = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, fill, self, NULL);
}

static void
tyto_seen_dispose (GObject *object)
{
  TytoSeenWindow *self = TYTO_SEEN (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->filling, g_source_remove);
  g_clear_pointer (&self->seen, tyto_seen_free);
  g_clear_pointer (&self->model, g_free);
  g_clear_pointer (&self->answered_by, g_free);
  G_OBJECT_CLASS (tyto_seen_parent_class)->dispose (object);
}

static void
tyto_seen_class_init (TytoSeenWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_seen_dispose;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
tyto_seen_init (TytoSeenWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new (), *scroller = gtk_scrolled_window_new ();
  GtkWidget *clamp = adw_clamp_new (), *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 10), *spinner = gtk_spinner_new ();

  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("What the model saw"), NULL));
  self->summary = add_label (column, "", "seen-summary");
  self->list = gtk_box_new (GTK_ORIENTATION_VERTICAL, 10);
  gtk_box_append (GTK_BOX (column), self->list);
  gtk_widget_add_css_class (column, "seen");
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), column);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), clamp);

  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_widget_add_css_class (self->problem, "viewer-tab");
  gtk_spinner_start (GTK_SPINNER (spinner));
  gtk_widget_set_halign (spinner, GTK_ALIGN_CENTER);
  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), spinner, "waiting");
  gtk_stack_add_named (GTK_STACK (self->stack), self->problem, "problem");
  gtk_stack_add_named (GTK_STACK (self->stack), scroller, "parts");
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), self->stack);
  adw_window_set_content (ADW_WINDOW (self), box);
}

TytoSeenWindow *
tyto_seen_new (GtkWindow *parent, TytoEngine *engine, GPtrArray *path, const TytoAnswerOptions *options, const char *answered_by)
{
  TytoSeenWindow *self = g_object_new (TYTO_TYPE_SEEN, "transient-for", parent, "modal", TRUE, "title", _("What the model saw"), "default-width",
                                       720, "default-height", 640, "width-request", 340, NULL);

  self->cancellable = g_cancellable_new ();
  self->model = tyto_engine_describe_model (engine);
  self->answered_by = g_strdup (answered_by);
  tyto_engine_see_async (engine, path, options, self->cancellable, seen, g_object_ref (self));
  return self;
}
