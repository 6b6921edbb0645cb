/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Looks closely at a picture or page, and goes through all of the conversation with Left and Right. */
#define TYTO_TYPE_VIEWER (tyto_viewer_get_type ())
G_DECLARE_FINAL_TYPE (TytoViewer, tyto_viewer, TYTO, VIEWER, AdwWindow)

/* `attachments` (TytoAttachment) is kept; begins with the one at `index`. */
TytoViewer *tyto_viewer_new (GtkWindow *parent, TytoDocuments *documents, GPtrArray *attachments, guint index);

G_END_DECLS
