/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-documents"

#include "app/documents/tyto-documents-private.h"

#include <math.h>
#include <string.h>

#define THUMBNAIL_PRIORITY -10
#define ICON_PRIORITY 50
/* Of the whole beside a part of it. */
#define WHOLE_SIZE 160

typedef struct {
  int page, size;
  gboolean has_region;
  OwlRegion region;
} Request;

typedef struct {
  OwlPicture *thumbnail, *whole; /* `whole` of a part only */
  int width, height;
} Thumbnail;

static void
thumbnail_free (gpointer data)
{
  Thumbnail *t = data;

  g_clear_pointer (&t->thumbnail, owl_picture_unref);
  g_clear_pointer (&t->whole, owl_picture_unref);
  g_free (t);
}

/* The pixels that the model's reading begins with: those of a picture, and a page drawn to fill a square of TYTO_PAGE_SIZE. */
static void
set_full_size (Thumbnail *t, const Request *r, double width, double height)
{
  if (r->has_region) {
    width *= r->region.width;
    height *= r->region.height;
  }
  if (r->page >= 0 && MAX (width, height) > 0.0) {
    double scale = TYTO_PAGE_SIZE / MAX (width, height);

    width *= scale;
    height *= scale;
  }
  t->width = MAX (1, (int) lround (width));
  t->height = MAX (1, (int) lround (height));
}

static gboolean
run_thumbnail (OwlDecoder *decoder, gpointer data, GTask *task, GError **error)
{
  const Request *r = data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  int page = MAX (r->page, 0);
  Thumbnail *t = g_new0 (Thumbnail, 1);
  double width, height;

  if (!owl_decoder_get_page_size (decoder, page, &width, &height, NULL, cancellable, error))
    goto failed;
  set_full_size (t, r, width, height);
  t->thumbnail = r->has_region ? owl_decoder_render_region (decoder, page, &r->region, r->size, r->size, cancellable, error)
                               : owl_decoder_render (decoder, page, r->size, r->size, cancellable, error);
  if (!t->thumbnail)
    goto failed;
  if (r->has_region) {
    t->whole = owl_decoder_render (decoder, page, WHOLE_SIZE, WHOLE_SIZE, cancellable, error);
    if (!t->whole)
      goto failed;
  }
  g_task_return_pointer (task, t, thumbnail_free);
  return TRUE;

failed:
  thumbnail_free (t);
  return FALSE;
}

static void
thumbnail_ready (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoAttachment) attachment = user_data;
  g_autoptr (GError) error = NULL;
  Thumbnail *t = g_task_propagate_pointer (G_TASK (result), &error);

  if (!t) {
    tyto_attachment_set_failed (attachment, error->message);
    return;
  }
  tyto_attachment_set_full_size (attachment, t->width, t->height);
  if (t->whole)
    tyto_attachment_set_whole (attachment, t->whole);
  tyto_attachment_set_thumbnail (attachment, t->thumbnail);
  tyto_attachment_set_ready (attachment);
  thumbnail_free (t);
}

static void
load_small (TytoDocuments *self, TytoAttachment *attachment, int size, int priority)
{
  Request *r = g_new0 (Request, 1);

  r->page = tyto_attachment_get_page (attachment);
  r->size = size;
  r->has_region = tyto_attachment_get_region (attachment, &r->region);
  tyto_documents_push (self, tyto_attachment_get_blob (attachment), tyto_attachment_get_name (attachment), run_thumbnail, r, g_free, priority, NULL,
                       thumbnail_ready, g_object_ref (attachment));
}

void
tyto_documents_load_thumbnail (TytoDocuments *self, TytoAttachment *attachment)
{
  load_small (self, attachment, TYTO_THUMBNAIL_SIZE, THUMBNAIL_PRIORITY);
}

void
tyto_documents_load_again (TytoDocuments *self, TytoAttachment *attachment, const char *blob)
{
  if (tyto_attachment_get_state (attachment) != TYTO_ATTACHMENT_FAILED || strcmp (tyto_attachment_get_blob (attachment), blob) != 0)
    return;
  tyto_attachment_set_reading (attachment);
  tyto_documents_load_thumbnail (self, attachment);
}

void
tyto_documents_load_icon (TytoDocuments *self, TytoAttachment *attachment)
{
  load_small (self, attachment, TYTO_ICON_SIZE, ICON_PRIORITY);
}
