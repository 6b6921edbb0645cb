/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* An installed model in the list: what it is, what it takes and needs, its adapters. Signals "use", and "delete" (const char *adapter; NULL: the model). */
#define TYTO_TYPE_MODEL_ROW (tyto_model_row_get_type ())
G_DECLARE_FINAL_TYPE (TytoModelRow, tyto_model_row, TYTO, MODEL_ROW, AdwPreferencesRow)

GtkWidget *tyto_model_row_new (TytoServices *services, TytoModel *model);
TytoModel *tyto_model_row_get_model (TytoModelRow *self);
/* Another model may be in use now. */
void tyto_model_row_update (TytoModelRow *self);

G_END_DECLS
