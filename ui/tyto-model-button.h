/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The middle of the header: the chat's title, and below it a button with what the chat is held with, whose popover chooses another model or adapter. What is
 * chosen is also what new chats begin with. */
#define TYTO_TYPE_MODEL_BUTTON (tyto_model_button_get_type ())
G_DECLARE_FINAL_TYPE (TytoModelButton, tyto_model_button, TYTO, MODEL_BUTTON, GtkWidget)

GtkWidget *tyto_model_button_new (TytoServices *services);
void tyto_model_button_set_title (TytoModelButton *self, const char *title);

/* The chat in sight goes on with that model and adapter, and new chats begin so. */
void tyto_model_choose (TytoServices *services, const char *path, const char *adapter);

G_END_DECLS
