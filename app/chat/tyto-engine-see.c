/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-engine"

#include "app/chat/tyto-engine-see.h"

#include "app/chat/engine-private.h"

#include <glib/gi18n.h>
#include <string.h>

static OwlModel *
require_model (TytoEngine *self, TytoSpeed *speed, GError **error)
{
  OwlModel *model = engine_ref_model (self, speed);

  if (!model)
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, _("No model is loaded."));
  return model;
}

typedef struct {
  PictureRef *picture;
  char *text;
} Weighing;

static void
weighing_free (gpointer data)
{
  Weighing *w = data;

  picture_ref_free (w->picture);
  g_free (w->text);
  g_free (w);
}

static void
weigh_picture (OwlModel *model, const PictureRef *picture, const TytoSpeed *speed, TytoWeight *weight)
{
  weight->has_vision = owl_model_has_vision (model);
  weight->knows_tiles = owl_model_knows_tiles (model);
  weight->overview = owl_model_get_visual_length (model);
  if (picture->width > 0)
    weight->fine = owl_model_count_positions (model, picture->width, picture->height, OWL_DETAIL_FINE, &weight->rows, &weight->columns);
  if (speed->picture_seconds <= 0.0 || speed->prompt_per_second <= 0.0)
    return;
  weight->overview_seconds = speed->picture_seconds + weight->overview / speed->prompt_per_second;
  weight->fine_seconds = (1 + weight->rows * weight->columns) * speed->picture_seconds + weight->fine / speed->prompt_per_second;
}

static void
weigh (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Weighing *w = data;
  GError *error = NULL;
  TytoSpeed speed = { 0 };
  g_autoptr (OwlModel) model = require_model (source, &speed, &error);
  TytoWeight *weight;

  if (!model) {
    g_task_return_error (task, error);
    return;
  }
  weight = g_new0 (TytoWeight, 1);
  weigh_picture (model, w->picture, &speed, weight);
  if (w->text) {
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

    owl_tokenizer_encode (owl_model_get_tokenizer (model), w->text, strlen (w->text), ids);
    weight->text = ids->len;
    if (speed.prompt_per_second > 0.0)
      weight->text_seconds = (double) ids->len / speed.prompt_per_second;
  }
  g_task_return_pointer (task, weight, g_free);
}

void
tyto_engine_weigh_async (TytoEngine *self, TytoAttachment *attachment, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Weighing *w = g_new0 (Weighing, 1);

  w->picture = picture_ref_new (attachment);
  w->text = answer_request_make_text (attachment);
  g_task_set_task_data (task, w, weighing_free);
  g_task_run_in_thread (task, weigh);
}

gboolean
tyto_engine_weigh_finish (TytoEngine *self, GAsyncResult *result, TytoWeight *weight, GError **error)
{
  g_autofree TytoWeight *found = g_task_propagate_pointer (G_TASK (result), error);

  if (found)
    *weight = *found;
  return found != NULL;
}

static void
part_free (gpointer data)
{
  TytoSeenPart *part = data;

  g_free (part->text);
  g_clear_object (&part->attachment);
  g_clear_pointer (&part->tiles, g_ptr_array_unref);
  g_free (part);
}

void
tyto_seen_free (TytoSeen *seen)
{
  g_ptr_array_unref (seen->parts);
  g_free (seen);
}

typedef struct {
  AnswerRequest *request;
  GPtrArray *attachments; /* of each picture of the request, in order; only passed back */
} Seeing;

static void
seeing_free (gpointer data)
{
  Seeing *s = data;

  answer_request_unref (s->request);
  g_ptr_array_unref (s->attachments);
  g_free (s);
}

/* The squares of all pictures, and the turns that they make. */
typedef struct {
  GPtrArray *pictures; /* TytoSeenPart */
  GArray *turns;       /* OwlTurn */
  GPtrArray *lengths;  /* int[]: their `visual_positions` */
} Laid;

static TytoSeenPart *
cut_picture (OwlModel *model, TytoDocuments *documents, const PictureRef *ref, GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlPicture) picture =
      tyto_documents_render (documents, ref->blob, ref->name, ref->page, ref->has_region ? &ref->region : NULL, cancellable, error);
  TytoSeenPart *part;

  if (!picture)
    return NULL;
  part = g_new0 (TytoSeenPart, 1);
  part->tiles = owl_model_cut_tiles (model, picture, ref->detail, &part->rows, &part->columns);
  part->n_tokens = (part->tiles ? part->tiles->len : 0) * (gsize) owl_model_get_visual_length (model);
  return part;
}

static gboolean
lay_out (const Seeing *s, OwlModel *model, TytoDocuments *documents, Laid *laid, GCancellable *cancellable, GError **error)
{
  for (guint t = 0; t < s->request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (s->request->turns, t);
    int *lengths = g_new0 (int, turn->pictures->len + 1);
    OwlTurn owl = { .n_visuals = turn->pictures->len, .visual_positions = lengths, .question = turn->question, .answer = turn->answer };
    gsize size;

    g_ptr_array_add (laid->lengths, lengths);
    for (guint i = 0; i < turn->pictures->len; i++) {
      TytoSeenPart *part = cut_picture (model, documents, g_ptr_array_index (turn->pictures, i), cancellable, error);

      if (!part)
        return FALSE;
      lengths[i] = (int) part->n_tokens;
      part->attachment = g_object_ref (g_ptr_array_index (s->attachments, laid->pictures->len));
      g_ptr_array_add (laid->pictures, part);
    }
    if (turn->ids) {
      owl.answer_ids = g_bytes_get_data (turn->ids, &size);
      owl.n_answer_ids = size / sizeof (gint32);
    }
    g_array_append_val (laid->turns, owl);
  }
  return TRUE;
}

static TytoSeen *
gather (const Seeing *s, OwlModel *model, Laid *laid, GError **error)
{
  const OwlTurn *turns = (const OwlTurn *) (const void *) laid->turns->data;
  int n_dropped = owl_prompt_plan (model, OWL_SYSTEM_TEXT, s->request->instructions, turns, laid->turns->len, 0, NULL, error);
  g_autoptr (GPtrArray) parts = NULL;
  TytoSeen *seen;
  guint picture = 0;

  if (n_dropped < 0)
    return NULL;
  for (int t = 0; t < n_dropped; t++)
    picture += (guint) turns[t].n_visuals;
  parts = owl_prompt_list_parts (model, OWL_SYSTEM_TEXT, s->request->instructions, turns + n_dropped, laid->turns->len - (guint) n_dropped);
  seen = g_new0 (TytoSeen, 1);
  seen->parts = g_ptr_array_new_with_free_func (part_free);
  seen->n_dropped = n_dropped;
  seen->n_context = (gsize) owl_model_get_context_length (model);
  for (guint i = 0; i < parts->len; i++) {
    OwlPromptPart *from = g_ptr_array_index (parts, i);
    TytoSeenPart *part;

    seen->n_tokens += from->n_tokens;
    if (from->text) {
      part = g_new0 (TytoSeenPart, 1);
      part->text = g_steal_pointer (&from->text);
      part->n_tokens = from->n_tokens;
    } else {
      part = g_ptr_array_steal_index (laid->pictures, picture);
      seen->n_pictures++;
      seen->n_tiles += part->tiles ? part->tiles->len : 0;
      seen->n_picture_tokens += part->n_tokens;
    }
    g_ptr_array_add (seen->parts, part);
  }
  return seen;
}

static void
see (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Seeing *s = data;
  GError *error = NULL;
  g_autoptr (OwlModel) model = require_model (source, NULL, &error);
  Laid laid = { g_ptr_array_new_with_free_func (part_free), g_array_new (FALSE, FALSE, sizeof (OwlTurn)),
                g_ptr_array_new_with_free_func (g_free) };
  TytoSeen *seen = NULL;

  if (model && lay_out (s, model, ((TytoEngine *) source)->documents, &laid, cancellable, &error))
    seen = gather (s, model, &laid, &error);
  if (seen)
    g_task_return_pointer (task, seen, (GDestroyNotify) tyto_seen_free);
  else
    g_task_return_error (task, error);
  g_ptr_array_unref (laid.pictures);
  g_array_unref (laid.turns);
  g_ptr_array_unref (laid.lengths);
}

void
tyto_engine_see_async (TytoEngine *self, GPtrArray *path, const TytoAnswerOptions *options, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Seeing *s = g_new0 (Seeing, 1);

  s->request = answer_request_new (path, NULL, options);
  s->attachments = answer_request_list_pictures (path);
  g_task_set_task_data (task, s, seeing_free);
  g_task_run_in_thread (task, see);
}

TytoSeen *
tyto_engine_see_finish (TytoEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
