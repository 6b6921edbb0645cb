/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The whole engine against the official implementation: a checkpoint is converted, and every expected tensor, token id and
 * continuation is compared through the `owl` program. */
#include "golden-util.h"

#include <string.h>

#define TENSOR_LIMIT 1e-4
#define N_GREEDY "48"
#ifdef __SANITIZE_ADDRESS__
#define SANITISED TRUE
#else
#define SANITISED FALSE
#endif

typedef struct {
  const char *checkpoint; /* below tests/golden */
  const char *adapter;    /* or NULL */
  const char *expected;   /* below tests/golden/expected */
} Case;

static const Case cases[] = {
  { "llama-tiny", NULL, "llama-tiny" },
  { "llama-tiny-f32", NULL, "llama-tiny" },
  { "llama-tiny-safetensors", NULL, "llama-tiny" },
  { "llama-tiny", "llama-tiny-lora", "llama-tiny-lora" },
  { "llama-tiny-safetensors", "llama-tiny-lora", "llama-tiny-lora" },
  { "bloom-tiny", NULL, "bloom-tiny" },
  { "bloom-tiny", "bloom-tiny-lora", "bloom-tiny-lora" },
};

/* A case, converted when its first test asks for it. */
typedef struct {
  const Case *c;
  char *scratch, *model, *adapter, *expected, *output;
} Fixture;

static Fixture fixtures[G_N_ELEMENTS (cases)];

static char *
image_path (const char *name)
{
  g_autofree char *images = golden_path ("images");

  return g_build_filename (images, name, NULL);
}

static void
set_up (Fixture *f)
{
  g_autofree char *expected = NULL, *source = NULL;

  if (f->scratch)
    return;
  f->scratch = make_scratch ();
  f->model = g_build_filename (f->scratch, "model", NULL);
  f->output = g_build_filename (f->scratch, "tensor.npy", NULL);
  expected = g_build_filename ("expected", f->c->expected, NULL);
  f->expected = golden_path (expected);
  source = golden_path (f->c->checkpoint);
  g_free (owl_run ("convert", source, f->model, NULL));
  if (f->c->adapter) {
    g_autofree char *adapter = golden_path (f->c->adapter);

    f->adapter = g_build_filename (f->scratch, "adapter.lora.gguf", NULL);
    g_free (owl_run ("convert", adapter, f->adapter, "--base", f->model, NULL));
  }
}

static void
tear_down (Fixture *f)
{
  if (f->scratch)
    remove_tree (f->scratch);
  g_free (f->scratch);
  g_free (f->model);
  g_free (f->adapter);
  g_free (f->expected);
  g_free (f->output);
}

/* `owl COMMAND -m MODEL [-a ADAPTER] …`. */
static GPtrArray *
command (const Fixture *f, const char *name)
{
  GPtrArray *args = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (args, g_strdup (name));
  g_ptr_array_add (args, g_strdup ("-m"));
  g_ptr_array_add (args, g_strdup (f->model));
  if (f->adapter && strcmp (name, "tokenize") != 0) {
    g_ptr_array_add (args, g_strdup ("-a"));
    g_ptr_array_add (args, g_strdup (f->adapter));
  }
  return args;
}

static void
add (GPtrArray *args, const char *option, const char *value)
{
  g_ptr_array_add (args, g_strdup (option));
  if (value)
    g_ptr_array_add (args, g_strdup (value));
}

static char *
run (GPtrArray *args)
{
  g_ptr_array_add (args, NULL);
  return owl_run_status (0, NULL, (const char *const *) args->pdata);
}

static void
add_images (GPtrArray *args, json_t *prompt)
{
  json_t *name;
  size_t i;

  json_array_foreach (json_object_get (prompt, "images"), i, name) {
    g_autofree char *path = image_path (json_string_value (name));

    add (args, "-i", path);
  }
}

/* Compares one tensor with expected/<file>, where there is such a file. */
static void
check_tensor (const Fixture *f, json_t *prompt, const char *image, const char *tensor, const char *file)
{
  g_autofree char *expected = g_build_filename (f->expected, file, NULL);
  g_autoptr (GPtrArray) args = command (f, "probe");

  if (!g_file_test (expected, G_FILE_TEST_EXISTS))
    g_error ("%s is missing from the reference data", expected);
  add (args, "--tensor", tensor);
  add (args, "-o", f->output);
  if (image)
    add (args, "-i", image);
  if (prompt) {
    g_autofree char *name = g_strdup_printf ("prompt_%s.txt", json_string_value (json_object_get (prompt, "id")));
    g_autofree char *text = g_build_filename (f->expected, name, NULL);

    add_images (args, prompt);
    add (args, "--raw", text);
  }
  g_free (run (args));
  assert_close (tensor, f->output, expected, TENSOR_LIMIT);
}

static json_t *
load_json (const Fixture *f, const char *name)
{
  g_autofree char *path = g_build_filename (f->expected, name, NULL);
  json_error_t error;
  json_t *json = json_load_file (path, JSON_ALLOW_NUL, &error);

  if (!json)
    g_error ("%s: %s", path, error.text);
  return json;
}

/* Compares numbered tensors with FILE_00.npy and so on; returns how many there are. */
static int
check_layers (const Fixture *f, json_t *prompt, const char *image, const char *tensor, const char *file)
{
  int n = 0;

  for (;; n++) {
    g_autofree char *name = g_strdup_printf ("%s_%02d.npy", file, n);
    g_autofree char *path = g_build_filename (f->expected, name, NULL);
    g_autofree char *numbered = g_strdup_printf ("%s.%d", tensor, n);

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      break;
    check_tensor (f, prompt, image, numbered, name);
  }
  g_assert_cmpint (n, >=, 2);
  return n;
}

static void
test_vision (gconstpointer data)
{
  Fixture *f = (Fixture *) data;
  json_t *info;
  g_autofree char *image = NULL, *last_attention = NULL;

  /* The encoder does not depend on the adapter, and its tensors are given once. */
  if (f->c->adapter)
    return;
  set_up (f);
  info = load_json (f, "vision/image.json");
  image = image_path (json_string_value (json_object_get (info, "image")));
  json_decref (info);
  check_tensor (f, NULL, image, "vit.embeddings", "vision/embeddings.npy");
  last_attention = g_strdup_printf ("vit.attention.%d", check_layers (f, NULL, image, "vit.layer", "vision/layer") - 1);
  check_tensor (f, NULL, image, last_attention, "vision/attention_last.npy");
  check_tensor (f, NULL, image, "vit.output", "vision/post_layernorm.npy");
  check_layers (f, NULL, image, "abstractor.layer", "abstractor/layer");
  check_layers (f, NULL, image, "abstractor.attention", "abstractor/attention");
  check_tensor (f, NULL, image, "visual_tokens", "visual_tokens.npy");
}

static void
test_decoder (gconstpointer data)
{
  Fixture *f = (Fixture *) data;
  json_t *prompts, *prompt;
  size_t i;

  set_up (f);
  prompts = load_json (f, "prompts.json");
  json_array_foreach (prompts, i, prompt) {
    const char *id = json_string_value (json_object_get (prompt, "id"));
    g_autofree char *logits = g_strdup_printf ("logits_%s.npy", id);

    check_tensor (f, prompt, NULL, "logits", logits);
    if (strcmp (id, "b") != 0)
      continue;
    check_tensor (f, prompt, NULL, "decoder.attention", "b_attention_last.npy");
    if (!f->c->adapter) {
      check_tensor (f, prompt, NULL, "decoder.input", "b_inputs_embeds.npy");
      check_layers (f, prompt, NULL, "decoder.layer", "b_hidden");
    }
  }
  g_assert_cmpuint (json_array_size (prompts), ==, 4);
  json_decref (prompts);
}

/* The greedy answer, with ids guessed where that pays, or wherever one stood before. */
static void
check_answer (const Fixture *f, json_t *prompt, const char *text, const char *lookup)
{
  g_autoptr (GPtrArray) chat = command (f, "chat");
  g_autofree char *out = NULL;
  json_t *answer;

  add_images (chat, prompt);
  add (chat, "--raw", text);
  add (chat, "-n", N_GREEDY);
  add (chat, "--json", NULL);
  g_setenv ("OWL_LOOKUP", lookup, TRUE);
  out = run (chat);
  g_unsetenv ("OWL_LOOKUP");
  answer = json_loads (out, JSON_ALLOW_NUL, NULL);
  g_assert_true (json_equal (json_object_get (answer, "tokens"), json_object_get (prompt, "greedy_ids")));
  g_assert_true (json_equal (json_object_get (answer, "text"), json_object_get (prompt, "greedy_text")));
  g_assert_true (json_equal (json_object_get (answer, "prompt_tokens"), json_object_get (prompt, "n")));
  json_decref (answer);
}

static void
test_text (gconstpointer data)
{
  Fixture *f = (Fixture *) data;
  json_t *prompts, *prompt;
  size_t i;

  set_up (f);
  prompts = load_json (f, "prompts.json");
  json_array_foreach (prompts, i, prompt) {
    g_autofree char *name = g_strdup_printf ("prompt_%s.txt", json_string_value (json_object_get (prompt, "id")));
    g_autofree char *text = g_build_filename (f->expected, name, NULL);
    g_autoptr (GPtrArray) tokenize = command (f, "tokenize");
    g_autofree char *ids_out = NULL;
    json_t *ids;

    add (tokenize, "--raw", text);
    add (tokenize, "--json", NULL);
    ids_out = run (tokenize);
    ids = json_loads (ids_out, 0, NULL);
    g_assert_true (json_equal (json_object_get (ids, "ids"), json_object_get (prompt, "ids")));
    json_decref (ids);

    check_answer (f, prompt, text, "auto");
    check_answer (f, prompt, text, "always");
  }
  json_decref (prompts);
}

/* The same weights as an earlier case, from files of another kind. */
static gboolean
is_repeated (gsize i)
{
  for (gsize k = 0; k < i; k++)
    if (strcmp (cases[k].expected, cases[i].expected) == 0)
      return TRUE;
  return FALSE;
}

static void
add_test (const char *name, Fixture *f, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/golden/%s%s/%s", f->c->checkpoint, f->c->adapter ? "+lora" : "", name);

  g_test_add_data_func (path, f, func);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    fixtures[i].c = &cases[i];
    add_test ("text", &fixtures[i], test_text);
    /* Once it is read, a model runs the same code: for the sanitisers reading it is enough. */
    if (SANITISED && is_repeated (i))
      continue;
    add_test ("vision", &fixtures[i], test_vision);
    add_test ("decoder", &fixtures[i], test_decoder);
  }
  result = g_test_run ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    tear_down (&fixtures[i]);
  return result;
}
