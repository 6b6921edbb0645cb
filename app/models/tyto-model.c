/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-models"

#include "app/models/tyto-model.h"

#include "app/models/model-memory.h"
#include "app/models/tyto-models.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#define LORA_SUFFIX ".lora.gguf"

struct _TytoModel {
  GObject parent_instance;

  char *path, *name, *problem;
  TytoModelOrigin origin;
  OwlModelInfo info;
  guint64 size;
  GPtrArray *adapters;
};

G_DEFINE_FINAL_TYPE (TytoModel, tyto_model, G_TYPE_OBJECT)

/* What the published models were taught in; files do not say. */
static const char *const starter_languages[] = { "en", "de", "es", "fr", "ja", "ko", "zh", NULL };
static const char *const bloom_languages[] = { "zh", "en", "ja", "fr", "ko", "de", NULL };
static const char *const llama_languages[] = { "en", NULL };
static const char *const no_languages[] = { NULL };

static void
adapter_free (gpointer data)
{
  TytoAdapter *adapter = data;

  g_free (adapter->name);
  g_free (adapter->path);
  g_free (adapter);
}

static int
compare_adapters (gconstpointer a, gconstpointer b)
{
  const TytoAdapter *x = *(const TytoAdapter *const *) a, *y = *(const TytoAdapter *const *) b;

  return g_utf8_collate (x->name, y->name);
}

static guint64
file_size (const char *path)
{
  GStatBuf status;

  return g_stat (path, &status) == 0 && S_ISREG (status.st_mode) ? (guint64) status.st_size : 0;
}

static void
add_adapters (TytoModel *self, const char *folder, gboolean can_delete)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *base;

  while (dir && (base = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, base, NULL), *valid = NULL;
    TytoAdapter *adapter;

    if (*base == '.' || !g_str_has_suffix (base, LORA_SUFFIX) || !g_file_test (path, G_FILE_TEST_IS_REGULAR))
      continue;
    valid = g_filename_display_name (base);
    adapter = g_new0 (TytoAdapter, 1);
    adapter->name = g_strndup (valid, strlen (valid) - strlen (LORA_SUFFIX));
    adapter->size = file_size (path);
    adapter->path = g_steal_pointer (&path);
    adapter->can_delete = can_delete;
    g_ptr_array_add (self->adapters, adapter);
  }
}

/* The files of the model itself. */
static guint64
measure_files (const char *path)
{
  static const char *const files[] = { "language.gguf", "vision.gguf" };
  guint64 size = 0;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return file_size (path);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *file = g_build_filename (path, files[i], NULL);

    size += file_size (file);
  }
  return size;
}

TytoModel *
tyto_model_read (const char *path, TytoModelOrigin origin, const char *user_dir)
{
  TytoModel *self = g_object_new (TYTO_TYPE_MODEL, NULL);
  g_autofree char *base = g_path_get_basename (path), *kept = tyto_models_get_adapter_folder (user_dir, path);
  g_autoptr (GError) error = NULL;

  self->path = g_strdup (path);
  self->origin = origin;
  self->name = origin == TYTO_MODEL_BUNDLED ? g_strdup (_("Starter model")) : g_filename_display_name (base);
  self->size = measure_files (path);
  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    self->problem = g_strdup (_("The folder is not there any more. Connect the drive it lies on, or remove it from the list."));
    return self;
  }
  if (!owl_model_read_info (path, &self->info, &error)) {
    memset (&self->info, 0, sizeof self->info);
    self->problem = g_strdup_printf (_("This model cannot be used: %s"), error->message);
    return self;
  }
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    add_adapters (self, path, origin == TYTO_MODEL_IMPORTED);
  if (g_strcmp0 (kept, path) != 0)
    add_adapters (self, kept, TRUE);
  g_ptr_array_sort (self->adapters, compare_adapters);
  return self;
}

const char *
tyto_model_get_path (TytoModel *self)
{
  return self->path;
}

TytoModelOrigin
tyto_model_get_origin (TytoModel *self)
{
  return self->origin;
}

const char *
tyto_model_get_name (TytoModel *self)
{
  return self->name;
}

const char *
tyto_model_get_problem (TytoModel *self)
{
  return self->problem;
}

const char *
tyto_model_get_architecture (TytoModel *self)
{
  return self->info.architecture;
}

const char *
tyto_model_get_weight_type (TytoModel *self)
{
  return self->info.type;
}

gboolean
tyto_model_get_has_vision (TytoModel *self)
{
  return self->info.has_vision;
}

int
tyto_model_get_context_length (TytoModel *self)
{
  return self->info.context_length;
}

const char *const *
tyto_model_get_languages (TytoModel *self)
{
  if (self->origin == TYTO_MODEL_BUNDLED)
    return starter_languages;
  /* Language models from elsewhere, without the eyes of mPLUG-Owl, may know any. */
  if (!self->info.has_vision)
    return no_languages;
  return g_str_equal (self->info.architecture, "bloom") ? bloom_languages : llama_languages;
}

guint64
tyto_model_get_size (TytoModel *self)
{
  return self->size;
}

guint64
tyto_model_get_memory (TytoModel *self, OwlKvType kv)
{
  return self->problem ? 0 : tyto_model_memory_needed (&self->info, kv);
}

GPtrArray *
tyto_model_get_adapters (TytoModel *self)
{
  return self->adapters;
}

TytoFit
tyto_model_judge_memory (guint64 needed, guint64 total, guint64 available)
{
  if (total > 0 && needed > total)
    return TYTO_FIT_NEVER;
  return available > 0 && needed > available ? TYTO_FIT_TIGHT : TYTO_FIT_GOOD;
}

static void
tyto_model_finalize (GObject *object)
{
  TytoModel *self = TYTO_MODEL (object);

  g_free (self->path);
  g_free (self->name);
  g_free (self->problem);
  g_ptr_array_unref (self->adapters);
  G_OBJECT_CLASS (tyto_model_parent_class)->finalize (object);
}

static void
tyto_model_class_init (TytoModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tyto_model_finalize;
}

static void
tyto_model_init (TytoModel *self)
{
  self->adapters = g_ptr_array_new_with_free_func (adapter_free);
}
