/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-chat"

#include "app/chat/tyto-chat.h"

#include <glib/gi18n.h>
#include <string.h>

/* The growing answer is saved this often: what a crash can cost. */
#define SAVE_INTERVAL_MS 300
#define MAX_TITLE_CHARS 60
#define MAX_PREVIEW_CHARS 100

struct _TytoChat {
  GObject parent_instance;

  TytoStore *store;
  TytoDocuments *documents;
  TytoEngine *engine;
  TytoConversation *conversation;
  gboolean is_new, loaded, closed;

  GPtrArray *all;     /* TytoMessage: the whole tree, oldest first */
  GListStore *shown;  /* TytoMessage: the path */
  TytoMessage *answer; /* the one that runs, or NULL */
  guint save_source;
};

G_DEFINE_FINAL_TYPE (TytoChat, tyto_chat, G_TYPE_OBJECT)

enum { PROP_0, PROP_BUSY, PROP_LOADED, N_PROPS };
static GParamSpec *properties[N_PROPS];

static TytoMessage *
find_message (TytoChat *self, gint64 id)
{
  for (guint i = 0; i < self->all->len; i++) {
    TytoMessage *m = g_ptr_array_index (self->all, i);

    if (tyto_message_get_id (m) == id)
      return m;
  }
  return NULL;
}

/* The youngest message below `parent` (0: the beginning), or NULL. */
static TytoMessage *
last_child (TytoChat *self, gint64 parent)
{
  for (guint i = self->all->len; i > 0; i--) {
    TytoMessage *m = g_ptr_array_index (self->all, i - 1);

    if (tyto_message_get_parent (m) == parent)
      return m;
  }
  return NULL;
}

/* From the beginning to `leaf` and on to the youngest messages below it. */
static GPtrArray *
path_through (TytoChat *self, TytoMessage *leaf)
{
  GPtrArray *path = g_ptr_array_new ();
  TytoMessage *child;

  /* The tree comes from a file: a path that is longer than there are messages is a circle. */
  for (TytoMessage *m = leaf; m && path->len <= self->all->len; m = find_message (self, tyto_message_get_parent (m)))
    g_ptr_array_insert (path, 0, m);
  while ((child = last_child (self, path->len ? tyto_message_get_id (g_ptr_array_index (path, path->len - 1)) : 0)) &&
         path->len <= self->all->len)
    g_ptr_array_add (path, child);
  return path;
}

/* Pictures are numbered through the conversation. */
static void
number_attachments (TytoChat *self)
{
  int number = 1;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->shown)); i++) {
    g_autoptr (TytoMessage) m = g_list_model_get_item (G_LIST_MODEL (self->shown), i);
    GPtrArray *attachments = tyto_message_get_attachments (m);

    for (guint a = 0; a < attachments->len; a++)
      tyto_attachment_set_number (g_ptr_array_index (attachments, a), number++);
  }
}

/* Shows the path through `leaf`, changing only what differs. */
/* The beginning of an answer as one plain line. */
static char *
make_line (const char *text)
{
  g_autofree char *start = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), MAX_PREVIEW_CHARS));
  GString *line = g_string_new (NULL);

  for (const char *c = start; *c; c++)
    if (!strchr ("*#`", *c))
      g_string_append_c (line, g_ascii_isspace (*c) ? ' ' : *c);
  return g_strstrip (g_string_free (line, FALSE));
}

/* The list shows the last question under the title. Where that is the title itself, it shows what was answered. */
static void
update_preview (TytoChat *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->shown)), n_questions = 0;
  g_autoptr (TytoMessage) last = NULL;
  g_autofree char *line = NULL;

  for (guint i = 0; i < n; i++) {
    g_autoptr (TytoMessage) m = g_list_model_get_item (G_LIST_MODEL (self->shown), i);
    gboolean question = tyto_message_get_role (m) == TYTO_ROLE_USER;

    n_questions += question;
    if (question || (n_questions == 1 && *tyto_message_get_text (m)))
      g_set_object (&last, m);
  }
  line = !last ? g_strdup ("") : tyto_message_get_role (last) == TYTO_ROLE_USER ? g_strdup (tyto_message_get_text (last)) : make_line (tyto_message_get_text (last));
  tyto_conversation_set_preview (self->conversation, line);
}

static void
show_path (TytoChat *self, TytoMessage *leaf)
{
  g_autoptr (GPtrArray) path = path_through (self, leaf);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->shown)), same = 0;

  while (same < n && same < path->len) {
    g_autoptr (TytoMessage) m = g_list_model_get_item (G_LIST_MODEL (self->shown), same);

    if (m != g_ptr_array_index (path, same))
      break;
    same++;
  }
  if (n > same || path->len > same)
    g_list_store_splice (self->shown, same, n - same, path->pdata + same, path->len - same);
  tyto_conversation_set_leaf (self->conversation,
                              path->len ? tyto_message_get_id (g_ptr_array_index (path, path->len - 1)) : 0);
  number_attachments (self);
  update_preview (self);
}

int
tyto_chat_get_next_number (TytoChat *self, TytoMessage *question)
{
  int number = 1;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->shown)); i++) {
    g_autoptr (TytoMessage) m = g_list_model_get_item (G_LIST_MODEL (self->shown), i);

    if (m == question)
      break;
    number += (int) tyto_message_get_attachments (m)->len;
  }
  return number;
}

/* "What is on the…": the first line of the question, or the name of what it is about. */
static char *
make_title (TytoMessage *question)
{
  g_autofree char *text = g_strstrip (g_strdup (tyto_message_get_text (question)));
  GPtrArray *attachments = tyto_message_get_attachments (question);
  char *newline = strchr (text, '\n');

  if (newline)
    *newline = '\0';
  if (!*text)
    return g_strdup (attachments->len ? tyto_attachment_get_name (g_ptr_array_index (attachments, 0)) : _("New chat"));
  if (g_utf8_strlen (text, -1) > MAX_TITLE_CHARS) {
    g_autofree char *cut = g_utf8_substring (text, 0, MAX_TITLE_CHARS - 1);

    return g_strconcat (cut, "…", NULL);
  }
  return g_steal_pointer (&text);
}

/* The first picture of the conversation stands for it in the list. */
static void
update_cover (TytoChat *self)
{
  TytoAttachment *old = tyto_conversation_get_cover (self->conversation), *first = NULL;

  for (guint i = 0; i < self->all->len && !first; i++) {
    GPtrArray *attachments = tyto_message_get_attachments (g_ptr_array_index (self->all, i));

    first = attachments->len > 0 ? g_ptr_array_index (attachments, 0) : NULL;
  }
  if (!old || !first || g_strcmp0 (tyto_attachment_get_blob (old), tyto_attachment_get_blob (first)) != 0 ||
      tyto_attachment_get_page (old) != tyto_attachment_get_page (first))
    tyto_conversation_set_cover (self->conversation, first);
}

static void
touch_conversation (TytoChat *self, TytoMessage *question)
{
  if (!*tyto_conversation_get_title (self->conversation)) {
    g_autofree char *title = make_title (question);

    tyto_conversation_set_title (self->conversation, title);
  }
  update_cover (self);
  tyto_conversation_set_updated (self->conversation, g_get_real_time () / G_USEC_PER_SEC);
  tyto_store_save_conversation (self->store, self->conversation);
  self->is_new = FALSE;
}

static gboolean
save_growing (gpointer data)
{
  TytoChat *self = data;

  if (self->answer)
    tyto_store_save_message_async (self->store, self->answer, NULL, NULL);
  return G_SOURCE_CONTINUE;
}

static void
set_answer (TytoChat *self, TytoMessage *answer)
{
  g_set_object (&self->answer, answer);
  g_clear_handle_id (&self->save_source, g_source_remove);
  if (answer)
    self->save_source = g_timeout_add (SAVE_INTERVAL_MS, save_growing, self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUSY]);
}

static void
answer_done (TytoMessage *answer, gpointer user_data)
{
  g_autoptr (TytoChat) self = user_data;

  tyto_store_save_message_async (self->store, answer, NULL, NULL);
  if (self->answer != answer)
    return;
  set_answer (self, NULL);
  update_preview (self);
  tyto_store_save_conversation (self->store, self->conversation);
}

/* What travels from asking to the engine while the history commits the question. */
typedef struct {
  TytoChat *self;
  TytoMessage *answer;
  GPtrArray *path;
  TytoAnswerOptions options;
  char *instructions;
} Asking;

static void
asking_free (Asking *asking)
{
  g_object_unref (asking->self);
  g_object_unref (asking->answer);
  g_ptr_array_unref (asking->path);
  g_free (asking->instructions);
  g_free (asking);
}

static void
question_saved (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Asking *asking = user_data;
  TytoChat *self = asking->self;
  g_autoptr (GError) error = NULL;

  if (!tyto_store_save_message_finish (TYTO_STORE (object), result, &error)) {
    tyto_message_set_state (asking->answer, TYTO_MESSAGE_FAILED, error->message);
    if (self->answer == asking->answer)
      set_answer (self, NULL);
  } else if (tyto_message_get_state (asking->answer) == TYTO_MESSAGE_GROWING) {
    tyto_engine_ask (self->engine, asking->path, asking->answer, &asking->options, answer_done, g_object_ref (self));
  }
  asking_free (asking);
}

/* Begins an answer to `question`, which is the end of the shown path. */
static void
begin_answer (TytoChat *self, TytoMessage *question, const TytoAnswerOptions *options)
{
  gint64 conversation = tyto_conversation_get_id (self->conversation);
  TytoMessage *answer = tyto_message_new (tyto_store_new_id (), conversation, tyto_message_get_id (question), TYTO_ROLE_ASSISTANT);
  Asking *asking = g_new0 (Asking, 1);

  asking->self = g_object_ref (self);
  asking->answer = g_object_ref (answer);
  asking->options = *options;
  asking->options.instructions = asking->instructions = g_strdup (options->instructions);
  asking->path = g_ptr_array_new_with_free_func (g_object_unref);
  for (TytoMessage *m = question; m; m = find_message (self, tyto_message_get_parent (m)))
    g_ptr_array_insert (asking->path, 0, g_object_ref (m));

  tyto_message_set_state (answer, TYTO_MESSAGE_GROWING, NULL);
  tyto_message_set_stage (answer, tyto_engine_get_state (self->engine) == TYTO_ENGINE_LOADING ? _("Waiting for the model") : _("Starting"));
  g_ptr_array_add (self->all, answer);
  show_path (self, answer);
  set_answer (self, answer);
  touch_conversation (self, question);
  tyto_store_save_message_async (self->store, question, NULL, NULL);
  tyto_store_save_message_async (self->store, answer, question_saved, asking);
}

void
tyto_chat_send (TytoChat *self, const char *text, GPtrArray *attachments, const TytoAnswerOptions *options)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->shown));
  g_autoptr (TytoMessage) last = n ? g_list_model_get_item (G_LIST_MODEL (self->shown), n - 1) : NULL;
  TytoMessage *question;

  if (self->answer)
    return;
  question = tyto_message_new (tyto_store_new_id (), tyto_conversation_get_id (self->conversation),
                               last ? tyto_message_get_id (last) : 0, TYTO_ROLE_USER);
  tyto_message_set_text (question, text);
  for (guint i = 0; i < attachments->len; i++)
    g_ptr_array_add (tyto_message_get_attachments (question), g_object_ref (g_ptr_array_index (attachments, i)));
  g_ptr_array_add (self->all, question);
  show_path (self, question);
  begin_answer (self, question, options);
}

void
tyto_chat_regenerate (TytoChat *self, TytoMessage *answer, const TytoAnswerOptions *options)
{
  TytoMessage *question = find_message (self, tyto_message_get_parent (answer));

  if (!self->answer && question)
    begin_answer (self, question, options);
}

void
tyto_chat_edit (TytoChat *self, TytoMessage *question, const char *text, GPtrArray *attachments, const TytoAnswerOptions *options)
{
  TytoMessage *edited;

  if (self->answer)
    return;
  edited = tyto_message_new (tyto_store_new_id (), tyto_conversation_get_id (self->conversation), tyto_message_get_parent (question),
                             TYTO_ROLE_USER);
  tyto_message_set_text (edited, text);
  for (guint i = 0; i < attachments->len; i++)
    g_ptr_array_add (tyto_message_get_attachments (edited), g_object_ref (g_ptr_array_index (attachments, i)));
  g_ptr_array_add (self->all, edited);
  show_path (self, edited);
  begin_answer (self, edited, options);
}

void
tyto_chat_stop (TytoChat *self)
{
  if (self->answer)
    tyto_engine_stop (self->engine, self->answer);
}

void
tyto_chat_measure (TytoChat *self, const char *text, GPtrArray *attachments, TytoMessage *edited, const TytoAnswerOptions *options,
                   gboolean prepare, TytoCostFunc func, gpointer user_data, GDestroyNotify destroy)
{
  g_autoptr (GPtrArray) path = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (TytoMessage) question = tyto_message_new (0, tyto_conversation_get_id (self->conversation), 0, TYTO_ROLE_USER);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->shown)); i++) {
    g_autoptr (TytoMessage) m = g_list_model_get_item (G_LIST_MODEL (self->shown), i);

    if (m == edited)
      break;
    g_ptr_array_add (path, g_steal_pointer (&m));
  }
  tyto_message_set_text (question, text);
  for (guint i = 0; i < attachments->len; i++)
    g_ptr_array_add (tyto_message_get_attachments (question), g_object_ref (g_ptr_array_index (attachments, i)));
  tyto_engine_measure (self->engine, path, question, options, prepare, func, user_data, destroy);
}

/* TRUE if `m` is, or follows from, one of `deleted`. Messages are kept oldest first, so a parent is always met before its children. */
static gboolean
follows (TytoMessage *m, GPtrArray *deleted)
{
  for (guint i = 0; i < deleted->len; i++)
    if (tyto_message_get_parent (m) == tyto_message_get_id (g_ptr_array_index (deleted, i)))
      return TRUE;
  return FALSE;
}

GPtrArray *
tyto_chat_delete_begin (TytoChat *self, TytoMessage *message)
{
  g_autoptr (TytoMessage) first = g_object_ref (message);
  GPtrArray *deleted;

  if (self->answer)
    return NULL;
  deleted = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < self->all->len; i++) {
    TytoMessage *m = g_ptr_array_index (self->all, i);

    if (m == first || follows (m, deleted))
      g_ptr_array_add (deleted, g_object_ref (m));
  }
  for (guint i = 0; i < deleted->len; i++)
    g_ptr_array_remove (self->all, g_ptr_array_index (deleted, i));
  show_path (self, find_message (self, tyto_message_get_parent (first)));
  update_cover (self);
  tyto_store_save_conversation (self->store, self->conversation);
  return deleted;
}

static int
compare_created (gconstpointer a, gconstpointer b)
{
  gint64 x = tyto_message_get_created (*(TytoMessage **) a), y = tyto_message_get_created (*(TytoMessage **) b);

  return (x > y) - (x < y);
}

void
tyto_chat_delete_undo (TytoChat *self, GPtrArray *deleted)
{
  TytoMessage *last = g_ptr_array_index (deleted, deleted->len - 1);

  for (guint i = 0; i < deleted->len; i++)
    g_ptr_array_add (self->all, g_object_ref (g_ptr_array_index (deleted, i)));
  g_ptr_array_sort (self->all, compare_created);
  if (!self->answer)
    show_path (self, last);
  update_cover (self);
  tyto_store_save_conversation (self->store, self->conversation);
}

void
tyto_chat_delete_finish (TytoChat *self, GPtrArray *deleted)
{
  /* The history deletes what follows from it by itself. */
  tyto_store_delete_message (self->store, tyto_message_get_id (g_ptr_array_index (deleted, 0)));
}

guint
tyto_chat_get_n_siblings (TytoChat *self, TytoMessage *message, guint *index)
{
  guint n = 0;

  for (guint i = 0; i < self->all->len; i++) {
    TytoMessage *m = g_ptr_array_index (self->all, i);

    if (tyto_message_get_parent (m) != tyto_message_get_parent (message))
      continue;
    if (m == message && index)
      *index = n;
    n++;
  }
  return n;
}

void
tyto_chat_show_sibling (TytoChat *self, TytoMessage *message, guint index)
{
  guint n = 0;

  if (self->answer)
    return;
  for (guint i = 0; i < self->all->len; i++) {
    TytoMessage *m = g_ptr_array_index (self->all, i);

    if (tyto_message_get_parent (m) != tyto_message_get_parent (message) || n++ != index)
      continue;
    show_path (self, m);
    tyto_store_save_conversation (self->store, self->conversation);
    return;
  }
}

gboolean
tyto_chat_show_message (TytoChat *self, gint64 id)
{
  TytoMessage *message = find_message (self, id);

  if (!message)
    return FALSE;
  if (!self->answer)
    show_path (self, message);
  return TRUE;
}

void
tyto_chat_load_again (TytoChat *self, const char *blob)
{
  for (guint i = 0; i < self->all->len; i++) {
    GPtrArray *attachments = tyto_message_get_attachments (g_ptr_array_index (self->all, i));

    for (guint a = 0; a < attachments->len; a++)
      tyto_documents_load_again (self->documents, g_ptr_array_index (attachments, a), blob);
  }
}

static void
messages_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  TytoChat *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) messages = tyto_store_load_finish (TYTO_STORE (object), result, &error);

  if (!messages) {
    g_task_return_error (task, error);
    return;
  }
  for (guint i = 0; i < messages->len; i++) {
    TytoMessage *m = g_ptr_array_index (messages, i);
    GPtrArray *attachments = tyto_message_get_attachments (m);

    for (guint a = 0; a < attachments->len; a++)
      if (tyto_attachment_get_state (g_ptr_array_index (attachments, a)) == TYTO_ATTACHMENT_READING)
        tyto_documents_load_thumbnail (self->documents, g_ptr_array_index (attachments, a));
    g_ptr_array_add (self->all, g_object_ref (m));
  }
  show_path (self, find_message (self, tyto_conversation_get_leaf (self->conversation)));
  self->loaded = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADED]);
  g_task_return_boolean (task, TRUE);
}

void
tyto_chat_load_async (TytoChat *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  tyto_store_load_async (self->store, tyto_conversation_get_id (self->conversation), messages_loaded, task);
}

gboolean
tyto_chat_load_finish (TytoChat *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

TytoConversation *
tyto_chat_get_conversation (TytoChat *self)
{
  return self->conversation;
}

GListModel *
tyto_chat_get_messages (TytoChat *self)
{
  return G_LIST_MODEL (self->shown);
}

GPtrArray *
tyto_chat_get_path_to (TytoChat *self, TytoMessage *message)
{
  GPtrArray *path = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->shown)); i++) {
    TytoMessage *m = g_list_model_get_item (G_LIST_MODEL (self->shown), i);

    g_ptr_array_add (path, m);
    if (m == message)
      break;
  }
  return path;
}

gboolean
tyto_chat_get_busy (TytoChat *self)
{
  return self->answer != NULL;
}

gboolean
tyto_chat_is_begun (TytoChat *self)
{
  return !self->is_new;
}

void
tyto_chat_save_all (TytoChat *self)
{
  if (self->is_new)
    return;
  tyto_store_save_conversation (self->store, self->conversation);
  for (guint i = 0; i < self->all->len; i++)
    tyto_store_save_message_async (self->store, g_ptr_array_index (self->all, i), NULL, NULL);
}

void
tyto_chat_close (TytoChat *self)
{
  if (self->closed)
    return;
  self->closed = TRUE;
  if (self->answer) {
    tyto_engine_stop (self->engine, self->answer);
    tyto_store_save_message_async (self->store, self->answer, NULL, NULL);
  }
  g_clear_handle_id (&self->save_source, g_source_remove);
}

static void
tyto_chat_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TytoChat *self = TYTO_CHAT (object);

  switch (id) {
  case PROP_BUSY:
    g_value_set_boolean (value, self->answer != NULL);
    break;
  case PROP_LOADED:
    g_value_set_boolean (value, self->loaded);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
tyto_chat_finalize (GObject *object)
{
  TytoChat *self = TYTO_CHAT (object);

  g_clear_handle_id (&self->save_source, g_source_remove);
  g_clear_object (&self->answer);
  g_clear_object (&self->shown);
  g_ptr_array_unref (self->all);
  g_clear_object (&self->conversation);
  g_clear_object (&self->engine);
  g_clear_object (&self->documents);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (tyto_chat_parent_class)->finalize (object);
}

static void
tyto_chat_class_init (TytoChatClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tyto_chat_get_property;
  object_class->finalize = tyto_chat_finalize;
  properties[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, flags);
  properties[PROP_LOADED] = g_param_spec_boolean ("loaded", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
tyto_chat_init (TytoChat *self)
{
  self->all = g_ptr_array_new_with_free_func (g_object_unref);
  self->shown = g_list_store_new (TYTO_TYPE_MESSAGE);
}

TytoChat *
tyto_chat_new (TytoStore *store, TytoDocuments *documents, TytoEngine *engine, TytoConversation *conversation, gboolean is_new)
{
  TytoChat *self = g_object_new (TYTO_TYPE_CHAT, NULL);

  self->store = g_object_ref (store);
  self->documents = g_object_ref (documents);
  self->engine = g_object_ref (engine);
  self->conversation = g_object_ref (conversation);
  self->is_new = self->loaded = is_new;
  return self;
}
