/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A button that opens how an attachment is sent: as picture, text or both, and how closely it is looked at, with what each costs. Scanned pages and
 * pictures can have their text recognised. `all` (TytoAttachment; borrowed, may be NULL) are those that the choice can be used for as well. */
GtkWidget *tyto_picture_options_new (TytoAttachment *attachment, TytoDocuments *documents, TytoEngine *engine, GPtrArray *all);

G_END_DECLS
