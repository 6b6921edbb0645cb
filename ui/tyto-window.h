/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The window: conversations on the left, the open one with its composer on the right. */
#define TYTO_TYPE_WINDOW (tyto_window_get_type ())
G_DECLARE_FINAL_TYPE (TytoWindow, tyto_window, TYTO, WINDOW, AdwApplicationWindow)

TytoWindow *tyto_window_new (GtkApplication *application, TytoServices *services);

/* Attaches files to the question being written. */
void tyto_window_attach (TytoWindow *self, GFile *const *files, int n_files);

G_END_DECLS
