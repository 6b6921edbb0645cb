/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-attachment.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* An attachment as it is shown: the picture in its shape at a given height, its number, a strip with document and page, a line that grows while
 * it is read, and the reason beside it when it could not be. Signals: "removed" (its close button), "activated" (it was clicked). */
#define TYTO_TYPE_PICTURE (tyto_picture_get_type ())
G_DECLARE_FINAL_TYPE (TytoPicture, tyto_picture, TYTO, PICTURE, GtkBox)

GtkWidget *tyto_picture_new (TytoAttachment *attachment, int height, gboolean removable);
/* Puts a small widget into the lower corner. */
void tyto_picture_set_corner (TytoPicture *self, GtkWidget *widget);
TytoAttachment *tyto_picture_get_attachment (TytoPicture *self);

G_END_DECLS
