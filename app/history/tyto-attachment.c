/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/history/tyto-attachment.h"

struct _TytoAttachment {
  GObject parent_instance;

  char *name, *page_label, *blob, *error;
  int page, number;
  guint serial;
  TytoAttachmentState state;
  OwlPicture *thumbnail, *whole;
  int full_width, full_height;
  double progress;

  gboolean has_region;
  OwlRegion region;
  OwlDetail detail;
  TytoSend send;
  char *text;
  gboolean recognised;
  guint sending;
};

G_DEFINE_FINAL_TYPE (TytoAttachment, tyto_attachment, G_TYPE_OBJECT)

enum { PROP_0, PROP_STATE, PROP_ERROR, PROP_THUMBNAIL_SERIAL, PROP_NUMBER, PROP_PROGRESS, PROP_SENDING, N_PROPS };
static GParamSpec *properties[N_PROPS];

static void
tyto_attachment_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TytoAttachment *self = TYTO_ATTACHMENT (object);

  switch (id) {
  case PROP_STATE:
    g_value_set_int (value, (int) self->state);
    break;
  case PROP_ERROR:
    g_value_set_string (value, self->error);
    break;
  case PROP_THUMBNAIL_SERIAL:
    g_value_set_uint (value, self->serial);
    break;
  case PROP_NUMBER:
    g_value_set_int (value, self->number);
    break;
  case PROP_PROGRESS:
    g_value_set_double (value, self->progress);
    break;
  case PROP_SENDING:
    g_value_set_uint (value, self->sending);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
tyto_attachment_finalize (GObject *object)
{
  TytoAttachment *self = TYTO_ATTACHMENT (object);

  g_free (self->name);
  g_free (self->page_label);
  g_free (self->blob);
  g_free (self->error);
  g_free (self->text);
  g_clear_pointer (&self->thumbnail, owl_picture_unref);
  g_clear_pointer (&self->whole, owl_picture_unref);
  G_OBJECT_CLASS (tyto_attachment_parent_class)->finalize (object);
}

static void
tyto_attachment_class_init (TytoAttachmentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tyto_attachment_get_property;
  object_class->finalize = tyto_attachment_finalize;
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, TYTO_ATTACHMENT_FAILED, 0, flags);
  properties[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  properties[PROP_THUMBNAIL_SERIAL] = g_param_spec_uint ("thumbnail-serial", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_NUMBER] = g_param_spec_int ("number", NULL, NULL, 0, G_MAXINT, 0, flags);
  properties[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0.0, 1.0, 0.0, flags);
  properties[PROP_SENDING] = g_param_spec_uint ("sending", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
tyto_attachment_init (TytoAttachment *self)
{
  self->blob = g_strdup ("");
  self->send = TYTO_SEND_PICTURE;
}

TytoAttachment *
tyto_attachment_new (const char *name, int page)
{
  TytoAttachment *self = g_object_new (TYTO_TYPE_ATTACHMENT, NULL);

  self->name = g_utf8_make_valid (name, -1);
  self->page = page;
  if (page >= 0)
    self->page_label = g_strdup_printf ("%d", page + 1);
  return self;
}

const char *
tyto_attachment_get_name (TytoAttachment *self)
{
  return self->name;
}

int
tyto_attachment_get_page (TytoAttachment *self)
{
  return self->page;
}

const char *
tyto_attachment_get_page_label (TytoAttachment *self)
{
  return self->page_label;
}

void
tyto_attachment_set_page_label (TytoAttachment *self, const char *label)
{
  if (self->page < 0 || !label || !*label)
    return;
  g_free (self->page_label);
  self->page_label = g_utf8_make_valid (label, -1);
}

const char *
tyto_attachment_get_blob (TytoAttachment *self)
{
  return self->blob;
}

void
tyto_attachment_set_blob (TytoAttachment *self, const char *blob)
{
  g_free (self->blob);
  self->blob = g_strdup (blob ? blob : "");
}

TytoAttachmentState
tyto_attachment_get_state (TytoAttachment *self)
{
  return self->state;
}

const char *
tyto_attachment_get_error (TytoAttachment *self)
{
  return self->error;
}

void
tyto_attachment_set_reading (TytoAttachment *self)
{
  self->state = TYTO_ATTACHMENT_READING;
  g_clear_pointer (&self->error, g_free);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
tyto_attachment_set_ready (TytoAttachment *self)
{
  self->state = TYTO_ATTACHMENT_READY;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
tyto_attachment_set_failed (TytoAttachment *self, const char *error)
{
  self->state = TYTO_ATTACHMENT_FAILED;
  g_free (self->error);
  self->error = g_strdup (error);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

OwlPicture *
tyto_attachment_get_thumbnail (TytoAttachment *self)
{
  return self->thumbnail;
}

void
tyto_attachment_set_thumbnail (TytoAttachment *self, OwlPicture *thumbnail)
{
  g_clear_pointer (&self->thumbnail, owl_picture_unref);
  self->thumbnail = owl_picture_ref (thumbnail);
  self->serial++;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_THUMBNAIL_SERIAL]);
}

gboolean
tyto_attachment_get_full_size (TytoAttachment *self, int *width, int *height)
{
  *width = self->full_width;
  *height = self->full_height;
  return self->full_width > 0;
}

void
tyto_attachment_set_full_size (TytoAttachment *self, int width, int height)
{
  self->full_width = width;
  self->full_height = height;
}

OwlPicture *
tyto_attachment_get_whole (TytoAttachment *self)
{
  return self->whole;
}

void
tyto_attachment_set_whole (TytoAttachment *self, OwlPicture *whole)
{
  g_clear_pointer (&self->whole, owl_picture_unref);
  self->whole = owl_picture_ref (whole);
  self->serial++;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_THUMBNAIL_SERIAL]);
}

int
tyto_attachment_get_number (TytoAttachment *self)
{
  return self->number;
}

void
tyto_attachment_set_number (TytoAttachment *self, int number)
{
  if (self->number == number)
    return;
  self->number = number;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NUMBER]);
}

double
tyto_attachment_get_progress (TytoAttachment *self)
{
  return self->progress;
}

void
tyto_attachment_set_progress (TytoAttachment *self, double progress)
{
  progress = CLAMP (progress, 0.0, 1.0);
  if (self->progress == progress)
    return;
  self->progress = progress;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS]);
}

static void
say_sending_changed (TytoAttachment *self)
{
  self->sending++;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SENDING]);
}

gboolean
tyto_attachment_get_region (TytoAttachment *self, OwlRegion *region)
{
  if (self->has_region)
    *region = self->region;
  return self->has_region;
}

void
tyto_attachment_set_region (TytoAttachment *self, const OwlRegion *region)
{
  self->has_region = region && region->width > 0.0 && region->height > 0.0;
  if (self->has_region) {
    self->region.x = CLAMP (region->x, 0.0, 1.0);
    self->region.y = CLAMP (region->y, 0.0, 1.0);
    self->region.width = MIN (region->width, 1.0 - self->region.x);
    self->region.height = MIN (region->height, 1.0 - self->region.y);
  }
  say_sending_changed (self);
}

OwlDetail
tyto_attachment_get_detail (TytoAttachment *self)
{
  return self->detail;
}

void
tyto_attachment_set_detail (TytoAttachment *self, OwlDetail detail)
{
  self->detail = detail;
  say_sending_changed (self);
}

TytoSend
tyto_attachment_get_send (TytoAttachment *self)
{
  return self->text ? self->send : TYTO_SEND_PICTURE;
}

void
tyto_attachment_set_send (TytoAttachment *self, TytoSend send)
{
  self->send = send;
  say_sending_changed (self);
}

const char *
tyto_attachment_get_text (TytoAttachment *self)
{
  return self->text;
}

gboolean
tyto_attachment_is_text_recognised (TytoAttachment *self)
{
  return self->recognised;
}

void
tyto_attachment_set_text (TytoAttachment *self, const char *text, gboolean recognised)
{
  g_autofree char *valid = text && *text ? g_utf8_make_valid (text, -1) : NULL;

  g_free (self->text);
  self->text = g_steal_pointer (&valid);
  self->recognised = self->text && recognised;
  say_sending_changed (self);
}

TytoAttachment *
tyto_attachment_copy (TytoAttachment *attachment)
{
  TytoAttachment *copy = tyto_attachment_new (attachment->name, attachment->page);

  tyto_attachment_set_blob (copy, attachment->blob);
  tyto_attachment_set_page_label (copy, attachment->page_label);
  tyto_attachment_set_region (copy, attachment->has_region ? &attachment->region : NULL);
  tyto_attachment_set_detail (copy, attachment->detail);
  tyto_attachment_set_text (copy, attachment->text, attachment->recognised);
  tyto_attachment_set_send (copy, attachment->send);
  tyto_attachment_set_full_size (copy, attachment->full_width, attachment->full_height);
  if (attachment->whole)
    tyto_attachment_set_whole (copy, attachment->whole);
  if (attachment->thumbnail)
    tyto_attachment_set_thumbnail (copy, attachment->thumbnail);
  if (attachment->state == TYTO_ATTACHMENT_READY)
    tyto_attachment_set_ready (copy);
  else if (attachment->state == TYTO_ATTACHMENT_FAILED)
    tyto_attachment_set_failed (copy, attachment->error);
  return copy;
}
