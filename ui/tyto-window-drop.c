/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"

#include "app/models/import-source.h"

#include <glib/gi18n.h>
#include <string.h>

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

/* What a drop of this will do. */
static char *
describe (const GValue *value)
{
  GSList *files;
  guint n;

  if (!value || !G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST))
    return g_strdup (_("Attach a picture"));
  files = gdk_file_list_get_files (g_value_get_boxed (value));
  n = g_slist_length (files);
  if (n == 1) {
    g_autofree char *name = g_file_get_basename (files->data);
    g_autofree char *folded = g_utf8_casefold (name ? name : "", -1), *path = g_file_get_path (files->data);

    if (path && tyto_import_source_seems_likely (path))
      return g_strdup (_("Import this model"));
    if (g_str_has_suffix (folded, ".pdf"))
      return g_strdup_printf (_("Choose pages of %s"), name);
    return g_strdup_printf (_("Attach %s"), name);
  }
  return g_strdup_printf (ngettext ("Attach %u file", "Attach %u files", n), n);
}

static void
show_frame (TytoWindow *self, GtkDropTarget *target)
{
  g_autofree char *text = describe (gtk_drop_target_get_value (target));

  gtk_label_set_text (GTK_LABEL (self->drop_label), text);
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

/* Text that lists files ("file://…", one a line); anything else is refused with what to do. */
static gboolean
drop_text (TytoWindow *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean any = FALSE;

  for (gsize i = 0; lines[i]; i++) {
    g_strstrip (lines[i]);
    if (g_str_has_prefix (lines[i], "file://")) {
      g_autoptr (GFile) file = g_file_new_for_uri (lines[i]);

      tyto_composer_attach_file (TYTO_COMPOSER (self->composer), file);
      any = TRUE;
    } else if (g_str_has_prefix (lines[i], "http://") || g_str_has_prefix (lines[i], "https://")) {
      _tyto_window_toast (self, _("Tyto does not go to the web. Save the picture first, then drop the file."));
      return any;
    }
  }
  if (!any)
    _tyto_window_toast (self, _("Drop picture or PDF files here."));
  return any;
}

static gboolean
dropped (GtkDropTarget *target, const GValue *value, double x, double y, TytoWindow *self)
{
  gtk_widget_set_visible (self->drop_frame, FALSE);
  if (G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST)) {
    for (GSList *l = gdk_file_list_get_files (g_value_get_boxed (value)); l; l = l->next)
      if (!_tyto_window_import_model (self, l->data))
        tyto_composer_attach_file (TYTO_COMPOSER (self->composer), l->data);
    tyto_composer_focus (TYTO_COMPOSER (self->composer));
    return TRUE;
  }
  if (G_VALUE_HOLDS (value, GDK_TYPE_TEXTURE)) {
    tyto_composer_attach_texture (TYTO_COMPOSER (self->composer), g_value_get_object (value));
    return TRUE;
  }
  return G_VALUE_HOLDS_STRING (value) && drop_text (self, g_value_get_string (value));
}

void
_tyto_window_setup_drop (TytoWindow *self, GtkWidget *widget)
{
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY);
  GType types[] = { GDK_TYPE_FILE_LIST, GDK_TYPE_TEXTURE, G_TYPE_STRING };

  gtk_drop_target_set_gtypes (target, types, G_N_ELEMENTS (types));
  gtk_drop_target_set_preload (target, TRUE);
  g_signal_connect (target, "enter", G_CALLBACK (entered), self);
  g_signal_connect (target, "leave", G_CALLBACK (left), self);
  g_signal_connect (target, "notify::value", G_CALLBACK (value_known), self);
  g_signal_connect (target, "drop", G_CALLBACK (dropped), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (target));
}
