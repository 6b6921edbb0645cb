/* SPDX-License-Identifier: GPL-3.0-or-later */

/* make-slow-model TOKENIZER.gguf FOLDER: a model with random weights and the tokenizer of another, large enough that its (meaningless) answers
 * take some seconds, so that a test can watch one grow and stop it. */
#include "files/gguf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 768
#define N_LAYERS 40
#define N_HEADS 12
#define FFN 2048

typedef struct {
  char name[64];
  gint64 ne[2];
} Planned;

static GArray *planned;

/* Only pieces of plain words are ever said, so that the text is laid out like real text. */
static gboolean
is_plain (const OwlGguf *source, gsize id)
{
  gsize length;
  const char *piece = owl_gguf_get_array_string (source, "tokenizer.ggml.tokens", id, &length);
  gsize i = length > 3 && memcmp (piece, "\xe2\x96\x81", 3) == 0 ? 3 : 0;

  for (; i < length; i++)
    if (!g_ascii_islower (piece[i]))
      return FALSE;
  return length > 0;
}

static void plan (gint64 in, gint64 out, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
plan (gint64 in, gint64 out, const char *format, ...)
{
  Planned p = { .ne = { in, out } };
  va_list args;

  va_start (args, format);
  g_vsnprintf (p.name, sizeof p.name, format, args);
  va_end (args);
  g_array_append_val (planned, p);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlGguf) source = owl_gguf_open (argv[1], &error);
  g_autofree char *path = g_build_filename (argv[2], "language.gguf", NULL);
  g_autoptr (OwlGgufWriter) writer = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);
  gint64 vocabulary;

  if (!source)
    goto failed;
  vocabulary = owl_gguf_find_tensor (source, "token_embd.weight")->ne[1];
  g_mkdir_with_parents (argv[2], 0755);
  writer = owl_gguf_writer_new (path, &error);
  if (!writer)
    goto failed;
  owl_gguf_writer_set_string (writer, "general.name", "Slow");
  owl_gguf_writer_set_u32 (writer, "llama.embedding_length", WIDTH);
  owl_gguf_writer_set_u32 (writer, "llama.block_count", N_LAYERS);
  owl_gguf_writer_set_u32 (writer, "llama.feed_forward_length", FFN);
  owl_gguf_writer_set_u32 (writer, "llama.attention.head_count", N_HEADS);
  owl_gguf_writer_set_u32 (writer, "llama.attention.head_count_kv", N_HEADS);
  owl_gguf_writer_set_u32 (writer, "llama.rope.dimension_count", WIDTH / N_HEADS);
  owl_gguf_writer_copy_metadata (writer, source);

  planned = g_array_new (FALSE, FALSE, sizeof (Planned));
  plan (WIDTH, vocabulary, "token_embd.weight");
  for (int i = 0; i < N_LAYERS; i++) {
    plan (WIDTH, 1, "blk.%d.attn_norm.weight", i);
    plan (WIDTH, WIDTH, "blk.%d.attn_q.weight", i);
    plan (WIDTH, WIDTH, "blk.%d.attn_k.weight", i);
    plan (WIDTH, WIDTH, "blk.%d.attn_v.weight", i);
    plan (WIDTH, WIDTH, "blk.%d.attn_output.weight", i);
    plan (WIDTH, 1, "blk.%d.ffn_norm.weight", i);
    plan (WIDTH, FFN, "blk.%d.ffn_gate.weight", i);
    plan (WIDTH, FFN, "blk.%d.ffn_up.weight", i);
    plan (FFN, WIDTH, "blk.%d.ffn_down.weight", i);
  }
  plan (WIDTH, 1, "output_norm.weight");
  plan (WIDTH, vocabulary, "output.weight");
  for (guint i = 0; i < planned->len; i++) {
    const Planned *p = &g_array_index (planned, Planned, i);

    owl_gguf_writer_add_tensor (writer, p->name, p->ne[1] == 1 ? OWL_TYPE_F32 : OWL_TYPE_F16, p->ne[1] == 1 ? 1 : 2, p->ne);
  }
  if (!owl_gguf_writer_begin (writer, &error))
    goto failed;
  for (guint i = 0; i < planned->len; i++) {
    const Planned *p = &g_array_index (planned, Planned, i);
    gsize n = (gsize) (p->ne[0] * p->ne[1]);
    OwlType type = p->ne[1] == 1 ? OWL_TYPE_F32 : OWL_TYPE_F16;
    g_autofree float *values = g_new (float, n);
    g_autofree guint8 *bytes = g_malloc (n * sizeof (float));

    for (gsize v = 0; v < n; v++)
      values[v] = p->ne[1] == 1 ? 1.0f : (float) (g_rand_double_range (rand, -1.7, 1.7) / sqrt ((double) p->ne[0]));
    for (gint64 row = 0; row < p->ne[1] && g_str_equal (p->name, "output.weight"); row++)
      if (!is_plain (source, (gsize) row))
        memset (&values[row * p->ne[0]], 0, (gsize) p->ne[0] * sizeof (float));
    owl_type_from_f32 (type, values, bytes, n);
    if (!owl_gguf_writer_write (writer, bytes, owl_type_row_size (type, (gint64) n), &error))
      goto failed;
  }
  if (owl_gguf_writer_finish (writer, &error))
    return 0;

failed:
  fprintf (stderr, "%s\n", error->message);
  return 1;
}
