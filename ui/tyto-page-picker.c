/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-page-picker"

#include "ui/tyto-page-picker.h"

#include "app/chat/tyto-engine-see.h"
#include "app/documents/tyto-document-text.h"
#include "ui/tyto-button.h"
#include "ui/tyto-texture.h"
#include "ui/tyto-tooltip.h"
#include "ui/tyto-watchdog.h"
#include "ui/tyto-wrap-layout.h"

#include <glib/gi18n.h>

#define THUMBNAIL_HEIGHT 150
#define THUMBNAIL_WIDTH 120
/* The view makes many cells at once when it can; it gets pages by this many at a time, so that the window stays free. */
#define PAGES_AT_ONCE 12
/* So many pages are picked for a question. */
#define BEST_PAGES 3
/* Of more chosen pages than this the text is not read to say what it costs. */
#define MAX_WEIGHED 40
/* Drawn pages that fill the window as it opens. */
#define FIRST_PAGES 10
/* From so many pages on the question is offered to pick them. */
#define MANY_PAGES 8

struct _TytoPagePicker {
  AdwWindow parent_instance;

  TytoDocuments *documents;
  char *blob, *name;
  guint n_pages;
  GtkStringList *pages; /* as many as have been added so far */
  guint filling;
  gint64 begun;   /* when the document was given */
  guint n_drawn;  /* pages, up to FIRST_PAGES */
  GtkMultiSelection *selection;
  gboolean in_step; /* the range field and the selection follow each other: guards against echo */

  TytoStore *store;
  TytoEngine *engine;
  GHashTable *weights; /* page + 1 → TytoWeight; a NULL stands for one that is being worked out */
  GHashTable *cells;   /* page + 1 → the cell that shows it, borrowed */
  GCancellable *cancellable; /* of reading the labels */
  GCancellable *finding;     /* of the search that runs, or NULL */
  OwlContents *contents;     /* labels; NULL until they are read */
  GtkBitset *found;          /* pages that a search marked */
  GtkBitset *wanted;         /* pages to be chosen as soon as they are there; NULL: none */
  char *message;             /* what a search has to say; NULL: nothing */

  GtkWidget *grid, *find, *range, *footer, *attach, *detail;
};

G_DEFINE_FINAL_TYPE (TytoPagePicker, tyto_page_picker, ADW_TYPE_WINDOW)

enum { SIGNAL_CHOSEN, SIGNAL_WHOLE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void update_footer (TytoPagePicker *self);
static void label_cell (TytoPagePicker *self, GtkWidget *box, guint page);

/* A page on its way to be weighed. */
typedef struct {
  TytoPagePicker *self;
  guint page;
  TytoAttachment *attachment;
} Weighing;

static void
weighing_free (Weighing *w)
{
  g_object_unref (w->self);
  g_object_unref (w->attachment);
  g_free (w);
}

static void
weighed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Weighing *w = user_data;
  TytoWeight *weight = g_new0 (TytoWeight, 1);
  GtkWidget *cell;

  /* Without a model nothing can be said; a later choice asks again. */
  if (tyto_engine_weigh_finish (TYTO_ENGINE (object), result, weight, NULL) && w->self->documents) {
    g_hash_table_insert (w->self->weights, GUINT_TO_POINTER (w->page + 1), g_steal_pointer (&weight));
    update_footer (w->self);
    if ((cell = g_hash_table_lookup (w->self->cells, GUINT_TO_POINTER (w->page + 1))))
      label_cell (w->self, cell, w->page);
  }
  g_free (weight);
  weighing_free (w);
}

static void
text_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Weighing *w = user_data;
  g_autoptr (OwlPageText) text = tyto_documents_read_text_finish (TYTO_DOCUMENTS (object), result, NULL);

  if (!text || !w->self->documents) {
    weighing_free (w);
    return;
  }
  tyto_attachment_set_text (w->attachment, owl_page_text_get_text (text), FALSE);
  tyto_engine_weigh_async (w->self->engine, w->attachment, w->self->cancellable, weighed, w);
}

/* What a page costs; NULL as long as it is not known. */
static const TytoWeight *
weigh (TytoPagePicker *self, guint page)
{
  gpointer key = GUINT_TO_POINTER (page + 1), value;
  Weighing *w;

  if (g_hash_table_lookup_extended (self->weights, key, NULL, &value))
    return value;
  g_hash_table_insert (self->weights, key, NULL);
  w = g_new0 (Weighing, 1);
  w->self = g_object_ref (self);
  w->page = page;
  w->attachment = tyto_attachment_new (self->name, (int) page);
  tyto_documents_read_text_async (self->documents, self->blob, self->name, (int) page, self->cancellable, text_read, w);
  return NULL;
}

OwlDetail
tyto_page_picker_get_detail (TytoPagePicker *self)
{
  const OwlDetail details[] = { OWL_DETAIL_DEFAULT, OWL_DETAIL_OVERVIEW, OWL_DETAIL_FINE };

  return details[MIN (gtk_drop_down_get_selected (GTK_DROP_DOWN (self->detail)), G_N_ELEMENTS (details) - 1)];
}

/* "3 pictures, 195 tokens + text, 840 tokens": as far as it is known. */
static char *
describe_cost (TytoPagePicker *self, GtkBitset *pages)
{
  OwlDetail detail = tyto_page_picker_get_detail (self);
  gsize pictures = 0, text = 0;
  gboolean all_known = gtk_bitset_get_size (pages) <= MAX_WEIGHED;
  GtkBitsetIter iter;
  guint page, n = 0;

  for (gboolean more = gtk_bitset_iter_init_first (&iter, pages, &page); more && n < MAX_WEIGHED; more = gtk_bitset_iter_next (&iter, &page), n++) {
    const TytoWeight *weight = weigh (self, page);
    gboolean fine = weight && weight->fine > 0 && (detail == OWL_DETAIL_FINE || (detail == OWL_DETAIL_DEFAULT && weight->knows_tiles));

    all_known = all_known && weight;
    if (!weight)
      continue;
    pictures += (gsize) (fine ? weight->fine : weight->overview);
    text += weight->text;
  }
  if (pictures == 0)
    return NULL;
  if (text == 0)
    return g_strdup_printf (all_known ? _("%zu tokens") : _("%zu tokens and more"), pictures);
  return g_strdup_printf (all_known ? _("%zu tokens and text of %zu tokens")
                                    : _("%zu tokens and text of %zu tokens, and more"),
                          pictures, text);
}

static void
update_footer (TytoPagePicker *self)
{
  g_autoptr (GtkBitset) pages = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  guint n = (guint) gtk_bitset_get_size (pages);
  g_autofree char *cost = describe_cost (self, pages);
  g_autofree char *chosen =
      n == 0 ? g_strdup (_("Choose the pages to ask about"))
             : g_strdup_printf (ngettext ("%u page goes along as picture, with its text where it has one",
                                          "%u pages go along as pictures, with their text where they have one", n),
                                n);
  g_autofree char *text = self->message ? g_strdup_printf ("%s · %s", self->message, chosen) : g_strdup (chosen);
  g_autofree char *all = cost ? g_strdup_printf ("%s · %s", text, cost) : g_strdup (text);
  g_autofree char *label = n == 0 ? g_strdup (_("_Attach")) : g_strdup_printf (ngettext ("_Attach %u page", "_Attach %u pages", n), n);

  gtk_label_set_text (GTK_LABEL (self->footer), all);
  tyto_button_set_text (GTK_BUTTON (self->attach), label);
  gtk_widget_set_sensitive (self->attach, n > 0);
}

/* The question shall pick. */
static void
take_whole (TytoPagePicker *self)
{
  TytoImport import = { self->blob, self->name, TRUE, (int) self->n_pages, FALSE };

  g_signal_emit (self, signals[SIGNAL_WHOLE], 0, &import);
  gtk_window_close (GTK_WINDOW (self));
}

static void
selection_changed (TytoPagePicker *self)
{
  g_autoptr (GtkBitset) pages = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  g_autofree char *text = tyto_page_range_format (pages);

  update_footer (self);
  if (self->in_step)
    return;
  self->in_step = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->range), text);
  gtk_widget_remove_css_class (self->range, "error");
  self->in_step = FALSE;
}

static void
range_changed (TytoPagePicker *self)
{
  g_autoptr (GtkBitset) pages = NULL, all = NULL;

  if (self->in_step)
    return;
  pages = tyto_page_range_parse (gtk_editable_get_text (GTK_EDITABLE (self->range)), self->n_pages);
  if (!pages) {
    gtk_widget_add_css_class (self->range, "error");
    return;
  }
  gtk_widget_remove_css_class (self->range, "error");
  all = gtk_bitset_new_range (0, self->n_pages);
  self->in_step = TRUE;
  gtk_selection_model_set_selection (GTK_SELECTION_MODEL (self->selection), pages, all);
  self->in_step = FALSE;
}

static void
choose (TytoPagePicker *self)
{
  g_autoptr (GtkBitset) pages = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (int));
  GtkBitsetIter iter;
  guint page;

  if (gtk_bitset_is_empty (pages))
    return;
  for (gboolean more = gtk_bitset_iter_init_first (&iter, pages, &page); more; more = gtk_bitset_iter_next (&iter, &page)) {
    int number = (int) page;

    g_array_append_val (list, number);
  }
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, list);
  gtk_window_close (GTK_WINDOW (self));
}

/* A cell: picture above, number below. Its GCancellable hangs on the picture, so that a cell that scrolls out of sight asks no longer. */
static void
setup_cell (GtkSignalListItemFactory *factory, GtkListItem *item, TytoPagePicker *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4), *picture = gtk_picture_new (), *label = gtk_label_new (NULL);
  GtkWidget *overlay = gtk_overlay_new (), *check = gtk_image_new_from_icon_name ("object-select-symbolic");

  gtk_widget_set_size_request (picture, THUMBNAIL_WIDTH * 7 / 8, THUMBNAIL_HEIGHT);
  gtk_widget_set_halign (picture, GTK_ALIGN_CENTER);
  gtk_picture_set_content_fit (GTK_PICTURE (picture), GTK_CONTENT_FIT_CONTAIN);
  gtk_widget_add_css_class (box, "page");
  gtk_widget_set_halign (check, GTK_ALIGN_START);
  gtk_widget_set_valign (check, GTK_ALIGN_START);
  gtk_widget_add_css_class (check, "check");
  gtk_widget_set_halign (overlay, GTK_ALIGN_CENTER);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), picture);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), check);
  gtk_box_append (GTK_BOX (box), overlay);
  gtk_box_append (GTK_BOX (box), label);
  gtk_list_item_set_child (item, box);
}

/* A page on its way to its cell. */
typedef struct {
  TytoPagePicker *self;
  GtkPicture *picture;
  guint page;
} Drawing;

static GtkWidget *
cell_picture (GtkWidget *box)
{
  return gtk_overlay_get_child (GTK_OVERLAY (gtk_widget_get_first_child (box)));
}

static void
first_painted (GdkFrameClock *clock, TytoPagePicker *self)
{
  g_signal_handlers_disconnect_by_func (clock, first_painted, self);
  tyto_watchdog_note ("first pages in the picker", self->begun);
}

/* One more page is drawn; how soon the first ones are there is watched. */
static void
count_drawn (TytoPagePicker *self)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (self));

  if (clock && self->begun != 0 && self->n_drawn < FIRST_PAGES && ++self->n_drawn == MIN (self->n_pages, FIRST_PAGES))
    g_signal_connect_object (clock, "after-paint", G_CALLBACK (first_painted), self, 0);
}

static void
cell_rendered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Drawing *drawing = user_data;
  g_autoptr (TytoPagePicker) self = drawing->self;
  g_autoptr (GtkPicture) picture = drawing->picture;
  guint page = drawing->page;
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlPicture) pixels = tyto_documents_render_finish (TYTO_DOCUMENTS (object), result, &error);

  g_free (drawing);
  if (pixels) {
    g_autoptr (GdkTexture) texture = tyto_texture_new (pixels);

    double aspect = (double) owl_picture_get_width (pixels) / owl_picture_get_height (pixels);

    /* The frame has the page's shape. */
    gtk_widget_set_size_request (GTK_WIDGET (picture), MIN ((int) (THUMBNAIL_HEIGHT * aspect), THUMBNAIL_WIDTH), THUMBNAIL_HEIGHT);
    gtk_picture_set_paintable (picture, GDK_PAINTABLE (texture));
    if (self->documents) {
      count_drawn (self);
      weigh (self, page);
    }
  } else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED)) {
    tyto_tooltip_set (GTK_WIDGET (picture), error->message);
  }
}

/* The page as printed, or its number. The caller frees. */
static char *
page_label (TytoPagePicker *self, guint page)
{
  const char *label = self->contents ? owl_contents_get_label (self->contents, (int) page) : NULL;

  return label && *label ? g_strdup (label) : g_strdup_printf ("%u", page + 1);
}

/* What stands below a page: where what is printed on it is another number than its place in the document, both, since the field of pages takes places. */
static char *
page_caption (const char *label, guint page)
{
  g_autofree char *place = g_strdup_printf ("%u", page + 1);

  return g_str_equal (label, place) ? g_strdup (label) : g_strdup_printf ("%s (%s)", label, place);
}

static void
label_cell (TytoPagePicker *self, GtkWidget *box, guint page)
{
  g_autofree char *label = page_label (self, page), *caption = page_caption (label, page);
  g_autofree char *name = g_strdup_printf (_("Page %s"), label), *found_name = NULL;
  gboolean found = self->found && gtk_bitset_contains (self->found, page);
  const TytoWeight *weight = g_hash_table_lookup (self->weights, GUINT_TO_POINTER (page + 1));
  g_autofree char *scanned = weight && weight->text == 0 ? g_strdup_printf (_("%s · no text"), caption) : NULL;

  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (box)), scanned ? scanned : caption);
  if (found) {
    gtk_widget_add_css_class (box, "found");
    found_name = g_strdup_printf (_("Page %s, found"), label);
  } else {
    gtk_widget_remove_css_class (box, "found");
  }
  /* Each change is told to the accessibility bus. */
  if (g_strcmp0 (g_object_get_data (G_OBJECT (box), "name"), found ? found_name : name) == 0)
    return;
  gtk_accessible_update_property (GTK_ACCESSIBLE (box), GTK_ACCESSIBLE_PROPERTY_LABEL, found ? found_name : name, -1);
  g_object_set_data_full (G_OBJECT (box), "name", g_strdup (found ? found_name : name), g_free);
}

static void
bind_cell (GtkSignalListItemFactory *factory, GtkListItem *item, TytoPagePicker *self)
{
  GtkWidget *box = gtk_list_item_get_child (item), *picture = cell_picture (box);
  guint page = gtk_list_item_get_position (item);
  GCancellable *cancellable = g_cancellable_new ();
  Drawing *drawing = g_new0 (Drawing, 1);

  label_cell (self, box, page);
  g_object_set_data (G_OBJECT (box), "page", GUINT_TO_POINTER (page + 1));
  g_hash_table_insert (self->cells, GUINT_TO_POINTER (page + 1), box);
  gtk_picture_set_paintable (GTK_PICTURE (picture), NULL);
  g_object_set_data_full (G_OBJECT (picture), "cancellable", cancellable, g_object_unref);
  /* What it costs is worked out when it is there: pages in sight come first. */
  drawing->self = g_object_ref (self);
  drawing->picture = g_object_ref (GTK_PICTURE (picture));
  drawing->page = page;
  tyto_documents_render_async (self->documents, self->blob, self->name, (int) page, 2 * THUMBNAIL_HEIGHT, 0, cancellable, cell_rendered, drawing);
}

static void
unbind_cell (GtkSignalListItemFactory *factory, GtkListItem *item, TytoPagePicker *self)
{
  GtkWidget *box = gtk_list_item_get_child (item), *picture = cell_picture (box);
  gpointer page = g_object_get_data (G_OBJECT (box), "page");

  if (self->cells && g_hash_table_lookup (self->cells, page) == box)
    g_hash_table_remove (self->cells, page);
  g_cancellable_cancel (g_object_get_data (G_OBJECT (picture), "cancellable"));
  g_object_set_data (G_OBJECT (picture), "cancellable", NULL);
}

/* Marks and labels of the cells that are there now. */
static void
relabel (TytoPagePicker *self)
{
  GHashTableIter iter;
  gpointer key, box;

  g_hash_table_iter_init (&iter, self->cells);
  while (g_hash_table_iter_next (&iter, &key, &box))
    label_cell (self, box, GPOINTER_TO_UINT (key) - 1);
}

static void
contents_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoPagePicker) self = user_data;
  OwlContents *contents = tyto_documents_read_contents_finish (TYTO_DOCUMENTS (object), result, NULL);

  if (!contents)
    return;
  if (!self->documents) {
    owl_contents_unref (contents);
    return;
  }
  self->contents = contents;
  relabel (self);
}

static void
set_message (TytoPagePicker *self, char *message)
{
  g_free (self->message);
  self->message = message;
  update_footer (self);
}

/* Shows which pages a search found; goes to the first of them. */
static void
set_found (TytoPagePicker *self, GtkBitset *found, guint first)
{
  g_clear_pointer (&self->found, gtk_bitset_unref);
  self->found = found;
  relabel (self);
  if (found && !gtk_bitset_is_empty (found))
    gtk_widget_activate_action (self->grid, "list.scroll-to-item", "u", first);
}

static void
text_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoPagePicker) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) hits = tyto_documents_find_text_finish (TYTO_DOCUMENTS (object), result, &error);
  GtkBitset *found;
  guint n;

  if (!self->documents || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED))
    return;
  if (!hits) {
    set_message (self, g_strdup (error->message));
    return;
  }
  found = gtk_bitset_new_empty ();
  for (guint i = 0; i < hits->len; i++)
    gtk_bitset_add (found, (guint) ((TytoTextHit *) g_ptr_array_index (hits, i))->page);
  n = (guint) gtk_bitset_get_size (found);
  set_message (self, n ? g_strdup_printf (ngettext ("Found on %u page", "Found on %u pages", n), n)
                       : g_strdup (_("Not found. Enter picks the pages that fit best.")));
  set_found (self, found, n ? gtk_bitset_get_minimum (found) : 0);
}

static GCancellable *
begin_finding (TytoPagePicker *self)
{
  g_cancellable_cancel (self->finding);
  g_clear_object (&self->finding);
  self->finding = g_cancellable_new ();
  return self->finding;
}

static void
find_changed (TytoPagePicker *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->find))));

  begin_finding (self);
  if (!*text) {
    set_message (self, NULL);
    set_found (self, NULL, 0);
    return;
  }
  tyto_documents_find_text_async (self->documents, self->blob, self->name, text, self->finding, text_found, g_object_ref (self));
}

/* The pages that fit a question are chosen; the choice can be changed like any other. */
static void
pages_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoPagePicker) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) hits = tyto_documents_find_pages_finish (TYTO_DOCUMENTS (object), result, &error);
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GtkBitset) all = NULL;
  GtkBitset *found;

  if (!self->documents || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, OWL_ERROR, OWL_ERROR_CANCELLED))
    return;
  if (!hits || hits->len == 0) {
    set_message (self, g_strdup (hits ? _("No page fits. Scanned pages have no text to search.") : error->message));
    return;
  }
  found = gtk_bitset_new_empty ();
  for (guint i = 0; i < hits->len; i++) {
    guint page = (guint) ((TytoPageHit *) g_ptr_array_index (hits, i))->page;
    g_autofree char *label = page_label (self, page);

    gtk_bitset_add (found, page);
    g_string_append_printf (list, "%s%s", list->len ? ", " : "", label);
  }
  all = gtk_bitset_new_range (0, self->n_pages);
  gtk_selection_model_set_selection (GTK_SELECTION_MODEL (self->selection), found, all);
  set_message (self, g_strdup_printf (ngettext ("Page %s fits best", "Pages %s fit best", hits->len), list->str));
  set_found (self, found, (guint) ((TytoPageHit *) g_ptr_array_index (hits, 0))->page);
}

static void
find_activated (TytoPagePicker *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->find))));

  if (!*text)
    return;
  if (self->found && !gtk_bitset_is_empty (self->found)) {
    g_autoptr (GtkBitset) all = gtk_bitset_new_range (0, self->n_pages);

    gtk_selection_model_set_selection (GTK_SELECTION_MODEL (self->selection), self->found, all);
    return;
  }
  begin_finding (self);
  set_message (self, g_strdup (_("Reading the document…")));
  tyto_documents_find_pages_async (self->documents, self->store, self->blob, self->name, text, BEST_PAGES, self->finding, pages_found,
                                   g_object_ref (self));
}

static void
tyto_page_picker_dispose (GObject *object)
{
  TytoPagePicker *self = TYTO_PAGE_PICKER (object);

  if (self->selection)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_object (&self->selection);
  g_clear_object (&self->pages);
  g_clear_handle_id (&self->filling, g_source_remove);
  g_cancellable_cancel (self->finding);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->finding);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->documents);
  g_clear_object (&self->store);
  g_clear_object (&self->engine);
  g_clear_pointer (&self->weights, g_hash_table_unref);
  g_clear_pointer (&self->cells, g_hash_table_unref);
  g_clear_pointer (&self->contents, owl_contents_unref);
  g_clear_pointer (&self->found, gtk_bitset_unref);
  g_clear_pointer (&self->wanted, gtk_bitset_unref);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->blob, g_free);
  g_clear_pointer (&self->name, g_free);
  G_OBJECT_CLASS (tyto_page_picker_parent_class)->dispose (object);
}

/* Taking away all cells at once would hold up the window as much as making them. */
static gboolean
remove_pages (gpointer data)
{
  TytoPagePicker *self = data;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->pages));

  if (n > 0) {
    gtk_string_list_splice (self->pages, n - MIN (n, PAGES_AT_ONCE), MIN (n, PAGES_AT_ONCE), NULL);
    return G_SOURCE_CONTINUE;
  }
  self->filling = 0;
  gtk_window_destroy (GTK_WINDOW (self));
  return G_SOURCE_REMOVE;
}

static gboolean
tyto_page_picker_close_request (GtkWindow *window)
{
  TytoPagePicker *self = TYTO_PAGE_PICKER (window);

  g_clear_handle_id (&self->filling, g_source_remove);
  gtk_window_set_modal (window, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (window), FALSE);
  self->filling = g_idle_add (remove_pages, self);
  return TRUE;
}

static gboolean
focus_find (GtkWidget *widget, GVariant *arguments, gpointer user_data)
{
  return gtk_widget_grab_focus (TYTO_PAGE_PICKER (widget)->find);
}

/* The field takes Escape for itself: it ends the search, and without one closes the window as everywhere else. */
static void
find_stopped (TytoPagePicker *self)
{
  if (*gtk_editable_get_text (GTK_EDITABLE (self->find)))
    gtk_editable_set_text (GTK_EDITABLE (self->find), "");
  else
    gtk_window_close (GTK_WINDOW (self));
}

static void
tyto_page_picker_class_init (TytoPagePickerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_page_picker_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = tyto_page_picker_close_request;
  signals[SIGNAL_CHOSEN] =
      g_signal_new ("chosen", TYTO_TYPE_PAGE_PICKER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ARRAY);
  signals[SIGNAL_WHOLE] = g_signal_new ("whole", TYTO_TYPE_PAGE_PICKER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  gtk_widget_class_add_binding (GTK_WIDGET_CLASS (klass), GDK_KEY_f, GDK_CONTROL_MASK, focus_find, NULL);
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
tyto_page_picker_init (TytoPagePicker *self)
{
}

static void
build (TytoPagePicker *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new (), *scroller = gtk_scrolled_window_new ();
  GtkWidget *tools = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8), *fields = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  const char *const details[] = { _("Usual detail"), _("Overview"), _("Fine, in tiles"), NULL };
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autofree char *count = g_strdup_printf (ngettext ("%u page", "%u pages", self->n_pages), self->n_pages);

  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (self->name, count));
  self->attach = tyto_button_new (_("_Attach"));
  gtk_widget_add_css_class (self->attach, "suggested-action");
  g_signal_connect_swapped (self->attach, "clicked", G_CALLBACK (choose), self);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->attach);

  self->range = gtk_entry_new ();
  gtk_entry_set_placeholder_text (GTK_ENTRY (self->range), _("Such as 1-3, 7"));
  gtk_editable_set_width_chars (GTK_EDITABLE (self->range), 10);
  self->find = gtk_search_entry_new ();
  gtk_search_entry_set_search_delay (GTK_SEARCH_ENTRY (self->find), 250);
  g_object_set (self->find, "placeholder-text", _("Find words, or ask for pages"), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->find), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Find words, or ask for pages"), -1);
  gtk_widget_set_hexpand (self->find, TRUE);
  g_signal_connect_swapped (self->find, "search-changed", G_CALLBACK (find_changed), self);
  g_signal_connect_swapped (self->find, "activate", G_CALLBACK (find_activated), self);
  g_signal_connect_swapped (self->find, "stop-search", G_CALLBACK (find_stopped), self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->range), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Pages"), -1);
  g_signal_connect_swapped (self->range, "changed", G_CALLBACK (range_changed), self);
  g_signal_connect_swapped (self->range, "activate", G_CALLBACK (choose), self);
  self->detail = gtk_drop_down_new_from_strings (details);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->detail), GTK_ACCESSIBLE_PROPERTY_LABEL, _("How closely the pages are looked at"), -1);
  tyto_tooltip_set (self->detail, _("How closely the pages are looked at"));
  g_signal_connect_swapped (self->detail, "notify::selected", G_CALLBACK (update_footer), self);
  gtk_widget_set_hexpand (self->range, TRUE);
  gtk_box_append (GTK_BOX (fields), self->range);
  gtk_box_append (GTK_BOX (fields), self->detail);
  gtk_widget_set_layout_manager (tools, tyto_wrap_layout_new (8, 0.0f));
  gtk_widget_set_size_request (self->find, 250, -1);
  gtk_widget_add_css_class (tools, "picker-tools");
  gtk_box_append (GTK_BOX (tools), self->find);
  gtk_box_append (GTK_BOX (tools), fields);
  if (self->n_pages >= MANY_PAGES) {
    GtkWidget *whole = tyto_button_new (_("Let the _question choose"));

    tyto_tooltip_set (whole, _("The pages that fit your question best are picked when you ask"));
    g_signal_connect_swapped (whole, "clicked", G_CALLBACK (take_whole), self);
    gtk_box_append (GTK_BOX (tools), whole);
  }

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cell), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cell), self);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cell), self);
  self->grid = gtk_grid_view_new (GTK_SELECTION_MODEL (g_object_ref (self->selection)), factory);
  gtk_grid_view_set_enable_rubberband (GTK_GRID_VIEW (self->grid), TRUE);
  gtk_grid_view_set_max_columns (GTK_GRID_VIEW (self->grid), 8);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->grid), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Pages"), -1);
  g_signal_connect_swapped (self->grid, "activate", G_CALLBACK (choose), self);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->grid);
  gtk_widget_set_vexpand (scroller, TRUE);

  self->footer = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->footer), TRUE);
  gtk_widget_add_css_class (self->footer, "picker-footer");
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), tools);
  gtk_box_append (GTK_BOX (box), scroller);
  gtk_box_append (GTK_BOX (box), self->footer);
  adw_window_set_content (ADW_WINDOW (self), box);
}

/* Pages are added little by little; those that are chosen to begin with are chosen once all of them are there. */
static void
choose_wanted (TytoPagePicker *self)
{
  g_autoptr (GtkBitset) all = NULL;

  if (!self->wanted || !self->selection || gtk_bitset_is_empty (self->wanted) ||
      gtk_bitset_get_maximum (self->wanted) >= g_list_model_get_n_items (G_LIST_MODEL (self->pages)))
    return;
  all = gtk_bitset_new_range (0, self->n_pages);
  gtk_selection_model_set_selection (GTK_SELECTION_MODEL (self->selection), self->wanted, all);
  g_clear_pointer (&self->wanted, gtk_bitset_unref);
}

static gboolean
add_pages (gpointer data)
{
  TytoPagePicker *self = data;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->pages));
  const char *more[PAGES_AT_ONCE + 1] = { NULL };

  for (guint i = 0; i < MIN (self->n_pages - n, PAGES_AT_ONCE); i++)
    more[i] = "";
  gtk_string_list_splice (self->pages, n, 0, more);
  choose_wanted (self);
  if (g_list_model_get_n_items (G_LIST_MODEL (self->pages)) < self->n_pages)
    return G_SOURCE_CONTINUE;
  self->filling = 0;
  return G_SOURCE_REMOVE;
}

TytoPagePicker *
tyto_page_picker_new (GtkWindow *parent, TytoServices *services, const TytoImport *import, GtkBitset *chosen)
{
  TytoPagePicker *self = g_object_new (TYTO_TYPE_PAGE_PICKER, "transient-for", parent, "modal", TRUE, "title", import->name,
                                       "default-width", 820, "default-height", 600, NULL);
  GtkStringList *pages = gtk_string_list_new (NULL);

  self->documents = g_object_ref (tyto_services_get_documents (services));
  self->store = g_object_ref (tyto_services_get_store (services));
  self->engine = g_object_ref (tyto_services_get_engine (services));
  self->weights = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->cells = g_hash_table_new (NULL, NULL);
  self->cancellable = g_cancellable_new ();
  self->blob = g_strdup (import->blob);
  self->name = g_strdup (import->name);
  self->n_pages = (guint) import->n_pages;
  self->begun = import->begun;
  self->pages = g_object_ref (pages);
  add_pages (self);
  self->filling = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, add_pages, self, NULL);
  self->selection = gtk_multi_selection_new (G_LIST_MODEL (pages));
  g_signal_connect_swapped (self->selection, "selection-changed", G_CALLBACK (selection_changed), self);
  build (self);
  self->wanted = gtk_bitset_copy (chosen);
  if (gtk_bitset_is_empty (chosen))
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 0, TRUE);
  else
    choose_wanted (self);
  gtk_widget_grab_focus (self->range);
  tyto_documents_read_contents_async (self->documents, self->blob, self->name, self->cancellable, contents_read, g_object_ref (self));
  return self;
}

char *
tyto_page_picker_get_label (TytoPagePicker *self, int page)
{
  return page_label (self, (guint) page);
}

const char *
tyto_page_picker_get_blob (TytoPagePicker *self)
{
  return self->blob;
}

const char *
tyto_page_picker_get_name (TytoPagePicker *self)
{
  return self->name;
}
