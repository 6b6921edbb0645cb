/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/model-private.h"

#include "image/preprocess.h"

#include <math.h>

static OwlVisual *
visual_new (const guint8 key[32], GBytes *values)
{
  OwlVisual *visual = g_new0 (OwlVisual, 1);

  g_atomic_ref_count_init (&visual->references);
  memcpy (visual->key, key, sizeof visual->key);
  visual->values = g_bytes_ref (values);
  return visual;
}

OwlVisual *
owl_visual_ref (OwlVisual *visual)
{
  g_atomic_ref_count_inc (&visual->references);
  return visual;
}

void
owl_visual_unref (OwlVisual *visual)
{
  if (!visual || !g_atomic_ref_count_dec (&visual->references))
    return;
  g_bytes_unref (visual->values);
  g_free (visual);
}

GBytes *
owl_visual_get_bytes (const OwlVisual *visual)
{
  return visual->values;
}

const float *
owl_visual_get_values (const OwlVisual *visual)
{
  return g_bytes_get_data (visual->values, NULL);
}

const guint8 *
owl_visual_get_key (const OwlVisual *visual)
{
  return visual->key;
}

static gsize
visual_size (const OwlModel *model)
{
  return (gsize) owl_vision_get_n_tokens (model->vision) * model->vision->out_width * sizeof (float);
}

static gboolean
require_vision (const OwlModel *model, GError **error)
{
  if (model->vision)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "%s: this model cannot see pictures (it has no vision.gguf)", model->path);
  return FALSE;
}

OwlVisual *
owl_visual_new_from_bytes (OwlModel *model, const guint8 key[32], GBytes *values, GError **error)
{
  gsize size;
  const float *v = g_bytes_get_data (values, &size);

  if (!require_vision (model, error))
    return NULL;
  if (size != visual_size (model) || (guintptr) v % sizeof (float) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
                 "cached visual tokens: expected %" G_GSIZE_FORMAT " bytes, found %" G_GSIZE_FORMAT, visual_size (model), size);
    return NULL;
  }
  for (gsize i = 0; i < size / sizeof (float); i++)
    if (!isfinite (v[i])) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "cached visual tokens: a value is not a number");
      return NULL;
    }
  return visual_new (key, values);
}

void
owl_model_get_visual_key (OwlModel *model, OwlPicture *picture, guint8 key[32])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint32 version = GUINT32_TO_LE (OWL_PREPROCESS_VERSION);
  gsize size = 32;

  g_checksum_update (sum, owl_picture_get_hash (picture), 32);
  g_checksum_update (sum, (const guchar *) &version, sizeof version);
  g_checksum_update (sum, model->vision_hash, sizeof model->vision_hash);
  g_checksum_get_digest (sum, key, &size);
}

OwlVisual *
owl_model_encode_traced (OwlModel *model, OwlPicture *picture, OwlTrace *trace, OwlProgress progress, gpointer user_data,
                         GCancellable *cancellable, GError **error)
{
  g_autofree float *pixels = NULL, *tokens = NULL;
  g_autoptr (GBytes) values = NULL;
  guint8 key[32];
  int size;

  if (!require_vision (model, error))
    return NULL;
  size = model->vision->image_size;
  pixels = g_new (float, 3 * (gsize) size * size);
  tokens = g_malloc (visual_size (model));
  owl_preprocess (picture, size, model->vision->mean, model->vision->std, pixels);
  if (!owl_vision_encode (model->vision, model->pool, pixels, tokens, trace, progress, user_data, cancellable)) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "reading the picture was cancelled");
    return NULL;
  }
  owl_model_get_visual_key (model, picture, key);
  values = g_bytes_new_take (g_steal_pointer (&tokens), visual_size (model));
  return visual_new (key, values);
}

OwlVisual *
owl_model_encode (OwlModel *model, OwlPicture *picture, OwlProgress progress, gpointer user_data, GCancellable *cancellable,
                  GError **error)
{
  return owl_model_encode_traced (model, picture, NULL, progress, user_data, cancellable, error);
}
