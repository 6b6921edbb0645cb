/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Readers of model files: what other programs write is read, and what is damaged or hostile is refused without harm. */
#include "files/checkpoint.h"
#include "files/gguf.h"
#include "files/pickle.h"
#include "text/tokenizer.h"

#include "golden-util.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *folder;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = make_scratch ();
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_tree (f->folder);
  g_free (f->folder);
}

/* Without the flush to the disk that g_file_set_contents does; a file that is there goes first, since it would not be shortened. */
static void
write_quickly (const char *path, const void *bytes, gsize size)
{
  g_unlink (path);
  g_assert_true (g_file_set_contents_full (path, bytes, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static char *
in_folder (Fixture *f, const char *name)
{
  return g_build_filename (f->folder, name, NULL);
}

static void
write_gguf (const char *path)
{
  static const char *const tokens[] = { "<unk>", "<s>", "</s>", "a", "b" };
  static const float scores[] = { 0, 0, 0, -1, -2 };
  static const gint32 kinds[] = { 2, 3, 3, 1, 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlGgufWriter) w = owl_gguf_writer_new (path, &error);
  float values[3 * 5 + 7] = { 1, 2, 3 };

  g_assert_no_error (error);
  owl_gguf_writer_set_string (w, "general.architecture", "llama");
  owl_gguf_writer_set_u32 (w, "llama.block_count", 2);
  owl_gguf_writer_set_f32 (w, "llama.eps", 0.25f);
  owl_gguf_writer_set_bool (w, "llama.flag", TRUE);
  owl_gguf_writer_set_string (w, "tokenizer.ggml.model", "llama");
  owl_gguf_writer_set_array_string (w, "tokenizer.ggml.tokens", tokens, NULL, G_N_ELEMENTS (tokens));
  owl_gguf_writer_set_array_f32 (w, "tokenizer.ggml.scores", scores, G_N_ELEMENTS (scores));
  owl_gguf_writer_set_array_i32 (w, "tokenizer.ggml.token_type", kinds, G_N_ELEMENTS (kinds));
  owl_gguf_writer_add_tensor (w, "matrix", OWL_TYPE_F32, 2, (gint64[]){ 3, 5 });
  owl_gguf_writer_add_tensor (w, "vector", OWL_TYPE_F32, 1, (gint64[]){ 7 });
  g_assert_true (owl_gguf_writer_begin (w, &error));
  /* In uneven pieces, across the border between the tensors. */
  g_assert_true (owl_gguf_writer_write (w, values, 4 * sizeof (float), &error));
  g_assert_true (owl_gguf_writer_write (w, values + 4, 13 * sizeof (float), &error));
  g_assert_true (owl_gguf_writer_write (w, values + 17, 5 * sizeof (float), &error));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (owl_gguf_writer_finish (w, &error));
  g_assert_no_error (error);
}

static void
test_gguf_round_trip (Fixture *f, gconstpointer data)
{
  g_autofree char *path = in_folder (f, "a.gguf"), *copy_path = in_folder (f, "b.gguf");
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlGguf) file = NULL, copy = NULL;
  g_autoptr (OwlGgufWriter) w = NULL;
  const OwlTensor *tensor;
  gint64 number;
  double real;
  gboolean flag;
  gsize length;

  write_gguf (path);
  file = owl_gguf_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (owl_gguf_get_n_tensors (file), ==, 2);
  tensor = owl_gguf_require_tensor (file, "matrix", 3, 5, &error);
  g_assert_nonnull (tensor);
  g_assert_cmpfloat (((const float *) tensor->data)[2], ==, 3.0f);
  g_assert_null (owl_gguf_require_tensor (file, "matrix", 5, 3, &error));
  g_assert_nonnull (strstr (error->message, "matrix"));
  g_assert_true (owl_gguf_get_int (file, "llama.block_count", &number) && number == 2);
  g_assert_true (owl_gguf_get_float (file, "llama.eps", &real) && real == 0.25);
  g_assert_true (owl_gguf_get_bool (file, "llama.flag", &flag) && flag);
  g_assert_false (owl_gguf_get_int (file, "general.architecture", &number));
  g_assert_cmpmem (owl_gguf_get_array_string (file, "tokenizer.ggml.tokens", 3, &length), 1, "a", 1);

  w = owl_gguf_writer_new (copy_path, NULL);
  owl_gguf_writer_set_u32 (w, "llama.block_count", 9);
  owl_gguf_writer_copy_metadata (w, file);
  g_assert_true (owl_gguf_writer_begin (w, NULL) && owl_gguf_writer_finish (w, NULL));
  copy = owl_gguf_open (copy_path, NULL);
  g_assert_nonnull (copy);
  g_assert_true (owl_gguf_get_int (copy, "llama.block_count", &number) && number == 9);
  g_assert_cmpuint (owl_gguf_get_n_keys (copy), ==, owl_gguf_get_n_keys (file));
}

/* Looks at everything in a file that opens. */
static void
use_gguf (const OwlGguf *file)
{
  g_autoptr (OwlTokenizer) tokenizer = NULL;
  guint sum = 0;

  for (gsize i = 0; i < owl_gguf_get_n_tensors (file); i++) {
    const OwlTensor *t = owl_gguf_get_tensor (file, i);

    for (gsize byte = 0; byte < t->size; byte++)
      sum += ((const guint8 *) t->data)[byte];
  }
  for (gsize i = 0; i < owl_gguf_get_n_keys (file); i++) {
    OwlGgufType type;
    const char *key = owl_gguf_get_key (file, i, &type);
    gint64 number;
    double real;

    owl_gguf_get_int (file, key, &number);
    owl_gguf_get_float (file, key, &real);
  }
  tokenizer = owl_tokenizer_new_from_gguf (file, NULL);
  if (tokenizer) {
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

    owl_tokenizer_encode (tokenizer, "abba", 4, ids);
  }
  g_test_message ("%u", sum);
}

static void
try_gguf (const char *path, const guint8 *bytes, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlGguf) file = NULL;

  write_quickly (path, bytes, size);
  file = owl_gguf_open (path, &error);
  g_assert_true ((file == NULL) == (error != NULL));
  if (file)
    use_gguf (file);
}

static void
test_gguf_damage (Fixture *f, gconstpointer data)
{
  g_autofree char *path = in_folder (f, "a.gguf"), *damaged = in_folder (f, "d.gguf"), *contents = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gsize size;

  write_gguf (path);
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  for (gsize n = 0; n < size; n++)
    try_gguf (damaged, (const guint8 *) contents, n);
  for (int i = 0; i < 3000; i++) {
    g_autofree guint8 *bytes = g_memdup2 (contents, size);

    for (int flips = g_rand_int_range (rand, 1, 4); flips > 0; flips--)
      bytes[g_rand_int_range (rand, 0, (int) size)] = g_rand_boolean (rand) ? 0xff : (guint8) g_rand_int (rand);
    try_gguf (damaged, bytes, size);
  }
}

static void
compare_checkpoints (const char *a_name, const char *b_name)
{
  g_autofree char *a_path = golden_path (a_name), *b_path = golden_path (b_name);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlCheckpoint) a = owl_checkpoint_open (a_path, &error), b = NULL;
  gsize n_compared = 0;

  g_assert_no_error (error);
  b = owl_checkpoint_open (b_path, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < owl_checkpoint_get_n_tensors (a); i++) {
    const OwlCheckpointTensor *x = owl_checkpoint_get_tensor (a, i), *y = owl_checkpoint_find (b, x->name);
    gsize n = x->size / owl_type_block_size (x->type);
    g_autofree float *xv = g_new (float, n), *yv = g_new (float, n);

    /* Buffers of rotary frequencies are in some files only. */
    if (!y) {
      g_assert_nonnull (strstr (x->name, "inv_freq"));
      continue;
    }
    g_assert_cmpint (x->n_dims, ==, y->n_dims);
    g_assert_cmpmem (x->shape, sizeof x->shape, y->shape, sizeof y->shape);
    owl_type_to_f32 (x->type, x->data, xv, n);
    owl_type_to_f32 (y->type, y->data, yv, n);
    /* Frequencies are rounded to the type of their file. */
    if (!strstr (x->name, "inv_freq"))
      g_assert_cmpmem (xv, n * sizeof *xv, yv, n * sizeof *yv);
    n_compared++;
  }
  g_assert_cmpuint (n_compared, >, 100);
}

static void
test_checkpoints (Fixture *f, gconstpointer data)
{
  compare_checkpoints ("llama-tiny", "llama-tiny-f32");
  compare_checkpoints ("llama-tiny", "llama-tiny-safetensors");
}

/* Damages one file of a small checkpoint in its first or last `reach` bytes, many times. */
static void
damage_checkpoint (Fixture *f, const char *source, const char *name, gsize reach, int n_times)
{
  g_autofree char *in = g_build_filename (source, name, NULL), *out = in_folder (f, name), *contents = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  gsize size;
  int n_refused = 0;

  g_assert_true (g_file_get_contents (in, &contents, &size, NULL));
  reach = MIN (reach, size);
  for (int i = 0; i < n_times; i++) {
    g_autofree guint8 *bytes = g_memdup2 (contents, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlCheckpoint) checkpoint = NULL;
    gsize length = size;

    if (i % 4 == 0)
      length = (gsize) g_rand_int_range (rand, 0, (int) size);
    for (int flips = g_rand_int_range (rand, 1, 4); i % 4 != 0 && flips > 0; flips--) {
      gsize at = (gsize) g_rand_int_range (rand, 0, (int) reach);

      bytes[g_rand_boolean (rand) ? at : size - 1 - at] = (guint8) g_rand_int (rand);
    }
    write_quickly (out, bytes, length);
    checkpoint = owl_checkpoint_open (f->folder, &error);
    g_assert_true ((checkpoint == NULL) == (error != NULL));
    n_refused += checkpoint == NULL;
    for (gsize t = 0; checkpoint && t < owl_checkpoint_get_n_tensors (checkpoint); t++) {
      const OwlCheckpointTensor *tensor = owl_checkpoint_get_tensor (checkpoint, t);
      g_autofree guint8 *copy = g_memdup2 (tensor->data, tensor->size);

      g_assert_true (copy != NULL || tensor->size == 0);
    }
  }
  g_assert_cmpint (n_refused, >=, n_times / 4);
  g_unlink (out);
}

static void
test_checkpoint_damage (Fixture *f, gconstpointer data)
{
  g_autofree char *lora = golden_path ("llama-tiny-lora");

  damage_checkpoint (f, lora, "adapter_model.bin", 6000, 1500);
  damage_checkpoint (f, lora, "adapter_model.safetensors", 3000, 1500);
}

static void
test_missing_shard (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin" };
  g_autofree char *source = golden_path ("llama-tiny");
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *in = g_build_filename (source, names[i], NULL), *out = in_folder (f, names[i]), *contents = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (in, &contents, &size, NULL));
    g_assert_true (g_file_set_contents (out, contents, (gssize) size, NULL));
  }
  g_assert_null (owl_checkpoint_open (f->folder, &error));
  g_assert_nonnull (strstr (error->message, "pytorch_model-00002-of-00002.bin"));
}

/* Pickles that want more than to describe tensors. */
static void
test_pickles (void)
{
  static const struct {
    const char *bytes;
    gsize size;
  } hostile[] = {
#define PICKLE(text) { text, sizeof (text) - 1 }
    PICKLE ("\x80\x02" "cos\nsystem\nU\x02" "id\x85R."),
    PICKLE ("\x80\x02" "cbuiltins\neval\nU\x01" "1\x85R."),
    PICKLE ("\x80\x02" "}q\x00(X\x01\x00\x00\x00" "ax\x01u."),
    PICKLE ("\x80\x02" "}."  "\x00") ,
    PICKLE ("\x80\x02" "}X\x01\x00\x00\x00" "aK\x01s."),
    PICKLE ("\x80\x02" "h\x07."),
    PICKLE ("\x80\x02" "R."),
    PICKLE ("\x80\x02" "u."),
    PICKLE ("\x80\x02" "X\xff\xff\xff\xff" "a."),
    PICKLE ("\x80\x02" "\x8a\xff" "."),
    PICKLE ("\x80\x04" "\x8c\x02" "os\x8c\x06system\x93."),
    PICKLE ("\x80\x02" "cos\nsystem"),
    PICKLE ("\x80\x02" "}(U\x01" "aK\x01" "b."),
    PICKLE ("\x80\x02" "ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x02K\x03K\x04tR."),
#undef PICKLE
  };
  g_autofree guint8 *deep = g_malloc (400000);

  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) tensors = owl_pickle_read_tensors ("test.bin", (const guint8 *) hostile[i].bytes, hostile[i].size, &error);

    /* An empty dictionary is the one that is harmless. */
    if (tensors)
      g_assert_cmpuint (tensors->len, ==, 0);
    else
      g_assert_nonnull (error);
    if (strstr (hostile[i].bytes, "cos"))
      g_assert_null (tensors);
  }
  /* A stack that grows without end, and tuples in tuples. */
  memset (deep, '(', 400000);
  g_assert_null (owl_pickle_read_tensors ("test.bin", deep, 400000, NULL));
  memset (deep, 0x85, 400000);
  deep[0] = 'N';
  g_assert_null (owl_pickle_read_tensors ("test.bin", deep, 400000, NULL));
}

/* Tokenizer files with random damage. */
static void
test_tokenizer_damage (Fixture *f, gconstpointer data)
{
  g_autofree char *source = golden_path ("llama-tiny"), *in = g_build_filename (source, "tokenizer.model", NULL), *out = in_folder (f, "t.model");
  g_autofree char *contents = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  gsize size;

  g_assert_true (g_file_get_contents (in, &contents, &size, NULL));
  for (int i = 0; i < 1000; i++) {
    g_autofree guint8 *bytes = g_memdup2 (contents, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (OwlTokenizer) tokenizer = NULL;
    gsize length = i % 3 == 0 ? (gsize) g_rand_int_range (rand, 0, (int) size) : size;

    for (int flips = 0; flips < 3; flips++)
      bytes[g_rand_int_range (rand, 0, (int) size)] = (guint8) g_rand_int (rand);
    write_quickly (out, bytes, length);
    tokenizer = owl_tokenizer_new_from_sentencepiece (out, &error);
    g_assert_true ((tokenizer == NULL) == (error != NULL));
    if (tokenizer) {
      g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
      g_autofree char *text = NULL;

      owl_tokenizer_encode (tokenizer, "How many birds? 何", strlen ("How many birds? 何"), ids);
      text = owl_tokenizer_decode (tokenizer, (const gint32 *) (const void *) ids->data, ids->len, NULL);
      g_assert_true (g_utf8_validate (text, -1, NULL));
    }
  }
}

/* Copies out of a mapped file are its bytes; one that was cut off meanwhile says so instead of ending the program. */
static void
test_mapped_copy (Fixture *f, gconstpointer data)
{
  g_autofree char *path = in_folder (f, "bytes");
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlMappedFile) file = NULL;
  guint8 bytes[9000], copy[9000];

  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (i * 7 + i / 256);
  write_quickly (path, bytes, sizeof bytes);
  file = owl_mapped_file_open (path, &error);
  g_assert_no_error (error);
  g_assert_true (owl_mapped_file_copy (file, owl_mapped_file_get_data (file) + 4095, 4905, copy));
  g_assert_cmpmem (copy, 4905, bytes + 4095, 4905);
  g_assert_cmpint (truncate (path, 5000), ==, 0);
  g_assert_true (owl_mapped_file_copy (file, owl_mapped_file_get_data (file), 5000, copy));
  g_assert_false (owl_mapped_file_copy (file, owl_mapped_file_get_data (file) + 4095, 4905, copy));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/gguf/round-trip", Fixture, NULL, set_up, test_gguf_round_trip, tear_down);
  g_test_add ("/mapped-file/copy", Fixture, NULL, set_up, test_mapped_copy, tear_down);
  g_test_add ("/gguf/damage", Fixture, NULL, set_up, test_gguf_damage, tear_down);
  g_test_add ("/checkpoint/forms", Fixture, NULL, set_up, test_checkpoints, tear_down);
  g_test_add ("/checkpoint/damage", Fixture, NULL, set_up, test_checkpoint_damage, tear_down);
  g_test_add ("/checkpoint/missing-shard", Fixture, NULL, set_up, test_missing_shard, tear_down);
  g_test_add_func ("/pickle/hostile", test_pickles);
  g_test_add ("/tokenizer/damage", Fixture, NULL, set_up, test_tokenizer_damage, tear_down);
  return g_test_run ();
}
