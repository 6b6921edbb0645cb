/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* One instance: services for all windows, actions of the app, files to open. */
#define TYTO_TYPE_APPLICATION (tyto_application_get_type ())
G_DECLARE_FINAL_TYPE (TytoApplication, tyto_application, TYTO, APPLICATION, AdwApplication)

TytoApplication *tyto_application_new (void);

G_END_DECLS
