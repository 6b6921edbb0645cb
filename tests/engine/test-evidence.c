/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where the model looked: the arithmetic against the reference's attention tensors, and how often the object that a question is about lies under
 * the hottest part of the map, with the model that comes with the app. */
#include "golden-util.h"

#include "chat/evidence-private.h"
#include "owl.h"

#include <cairo.h>
#include <math.h>
#include <string.h>

#define SIDE 112
#ifdef __SANITIZE_ADDRESS__
#define N_PICTURES 20 /* every path; how faithful the maps are is a matter of the plain build */
#else
#define N_PICTURES 200
#endif
#define WINDOW 0.375 /* of the side: what "Look closer" would cut out */

/* Attention of an abstractor layer passed on, written out for one cell from the definition. */
static double
expect_reach (const Array *first, const Array *second, gsize query, gsize patch)
{
  gsize n_heads = first->shape[0], nq = first->shape[1], n_keys = first->shape[2];
  double sum = 0.0;

  for (gsize h = 0; h < n_heads; h++) {
    for (gsize other = 0; other < nq; other++) {
      double before = 0.0;

      for (gsize g = 0; g < n_heads; g++)
        before += 0.5 * first->values[(g * nq + other) * n_keys + nq + 1 + patch] / (double) n_heads;
      sum += 0.5 * before * (second->values[(h * nq + query) * n_keys + other] + (other == query)) / (double) n_heads;
    }
    sum += 0.5 * second->values[(h * nq + query) * n_keys + nq + 1 + patch] / (double) n_heads;
  }
  return sum;
}

static Array *
read_golden (const char *name)
{
  g_autofree char *folder = golden_path ("expected/llama-tiny");
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return array_read (path);
}

static void
test_abstractor (void)
{
  g_autoptr (Array) first = read_golden ("abstractor/attention_00.npy"), second = read_golden ("abstractor/attention_01.npy");
  gsize nq = first->shape[1], n = first->shape[2] - nq - 1;
  g_autofree float *reach = g_new0 (float, nq * n);

  owl_evidence_pass_layer (first->values, first->shape[0], nq, n, reach);
  owl_evidence_pass_layer (second->values, second->shape[0], nq, n, reach);
  for (gsize q = 0; q < nq; q++)
    for (gsize p = 0; p < n; p++)
      g_assert_cmpfloat_with_epsilon (reach[q * n + p], expect_reach (first, second, q, p), 1e-6);
}

static void
test_decoder (void)
{
  g_autoptr (Array) attention = read_golden ("b_attention_last.npy");
  gsize n = attention->shape[1];
  g_autofree float *weights = g_new0 (float, n);
  double sum = 0.0;

  owl_evidence_add_rows (attention->values, attention->shape[0], n, n, 3, n - 3, weights);
  for (gsize i = 0; i < n - 3; i++) {
    double expected = 0.0;

    for (gsize row = 0; row < attention->shape[0] * n; row++)
      expected += attention->values[row * n + 3 + i];
    g_assert_cmpfloat_with_epsilon (weights[i], expected, 1e-4);
    sum += weights[i];
  }
  g_assert_cmpfloat (sum, >, 0.0);
}

typedef struct {
  const char *name;
  double r, g, b;
} Colour;

static const Colour colours[] = { { "red", 0.85, 0.15, 0.15 },   { "blue", 0.13, 0.33, 0.85 },   { "green", 0.1, 0.65, 0.25 },
                                  { "yellow", 0.95, 0.85, 0.1 }, { "orange", 0.95, 0.55, 0.1 }, { "purple", 0.55, 0.2, 0.75 } };
static const char *const shapes[] = { "circle", "square", "triangle", "star", "diamond" };

static void
draw_shape (cairo_t *cr, int shape, double x, double y, double r)
{
  cairo_new_path (cr);
  switch (shape) {
  case 0:
    cairo_arc (cr, x, y, r, 0, 2 * G_PI);
    break;
  case 1:
    cairo_rectangle (cr, x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
    break;
  default: {
    /* A triangle, a star of ten corners, a diamond. */
    int n = shape == 2 ? 3 : shape == 3 ? 10 : 4;

    for (int i = 0; i < n; i++) {
      double reach = shape == 3 && i % 2 ? r * 0.42 : r, angle = -G_PI / 2 + 2 * G_PI * i / n;

      cairo_line_to (cr, x + reach * cos (angle) * (shape == 4 ? 0.7 : 1.0), y + reach * sin (angle));
    }
    cairo_close_path (cr);
  }
  }
  cairo_fill (cr);
}

/* One thing of a drawn picture. */
typedef struct {
  int shape, colour;
  double x, y; /* fractions */
} Thing;

static void
shuffle (GRand *random, int *list, int n)
{
  for (int i = n - 1; i > 0; i--) {
    int j = g_rand_int_range (random, 0, i + 1), swap = list[i];

    list[i] = list[j];
    list[j] = swap;
  }
}

/* Two to four things of different shapes and colours in the cells of a 3 x 3 grid, on light ground. */
static OwlPicture *
draw_picture (GRand *random, Thing things[4], int *n_things)
{
  int cells[9] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, shape_order[] = { 0, 1, 2, 3, 4 }, colour_order[] = { 0, 1, 2, 3, 4, 5 };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, SIDE, SIDE);
  cairo_t *cr = cairo_create (surface);
  guint8 *rgb = g_malloc (SIDE * SIDE * 3);
  g_autoptr (GBytes) bytes = NULL;

  shuffle (random, cells, 9);
  shuffle (random, shape_order, G_N_ELEMENTS (shape_order));
  shuffle (random, colour_order, G_N_ELEMENTS (colour_order));
  *n_things = g_rand_int_range (random, 2, 5);
  cairo_set_source_rgb (cr, 0.93, 0.92, 0.9);
  cairo_paint (cr);
  for (int i = 0; i < *n_things; i++) {
    const Colour *c = &colours[colour_order[i]];

    things[i] = (Thing){ shape_order[i], colour_order[i], (cells[i] % 3 + 0.5) / 3, (cells[i] / 3 + 0.5) / 3 };
    cairo_set_source_rgb (cr, c->r, c->g, c->b);
    draw_shape (cr, things[i].shape, things[i].x * SIDE, things[i].y * SIDE, 13);
  }
  cairo_surface_flush (surface);
  for (int y = 0; y < SIDE; y++) {
    const guint32 *row = (const guint32 *) (const void *) (cairo_image_surface_get_data (surface) + y * cairo_image_surface_get_stride (surface));

    for (int x = 0; x < SIDE; x++)
      for (int channel = 0; channel < 3; channel++)
        rgb[(y * SIDE + x) * 3 + channel] = (guint8) (row[x] >> (16 - 8 * channel));
  }
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  bytes = g_bytes_new_take (rgb, SIDE * SIDE * 3);
  return owl_picture_new (SIDE, SIDE, bytes);
}

/* How many of all places of the window hold the point: what looking anywhere would give. */
static double
find_chance (const OwlHeatMap *map, const Thing *thing)
{
  int width = (int) round (WINDOW * map->width), n = 0, n_in = 0;

  for (int y = 0; y + width <= map->height; y++)
    for (int x = 0; x + width <= map->width; x++, n++)
      n_in += thing->x * map->width >= x && thing->x * map->width < x + width && thing->y * map->height >= y &&
              thing->y * map->height < y + width;
  return (double) n_in / n;
}

static gboolean
holds (const OwlRegion *r, const Thing *thing)
{
  return thing->x >= r->x && thing->x < r->x + r->width && thing->y >= r->y && thing->y < r->y + r->height;
}

/* Asks about one thing; the map of the whole answer. */
static OwlHeatMap *
ask (OwlModel *model, OwlSession *session, OwlPicture *picture, const char *question, GString *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlVisual) visual = owl_model_encode (model, picture, OWL_DETAIL_OVERVIEW, NULL, NULL, NULL, &error);
  OwlTurn turn = { .visuals = &visual, .n_visuals = 1, .question = question };
  g_autoptr (OwlPrompt) prompt = owl_prompt_new_from_turns (model, OWL_SYSTEM_TEXT, NULL, &turn, 1);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GPtrArray) maps = NULL;
  OwlDetail detail = OWL_DETAIL_OVERVIEW;

  owl_session_generate (session, prompt, &OWL_SAMPLING_PRECISE, 32, TRUE, NULL, NULL, NULL, text, ids, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ids->len, >, 0);
  maps = owl_session_find_evidence (session, prompt, (const gint32 *) (const void *) ids->data, 0, ids->len, &picture, &detail, 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (maps->len, ==, 1);
  return g_ptr_array_steal_index (maps, 0);
}

static void
test_faithful (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlModel) model = owl_model_open (g_getenv ("OWL_STARTER"), 1, NULL, NULL, NULL, &error);
  g_autoptr (OwlSession) session = model ? owl_session_new (model, NULL, 0, 0, OWL_KV_DEFAULT, &error) : NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (200);
  int n_hit = 0, n_right = 0;
  double chance = 0.0;

  g_assert_no_error (error);
  for (int i = 0; i < N_PICTURES; i++) {
    Thing things[4];
    int n_things, asked;
    g_autoptr (OwlPicture) picture = draw_picture (random, things, &n_things);
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *question = NULL;
    OwlHeatMap *map;
    OwlRegion hottest;

    asked = g_rand_int_range (random, 0, n_things);
    question = g_strdup_printf ("What colour is the %s?", shapes[things[asked].shape]);
    map = ask (model, session, picture, question, text);
    g_assert_cmpint (map->width, ==, 12);
    g_assert_cmpfloat_with_epsilon (owl_heat_map_get_share (map), 1.0, 1e-4);
    owl_heat_map_find_hottest (map, WINDOW, &hottest);
    g_string_ascii_down (text);
    n_right += strstr (text->str, colours[things[asked].colour].name) != NULL;
    n_hit += holds (&hottest, &things[asked]);
    chance += find_chance (map, &things[asked]);
    owl_heat_map_free (map);
  }
  g_test_message ("the asked-for object lies under the hottest area in %d of %d pictures; by chance in %.0f; %d answers are right", n_hit,
                  N_PICTURES, chance, n_right);
  /* Fewer say nothing. */
  if (N_PICTURES >= 200)
    g_assert_cmpfloat (n_hit, >, 1.5 * chance);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/evidence/abstractor", test_abstractor);
  g_test_add_func ("/evidence/decoder", test_decoder);
  g_test_add_func ("/evidence/faithful", test_faithful);
  return g_test_run ();
}
