/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The attachments of a question that is being written, in a row. They can be put in another order by dragging, or with Alt and the arrow keys;
 * Delete takes one out.
 *
 * Signals: "changed" (which there are, their order or state), "ready" (TytoAttachment: one can be shown), "view" (TytoAttachment: look at it
 * closely), "removed" (TytoAttachment, int: the user took out the one at this place). */
#define TYTO_TYPE_STRIP (tyto_strip_get_type ())
G_DECLARE_FINAL_TYPE (TytoStrip, tyto_strip, TYTO, STRIP, GtkWidget)

GtkWidget *tyto_strip_new (TytoDocuments *documents, TytoEngine *engine);

/* All of them (TytoAttachment), in order. Borrowed. */
GPtrArray *tyto_strip_get_attachments (TytoStrip *self);
gboolean tyto_strip_has_state (TytoStrip *self, TytoAttachmentState state);

/* `index` -1: at the end. */
void tyto_strip_insert (TytoStrip *self, TytoAttachment *attachment, int index);
void tyto_strip_withdraw (TytoStrip *self, TytoAttachment *attachment);
void tyto_strip_clear (TytoStrip *self);

/* The number that the first one gets. */
void tyto_strip_set_first_number (TytoStrip *self, int number);

G_END_DECLS
