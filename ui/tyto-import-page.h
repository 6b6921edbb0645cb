/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What was found in a folder or file, and how it is to be imported. Signals "back" and "started". */
#define TYTO_TYPE_IMPORT_PAGE (tyto_import_page_get_type ())
G_DECLARE_FINAL_TYPE (TytoImportPage, tyto_import_page, TYTO, IMPORT_PAGE, GtkWidget)

GtkWidget *tyto_import_page_new (TytoServices *services);
/* Looks at what lies there, in the background. */
void tyto_import_page_look_at (TytoImportPage *self, const char *path);

G_END_DECLS
