/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Tokenizers against reference data: texts to ids, ids to texts, and texts that come token by token. */
#include "text/tokenizer.h"

#include "golden-util.h"

#include <string.h>

/* Calls `check` for each line of a JSON lines file, and returns their number. */
static int
each_line (const char *name, void (*check) (const OwlTokenizer *, json_t *), const OwlTokenizer *tokenizer)
{
  g_autofree char *path = golden_path (name), *contents = NULL;
  g_auto (GStrv) lines = NULL;
  int n = 0;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", -1);
  for (gsize i = 0; lines[i]; i++) {
    json_t *line;

    if (!*lines[i])
      continue;
    line = json_loads (lines[i], JSON_ALLOW_NUL, NULL);
    g_assert_nonnull (line);
    check (tokenizer, line);
    json_decref (line);
    n++;
  }
  return n;
}

/* "text", or "hex" for bytes that are not UTF-8. */
static char *
line_text (json_t *line, gsize *length)
{
  json_t *text = json_object_get (line, "text");
  const char *hex = json_string_value (json_object_get (line, "hex"));
  char *bytes;

  if (text) {
    *length = json_string_length (text);
    return g_memdup2 (json_string_value (text), *length + 1);
  }
  g_assert_nonnull (hex);
  *length = strlen (hex) / 2;
  bytes = g_malloc (*length + 1);
  for (gsize i = 0; i < *length; i++)
    bytes[i] = (char) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  return bytes;
}

static GArray *
line_ids (json_t *line)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  json_t *id;
  size_t i;

  json_array_foreach (json_object_get (line, "ids"), i, id) {
    gint32 value = (gint32) json_integer_value (id);

    g_array_append_val (ids, value);
  }
  return ids;
}

static void
assert_ids (const GArray *ids, const GArray *expected, const char *what)
{
  if (ids->len != expected->len || (ids->len > 0 && memcmp (ids->data, expected->data, ids->len * sizeof (gint32)) != 0))
    g_error ("other ids for: %s", what);
}

static void
check_decoded (const OwlTokenizer *tokenizer, json_t *line)
{
  g_autoptr (GArray) ids = line_ids (line);
  json_t *decoded = json_object_get (line, "decoded");
  g_autoptr (OwlDetokenizer) detokenizer = owl_detokenizer_new (tokenizer);
  g_autoptr (GString) streamed = g_string_new (NULL);
  g_autofree char *text = NULL;
  gsize length;

  text = owl_tokenizer_decode (tokenizer, (const gint32 *) (const void *) ids->data, ids->len, &length);
  g_assert_cmpmem (text, length, json_string_value (decoded), json_string_length (decoded));

  /* Token by token: whole characters only, and the same text in the end. */
  for (guint i = 0; i < ids->len; i++) {
    gsize before = streamed->len;

    owl_detokenizer_push (detokenizer, g_array_index (ids, gint32, i), streamed);
    g_assert_true (g_utf8_validate_len (streamed->str + before, streamed->len - before, NULL) ||
                   memchr (streamed->str + before, 0, streamed->len - before));
  }
  owl_detokenizer_finish (detokenizer, streamed);
  g_assert_cmpmem (streamed->str, streamed->len, text, length);
}

static void
check_line (const OwlTokenizer *tokenizer, json_t *line)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32)), expected = line_ids (line);
  g_autofree char *text = NULL;
  gsize length;

  text = line_text (line, &length);
  owl_tokenizer_encode (tokenizer, text, length, ids);
  assert_ids (ids, expected, text);
  check_decoded (tokenizer, line);
}

static void
test_llama (void)
{
  g_autofree char *path = golden_path ("llama-tiny/tokenizer.model");
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlTokenizer) tokenizer = owl_tokenizer_new_from_sentencepiece (path, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (owl_tokenizer_get_n_tokens (tokenizer), ==, 597);
  g_assert_cmpint (owl_tokenizer_get_bos (tokenizer), ==, 1);
  g_assert_cmpint (owl_tokenizer_get_eos (tokenizer), ==, 2);
  g_assert_cmpint (each_line ("tokenizer/llama.jsonl", check_line, tokenizer), >, 100);
  g_assert_cmpint (each_line ("tokenizer/llama_decode.jsonl", check_decoded, tokenizer), >, 20);
}

/* BLOOM's, by way of the conversion. */
static void
test_bloom (void)
{
  g_autofree char *source = golden_path ("bloom-tiny"), *scratch = make_scratch (), *model = g_build_filename (scratch, "model", NULL);
  g_autofree char *path = g_build_filename (model, "language.gguf", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlGguf) file = NULL;
  g_autoptr (OwlTokenizer) tokenizer = NULL;

  g_free (owl_run ("convert", source, model, NULL));
  file = owl_gguf_open (path, &error);
  g_assert_no_error (error);
  tokenizer = owl_tokenizer_new_from_gguf (file, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (owl_tokenizer_get_n_tokens (tokenizer), ==, 704);
  g_assert_false (owl_tokenizer_is_unsampled (tokenizer, 698));
  g_assert_true (owl_tokenizer_is_unsampled (tokenizer, 699));
  g_assert_cmpint (each_line ("tokenizer/bloom.jsonl", check_line, tokenizer), >, 100);
  g_assert_cmpint (each_line ("tokenizer/bloom_decode.jsonl", check_decoded, tokenizer), >, 20);
  remove_tree (scratch);
}

/* The original LLaMA vocabulary, where it is at hand. */
static void
test_real_llama (void)
{
  static const char separator[] = "\n__ggml_vocab_test__\n";
  const char *folder = g_getenv ("OWL_REAL_DATA");
  g_autofree char *stem = g_build_filename (folder ? folder : "", "llama-spm", "ggml-vocab-llama-spm.gguf", NULL);
  g_autofree char *in_path = g_strconcat (stem, ".inp", NULL), *out_path = g_strconcat (stem, ".out", NULL);
  g_autofree char *in = NULL, *out = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlGguf) file = NULL;
  g_autoptr (OwlTokenizer) tokenizer = NULL;
  g_auto (GStrv) texts = NULL, lines = NULL;
  gsize n = 0;

  if (!g_file_test (stem, G_FILE_TEST_EXISTS)) {
    g_test_skip ("the vocabulary of another project is not at hand");
    return;
  }
  file = owl_gguf_open (stem, &error);
  g_assert_no_error (error);
  tokenizer = owl_tokenizer_new_from_gguf (file, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (in_path, &in, NULL, NULL) && g_file_get_contents (out_path, &out, NULL, NULL));
  texts = g_strsplit (in, separator, -1);
  lines = g_strsplit (out, "\n", -1);
  /* The mark follows every text, so what is after the last one is none. */
  for (; texts[n + 1]; n++) {
    g_auto (GStrv) numbers = g_strsplit (g_strstrip (lines[n]), " ", -1);
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32)), expected = g_array_new (FALSE, FALSE, sizeof (gint32));

    for (gsize i = 0; numbers[i]; i++) {
      gint32 id = (gint32) g_ascii_strtoll (numbers[i], NULL, 10);

      if (*numbers[i])
        g_array_append_val (expected, id);
    }
    owl_tokenizer_encode (tokenizer, texts[n], strlen (texts[n]), ids);
    assert_ids (ids, expected, texts[n]);
  }
  g_assert_cmpuint (n, ==, 46);
}

/* A long text takes time that grows with its length, not with its square: half a million characters end soon. */
static void
test_long (void)
{
  g_autofree char *path = golden_path ("llama-tiny/tokenizer.model"), *text = g_strnfill (500000, 'a');
  g_autoptr (OwlTokenizer) tokenizer = owl_tokenizer_new_from_sentencepiece (path, NULL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *decoded = NULL;

  owl_tokenizer_encode (tokenizer, text, 500000, ids);
  decoded = owl_tokenizer_decode (tokenizer, (const gint32 *) (const void *) ids->data, ids->len, NULL);
  g_assert_cmpstr (decoded, ==, text);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer/llama", test_llama);
  g_test_add_func ("/tokenizer/bloom", test_bloom);
  g_test_add_func ("/tokenizer/real-llama", test_real_llama);
  g_test_add_func ("/tokenizer/long", test_long);
  return g_test_run ();
}
