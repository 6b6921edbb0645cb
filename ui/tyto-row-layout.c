/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-row-layout.h"

struct _TytoRowLayout {
  GtkLayoutManager parent_instance;

  int spacing;
};

G_DEFINE_FINAL_TYPE (TytoRowLayout, tyto_row_layout, GTK_TYPE_LAYOUT_MANAGER)

/* More children than this do not stand in one row. */
#define MAX_CHILDREN 16

static GtkSizeRequestMode
tyto_row_layout_get_request_mode (GtkLayoutManager *manager, GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* The children that are laid out, with their least and natural widths; the number of them. */
static guint
gather (GtkWidget *widget, GtkRequestedSize sizes[MAX_CHILDREN])
{
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child)) {
    if (!gtk_widget_should_layout (child))
      continue;
    g_return_val_if_fail (n < MAX_CHILDREN, n);
    sizes[n].data = child;
    gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &sizes[n].minimum_size, &sizes[n].natural_size, NULL, NULL);
    n++;
  }
  return n;
}

/* Leaves in `minimum_size` what each child gets of `width`. */
static void
share_out (TytoRowLayout *self, GtkRequestedSize *sizes, guint n, int width)
{
  int left = width - (int) (n - 1) * self->spacing;
  guint n_expanding = 0;

  for (guint i = 0; i < n; i++) {
    left -= sizes[i].minimum_size;
    n_expanding += gtk_widget_compute_expand (sizes[i].data, GTK_ORIENTATION_HORIZONTAL);
  }
  left = gtk_distribute_natural_allocation (MAX (left, 0), n, sizes);
  for (guint i = 0; i < n && n_expanding > 0; i++)
    if (gtk_widget_compute_expand (sizes[i].data, GTK_ORIENTATION_HORIZONTAL)) {
      int more = left / (int) n_expanding--;

      sizes[i].minimum_size += more;
      left -= more;
    }
}

static void
tyto_row_layout_measure (GtkLayoutManager *manager, GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                         int *minimum_baseline, int *natural_baseline)
{
  TytoRowLayout *self = TYTO_ROW_LAYOUT (manager);
  GtkRequestedSize sizes[MAX_CHILDREN];
  guint n = gather (widget, sizes);

  *minimum = *natural = 0;
  if (n == 0)
    return;
  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    *minimum = *natural = (int) (n - 1) * self->spacing;
    for (guint i = 0; i < n; i++) {
      *minimum += sizes[i].minimum_size;
      *natural += sizes[i].natural_size;
    }
    return;
  }
  if (for_size >= 0)
    share_out (self, sizes, n, for_size);
  for (guint i = 0; i < n; i++) {
    int child_minimum, child_natural;

    gtk_widget_measure (sizes[i].data, GTK_ORIENTATION_VERTICAL, for_size >= 0 ? sizes[i].minimum_size : -1, &child_minimum, &child_natural, NULL,
                        NULL);
    *minimum = MAX (*minimum, child_minimum);
    *natural = MAX (*natural, child_natural);
  }
}

static void
tyto_row_layout_allocate (GtkLayoutManager *manager, GtkWidget *widget, int width, int height, int baseline)
{
  TytoRowLayout *self = TYTO_ROW_LAYOUT (manager);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  GtkRequestedSize sizes[MAX_CHILDREN];
  guint n = gather (widget, sizes);
  int x = 0;

  if (n == 0)
    return;
  share_out (self, sizes, n, width);
  for (guint i = 0; i < n; i++) {
    int child_width = sizes[i].minimum_size;

    gtk_widget_size_allocate (sizes[i].data, &(GtkAllocation) { rtl ? width - x - child_width : x, 0, child_width, height }, -1);
    x += child_width + self->spacing;
  }
}

static void
tyto_row_layout_class_init (TytoRowLayoutClass *klass)
{
  GtkLayoutManagerClass *manager_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  manager_class->get_request_mode = tyto_row_layout_get_request_mode;
  manager_class->measure = tyto_row_layout_measure;
  manager_class->allocate = tyto_row_layout_allocate;
}

static void
tyto_row_layout_init (TytoRowLayout *self)
{
}

GtkLayoutManager *
tyto_row_layout_new (int spacing)
{
  TytoRowLayout *self = g_object_new (TYTO_TYPE_ROW_LAYOUT, NULL);

  self->spacing = spacing;
  return GTK_LAYOUT_MANAGER (self);
}

GtkWidget *
tyto_row_new (int spacing)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_set_layout_manager (box, tyto_row_layout_new (spacing));
  return box;
}
