/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-compare"

#include "ui/tyto-compare.h"

#include "app/documents/tyto-document-text.h"
#include "ui/tyto-button.h"
#include "ui/tyto-texture.h"
#include "ui/tyto-tooltip.h"
#include "ui/tyto-wrap-layout.h"
#include "ui/tyto-zoom.h"

#include <glib/gi18n.h>

/* Longer side in pixels: of a picture at most, and of a page. */
#define PICTURE_SIZE 4000
#define PAGE_SIZE 2400
/* Narrower windows have the pictures below each other. */
#define FOLD_WIDTH 600
/* An arrow key moves by this share of what is in sight. */
#define STEP 0.15
/* With less room for the question, the buttons go below it. */
#define ENTRY_WIDTH 200

typedef struct {
  TytoCompare *owner;
  TytoAttachment *shown;
  GCancellable *cancellable;
  GtkWidget *zoom, *choice, *problem;
} Side;

struct _TytoCompare {
  AdwWindow parent_instance;

  TytoDocuments *documents;
  GPtrArray *attachments; /* TytoAttachment */
  Side sides[2];
  int active;       /* the side that the pointer or the keyboard came to last */
  gboolean in_step; /* guards against echo */

  GtkWidget *pair, *linked, *entry, *ask;
};

G_DEFINE_FINAL_TYPE (TytoCompare, tyto_compare, ADW_TYPE_WINDOW)

enum { SIGNAL_ASK, SIGNAL_ATTACH, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Pixels on their way to one side. */
typedef struct {
  TytoCompare *self;
  int side;
  GCancellable *cancellable;
  OwlPicture *picture;
} Loading;

static void
loading_free (gpointer data)
{
  Loading *loading = data;

  g_object_unref (loading->self);
  g_object_unref (loading->cancellable);
  g_clear_pointer (&loading->picture, owl_picture_unref);
  g_free (loading);
}

static void
make_texture (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer (task, tyto_texture_new_packed (((Loading *) data)->picture), g_object_unref);
}

static void
texture_made (GObject *object, GAsyncResult *result, gpointer user_data)
{
  TytoCompare *self = TYTO_COMPARE (object);
  const Loading *loading = g_task_get_task_data (G_TASK (result));
  g_autoptr (GdkTexture) texture = g_task_propagate_pointer (G_TASK (result), NULL);

  if (texture && self->documents)
    tyto_zoom_set_texture (TYTO_ZOOM (self->sides[loading->side].zoom), texture);
}

static void
rendered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Loading *loading = user_data;
  Side *side = &loading->self->sides[loading->side];
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) task = NULL;

  loading->picture = tyto_documents_render_finish (TYTO_DOCUMENTS (object), result, &error);
  if (!loading->picture) {
    if (loading->self->documents && !g_cancellable_is_cancelled (loading->cancellable)) {
      gtk_label_set_text (GTK_LABEL (side->problem), error->message);
      gtk_widget_set_visible (side->problem, TRUE);
    }
    loading_free (loading);
    return;
  }
  task = g_task_new (loading->self, loading->cancellable, texture_made, NULL);
  g_task_set_task_data (task, loading, loading_free);
  g_task_run_in_thread (task, make_texture);
}

static void
show (TytoCompare *self, int index, TytoAttachment *attachment)
{
  Side *side = &self->sides[index];
  OwlPicture *thumbnail = tyto_attachment_get_thumbnail (attachment);
  int page = tyto_attachment_get_page (attachment), width = 0, height = 0;
  g_autoptr (GdkTexture) preview = NULL;
  g_autofree char *title = g_strdup_printf (_("Picture %d in the comparison"), tyto_attachment_get_number (attachment));
  Loading *loading = g_new0 (Loading, 1);
  OwlRegion region;

  g_set_object (&side->shown, attachment);
  g_cancellable_cancel (side->cancellable);
  g_clear_object (&side->cancellable);
  side->cancellable = g_cancellable_new ();
  gtk_widget_set_visible (side->problem, FALSE);
  if (thumbnail)
    preview = tyto_texture_new (thumbnail);
  tyto_attachment_get_full_size (attachment, &width, &height);
  tyto_zoom_begin (TYTO_ZOOM (side->zoom), preview, width, height);
  gtk_accessible_update_property (GTK_ACCESSIBLE (side->zoom), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  loading->self = g_object_ref (self);
  loading->side = index;
  loading->cancellable = g_object_ref (side->cancellable);
  if (tyto_attachment_get_region (attachment, &region))
    tyto_documents_render_region_async (self->documents, tyto_attachment_get_blob (attachment), tyto_attachment_get_name (attachment), page, &region,
                                        page < 0 ? PICTURE_SIZE : PAGE_SIZE, side->cancellable, rendered, loading);
  else
    tyto_documents_render_async (self->documents, tyto_attachment_get_blob (attachment), tyto_attachment_get_name (attachment), page,
                                 page < 0 ? PICTURE_SIZE : PAGE_SIZE, 0, side->cancellable, rendered, loading);
}

static void
choice_changed (GtkDropDown *choice, GParamSpec *pspec, Side *side)
{
  guint index = gtk_drop_down_get_selected (choice);

  if (index < side->owner->attachments->len)
    show (side->owner, (int) (side - side->owner->sides), g_ptr_array_index (side->owner->attachments, index));
}

/* The other side follows, unless they are let go of each other. */
static void
view_changed (TytoZoom *zoom, Side *side)
{
  TytoCompare *self = side->owner;
  double x, y;

  if (self->in_step || !gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->linked)))
    return;
  self->in_step = TRUE;
  tyto_zoom_get_middle (zoom, &x, &y);
  tyto_zoom_set_view (TYTO_ZOOM (self->sides[side == &self->sides[0]].zoom), tyto_zoom_get_zoom (zoom), x, y);
  self->in_step = FALSE;
}

static void
update (TytoCompare *self)
{
  gtk_widget_set_sensitive (self->ask, *gtk_editable_get_text (GTK_EDITABLE (self->entry)) != '\0');
}

static void
ask (TytoCompare *self)
{
  g_autofree char *question = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry))));

  if (!*question)
    return;
  g_signal_emit (self, signals[SIGNAL_ASK], 0, self->sides[0].shown, self->sides[1].shown, question);
  gtk_window_close (GTK_WINDOW (self));
}

static void
attach (TytoCompare *self)
{
  g_signal_emit (self, signals[SIGNAL_ATTACH], 0, self->sides[0].shown, self->sides[1].shown);
  gtk_window_close (GTK_WINDOW (self));
}

static void
came_to (Side *side)
{
  side->owner->active = (int) (side - side->owner->sides);
}

/* `factor` 0: the whole picture. */
static void
zoom_by (TytoCompare *self, double factor)
{
  TytoZoom *zoom = TYTO_ZOOM (self->sides[self->active].zoom);

  tyto_zoom_set_zoom (zoom, factor > 0.0 ? tyto_zoom_get_zoom (zoom) * factor : 1.0);
}

/* Moves the picture that has the keyboard; FALSE where there is none, or nothing to move. */
static gboolean
move_by (TytoCompare *self, double dx, double dy)
{
  Side *side = &self->sides[self->active];
  TytoZoom *zoom = TYTO_ZOOM (side->zoom);
  OwlRegion visible;
  double x, y;

  if ((dx == 0.0 && dy == 0.0) || !gtk_widget_has_focus (side->zoom) || tyto_zoom_get_zoom (zoom) <= 1.0)
    return FALSE;
  tyto_zoom_get_visible (zoom, &visible);
  tyto_zoom_get_middle (zoom, &x, &y);
  tyto_zoom_set_view (zoom, tyto_zoom_get_zoom (zoom), x + dx * STEP * visible.width, y + dy * STEP * visible.height);
  view_changed (zoom, side);
  return TRUE;
}

static gboolean
key_pressed (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, TytoCompare *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  if (GTK_IS_EDITABLE (focus) || (modifiers & (GDK_ALT_MASK | GDK_SUPER_MASK | GDK_CONTROL_MASK)))
    return FALSE;
  if (key == GDK_KEY_plus || key == GDK_KEY_KP_Add || key == GDK_KEY_equal)
    zoom_by (self, 1.4);
  else if (key == GDK_KEY_minus || key == GDK_KEY_KP_Subtract)
    zoom_by (self, 1.0 / 1.4);
  else if (key == GDK_KEY_0 || key == GDK_KEY_KP_0)
    zoom_by (self, 0.0);
  else
    return move_by (self, (key == GDK_KEY_Right) - (key == GDK_KEY_Left), (key == GDK_KEY_Down) - (key == GDK_KEY_Up));
  return TRUE;
}

static void
tyto_compare_dispose (GObject *object)
{
  TytoCompare *self = TYTO_COMPARE (object);

  for (int i = 0; i < 2; i++) {
    g_cancellable_cancel (self->sides[i].cancellable);
    g_clear_object (&self->sides[i].cancellable);
    g_clear_object (&self->sides[i].shown);
  }
  g_clear_object (&self->documents);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  G_OBJECT_CLASS (tyto_compare_parent_class)->dispose (object);
}

/* After the allocation, which must not change what it allocates. */
static gboolean
fold (gpointer data)
{
  TytoCompare *self = data;
  gboolean narrow = gtk_widget_get_width (GTK_WIDGET (self)) < FOLD_WIDTH;

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->pair), narrow ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL);
  return G_SOURCE_REMOVE;
}

static void
tyto_compare_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  TytoCompare *self = TYTO_COMPARE (widget);
  GtkOrientation wanted = width < FOLD_WIDTH ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL;

  GTK_WIDGET_CLASS (tyto_compare_parent_class)->size_allocate (widget, width, height, baseline);
  if (self->documents && gtk_orientable_get_orientation (GTK_ORIENTABLE (self->pair)) != wanted)
    g_idle_add_full (G_PRIORITY_HIGH_IDLE, fold, g_object_ref (self), g_object_unref);
}

static void
tyto_compare_class_init (TytoCompareClass *klass)
{
  const GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tyto_compare_dispose;
  GTK_WIDGET_CLASS (klass)->size_allocate = tyto_compare_size_allocate;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
  signals[SIGNAL_ASK] = g_signal_new ("ask", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, TYTO_TYPE_ATTACHMENT,
                                      TYTO_TYPE_ATTACHMENT, G_TYPE_STRING);
  signals[SIGNAL_ATTACH] =
      g_signal_new ("attach", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, TYTO_TYPE_ATTACHMENT, TYTO_TYPE_ATTACHMENT);
}

/* A long name of a file must not keep the window wide. */
static void
setup_choice (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_list_item_set_child (item, label);
}

static void
bind_choice (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), gtk_string_object_get_string (gtk_list_item_get_item (item)));
}

static GtkWidget *
build_side (TytoCompare *self, int index)
{
  Side *side = &self->sides[index];
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *overlay = gtk_overlay_new ();
  GtkEventController *motion = gtk_event_controller_motion_new (), *focus = gtk_event_controller_focus_new ();
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  side->owner = self;
  for (guint i = 0; i < self->attachments->len; i++) {
    TytoAttachment *a = g_ptr_array_index (self->attachments, i);
    const char *label = tyto_attachment_get_page_label (a);
    g_autofree char *page = label ? g_strdup_printf (_("%s, page %s"), tyto_attachment_get_name (a), label) : g_strdup (tyto_attachment_get_name (a));

    gtk_string_list_take (names, g_strdup_printf ("%d · %s", tyto_attachment_get_number (a), page));
  }
  side->choice = gtk_drop_down_new (G_LIST_MODEL (g_steal_pointer (&names)), NULL);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_choice), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_choice), NULL);
  gtk_drop_down_set_factory (GTK_DROP_DOWN (side->choice), factory);
  gtk_widget_add_css_class (side->choice, "compare-choice");
  gtk_accessible_update_property (GTK_ACCESSIBLE (side->choice), GTK_ACCESSIBLE_PROPERTY_LABEL, index ? _("Second picture") : _("First picture"), -1);
  side->zoom = tyto_zoom_new ();
  gtk_widget_add_css_class (side->zoom, "compare-picture");
  side->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (side->problem), TRUE);
  gtk_widget_set_halign (side->problem, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (side->problem, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (side->problem, FALSE);
  gtk_widget_add_css_class (side->problem, "viewer-problem");
  gtk_overlay_set_child (GTK_OVERLAY (overlay), side->zoom);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), side->problem);
  gtk_widget_add_css_class (overlay, "viewer");
  gtk_widget_set_vexpand (overlay, TRUE);
  gtk_box_append (GTK_BOX (box), side->choice);
  gtk_box_append (GTK_BOX (box), overlay);
  g_signal_connect (side->zoom, "view-changed", G_CALLBACK (view_changed), side);
  g_signal_connect_swapped (motion, "enter", G_CALLBACK (came_to), side);
  g_signal_connect_swapped (focus, "enter", G_CALLBACK (came_to), side);
  gtk_widget_add_controller (box, motion);
  gtk_widget_add_controller (box, focus);
  return box;
}

static GtkWidget *
build_bar (TytoCompare *self)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0), *add = tyto_button_new (_("A_dd to question"));

  gtk_widget_set_layout_manager (row, tyto_wrap_layout_new (6, 0.0f));
  self->entry = gtk_entry_new ();
  gtk_entry_set_placeholder_text (GTK_ENTRY (self->entry), _("Ask about both…"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Question about both"), -1);
  gtk_editable_set_width_chars (GTK_EDITABLE (self->entry), 8);
  gtk_widget_set_size_request (self->entry, ENTRY_WIDTH, -1);
  gtk_widget_set_hexpand (self->entry, TRUE);
  gtk_widget_set_valign (self->entry, GTK_ALIGN_CENTER);
  self->ask = tyto_button_new (_("_Ask"));
  gtk_widget_add_css_class (self->ask, "suggested-action");
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (self->entry, "activate", G_CALLBACK (ask), self);
  g_signal_connect_swapped (self->ask, "clicked", G_CALLBACK (ask), self);
  g_signal_connect_swapped (add, "clicked", G_CALLBACK (attach), self);
  gtk_box_append (GTK_BOX (row), self->entry);
  gtk_box_append (GTK_BOX (row), self->ask);
  gtk_box_append (GTK_BOX (row), add);
  gtk_widget_add_css_class (row, "viewer-bar");
  return row;
}

static void
tyto_compare_init (TytoCompare *self)
{
}

static void
build (TytoCompare *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->linked = gtk_toggle_button_new ();
  gtk_button_set_icon_name (GTK_BUTTON (self->linked), "changes-prevent-symbolic");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->linked), TRUE);
  tyto_tooltip_set (self->linked, _("Zoom and move both together"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->linked), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Zoom and move both together"), -1);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("Compare"), NULL));
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->linked);

  self->pair = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  gtk_box_set_homogeneous (GTK_BOX (self->pair), TRUE);
  gtk_box_append (GTK_BOX (self->pair), build_side (self, 0));
  gtk_box_append (GTK_BOX (self->pair), build_side (self, 1));
  gtk_widget_set_vexpand (self->pair, TRUE);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), self->pair);
  gtk_box_append (GTK_BOX (box), build_bar (self));
  adw_window_set_content (ADW_WINDOW (self), box);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  update (self);
}

TytoCompare *
tyto_compare_new (GtkWindow *parent, TytoDocuments *documents, GPtrArray *attachments, guint left, guint right)
{
  TytoCompare *self = g_object_new (TYTO_TYPE_COMPARE, "transient-for", parent, "modal", TRUE, "title", _("Compare"), "default-width", 1040,
                                    "default-height", 680, "width-request", 340, NULL);
  const guint indices[2] = { left, right };

  self->documents = g_object_ref (documents);
  self->attachments = g_ptr_array_ref (attachments);
  build (self);
  for (int i = 0; i < 2; i++) {
    show (self, i, g_ptr_array_index (attachments, indices[i]));
    gtk_drop_down_set_selected (GTK_DROP_DOWN (self->sides[i].choice), indices[i]);
    g_signal_connect (self->sides[i].choice, "notify::selected", G_CALLBACK (choice_changed), &self->sides[i]);
  }
  gtk_widget_grab_focus (self->entry);
  return self;
}
