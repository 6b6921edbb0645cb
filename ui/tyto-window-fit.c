/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-beside-layout.h"
#include "ui/tyto-button.h"

#include <glib/gi18n.h>

/* How an attachment was sent before. */
typedef struct {
  TytoWindow *window;
  TytoAttachment *attachment;
  OwlDetail detail;
  TytoSend send;
} Before;

static void
before_free (gpointer data)
{
  Before *before = data;

  g_object_unref (before->window);
  g_object_unref (before->attachment);
  g_free (before);
}

/* What was sent meanwhile stays as it was sent. */
static void
undo (gpointer data, gpointer user_data)
{
  GPtrArray *list = data;

  for (guint i = 0; i < list->len; i++) {
    Before *before = g_ptr_array_index (list, i);
    g_autoptr (GPtrArray) written = tyto_composer_get_attachments (TYTO_COMPOSER (before->window->composer));

    if (!g_ptr_array_find (written, before->attachment, NULL))
      continue;
    tyto_attachment_set_detail (before->attachment, before->detail);
    tyto_attachment_set_send (before->attachment, before->send);
  }
}

static gboolean
has_closer_view (TytoAttachment *attachment)
{
  return tyto_attachment_get_detail (attachment) != OWL_DETAIL_OVERVIEW && (tyto_attachment_get_send (attachment) & TYTO_SEND_PICTURE);
}

static gboolean
can_take_step (GPtrArray *attachments)
{
  for (guint i = 0; i < attachments->len; i++)
    if (has_closer_view (g_ptr_array_index (attachments, i)) || tyto_attachment_get_send (g_ptr_array_index (attachments, i)) == TYTO_SEND_BOTH)
      return TRUE;
  return FALSE;
}

/* The next step towards a shorter question: views of the whole in place of tiles, then pages without their text, the last ones first. What is
 * asked stays, and so do all pages. FALSE: there is nothing left to do. */
static gboolean
take_step (GPtrArray *attachments)
{
  gboolean done = FALSE;

  for (guint i = 0; i < attachments->len; i++)
    if (has_closer_view (g_ptr_array_index (attachments, i))) {
      tyto_attachment_set_detail (g_ptr_array_index (attachments, i), OWL_DETAIL_OVERVIEW);
      done = TRUE;
    }
  for (guint i = attachments->len; i > 0 && !done; i--)
    if (tyto_attachment_get_send (g_ptr_array_index (attachments, i - 1)) == TYTO_SEND_BOTH) {
      tyto_attachment_set_send (g_ptr_array_index (attachments, i - 1), TYTO_SEND_PICTURE);
      done = TRUE;
    }
  return done;
}

static void
give_up (TytoWindow *self)
{
  undo (self->fitting, NULL);
  g_clear_pointer (&self->fitting, g_ptr_array_unref);
  _tyto_window_toast (self, _("It still does not fit. Remove pictures or pages, or shorten the text."));
}

void
_tyto_window_fit_known (TytoWindow *self, const TytoCost *cost)
{
  g_autoptr (GPtrArray) attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));
  g_autofree char *text = NULL;

  gtk_widget_set_visible (self->fit_bar, cost->n_dropped < 0);
  gtk_widget_set_visible (self->fit_button, can_take_step (attachments));
  if (cost->n_dropped < 0) {
    text = g_strdup_printf (_("This question takes %zu tokens, but this model can hold %zu"
                              " with its answer. Send fewer pictures or pages, or a shorter text."),
                            cost->n_tokens, cost->n_context);
    gtk_label_set_text (GTK_LABEL (self->fit_label), text);
    if (self->fitting && !take_step (attachments))
      give_up (self);
  } else if (self->fitting) {
    GPtrArray *list = g_steal_pointer (&self->fitting);

    _tyto_window_offer_undo (self, _("Made to fit, the last pages without their text"), undo, NULL, list,
                             (GDestroyNotify) g_ptr_array_unref);
  }
}

static void
fit_clicked (TytoWindow *self)
{
  g_autoptr (GPtrArray) attachments = tyto_composer_get_attachments (TYTO_COMPOSER (self->composer));

  if (self->fitting)
    return;
  self->fitting = g_ptr_array_new_with_free_func (before_free);
  for (guint i = 0; i < attachments->len; i++) {
    Before *before = g_new0 (Before, 1);

    before->window = g_object_ref (self);
    before->attachment = g_object_ref (g_ptr_array_index (attachments, i));
    before->detail = tyto_attachment_get_detail (before->attachment);
    before->send = tyto_attachment_get_send (before->attachment);
    g_ptr_array_add (self->fitting, before);
  }
  if (!take_step (attachments))
    give_up (self);
}

GtkWidget *
_tyto_window_build_fit_bar (TytoWindow *self)
{
  self->fit_button = tyto_button_new (_("Make it _fit"));
  self->fit_bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_layout_manager (self->fit_bar, tyto_beside_layout_new (2.0, 8, 6));
  self->fit_label = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->fit_label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->fit_label), 0.0f);
  gtk_widget_set_halign (self->fit_button, GTK_ALIGN_END);
  gtk_widget_set_valign (self->fit_button, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (self->fit_button, "clicked", G_CALLBACK (fit_clicked), self);
  gtk_box_append (GTK_BOX (self->fit_bar), self->fit_label);
  gtk_box_append (GTK_BOX (self->fit_bar), self->fit_button);
  gtk_widget_add_css_class (self->fit_bar, "document-bar");
  gtk_widget_set_visible (self->fit_bar, FALSE);
  return self->fit_bar;
}
