/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/new-model.h"

#include "convert/convert.h"
#include "files/new-file.h"
#include "text/tokenizer.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define DEVIATION 0.02

/* The checkpoint in the official layout that the model folder is converted from. */
typedef struct {
  json_t *header; /* of the safetensors file */
  GArray *values; /* float */
  GRand *rand;
  const char *failed; /* a number that is missing */
} Checkpoint;

static gsize
number (Checkpoint *c, json_t *object, const char *key, gsize max)
{
  json_t *value = json_object_get (object, key);

  if (!json_is_integer (value) || json_integer_value (value) < 1 || (gsize) json_integer_value (value) > max) {
    c->failed = c->failed ? c->failed : key;
    return 1;
  }
  return (gsize) json_integer_value (value);
}

/* Normal, by Box and Muller. */
static float
draw (GRand *rand)
{
  return (float) (DEVIATION * sqrt (-2.0 * log (1.0 - g_rand_double (rand))) * cos (2.0 * G_PI * g_rand_double (rand)));
}

/* `deviation` of the values around `mean`; 0: all equal. */
static void
add (Checkpoint *c, const char *name, const gsize *dims, gsize n_dims, float mean, gboolean random)
{
  gsize begin = c->values->len * sizeof (float), n = 1;
  json_t *shape = json_array ();

  for (gsize i = 0; i < n_dims; i++) {
    n *= dims[i];
    json_array_append_new (shape, json_integer ((json_int_t) dims[i]));
  }
  for (gsize i = 0; i < n; i++) {
    float value = random ? mean + draw (c->rand) : mean;

    g_array_append_val (c->values, value);
  }
  json_object_set_new (c->header, name,
                       json_pack ("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets", (json_int_t) begin,
                                  (json_int_t) (begin + n * sizeof (float))));
}

static void
add_matrix (Checkpoint *c, gsize out, gsize in, gboolean bias, const char *prefix, const char *name)
{
  g_autofree char *weight = g_strconcat (prefix, name, ".weight", NULL), *b = g_strconcat (prefix, name, ".bias", NULL);

  add (c, weight, (gsize[]){ out, in }, 2, 0.0f, TRUE);
  if (bias)
    add (c, b, &out, 1, 0.0f, FALSE);
}

static void
add_norm (Checkpoint *c, gsize width, gboolean bias, const char *prefix, const char *name)
{
  g_autofree char *weight = g_strconcat (prefix, name, ".weight", NULL), *b = g_strconcat (prefix, name, ".bias", NULL);

  add (c, weight, &width, 1, 1.0f, FALSE);
  if (bias)
    add (c, b, &width, 1, 0.0f, FALSE);
}

static void
add_decoder (Checkpoint *c, json_t *text, gsize vocabulary)
{
  gsize width = number (c, text, "hidden_size", 32768), layers = number (c, text, "num_hidden_layers", 256);
  gsize ffn = number (c, text, "intermediate_size", 1 << 18);

  if (c->failed)
    return;
  add_matrix (c, vocabulary, width, FALSE, "language_model.model.", "embed_tokens");
  for (gsize i = 0; i < layers; i++) {
    g_autofree char *prefix = g_strdup_printf ("language_model.model.layers.%" G_GSIZE_FORMAT ".", i);

    add_norm (c, width, FALSE, prefix, "input_layernorm");
    add_matrix (c, width, width, FALSE, prefix, "self_attn.q_proj");
    add_matrix (c, width, width, FALSE, prefix, "self_attn.k_proj");
    add_matrix (c, width, width, FALSE, prefix, "self_attn.v_proj");
    add_matrix (c, width, width, FALSE, prefix, "self_attn.o_proj");
    add_norm (c, width, FALSE, prefix, "post_attention_layernorm");
    add_matrix (c, ffn, width, FALSE, prefix, "mlp.gate_proj");
    add_matrix (c, ffn, width, FALSE, prefix, "mlp.up_proj");
    add_matrix (c, width, ffn, FALSE, prefix, "mlp.down_proj");
  }
  add_norm (c, width, FALSE, "language_model.model.", "norm");
  add_matrix (c, vocabulary, width, FALSE, "language_model.", "lm_head");
}

static void
add_vision (Checkpoint *c, json_t *shape)
{
  json_t *vision = json_object_get (shape, "vision_config"), *abstractor = json_object_get (shape, "visual_abstractor_config");
  gsize width = number (c, vision, "hidden_size", 32768), layers = number (c, vision, "num_hidden_layers", 256);
  gsize ffn = number (c, vision, "intermediate_size", 1 << 18), image = number (c, vision, "image_size", 4096);
  gsize patch = number (c, vision, "patch_size", image), queries = number (c, shape, "num_query_tokens", 4096);
  gsize a_layers = number (c, abstractor, "num_hidden_layers", 256), a_ffn = number (c, abstractor, "intermediate_size", 1 << 18);
  gsize out = number (c, json_object_get (shape, "text_config"), "hidden_size", 32768), side = image / patch;

  if (c->failed)
    return;
  add (c, "vision_model.embeddings.cls_token", (gsize[]){ 1, 1, width }, 3, 0.0f, TRUE);
  add (c, "vision_model.embeddings.patch_embed.weight", (gsize[]){ width, 3, patch, patch }, 4, 0.0f, TRUE);
  add (c, "vision_model.embeddings.position_embedding", (gsize[]){ 1, side * side + 1, width }, 3, 0.0f, TRUE);
  add_norm (c, width, TRUE, "vision_model.embeddings.", "pre_layernorm");
  for (gsize i = 0; i < layers; i++) {
    g_autofree char *prefix = g_strdup_printf ("vision_model.encoder.layers.%" G_GSIZE_FORMAT ".", i);

    add_norm (c, width, TRUE, prefix, "input_layernorm");
    add_matrix (c, 3 * width, width, TRUE, prefix, "self_attn.query_key_value");
    add_matrix (c, width, width, TRUE, prefix, "self_attn.dense");
    add_norm (c, width, TRUE, prefix, "post_attention_layernorm");
    add_matrix (c, ffn, width, TRUE, prefix, "mlp.fc1");
    add_matrix (c, width, ffn, TRUE, prefix, "mlp.fc2");
  }
  add_norm (c, width, TRUE, "vision_model.", "post_layernorm");
  add (c, "query_tokens", (gsize[]){ 1, queries, width }, 3, 0.0f, TRUE);
  for (gsize i = 0; i < a_layers; i++) {
    g_autofree char *prefix = g_strdup_printf ("abstractor.encoder.layers.%" G_GSIZE_FORMAT ".crossattention.", i);

    add_norm (c, width, TRUE, prefix, "norm1");
    add_norm (c, width, TRUE, prefix, "normk");
    add_matrix (c, width, width, TRUE, prefix, "attention.query");
    add_matrix (c, width, width, TRUE, prefix, "attention.key");
    add_matrix (c, width, width, TRUE, prefix, "attention.value");
    add_matrix (c, width, width, TRUE, prefix, "output.out_proj");
    add_norm (c, width, TRUE, prefix, "output.norm2");
    add_matrix (c, a_ffn, width, TRUE, prefix, "output.mlp.w1");
    add_matrix (c, a_ffn, width, TRUE, prefix, "output.mlp.w3");
    add_norm (c, a_ffn, TRUE, prefix, "output.mlp.ffn_ln");
    add_matrix (c, width, a_ffn, TRUE, prefix, "output.mlp.w2");
  }
  add_matrix (c, out, width, TRUE, "abstractor.", "visual_fc");
  add (c, "abstractor.vit_eos", (gsize[]){ 1, 1, out }, 3, 0.0f, TRUE);
}

static gboolean
write_safetensors (Checkpoint *c, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL), *header = json_dumps (c->header, JSON_COMPACT);
  guint64 length = GUINT64_TO_LE ((guint64) strlen (header));
  g_autoptr (OwlNewFile) file = owl_new_file_create (path, error);

  return file && owl_new_file_write (file, &length, sizeof length, error) && owl_new_file_write (file, header, strlen (header), error) &&
         owl_new_file_write (file, c->values->data, c->values->len * sizeof (float), error) && owl_new_file_finish (file, error);
}

static gboolean
write_folder (Checkpoint *c, json_t *shape, const char *tokenizer, const char *folder, GError **error)
{
  g_autofree char *config = g_build_filename (folder, "config.json", NULL), *model = g_build_filename (folder, "tokenizer.model", NULL);
  g_autoptr (GFile) from = g_file_new_for_path (tokenizer), to = g_file_new_for_path (model);

  if (json_dump_file (shape, config, 0) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", config, g_strerror (errno));
    return FALSE;
  }
  return g_file_copy (from, to, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error) && write_safetensors (c, folder, error);
}

static void
remove_folder (const char *folder)
{
  static const char *const names[] = { "config.json", "tokenizer.model", "model.safetensors" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}

gboolean
owl_new_model_make (json_t *shape, const char *tokenizer, guint64 seed, const char *dest, GError **error)
{
  g_autoptr (OwlTokenizer) t = owl_tokenizer_new_from_sentencepiece (tokenizer, error);
  g_autofree char *folder = g_strconcat (dest, ".making", NULL);
  OwlConvertOptions options = { 0 };
  Checkpoint c = { 0 };
  gboolean done = FALSE;

  if (!t)
    return FALSE;
  c.header = json_object ();
  c.values = g_array_new (FALSE, FALSE, sizeof (float));
  c.rand = g_rand_new_with_seed ((guint32) seed);
  add_decoder (&c, json_object_get (shape, "text_config"), owl_tokenizer_get_n_tokens (t));
  if (json_object_get (shape, "vision_config"))
    add_vision (&c, shape);
  if (c.failed)
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "the shape of the new model: \"%s\" is missing or out of range", c.failed);
  else if (g_mkdir_with_parents (folder, 0755) != 0)
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", folder, g_strerror (errno));
  else
    done = write_folder (&c, shape, tokenizer, folder, error) && owl_convert_checkpoint (folder, dest, &options, NULL, error);
  remove_folder (folder);
  g_rand_free (c.rand);
  g_array_unref (c.values);
  json_decref (c.header);
  return done;
}
