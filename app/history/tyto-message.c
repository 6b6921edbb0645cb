/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/history/tyto-message.h"

struct _TytoMessage {
  GObject parent_instance;

  gint64 id, conversation, parent, created;
  TytoRole role;
  GString *text;
  TytoMessageState state;
  char *error, *stage, *model;
  GPtrArray *attachments;
  GBytes *ids;
  double first_word, speed;
  int dropped;
};

G_DEFINE_FINAL_TYPE (TytoMessage, tyto_message, G_TYPE_OBJECT)

enum { PROP_0, PROP_TEXT, PROP_STATE, PROP_ERROR, PROP_STAGE, PROP_DROPPED, N_PROPS };
static GParamSpec *properties[N_PROPS];

static void
tyto_message_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TytoMessage *self = TYTO_MESSAGE (object);

  switch (id) {
  case PROP_TEXT:
    g_value_set_string (value, self->text->str);
    break;
  case PROP_STATE:
    g_value_set_int (value, (int) self->state);
    break;
  case PROP_ERROR:
    g_value_set_string (value, self->error);
    break;
  case PROP_STAGE:
    g_value_set_string (value, self->stage);
    break;
  case PROP_DROPPED:
    g_value_set_int (value, self->dropped);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
tyto_message_finalize (GObject *object)
{
  TytoMessage *self = TYTO_MESSAGE (object);

  g_string_free (self->text, TRUE);
  g_free (self->error);
  g_free (self->stage);
  g_free (self->model);
  g_ptr_array_unref (self->attachments);
  g_clear_pointer (&self->ids, g_bytes_unref);
  G_OBJECT_CLASS (tyto_message_parent_class)->finalize (object);
}

static void
tyto_message_class_init (TytoMessageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tyto_message_get_property;
  object_class->finalize = tyto_message_finalize;
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", flags);
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, TYTO_MESSAGE_FAILED, 0, flags);
  properties[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  properties[PROP_STAGE] = g_param_spec_string ("stage", NULL, NULL, "", flags);
  properties[PROP_DROPPED] = g_param_spec_int ("dropped", NULL, NULL, 0, G_MAXINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
tyto_message_init (TytoMessage *self)
{
  self->text = g_string_new (NULL);
  self->stage = g_strdup ("");
  self->model = g_strdup ("");
  self->attachments = g_ptr_array_new_with_free_func (g_object_unref);
}

TytoMessage *
tyto_message_new (gint64 id, gint64 conversation, gint64 parent, TytoRole role)
{
  TytoMessage *self = g_object_new (TYTO_TYPE_MESSAGE, NULL);

  self->id = id;
  self->conversation = conversation;
  self->parent = parent;
  self->role = role;
  self->created = g_get_real_time ();
  return self;
}

gint64
tyto_message_get_id (TytoMessage *self)
{
  return self->id;
}

gint64
tyto_message_get_conversation (TytoMessage *self)
{
  return self->conversation;
}

gint64
tyto_message_get_parent (TytoMessage *self)
{
  return self->parent;
}

TytoRole
tyto_message_get_role (TytoMessage *self)
{
  return self->role;
}

const char *
tyto_message_get_text (TytoMessage *self)
{
  return self->text->str;
}

void
tyto_message_set_text (TytoMessage *self, const char *text)
{
  g_string_assign (self->text, text ? text : "");
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

void
tyto_message_append_text (TytoMessage *self, const char *text)
{
  if (!*text)
    return;
  g_string_append (self->text, text);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

TytoMessageState
tyto_message_get_state (TytoMessage *self)
{
  return self->state;
}

const char *
tyto_message_get_error (TytoMessage *self)
{
  return self->error;
}

void
tyto_message_set_state (TytoMessage *self, TytoMessageState state, const char *error)
{
  self->state = state;
  g_free (self->error);
  self->error = g_strdup (error);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

const char *
tyto_message_get_stage (TytoMessage *self)
{
  return self->stage;
}

void
tyto_message_set_stage (TytoMessage *self, const char *stage)
{
  if (g_strcmp0 (self->stage, stage) == 0)
    return;
  g_free (self->stage);
  self->stage = g_strdup (stage);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STAGE]);
}

GPtrArray *
tyto_message_get_attachments (TytoMessage *self)
{
  return self->attachments;
}

GBytes *
tyto_message_get_ids (TytoMessage *self)
{
  return self->ids;
}

void
tyto_message_set_ids (TytoMessage *self, GBytes *ids)
{
  g_clear_pointer (&self->ids, g_bytes_unref);
  self->ids = ids ? g_bytes_ref (ids) : NULL;
}

double
tyto_message_get_first_word (TytoMessage *self)
{
  return self->first_word;
}

double
tyto_message_get_speed (TytoMessage *self)
{
  return self->speed;
}

void
tyto_message_set_speed (TytoMessage *self, double first_word, double words_per_second)
{
  self->first_word = first_word;
  self->speed = words_per_second;
}

const char *
tyto_message_get_model (TytoMessage *self)
{
  return self->model;
}

void
tyto_message_set_model (TytoMessage *self, const char *model)
{
  g_free (self->model);
  self->model = g_strdup (model ? model : "");
}

gint64
tyto_message_get_created (TytoMessage *self)
{
  return self->created;
}

void
tyto_message_set_created (TytoMessage *self, gint64 created)
{
  self->created = created;
}

int
tyto_message_get_dropped (TytoMessage *self)
{
  return self->dropped;
}

void
tyto_message_set_dropped (TytoMessage *self, int n_exchanges)
{
  if (self->dropped == n_exchanges)
    return;
  self->dropped = n_exchanges;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DROPPED]);
}
