/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/chat/engine-request.h"

/* News reach the main loop at most this often: smooth enough to read, and the window's work does not take the engine's time. */
#define NEWS_INTERVAL_MS 40
#define MAX_ANSWER_TOKENS 512

PictureRef *
picture_ref_new (TytoAttachment *attachment)
{
  PictureRef *ref = g_new0 (PictureRef, 1);

  ref->blob = g_strdup (tyto_attachment_get_blob (attachment));
  ref->name = g_strdup (tyto_attachment_get_name (attachment));
  ref->page = tyto_attachment_get_page (attachment);
  ref->detail = tyto_attachment_get_detail (attachment);
  ref->has_region = tyto_attachment_get_region (attachment, &ref->region);
  tyto_attachment_get_full_size (attachment, &ref->width, &ref->height);
  return ref;
}

void
picture_ref_free (PictureRef *ref)
{
  g_free (ref->blob);
  g_free (ref->name);
  g_free (ref);
}

char *
picture_ref_get_id (const PictureRef *ref)
{
  if (ref->has_region)
    return g_strdup_printf ("%s:%d:%d:%.6f,%.6f,%.6f,%.6f", ref->blob, ref->page, (int) ref->detail, ref->region.x, ref->region.y,
                            ref->region.width, ref->region.height);
  return g_strdup_printf ("%s:%d:%d", ref->blob, ref->page, (int) ref->detail);
}

static void
turn_free (gpointer data)
{
  RequestTurn *turn = data;

  g_ptr_array_unref (turn->pictures);
  g_free (turn->question);
  g_free (turn->answer);
  g_clear_pointer (&turn->ids, g_bytes_unref);
  g_free (turn);
}

gboolean
answer_request_sends_picture (TytoAttachment *attachment)
{
  return tyto_attachment_get_state (attachment) != TYTO_ATTACHMENT_FAILED && (tyto_attachment_get_send (attachment) & TYTO_SEND_PICTURE) != 0;
}

GPtrArray *
answer_request_list_pictures (GPtrArray *path)
{
  GPtrArray *pictures = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < path->len; i++) {
    TytoMessage *message = g_ptr_array_index (path, i);
    GPtrArray *attachments = tyto_message_get_attachments (message);

    for (guint a = 0; a < attachments->len && tyto_message_get_role (message) == TYTO_ROLE_USER; a++)
      if (answer_request_sends_picture (g_ptr_array_index (attachments, a)))
        g_ptr_array_add (pictures, g_object_ref (g_ptr_array_index (attachments, a)));
  }
  return pictures;
}

char *
answer_request_make_text (TytoAttachment *a)
{
  const char *kind = tyto_attachment_is_text_recognised (a) ? "Text recognised in" : "Text of", *text = tyto_attachment_get_text (a);

  if (!text)
    return NULL;
  if (tyto_attachment_get_page_label (a))
    return g_strdup_printf ("%s page %s of %s:\n%s\n\n", kind, tyto_attachment_get_page_label (a), tyto_attachment_get_name (a), text);
  return g_strdup_printf ("%s %s:\n%s\n\n", kind, tyto_attachment_get_name (a), text);
}

char *
tyto_engine_make_question (TytoMessage *message)
{
  GPtrArray *attachments = tyto_message_get_attachments (message);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < attachments->len; i++) {
    TytoAttachment *a = g_ptr_array_index (attachments, i);

    if (tyto_attachment_get_send (a) & TYTO_SEND_TEXT) {
      g_autofree char *own = answer_request_make_text (a);

      g_string_append (text, own);
    }
  }
  g_string_append (text, tyto_message_get_text (message));
  return g_string_free (text, FALSE);
}

/* Questions with the answers that followed them. An answer that failed or was never given leaves its turn without one. */
static GPtrArray *
list_turns (GPtrArray *path)
{
  GPtrArray *turns = g_ptr_array_new_with_free_func (turn_free);

  for (guint i = 0; i < path->len; i++) {
    TytoMessage *m = g_ptr_array_index (path, i);
    GPtrArray *attachments = tyto_message_get_attachments (m);
    RequestTurn *turn;

    if (tyto_message_get_role (m) == TYTO_ROLE_ASSISTANT) {
      if (turns->len == 0)
        continue;
      turn = g_ptr_array_index (turns, turns->len - 1);
      g_free (turn->answer);
      turn->answer = g_strdup (tyto_message_get_text (m));
      g_clear_pointer (&turn->ids, g_bytes_unref);
      if (tyto_message_get_ids (m))
        turn->ids = g_bytes_ref (tyto_message_get_ids (m));
      continue;
    }
    turn = g_new0 (RequestTurn, 1);
    turn->question = tyto_engine_make_question (m);
    turn->pictures = g_ptr_array_new_with_free_func ((GDestroyNotify) picture_ref_free);
    for (guint a = 0; a < attachments->len; a++) {
      TytoAttachment *attachment = g_ptr_array_index (attachments, a);

      if (answer_request_sends_picture (attachment))
        g_ptr_array_add (turn->pictures, picture_ref_new (attachment));
    }
    g_ptr_array_add (turns, turn);
  }
  return turns;
}

AnswerRequest *
answer_request_new (GPtrArray *path, TytoMessage *answer, const TytoAnswerOptions *options)
{
  AnswerRequest *r = g_new0 (AnswerRequest, 1);

  g_atomic_ref_count_init (&r->references);
  g_mutex_init (&r->lock);
  r->cancellable = g_cancellable_new ();
  r->turns = list_turns (path);
  r->conversation = path->len ? tyto_message_get_conversation (g_ptr_array_index (path, 0)) : 0;
  r->sampling = (OwlSampling){ (float) options->temperature, options->top_k, (float) options->top_p, (float) options->min_p,
                               (float) options->repeat_penalty, options->seed };
  r->max_tokens = options->max_tokens > 0 ? (gsize) options->max_tokens : MAX_ANSWER_TOKENS;
  r->instructions = g_strdup (options->instructions);
  r->news.text = g_string_new (NULL);
  r->message = answer ? g_object_ref (answer) : NULL;
  return r;
}

AnswerRequest *
answer_request_ref (AnswerRequest *r)
{
  g_atomic_ref_count_inc (&r->references);
  return r;
}

void
answer_request_unref (AnswerRequest *r)
{
  if (!g_atomic_ref_count_dec (&r->references))
    return;
  g_object_unref (r->cancellable);
  g_ptr_array_unref (r->turns);
  g_clear_pointer (&r->setup, tyto_engine_setup_free);
  g_free (r->instructions);
  g_string_free (r->news.text, TRUE);
  g_free (r->news.stage);
  g_free (r->news.model);
  g_free (r->news.error);
  g_clear_pointer (&r->news.ids, g_bytes_unref);
  g_clear_object (&r->message);
  g_mutex_clear (&r->lock);
  g_free (r);
}

/* On the main loop: hands over what was gathered. */
static gboolean
deliver (gpointer data)
{
  AnswerRequest *r = data;
  AnswerNews news;

  g_mutex_lock (&r->lock);
  news = r->news;
  r->news.text = g_string_new (NULL);
  r->news.stage = r->news.model = r->news.error = NULL;
  r->news.ids = NULL;
  r->news.scheduled = FALSE;
  g_mutex_unlock (&r->lock);

  tyto_message_set_dropped (r->message, news.dropped);
  if (news.model)
    tyto_message_set_model (r->message, news.model);
  if (news.stage)
    tyto_message_set_stage (r->message, news.stage);
  tyto_message_append_text (r->message, news.text->str);
  if (news.ended) {
    tyto_message_set_ids (r->message, news.ids);
    tyto_message_set_speed (r->message, news.first_word, news.speed);
    tyto_message_set_stage (r->message, "");
    tyto_message_set_state (r->message, news.state, news.error);
    r->done (r->message, r->user_data);
    /* The request itself may live a little longer on the engine's thread; the message must not. */
    g_clear_object (&r->message);
  }
  g_string_free (news.text, TRUE);
  g_free (news.stage);
  g_free (news.model);
  g_free (news.error);
  g_clear_pointer (&news.ids, g_bytes_unref);
  answer_request_unref (r);
  return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void
schedule (AnswerRequest *r, gboolean at_once)
{
  if (r->news.scheduled)
    return;
  r->news.scheduled = TRUE;
  g_timeout_add (at_once ? 0 : NEWS_INTERVAL_MS, deliver, answer_request_ref (r));
}

void
answer_request_say_stage (AnswerRequest *r, const char *stage)
{
  g_mutex_lock (&r->lock);
  g_free (r->news.stage);
  r->news.stage = g_strdup (stage);
  schedule (r, FALSE);
  g_mutex_unlock (&r->lock);
}

void
answer_request_say_text (AnswerRequest *r, const char *text)
{
  g_mutex_lock (&r->lock);
  g_string_append (r->news.text, text);
  schedule (r, FALSE);
  g_mutex_unlock (&r->lock);
}

void
answer_request_say_model (AnswerRequest *r, const char *model)
{
  g_mutex_lock (&r->lock);
  g_free (r->news.model);
  r->news.model = g_strdup (model);
  schedule (r, FALSE);
  g_mutex_unlock (&r->lock);
}

void
answer_request_say_dropped (AnswerRequest *r, int n_exchanges)
{
  g_mutex_lock (&r->lock);
  r->news.dropped = n_exchanges;
  schedule (r, FALSE);
  g_mutex_unlock (&r->lock);
}

void
answer_request_say_end (AnswerRequest *r, TytoMessageState state, const char *error, GBytes *ids, double first_word, double speed)
{
  g_mutex_lock (&r->lock);
  r->news.ended = TRUE;
  r->news.state = state;
  r->news.error = g_strdup (error);
  r->news.ids = ids ? g_bytes_ref (ids) : NULL;
  r->news.first_word = first_word;
  r->news.speed = speed;
  schedule (r, TRUE);
  g_mutex_unlock (&r->lock);
}
