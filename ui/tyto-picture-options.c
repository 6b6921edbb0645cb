/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-picture-options"

#include "ui/tyto-picture-options.h"

#include "app/chat/tyto-engine-see.h"
#include "app/documents/tyto-document-text.h"
#include "ui/tyto-button.h"
#include "ui/tyto-choice.h"
#include "ui/tyto-row-layout.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

#define WIDTH_CHARS 34
#define MINUTE 60.0

static const char no_tiles[] = N_("This model never learnt tiles: the text of a page, or a box drawn around a part, helps it more.");

/* One button with its popover, made anew each time it opens. It lives as long as the popover. */
typedef struct {
  TytoAttachment *attachment;
  TytoDocuments *documents;
  TytoEngine *engine;
  GPtrArray *all; /* TytoAttachment; may be NULL */
  gboolean recognising;
  char *problem; /* why its text was not recognised; NULL: no reason */
  GCancellable *cancellable;

  GtkWidget *box, *popover, *overview, *fine, *detail_note, *sends[TYTO_SEND_BOTH + 1];
} Options;

static void opening (Options *o);

static void
options_free (gpointer data)
{
  Options *o = data;

  g_cancellable_cancel (o->cancellable);
  g_object_unref (o->cancellable);
  g_object_unref (o->attachment);
  g_object_unref (o->documents);
  g_object_unref (o->engine);
  g_clear_pointer (&o->all, g_ptr_array_unref);
  g_free (o->problem);
  g_free (o);
}

static void
add_heading (Options *o, const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_add_css_class (label, "menu-heading");
  gtk_box_append (GTK_BOX (o->box), label);
}

static GtkWidget *
add_note (Options *o, const char *text)
{
  GtkWidget *label = gtk_label_new (text), *row = tyto_row_new (0);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_width_chars (GTK_LABEL (label), WIDTH_CHARS);
  gtk_label_set_max_width_chars (GTK_LABEL (label), WIDTH_CHARS);
  gtk_widget_add_css_class (label, "quiet");
  gtk_widget_add_css_class (label, "menu-note");
  /* A popover asks how high its content is in more width than the content gets. In a row a text never takes more than it would like. */
  gtk_box_append (GTK_BOX (row), label);
  gtk_box_append (GTK_BOX (o->box), row);
  return label;
}

static void
send_toggled (GtkCheckButton *button, Options *o)
{
  if (gtk_check_button_get_active (button))
    tyto_attachment_set_send (o->attachment, (TytoSend) GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "value")));
}

static void
detail_toggled (GtkCheckButton *button, Options *o)
{
  if (gtk_check_button_get_active (button))
    tyto_attachment_set_detail (o->attachment, (OwlDetail) GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "value")));
}

static GtkWidget *
add_choice (Options *o, GtkWidget *group, const char *text, int value, gboolean active, GCallback toggled)
{
  /* Room for what it costs, which is said later: a menu that is open does not always take up that it became larger. */
  GtkWidget *button = tyto_choice_new (group, text, " ");

  g_object_set_data (G_OBJECT (button), "value", GINT_TO_POINTER (value));
  gtk_check_button_set_active (GTK_CHECK_BUTTON (button), active);
  g_signal_connect (button, "toggled", toggled, o);
  gtk_box_append (GTK_BOX (o->box), button);
  return button;
}

/* What comes back to a popover that may be gone. */
typedef struct {
  GWeakRef popover;
  TytoAttachment *attachment;
  Options *options; /* alive while the popover is */
} Recognising;

static void
recognised (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Recognising *r = user_data;
  g_autoptr (GtkWidget) popover = g_weak_ref_get (&r->popover);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlPageText) text = tyto_documents_read_text_finish (TYTO_DOCUMENTS (object), result, &error);
  const char *words = text ? owl_page_text_get_text (text) : NULL;

  if (words && *words) {
    tyto_attachment_set_text (r->attachment, words, TRUE);
    tyto_attachment_set_send (r->attachment, TYTO_SEND_BOTH);
  }
  if (popover) {
    r->options->recognising = FALSE;
    g_free (r->options->problem);
    r->options->problem = text ? (*words ? NULL : g_strdup (_("No text was recognised."))) : g_strdup (error->message);
    if (gtk_widget_get_visible (popover))
      opening (r->options);
  }
  g_weak_ref_clear (&r->popover);
  g_object_unref (r->attachment);
  g_free (r);
}

static void
recognise_clicked (Options *o)
{
  Recognising *r = g_new0 (Recognising, 1);

  g_weak_ref_init (&r->popover, o->popover);
  r->attachment = g_object_ref (o->attachment);
  r->options = o;
  o->recognising = TRUE;
  tyto_documents_recognise_text_async (o->documents, tyto_attachment_get_blob (o->attachment), tyto_attachment_get_name (o->attachment),
                                       tyto_attachment_get_page (o->attachment), NULL, recognised, r);
  opening (o);
}

static void
add_recognise (Options *o)
{
  GtkWidget *recognise = tyto_button_new (o->recognising ? _("Recognising its text…") : _("_Recognise its text"));

  /* Text of a part is not told apart from that of the whole. */
  if (tyto_attachment_get_region (o->attachment, &(OwlRegion){ 0 }))
    return;
  gtk_widget_set_sensitive (recognise, !o->recognising);
  g_signal_connect_swapped (recognise, "clicked", G_CALLBACK (recognise_clicked), o);
  gtk_box_append (GTK_BOX (o->box), recognise);
  if (o->problem)
    add_note (o, o->problem);
}

static void
add_send (Options *o)
{
  TytoSend send = tyto_attachment_get_send (o->attachment);
  GtkWidget *group;

  add_heading (o, _("Sent as"));
  if (!tyto_attachment_get_text (o->attachment)) {
    add_note (o, tyto_attachment_get_page (o->attachment) >= 0 ? _("A picture: this page has no text layer.") : _("A picture"));
    add_recognise (o);
    return;
  }
  group = o->sends[TYTO_SEND_BOTH] =
      add_choice (o, NULL, _("Picture and text"), TYTO_SEND_BOTH, send == TYTO_SEND_BOTH, G_CALLBACK (send_toggled));
  o->sends[TYTO_SEND_PICTURE] = add_choice (o, group, _("Picture alone"), TYTO_SEND_PICTURE, send == TYTO_SEND_PICTURE, G_CALLBACK (send_toggled));
  o->sends[TYTO_SEND_TEXT] = add_choice (o, group, _("Text alone"), TYTO_SEND_TEXT, send == TYTO_SEND_TEXT, G_CALLBACK (send_toggled));
  if (tyto_attachment_is_text_recognised (o->attachment))
    add_note (o, _("The text was recognised from the picture and can hold mistakes."));
}

static void
add_detail (Options *o)
{
  add_heading (o, _("Looked at"));
  o->overview = add_choice (o, NULL, _("As a whole"), OWL_DETAIL_OVERVIEW, FALSE, G_CALLBACK (detail_toggled));
  o->fine = add_choice (o, o->overview, _("In tiles, more closely"), OWL_DETAIL_FINE, FALSE, G_CALLBACK (detail_toggled));
  /* Room for what is said once the costs are known. */
  o->detail_note = add_note (o, _(no_tiles));
  gtk_widget_set_opacity (o->detail_note, 0.0);
}

/* The sending and the detail of this one for all others, where they can be sent so. */
static void
use_for_all (Options *o)
{
  for (guint i = 0; i < o->all->len; i++) {
    TytoAttachment *other = g_ptr_array_index (o->all, i);

    if (other == o->attachment)
      continue;
    if (tyto_attachment_get_text (o->attachment))
      tyto_attachment_set_send (other, tyto_attachment_get_send (o->attachment));
    tyto_attachment_set_detail (other, tyto_attachment_get_detail (o->attachment));
  }
  gtk_popover_popdown (GTK_POPOVER (o->popover));
}

/* "65 tokens, about 2 s" */
static void
set_cost (GtkWidget *choice, const char *name, gsize n_tokens, double seconds)
{
  g_autofree char *tokens = g_strdup_printf (ngettext ("%zu token", "%zu tokens", n_tokens), n_tokens);
  g_autofree char *time = seconds < 1.0    ? g_strdup (_("less than a second"))
                          : seconds < MINUTE ? g_strdup_printf (_("about %.0f s"), seconds)
                                             : g_strdup_printf (_("about %.0f min"), seconds / MINUTE);
  g_autofree char *cost = seconds > 0.0 ? g_strdup_printf ("%s, %s", tokens, time) : g_strdup (tokens);

  if (choice)
    tyto_choice_set_text (choice, name, cost);
}

static void
show_weight (Options *o, const TytoWeight *weight)
{
  OwlDetail detail = tyto_attachment_get_detail (o->attachment);
  gboolean fine = detail == OWL_DETAIL_FINE || (detail == OWL_DETAIL_DEFAULT && weight->knows_tiles);
  gsize picture = (gsize) (fine ? weight->fine : weight->overview);
  double seconds = fine ? weight->fine_seconds : weight->overview_seconds;
  g_autofree char *tiles = weight->rows > 0 ? g_strdup_printf (_("In %d × %d tiles, more closely"), weight->columns, weight->rows)
                                            : g_strdup (_("In tiles, more closely"));

  g_signal_handlers_block_by_func (fine ? o->fine : o->overview, detail_toggled, o);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (fine ? o->fine : o->overview), TRUE);
  g_signal_handlers_unblock_by_func (fine ? o->fine : o->overview, detail_toggled, o);
  set_cost (o->overview, _("As a whole"), (gsize) weight->overview, weight->overview_seconds);
  set_cost (o->fine, tiles, (gsize) weight->fine, weight->fine_seconds);
  gtk_label_set_text (GTK_LABEL (o->detail_note), weight->knows_tiles ? _("This model learnt pages in tiles.") : _(no_tiles));
  gtk_widget_set_opacity (o->detail_note, 1.0);
  if (!tyto_attachment_get_text (o->attachment))
    return;
  set_cost (o->sends[TYTO_SEND_BOTH], _("Picture and text"), picture + weight->text, seconds > 0.0 ? seconds + weight->text_seconds : 0.0);
  set_cost (o->sends[TYTO_SEND_PICTURE], _("Picture alone"), picture, seconds);
  set_cost (o->sends[TYTO_SEND_TEXT], _("Text alone"), weight->text, weight->text_seconds);
}

static void
weighed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  TytoWeight weight;

  /* Cancelled when the popover is gone, and the options with it. */
  if (tyto_engine_weigh_finish (TYTO_ENGINE (object), result, &weight, &error))
    show_weight (user_data, &weight);
}

static void
opening (Options *o)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (o->box)))
    gtk_box_remove (GTK_BOX (o->box), child);
  for (int i = 0; i <= TYTO_SEND_BOTH; i++)
    o->sends[i] = NULL;
  g_cancellable_cancel (o->cancellable);
  g_object_unref (o->cancellable);
  o->cancellable = g_cancellable_new ();
  add_send (o);
  add_detail (o);
  if (o->all && o->all->len > 1) {
    GtkWidget *button = tyto_button_new (_("_Use for all of this question"));

    g_signal_connect_swapped (button, "clicked", G_CALLBACK (use_for_all), o);
    gtk_box_append (GTK_BOX (o->box), button);
  }
  tyto_engine_weigh_async (o->engine, o->attachment, o->cancellable, weighed, o);
}

/* Before the popover is shown, which gives the keyboard to what is in it. */
static void
about_to_show (GtkMenuButton *button, gpointer user_data)
{
  opening (user_data);
}

GtkWidget *
tyto_picture_options_new (TytoAttachment *attachment, TytoDocuments *documents, TytoEngine *engine, GPtrArray *all)
{
  Options *o = g_new0 (Options, 1);
  GtkWidget *button = gtk_menu_button_new ();
  g_autofree char *label = g_strdup_printf (_("How %s is sent"), tyto_attachment_get_name (attachment));

  o->attachment = g_object_ref (attachment);
  o->documents = g_object_ref (documents);
  o->engine = g_object_ref (engine);
  o->all = all ? g_ptr_array_ref (all) : NULL;
  o->cancellable = g_cancellable_new ();
  o->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  o->popover = gtk_popover_new ();
  gtk_popover_set_child (GTK_POPOVER (o->popover), o->box);
  g_object_set_data_full (G_OBJECT (o->popover), "options", o, options_free);
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (button), about_to_show, o, NULL);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  gtk_menu_button_set_direction (GTK_MENU_BUTTON (button), GTK_ARROW_UP);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), o->popover);
  gtk_widget_add_css_class (button, "options");
  tyto_tooltip_set (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return button;
}
