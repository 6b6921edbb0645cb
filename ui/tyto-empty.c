/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-empty"

#include "ui/tyto-empty.h"

#include "ui/tyto-wrap-layout.h"

#include <adwaita.h>
#include <glib/gi18n.h>

/* Three of them stand side by side in a window of 900 pixels. */
#define SAMPLE_WIDTH 168
#define SAMPLE_HEIGHT 114
#define COLUMN_WIDTH 680

struct _TytoEmpty {
  GtkWidget parent_instance;

  GPtrArray *samples;
  GtkWidget *scroller, *note;
};

G_DEFINE_FINAL_TYPE (TytoEmpty, tyto_empty, GTK_TYPE_WIDGET)

enum { SIGNAL_SAMPLE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
sample_clicked (GtkButton *button, TytoEmpty *self)
{
  g_signal_emit (self, signals[SIGNAL_SAMPLE], 0, g_object_get_data (G_OBJECT (button), "sample"));
}

static GtkWidget *
label (const char *text, const char *css_class)
{
  GtkWidget *widget = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (widget), TRUE);
  gtk_label_set_justify (GTK_LABEL (widget), GTK_JUSTIFY_CENTER);
  gtk_widget_add_css_class (widget, css_class);
  return widget;
}

/* The pictures ship with the app and are small; GtkPicture reads them by itself. */
static GtkWidget *
build_sample (TytoEmpty *self, TytoSample *sample)
{
  GtkWidget *button = gtk_button_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4), *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  GtkWidget *clamp = adw_clamp_new (), *frame = gtk_overlay_new (), *title = label (sample->title, "heading"), *question = label (sample->question, "quiet");
  g_autofree char *name = g_strdup_printf (_("Try: %s"), sample->question);

  gtk_box_set_homogeneous (GTK_BOX (row), TRUE);
  /* As an overlay the pictures fill the frame and do not ask for their own size. */
  gtk_widget_add_css_class (frame, "sample-pictures");
  gtk_widget_set_overflow (frame, GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_size_request (frame, SAMPLE_WIDTH, SAMPLE_HEIGHT);
  gtk_overlay_set_child (GTK_OVERLAY (frame), gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));
  gtk_overlay_add_overlay (GTK_OVERLAY (frame), row);
  for (guint i = 0; i < sample->paths->len; i++) {
    GtkWidget *picture = gtk_picture_new_for_filename (g_ptr_array_index (sample->paths, i));

    gtk_picture_set_content_fit (GTK_PICTURE (picture), GTK_CONTENT_FIT_COVER);
    gtk_picture_set_can_shrink (GTK_PICTURE (picture), TRUE);
    gtk_box_append (GTK_BOX (row), picture);
  }
  gtk_label_set_xalign (GTK_LABEL (title), 0.0f);
  gtk_label_set_xalign (GTK_LABEL (question), 0.0f);
  gtk_label_set_justify (GTK_LABEL (question), GTK_JUSTIFY_LEFT);
  gtk_label_set_max_width_chars (GTK_LABEL (question), 18);
  gtk_box_append (GTK_BOX (box), frame);
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), question);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), SAMPLE_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), SAMPLE_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  gtk_button_set_child (GTK_BUTTON (button), clamp);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "sample");
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_object_set_data (G_OBJECT (button), "sample", sample);
  g_signal_connect (button, "clicked", G_CALLBACK (sample_clicked), self);
  return button;
}

void
tyto_empty_set_note (TytoEmpty *self, const char *note)
{
  gtk_label_set_text (GTK_LABEL (self->note), note ? note : "");
  gtk_widget_set_visible (self->note, note && *note);
}

static void
tyto_empty_dispose (GObject *object)
{
  TytoEmpty *self = TYTO_EMPTY (object);

  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_pointer (&self->samples, g_ptr_array_unref);
  G_OBJECT_CLASS (tyto_empty_parent_class)->dispose (object);
}

static void
tyto_empty_class_init (TytoEmptyClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_empty_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_SAMPLE] =
      g_signal_new ("sample", TYTO_TYPE_EMPTY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
tyto_empty_init (TytoEmpty *self)
{
}

GtkWidget *
tyto_empty_new (GPtrArray *samples)
{
  TytoEmpty *self = g_object_new (TYTO_TYPE_EMPTY, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 10), *lines = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0), *clamp = adw_clamp_new ();
  GtkWidget *owl = gtk_image_new_from_icon_name ("io.github.tyto_app.Tyto");

  self->samples = g_ptr_array_ref (samples);
  gtk_image_set_pixel_size (GTK_IMAGE (owl), 96);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (box, "empty-chat");
  gtk_box_append (GTK_BOX (box), owl);
  gtk_box_append (GTK_BOX (box), label (_("Drop pictures or PDF pages here"), "title-1"));
  gtk_box_append (GTK_BOX (box), label (_("Everything stays on this computer."), "quiet"));

  gtk_widget_set_layout_manager (lines, tyto_wrap_layout_new (10, 0.5f));
  for (guint i = 0; i < samples->len; i++)
    gtk_box_append (GTK_BOX (lines), build_sample (self, g_ptr_array_index (samples, i)));
  gtk_box_append (GTK_BOX (box), lines);
  self->note = label (NULL, "quiet");
  gtk_box_append (GTK_BOX (box), self->note);

  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), clamp);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
  return GTK_WIDGET (self);
}
