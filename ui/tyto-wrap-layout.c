/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-wrap-layout.h"

struct _TytoWrapLayout {
  GtkLayoutManager parent_instance;

  int spacing;
  float xalign;
};

G_DEFINE_FINAL_TYPE (TytoWrapLayout, tyto_wrap_layout, GTK_TYPE_LAYOUT_MANAGER)

/* Children from `first` up to, but not including, `end` stand in one line; those that expand share what is `left` of it. */
typedef struct {
  GtkWidget *first, *end;
  int width, height, left, n_expanding;
} Line;

static gboolean
expands (GtkWidget *child, int available)
{
  return available < G_MAXINT && gtk_widget_get_hexpand (child);
}

/* A child that is wider than the line alone gets the line's width; one that expands begins with the least that it needs. */
static int
child_width (GtkWidget *child, int available)
{
  int minimum, natural;

  gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  return expands (child, available) ? minimum : MAX (minimum, MIN (natural, available));
}

/* The place that a child has in its line. */
static void
child_size (GtkWidget *child, int available, const Line *line, int *width, int *height)
{
  *width = child_width (child, available);
  if (expands (child, available))
    *width += line->left / line->n_expanding;
  gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, *width, NULL, height, NULL, NULL);
}

/* FALSE when no child is left. */
static gboolean
next_line (TytoWrapLayout *self, GtkWidget *from, int available, Line *line)
{
  GtkWidget *child;

  while (from && !gtk_widget_should_layout (from))
    from = gtk_widget_get_next_sibling (from);
  if (!from)
    return FALSE;
  *line = (Line) { .first = from };
  for (child = from; child; child = gtk_widget_get_next_sibling (child)) {
    int width, gap = child == from ? 0 : self->spacing;

    if (!gtk_widget_should_layout (child))
      continue;
    width = child_width (child, available);
    if (child != from && line->width + gap + width > available)
      break;
    line->width += gap + width;
    line->n_expanding += expands (child, available);
  }
  line->end = child;
  if (line->n_expanding > 0) {
    line->left = MAX (0, available - line->width);
    line->width += line->left;
  }
  for (child = from; child != line->end; child = gtk_widget_get_next_sibling (child)) {
    int width, height;

    if (!gtk_widget_should_layout (child))
      continue;
    child_size (child, available, line, &width, &height);
    line->height = MAX (line->height, height);
  }
  return TRUE;
}

static GtkSizeRequestMode
tyto_wrap_layout_get_request_mode (GtkLayoutManager *manager, GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
measure_width (TytoWrapLayout *self, GtkWidget *widget, int *minimum, int *natural)
{
  *minimum = *natural = 0;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child)) {
    int child_minimum, child_natural;

    if (!gtk_widget_should_layout (child))
      continue;
    gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &child_minimum, &child_natural, NULL, NULL);
    *minimum = MAX (*minimum, child_minimum);
    *natural += child_natural + (*natural > 0 ? self->spacing : 0);
  }
}

static void
tyto_wrap_layout_measure (GtkLayoutManager *manager, GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                          int *natural, int *minimum_baseline, int *natural_baseline)
{
  TytoWrapLayout *self = TYTO_WRAP_LAYOUT (manager);
  Line line = { .end = gtk_widget_get_first_child (widget) };
  int available = for_size >= 0 ? for_size : G_MAXINT, height = 0;

  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    measure_width (self, widget, minimum, natural);
    return;
  }
  while (next_line (self, line.end, available, &line))
    height += line.height + (height > 0 ? self->spacing : 0);
  *minimum = *natural = height;
}

static void
allocate_line (TytoWrapLayout *self, GtkWidget *widget, const Line *line, int available, int y)
{
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int x = (int) ((float) MAX (0, available - line->width) * self->xalign);

  for (GtkWidget *child = line->first; child != line->end; child = gtk_widget_get_next_sibling (child)) {
    GtkAllocation place = { .y = y };

    if (!gtk_widget_should_layout (child))
      continue;
    child_size (child, available, line, &place.width, &place.height);
    if (gtk_widget_get_valign (child) != GTK_ALIGN_FILL)
      place.height = line->height;
    place.x = rtl ? available - x - place.width : x;
    gtk_widget_size_allocate (child, &place, -1);
    x += place.width + self->spacing;
  }
}

static void
tyto_wrap_layout_allocate (GtkLayoutManager *manager, GtkWidget *widget, int width, int height, int baseline)
{
  TytoWrapLayout *self = TYTO_WRAP_LAYOUT (manager);
  Line line = { .end = gtk_widget_get_first_child (widget) };
  int y = 0;

  while (next_line (self, line.end, width, &line)) {
    allocate_line (self, widget, &line, width, y);
    y += line.height + self->spacing;
  }
}

static void
tyto_wrap_layout_class_init (TytoWrapLayoutClass *klass)
{
  GtkLayoutManagerClass *manager_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  manager_class->get_request_mode = tyto_wrap_layout_get_request_mode;
  manager_class->measure = tyto_wrap_layout_measure;
  manager_class->allocate = tyto_wrap_layout_allocate;
}

static void
tyto_wrap_layout_init (TytoWrapLayout *self)
{
}

GtkLayoutManager *
tyto_wrap_layout_new (int spacing, float xalign)
{
  TytoWrapLayout *self = g_object_new (TYTO_TYPE_WRAP_LAYOUT, NULL);

  self->spacing = spacing;
  self->xalign = xalign;
  return GTK_LAYOUT_MANAGER (self);
}
