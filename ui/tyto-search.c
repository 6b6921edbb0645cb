/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-search"

#include "ui/tyto-search.h"

#include <glib/gi18n.h>
#include <string.h>

struct _TytoSearch {
  GtkBox parent_instance;

  TytoStore *store;
  guint serial; /* of the last question to the history: older answers are dropped */

  GtkWidget *entry, *stack, *below, *results;
};

G_DEFINE_FINAL_TYPE (TytoSearch, tyto_search, GTK_TYPE_BOX)

enum { SIGNAL_OPENED, SIGNAL_LEFT, N_SIGNALS };
static guint signals[N_SIGNALS];

/* The snippet with what was found in bold. */
static char *
mark_up (const TytoSearchHit *hit)
{
  GString *markup = g_string_new (NULL);
  gsize at = 0, length = strlen (hit->snippet);

  for (guint i = 0; i <= hit->n_marks; i++) {
    gsize start = i < hit->n_marks ? MIN (hit->marks[i].start, length) : length;
    gsize end = i < hit->n_marks ? MIN (start + hit->marks[i].length, length) : length;
    g_autofree char *before = start > at ? g_markup_escape_text (hit->snippet + at, (gssize) (start - at)) : NULL;
    g_autofree char *found = end > start ? g_markup_escape_text (hit->snippet + start, (gssize) (end - start)) : NULL;

    if (before)
      g_string_append (markup, before);
    if (found)
      g_string_append_printf (markup, "<b>%s</b>", found);
    at = MAX (at, end);
  }
  return g_string_free (markup, FALSE);
}

static GtkWidget *
create_row (const TytoSearchHit *hit)
{
  GtkWidget *row = gtk_list_box_row_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *title = gtk_label_new (*hit->title ? hit->title : _("New chat")), *snippet = gtk_label_new (NULL);
  g_autofree char *markup = mark_up (hit), *name = g_strdup_printf ("%s: %s", hit->title, hit->snippet);

  gtk_label_set_xalign (GTK_LABEL (title), 0.0f);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_label_set_markup (GTK_LABEL (snippet), markup);
  gtk_label_set_xalign (GTK_LABEL (snippet), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (snippet), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (snippet), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (GTK_LABEL (snippet), 2);
  gtk_label_set_ellipsize (GTK_LABEL (snippet), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (snippet, "quiet");
  gtk_box_append (GTK_BOX (box), title);
  if (hit->message != 0)
    gtk_box_append (GTK_BOX (box), snippet);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, hit->message ? name : hit->title, -1);
  g_object_set_data_full (G_OBJECT (row), "conversation", g_memdup2 (&hit->conversation, sizeof (gint64)), g_free);
  g_object_set_data_full (G_OBJECT (row), "message", g_memdup2 (&hit->message, sizeof (gint64)), g_free);
  return row;
}

/* A search on its way. */
typedef struct {
  TytoSearch *self;
  guint serial;
} Searching;

static void
found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Searching *searching = user_data;
  g_autoptr (TytoSearch) self = searching->self;
  g_autoptr (GPtrArray) hits = tyto_store_search_finish (TYTO_STORE (object), result, NULL);
  gboolean wanted = searching->serial == self->serial;
  GtkWidget *child;

  g_free (searching);
  if (!wanted || !self->results)
    return;
  while ((child = GTK_WIDGET (gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->results), 0))))
    gtk_list_box_remove (GTK_LIST_BOX (self->results), child);
  /* The best are enough; more words find less. */
  for (guint i = 0; hits && i < MIN (hits->len, 30); i++)
    gtk_list_box_append (GTK_LIST_BOX (self->results), create_row (g_ptr_array_index (hits, i)));
}

static void
search_changed (TytoSearch *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry))));
  Searching *searching;

  self->serial++;
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), *text ? "results" : "below");
  if (!*text)
    return;
  searching = g_new0 (Searching, 1);
  searching->self = g_object_ref (self);
  searching->serial = self->serial;
  tyto_store_search_async (self->store, text, found, searching);
}

static void
row_activated (TytoSearch *self, GtkListBoxRow *row)
{
  gint64 *conversation = g_object_get_data (G_OBJECT (row), "conversation"), *message = g_object_get_data (G_OBJECT (row), "message");

  g_signal_emit (self, signals[SIGNAL_OPENED], 0, *conversation, *message);
}

/* Enter opens the best. */
static void
entry_activated (TytoSearch *self)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->results), 0);

  if (row)
    row_activated (self, row);
}

/* Down goes to what was found, and Up from there back. */
static gboolean
entry_key (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, TytoSearch *self)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->results), 0);

  if ((key != GDK_KEY_Down && key != GDK_KEY_KP_Down) || !row || !gtk_widget_get_mapped (GTK_WIDGET (row)))
    return FALSE;
  return gtk_widget_grab_focus (GTK_WIDGET (row));
}

static gboolean
results_end (TytoSearch *self, GtkDirectionType direction)
{
  return direction == GTK_DIR_UP && gtk_widget_grab_focus (self->entry);
}

static gboolean
begin_now (gpointer entry)
{
  gtk_widget_grab_focus (entry);
  return G_SOURCE_REMOVE;
}

static void
entry_mapped (GtkWidget *entry)
{
  g_signal_handlers_disconnect_by_func (entry, entry_mapped, NULL);
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, begin_now, g_object_ref (entry), g_object_unref);
}

void
tyto_search_begin (TytoSearch *self)
{
  if (gtk_widget_get_mapped (self->entry)) {
    gtk_widget_grab_focus (self->entry);
    return;
  }
  /* Where the pane was hidden, it takes the keyboard only once it can be seen. */
  g_signal_handlers_disconnect_by_func (self->entry, entry_mapped, NULL);
  g_signal_connect (self->entry, "map", G_CALLBACK (entry_mapped), NULL);
}

void
tyto_search_end (TytoSearch *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
}

static void
search_stopped (TytoSearch *self)
{
  tyto_search_end (self);
  g_signal_emit (self, signals[SIGNAL_LEFT], 0);
}

static void
tyto_search_dispose (GObject *object)
{
  TytoSearch *self = TYTO_SEARCH (object);

  self->results = NULL;
  g_clear_object (&self->store);
  G_OBJECT_CLASS (tyto_search_parent_class)->dispose (object);
}

static void
tyto_search_class_init (TytoSearchClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_search_dispose;
  signals[SIGNAL_OPENED] =
      g_signal_new ("opened", TYTO_TYPE_SEARCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_INT64);
  signals[SIGNAL_LEFT] = g_signal_new ("left", TYTO_TYPE_SEARCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tyto_search_init (TytoSearch *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
}

GtkWidget *
tyto_search_new (TytoStore *store, GtkWidget *below)
{
  TytoSearch *self = g_object_new (TYTO_TYPE_SEARCH, NULL);
  GtkWidget *scroller = gtk_scrolled_window_new (), *nothing = gtk_label_new (_("Nothing was found."));
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->store = g_object_ref (store);
  self->below = below;
  self->entry = gtk_search_entry_new ();
  gtk_search_entry_set_search_delay (GTK_SEARCH_ENTRY (self->entry), 120);
  g_object_set (self->entry, "placeholder-text", _("Search chats"), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Search chats"), -1);
  gtk_widget_add_css_class (self->entry, "side-search");
  g_signal_connect_swapped (self->entry, "search-changed", G_CALLBACK (search_changed), self);
  g_signal_connect_swapped (self->entry, "activate", G_CALLBACK (entry_activated), self);
  g_signal_connect_swapped (self->entry, "stop-search", G_CALLBACK (search_stopped), self);

  g_signal_connect (keys, "key-pressed", G_CALLBACK (entry_key), self);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (self->entry, keys);

  self->results = gtk_list_box_new ();
  gtk_widget_add_css_class (nothing, "quiet");
  gtk_widget_set_margin_top (nothing, 24);
  gtk_widget_add_css_class (self->results, "navigation-sidebar");
  gtk_list_box_set_placeholder (GTK_LIST_BOX (self->results), nothing);
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->results), GTK_SELECTION_NONE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->results), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Found"), -1);
  g_signal_connect_swapped (self->results, "row-activated", G_CALLBACK (row_activated), self);
  g_signal_connect_swapped (self->results, "keynav-failed", G_CALLBACK (results_end), self);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->results);

  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), below, "below");
  gtk_stack_add_named (GTK_STACK (self->stack), scroller, "results");
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_box_append (GTK_BOX (self), self->entry);
  gtk_box_append (GTK_BOX (self), self->stack);
  return GTK_WIDGET (self);
}
