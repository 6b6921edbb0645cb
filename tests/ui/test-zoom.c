/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-zoom.h"

static GdkTexture *
make_texture (int width, int height)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 ((gsize) width * (gsize) height * 3), (gsize) width * (gsize) height * 3);

  return gdk_memory_texture_new (width, height, GDK_MEMORY_R8G8B8, bytes, (gsize) width * 3);
}

static void
count (gpointer object, GParamSpec *pspec, int *n)
{
  (*n)++;
}

static void
count_view (int *n)
{
  (*n)++;
}

static void
test_zoom (void)
{
  GtkWidget *zoom = g_object_ref_sink (tyto_zoom_new ());
  g_autoptr (GdkTexture) small = make_texture (100, 50), large = make_texture (1000, 500);
  GtkAllocation place = { 0, 0, 200, 200 };
  int n = 0;

  /* Nothing to show yet. */
  tyto_zoom_set_zoom (TYTO_ZOOM (zoom), 2.0);
  g_assert_cmpfloat (tyto_zoom_get_zoom (TYTO_ZOOM (zoom)), ==, 1.0);

  gtk_widget_measure (zoom, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
  gtk_widget_size_allocate (zoom, &place, -1);
  g_signal_connect (zoom, "notify::zoom", G_CALLBACK (count), &n);
  tyto_zoom_begin (TYTO_ZOOM (zoom), small, 0, 0);
  g_assert_cmpint (n, ==, 1);
  tyto_zoom_set_zoom (TYTO_ZOOM (zoom), 3.0);
  g_assert_cmpfloat (tyto_zoom_get_zoom (TYTO_ZOOM (zoom)), ==, 3.0);
  g_assert_cmpint (n, ==, 2);
  tyto_zoom_set_zoom (TYTO_ZOOM (zoom), 3.0);
  g_assert_cmpint (n, ==, 2);

  /* A finer version changes neither zoom nor what "whole" means; 1000 pixels on 200 are five times as large. */
  tyto_zoom_set_texture (TYTO_ZOOM (zoom), large);
  g_assert_cmpfloat (tyto_zoom_get_zoom (TYTO_ZOOM (zoom)), ==, 3.0);
  g_assert_cmpfloat_with_epsilon (tyto_zoom_get_pixel_zoom (TYTO_ZOOM (zoom)), 5.0, 1e-9);

  /* Following another view is no change of one's own; what is in sight has the asked-for point in its middle. */
  {
    OwlRegion visible;
    double x, y;
    int views = 0;
    gulong handler;

    handler = g_signal_connect_swapped (zoom, "view-changed", G_CALLBACK (count_view), &views);
    tyto_zoom_set_view (TYTO_ZOOM (zoom), 4.0, 0.4, 0.6);
    g_assert_cmpint (views, ==, 0);
    tyto_zoom_get_middle (TYTO_ZOOM (zoom), &x, &y);
    tyto_zoom_get_visible (TYTO_ZOOM (zoom), &visible);
    g_assert_cmpfloat_with_epsilon (x, 0.4, 1e-9);
    g_assert_cmpfloat_with_epsilon (visible.x + visible.width / 2.0, 0.4, 0.01);
    g_assert_cmpfloat_with_epsilon (visible.width, 0.25, 0.01);
    tyto_zoom_set_zoom (TYTO_ZOOM (zoom), 3.0);
    g_assert_cmpint (views, ==, 1);
    g_signal_handler_disconnect (zoom, handler);
  }

  /* The keyboard makes a box in the middle of what is in sight, and moves and sizes it within the picture. */
  {
    OwlRegion box, moved;

    g_assert_false (tyto_zoom_get_box (TYTO_ZOOM (zoom), &box));
    tyto_zoom_nudge_box (TYTO_ZOOM (zoom), 1, 0, FALSE);
    g_assert_true (tyto_zoom_get_box (TYTO_ZOOM (zoom), &box));
    tyto_zoom_nudge_box (TYTO_ZOOM (zoom), -1, 0, FALSE);
    tyto_zoom_get_box (TYTO_ZOOM (zoom), &moved);
    g_assert_cmpfloat (moved.x, <, box.x);
    g_assert_cmpfloat_with_epsilon (moved.width, box.width, 1e-9);
    for (int i = 0; i < 200; i++)
      tyto_zoom_nudge_box (TYTO_ZOOM (zoom), 1, 1, TRUE);
    tyto_zoom_get_box (TYTO_ZOOM (zoom), &moved);
    g_assert_cmpfloat_with_epsilon (moved.x + moved.width, 1.0, 1e-9);
    g_assert_cmpfloat_with_epsilon (moved.y + moved.height, 1.0, 1e-9);
  }

  tyto_zoom_set_zoom (TYTO_ZOOM (zoom), 0.01);
  g_assert_cmpfloat (tyto_zoom_get_zoom (TYTO_ZOOM (zoom)), ==, 1.0);
  tyto_zoom_set_zoom (TYTO_ZOOM (zoom), 1e9);
  g_assert_cmpfloat (tyto_zoom_get_zoom (TYTO_ZOOM (zoom)), <=, 40.0);
  g_assert_finalize_object (zoom);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zoom/zoom", test_zoom);
  return g_test_run ();
}
