/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What the user can choose; every change counts at once. Only with settings (tyto_settings_get ()). */
#define TYTO_TYPE_PREFERENCES (tyto_preferences_get_type ())
G_DECLARE_FINAL_TYPE (TytoPreferences, tyto_preferences, TYTO, PREFERENCES, AdwPreferencesWindow)

/* `parent` may be NULL; without `services` there is nothing of the data to delete. */
GtkWidget *tyto_preferences_new (GtkWindow *parent, TytoServices *services);

G_END_DECLS
