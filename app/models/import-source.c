/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-models"

#include "app/models/import-source.h"

#include "app/chat/system-memory.h"
#include "app/models/tyto-models.h"
#include "engine/owl.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#define LORA_SUFFIX ".lora.gguf"
/* A file of weights is never this small; a placeholder that Git leaves in its stead is. */
#define PLACEHOLDER_BYTES 1024
#define PLACEHOLDER_START "version https://git-lfs"

G_DEFINE_QUARK (tyto-import-error-quark, tyto_import_error)

/* How a checkpoint can be stored, smallest first. */
static const struct {
  const char *type, *title, *explanation;
} types[] = {
  { "q4_0", N_("Small"), N_("Four bits a number: the least memory and the fastest answers. Details are lost now and then.") },
  { "q4_k_m", N_("Balanced"), N_("Between four and five bits a number: hardly larger than small, and closer to the original.") },
  { "q8_0", N_("Careful"), N_("Eight bits a number: answers like the original's nearly always, at half its size.") },
  { NULL, N_("Exact"), N_("As it was published. Nothing is lost, but it needs the most memory and answers slowest.") },
};

const char *
tyto_import_type_title (const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_strcmp0 (types[i].type, type) == 0)
      return _(types[i].title);
  return type;
}

const char *
tyto_import_type_explanation (const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_strcmp0 (types[i].type, type) == 0)
      return _(types[i].explanation);
  return "";
}

void
tyto_import_source_free (TytoImportSource *source)
{
  if (!source)
    return;
  g_free (source->path);
  g_free (source->name);
  g_free (source->architecture);
  g_array_unref (source->choices);
  g_free (source);
}

static gboolean
has_file (const char *folder, const char *base)
{
  g_autofree char *path = g_build_filename (folder, base, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static gboolean
is_weights (const char *base)
{
  return g_str_has_suffix (base, ".safetensors") || (g_str_has_suffix (base, ".bin") && strstr (base, "model"));
}

/* A small text file that Git LFS leaves where the weights were not fetched. */
static gboolean
is_placeholder (const char *path, gint64 size)
{
  g_autofree char *contents = NULL;

  return size < PLACEHOLDER_BYTES && g_file_get_contents (path, &contents, NULL, NULL) && g_str_has_prefix (contents, PLACEHOLDER_START);
}

/* Bytes of the files that `wanted` chooses; FALSE and an error when one is only a placeholder. */
static gboolean
sum_files (const char *folder, gboolean (*wanted) (const char *base), guint64 *sum, guint *n, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const char *base;

  *sum = 0;
  *n = 0;
  if (!dir)
    return FALSE;
  while ((base = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, base, NULL);
    GStatBuf status;

    if (!wanted (base) || g_stat (path, &status) != 0 || !S_ISREG (status.st_mode))
      continue;
    if (is_placeholder (path, status.st_size)) {
      g_set_error (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_INCOMPLETE,
                   _("%s is only a placeholder of Git: the weights were not downloaded. Run “git lfs pull” in the folder, then try again."), path);
      return FALSE;
    }
    *sum += (guint64) status.st_size;
    (*n)++;
  }
  return TRUE;
}

static gboolean
is_gguf (const char *base)
{
  return g_str_equal (base, "language.gguf") || g_str_equal (base, "vision.gguf") || g_str_has_suffix (base, LORA_SUFFIX) ||
         g_str_has_suffix (base, ".abstractor.gguf");
}

static void
read_plan (const char *output, TytoImportSource *source, const char *type)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);

  for (gsize i = 0; lines[i]; i++) {
    json_t *event = json_loads (lines[i], 0, NULL);

    if (event && g_strcmp0 (json_string_value (json_object_get (event, "event")), "plan") == 0) {
      TytoImportChoice choice = { type, (guint64) json_integer_value (json_object_get (event, "bytes")),
                                  (guint64) json_integer_value (json_object_get (event, "memory_bytes")) };

      g_free (source->architecture);
      source->architecture = g_strdup (json_string_value (json_object_get (event, "architecture")));
      source->has_vision = json_is_true (json_object_get (event, "has_vision"));
      source->n_parameters = (guint64) json_integer_value (json_object_get (event, "parameters"));
      g_array_append_val (source->choices, choice);
    }
    json_decref (event);
  }
}

/* The last line that a program said about its failure, without its own name. */
static char *
last_line (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text ? text : "", "\n", -1);
  const char *last = "";

  for (gsize i = 0; lines[i]; i++)
    if (*g_strstrip (lines[i]))
      last = lines[i];
  if (g_str_has_prefix (last, "owl convert: "))
    last += strlen ("owl convert: ");
  return g_strdup (last);
}

/* Asks the program for each way of storing; it reads everything and writes nothing. */
static gboolean
read_choices (TytoImportSource *source, GCancellable *cancellable, GError **error)
{
  g_autofree char *program = tyto_models_find_converter ();

  if (!program) {
    g_set_error_literal (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_FAILED, _("The program “owl” is missing. Install Tyto again."));
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    const char *argv[] = { program, "convert", source->path, "--check", "--json", types[i].type ? "--type" : NULL, types[i].type, NULL };
    g_autoptr (GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
    g_autofree char *output = NULL, *messages = NULL, *message = NULL;

    if (!process || !g_subprocess_communicate_utf8 (process, NULL, cancellable, &output, &messages, error))
      return FALSE;
    if (!g_subprocess_get_successful (process)) {
      message = last_line (messages);
      g_set_error (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_FAILED, _("This model cannot be imported: %s"),
                   *message ? message : _("the program that reads it failed; it may be damaged"));
      return FALSE;
    }
    read_plan (output, source, types[i].type);
  }
  return TRUE;
}

/* The best one that leaves half of the memory to other programs; else the smallest. */
static void
recommend (TytoImportSource *source)
{
  guint64 total = tyto_system_get_total_memory ();

  for (guint i = 0; i < source->choices->len; i++) {
    const TytoImportChoice *choice = &g_array_index (source->choices, TytoImportChoice, i);

    /* What was published is seldom worth its size. */
    if (choice->type && (total == 0 || choice->memory <= total / 2))
      source->recommended = i;
  }
}

static TytoImportSource *
source_new (TytoSourceKind kind, const char *path)
{
  TytoImportSource *source = g_new0 (TytoImportSource, 1);
  g_autofree char *base = g_path_get_basename (path);

  source->kind = kind;
  source->path = g_strdup (path);
  source->name = g_filename_display_name (base);
  source->choices = g_array_new (FALSE, TRUE, sizeof (TytoImportChoice));
  return source;
}

static TytoImportSource *
probe_checkpoint (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (TytoImportSource) source = source_new (TYTO_SOURCE_CHECKPOINT, path);
  guint n;

  if (!sum_files (path, is_weights, &source->bytes, &n, error))
    return NULL;
  if (n == 0) {
    g_set_error (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_INCOMPLETE,
                 _("%s has a config.json but no weights. Download all files of the model into this folder, then try again."), path);
    return NULL;
  }
  if (!read_choices (source, cancellable, error))
    return NULL;
  recommend (source);
  return g_steal_pointer (&source);
}

/* What the headers of GGUF files say. */
static TytoImportSource *
probe_gguf (TytoSourceKind kind, const char *path, GError **error)
{
  g_autoptr (TytoImportSource) source = source_new (kind, path);
  OwlModelInfo info;
  guint n;

  if (!owl_model_read_info (path, &info, error)) {
    g_prefix_error (error, "%s ", _("This model cannot be used:"));
    return NULL;
  }
  if (kind == TYTO_SOURCE_MODEL_FOLDER) {
    if (!sum_files (path, is_gguf, &source->bytes, &n, error))
      return NULL;
  } else {
    source->bytes = info.weight_bytes;
    source->name[strlen (source->name) - strlen (".gguf")] = '\0';
  }
  source->architecture = g_strdup (info.architecture);
  source->has_vision = info.has_vision;
  return g_steal_pointer (&source);
}

static TytoImportSource *
probe_adapter_file (const char *path)
{
  TytoImportSource *source = source_new (TYTO_SOURCE_ADAPTER_FILE, path);
  GStatBuf status;

  source->bytes = g_stat (path, &status) == 0 ? (guint64) status.st_size : 0;
  source->name[strlen (source->name) - strlen (LORA_SUFFIX)] = '\0';
  return source;
}

TytoImportSource *
tyto_import_source_probe (const char *path, GCancellable *cancellable, GError **error)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    if (has_file (path, "adapter_config.json")) {
      g_autoptr (TytoImportSource) source = source_new (TYTO_SOURCE_PEFT, path);
      guint n;

      return sum_files (path, is_weights, &source->bytes, &n, error) ? g_steal_pointer (&source) : NULL;
    }
    if (has_file (path, "language.gguf"))
      return probe_gguf (TYTO_SOURCE_MODEL_FOLDER, path, error);
    if (has_file (path, "config.json"))
      return probe_checkpoint (path, cancellable, error);
  } else if (g_str_has_suffix (path, LORA_SUFFIX)) {
    return probe_adapter_file (path);
  } else if (g_str_has_suffix (path, ".gguf")) {
    return probe_gguf (TYTO_SOURCE_MODEL_FILE, path, error);
  }
  g_set_error (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_NO_MODEL,
               _("There is no model in %s. Choose the folder that holds config.json and the weights, a folder with language.gguf, or the folder of an "
                 "adapter with adapter_config.json."),
               path);
  return NULL;
}

gboolean
tyto_import_source_seems_likely (const char *path)
{
  return g_str_has_suffix (path, ".gguf") || (g_file_test (path, G_FILE_TEST_IS_DIR) &&
         (has_file (path, "config.json") || has_file (path, "language.gguf") || has_file (path, "adapter_config.json")));
}
