/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "ui/tyto-drop-words.h"

GtkWidget *
_tyto_window_build_drop_frame (TytoWindow *self)
{
  self->drop_label = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->drop_label), TRUE);
  gtk_label_set_justify (GTK_LABEL (self->drop_label), GTK_JUSTIFY_CENTER);
  gtk_widget_add_css_class (self->drop_label, "title-2");
  self->drop_frame = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_add_css_class (self->drop_frame, "drop-frame");
  gtk_widget_set_can_target (self->drop_frame, FALSE);
  gtk_widget_set_vexpand (self->drop_label, TRUE);
  gtk_box_append (GTK_BOX (self->drop_frame), self->drop_label);
  gtk_widget_set_visible (self->drop_frame, FALSE);
  return self->drop_frame;
}

static void
show_frame (TytoWindow *self, GtkDropTarget *target)
{
  gboolean refused;
  g_autofree char *text = tyto_drop_describe (gtk_drop_target_get_value (target), &refused);

  gtk_label_set_text (GTK_LABEL (self->drop_label), text);
  if (refused)
    gtk_widget_add_css_class (self->drop_frame, "refused");
  else
    gtk_widget_remove_css_class (self->drop_frame, "refused");
  gtk_widget_set_visible (self->drop_frame, TRUE);
}

static GdkDragAction
entered (GtkDropTarget *target, double x, double y, TytoWindow *self)
{
  show_frame (self, target);
  return GDK_ACTION_COPY;
}

static void
value_known (GtkDropTarget *target, GParamSpec *pspec, TytoWindow *self)
{
  if (gtk_widget_get_visible (self->drop_frame))
    show_frame (self, target);
}

static void
left (GtkDropTarget *target, TytoWindow *self)
{
  gtk_widget_set_visible (self->drop_frame, FALSE);
}

static void
drop_files (TytoWindow *self, GSList *files)
{
  for (GSList *l = files; l; l = l->next)
    if (!_tyto_window_import_model (self, l->data))
      tyto_composer_attach_file (TYTO_COMPOSER (self->composer), l->data);
}

static gboolean
dropped (GtkDropTarget *target, const GValue *value, double x, double y, TytoWindow *self)
{
  gboolean refused;
  g_autofree char *text = tyto_drop_describe (value, &refused);

  gtk_widget_set_visible (self->drop_frame, FALSE);
  if (refused) {
    _tyto_window_toast (self, text);
    return FALSE;
  }
  if (G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST)) {
    drop_files (self, gdk_file_list_get_files (g_value_get_boxed (value)));
  } else if (G_VALUE_HOLDS (value, GDK_TYPE_TEXTURE)) {
    tyto_composer_attach_texture (TYTO_COMPOSER (self->composer), g_value_get_object (value));
  } else {
    g_autoptr (GPtrArray) files = tyto_drop_parse_text (g_value_get_string (value));

    for (guint i = 0; i < files->len; i++)
      tyto_composer_attach_file (TYTO_COMPOSER (self->composer), g_ptr_array_index (files, i));
  }
  tyto_composer_focus (TYTO_COMPOSER (self->composer));
  return TRUE;
}

void
_tyto_window_setup_drop (TytoWindow *self, GtkWidget *widget)
{
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY);
  /* The picture first: what is dragged out of a web page comes with its address, too. */
  GType types[] = { GDK_TYPE_TEXTURE, GDK_TYPE_FILE_LIST, G_TYPE_STRING };

  gtk_drop_target_set_gtypes (target, types, G_N_ELEMENTS (types));
  gtk_drop_target_set_preload (target, TRUE);
  g_signal_connect (target, "enter", G_CALLBACK (entered), self);
  g_signal_connect (target, "leave", G_CALLBACK (left), self);
  g_signal_connect (target, "notify::value", G_CALLBACK (value_known), self);
  g_signal_connect (target, "drop", G_CALLBACK (dropped), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (target));
}
