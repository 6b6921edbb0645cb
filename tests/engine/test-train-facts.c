/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the trainer learns beside words: facts that tokens, patches and the places where replies begin should tell; spelled replies; pictures of another size. */
#include "golden-util.h"

#include "train/trainer.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static char *scratch;

static void
write_text (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (scratch, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* A configuration in the scratch folder; `model` is JSON. */
static OwlTrainConfig *
configure (const char *name, const char *model, const char *extra)
{
  g_autofree char *images = golden_path ("images"), *file = g_strconcat (name, ".json", NULL), *path = g_build_filename (scratch, file, NULL);
  g_autofree char *text = g_strdup_printf ("{\"model\": %s, \"output\": \"%s\", \"stage\": \"joint\", \"data\": [{\"file\": \"facts.jsonl\"}], \"images\": \"%s\","
                                           " \"batch\": 2, \"max_length\": 127, \"learning_rate\": 5e-3, \"warmup\": 10, \"checkpoint_every\": 0, \"threads\": 1, %s}",
                                           model, name, images, extra);
  g_autoptr (GError) error = NULL;
  OwlTrainConfig *config;

  write_text (file, text);
  config = owl_train_config_read (path, &error);
  g_assert_no_error (error);
  return config;
}

static char *
new_model (void)
{
  g_autofree char *tokenizer = golden_path ("llama-tiny-f32/tokenizer.model");

  return g_strdup_printf (
      "{\"tokenizer\": \"%s\", \"shape\": {\"text_config\": {\"hidden_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
      " \"intermediate_size\": 128, \"max_position_embeddings\": 256}, \"vision_config\": {\"hidden_size\": 32, \"num_hidden_layers\": 1,"
      " \"num_attention_heads\": 2, \"intermediate_size\": 64, \"image_size\": 28, \"patch_size\": 14}, \"visual_abstractor_config\":"
      " {\"num_hidden_layers\": 1, \"num_attention_heads\": 2, \"intermediate_size\": 64}, \"num_query_tokens\": 4}}",
      tokenizer);
}

/* Two pictures with opposite facts, and a conversation whose second turn is about another class; numbers out of range are passed over. */
static const char records[] =
    "{\"image\": [\"scene_420.jpg\"], \"text\": \"Talk.\\nHuman: <image>\\nHuman: What is it?\\nAI: A dog.\\nHuman: And?\\nAI: No.\", \"task_type\": \"word,other\","
    " \"facts\": [{\"tokens\": {\"what\": [0, 1, 1, 2, 9, 1, 2, 7]}, \"patches\": {\"what\": [0, 1, 3, 0, 4, 1]}, \"searches\": {\"patch\": [0, 1, 0, 2, 3, 3, 4, 0, 0, 9]}}],"
    " \"said\": {\"token\": [0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 1, 1, 0, 0, 3, 2, 0, 2, 0, 0, 3, 5, 0, 0, 0, 4, 0, 0, 1, 0, 5, 0, 0, 0, 4], \"noun\": [0, 2, 1, 0, 5, 1], \"both\": [0, 2, 1, 1, 1, 1, 5, 1, 0, 0, 1, 7], \"reply\": [0, 0, 1, 1]}}\n"
    "{\"image\": [\"scene_cmyk.jpg\"], \"text\": \"Talk.\\nHuman: <image>\\nHuman: Where is it?\\nAI: A cat.\\nHuman: Now?\\nAI: Yes.\", \"task_type\": \"word,other\","
    " \"facts\": [{\"tokens\": {\"what\": [0, 2, 1, 0]}, \"patches\": {\"what\": [0, 0, 3, 1]}, \"searches\": {\"patch\": [0, 3]}}],"
    " \"said\": {\"token\": [0, 0, 0, 0, 3, 1, 1, 0, 0, 0], \"noun\": [0, 1, 1, 2], \"both\": [0, 0, 0, 1, 0, 2], \"reply\": [0, 1, 1, 0]}}\n";
static const char facts[] = "\"facts\": {\"weight\": 0.5, \"weights\": {\"noun\": 2.0}, \"classes\": {\"tokens\": {\"what\": 3}, \"patches\": {\"what\": 2}, \"replies\": {\"noun\": 3}, \"differences\": {\"both\": 3}, \"answers\": {\"reply\": 2}, \"looks\": {\"token\": 2}, \"searches\": {\"patch\": 1}}}";

static char *
run (OwlTrainConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlTrainer) trainer = owl_trainer_open (config, FALSE, &error);

  g_assert_no_error (error);
  g_assert_true (owl_trainer_run (trainer, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  return owl_trainer_take_facts (trainer);
}

/* With the sanitisers a few steps do. */
#ifdef __SANITIZE_ADDRESS__
#define N_STEPS 4
#define LEARNS FALSE
#else
#define N_STEPS 120
#define LEARNS TRUE
#endif

static void
test_facts (void)
{
  g_autofree char *model = new_model (), *extra = g_strdup_printf ("\"steps\": %d, %s", N_STEPS, facts), *again = g_strdup_printf ("\"steps\": 1, %s", facts);
  g_autoptr (OwlTrainConfig) first = configure ("first", model, extra), second = configure ("second", "\"first\"", again);
  g_autoptr (OwlTrainConfig) without = configure ("without", "\"first\"", "\"steps\": 1");
  g_autofree char *told = NULL, *kept = NULL, *nothing = NULL;

  write_text ("facts.jsonl", records);
  told = run (first);
  g_assert_nonnull (strstr (told, "what ") && strstr (told, "patch what ") && strstr (told, "noun ") ? told : NULL);
  /* The layers that read the facts go from one run to the next, and what was learned is right there at once. */
  kept = run (second);
  if (LEARNS)
    g_assert_cmpstr (kept, ==, "what 1.000, patch what 1.000, noun 1.000, both 1.000, reply 1.000, look for token 1.000, search for patch 1.000");
  nothing = run (without);
  g_assert_null (nothing);
}

/* Weights that are none are refused by name. */
static void
test_weights (void)
{
  static const char *const wrong[] = { "[1.0]", "{\"noun\": -1.0}", "{\"noun\": \"much\"}" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *path = g_build_filename (scratch, "weights.json", NULL);
    g_autofree char *text = g_strdup_printf ("{\"model\": \"first\", \"output\": \"none\", \"stage\": \"joint\", \"data\": [{\"file\": \"facts.jsonl\"}],"
                                             " \"facts\": {\"weights\": %s, \"classes\": {}}}", wrong[i]);
    g_autoptr (GError) error = NULL;

    write_text ("weights.json", text);
    g_assert_null (owl_train_config_read (path, &error));
    g_assert_nonnull (strstr (error->message, i == 0 ? "\"weights\"" : "\"noun\""));
  }
}

/* The signed loss as it is defined, in double precision: h [ROWS, WIDTH], w [CLASSES, WIDTH]. */
enum { ROWS = 5, WIDTH = 4, CLASSES = 6 };

static double
signed_loss (const double *h, const double *w, const gint32 *plus, const gint32 *minus)
{
  double loss = 0.0;

  for (int r = 0; r < ROWS; r++) {
    double sums[2] = { 0.0, 0.0 }, logits[CLASSES] = { 0.0 };

    for (int c = 0; c < CLASSES; c++) {
      for (int i = 0; i < WIDTH; i++)
        logits[c] += h[r * WIDTH + i] * w[c * WIDTH + i];
      sums[0] += exp (logits[c]);
      sums[1] += exp (-logits[c]);
    }
    loss += log (sums[0]) - logits[plus[r]] + log (sums[1]) + logits[minus[r]];
  }
  return loss;
}

static void
test_signed (void)
{
  static const gint32 plus[ROWS] = { 0, 3, 2, 5, 1 }, minus[ROWS] = { 4, 3, 0, 5, 2 }, row[ROWS] = { 0, 1, 2, 3, 4 };
  static const guint8 from[ROWS] = { OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER0 };
  const double scale = 0.5, step = 1e-5;
  double exact[(ROWS + CLASSES) * WIDTH], loss;
  g_autoptr (OwlParameters) parameters = owl_parameters_new ();
  OwlParameter *h = owl_parameters_add (parameters, "h", 2, (gsize[]){ ROWS, WIDTH }), *w = owl_parameters_add (parameters, "w", 2, (gsize[]){ CLASSES, WIDTH });
  OwlTape tape;
  gsize n_correct;

  owl_parameter_train (h);
  owl_parameter_train (w);
  for (int i = 0; i < (ROWS + CLASSES) * WIDTH; i++) {
    exact[i] = (i * 7 % 23 - 11) / 8.0;
    *(i < ROWS * WIDTH ? &h->value[i] : &w->value[i - ROWS * WIDTH]) = (float) exact[i];
  }
  owl_tape_init (&tape, NULL);
  loss = owl_tape_signed_cross_entropy (&tape, owl_tape_rows (&tape, NULL, NULL, h, NULL, ROWS, WIDTH, from, row), w, plus, minus, scale, &n_correct);
  owl_tape_backward (&tape);
  g_assert_cmpfloat_with_epsilon (loss, scale * signed_loss (exact, exact + ROWS * WIDTH, plus, minus), 1e-5);
  for (int i = 0; i < (ROWS + CLASSES) * WIDTH; i++) {
    double old = exact[i], up, down;

    exact[i] = old + step;
    up = signed_loss (exact, exact + ROWS * WIDTH, plus, minus);
    exact[i] = old - step;
    down = signed_loss (exact, exact + ROWS * WIDTH, plus, minus);
    exact[i] = old;
    g_assert_cmpfloat_with_epsilon (i < ROWS * WIDTH ? h->grad[i] : w->grad[i - ROWS * WIDTH], scale * (up - down) / (2.0 * step), 1e-5);
  }
  owl_tape_clear (&tape);
}

/* Where heads look, in double precision: one span of QUERIES and KEYS; one causal look at a key, one at two keys of which either will do, and one at all keys. */
enum { QUERIES = 3, KEYS = 4, HEADS = 2, HEAD = 2 };
static const gint32 looked_at[] = { 1, 0, 3, 0, 1, 2, 3 };
static const struct {
  gsize query, first, n;
} looks[] = { { 0, 0, 1 }, { 2, 1, 2 }, { 2, 3, 4 } };

static double
look_loss (const double *q, const double *k, guint look, gboolean *right)
{
  double missed = 1.0;

  *right = FALSE;
  for (int head = 0; head < HEADS; head++) {
    double sum = 0.0, wanted = 0.0, p[KEYS];
    int seen = KEYS - QUERIES + (int) looks[look].query + 1;

    for (int j = 0; j < seen; j++) {
      p[j] = 0.0;
      for (int i = 0; i < HEAD; i++)
        p[j] += q[looks[look].query * HEADS * HEAD + (gsize) (head * HEAD + i)] * k[j * HEADS * HEAD + head * HEAD + i];
      sum += p[j] = exp (p[j] / sqrt (HEAD));
    }
    for (gsize j = 0; j < looks[look].n; j++)
      wanted += p[looked_at[looks[look].first + j]] / sum;
    *right = *right || wanted > 0.5;
    missed *= 1.0 - wanted;
  }
  return -log (1.0 - missed);
}

static void
test_looks (void)
{
  static const OwlTapeSpan span = { 0, QUERIES, 0, KEYS };
  static const guint8 from[] = { OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER0, OWL_ROW_PARAMETER0 };
  static const gint32 row[] = { 0, 1, 2, 3 };
  const double scale = 0.7, step = 1e-5;
  double exact[(QUERIES + KEYS) * HEADS * HEAD];
  g_autoptr (OwlParameters) parameters = owl_parameters_new ();
  OwlParameter *q = owl_parameters_add (parameters, "q", 2, (gsize[]){ QUERIES, HEADS * HEAD }), *k = owl_parameters_add (parameters, "k", 2, (gsize[]){ KEYS, HEADS * HEAD });
  OwlTapeLook wanted[G_N_ELEMENTS (looks)];
  OwlTapeHeads of_q, of_k;
  OwlNode *out;
  OwlTape tape;
  gboolean right;

  owl_parameter_train (q);
  owl_parameter_train (k);
  for (gsize i = 0; i < G_N_ELEMENTS (exact); i++) {
    exact[i] = ((double) (i * 7 % 23) - 11.0) / 5.0;
    *(i < QUERIES * HEADS * HEAD ? &q->value[i] : &k->value[i - QUERIES * HEADS * HEAD]) = (float) exact[i];
  }
  for (guint i = 0; i < G_N_ELEMENTS (looks); i++)
    wanted[i] = (OwlTapeLook){ .span = 0, .query = looks[i].query, .keys = looked_at + looks[i].first, .n_keys = looks[i].n, .scale = scale };
  owl_tape_init (&tape, NULL);
  of_q = (OwlTapeHeads){ owl_tape_rows (&tape, NULL, NULL, q, NULL, QUERIES, HEADS * HEAD, from, row), 0, HEAD };
  of_k = (OwlTapeHeads){ owl_tape_rows (&tape, NULL, NULL, k, NULL, KEYS, HEADS * HEAD, from, row), 0, HEAD };
  out = owl_tape_attention (&tape, of_q, of_k, of_k, HEADS, HEAD, &span, 1, TRUE, NULL, wanted, G_N_ELEMENTS (wanted));
  owl_node_grad (&tape, out);
  owl_tape_backward (&tape);
  for (guint i = 0; i < G_N_ELEMENTS (looks); i++) {
    g_assert_cmpfloat_with_epsilon (wanted[i].loss, scale * look_loss (exact, exact + QUERIES * HEADS * HEAD, i, &right), 1e-5);
    g_assert_cmpint (wanted[i].right, ==, right);
  }
  g_assert_true (wanted[2].right);
  for (gsize i = 0; i < G_N_ELEMENTS (exact); i++) {
    double old = exact[i], change = 0.0;

    for (guint j = 0; j < G_N_ELEMENTS (looks); j++) {
      exact[i] = old + step;
      change += look_loss (exact, exact + QUERIES * HEADS * HEAD, j, &right);
      exact[i] = old - step;
      change -= look_loss (exact, exact + QUERIES * HEADS * HEAD, j, &right);
      exact[i] = old;
    }
    g_assert_cmpfloat_with_epsilon (i < QUERIES * HEADS * HEAD ? q->grad[i] : k->grad[i - QUERIES * HEADS * HEAD], scale * change / (2.0 * step), 2e-5);
  }
  owl_tape_clear (&tape);
}

/* A layer that is not there is refused. */
static void
test_layers (void)
{
  g_autoptr (OwlTrainConfig) deep = configure ("deep", "\"first\"", "\"steps\": 1, \"facts\": {\"classes\": {\"looks\": {\"token\": 3}}}");
  g_autoptr (GError) error = NULL;

  g_assert_null (owl_trainer_open (deep, FALSE, &error));
  g_assert_nonnull (strstr (error->message, "\"token\""));
}

static void
test_image_size (void)
{
  g_autoptr (OwlTrainConfig) larger = configure ("larger", "\"first\"", "\"steps\": 1, \"image_size\": 56"), odd = configure ("odd", "\"first\"", "\"steps\": 1, \"image_size\": 30");
  g_autoptr (OwlTrainConfig) next = configure ("next", "\"larger\"", "\"steps\": 1");
  g_autofree char *path = g_build_filename (scratch, "larger", "vision.gguf", NULL), *told = run (larger), *more = NULL;
  g_autoptr (OwlGguf) file = owl_gguf_open (path, NULL);
  g_autoptr (GError) error = NULL;
  gint64 size = 0;

  g_assert_nonnull (file);
  g_assert_true (owl_gguf_get_int (file, "clip.vision.image_size", &size));
  g_assert_cmpint (size, ==, 56);
  g_assert_cmpint (owl_gguf_find_tensor (file, "v.position_embd.weight")->ne[1], ==, 17);
  more = run (next);
  g_assert_null (owl_trainer_open (odd, FALSE, &error));
  g_assert_nonnull (strstr (error->message, "image_size 30"));
}

/* Equal positions stay equal when they are interpolated. */
static void
test_interpolation (void)
{
  g_autofree char *path = g_build_filename (scratch, "first", NULL);
  g_autoptr (OwlNetwork) network = owl_network_open (path, NULL);
  OwlParameter *p = network->position_embedding;

  for (gsize i = 0; i < owl_parameter_size (p); i++)
    p->value[i] = i < p->cols ? -1.0f : (float) (i % p->cols);
  g_assert_true (owl_network_set_image_size (network, 70, NULL));
  g_assert_cmpuint (p->rows, ==, 26);
  for (gsize i = 0; i < owl_parameter_size (p); i++)
    g_assert_cmpfloat_with_epsilon (p->value[i], i < p->cols ? -1.0f : (float) (i % p->cols), 1e-4f);
  /* A slope stays a slope. */
  for (gsize i = 0; i < 25; i++)
    for (gsize c = 0; c < p->cols; c++)
      p->value[(i + 1) * p->cols + c] = (float) (i % 5);
  g_assert_true (owl_network_set_image_size (network, 140, NULL));
  g_assert_cmpfloat_with_epsilon (p->value[(1 + 44) * p->cols], 1.75f, 1e-4f);
}

static void
test_spelled (void)
{
  g_autofree char *model = golden_path ("llama-tiny-f32/tokenizer.model"), *text = NULL;
  g_autoptr (OwlTokenizer) tokenizer = owl_tokenizer_new_from_sentencepiece (model, NULL);
  static const char words[] = "The light\nHuman: What?\nAI: the light\nHuman: So?\nAI: the light";
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32)), labels = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GArray) joined = g_array_new (FALSE, FALSE, sizeof (gint32)), letters = g_array_new (FALSE, FALSE, sizeof (gint32));
  gsize n_pictures, n_targets[2] = { 0, 0 };
  int turn = -1;

  owl_tokenizer_encode (tokenizer, "the light", 9, joined);
  owl_tokenizer_spell (tokenizer, "the light", 9, letters);
  g_assert_cmpuint (letters->len, ==, 10);
  g_assert_cmpuint (joined->len, <, letters->len);
  text = owl_tokenizer_decode (tokenizer, (const gint32 *) (const void *) letters->data, letters->len, NULL);
  g_assert_cmpstr (g_strstrip (text), ==, "the light");
  /* Of the two replies the second is spelled. */
  g_assert_true (owl_dataset_tokenise (tokenizer, words, strlen (words), 4, 200, 2, ids, labels, &n_pictures));
  for (guint i = 0; i < labels->len; i++) {
    gboolean target = g_array_index (labels, gint32, i) >= 0;

    turn += target && (i == 0 || g_array_index (labels, gint32, i - 1) < 0);
    if (target)
      n_targets[turn]++;
  }
  g_assert_cmpint (turn, ==, 1);
  g_assert_cmpuint (n_targets[0], ==, joined->len + 1);
  g_assert_cmpuint (n_targets[1], ==, letters->len + 1);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  scratch = g_dir_make_tmp ("owl-facts-XXXXXX", NULL);
  g_test_add_func ("/train/facts", test_facts);
  g_test_add_func ("/train/weights", test_weights);
  g_test_add_func ("/train/signed", test_signed);
  g_test_add_func ("/train/looks", test_looks);
  g_test_add_func ("/train/layers", test_layers);
  g_test_add_func ("/train/image-size", test_image_size);
  g_test_add_func ("/train/interpolation", test_interpolation);
  g_test_add_func ("/train/spelled", test_spelled);
  result = g_test_run ();
  remove_tree (scratch);
  g_free (scratch);
  return result;
}
