/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-viewer"

#include "ui/tyto-viewer-private.h"

#include "ui/tyto-texture.h"

#define PAUSE_MS 180
/* The picture may be enlarged by so much before it is read again. */
#define TOLERANCE 1.15
/* A part is read in at most so many pixels on its longer side. */
#define MAX_SIZE 3000

typedef struct {
  TytoViewer *viewer;
  OwlRegion region;
  OwlPicture *picture;
} Patch;

static void
patch_free (gpointer data)
{
  Patch *patch = data;

  g_object_unref (patch->viewer);
  g_clear_pointer (&patch->picture, owl_picture_unref);
  g_free (patch);
}

static void
make_texture (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Patch *patch = data;

  g_task_return_pointer (task, tyto_texture_new_packed (patch->picture), g_object_unref);
}

static void
texture_made (GObject *object, GAsyncResult *result, gpointer user_data)
{
  const Patch *patch = g_task_get_task_data (G_TASK (result));
  g_autoptr (GdkTexture) texture = g_task_propagate_pointer (G_TASK (result), NULL);

  if (texture && patch->viewer->services)
    tyto_zoom_set_patch (TYTO_ZOOM (patch->viewer->zoom), texture, &patch->region);
}

static void
rendered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Patch *patch = user_data;
  g_autoptr (GTask) task = NULL;

  patch->picture = tyto_documents_render_region_finish (TYTO_DOCUMENTS (object), result, NULL);
  if (!patch->picture || !patch->viewer->services) {
    patch_free (patch);
    return;
  }
  task = g_task_new (patch->viewer, patch->viewer->sharpen_cancellable, texture_made, NULL);
  g_task_set_task_data (task, patch, patch_free);
  g_task_run_in_thread (task, make_texture);
}

static gboolean
sharpen (gpointer data)
{
  TytoViewer *self = data;
  double shown = tyto_zoom_get_shown_size (TYTO_ZOOM (self->zoom));
  int page = tyto_attachment_get_page (self->shown), width, height;
  Patch *patch;

  self->sharpening = 0;
  tyto_attachment_get_full_size (self->shown, &width, &height);
  /* A page can be drawn as finely as one likes; a picture has only the pixels it has. */
  if (self->texture_size == 0 || shown < self->texture_size * TOLERANCE ||
      (page < 0 && MAX (width, height) <= self->texture_size && !tyto_attachment_get_region (self->shown, &(OwlRegion){ 0 })))
    return G_SOURCE_REMOVE;
  patch = g_new0 (Patch, 1);
  patch->viewer = g_object_ref (self);
  tyto_zoom_get_visible (TYTO_ZOOM (self->zoom), &patch->region);
  g_cancellable_cancel (self->sharpen_cancellable);
  g_clear_object (&self->sharpen_cancellable);
  self->sharpen_cancellable = g_cancellable_new ();
  tyto_documents_render_region_async (tyto_services_get_documents (self->services), tyto_attachment_get_blob (self->shown),
                                      tyto_attachment_get_name (self->shown), page, &patch->region,
                                      (int) MIN (MAX_SIZE, shown * MAX (patch->region.width, patch->region.height)), self->sharpen_cancellable,
                                      rendered, patch);
  return G_SOURCE_REMOVE;
}

void
_tyto_viewer_sharpen_soon (TytoViewer *self)
{
  g_clear_handle_id (&self->sharpening, g_source_remove);
  self->sharpening = g_timeout_add (PAUSE_MS, sharpen, self);
}

void
_tyto_viewer_sharpen_stop (TytoViewer *self)
{
  g_clear_handle_id (&self->sharpening, g_source_remove);
  g_cancellable_cancel (self->sharpen_cancellable);
  g_clear_object (&self->sharpen_cancellable);
}
