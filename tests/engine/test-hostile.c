/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Model files, checkpoints, adapters and tokenizers that were cut, flipped or made to lie: each is either taken or refused with one line. Every case
 * follows from its number, so that one that fails can be repeated.
 *
 *     test-hostile [--cases N] [--first N] [GTest options]        N cases of each kind, from number N on */
#include "convert/convert.h"
#include "golden-util.h"
#include "owl.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#ifdef __SANITIZE_ADDRESS__
#define DEFAULT_CASES 80 /* each takes five times as long */
#else
#define DEFAULT_CASES 200
#endif
/* A case takes milliseconds; this only tells a busy machine from a reader that hangs. */
#define MAX_SECONDS 60
#define MEMORY_LIMIT ((rlim_t) 6 << 30)

static guint n_cases = DEFAULT_CASES, first_case = 0;

typedef struct {
  char *scratch, *llama, *bloom; /* good model folders */
  OwlModel *model;               /* of `llama` */
} World;

static World world;

static void
copy_folder (const char *source, const char *dest)
{
  g_autoptr (GDir) dir = g_dir_open (source, 0, NULL);
  const char *entry;

  g_assert_nonnull (dir);
  g_mkdir (dest, 0700);
  while ((entry = g_dir_read_name (dir))) {
    g_autofree char *from = g_build_filename (source, entry, NULL), *to = g_build_filename (dest, entry, NULL), *contents = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (from, &contents, &size, NULL));
    g_unlink (to);
    g_assert_true (g_file_set_contents_full (to, contents, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  }
}

static guint64
draw_number (GRand *rand, gsize size)
{
  const guint64 numbers[] = { 0, 1, 2, 7, 255, 256, 65535, 65536, G_MAXINT32, G_MAXUINT32, (guint64) 1 << 31, (guint64) 1 << 32, (guint64) 1 << 40,
                              (guint64) 1 << 62, G_MAXINT64, (guint64) 1 << 63, G_MAXUINT64, G_MAXUINT64 - 31, size, size - 1, size + 1 };

  return numbers[g_rand_int_range (rand, 0, G_N_ELEMENTS (numbers))];
}

/* Where damage does most: headers stand at the beginning, the directory of a zip file at the end. */
static gsize
draw_place (GRand *rand, gsize size)
{
  gint32 end = (gint32) MIN (size, G_MAXINT32), near = MIN (end, 4096);

  switch (g_rand_int_range (rand, 0, 8)) {
  case 0:
    return (gsize) g_rand_int_range (rand, 0, end);
  case 1:
  case 2:
    return size - 1 - (gsize) g_rand_int_range (rand, 0, near);
  case 3:
  case 4:
    return (gsize) g_rand_int_range (rand, 0, MIN (end, 64));
  default:
    return (gsize) g_rand_int_range (rand, 0, MIN (end, 32768));
  }
}

static void
damage (GByteArray *bytes, GRand *rand)
{
  int n = g_rand_int_range (rand, 1, 4);

  for (int i = 0; i < n && bytes->len > 8; i++) {
    gsize at = draw_place (rand, bytes->len), width = (gsize) 1 << g_rand_int_range (rand, 0, 4), length;
    gsize most = (gsize) g_rand_int_range (rand, 1, 64); /* MIN would draw twice */
    guint64 number = GUINT64_TO_LE (draw_number (rand, bytes->len));

    switch (g_rand_int_range (rand, 0, 6)) {
    case 0: /* cut */
      g_byte_array_set_size (bytes, (guint) at);
      break;
    case 1: /* flip */
      for (int k = 0; k < 8; k++)
        bytes->data[draw_place (rand, bytes->len)] ^= (guint8) (1 << g_rand_int_range (rand, 0, 8));
      break;
    case 2: /* lie */
    case 3:
      memcpy (bytes->data + at, &number, MIN (width, bytes->len - at));
      break;
    case 4: /* leave something out */
      length = MIN (most, bytes->len - at);
      g_byte_array_remove_range (bytes, (guint) at, (guint) length);
      break;
    case 5: /* say something twice */
    default: {
      guint8 part[64];

      length = MIN (most, bytes->len - at);
      memcpy (part, bytes->data + at, length);
      g_byte_array_append (bytes, part, (guint) length);
      memmove (bytes->data + at + length, bytes->data + at, bytes->len - at - length);
      memcpy (bytes->data + at, part, length);
      break;
    }
    }
  }
}

/* The ways in. Each returns whether the file was taken; `thorough`: also computes with it. */

static gboolean
try_model (const char *folder, gboolean thorough, GError **error)
{
  g_autoptr (OwlModel) model = owl_model_open (folder, 1, NULL, NULL, NULL, error);
  g_autoptr (OwlSession) session = NULL;
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  OwlTurn turn = { .question = "How many birds?" };
  OwlModelInfo info;

  owl_model_read_info (folder, &info, NULL);
  if (!model || !thorough)
    return model != NULL;
  session = owl_session_new (model, NULL, 0, 256, OWL_KV_DEFAULT, error);
  if (!session)
    return FALSE;
  prompt = owl_prompt_new_from_turns (model, OWL_SYSTEM_TEXT, NULL, &turn, 1);
  return owl_session_generate (session, prompt, &OWL_SAMPLING_PRECISE, 2, TRUE, NULL, NULL, NULL, text, NULL, NULL, error);
}

static gboolean
try_adapter (const char *folder, gboolean thorough, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "a.lora.gguf", NULL);
  g_autoptr (OwlAdapter) adapter = owl_adapter_open (world.model, path, 1.0f, error);

  return adapter != NULL;
}

static gboolean
try_checkpoint (const char *folder, gboolean thorough, GError **error)
{
  g_autofree char *dest = g_build_filename (world.scratch, "dest", NULL);
  OwlConvertOptions options = { .type = thorough ? OWL_MIX_Q8_0 : OWL_MIX_AS_STORED, .n_threads = 1 };
  gboolean existed = g_file_test (dest, G_FILE_TEST_EXISTS), done = owl_convert_checkpoint (folder, dest, &options, NULL, error);

  /* Nothing half-written. */
  g_assert_true (done || existed || !g_file_test (dest, G_FILE_TEST_EXISTS));
  return done;
}

static gboolean
try_peft (const char *folder, gboolean thorough, GError **error)
{
  g_autofree char *dest = g_build_filename (world.scratch, "dest.lora.gguf", NULL);

  return owl_convert_adapter (folder, dest, world.llama, NULL, error);
}

static gboolean
try_inspect (const char *folder, gboolean thorough, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "language.gguf", NULL), *dest = g_build_filename (world.scratch, "dest.gguf", NULL);
  OwlConvertOptions options = { .type = OWL_MIX_Q8_0, .n_threads = 1 };

  return owl_quantise_file (path, dest, &options, NULL, error);
}

typedef struct {
  const char *name, *source; /* a golden folder, or NULL for a good model folder */
  const char *model;         /* "llama" or "bloom", where source is NULL */
  const char *file;
  gboolean (*try_it) (const char *folder, gboolean thorough, GError **error);
} Kind;

static const Kind kinds[] = {
  { "language-llama", NULL, "llama", "language.gguf", try_model },
  { "language-bloom", NULL, "bloom", "language.gguf", try_model },
  { "vision", NULL, "llama", "vision.gguf", try_model },
  { "quantise", NULL, "llama", "language.gguf", try_inspect },
  { "adapter", NULL, "llama", "a.lora.gguf", try_adapter },
  { "torch", "llama-tiny", NULL, "pytorch_model-00002-of-00002.bin", try_checkpoint },
  { "torch-index", "llama-tiny", NULL, "pytorch_model.bin.index.json", try_checkpoint },
  { "torch-bloom", "bloom-tiny", NULL, "pytorch_model.bin", try_checkpoint },
  { "safetensors", "ureader/ureader-tiny", NULL, "model.safetensors", try_checkpoint },
  { "config", "llama-tiny", NULL, "config.json", try_checkpoint },
  { "preprocessor", "llama-tiny", NULL, "preprocessor_config.json", try_checkpoint },
  { "sentencepiece", "llama-tiny", NULL, "tokenizer.model", try_checkpoint },
  { "byte-bpe", "bloom-tiny", NULL, "tokenizer.json", try_checkpoint },
  { "peft-torch", "llama-tiny-lora", NULL, "adapter_model.bin", try_peft },
  { "peft-safetensors", "llama-tiny-lora", NULL, "adapter_model.safetensors", try_peft },
  { "peft-config", "llama-tiny-lora", NULL, "adapter_config.json", try_peft },
};

static char *
prepare (const Kind *kind)
{
  char *folder = g_build_filename (world.scratch, kind->name, NULL);
  g_autofree char *golden = kind->source ? golden_path (kind->source) : NULL;

  copy_folder (golden ? golden : strcmp (kind->model, "llama") == 0 ? world.llama : world.bloom, folder);
  /* Of the two forms of an adapter the one under test. */
  if (g_str_has_prefix (kind->file, "adapter_model")) {
    g_autofree char *other = g_build_filename (folder, g_str_has_suffix (kind->file, ".bin") ? "adapter_model.safetensors" : "adapter_model.bin", NULL);

    g_unlink (other);
  }
  return folder;
}

static void
write_damaged (const char *path, const guint8 *contents, gsize size, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, contents, (guint) size);
  damage (bytes, rand);
  /* Written anew, never over a file that may still be mapped. */
  g_unlink (path);
  g_assert_true (g_file_set_contents_full (path, (const char *) bytes->data, bytes->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
test_kind (gconstpointer data)
{
  const Kind *kind = data;
  g_autofree char *folder = prepare (kind), *path = g_build_filename (folder, kind->file, NULL), *contents = NULL;
  guint n_taken = 0;
  gsize size;

  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  for (guint i = first_case; i < first_case + n_cases; i++) {
    gint64 start = g_get_monotonic_time ();
    g_autoptr (GError) error = NULL;
    gboolean taken;

    write_damaged (path, (const guint8 *) contents, size, i);
    taken = kind->try_it (folder, i % 8 == 0, &error);
    if (taken != (error == NULL) || (error && (*error->message == '\0' || error->domain != OWL_ERROR)))
      g_error ("case %u of %s: %s", i, kind->name, error ? error->message : "refused without a reason");
    if (g_get_monotonic_time () - start > (gint64) MAX_SECONDS * G_USEC_PER_SEC)
      g_error ("case %u of %s took more than %d s", i, kind->name, MAX_SECONDS);
    n_taken += taken;
  }
  g_test_message ("%s: %u taken, %u refused", kind->name, n_taken, n_cases - n_taken);
}

/* The program itself: exit status 0, or 1 and one line. */
static void
run_program (const char *const *args, guint number, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *err = NULL;
  int status;

  g_ptr_array_add (argv, (gpointer) g_getenv ("OWL_PROGRAM"));
  for (gsize i = 0; args[i]; i++)
    g_ptr_array_add (argv, (gpointer) args[i]);
  g_ptr_array_add (argv, NULL);
  g_assert_true (g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &err, &status, &error));
  if (!WIFEXITED (status) || (WEXITSTATUS (status) != 0 && WEXITSTATUS (status) != 1))
    g_error ("case %u of %s: status %d: %s", number, name, status, err);
  if (WEXITSTATUS (status) == 1 && (strlen (err) < 2 || strchr (err, '\n') != err + strlen (err) - 1))
    g_error ("case %u of %s: not one line: %s", number, name, err);
}

static void
test_program (gconstpointer data)
{
  const Kind *kind = data;
  g_autofree char *folder = prepare (kind), *path = g_build_filename (folder, kind->file, NULL), *contents = NULL;
  g_autofree char *dest = g_build_filename (world.scratch, "program", NULL);
  guint n = MAX (n_cases / 40, 1);
  gsize size;

  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  for (guint i = first_case; i < first_case + n; i++) {
    write_damaged (path, (const guint8 *) contents, size, i);
    if (kind->try_it == try_model)
      run_program ((const char *[]){ "chat", "-m", folder, "-p", "How many birds?", "-n", "2", NULL }, i, kind->name);
    else if (kind->try_it == try_adapter)
      run_program ((const char *[]){ "chat", "-m", world.llama, "-a", path, "-p", "How many birds?", "-n", "2", NULL }, i, kind->name);
    else if (kind->try_it == try_checkpoint)
      run_program ((const char *[]){ "convert", folder, dest, NULL }, i, kind->name);
    else if (kind->try_it == try_peft)
      run_program ((const char *[]){ "convert", folder, dest, "--base", world.llama, NULL }, i, kind->name);
    else
      run_program ((const char *[]){ "inspect", path, NULL }, i, kind->name);
    if (g_file_test (dest, G_FILE_TEST_IS_REGULAR))
      g_unlink (dest);
  }
}

static void
set_up (void)
{
  g_autofree char *llama = golden_path ("llama-tiny"), *bloom = golden_path ("bloom-tiny"), *adapter = golden_path ("llama-tiny-lora");
  g_autofree char *lora = NULL;
  g_autoptr (GError) error = NULL;

  world.scratch = make_scratch ();
  world.llama = g_build_filename (world.scratch, "good-llama", NULL);
  world.bloom = g_build_filename (world.scratch, "good-bloom", NULL);
  g_free (owl_run ("convert", llama, world.llama, NULL));
  g_free (owl_run ("convert", bloom, world.bloom, NULL));
  lora = g_build_filename (world.llama, "a.lora.gguf", NULL);
  g_free (owl_run ("convert", adapter, lora, "--base", world.llama, NULL));
  world.model = owl_model_open (world.llama, 1, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (void)
{
  owl_model_unref (world.model);
  remove_tree (world.scratch);
  g_free (world.scratch);
  g_free (world.llama);
  g_free (world.bloom);
}

/* Takes "NAME N" out of the arguments. */
static void
take_number (int *argc, char **argv, const char *name, guint *number)
{
  for (int i = 1; i + 1 < *argc; i++)
    if (strcmp (argv[i], name) == 0) {
      *number = (guint) strtoul (argv[i + 1], NULL, 10);
      memmove (argv + i, argv + i + 2, (gsize) (*argc - i - 1) * sizeof *argv);
      *argc -= 2;
      return;
    }
}

int
main (int argc, char **argv)
{
  int result;

  take_number (&argc, argv, "--cases", &n_cases);
  take_number (&argc, argv, "--first", &first_case);
  /* Files that are flushed to a disk a thousand times are slow; memory will do. */
  if (!g_getenv ("TMPDIR") && g_access ("/dev/shm", W_OK) == 0)
    g_setenv ("TMPDIR", "/dev/shm", TRUE);
  g_test_init (&argc, &argv, NULL);
  set_up ();
#ifndef __SANITIZE_ADDRESS__
  /* A file that makes a reader ask for gigabytes ends the test here. */
  setrlimit (RLIMIT_AS, &(struct rlimit){ MEMORY_LIMIT, MEMORY_LIMIT });
#endif
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *path = g_strconcat ("/hostile/", kinds[i].name, NULL), *program = g_strconcat ("/hostile-program/", kinds[i].name, NULL);

    g_test_add_data_func (path, &kinds[i], test_kind);
    g_test_add_data_func (program, &kinds[i], test_program);
  }
  result = g_test_run ();
  tear_down ();
  return result;
}
