/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The small button on an attachment that is being written about: how it will be sent (picture, text or both), how closely it is looked at, and text
 * recognition for a page without text. */
GtkWidget *tyto_picture_options_new (TytoAttachment *attachment, TytoDocuments *documents);

G_END_DECLS
