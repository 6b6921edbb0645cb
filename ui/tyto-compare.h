/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Two pictures or pages side by side: zooming and moving one does the same to the other, and one question goes to both. Any two of the conversation
 * can be chosen. Below each other where the window is narrow.
 *
 * Signals: "ask" (TytoAttachment, TytoAttachment, const char *), and "attach" (TytoAttachment, TytoAttachment) to the question being written. */
#define TYTO_TYPE_COMPARE (tyto_compare_get_type ())
G_DECLARE_FINAL_TYPE (TytoCompare, tyto_compare, TYTO, COMPARE, AdwWindow)

/* `attachments` (TytoAttachment) is kept. */
TytoCompare *tyto_compare_new (GtkWindow *parent, TytoDocuments *documents, GPtrArray *attachments, guint left, guint right);

G_END_DECLS
