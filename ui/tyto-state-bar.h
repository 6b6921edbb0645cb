/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Above a chat: what is not as it should be, and what can be done about it, until it is right (tyto_services_get_state). Loading shows here when it takes
 * longer than a moment. Signals "show-models" and "open-folder" for what needs a window. */
#define TYTO_TYPE_STATE_BAR (tyto_state_bar_get_type ())
G_DECLARE_FINAL_TYPE (TytoStateBar, tyto_state_bar, TYTO, STATE_BAR, GtkWidget)

GtkWidget *tyto_state_bar_new (TytoServices *services);

G_END_DECLS
