/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/history/tyto-attachment.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The button with a plus: pictures and pages from files, a picture of the screen, and what is in this chat already.
 *
 * Signals: "opening" (now is the time for tyto_attach_menu_set_earlier), "again" (TytoAttachment: attach this one once more). */
#define TYTO_TYPE_ATTACH_MENU (tyto_attach_menu_get_type ())
G_DECLARE_FINAL_TYPE (TytoAttachMenu, tyto_attach_menu, TYTO, ATTACH_MENU, GtkWidget)

GtkWidget *tyto_attach_menu_new (void);

/* The pictures of the chat (TytoAttachment). */
void tyto_attach_menu_set_earlier (TytoAttachMenu *self, GPtrArray *attachments);

G_END_DECLS
