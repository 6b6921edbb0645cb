/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/chat/engine-look.h"

EngineLook *
engine_look_new (GPtrArray *path, TytoMessage *answer, gsize start, gsize length, GTask *task)
{
  EngineLook *look = g_new0 (EngineLook, 1);

  look->attachments = answer_request_list_pictures (path);
  look->ids = tyto_message_get_ids (answer) ? g_bytes_ref (tyto_message_get_ids (answer)) : NULL;
  look->start = start;
  look->length = length;
  look->task = task;
  return look;
}

void
engine_look_free (EngineLook *look)
{
  /* The engine ended before it came to this. */
  if (!look->answered)
    g_task_return_new_error (look->task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The engine was closed");
  g_ptr_array_unref (look->attachments);
  g_clear_pointer (&look->ids, g_bytes_unref);
  g_object_unref (look->task);
  g_free (look);
}

void
tyto_look_free (TytoLook *look)
{
  g_object_unref (look->attachment);
  owl_heat_map_free (look->map);
  g_free (look);
}

/* The pixels of the pictures that the prompt holds, and how closely each was looked at. */
static gboolean
read_pictures (const AnswerRequest *request, TytoDocuments *documents, gsize n_left_out, GPtrArray *pictures, GArray *details,
               GCancellable *cancellable, GError **error)
{
  gsize index = 0;

  for (guint t = 0; t < request->turns->len; t++) {
    const RequestTurn *turn = g_ptr_array_index (request->turns, t);

    for (guint i = 0; i < turn->pictures->len; i++, index++) {
      const PictureRef *ref = g_ptr_array_index (turn->pictures, i);
      OwlPicture *picture;

      if (index < n_left_out)
        continue;
      picture = tyto_documents_render (documents, ref->blob, ref->name, ref->page, ref->has_region ? &ref->region : NULL, cancellable, error);
      if (!picture)
        return FALSE;
      g_ptr_array_add (pictures, picture);
      g_array_append_val (details, ref->detail);
    }
  }
  return TRUE;
}

GPtrArray *
engine_look_run (const EngineLook *look, const AnswerRequest *request, OwlModel *model, OwlSession *session, TytoDocuments *documents,
                 const OwlPrompt *prompt, gsize n_left_out, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) pictures = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_picture_unref), maps = NULL;
  g_autoptr (GArray) details = g_array_new (FALSE, FALSE, sizeof (OwlDetail));
  gsize size = 0, n_ids, first = 0, n;
  const gint32 *ids = look->ids ? g_bytes_get_data (look->ids, &size) : NULL;
  GPtrArray *looks;

  n = n_ids = size / sizeof *ids;
  if (look->length > 0)
    owl_evidence_find_ids (owl_model_get_tokenizer (model), ids, n_ids, look->start, look->length, &first, &n);
  if (!read_pictures (request, documents, n_left_out, pictures, details, cancellable, error))
    return NULL;
  maps = owl_session_find_evidence (session, prompt, ids, first, n, (OwlPicture *const *) pictures->pdata,
                                    (const OwlDetail *) (const void *) details->data, pictures->len, cancellable, error);
  if (!maps)
    return NULL;
  looks = g_ptr_array_new_with_free_func ((GDestroyNotify) tyto_look_free);
  for (guint i = 0; i < maps->len; i++) {
    TytoLook *one = g_new0 (TytoLook, 1);

    one->attachment = g_object_ref (g_ptr_array_index (look->attachments, n_left_out + i));
    one->map = g_ptr_array_index (maps, i);
    g_ptr_array_add (looks, one);
  }
  g_ptr_array_set_free_func (maps, NULL);
  return looks;
}
