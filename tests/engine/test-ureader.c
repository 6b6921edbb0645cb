/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Pages in tiles: grids, tiles, visual tokens and answers of the published UReader code, and tiles with weights that were not
 * trained on them. */
#include "golden-util.h"

#include "decode/decoder-client.h"
#include "image/tiles.h"
#include "model/model.h"

#include <math.h>
#include <string.h>

#define PIXEL_LIMIT 1e-6
#define TENSOR_LIMIT 1e-4

typedef struct {
  char *scratch, *model, *output;
  json_t *pages;
} Fixture;

static char *
ureader_path (const char *folder, const char *file)
{
  g_autofree char *root = golden_path ("ureader");

  return g_build_filename (root, folder, file, NULL);
}

static void
set_up (Fixture *f, gconstpointer checkpoint)
{
  g_autofree char *pages = ureader_path ("expected", "pages.json"), *source = golden_path (checkpoint);

  f->scratch = make_scratch ();
  f->model = g_build_filename (f->scratch, "model", NULL);
  f->output = g_build_filename (f->scratch, "tensor.npy", NULL);
  f->pages = json_load_file (pages, 0, NULL);
  g_assert_cmpuint (json_array_size (f->pages), ==, 4);
  g_free (owl_run ("convert", source, f->model, NULL));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_tree (f->scratch);
  json_decref (f->pages);
  g_free (f->scratch);
  g_free (f->model);
  g_free (f->output);
}

/* Every value within `limit`, which is how the reference states its tolerances. */
static void
assert_near (const char *path, const char *expected_path, double limit)
{
  g_autoptr (Array) a = array_read (path), b = array_read (expected_path);

  g_assert_cmpint (a->n_dims, ==, b->n_dims);
  for (int i = 0; i < a->n_dims; i++)
    g_assert_cmpuint (a->shape[i], ==, b->shape[i]);
  for (gsize i = 0; i < a->n; i++)
    if (!(fabsf (a->values[i] - b->values[i]) <= limit))
      g_error ("%s: value %" G_GSIZE_FORMAT " is %g, expected %g", expected_path, i, a->values[i], b->values[i]);
}

static char *
page_name (json_t *page)
{
  const char *image = json_string_value (json_object_get (page, "image"));

  return g_strndup (image, strcspn (image, "."));
}

static void
test_grids (void)
{
  g_autofree char *path = ureader_path (".", "grids.jsonl"), *text = NULL;
  g_auto (GStrv) lines = NULL;
  int n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++) {
    json_t *record = json_loads (*line, 0, NULL);
    int width, height, rows, columns;
    OwlGrid grid;

    if (!record)
      continue;
    g_assert_cmpint (json_unpack (record, "{s:i, s:i, s:i, s:i}", "width", &width, "height", &height, "rows", &rows, "columns", &columns),
                     ==, 0);
    grid = owl_grid_choose (width, height, 224);
    if (grid.rows != rows || grid.columns != columns)
      g_error ("%d x %d: %d x %d, expected %d x %d", width, height, grid.rows, grid.columns, rows, columns);
    json_decref (record);
    n++;
  }
  g_assert_cmpint (n, ==, 418);
}

/* Extreme shapes stay in the list of grids. */
static void
test_grid_limits (void)
{
  const int sizes[][2] = { { 1, 1 }, { 1, 1000000 }, { 1000000, 1 }, { 250000, 1000 }, { 15811, 15811 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    OwlGrid grid = owl_grid_choose (sizes[i][0], sizes[i][1], 224);

    g_assert_cmpint (grid.rows, >=, 1);
    g_assert_cmpint (grid.columns, >=, 1);
    g_assert_cmpint (grid.rows * grid.columns, <=, OWL_MAX_TILES);
  }
}

static void
check_page_tensor (const Fixture *f, json_t *page, const char *tensor, double limit)
{
  g_autofree char *name = page_name (page), *image = ureader_path ("images", json_string_value (json_object_get (page, "image")));
  g_autofree char *file = g_strdup_printf ("%s_%s.npy", tensor, name), *expected = ureader_path ("expected", file);
  g_autofree char *prompt_file = g_strdup_printf ("prompt_%s.txt", name), *prompt = ureader_path ("expected", prompt_file);

  /* The logits of every page would make the repository heavy; two of them are enough beside all the answers. */
  if (strcmp (tensor, "logits") == 0 && !g_file_test (expected, G_FILE_TEST_EXISTS))
    return;
  g_free (owl_run ("probe", "-m", f->model, "-i", image, "--raw", prompt, "--tensor", tensor, "-o", f->output, NULL));
  assert_near (f->output, expected, limit);
}

static void
test_tensors (Fixture *f, gconstpointer data)
{
  json_t *page;
  size_t i;

  json_array_foreach (f->pages, i, page) {
    check_page_tensor (f, page, "pixel_values", PIXEL_LIMIT);
    check_page_tensor (f, page, "visual_tokens", TENSOR_LIMIT);
    check_page_tensor (f, page, "logits", 1e-3);
  }
}

/* What is shown of the tiles is what the encoder gets: normalised, the shown pixels are the reference's. */
static void
test_shown_tiles (Fixture *f, gconstpointer data)
{
  static const float mean[3] = { 0.48145466f, 0.4578275f, 0.40821073f }, std[3] = { 0.26862954f, 0.26130258f, 0.27577711f };
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlModel) model = owl_model_open (f->model, 1, NULL, NULL, NULL, &error);
  json_t *page;
  size_t i;

  g_assert_no_error (error);
  json_array_foreach (f->pages, i, page) {
    g_autofree char *name = page_name (page), *image = ureader_path ("images", json_string_value (json_object_get (page, "image")));
    g_autofree char *file = g_strdup_printf ("pixel_values_%s.npy", name), *path = ureader_path ("expected", file);
    g_autoptr (Array) expected = array_read (path);
    g_autoptr (OwlDecoder) decoder = owl_decoder_open_path (image, NULL, &error);
    g_autoptr (OwlPicture) picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
    int rows, columns;
    g_autoptr (GPtrArray) tiles = owl_model_cut_tiles (model, picture, OWL_DETAIL_DEFAULT, &rows, &columns);
    gsize n = expected->shape[2] * expected->shape[3];

    g_assert_cmpuint (tiles->len, ==, expected->shape[0]);
    g_assert_cmpint (1 + rows * columns, ==, (int) tiles->len);
    for (guint t = 0; t < tiles->len; t++) {
      const guint8 *pixels = owl_picture_get_pixels (g_ptr_array_index (tiles, t));

      for (gsize p = 0; p < 3 * n; p++)
        g_assert_cmpfloat_with_epsilon ((pixels[3 * (p % n) + p / n] / 255.0f - mean[p / n]) / std[p / n], expected->values[t * 3 * n + p], 1e-5);
    }
  }
}

static void
test_answers (Fixture *f, gconstpointer data)
{
  json_t *page;
  size_t i;

  json_array_foreach (f->pages, i, page) {
    g_autofree char *name = page_name (page), *image = ureader_path ("images", json_string_value (json_object_get (page, "image")));
    g_autofree char *prompt_file = g_strdup_printf ("prompt_%s.txt", name), *prompt = ureader_path ("expected", prompt_file);
    json_t *answer = owl_run_json ("chat", "-m", f->model, "-i", image, "--detail", "fine", "--raw", prompt, "-n", "24", "--json", NULL);

    g_assert_true (json_equal (json_object_get (answer, "tokens"), json_object_get (page, "greedy_ids")));
    g_assert_true (json_equal (json_object_get (answer, "text"), json_object_get (page, "greedy_text")));
    g_assert_true (json_equal (json_object_get (answer, "prompt_tokens"), json_object_get (page, "n")));
    json_decref (answer);
  }
}

/* The overview of a page is its first tile, and then there is no axis of tiles. */
static void
test_overview (Fixture *f, gconstpointer data)
{
  g_autofree char *image = ureader_path ("images", "page_tall.png"), *path = ureader_path ("expected", "visual_tokens_page_tall.npy");
  g_autoptr (Array) expected = array_read (path), found = NULL;

  g_free (owl_run ("probe", "-m", f->model, "-i", image, "--detail", "overview", "--tensor", "visual_tokens", "-o", f->output, NULL));
  found = array_read (f->output);
  g_assert_cmpint (found->n_dims, ==, 2);
  g_assert_cmpuint (found->shape[0], ==, expected->shape[1]);
  for (gsize i = 0; i < found->n; i++)
    g_assert_cmpfloat_with_epsilon (found->values[i], expected->values[i], TENSOR_LIMIT);
}

/* Weights without crop positions take tiles when asked to, and only then. */
static void
test_plain_weights (Fixture *f, gconstpointer data)
{
  g_autofree char *image = ureader_path ("images", "page_wide.png"), *expected = ureader_path ("expected", "pixel_values_page_wide.npy");
  g_autoptr (Array) found = NULL;

  g_free (owl_run ("probe", "-m", f->model, "-i", image, "--detail", "fine", "--tensor", "pixel_values", "-o", f->output, NULL));
  assert_near (f->output, expected, PIXEL_LIMIT);
  g_free (owl_run ("probe", "-m", f->model, "-i", image, "--tensor", "pixel_values", "-o", f->output, NULL));
  found = array_read (f->output);
  g_assert_cmpint (found->n_dims, ==, 3);
}

static void
test_usage (Fixture *f, gconstpointer data)
{
  const char *args[] = { "chat", "-m", f->model, "-p", "Hello", "--detail", "close", NULL };
  g_autofree char *message = NULL;

  g_free (owl_run_status (2, &message, args));
  g_assert_nonnull (strstr (message, "--detail"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ureader/grids", test_grids);
  g_test_add_func ("/ureader/grid-limits", test_grid_limits);
  g_test_add ("/ureader/tensors", Fixture, "ureader/ureader-tiny", set_up, test_tensors, tear_down);
  g_test_add ("/ureader/shown-tiles", Fixture, "ureader/ureader-tiny", set_up, test_shown_tiles, tear_down);
  g_test_add ("/ureader/answers", Fixture, "ureader/ureader-tiny", set_up, test_answers, tear_down);
  g_test_add ("/ureader/overview", Fixture, "ureader/ureader-tiny", set_up, test_overview, tear_down);
  g_test_add ("/ureader/plain-weights", Fixture, "llama-tiny", set_up, test_plain_weights, tear_down);
  g_test_add ("/ureader/usage", Fixture, "llama-tiny", set_up, test_usage, tear_down);
  return g_test_run ();
}
