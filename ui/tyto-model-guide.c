/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-model-guide"

#include "ui/tyto-model-guide.h"

#include "ui/tyto-button.h"
#include "ui/tyto-copy.h"
#include "ui/tyto-row-layout.h"
#include "ui/tyto-steps.h"
#include "ui/tyto-tooltip.h"

#include <glib/gi18n.h>

struct _TytoModelGuide {
  GtkWidget parent_instance;

  GtkWidget *box, *content, *published;
};

G_DEFINE_FINAL_TYPE (TytoModelGuide, tyto_model_guide, GTK_TYPE_WIDGET)

enum { SIGNAL_BACK, SIGNAL_IMPORT, N_SIGNALS };
static guint signals[N_SIGNALS];

/* The published checkpoints. */
static const struct {
  const char *name, *what;
} published[] = {
  { "MAGAer13/mplug-owl-llama-7b", N_("English, the usual choice") },
  { "MAGAer13/mplug-owl-llama-7b-ft", N_("English, trained further") },
  { "MAGAer13/mplug-owl-llama-7b-pt", N_("English, before it learned to follow instructions") },
  { "MAGAer13/mplug-owl-bloomz-7b-multilingual", N_("Chinese, English, Japanese, French, Korean and German") },
};

static const struct {
  const char *title, *text;
} steps[] = {
  { N_("Make room"), N_("A download takes about 15 to 30 GB, the imported model 4 to 8 GB more. For answers the computer should have 8 GB of memory, better 16. "
                        "The download can be deleted after the import.") },
  { N_("Download one of the models"), N_("On huggingface.co, open one of the pages below and download all of its files into one folder. With Git: "
                                         "“git lfs install”, then “git clone https://huggingface.co/” and the name. Tyto itself never goes to the web.") },
  { N_("Import the folder"), N_("Choose “Import a folder” here, or drop the folder on the window. Tyto checks the files, proposes a form that suits this computer, and "
                                "converts the model in 5 to 20 minutes. You can go on working meanwhile.") },
  { N_("Choose it"), N_("Select the model in the middle of the window's header. Each chat remembers its model.") },
};

static void
back (TytoModelGuide *self)
{
  g_signal_emit (self, signals[SIGNAL_BACK], 0);
}

static void
import (TytoModelGuide *self)
{
  g_signal_emit (self, signals[SIGNAL_IMPORT], 0);
}

static void
copy_name (GtkButton *button)
{
  tyto_copy_text (button, g_object_get_data (G_OBJECT (button), "name"));
}

static GtkWidget *
text (const char *words, const char *css_class)
{
  GtkWidget *label = gtk_label_new (words);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), FALSE);
  if (css_class)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

static GtkWidget *
build_step (int number, const char *title, const char *words)
{
  GtkWidget *row = tyto_row_new (12), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  g_autofree char *digit = g_strdup_printf ("%d", number);
  GtkWidget *badge = gtk_label_new (digit);

  gtk_widget_add_css_class (badge, "step-badge");
  gtk_widget_set_valign (badge, GTK_ALIGN_START);
  gtk_box_append (GTK_BOX (box), text (title, "heading"));
  gtk_box_append (GTK_BOX (box), text (words, NULL));
  gtk_box_append (GTK_BOX (row), badge);
  gtk_box_append (GTK_BOX (row), box);
  return row;
}

static void
add_published (GtkWidget *group, guint n)
{
  GtkWidget *row = adw_action_row_new (), *copy = gtk_button_new_from_icon_name ("edit-copy-symbolic");
  g_autofree char *label = g_strdup_printf (_("Copy %s"), published[n].name);
  g_auto (GStrv) parts = g_strsplit (published[n].name, "-", -1);
  /* So that it can be broken in a narrow window. */
  g_autofree char *title = g_strjoinv ("-\u200b", parts);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _(published[n].what));
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  gtk_widget_set_valign (copy, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (copy, "flat");
  tyto_tooltip_set (copy, _("Copy the name"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (copy), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_object_set_data (G_OBJECT (copy), "name", (gpointer) published[n].name);
  g_signal_connect (copy, "clicked", G_CALLBACK (copy_name), NULL);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), copy);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
}

static GtkWidget *
build_published (void)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), _("Published models"));
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (group), _("Their authors' terms of use are on their pages."));
  return group;
}

static GtkWidget *
build_go (TytoModelGuide *self)
{
  GtkWidget *go = tyto_button_new (_("_Choose the folder…"));

  gtk_widget_set_halign (go, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (go, "suggested-action");
  gtk_widget_add_css_class (go, "pill");
  g_signal_connect_swapped (go, "clicked", G_CALLBACK (import), self);
  return go;
}

static gboolean
fill (GtkWidget *widget, guint n)
{
  TytoModelGuide *self = TYTO_MODEL_GUIDE (widget);

  if (n < G_N_ELEMENTS (steps)) {
    gtk_box_append (GTK_BOX (self->content), build_step ((int) n + 1, _(steps[n].title), _(steps[n].text)));
    return TRUE;
  }
  n -= G_N_ELEMENTS (steps);
  if (n == 0) {
    self->published = build_published ();
    gtk_box_append (GTK_BOX (self->content), self->published);
    gtk_box_append (GTK_BOX (self->content), build_go (self));
  }
  add_published (self->published, n);
  return n + 1 < G_N_ELEMENTS (published);
}

static void
tyto_model_guide_dispose (GObject *object)
{
  g_clear_pointer (&TYTO_MODEL_GUIDE (object)->box, gtk_widget_unparent);
  G_OBJECT_CLASS (tyto_model_guide_parent_class)->dispose (object);
}

static void
tyto_model_guide_class_init (TytoModelGuideClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tyto_model_guide_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[SIGNAL_BACK] = g_signal_new ("back", TYTO_TYPE_MODEL_GUIDE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_IMPORT] = g_signal_new ("import", TYTO_TYPE_MODEL_GUIDE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tyto_model_guide_init (TytoModelGuide *self)
{
  GtkWidget *header = adw_header_bar_new (), *button = gtk_button_new_from_icon_name ("go-previous-symbolic"), *scroller = gtk_scrolled_window_new ();
  GtkWidget *clamp = adw_clamp_new ();

  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("How to get mPLUG-Owl 7B"), NULL));
  tyto_tooltip_set (button, _("Back"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Back"), -1);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (back), self);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), button);
  self->content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  gtk_widget_add_css_class (self->content, "import-content");
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 600);
  adw_clamp_set_child (ADW_CLAMP (clamp), self->content);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), clamp);
  gtk_widget_set_vexpand (scroller, TRUE);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), header);
  gtk_box_append (GTK_BOX (self->box), scroller);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  tyto_steps_run (GTK_WIDGET (self), fill);
}

GtkWidget *
tyto_model_guide_new (void)
{
  return g_object_new (TYTO_TYPE_MODEL_GUIDE, NULL);
}
