/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The models: what is installed and what it needs, which one the chat in sight is held with, import with its progress, deleting with undo, and how to get
 * mPLUG-Owl 7B. */
#define TYTO_TYPE_MODELS_WINDOW (tyto_models_window_get_type ())
G_DECLARE_FINAL_TYPE (TytoModelsWindow, tyto_models_window, TYTO, MODELS_WINDOW, AdwWindow)

/* Shows the window, which is the same one as long as it is open; `parent` may be NULL. */
GtkWidget *tyto_models_window_show (GtkWindow *parent, TytoServices *services);

/* Looks at what lies at `path` and offers to import it. */
void tyto_models_window_import (TytoModelsWindow *self, const char *path);
/* How to get mPLUG-Owl 7B. */
void tyto_models_window_show_guide (TytoModelsWindow *self);

G_END_DECLS
