/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/chat/engine-pictures.h"

#include <glib/gi18n.h>

/* Visual tokens kept in memory. */
#define MAX_VISUALS 128

struct _EnginePictures {
  TytoDocuments *documents;
  TytoStore *store;
  OwlModel *model;
  GHashTable *visuals; /* picture id → OwlVisual */
};

EnginePictures *
engine_pictures_new (TytoDocuments *documents, TytoStore *store)
{
  EnginePictures *self = g_new0 (EnginePictures, 1);

  self->documents = g_object_ref (documents);
  self->store = g_object_ref (store);
  self->visuals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) owl_visual_unref);
  return self;
}

void
engine_pictures_free (EnginePictures *self)
{
  engine_pictures_set_model (self, NULL);
  g_hash_table_unref (self->visuals);
  g_object_unref (self->documents);
  g_object_unref (self->store);
  g_free (self);
}

void
engine_pictures_set_model (EnginePictures *self, OwlModel *model)
{
  g_hash_table_remove_all (self->visuals);
  g_clear_pointer (&self->model, owl_model_unref);
  self->model = model ? owl_model_ref (model) : NULL;
}

gboolean
engine_pictures_knows (EnginePictures *self, const PictureRef *ref)
{
  g_autofree char *id = picture_ref_get_id (ref);

  return g_hash_table_contains (self->visuals, id);
}

int
engine_pictures_count (EnginePictures *self, const PictureRef *ref)
{
  g_autofree char *id = picture_ref_get_id (ref);
  OwlVisual *visual = g_hash_table_lookup (self->visuals, id);

  if (visual)
    return owl_visual_get_n_positions (visual);
  return ref->width > 0 ? owl_model_count_positions (self->model, ref->width, ref->height, ref->detail, NULL, NULL)
                        : owl_model_get_visual_length (self->model);
}

static OwlVisual *
encode (EnginePictures *self, const PictureRef *ref, OwlPicture *picture, OwlProgress progress, gpointer user_data, double *seconds,
        GCancellable *cancellable, GError **error)
{
  guint8 key[32];
  g_autoptr (GBytes) stored = NULL;
  gint64 start = g_get_monotonic_time ();
  OwlVisual *visual;

  owl_model_get_visual_key (self->model, picture, ref->detail, key);
  stored = tyto_store_get_visual (self->store, key);
  visual = stored ? owl_visual_new_from_bytes (self->model, key, stored, NULL) : NULL;
  if (visual)
    return visual;
  visual = owl_model_encode (self->model, picture, ref->detail, progress, user_data, cancellable, error);
  if (!visual)
    return NULL;
  *seconds = (double) (g_get_monotonic_time () - start) / 1e6;
  tyto_store_put_visual (self->store, key, owl_visual_get_bytes (visual));
  return visual;
}

OwlVisual *
engine_pictures_read (EnginePictures *self, const PictureRef *ref, OwlProgress progress, gpointer user_data, double *seconds,
                      GCancellable *cancellable, GError **error)
{
  g_autofree char *id = picture_ref_get_id (ref);
  OwlVisual *visual = g_hash_table_lookup (self->visuals, id);
  g_autoptr (OwlPicture) picture = NULL;

  *seconds = 0.0;
  if (visual)
    return visual;
  if (!owl_model_has_vision (self->model)) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, _("This model cannot see pictures."));
    return NULL;
  }
  picture = tyto_documents_render (self->documents, ref->blob, ref->name, ref->page, ref->has_region ? &ref->region : NULL, cancellable, error);
  visual = picture ? encode (self, ref, picture, progress, user_data, seconds, cancellable, error) : NULL;
  if (!visual)
    return NULL;
  /* Visuals that an answer still needs are kept by it. */
  if (g_hash_table_size (self->visuals) >= MAX_VISUALS)
    g_hash_table_remove_all (self->visuals);
  g_hash_table_insert (self->visuals, g_steal_pointer (&id), visual);
  progress (1.0, user_data);
  return visual;
}
