/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-beside-layout.h"

struct _TytoBesideLayout {
  GtkLayoutManager parent_instance;

  double max_lines;
  int gap, line_gap;
};

G_DEFINE_FINAL_TYPE (TytoBesideLayout, tyto_beside_layout, GTK_TYPE_LAYOUT_MANAGER)

/* Where the two stand in a width: `text` and `buttons` are what each of them gets of it. */
typedef struct {
  gboolean beside;
  int text, buttons;
} Place;

static GtkWidget *
get_text (GtkWidget *widget)
{
  return gtk_widget_get_first_child (widget);
}

/* NULL: none of them can be seen. */
static GtkWidget *
get_buttons (GtkWidget *widget)
{
  GtkWidget *buttons = gtk_widget_get_last_child (widget);

  return gtk_widget_should_layout (buttons) ? buttons : NULL;
}

static Place
place (TytoBesideLayout *self, GtkWidget *widget, int width)
{
  GtkWidget *buttons = get_buttons (widget);
  Place where = { .text = width, .buttons = width };
  int least, natural, buttons_natural, left;

  if (!buttons)
    return where;
  gtk_widget_measure (get_text (widget), GTK_ORIENTATION_HORIZONTAL, -1, &least, &natural, NULL, NULL);
  gtk_widget_measure (buttons, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &buttons_natural, NULL, NULL);
  left = width - self->gap - buttons_natural;
  if (left < least || natural > self->max_lines * left)
    return where;
  return (Place) { .beside = TRUE, .text = left, .buttons = buttons_natural };
}

static GtkSizeRequestMode
tyto_beside_layout_get_request_mode (GtkLayoutManager *manager, GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
tyto_beside_layout_measure (GtkLayoutManager *manager, GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                            int *minimum_baseline, int *natural_baseline)
{
  TytoBesideLayout *self = TYTO_BESIDE_LAYOUT (manager);
  GtkWidget *text = get_text (widget), *buttons = get_buttons (widget);
  int buttons_minimum = 0, buttons_natural = 0;
  Place where;

  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    gtk_widget_measure (text, orientation, -1, minimum, natural, NULL, NULL);
    if (!buttons)
      return;
    gtk_widget_measure (buttons, orientation, -1, &buttons_minimum, &buttons_natural, NULL, NULL);
    *minimum = MAX (*minimum, buttons_minimum);
    *natural += self->gap + buttons_natural;
    return;
  }
  where = for_size >= 0 ? place (self, widget, for_size) : (Place) { .beside = TRUE, .text = -1, .buttons = -1 };
  gtk_widget_measure (text, orientation, where.text, minimum, natural, NULL, NULL);
  if (!buttons)
    return;
  gtk_widget_measure (buttons, orientation, where.buttons, &buttons_minimum, &buttons_natural, NULL, NULL);
  *minimum = where.beside ? MAX (*minimum, buttons_minimum) : *minimum + self->line_gap + buttons_minimum;
  *natural = where.beside ? MAX (*natural, buttons_natural) : *natural + self->line_gap + buttons_natural;
}

static void
tyto_beside_layout_allocate (GtkLayoutManager *manager, GtkWidget *widget, int width, int height, int baseline)
{
  TytoBesideLayout *self = TYTO_BESIDE_LAYOUT (manager);
  GtkWidget *text = get_text (widget), *buttons = get_buttons (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  Place where = place (self, widget, width);
  int lower;

  if (where.beside || !buttons) {
    gtk_widget_size_allocate (text, &(GtkAllocation) { rtl ? width - where.text : 0, 0, where.text, height }, -1);
    if (buttons)
      gtk_widget_size_allocate (buttons, &(GtkAllocation) { rtl ? 0 : width - where.buttons, 0, where.buttons, height }, -1);
    return;
  }
  gtk_widget_measure (buttons, GTK_ORIENTATION_VERTICAL, width, NULL, &lower, NULL, NULL);
  gtk_widget_size_allocate (text, &(GtkAllocation) { 0, 0, width, height - self->line_gap - lower }, -1);
  gtk_widget_size_allocate (buttons, &(GtkAllocation) { 0, height - lower, width, lower }, -1);
}

static void
tyto_beside_layout_class_init (TytoBesideLayoutClass *klass)
{
  GtkLayoutManagerClass *manager_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  manager_class->get_request_mode = tyto_beside_layout_get_request_mode;
  manager_class->measure = tyto_beside_layout_measure;
  manager_class->allocate = tyto_beside_layout_allocate;
}

static void
tyto_beside_layout_init (TytoBesideLayout *self)
{
}

GtkLayoutManager *
tyto_beside_layout_new (double max_lines, int gap, int line_gap)
{
  TytoBesideLayout *self = g_object_new (TYTO_TYPE_BESIDE_LAYOUT, NULL);

  self->max_lines = max_lines;
  self->gap = gap;
  self->line_gap = line_gap;
  return GTK_LAYOUT_MANAGER (self);
}
