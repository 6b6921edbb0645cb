/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/history/tyto-conversation.h"

struct _TytoConversation {
  GObject parent_instance;

  gint64 id, updated, leaf;
  char *title, *preview, *draft, *model, *adapter;
  GPtrArray *draft_attachments;
  TytoDraftDocument *draft_document;
  TytoAttachment *cover;
  gboolean pinned;
};

G_DEFINE_FINAL_TYPE (TytoConversation, tyto_conversation, G_TYPE_OBJECT)

enum { PROP_0, PROP_TITLE, PROP_PREVIEW, PROP_UPDATED, PROP_PINNED, PROP_COVER, N_PROPS };
static GParamSpec *properties[N_PROPS];

static void
tyto_conversation_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TytoConversation *self = TYTO_CONVERSATION (object);

  switch (id) {
  case PROP_TITLE:
    g_value_set_string (value, self->title);
    break;
  case PROP_PREVIEW:
    g_value_set_string (value, self->preview);
    break;
  case PROP_UPDATED:
    g_value_set_int64 (value, self->updated);
    break;
  case PROP_PINNED:
    g_value_set_boolean (value, self->pinned);
    break;
  case PROP_COVER:
    g_value_set_object (value, self->cover);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
tyto_conversation_finalize (GObject *object)
{
  TytoConversation *self = TYTO_CONVERSATION (object);

  g_free (self->title);
  g_free (self->preview);
  g_free (self->draft);
  g_free (self->model);
  g_free (self->adapter);
  g_ptr_array_unref (self->draft_attachments);
  g_clear_pointer (&self->draft_document, tyto_draft_document_free);
  g_clear_object (&self->cover);
  G_OBJECT_CLASS (tyto_conversation_parent_class)->finalize (object);
}

static void
tyto_conversation_class_init (TytoConversationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tyto_conversation_get_property;
  object_class->finalize = tyto_conversation_finalize;
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", flags);
  properties[PROP_PREVIEW] = g_param_spec_string ("preview", NULL, NULL, "", flags);
  properties[PROP_UPDATED] = g_param_spec_int64 ("updated", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_PINNED] = g_param_spec_boolean ("pinned", NULL, NULL, FALSE, flags);
  properties[PROP_COVER] = g_param_spec_object ("cover", NULL, NULL, TYTO_TYPE_ATTACHMENT, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
tyto_conversation_init (TytoConversation *self)
{
  self->title = g_strdup ("");
  self->preview = g_strdup ("");
  self->draft = g_strdup ("");
  self->model = g_strdup ("");
  self->adapter = g_strdup ("");
  self->draft_attachments = g_ptr_array_new_with_free_func (g_object_unref);
}

TytoConversation *
tyto_conversation_new (gint64 id)
{
  TytoConversation *self = g_object_new (TYTO_TYPE_CONVERSATION, NULL);

  self->id = id;
  return self;
}

gint64
tyto_conversation_get_id (TytoConversation *self)
{
  return self->id;
}

static void
set_text (TytoConversation *self, char **field, const char *value, int property)
{
  value = value ? value : "";
  if (g_strcmp0 (*field, value) == 0)
    return;
  g_free (*field);
  *field = g_strdup (value);
  if (property)
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

const char *
tyto_conversation_get_title (TytoConversation *self)
{
  return self->title;
}

void
tyto_conversation_set_title (TytoConversation *self, const char *title)
{
  set_text (self, &self->title, title, PROP_TITLE);
}

const char *
tyto_conversation_get_preview (TytoConversation *self)
{
  return self->preview;
}

void
tyto_conversation_set_preview (TytoConversation *self, const char *preview)
{
  set_text (self, &self->preview, preview, PROP_PREVIEW);
}

gint64
tyto_conversation_get_updated (TytoConversation *self)
{
  return self->updated;
}

void
tyto_conversation_set_updated (TytoConversation *self, gint64 updated)
{
  if (self->updated == updated)
    return;
  self->updated = updated;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UPDATED]);
}

gboolean
tyto_conversation_get_pinned (TytoConversation *self)
{
  return self->pinned;
}

void
tyto_conversation_set_pinned (TytoConversation *self, gboolean pinned)
{
  if (self->pinned == pinned)
    return;
  self->pinned = pinned;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PINNED]);
}

gint64
tyto_conversation_get_leaf (TytoConversation *self)
{
  return self->leaf;
}

void
tyto_conversation_set_leaf (TytoConversation *self, gint64 leaf)
{
  self->leaf = leaf;
}

TytoAttachment *
tyto_conversation_get_cover (TytoConversation *self)
{
  return self->cover;
}

void
tyto_conversation_set_cover (TytoConversation *self, TytoAttachment *cover)
{
  if (g_set_object (&self->cover, cover))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COVER]);
}

const char *
tyto_conversation_get_draft (TytoConversation *self)
{
  return self->draft;
}

void
tyto_conversation_set_draft (TytoConversation *self, const char *draft)
{
  set_text (self, &self->draft, draft, 0);
}

GPtrArray *
tyto_conversation_get_draft_attachments (TytoConversation *self)
{
  return self->draft_attachments;
}

void
tyto_conversation_set_draft_attachments (TytoConversation *self, GPtrArray *attachments)
{
  g_ptr_array_ref (attachments);
  g_ptr_array_unref (self->draft_attachments);
  self->draft_attachments = attachments;
}

const TytoDraftDocument *
tyto_conversation_get_draft_document (TytoConversation *self)
{
  return self->draft_document;
}

void
tyto_conversation_set_draft_document (TytoConversation *self, const TytoDraftDocument *document)
{
  TytoDraftDocument *copy = tyto_draft_document_copy (document);

  g_clear_pointer (&self->draft_document, tyto_draft_document_free);
  self->draft_document = copy;
}

const char *
tyto_conversation_get_model (TytoConversation *self)
{
  return self->model;
}

const char *
tyto_conversation_get_adapter (TytoConversation *self)
{
  return self->adapter;
}

void
tyto_conversation_set_model (TytoConversation *self, const char *model, const char *adapter)
{
  g_free (self->model);
  g_free (self->adapter);
  self->model = g_strdup (model ? model : "");
  self->adapter = g_strdup (adapter ? adapter : "");
}
