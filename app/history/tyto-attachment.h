/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "owl.h"

#include <glib-object.h>

G_BEGIN_DECLS

/* A picture, or one page of a document, in a message or in the composer. Main thread only. */
#define TYTO_TYPE_ATTACHMENT (tyto_attachment_get_type ())
G_DECLARE_FINAL_TYPE (TytoAttachment, tyto_attachment, TYTO, ATTACHMENT, GObject)

typedef enum {
  TYTO_ATTACHMENT_READING, /* being copied and decoded */
  TYTO_ATTACHMENT_READY,
  TYTO_ATTACHMENT_FAILED, /* "error" says why */
} TytoAttachmentState;

/* Properties, all notified: "state", "error", "thumbnail-serial" (raised when there is a new thumbnail), "number" (counts through the
 * conversation, from 1), "progress" (0..1: how far the engine has read it), "sending" (raised when it will be sent in another way). */

/* `name` as people know the file; `page` is -1 for a picture, else the page from 0. */
TytoAttachment *tyto_attachment_new (const char *name, int page);

/* The same picture or page once more: an attachment of its own, with the same blob, state and thumbnail. */
TytoAttachment *tyto_attachment_copy (TytoAttachment *attachment);

const char *tyto_attachment_get_name (TytoAttachment *self);
int tyto_attachment_get_page (TytoAttachment *self);
/* The page as printed ("iv"), or its number; NULL for a picture. */
const char *tyto_attachment_get_page_label (TytoAttachment *self);
void tyto_attachment_set_page_label (TytoAttachment *self, const char *label);

/* SHA-256 of the file in hexadecimal, "" until it is copied. */
const char *tyto_attachment_get_blob (TytoAttachment *self);
void tyto_attachment_set_blob (TytoAttachment *self, const char *blob);

TytoAttachmentState tyto_attachment_get_state (TytoAttachment *self);
const char *tyto_attachment_get_error (TytoAttachment *self);
/* It is read once more. */
void tyto_attachment_set_reading (TytoAttachment *self);
void tyto_attachment_set_ready (TytoAttachment *self);
void tyto_attachment_set_failed (TytoAttachment *self, const char *error);

/* A small version for showing, or NULL. Borrowed. */
OwlPicture *tyto_attachment_get_thumbnail (TytoAttachment *self);
void tyto_attachment_set_thumbnail (TytoAttachment *self, OwlPicture *thumbnail);

/* Width and height in pixels of what the model is given before it is made small (of a part: the part's); FALSE before they are known. */
gboolean tyto_attachment_get_full_size (TytoAttachment *self, int *width, int *height);
void tyto_attachment_set_full_size (TytoAttachment *self, int width, int height);

/* Of a part: a small version of all of the picture or page, for showing where the part lies, or NULL. Borrowed. Raises "thumbnail-serial". */
OwlPicture *tyto_attachment_get_whole (TytoAttachment *self);
void tyto_attachment_set_whole (TytoAttachment *self, OwlPicture *whole);

int tyto_attachment_get_number (TytoAttachment *self);
void tyto_attachment_set_number (TytoAttachment *self, int number);
double tyto_attachment_get_progress (TytoAttachment *self);

/* How it is given to the model. Any change raises the property "sending". */

/* A part of the picture or page (fractions from the top left): FALSE for all of it. A part is an attachment of its own beside the whole. */
gboolean tyto_attachment_get_region (TytoAttachment *self, OwlRegion *region);
void tyto_attachment_set_region (TytoAttachment *self, const OwlRegion *region);

/* Overview or tiles; OWL_DETAIL_DEFAULT leaves it to the model. */
OwlDetail tyto_attachment_get_detail (TytoAttachment *self);
void tyto_attachment_set_detail (TytoAttachment *self, OwlDetail detail);

typedef enum { TYTO_SEND_PICTURE = 1, TYTO_SEND_TEXT = 2, TYTO_SEND_BOTH = 3 } TytoSend;

/* What goes along: pixels, text, or both. Without text it is always the picture. */
TytoSend tyto_attachment_get_send (TytoAttachment *self);
void tyto_attachment_set_send (TytoAttachment *self, TytoSend send);

/* The text of the page, or NULL; `recognised`: read from a scan, not the file's own. It is kept with the message. */
const char *tyto_attachment_get_text (TytoAttachment *self);
gboolean tyto_attachment_is_text_recognised (TytoAttachment *self);
void tyto_attachment_set_text (TytoAttachment *self, const char *text, gboolean recognised);
void tyto_attachment_set_progress (TytoAttachment *self, double progress);

G_END_DECLS
