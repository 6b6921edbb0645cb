/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* How to get mPLUG-Owl 7B, step by step. Signals "back" and "import". */
#define TYTO_TYPE_MODEL_GUIDE (tyto_model_guide_get_type ())
G_DECLARE_FINAL_TYPE (TytoModelGuide, tyto_model_guide, TYTO, MODEL_GUIDE, GtkWidget)

GtkWidget *tyto_model_guide_new (void);

G_END_DECLS
