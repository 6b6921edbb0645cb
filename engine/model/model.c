/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/model-private.h"

#include "files/file-hash.h"

#include <string.h>

typedef struct {
  OwlProgress progress;
  gpointer user_data;
  gsize before, total; /* bytes */
} Loading;

static void
show_packing (gsize done, gpointer data)
{
  const Loading *loading = data;

  loading->progress (MIN (1.0, (double) (loading->before + done) / (double) MAX (loading->total, 1)), loading->user_data);
}

static gsize
list_size (const GPtrArray *tensors)
{
  gsize size = 0;

  for (guint i = 0; i < tensors->len; i++)
    size += ((const OwlTensor *) g_ptr_array_index (tensors, i))->size;
  return size;
}

gboolean
owl_model_pack (OwlModel *model, OwlProgress progress, gpointer user_data, GCancellable *cancellable, GError **error)
{
  OwlLanguage *l = model->language;
  g_autoptr (GPtrArray) language = owl_packing_list_language (l);
  g_autoptr (GPtrArray) vision = model->vision ? owl_packing_list_vision (model->vision) : g_ptr_array_new ();
  gboolean tied = l->embedding.data == l->output.weight.data;
  Loading loading = { progress, user_data, 0, list_size (vision) + list_size (language) };

  if (model->vision) {
    model->packings[0] = owl_packing_new (model->pool, vision, model->vision->file, progress ? show_packing : NULL, &loading,
                                          cancellable, error);
    if (!model->packings[0])
      return FALSE;
    loading.before = list_size (vision);
  }
  model->packings[1] = owl_packing_new (model->pool, language, l->file, progress ? show_packing : NULL, &loading, cancellable, error);
  if (model->packings[1] && tied)
    l->embedding = l->output.weight;
  return model->packings[1] != NULL;
}

gboolean
owl_model_find_files (const char *path, char **folder, char **language, char **vision, GError **error)
{
  *folder = *language = *vision = NULL;
  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    *folder = g_strdup (path);
    *language = g_build_filename (path, "language.gguf", NULL);
    *vision = g_build_filename (path, "vision.gguf", NULL);
    if (!g_file_test (*vision, G_FILE_TEST_EXISTS))
      g_clear_pointer (vision, g_free);
    if (!g_file_test (*language, G_FILE_TEST_EXISTS)) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: not a model folder (language.gguf is missing)", path);
      return FALSE;
    }
    return TRUE;
  }
  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: there is no such model", path);
    return FALSE;
  }
  *folder = g_path_get_dirname (path);
  *language = g_strdup (path);
  return TRUE;
}

static gboolean
check_parts (const OwlModel *model, GError **error)
{
  const OwlLanguage *l = model->language;

  if ((gint64) owl_tokenizer_get_n_tokens (model->tokenizer) > l->n_vocabulary) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: the tokenizer has %" G_GSIZE_FORMAT " entries, the embedding only %" G_GINT64_FORMAT " rows", model->path,
                 owl_tokenizer_get_n_tokens (model->tokenizer), l->n_vocabulary);
    return FALSE;
  }
  if (model->vision && model->vision->out_width != l->width) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "%s: vision.gguf belongs to another model: its visual tokens have %d values, the decoder's have %d", model->path,
                 model->vision->out_width, l->width);
    return FALSE;
  }
  return TRUE;
}

OwlModel *
owl_model_open (const char *path, int n_threads, OwlProgress progress, gpointer user_data, GCancellable *cancellable,
                GError **error)
{
  g_autoptr (OwlModel) model = g_new0 (OwlModel, 1);
  g_autofree char *language = NULL, *vision = NULL;

  g_atomic_ref_count_init (&model->references);
  model->path = g_strdup (path);
  if (!owl_model_find_files (path, &model->folder, &language, &vision, error))
    return NULL;
  model->language = owl_language_open (language, error);
  if (!model->language)
    return NULL;
  model->tokenizer = owl_tokenizer_new_from_gguf (model->language->file, error);
  if (!model->tokenizer)
    return NULL;
  if (vision) {
    model->vision = owl_vision_open (vision, error);
    if (!model->vision || !owl_file_hash (vision, model->vision_hash, error))
      return NULL;
  }
  if (!check_parts (model, error))
    return NULL;

  model->pool = owl_pool_new (n_threads);
  if (!owl_model_pack (model, progress, user_data, cancellable, error))
    return NULL;
  return g_steal_pointer (&model);
}

OwlModel *
owl_model_ref (OwlModel *model)
{
  g_atomic_ref_count_inc (&model->references);
  return model;
}

void
owl_model_unref (OwlModel *model)
{
  if (!model || !g_atomic_ref_count_dec (&model->references))
    return;
  g_clear_pointer (&model->pool, owl_pool_free);
  g_clear_pointer (&model->tokenizer, owl_tokenizer_free);
  g_clear_pointer (&model->vision, owl_vision_free);
  g_clear_pointer (&model->language, owl_language_free);
  for (gsize i = 0; i < G_N_ELEMENTS (model->packings); i++)
    g_clear_pointer (&model->packings[i], owl_packing_free);
  g_free (model->folder);
  g_free (model->path);
  g_free (model);
}

const OwlTokenizer *
owl_model_get_tokenizer (const OwlModel *model)
{
  return model->tokenizer;
}

const OwlVision *
owl_model_get_vision (const OwlModel *model)
{
  return model->seeing ? model->seeing->vision : model->vision;
}

gboolean
owl_model_has_vision (const OwlModel *model)
{
  return model->vision != NULL;
}

int
owl_model_get_context_length (const OwlModel *model)
{
  return model->language->context_length;
}

int
owl_model_get_visual_length (const OwlModel *model)
{
  return model->vision ? owl_vision_get_n_tokens (model->vision) : 0;
}

int
owl_model_get_threads (const OwlModel *model)
{
  return owl_pool_get_n_threads (model->pool);
}
